//! Is it well? One object that a person or a monitor reads.

use pgrx::PgBuiltInOids;
use pgrx::prelude::*;
use router_core::embed::Encoder;
use serde_json::{Map, Value, json};

use super::Operation;
use super::memory::{self, Counter};
use super::settings::{self, Mode};
use crate::error::Result;
use crate::models::plan::Plan;
use crate::worker::{self, Presence};
use crate::{cache, pg};

/// Seconds without a worker looking for records, after which something is wrong with it.
const WORKER_SILENT: u64 = 30;
/// Seconds for which a loss makes the router degraded.
const LOSS_REMEMBERED: u64 = 600;
/// Calls below which a rate says nothing.
const FEWEST_CALLS: u64 = 20;
const SUCCESS_EXPECTED: f64 = 0.9;
const PARTITIONS_EXPECTED: i64 = 1;

thread_local! {
    static FROM_TABLES: Plan = Plan::new(include_str!("../../sql/telemetry/health.sql"), &[] as &[PgBuiltInOids]);
}

/// What the tables tell.
struct Stored {
    extension: Option<String>,
    pgvector: Option<String>,
    weeks_ahead: i64,
    model_weeks_ahead: i64,
    open_circuits: i64,
    last_auto_assign: Option<String>,
    datasets: i64,
    dropped: i64,
}

/// `status` is `healthy`, `degraded` (it answers, but something needs attention) or `down` (it can't answer); `reasons`
/// say why, in words.
pub fn health() -> Result<Value> {
    let stored = stored()?;
    let (mut degraded, mut down) = (Vec::new(), Vec::new());
    let library = env!("CARGO_PKG_VERSION");
    if stored.extension.as_deref() != Some(library) {
        down.push(format!(
            "the library is of version {library}, the extension of {}: ALTER EXTENSION router UPDATE, or restart",
            stored.extension.as_deref().unwrap_or("none")
        ));
    }
    let encoder_ready = !Encoder::get().encode("sales by region").is_zero();
    if !encoder_ready {
        down.push("the encoder gives nothing".to_owned());
    }
    if stored.pgvector.is_none() {
        down.push("pgvector is not installed".to_owned());
    }
    if stored.dropped > 0 {
        degraded.push(format!("{} registered relations were dropped: router_unregister them", stored.dropped));
    }
    if stored.open_circuits > 0 {
        degraded.push(format!("{} model assignments are set aside after failures", stored.open_circuits));
    }
    let endpoints = endpoints(&mut degraded)?;
    let responses = responses(&mut degraded);
    let queue = queue(&mut degraded);
    let worker = worker(&mut degraded);
    let standby = pg::in_recovery();
    if !standby
        && worker["running"] == json!(true)
        && stored.weeks_ahead.min(stored.model_weeks_ahead) < PARTITIONS_EXPECTED
    {
        degraded.push("partitions are not made ahead: schedule SELECT * FROM router_maintain()".to_owned());
    }
    let status = match (down.is_empty(), degraded.is_empty()) {
        (false, _) => "down",
        (true, false) => "degraded",
        (true, true) => "healthy",
    };
    down.append(&mut degraded);
    Ok(json!({
        "status": status,
        "reasons": down,
        "versions": {
            "library": library,
            "extension": stored.extension,
            "postgresql": pg::server_version(),
            "pgvector": stored.pgvector,
        },
        "preloaded": memory::available(),
        "standby": standby,
        "worker": worker,
        "encoder": {"ready": encoder_ready},
        "models": {"open_circuits": stored.open_circuits, "last_auto_assign": stored.last_auto_assign},
        "endpoints": endpoints,
        "responses": responses,
        "cache_hit_rates": cache_hit_rates(),
        "queue": queue,
        "partitions_ahead": {"decisions": stored.weeks_ahead, "routing_decisions": stored.model_weeks_ahead},
        "datasets": stored.datasets,
    }))
}

fn stored() -> Result<Stored> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let row = FROM_TABLES.with(|plan| plan.select(client, &[]))?.first();
            Ok(Stored {
                extension: row.get(1)?,
                pgvector: row.get(2)?,
                weeks_ahead: row.get(3)?.unwrap_or(0),
                model_weeks_ahead: row.get(4)?.unwrap_or(0),
                open_circuits: row.get(5)?.unwrap_or(0),
                last_auto_assign: row.get(6)?,
                datasets: row.get(7)?.unwrap_or(0),
                dropped: row.get(8)?.unwrap_or(0),
            })
        })
    })
}

/// Those that were called since the server started, or are left alone after failures.
fn endpoints(degraded: &mut Vec<String>) -> Result<Value> {
    let known = worker::endpoint::all()?.into_iter().filter(|(_, _, known)| known.calls > 0 || known.wait > 0);
    let shown = known.map(|(agent, url, known)| {
        if known.wait > 0 {
            degraded.push(format!(
                "the endpoint of agent {agent} failed too often and is left alone for {} s",
                known.wait / 1_000_000
            ));
        }
        json!({"agent": agent, "url": url, "calls": known.calls, "failures": known.failures,
               "left_alone_s": (known.wait > 0).then_some(known.wait / 1_000_000)})
    });
    Ok(shown.collect())
}

/// Of the last five to ten minutes, over all databases.
fn responses(degraded: &mut Vec<String>) -> Value {
    let lately = memory::lately(Operation::Route);
    let p95 = lately.quantiles_ms([0.95]).map(|[p95]| p95);
    let success = lately.success_rate();
    if lately.calls >= FEWEST_CALLS {
        if let Some(rate) = success.filter(|rate| *rate < SUCCESS_EXPECTED) {
            degraded
                .push(format!("{:.0} % of the questions of the last minutes ended in an error", (1.0 - rate) * 100.0));
        }
        let limit = f64::from(settings::slow_response());
        if let Some(p95) = p95.filter(|p95| *p95 > limit) {
            degraded.push(format!("the 95th percentile of the response is {p95:.0} ms, above router.slow_response"));
        }
    }
    json!({
        "calls": lately.calls,
        "average_ms": lately.average_ms(),
        "p95_ms": p95,
        "success_rate": success,
        "cached": memory::get(Counter::Cached),
    })
}

/// By layer; null before the first question.
fn cache_hit_rates() -> Value {
    cache::stats()
        .iter()
        .map(|stats| (stats.layer.name().to_owned(), json!(stats.hit_rate())))
        .collect::<Map<_, _>>()
        .into()
}

fn queue(degraded: &mut Vec<String>) -> Value {
    let counts = memory::queue_counts();
    let unstorable = memory::get(Counter::Unstorable);
    let lost = counts.refused + counts.overdue + unstorable;
    let since_loss = memory::now().saturating_sub(memory::get(Counter::LastLoss));
    if memory::available() {
        if lost > 0 && since_loss < LOSS_REMEMBERED {
            degraded
                .push(format!("decisions or errors were lost {since_loss} s ago: raise router.decision_queue_size"));
        }
        if counts.used_bytes > counts.capacity_bytes / 5 * 4 {
            degraded.push("the queue of decisions is nearly full".to_owned());
        }
    }
    json!({
        "used_bytes": counts.used_bytes,
        "capacity_bytes": counts.capacity_bytes,
        "queued": counts.pushed,
        "stored": counts.stored,
        "lost": {"full": counts.refused, "overdue": counts.overdue, "unstorable": unstorable},
    })
}

fn worker(degraded: &mut Vec<String>) -> Value {
    let state = worker::state();
    let running = matches!(state.presence, Presence::Running { .. });
    let waiting = memory::queue_counts().used_bytes > 0;
    match state.presence {
        Presence::NotPreloaded => {
            degraded.push(
                "the library is not in shared_preload_libraries: no worker, no batched log, no metrics".to_owned(),
            );
        }
        Presence::Failed { .. } => {
            degraded.push("the background worker ended with an error: see the server's log".to_owned())
        }
        Presence::NoLauncher | Presence::Full if !pg::in_recovery() && settings::mode() == Mode::Batched => {
            degraded.push(format!("decisions are not written out, the background worker is {}", state.presence.name()));
        }
        _ if running && waiting && last_write().is_some_and(|ago| ago > WORKER_SILENT) => {
            degraded.push("the background worker does not write out decisions".to_owned());
        }
        _ => {}
    }
    json!({
        "state": state.presence.name(),
        "running": running,
        "failures": state.failures,
        "last_write_s": last_write(),
    })
}

/// Seconds since a worker last looked for records.
fn last_write() -> Option<u64> {
    Some(memory::get(Counter::LastDrain)).filter(|at| *at > 0).map(|at| memory::now().saturating_sub(at))
}
