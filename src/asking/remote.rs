//! The language model's step: what it proposes besides the router's own reading.

use router_core::route::Answer;

use super::chain::Asked;
use crate::error::Result;

/// Asked before the router's own reading may answer.
pub fn is_primary() -> bool {
    false
}

/// Asked when nothing local is sure.
pub fn is_fallback() -> bool {
    false
}

/// What the model answers, checked like any spec (`answer_known`), or nothing. `local` is the router's own reading;
/// why there is nothing (off, late, unreadable) goes into its warnings.
pub fn propose(_asked: &Asked<'_>, _local: &mut Answer) -> Result<Option<Answer>> {
    Ok(None)
}
