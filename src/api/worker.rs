//! For the people who run the database: the background worker.

use pgrx::prelude::*;

use crate::worker::{self, Presence};

/// This database's background worker: `running`, `starting`, `absent` (nobody has needed it yet), `failed` (tried
/// again soon), `full` (`router.max_workers`), `off` (a standby, or `router.worker` is off) or `not preloaded`.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)] // the SQL signature
fn router_worker() -> TableIterator<
    'static,
    (
        name!(state, String),
        name!(pid, Option<i32>),
        name!(started_at, Option<TimestampWithTimeZone>),
        name!(starts, i64),
        name!(failures, i64),
        name!(retry_in_ms, Option<i64>),
    ),
> {
    let state = worker::state();
    let started_at =
        Some(state.started_at).filter(|at| *at > 0).and_then(|at| TimestampWithTimeZone::try_from(at).ok());
    let pid = match state.presence {
        Presence::Running { worker, .. } => Some(worker.pid()),
        _ => None,
    };
    let retry_in_ms = match state.presence {
        Presence::Failed { retry_in } => Some(retry_in / 1000),
        _ => None,
    };
    TableIterator::once((
        state.presence.name().to_owned(),
        pid,
        started_at,
        state.starts.into(),
        state.failures.into(),
        retry_in_ms,
    ))
}

/// Wakes this database's background worker, starting it if need be; says in which state it then is, as
/// `router_worker` does.
#[pg_extern(volatile)]
fn router_wake() -> &'static str {
    worker::wake().name()
}
