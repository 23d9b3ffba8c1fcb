//! Errors and performance, as rows.

use pgrx::datum::{DatumWithOid, Interval};
use pgrx::prelude::*;

use super::Operation;
use super::memory;
use crate::error::{Error, Result};
use crate::pg;

/// Errors of one kind.
pub struct ErrorSummary {
    pub kind: Option<String>,
    pub count: Option<i64>,
    pub recoverable: Option<bool>,
    /// 0 to 1.
    pub recovery_rate: Option<f64>,
    pub last_message: Option<String>,
    pub last_at: Option<TimestampWithTimeZone>,
    pub sample_request_ids: Option<Vec<String>>,
}

/// Errors of the last `timeframe`, the most frequent kind first.
pub fn errors(timeframe: Interval) -> Result<Vec<ErrorSummary>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let args = [DatumWithOid::from(timeframe)];
            let positive = client.select("SELECT $1 > interval '0'", Some(1), &args)?.first().get_one::<bool>()?;
            if positive != Some(true) {
                return Err(Error::invalid("the timeframe must be longer than nothing")
                    .with_hint("for instance router_errors('1 hour')"));
            }
            let rows = client.select(include_str!("../../sql/telemetry/errors.sql"), None, &args)?;
            rows.map(|row| {
                Ok(ErrorSummary {
                    kind: row.get(1)?,
                    count: row.get(2)?,
                    recoverable: row.get(3)?,
                    recovery_rate: row.get(4)?,
                    last_message: row.get(5)?,
                    last_at: row.get(6)?,
                    sample_request_ids: row.get(7)?,
                })
            })
            .collect()
        })
    })
}

/// What one operation took since the server started. Times are in milliseconds.
pub struct Performance {
    pub operation: &'static str,
    pub calls: i64,
    /// 0 to 1. A question that can't be taken (blank, too long, too many a minute) is no failure.
    pub success_rate: f64,
    pub average_ms: f64,
    /// The 50th, 95th and 99th percentile.
    pub percentiles_ms: [f64; 3],
}

/// One row for each operation that was called, over all databases of the server.
pub fn performance() -> Vec<Performance> {
    Operation::ALL
        .into_iter()
        .filter_map(|operation| {
            let total = memory::total(operation);
            Some(Performance {
                operation: operation.name(),
                calls: i64::try_from(total.calls).unwrap_or(i64::MAX),
                success_rate: total.success_rate()?,
                average_ms: total.average_ms()?,
                percentiles_ms: total.quantiles_ms([0.5, 0.95, 0.99])?,
            })
        })
        .collect()
}
