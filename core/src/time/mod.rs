//! Time expressions to half-open ranges and grains, for a given clock.

mod clock;

pub use clock::{Clock, Grain, TimeMatch, TimeRange, Weekday};
