//! Records into the tables, a column at a time.

use pgrx::datum::{DatumWithOid, Uuid};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::telemetry::{Decision, Failure};

use super::leaders::Entry;
use super::rows;
use crate::error::Result;
use crate::models::plan::Plan;
use crate::pg;

thread_local! {
    static DECISIONS: Plan = Plan::new(
        include_str!("../../sql/telemetry/store_decisions.sql"),
        {
            use pg_sys::BuiltinOid::{BOOLARRAYOID as B, FLOAT4ARRAYOID as F, INT8ARRAYOID as I, TEXTARRAYOID as T, UUIDARRAYOID as U};
            &[U, I, T, B, T, T, T, T, T, F, T, T, T, T, T, T, T, B, F, T, T, T, I, T, PgBuiltInOids::TEXTOID]
        },
    );
    static FAILURES: Plan = Plan::new(
        include_str!("../../sql/telemetry/store_failures.sql"),
        {
            use pg_sys::BuiltinOid::{BOOLARRAYOID as B, INT8ARRAYOID as I, TEXTARRAYOID as T, UUIDARRAYOID as U};
            &[I, U, T, T, T, T, T, B, T, B]
        },
    );
}

/// Writes a decision as part of the caller's transaction.
pub fn in_this_transaction(decision: &Decision<'_>) -> Result<()> {
    pg::as_extension_owner(|| Spi::connect_mut(|client| decisions(client, &[decision], "sync")))
}

/// Writes a batch. To be run as the extension's owner.
pub fn batch(client: &mut SpiClient<'_>, entries: &[Entry<'_>]) -> Result<()> {
    let (decided, failed) = parted(entries);
    if !decided.is_empty() && !rows::insert(&decided)? {
        whole(client, &decided)?;
    }
    if !failed.is_empty() {
        failures(client, &failed)?;
    }
    Ok(())
}

/// Writes a batch by statements, each decision whole. To be run as the extension's owner.
pub fn by_statements(client: &mut SpiClient<'_>, entries: &[Entry<'_>]) -> Result<()> {
    let (decided, failed) = parted(entries);
    if !decided.is_empty() {
        whole(client, &decided)?;
    }
    if !failed.is_empty() {
        failures(client, &failed)?;
    }
    Ok(())
}

fn parted<'a, 'r>(entries: &'a [Entry<'r>]) -> (Vec<&'a Entry<'r>>, Vec<&'a Failure<'r>>) {
    let (mut decided, mut failed) = (Vec::with_capacity(entries.len()), Vec::new());
    for entry in entries {
        match entry {
            Entry::Decision(_) | Entry::Repeat(..) => decided.push(entry),
            Entry::Failure(failure) => failed.push(failure),
        }
    }
    (decided, failed)
}

fn whole(client: &mut SpiClient<'_>, entries: &[&Entry<'_>]) -> Result<()> {
    let whole: Vec<_> = entries.iter().filter_map(|entry| entry.whole()).collect();
    decisions(client, &whole.iter().map(AsRef::as_ref).collect::<Vec<_>>(), "batched")
}

fn decisions(client: &mut SpiClient<'_>, rows: &[&Decision<'_>], how: &str) -> Result<()> {
    let text = |f: fn(&Decision<'_>) -> String| rows.iter().map(|d| f(d)).collect::<Vec<_>>();
    let timings = text(timings);
    let fingerprints = text(|d| format!("{:016x}", d.fingerprint));
    // Borrows from the records: nothing is copied but into the server's arrays.
    macro_rules! column {
        ($($field:tt)+) => { rows.iter().map(|d| d.$($field)+).collect::<Vec<_>>().into() };
    }
    let values: [DatumWithOid<'_>; 25] = [
        rows.iter().map(|d| Uuid::from_bytes(d.request_id)).collect::<Vec<_>>().into(),
        column!(decided_at),
        column!(role),
        column!(hash_prompt),
        column!(prompt),
        column!(context),
        column!(status),
        column!(source),
        column!(intent),
        column!(confidence),
        column!(layer),
        column!(dataset),
        column!(spec),
        column!(sql),
        column!(candidates),
        column!(steps),
        column!(error),
        column!(cached),
        rows.iter().map(|d| d.total_us as f32 / 1000.0).collect::<Vec<_>>().into(),
        timings.into(),
        rows.iter().map(|d| some(d.clock)).collect::<Vec<_>>().into(),
        rows.iter().map(|d| some(d.settings)).collect::<Vec<_>>().into(),
        rows.iter().map(|d| d.semantic_version as i64).collect::<Vec<_>>().into(),
        fingerprints.into(),
        how.into(),
    ];
    DECISIONS.with(|plan| plan.update(client, &values))?;
    Ok(())
}

fn failures(client: &mut SpiClient<'_>, rows: &[&Failure<'_>]) -> Result<()> {
    macro_rules! column {
        ($($field:tt)+) => { rows.iter().map(|f| f.$($field)+).collect::<Vec<_>>().into() };
    }
    let values: [DatumWithOid<'_>; 10] = [
        column!(occurred_at),
        rows.iter().map(|f| f.request_id.map(Uuid::from_bytes)).collect::<Vec<_>>().into(),
        column!(role),
        column!(operation),
        column!(kind),
        column!(sqlstate),
        column!(message),
        column!(recoverable),
        column!(recovery),
        column!(recovered),
    ];
    FAILURES.with(|plan| plan.update(client, &values))?;
    Ok(())
}

/// Milliseconds by step, as JSON. Names of steps are ours.
pub(super) fn timings(decision: &Decision<'_>) -> String {
    let steps: Vec<String> =
        decision.timings.iter().map(|(name, us)| format!("\"{name}\":{}", f64::from(*us) / 1000.0)).collect();
    format!("{{{}}}", steps.join(","))
}

pub(super) fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
