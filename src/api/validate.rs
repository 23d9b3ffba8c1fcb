//! For whoever wants to know whether a statement may run.

use pgrx::prelude::*;

use crate::error::SqlResult as Result;
use crate::guard;
use crate::telemetry::{self, Operation};

/// `{valid, violations: [{rule, detail}], sanitized_sql}` for the caller and session as they are now.
#[pg_extern]
fn router_validate_sql(sql: &str) -> Result<pgrx::JsonB> {
    let verdict = telemetry::observe(Operation::Validate, || guard::validate(sql))?;
    Ok(pgrx::JsonB(verdict.to_json()))
}
