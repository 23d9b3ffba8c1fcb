//! Writing a question down with the SQL that must answer it.

use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::Value;

use super::check::{Golden, failure};
use crate::asking::{check_prompt, work_out};
use crate::error::{Error, Result};
use crate::pg::analyse::Names;
use crate::{guard, pg};

/// Keeps a question with the SQL that must answer it, or with the SQL that answers it now. "Now" stays what it is for
/// this question, so that "last month" is the same month whenever it is checked. Returns its id.
pub fn pin(prompt: &str, context: &Value, expected: Option<&str>) -> Result<i64> {
    pg::refuse_if_read_only(c"router_golden()");
    check_prompt(prompt)?;
    if context.get("previous").is_some_and(Value::is_string) {
        return Err(Error::invalid("a golden question can't follow up on an answer of this connection")
            .with_hint("pass the spec of the answer before as \"previous\""));
    }
    let now = work_out(prompt, context)?;
    let statement = match expected {
        Some(sql) => guard::canonical(sql, Names::Caller)?,
        None => guard::canonical(now.sql()?, Names::Qualified)?,
    };
    let expected_sql = statement.map_err(|violations| guard::refusal(&violations))?;
    let clock = &now.context.clock.now;
    let golden = Golden {
        id: 0,
        prompt: prompt.to_owned(),
        context: context.clone(),
        as_of: clock.timestamp().to_string(),
        timezone: clock.time_zone().iana_name().unwrap_or("UTC").to_owned(),
        expected_sql,
    };
    let id = keep(&golden)?;
    if expected.is_some()
        && let Some(error) = failure(&Golden { id, ..golden })?
    {
        notice!("kept, but the router does not give this answer now: {}", error.message());
    }
    Ok(id)
}

fn keep(golden: &Golden) -> Result<i64> {
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let args = [
                golden.prompt.as_str().into(),
                JsonB(golden.context.clone()).into(),
                golden.as_of.as_str().into(),
                golden.timezone.as_str().into(),
                golden.expected_sql.as_str().into(),
                who.as_str().into(),
            ];
            let row = client.update(include_str!("../../sql/golden/keep.sql"), Some(1), &args)?;
            Ok(row.first().get_one::<i64>()?.unwrap_or_default())
        })
    })
}

/// Takes a golden question back. False when the caller has none such.
pub fn unpin(prompt: &str, context: &Value) -> Result<bool> {
    pg::refuse_if_read_only(c"router_ungolden()");
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let sql = "DELETE FROM router.golden_questions WHERE prompt = $1 AND context = $2 AND created_by = $3";
            let args = [prompt.into(), JsonB(context.clone()).into(), who.as_str().into()];
            Ok(!client.update(sql, None, &args)?.is_empty())
        })
    })
}
