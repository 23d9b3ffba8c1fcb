//! Time expressions to half-open ranges and grains, for a given clock.

mod absolute;
mod calendar;
mod clock;
mod compact;
mod compare;
mod days;
mod find;
mod grains;
mod holds;
mod hours;
mod lexicon;
mod named;
mod numeric;
mod ranges;
mod reading;
mod relative;
mod words;

#[cfg(test)]
mod tests;

pub use calendar::after_one;
pub use clock::{
    Clock, DayFilter, Findings, Grain, GrainKind, GrainMatch, HourFilter, RelativeShift, ShiftMatch, TimeMatch,
    TimeRange, Weekday,
};
pub use compare::shifted;
pub use find::{find, parted, read};
pub use grains::find_grains;
pub use holds::{holds_for, is_timeless};
