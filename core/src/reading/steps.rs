//! Widths that a question gives: "in bins of 10000", "6-month moving average", "by hour of the day".

use std::ops::Range;

use super::cues::{Cue, CueMatch};
use crate::prompt::{TokenKind, Word};
use crate::quickspec::Transform;
use crate::time::Grain;

/// A moving average's points, and the step between them when named.
pub type Window = (u32, Option<Grain>);

/// "bins of 10000", "steps of 5", "bin size 20": the width, and the words that say it.
pub fn find_bins(words: &[Word]) -> Option<(f64, Range<usize>)> {
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

fn unit(word: &Word) -> Option<Grain> {
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
        assert_eq!(find_bins(&words("salaries in bins of 10000")), Some((10000.0, 1..5)));
        assert_eq!(find_bins(&words("height, bin size 5")).map(|b| b.0), Some(5.0));
        assert_eq!(find_bins(&words("bin the date by month")), None);
        let window = |text: &str| {
            let words = words(text);
            find_window(&words, &mut find_cues(&words))
        };
        assert_eq!(window("6 month moving average of payments"), Some((6, Some(Grain::Month))));
        assert_eq!(window("7-day rolling average of sales"), Some((7, Some(Grain::Day))));
        assert_eq!(window("moving average of sales"), None);
    }
}
