//! Hours of the day as a condition: "between 5 and 8 pm", "after 17:00", "before noon", "at 9 am".

use super::HourFilter;
use super::words::Words;

const DAY: u16 = 24 * 60;

/// A time of day: minutes since midnight, and whether the words could mean nothing else.
#[derive(Debug, Clone, Copy)]
struct At {
    next: usize,
    minutes: u16,
    /// Morning or afternoon was said, or need not be.
    sure: bool,
    /// It was said as an hour only.
    whole: bool,
}

/// The hours of the day that start at token `i`.
pub(super) fn hours_at(w: &Words, i: usize) -> Option<HourFilter> {
    let filter = |to_token: usize, from: u16, to: u16| Some(HourFilter { tokens: i..to_token, from, to });
    let led = w.is_any(i, &["between", "from", "during"]);
    let first_at = if led { i + 1 } else { i };
    if let Some(first) = at(w, first_at)
        && let Some(link) = link(w, first.next, led)
        && let Some(second) = at(w, link)
        && second.sure
    {
        let mut from = first.minutes;
        if !first.sure && second.minutes >= DAY / 2 && from < DAY / 2 && from + DAY / 2 < second.minutes {
            // "between 5 and 8 pm": both in the afternoon.
            from += DAY / 2;
        }
        return filter(second.next, from, second.minutes);
    }
    let point = |k: usize| at(w, k).filter(|p| p.sure);
    let skip = |k: usize| w.skip(k, &["the", "about"]);
    match w.word(i) {
        "after" | "since" | "from" => {
            let from = point(skip(i + 1))?;
            let next = w.skip(from.next, &["on", "onwards", "onward"]);
            filter(next, from.minutes, DAY)
        }
        "before" | "until" | "till" => {
            let to = point(skip(i + 1))?;
            filter(to.next, 0, to.minutes)
        }
        "at" | "around" | "during" => {
            let hour = point(skip(i + 1)).filter(|p| p.whole && p.minutes < DAY)?;
            filter(w.skip(hour.next, &["hour"]), hour.minutes, hour.minutes + 60)
        }
        _ => None,
    }
}

/// The token after the words that join two times of day.
fn link(w: &Words, i: usize, led: bool) -> Option<usize> {
    let joins =
        w.is_any(i, &["to", "until", "till"]) || led && w.is_any(i, &["and"]) || w.is_symbol(i, &["-", "\u{2013}"]);
    joins.then_some(i + 1)
}

/// "5 pm", "5pm", "5:30 pm", "17:00", "noon"; a bare "5" unsurely.
fn at(w: &Words, i: usize) -> Option<At> {
    match w.word(i) {
        "noon" | "midday" => return Some(At { next: i + 1, minutes: DAY / 2, sure: true, whole: true }),
        "midnight" => return Some(At { next: i + 1, minutes: DAY, sure: true, whole: true }),
        _ => {}
    }
    let (hour, mut half, mut next) = number(w, i)?;
    let mut minutes = 0;
    let colon = half.is_none() && w.is_symbol(next, &[":"]) && w.touches_next(i);
    if colon {
        let (said, of, after) = number(w, next + 1).filter(|(m, _, _)| *m < 60)?;
        (minutes, half, next) = (said, of, after);
    }
    if half.is_none() {
        let dot = usize::from(w.is_symbol(next + 1, &["."]) && w.is_any(next, &["a", "p"]));
        half = meridiem(w.word(next))
            .or_else(|| meridiem(&format!("{}{}", w.word(next), w.word(next + 2))).filter(|_| dot > 0));
        next += match (half, dot) {
            (None, _) => 0,
            (Some(_), 0) => 1,
            // "5 p.m."
            (Some(_), _) => 3 + usize::from(w.is_symbol(next + 3, &["."])),
        };
    }
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
        None if hour > 24 => return None,
        None => hour,
    };
    Some(At { next, minutes: hour * 60 + minutes, sure: half.is_some() || colon, whole: minutes == 0 })
}

/// The digits at `i`, with "am" or "pm" where it is written behind them at once.
fn number(w: &Words, i: usize) -> Option<(u16, Option<bool>, usize)> {
    if let Some((n, length)) = w.digits(i) {
        return (length <= 2).then_some((u16::try_from(n).ok()?, None, i + 1));
    }
    let word = w.word(i);
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let half = meridiem(word.get(digits..)?)?;
    Some((word.get(..digits)?.parse().ok()?, Some(half), i + 1))
}

/// True for the afternoon.
fn meridiem(word: &str) -> Option<bool> {
    match word {
        "am" => Some(false),
        "pm" => Some(true),
        _ => None,
    }
}
