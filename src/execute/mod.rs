//! Runs a statement that the guard lets pass: read-only, as the caller, with limits.

use std::time::Instant;

use pgrx::PgSqlErrorCode;
use pgrx::prelude::*;

use crate::cache::results;
use crate::error::{Error, Result};
use crate::pg::Failure;
use crate::pg::analyse::Names;
use crate::pg::run::{self, Limits};
use crate::{guard, guc};

pub use crate::pg::rows::Cell;

/// What a statement returned.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Rows {
    /// Names in order; a name may occur twice.
    pub columns: Vec<String>,
    /// One cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// There were more rows than `router.max_rows` or `router.max_result_bytes` allow.
    pub truncated: bool,
    /// Values that were longer than `router.max_value_bytes`: text is cut, anything else is null.
    pub cut_values: u64,
    /// Time of validation, planning and execution.
    pub elapsed_ms: f64,
    /// Of rows that were kept; `None` if the statement was run now.
    #[serde(skip)]
    pub age_seconds: Option<f64>,
}

impl Rows {
    /// One object a row, keys in column order; of columns of one name the last wins.
    pub fn objects(&self) -> impl Iterator<Item = serde_json::Map<String, serde_json::Value>> + '_ {
        self.rows.iter().map(|row| self.columns.iter().cloned().zip(row.iter().map(Cell::to_json)).collect())
    }
}

/// Validates and runs a statement whose names are all qualified, as SQL that the router built is: read-only, with the
/// caller's rights and row security, under `router.statement_timeout` and the size limits. The tree that was judged is
/// the tree that runs; its relations are locked from the one to the other.
///
/// # Errors
/// 42501 if the guard refuses it, 57014 when `router.statement_timeout` is over, else what the statement itself raised.
pub fn run(sql: &str) -> Result<Rows> {
    run_with(sql, Names::Qualified)
}

/// As [`run`], for SQL that a person wrote: names are resolved as the calling session would.
#[cfg_attr(
    not(any(test, feature = "pg_test")),
    expect(dead_code, reason = "for callers to come; the guard's promises are tested by it")
)]
pub fn run_as_written(sql: &str) -> Result<Rows> {
    run_with(sql, Names::Caller)
}

fn run_with(sql: &str, names: Names) -> Result<Rows> {
    let start = Instant::now();
    // The state of all tables from before anything is read.
    let place = if names == Names::Qualified && guc::sql_validation() { results::place(sql)? } else { None };
    let cleared = if guc::sql_validation() {
        guard::judge(sql, names)?.map_err(|violations| guard::refusal(&violations))?
    } else {
        warning!("router.enable_sql_validation is off: this statement runs unchecked");
        guard::analyse_unchecked(sql, names)?
    };
    let limits = Limits { rows: guc::max_rows(), bytes: guc::max_result_bytes(), value_bytes: guc::max_value_bytes() };
    let outcome = run::read_only(guc::statement_timeout(), || {
        let plan = run::plan(&cleared.statement, place.is_some());
        let violations =
            if guc::sql_validation() { guard::check_estimate(&cleared, plan.estimate) } else { Vec::new() };
        if !violations.is_empty() {
            return Err(guard::refusal(&violations));
        }
        let statement = plan.repeatable.clone();
        if let Some(kept) = place.as_ref().zip(statement.as_ref()).and_then(|(place, s)| place.get(s)) {
            return Ok((Found::Kept(kept), statement));
        }
        Ok((Found::Read(run::execute(plan, limits)), statement))
    });
    let (collected, statement) = match outcome.map_err(|failure| execution_failed(&failure))?? {
        (Found::Read(collected), statement) => (collected, statement),
        (Found::Kept(rows), _) => {
            notice!("rows from the cache, {:.0} s old", rows.age_seconds.unwrap_or_default());
            return Ok(rows);
        }
    };
    let rows = Rows {
        columns: collected.columns,
        rows: collected.rows,
        truncated: collected.truncated,
        cut_values: collected.cut_values,
        elapsed_ms: start.elapsed().as_secs_f64() * 1000.0,
        age_seconds: None,
    };
    if let (Some(place), Some(statement)) = (place, statement) {
        place.put(&rows, statement)?;
    }
    Ok(rows)
}

/// Rows that were kept, or what was read now.
enum Found {
    Kept(Rows),
    Read(run::Collected),
}

fn execution_failed(failure: &Failure) -> Error {
    if failure.timed_out {
        return Error::new(
            PgSqlErrorCode::ERRCODE_QUERY_CANCELED,
            "the query took longer than router.statement_timeout",
        )
        .with_hint("Ask for less: a shorter period, fewer groups.");
    }
    let mut error = Error::new(failure.code, failure.message.clone());
    if let Some(detail) = &failure.detail {
        error = error.with_detail(detail.clone());
    }
    if let Some(hint) = &failure.hint {
        error = error.with_hint(hint.clone());
    }
    error
}
