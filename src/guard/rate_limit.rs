//! Questions per role and minute.

use std::time::{SystemTime, UNIX_EPOCH};

use pgrx::PgSqlErrorCode;

use crate::error::{Error, Result};
use crate::guc;
use crate::pg::{facts, rate_table};

/// Counts one question of the calling role, unless it is exempt.
///
/// # Errors
/// `rate_limit_exceeded` (SQLSTATE 53400), with the time to wait in the hint.
pub fn check() -> Result<()> {
    let Some(limit) = guc::rate_limit() else {
        return Ok(());
    };
    let (role, name) = facts::current_role();
    if guc::rate_limit_exempt().contains(&name) {
        return Ok(());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if rate_table::admit(role, now / 60, limit) {
        return Ok(());
    }
    Err(Error::new(
        PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
        format!("rate_limit_exceeded: role {name:?} may ask {limit} questions a minute"),
    )
    .with_hint(format!("Wait {} seconds.", 60 - now % 60)))
}
