//! Days of the week as a condition: "weekend sales", "on Mondays", "Monday to Friday", "on weekdays".

use super::DayFilter;
use super::lexicon::Lex;
use super::words::Words;

const WORKING_DAYS: [u8; 5] = [1, 2, 3, 4, 5];
const WEEKEND: [u8; 2] = [6, 7];

/// The day filter that starts at token `i`: a day or days, possibly a list or a run of them.
pub(super) fn days_at(w: &Words, i: usize) -> Option<DayFilter> {
    let at = w.skip(i, &["every", "each", "tuwing"]);
    let led = at > i;
    let (mut next, mut days, mut sure) = one(w, at, led)?;
    loop {
        let run = w.is_any(next, &["to", "through", "thru", "hanggang"]) || w.is_symbol(next, &["-", "\u{2013}"]);
        let list = w.is_any(next, &["and", "or", "at"]) || w.is_symbol(next, &[",", "&", "/"]);
        if !run && !list {
            break;
        }
        let comma_and = usize::from(w.is_symbol(next, &[","]) && w.is_any(next + 1, &["and", "or"]));
        let Some((after, more, _)) = one(w, next + 1 + comma_and, true) else { break };
        if run {
            let (Some(from), Some(to)) = (days.last().copied(), more.first().copied()) else { break };
            let length = (i16::from(to) - i16::from(from)).rem_euclid(7) as u8;
            days.extend((1..=length).map(|k| (from + k - 1) % 7 + 1));
        } else {
            days.extend(more);
        }
        (next, sure) = (after, true);
    }
    days.sort_unstable();
    days.dedup();
    sure.then_some(DayFilter { tokens: i..next, days })
}

/// One day word: the token after it, its days, and whether it says so by itself.
fn one(w: &Words, i: usize, listed: bool) -> Option<(usize, Vec<u8>, bool)> {
    match w.lex(i) {
        Some(Lex::Day { day, sure, .. }) => {
            Some((i + 1, vec![day.to_monday_one_offset().unsigned_abs()], sure || listed))
        }
        Some(Lex::Weekend) => Some((i + 1, WEEKEND.to_vec(), true)),
        _ if listed && w.is_any(i, &["linggo"]) && i > 0 && w.is_any(i - 1, &["tuwing"]) => {
            Some((i + 1, vec![7], true))
        }
        _ if w.is_any(i, &["weekday", "weekdays", "workdays", "workday"]) => Some((i + 1, WORKING_DAYS.to_vec(), true)),
        _ if w.is_any(i, &["business", "working", "work"]) && w.is_any(i + 1, &["days"]) => {
            Some((i + 2, WORKING_DAYS.to_vec(), true))
        }
        _ => None,
    }
}
