//! Going on after an error: what failed is on record, and another step answers.

use router_core::telemetry::ErrorKind;

use super::Operation;
use super::question::log_failure;
use crate::error::{Error, Result};
use crate::pg;

/// What `f` gives; if it fails in a way that is no rule's doing, `instead`, and the error is on record as recovered
/// from. What `f` took or changed is rolled back then.
pub fn recovering<T>(
    operation: Operation,
    kind: ErrorKind,
    f: impl FnOnce() -> Result<T>,
    instead: impl FnOnce() -> T,
) -> Result<T> {
    let failure = match pg::attempt(f) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error,
        Err(failure) => Error::from(failure),
    };
    if !kind.recoverable() || is_a_rule(&failure.sqlstate()) {
        return Err(failure);
    }
    log_failure(operation, kind, &failure.sqlstate(), failure.message(), true);
    Ok(instead())
}

/// Errors that say no: going round them would be wrong.
pub fn is_a_rule(sqlstate: &str) -> bool {
    matches!(sqlstate, "42501" | "53400" | "28000" | "25006")
}
