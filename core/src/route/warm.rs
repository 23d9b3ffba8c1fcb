//! Tables that every question needs, made once per process.

use jiff::tz::TimeZone;

use crate::reading::Question;
use crate::semantic::{Lexicon, SemanticModel};
use crate::time::{Clock, Weekday};

/// Builds the process-wide word tables by reading one question over nothing. A server that preloads the
/// library does this once: its backends start with the tables made.
pub fn warm_up() {
    let clock = Clock {
        now: jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC),
        week_start: Weekday::Monday,
        fiscal_year_start: 1,
        rolling: false,
        ahead: false,
    };
    Question::parse(
        "total sales by region last month over 100 xyzzy",
        &Lexicon::build(&SemanticModel::default()),
        &clock,
        None,
    );
}
