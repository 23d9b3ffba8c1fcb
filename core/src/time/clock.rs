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
    /// A fiscal year is named after the calendar year it ends in.
    pub fiscal_year_start: i8,
    /// "last 3 months": true = rolling back from today, false = the 3 full calendar months before this one.
    pub rolling: bool,
    /// What is asked about lies ahead, as forecasts do: a name without a year is the next that has not ended, else the
    /// latest that has.
    pub ahead: bool,
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
    /// The words could as well mean something else: a bare `2024` (a number), "may" without a year.
    pub weak: bool,
    /// The stretches that its two ends name ("from 2023 to 2024"), and the token at which the second begins.
    pub ends: Option<(TimeRange, TimeRange, usize)>,
    /// How it was read, for people: "last month: 2025-02-01 to 2025-02-28".
    pub reading: String,
}

/// Days of the week a question is limited to: "weekend sales", "on Mondays", "on weekdays".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayFilter {
    pub tokens: Range<usize>,
    /// ISO numbers (Monday = 1 .. Sunday = 7), ascending.
    pub days: Vec<u8>,
}

/// Hours of the day a question is limited to: "between 5 and 8 pm".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourFilter {
    pub tokens: Range<usize>,
    /// Minutes since midnight, half-open; an end before its start lies on the next day.
    pub from: u16,
    pub to: u16,
}

/// How far back the range of comparison lies from the range that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelativeShift {
    /// "same period last year", "a year earlier": both ends moved back a year (or a month, week, ...).
    Earlier(Grain),
    /// "the previous period": the range of the same length that ends where this one starts.
    PreviousPeriod,
}

/// Words that compare the asked range with an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftMatch {
    pub tokens: Range<usize>,
    pub shift: RelativeShift,
    /// False for "vs last year": next to another range it is a shift, alone it is a range of its own
    /// (`TimeMatch` for "last year" is reported as well).
    pub certain: bool,
}

/// Everything about time in a prompt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// In order, without overlap.
    pub matches: Vec<TimeMatch>,
    pub days: Vec<DayFilter>,
    pub hours: Vec<HourFilter>,
    pub shifts: Vec<ShiftMatch>,
    pub grains: Vec<GrainMatch>,
    /// What could not be read and why, for people: "there is no 30 February".
    pub notes: Vec<String>,
}

/// What a grain word does in the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrainKind {
    /// Asks for a time axis: "by month", "monthly sales", "in each year".
    Axis,
    /// Describes a noun: "quarterly business review", "highest daily share".
    Adjective,
    /// Compares neighbouring units: "month over month", "YoY".
    Comparison,
}

/// A word or words that name a step on the time axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrainMatch {
    pub tokens: Range<usize>,
    pub grain: Grain,
    pub kind: GrainKind,
}
