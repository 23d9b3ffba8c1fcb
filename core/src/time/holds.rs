//! For how long what a prompt says of time stays what it is.

use std::ops::Range;

use jiff::Timestamp;

use super::{Clock, read};
use crate::prompt::tokenize;

/// The clock's day, midnight to midnight of its zone, if the prompt's times read the same at any moment of it. `None`
/// for times that move within the day ("last 3 hours").
pub fn holds_for(prompt: &str, clock: &Clock) -> Option<Range<Timestamp>> {
    let start = clock.now.start_of_day().ok()?;
    let end = clock.now.tomorrow().ok()?.start_of_day().ok()?;
    let last = end.checked_sub(jiff::Span::new().microseconds(1)).ok()?;
    let tokens = tokenize(prompt);
    let at = |now: &jiff::Zoned| read(&tokens, &Clock { now: now.clone(), ..clock.clone() });
    let first = at(&start);
    (first == at(&clock.now) && first == at(&last)).then(|| start.timestamp()..end.timestamp())
}

/// The prompt names no time that the clock has to be asked for: read at any other moment it says the same.
pub fn is_timeless(prompt: &str, clock: &Clock) -> bool {
    let found = read(&tokenize(prompt), clock);
    found.matches.is_empty() && found.shifts.is_empty() && found.days.is_empty() && found.notes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Weekday;

    fn held(prompt: &str, now: &str) -> Option<(String, String)> {
        let clock = Clock {
            now: now.parse().unwrap(),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
            ahead: false,
        };
        holds_for(prompt, &clock).map(|r| (r.start.to_string(), r.end.to_string()))
    }

    #[test]
    fn a_day_ends_at_midnight_of_its_zone() {
        for prompt in ["sales yesterday", "sales by region", "sales last month", "sales in 2024"] {
            let day = held(prompt, "2025-03-15T23:30:00+08:00[Asia/Manila]");
            let wanted = ("2025-03-14T16:00:00Z".to_owned(), "2025-03-15T16:00:00Z".to_owned());
            assert_eq!(day, Some(wanted), "{prompt}");
        }
        // The day the clocks go forward has 23 hours.
        let day = held("sales today", "2025-03-30T12:00:00+02:00[Europe/Berlin]");
        assert_eq!(day, Some(("2025-03-29T23:00:00Z".to_owned(), "2025-03-30T22:00:00Z".to_owned())));
    }

    #[test]
    fn what_names_no_time_is_the_same_at_any() {
        let clock = Clock {
            now: "2025-03-15T12:00:00+00:00[UTC]".parse().unwrap(),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
            ahead: false,
        };
        for (prompt, timeless) in [
            ("sales by region", true),
            ("monthly sales", true),
            ("sales last month", false),
            ("sales in 2024", false),
            ("sales compared to last year", false),
            ("sales on 31 February 2024", false),
        ] {
            assert_eq!(is_timeless(prompt, &clock), timeless, "{prompt}");
        }
    }

    #[test]
    fn what_moves_within_the_day_holds_for_no_time() {
        for prompt in ["sales last 3 hours", "sales in the last 24 hours", "sales this hour"] {
            for now in
                ["2025-03-15T00:00:00+00:00[UTC]", "2025-03-15T00:30:00+00:00[UTC]", "2025-03-15T23:00:00+00:00[UTC]"]
            {
                assert_eq!(held(prompt, now), None, "{prompt} at {now}");
            }
        }
    }
}
