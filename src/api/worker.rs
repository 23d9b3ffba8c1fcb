//! For the people who run the database: the background worker.

use pgrx::prelude::*;

use crate::error::SqlResult as Result;
use crate::telemetry::{self, Operation};
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

/// Queues the embedding of texts by the model `router.embedding_model`; the vectors come to
/// `router.remote_embeddings`. Says how many requests that makes.
#[pg_extern(volatile)]
fn router_queue_embeddings(texts: Vec<String>) -> Result<i64> {
    crate::pg::refuse_if_read_only(c"router_queue_embeddings()");
    let requests = worker::queue::embed(&texts)?;
    worker::wake_at_commit();
    Ok(i64::try_from(requests).unwrap_or(i64::MAX))
}

/// The vector that the model `router.embedding_model` gives for a text, asked for now. Raises where there is none.
#[pg_extern(volatile)]
fn router_remote_embedding(text: &str) -> Result<Vec<f32>> {
    Ok(telemetry::observe(Operation::EmbeddingEndpoint, || worker::embed(text))?)
}

/// What is known of the endpoints of the agents: `closed` (called as usual), `open` (left alone, since it failed too
/// often), `half-open` (one request tries whether it is back) or `paused` (it asked for it); calls and failures since
/// the server started, in all databases; requests under way; and for how long it is left alone.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)] // the SQL signature
fn router_endpoints() -> Result<
    TableIterator<
        'static,
        (
            name!(agent_id, String),
            name!(base_url, String),
            name!(state, String),
            name!(calls, i64),
            name!(failures, i64),
            name!(in_flight, i64),
            name!(retry_in_ms, Option<i64>),
        ),
    >,
> {
    let rows = worker::endpoint::all()?.into_iter().map(|(agent_id, base_url, known)| {
        (
            agent_id,
            base_url,
            known.state.to_owned(),
            i64::try_from(known.calls).unwrap_or(i64::MAX),
            i64::try_from(known.failures).unwrap_or(i64::MAX),
            i64::from(known.in_flight),
            Some(known.wait / 1000).filter(|_| known.wait > 0),
        )
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

/// Slots of live requests: how many there are, and how many are taken now, in all databases.
#[pg_extern(volatile)]
fn router_slots() -> TableIterator<'static, (name!(slots, i64), name!(taken, i64))> {
    let (slots, taken) = worker::slots_in_use();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    TableIterator::once((count(slots), count(taken)))
}
