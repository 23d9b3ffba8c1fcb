//! For the people who run the database.

use pgrx::JsonB;
use pgrx::datum::Interval;
use pgrx::prelude::*;

use crate::error::{Error, SqlResult as Result};
use crate::{catalog, telemetry};

/// The extension's version, as in `router.control`.
#[pg_extern(immutable, parallel_safe)]
fn router_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Lets a role ask (`user`), also teach (`analyst`), also operate (`admin`), or none of it (`none`). What the role had
/// beyond the level is taken; what PUBLIC may do everybody may.
#[pg_extern]
fn router_grant(role: &str, level: &str) -> Result<()> {
    Ok(catalog::grant(role, level)?)
}

/// Is it well? `status` is healthy, degraded or down; `reasons` say why.
#[pg_extern(volatile)]
fn router_health() -> Result<JsonB> {
    Ok(JsonB(telemetry::health()?))
}

/// What went wrong within the timeframe, by kind; the rate of recovery is between 0 and 1.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn router_errors(
    timeframe: default!(Option<Interval>, "'1 day'"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(kind, Option<String>),
            name!(count, Option<i64>),
            name!(recoverable, Option<bool>),
            name!(recovery_rate, Option<f64>),
            name!(last_message, Option<String>),
            name!(last_at, Option<TimestampWithTimeZone>),
            name!(sample_request_ids, Option<Vec<String>>),
        ),
    >,
> {
    let timeframe = timeframe.ok_or_else(|| Error::null("the timeframe must not be null"))?;
    let rows = telemetry::errors(timeframe)?.into_iter();
    Ok(TableIterator::new(
        rows.map(|e| {
            (e.kind, e.count, e.recoverable, e.recovery_rate, e.last_message, e.last_at, e.sample_request_ids)
        }),
    ))
}

/// How often each operation was called since the server started, how often it succeeded (0 to 1), and how long it
/// took, over all databases. Needs the library in `shared_preload_libraries`.
#[pg_extern(volatile, parallel_safe)]
#[allow(clippy::type_complexity)]
fn router_performance() -> TableIterator<
    'static,
    (
        name!(operation, String),
        name!(calls, i64),
        name!(success_rate, f64),
        name!(avg_ms, f64),
        name!(p50_ms, f64),
        name!(p95_ms, f64),
        name!(p99_ms, f64),
    ),
> {
    TableIterator::new(telemetry::performance().into_iter().map(|p| {
        let [p50, p95, p99] = p.percentiles_ms;
        (p.operation.to_owned(), p.calls, p.success_rate, p.average_ms, p50, p95, p99)
    }))
}

/// Everything that is counted, in the text format that Prometheus reads.
#[pg_extern(volatile, parallel_safe)]
fn router_metrics() -> String {
    telemetry::metrics()
}

/// Writes out the decisions and errors of this database that wait in shared memory; returns how many. The background worker does so by itself.
#[pg_extern(volatile)]
fn router_flush() -> Result<i64> {
    Ok(i64::try_from(telemetry::flush()?).unwrap_or(i64::MAX))
}

/// Acts on the decisions of the last week: frequent questions are prepared by the worker, indexes and slow routes are
/// named. Every row can be taken back by `router_optimize_undo(id)`.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn router_optimize() -> Result<
    TableIterator<
        'static,
        (
            name!(id, Option<i64>),
            name!(kind, Option<String>),
            name!(target, Option<String>),
            name!(reason, Option<String>),
            name!(status, Option<String>),
            name!(detail, Option<JsonB>),
        ),
    >,
> {
    let rows = telemetry::optimize()?.into_iter();
    Ok(TableIterator::new(rows.map(|o| (o.id, o.kind, o.target, o.reason, o.status, o.after))))
}

/// Takes back what router_optimize() did or suggested.
#[pg_extern(volatile)]
fn router_optimize_undo(id: i64) -> Result<()> {
    Ok(telemetry::undo(id)?)
}

/// Collects stale values again, makes partitions ahead and drops (or detaches, by `router.retention_action`) decisions
/// and errors older than `router.retention`. To be scheduled, for instance daily by pg_cron.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn router_maintain()
-> Result<TableIterator<'static, (name!(action, String), name!(object, String), name!(affected, Option<i64>))>> {
    Ok(TableIterator::new(telemetry::maintain()?))
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test]
    fn version_is_the_control_files() {
        let installed = Spi::get_one::<String>("SELECT extversion FROM pg_extension WHERE extname = 'router'");
        assert_eq!(installed, Ok(Some(super::router_version().to_owned())));
    }
}
