//! How a range was read, in words for people. Ends are shown inclusive, as people write them.

use jiff::civil::{DateTime, Time};

use super::TimeRange;
use super::calendar::add_days;

/// "last month: 2025-02-01 to 2025-02-28".
pub(super) fn reading(words: &str, range: TimeRange, note: Option<&str>) -> String {
    let words = words.trim_matches(|c: char| c == ',' || c.is_whitespace());
    let span = match (range.start, range.end) {
        (Some(start), Some(end)) => {
            let (first, last) = (shown(start), last_shown(end));
            if first == last { first } else { format!("{first} to {last}") }
        }
        (Some(start), None) => format!("from {} on", shown(start)),
        (None, Some(end)) => format!("up to {}", last_shown(end)),
        (None, None) => "any time".to_owned(),
    };
    match note {
        Some(note) => format!("{words}: {span} ({note})"),
        None => format!("{words}: {span}"),
    }
}

fn shown(at: DateTime) -> String {
    if at.time() == Time::midnight() {
        at.date().to_string()
    } else {
        format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
    }
}

/// The last day of a range that ends at midnight; the moment itself otherwise.
fn last_shown(end: DateTime) -> String {
    match (end.time() == Time::midnight(), add_days(end.date(), -1)) {
        (true, Some(day)) => day.to_string(),
        _ => shown(end),
    }
}
