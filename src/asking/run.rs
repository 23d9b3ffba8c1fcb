//! From an answer to its rows, and what is done when its SQL fails.

use router_core::quickspec::simplify;
use router_core::route::answer_known;
use router_core::telemetry::ErrorKind;
use serde_json::Value;

use super::{Routed, context, route};
use crate::catalog;
use crate::error::{Error, Result};
use crate::execute::{self, Rows};
use crate::telemetry::{self, Operation};

/// Routes the prompt and runs the answer's SQL. Raises when there is no answer.
///
/// SQL that fails while running (a division by zero, too little time) is simplified once: the same question without
/// calculations over the series and without series. Whoever asked is warned of it. What was refused is never tried again.
pub fn run(prompt: &str, given: &Value) -> Result<(Routed, Rows)> {
    let routed = route(prompt, given)?;
    let rows = match executed(routed.sql()?) {
        Ok(rows) => rows,
        Err(error) => simplified(&routed, given, error)?,
    };
    Ok((routed, rows))
}

fn executed(sql: &str) -> Result<Rows> {
    telemetry::observe(Operation::Execute, || execute::run(sql))
}

fn simplified(routed: &Routed, given: &Value, error: Error) -> Result<Rows> {
    let kind = ErrorKind::of_sqlstate(&error.sqlstate(), true);
    let simpler = if kind == ErrorKind::SqlExecutionFailed { simpler_sql(routed, given)? } else { None };
    let outcome = simpler.and_then(|(sql, left_out)| Some((executed(&sql).ok()?, left_out)));
    telemetry::log_failure(Operation::Execute, kind, &error.sqlstate(), error.message(), outcome.is_some());
    let Some((rows, left_out)) = outcome else { return Err(error) };
    pgrx::warning!("the query failed ({}); answered without {left_out}", error.message());
    Ok(rows)
}

fn simpler_sql(routed: &Routed, given: &Value) -> Result<Option<(String, String)>> {
    let Some((spec, left_out)) = routed.answer.spec.as_ref().and_then(simplify) else { return Ok(None) };
    let (known, context) = (catalog::model()?, context::parse(given)?);
    let answer = answer_known(spec, &known.model, &context, routed.answer.source, 0.0, "simplified");
    Ok(answer.and_then(|a| a.sql).map(|sql| (sql, left_out)))
}
