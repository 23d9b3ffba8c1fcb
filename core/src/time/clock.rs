//! What "now" means, and what a time expression resolves to.

use std::ops::Range;

use jiff::civil::DateTime;
pub use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

/// The clock a prompt is read by. Everything resolves against it: same clock, same ranges.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// Now, in the caller's time zone.
    pub now: jiff::Zoned,
    /// First day of a week (`router.week_start`, default Monday).
    pub week_start: Weekday,
    /// First month of the fiscal year, 1-12 (`router.fiscal_year_start`, default 1).
    pub fiscal_year_start: i8,
    /// "last 3 months": true = rolling back from today, false = the 3 full calendar months before this one.
    pub rolling: bool,
}

/// The width of a step on a time axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    /// Day of the week, Monday = 1 (all weeks folded together).
    Weekday,
}

/// `[start, end)` in local wall-clock time of the clock's zone; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    pub start: Option<DateTime>,
    pub end: Option<DateTime>,
}

/// A time expression found in a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeMatch {
    /// Token indexes, half-open.
    pub tokens: Range<usize>,
    /// One range, or several for comparisons of one expression ("Q4 2024 and Q4 2023" gives two matches, not this).
    pub range: TimeRange,
    /// The unit of the expression itself ("last 3 months" = month, "yesterday" = day), a hint for a time axis.
    pub unit: Option<Grain>,
    /// How it was read, for people: "last month = 2025-02-01 to 2025-02-28".
    pub reading: String,
}
