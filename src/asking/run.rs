//! From an answer to its rows, and what is done when its SQL fails.

use router_core::quickspec::simplify;
use router_core::route::answer_known;
use router_core::telemetry::ErrorKind;

use super::context;
use super::reply::{Reply, reply};
use crate::catalog;
use crate::error::{Error, Result};
use crate::execute::{self, Rows};
use crate::pg::JsonArg;
use crate::telemetry::{self, Operation};

/// Routes the prompt and runs the answer's SQL. Raises when there is no answer.
///
/// SQL that fails while running (a division by zero, too little time) is simplified once: the same question without
/// calculations over the series and without series. Whoever asked is warned of it. What was refused is never tried again.
pub fn run(prompt: &str, given: &JsonArg) -> Result<Rows> {
    let reply = reply(prompt, given)?;
    match executed(reply.sql()?) {
        Ok(rows) => Ok(rows),
        Err(error) => simplified(&reply, given, error),
    }
}

fn executed(sql: &str) -> Result<Rows> {
    telemetry::observe(Operation::Execute, || execute::run(sql))
}

fn simplified(reply: &Reply, given: &JsonArg, error: Error) -> Result<Rows> {
    let kind = ErrorKind::of_sqlstate(&error.sqlstate(), true);
    let simpler = if kind == ErrorKind::SqlExecutionFailed { simpler_sql(reply, given)? } else { None };
    let outcome = simpler.and_then(|(sql, left_out)| Some((executed(&sql).ok()?, left_out)));
    telemetry::log_failure(Operation::Execute, kind, &error.sqlstate(), error.message(), outcome.is_some());
    let Some((rows, left_out)) = outcome else { return Err(error) };
    pgrx::warning!("the query failed ({}); answered without {left_out}", error.message());
    Ok(rows)
}

fn simpler_sql(reply: &Reply, given: &JsonArg) -> Result<Option<(String, String)>> {
    let Some((spec, source)) = reply.spec() else { return Ok(None) };
    let Some((spec, left_out)) = simplify(&spec) else { return Ok(None) };
    let (known, context) = (catalog::model()?, context::parse(&given.value("context")?)?);
    let answer = answer_known(spec, &known.model, &context, source, 0.0, "simplified");
    Ok(answer.and_then(|a| a.sql).map(|sql| (sql, left_out)))
}
