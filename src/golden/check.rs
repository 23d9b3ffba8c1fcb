//! Asking golden questions again: a gate that a transaction must pass.

use pgrx::PgSqlErrorCode;
use pgrx::prelude::*;
use router_core::compare::first_difference;
use router_core::route::Status;
use serde_json::Value;

use crate::asking::work_out;
use crate::error::{Error, Result};
use crate::execute::{self, Cell, Rows};
use crate::pg::analyse::Names;
use crate::{catalog, guard, pg};

/// A question with the SQL that must answer it.
pub struct Golden {
    pub id: i64,
    pub prompt: String,
    /// As given.
    pub context: Value,
    /// What "now" means, and where, unless the context says.
    pub as_of: String,
    pub timezone: String,
    /// As the server prints it.
    pub expected_sql: String,
}

/// Asks the caller's golden questions (administrators: everybody's), past every cache. Returns how many.
///
/// # Errors
/// P0004 for the first that is answered otherwise than it must be, with both statements and where they differ.
pub fn check() -> Result<i64> {
    let golden = list()?;
    for question in &golden {
        pgrx::check_for_interrupts!();
        if let Some(error) = failure(question)? {
            return Err(error);
        }
    }
    Ok(i64::try_from(golden.len()).unwrap_or(i64::MAX))
}

fn list() -> Result<Vec<Golden>> {
    let (who, admin) = (pg::role_name(pg::current_user()), catalog::is_admin()?);
    pg::as_extension_owner(|| {
        pg::with_latest_snapshot(|| {
            Spi::connect(|client| {
                let args = [who.as_str().into(), admin.into()];
                let mut golden = Vec::new();
                for row in client.select(include_str!("../../sql/golden/list.sql"), None, &args)? {
                    golden.push(Golden {
                        id: row.get(1)?.unwrap_or_default(),
                        prompt: row.get(2)?.unwrap_or_default(),
                        context: row.get::<String>(3)?.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default(),
                        as_of: row.get(4)?.unwrap_or_default(),
                        timezone: row.get(5)?.unwrap_or_default(),
                        expected_sql: row.get(6)?.unwrap_or_default(),
                    });
                }
                Ok(golden)
            })
        })
    })
}

/// What is wrong with the answer to a golden question now.
///
/// It is right if its statement is the expected one however spelt, or if both give the same rows, and some.
pub fn failure(golden: &Golden) -> Result<Option<Error>> {
    let mut context = golden.context.clone();
    if let Value::Object(map) = &mut context {
        for (key, value) in [("as_of", &golden.as_of), ("timezone", &golden.timezone)] {
            if map.get(key).is_none_or(Value::is_null) {
                map.insert(key.to_owned(), Value::from(value.as_str()));
            }
        }
    }
    let routed = work_out(&golden.prompt, &context)?;
    let answer = &routed.answer;
    let Some(sql) = &answer.sql else {
        let what = if answer.status == Status::Clarify { "asks back" } else { "refuses" };
        return Ok(Some(golden.fails(
            &format!("the router {what}: {}", answer.explain),
            &golden.expected_sql,
            "nothing",
        )));
    };
    let expected = match guard::canonical(&golden.expected_sql, Names::Qualified)? {
        Ok(expected) => expected,
        Err(violations) => {
            let why: Vec<String> = violations.into_iter().map(|v| v.detail).collect();
            let why = format!("the expected statement may not run: {}", why.join("; "));
            return Ok(Some(golden.fails(&why, &golden.expected_sql, sql)));
        }
    };
    let got = guard::canonical(sql, Names::Qualified)?.map_err(|violations| guard::refusal(&violations))?;
    if expected == got {
        return Ok(None);
    }
    let rows = compare(&execute::run(&expected)?, &execute::run(&got)?);
    let Some(rows) = rows else { return Ok(None) };
    let place = first_difference(&expected, &got)
        .map(|(expected, got)| format!("the statements differ: expected {expected}, got {got}; "))
        .unwrap_or_default();
    Ok(Some(golden.fails(&format!("{place}{rows}"), &expected, &got)))
}

impl Golden {
    fn fails(&self, why: &str, expected: &str, got: &str) -> Error {
        Error::new(
            PgSqlErrorCode::ERRCODE_ASSERT_FAILURE,
            format!("golden question {} (\"{}\") is answered otherwise: {why}", self.id, self.prompt),
        )
        .with_detail(format!("expected: {expected}\n     got: {got}"))
        .with_hint("SELECT * FROM router_explain(...) shows how it is read now; if that is right, router_golden(prompt, context) keeps it")
    }
}

/// How two results differ; `None` if they hold the same rows, in any order, and not none.
fn compare(expected: &Rows, got: &Rows) -> Option<String> {
    if expected.rows.is_empty() && got.rows.is_empty() {
        return Some("both give no rows, which proves nothing".to_owned());
    }
    let sorted = |rows: &Rows| {
        let mut lines: Vec<String> = rows.rows.iter().map(|row| line(row)).collect();
        lines.sort_unstable();
        lines
    };
    let (a, b) = (sorted(expected), sorted(got));
    if a == b && expected.truncated == got.truncated {
        return None;
    }
    let first = a.iter().find(|row| b.binary_search(row).is_err());
    let extra = b.iter().find(|row| a.binary_search(row).is_err());
    let shown = |row: Option<&String>| row.map_or_else(|| "nothing".to_owned(), Clone::clone);
    Some(format!(
        "rows: {} expected, {} given; the first that differs: expected {}, got {}",
        a.len(),
        b.len(),
        shown(first),
        shown(extra)
    ))
}

fn line(row: &[Cell]) -> String {
    let cells: Vec<String> = row.iter().map(|cell| cell.to_text().unwrap_or_else(|| "null".to_owned())).collect();
    format!("({})", cells.join(", "))
}
