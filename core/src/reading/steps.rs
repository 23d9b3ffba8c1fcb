//! Steps that a question gives: "in bins of 10000", "in 5 bins", "price ranges", "6-month moving average".

use std::ops::Range;

use super::cues::{Cue, CueMatch};
use super::items::number_word;
use crate::prompt::{TokenKind, Word, is_determiner};
use crate::quickspec::Transform;
use crate::time::Grain;

/// A moving average's points, and the step between them when named.
pub type Window = (u32, Option<Grain>);

/// The steps that a numeric axis is cut into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bins {
    /// Each so wide.
    Width(f64),
    /// So many of one width.
    Number(u32),
    /// As the data gives them.
    Auto,
}

impl Bins {
    pub fn width(self) -> Option<f64> {
        match self {
            Self::Width(width) => Some(width),
            _ => None,
        }
    }

    pub fn number(self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

/// The steps, and the words that say them.
pub fn find_bins(words: &[Word]) -> Option<(Bins, Range<usize>)> {
    let width = find_width(words).map(|(width, at)| (Bins::Width(width), at));
    width.or_else(|| find_number(words)).or_else(|| find_ranges(words))
}

/// Nouns for the parts of a range of numbers.
pub(super) const PARTS: &[&str] =
    &["bins", "buckets", "intervals", "bands", "brackets", "ranges", "band", "bracket", "range"];

/// "in 10 bins", "into five equal ranges".
fn find_number(words: &[Word]) -> Option<(Bins, Range<usize>)> {
    (0..words.len()).filter(|i| words[*i].is_any(PARTS) && words[*i].norm.ends_with('s')).find_map(|i| {
        let filler = words[..i]
            .iter()
            .rev()
            .take_while(|w| w.is_any(&["equal", "even", "equally", "evenly", "sized", "wide", "spaced"]))
            .count();
        let at = i.checked_sub(filler + 1)?;
        let number = words[at].number.or_else(|| number_word(&words[at].norm))?;
        let lead = words[..at].iter().rev().take_while(|w| w.is_any(&["in", "into", "with", "using"])).count();
        let sure = lead > 0 || words[i].is_any(&["bins", "buckets"]);
        (sure && (2.0..=1000.0).contains(&number) && number.fract() == 0.0)
            .then_some((Bins::Number(number as u32), at - lead..i + 1))
    })
}

/// "by price range", "age brackets", "prices in buckets"; not "in the range 5 to 10".
fn find_ranges(words: &[Word]) -> Option<(Bins, Range<usize>)> {
    const SMALL: &[&str] =
        &["in", "of", "to", "by", "per", "and", "or", "for", "with", "from", "into", "within", "what", "which", "is"];
    (1..words.len()).filter(|i| words[*i].is_any(PARTS)).find_map(|i| {
        let before = &words[i - 1];
        let lead = usize::from(before.is_any(&["in", "into"]) && words[i].norm.ends_with('s'));
        let named = before.kind == TokenKind::Word
            && !before.is_any(SMALL)
            && !is_determiner(&before.norm)
            && unit(before).is_none()
            // Bands of confidence are drawn around a forecast.
            && !before.is("confidence");
        let limited = words[i + 1..].iter().take(3).any(|w| w.number.is_some() || number_word(&w.norm).is_some());
        ((lead > 0 || named) && !limited).then_some((Bins::Auto, i - lead..i + 1))
    })
}

/// "bins of 10000", "steps of 5", "bin size 20": the width, and the words that say it.
fn find_width(words: &[Word]) -> Option<(f64, Range<usize>)> {
    const STEPS: &[&str] =
        &["bins", "buckets", "steps", "intervals", "bands", "brackets", "bin", "bucket", "step", "interval"];
    (0..words.len()).filter(|i| words[*i].is_any(STEPS)).find_map(|i| {
        let links = words[i + 1..].iter().take_while(|w| w.is_any(&["of", "size", "width", "by", "is"])).count();
        let width = words.get(i + 1 + links)?.number.filter(|n| *n > 0.0 && links > 0)?;
        let lead = words[..i].iter().rev().take_while(|w| w.is_any(&["in", "into", "with", "using"])).count();
        Some((width, i - lead..i + 2 + links))
    })
}

/// "6 month", "7-day" right before a moving average; the words become part of its cue.
pub fn find_window(words: &[Word], cues: &mut [CueMatch]) -> Option<Window> {
    let cue = cues.iter_mut().find(|c| c.cue == Cue::Transform(Transform::MovingAverage))?;
    let mut at = cue.words.start;
    let grain = at.checked_sub(1).and_then(|i| unit(&words[i]));
    if grain.is_some() {
        at -= 1;
    }
    while at > 0 && words[at - 1].kind == TokenKind::Symbol {
        at -= 1;
    }
    let points =
        at.checked_sub(1).and_then(|i| words[i].number).filter(|n| (2.0..=366.0).contains(n) && n.fract() == 0.0)?;
    cue.words.start = at - 1;
    Some((points as u32, grain))
}

/// A step of the calendar by its name, singular or plural.
pub(super) fn unit(word: &Word) -> Option<Grain> {
    Some(match word.norm.trim_end_matches('s') {
        "day" => Grain::Day,
        "week" => Grain::Week,
        "month" => Grain::Month,
        "quarter" => Grain::Quarter,
        "year" => Grain::Year,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{split_words, tokenize};
    use crate::reading::find_cues;

    #[test]
    fn widths_and_windows() {
        let words = |text: &str| split_words(&tokenize(text));
        let bins = |text: &str| find_bins(&words(text));
        assert_eq!(bins("salaries in bins of 10000"), Some((Bins::Width(10000.0), 1..5)));
        assert_eq!(bins("height, bin size 5").map(|b| b.0), Some(Bins::Width(5.0)));
        assert_eq!(bins("salaries in 10 bins"), Some((Bins::Number(10), 1..4)));
        assert_eq!(bins("prices cut into five equal ranges"), Some((Bins::Number(5), 2..6)));
        assert_eq!(bins("number of products by price range"), Some((Bins::Auto, 5..6)));
        assert_eq!(bins("salaries in buckets").map(|b| b.0), Some(Bins::Auto));
        for other in
            ["bin the date by month", "in the price range 5 to 10", "the range of prices", "bin by month interval"]
        {
            assert_eq!(bins(other), None, "{other}");
        }
        let window = |text: &str| {
            let words = words(text);
            find_window(&words, &mut find_cues(&words))
        };
        assert_eq!(window("6 month moving average of payments"), Some((6, Some(Grain::Month))));
        assert_eq!(window("7-day rolling average of sales"), Some((7, Some(Grain::Day))));
        assert_eq!(window("moving average of sales"), None);
    }
}
