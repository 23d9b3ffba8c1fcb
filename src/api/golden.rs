//! For the people who answer for the answers: golden questions, and old answers gone over again.

use pgrx::JsonB;
use pgrx::prelude::*;

use crate::error::SqlResult as Result;
use crate::golden;
use crate::pg::JsonArg;

/// Keeps a question with the SQL that must answer it (null: the one that answers it now), for `router_check`. "Now"
/// stays what it is unless the context says. The same question again replaces it. Returns the id.
#[pg_extern]
fn router_golden(
    prompt: &str,
    context: default!(JsonArg, "'{}'"),
    expected_sql: default!(Option<&str>, "NULL"),
) -> Result<i64> {
    Ok(golden::pin(prompt, &context.value("context")?, expected_sql)?)
}

/// Takes a golden question back. False when you have none such.
#[pg_extern]
fn router_ungolden(prompt: &str, context: default!(JsonArg, "'{}'")) -> Result<bool> {
    Ok(golden::unpin(prompt, &context.value("context")?)?)
}

/// Asks your golden questions (as administrator: all of them) and raises on the first that is answered otherwise than
/// it must be. Returns how many were asked. `BEGIN; change; SELECT router_check(); COMMIT;` lets no change through that
/// breaks one.
#[pg_extern]
fn router_check() -> Result<i64> {
    Ok(golden::check()?)
}

/// Asks a logged question again with the clock it had: `same` if the answer is what it was, else `changed` says where
/// and what was taught or set since.
#[pg_extern]
fn router_replay(request_id: &str) -> Result<JsonB> {
    Ok(JsonB(golden::replay(request_id)?))
}
