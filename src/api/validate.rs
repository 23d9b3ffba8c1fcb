//! For whoever wants to know whether a statement may run.

use pgrx::prelude::*;

use crate::error::SqlResult as Result;
use crate::guard;

/// `{valid, violations: [{rule, detail}], sanitized_sql}` for the caller and session as they are now.
#[pg_extern]
fn router_validate_sql(sql: &str) -> Result<pgrx::JsonB> {
    Ok(pgrx::JsonB(guard::validate(sql)?.to_json()))
}
