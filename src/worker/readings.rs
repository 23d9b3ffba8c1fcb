//! Questions that a model reads when nobody waits: how the router learns where it errs or hesitates.
//!
//! A caller may be read-only, so it leaves the question in a slot; the worker puts it into `router.remote_queue`, from
//! where it is called like any other entry. What the model says is kept in `router.llm_readings` for `router_mine()`.

use std::sync::Mutex;

use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::{Value, json};

use super::call::{Kind, Order, Settled};
use super::client::{self, Absence};
use super::{endpoint, settings};
use crate::error::{Error, Result};
use crate::pg;

/// Questions that wait in the table at most: a model that reads one a second is not to get a week's work in a minute.
const MOST: i64 = 10_000;
/// Questions that wait in memory at most, for the moment until they are in the table.
const IN_MEMORY: usize = 200;
/// Questions put into the table in one transaction.
const AT_ONCE: usize = 50;

#[derive(Default)]
struct Accepted {
    waiting: Vec<Order>,
    /// Those of them, from the front, that a run is storing.
    storing: usize,
    lost: u64,
}

static ACCEPTED: Mutex<Accepted> = Mutex::new(Accepted { waiting: Vec::new(), storing: 0, lost: 0 });

fn accepted() -> std::sync::MutexGuard<'static, Accepted> {
    ACCEPTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// For a caller: has the question read later. Where the worker can't be told, it goes into the table at once, if this
/// transaction may write.
pub fn ask_later(order: &Order) -> Result<()> {
    match client::leave(order, settings::llm_timeout()) {
        Err(Absence::SlotsFull | Absence::NoWorker | Absence::NotPreloaded) if pg::may_write() => {
            pg::as_extension_owner(|| put(std::slice::from_ref(order)))
        }
        // A question less to learn from.
        _ => Ok(()),
    }
}

/// For the worker: takes a question out of a slot.
pub fn accept(order: Order) {
    let mut accepted = accepted();
    if accepted.waiting.iter().any(|other| is_the_same(other, &order)) {
        return;
    }
    if accepted.waiting.len() < IN_MEMORY {
        accepted.waiting.push(order);
    } else {
        accepted.lost += 1;
    }
}

fn is_the_same(a: &Order, b: &Order) -> bool {
    let of = |order: &Order| order.shadow.as_ref().map(|s| (s.role.clone(), s.context.clone()));
    a.prompt == b.prompt && of(a) == of(b)
}

pub fn are_waiting() -> bool {
    !accepted().waiting.is_empty()
}

/// For the schedule: puts accepted questions into the table; true if more are left.
pub fn store() -> Result<bool> {
    let (some, more) = {
        let mut accepted = accepted();
        if std::mem::take(&mut accepted.lost) > 0 {
            log!("router worker: questions for a model came faster than they could be queued; some are not asked");
        }
        accepted.storing = accepted.waiting.len().min(AT_ONCE);
        (accepted.waiting[..accepted.storing].to_vec(), accepted.waiting.len() > AT_ONCE)
    };
    put(&some)?;
    Ok(more)
}

pub fn stored(committed: bool) {
    let mut accepted = accepted();
    let stored = std::mem::take(&mut accepted.storing);
    if committed {
        accepted.waiting.drain(..stored);
    }
}

fn put(orders: &[Order]) -> Result<()> {
    if orders.is_empty() {
        return Ok(());
    }
    let orders =
        serde_json::to_value(orders).map_err(|e| Error::invalid(format!("a question can't be queued: {e}")))?;
    let sql = include_str!("../../sql/worker/queue_questions.sql");
    Spi::connect_mut(|client| client.update(sql, None, &[JsonB(orders).into(), MOST.into()]).map(|_| ()))?;
    Ok(())
}

/// An entry of the queue as an order, by what its endpoint is now.
pub fn order(payload: Value) -> Result<Order> {
    let kept: Order = serde_json::from_value(payload).map_err(|_| Error::invalid("the payload is no question"))?;
    if kept.kind != Kind::Classify || kept.shadow.is_none() {
        return Err(Error::invalid("the payload is no question"));
    }
    let endpoint = endpoint::find(&kept.agent_id, &kept.model_id)?
        .ok_or_else(|| Error::not_found(format!("agent \"{}\" is gone, or has no address", kept.agent_id)))?;
    let order = endpoint.order(Kind::Classify, &kept.request_id, kept.body);
    Ok(Order { recommendation: kept.recommendation, prompt: kept.prompt, shadow: kept.shadow, ..order })
}

/// Keeps what a model said to a question, unless it says what a sure router said.
pub fn keep(settled: &Settled) -> Result<()> {
    let Some(shadow) = &settled.order.shadow else { return Ok(()) };
    let Ok(draft) = serde_json::from_str::<Value>(&settled.answer.content) else { return Ok(()) };
    let agrees = says_the_same(&shadow.spec, &draft);
    if agrees && !shadow.unsure {
        return Ok(());
    }
    let values = [
        settled.order.request_id.as_str().into(),
        shadow.role.as_str().into(),
        settled.order.prompt.as_str().into(),
        JsonB(shadow.context.clone()).into(),
        settled.order.model_id.as_str().into(),
        Some(&shadow.spec).filter(|spec| !spec.is_null()).map(|spec| JsonB(spec.clone())).into(),
        shadow.confidence.into(),
        JsonB(draft).into(),
        agrees.into(),
    ];
    let sql = include_str!("../../sql/worker/keep_reading.sql");
    Spi::connect_mut(|client| client.update(sql, None, &values).map(|_| ()))?;
    Ok(())
}

/// Compares by the names alone: the worker has nobody's view of the data.
fn says_the_same(spec: &Value, draft: &Value) -> bool {
    let null = Value::Null;
    let of = |v: &'_ Value, key: &str| v.get(key).cloned().unwrap_or(Value::Null);
    let length = |v: &Value, key: &str| v.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    let columns = |v: &Value| -> Vec<String> {
        let mut names: Vec<String> = match v {
            Value::Object(map) => map.keys().cloned().collect(),
            Value::Array(list) => {
                list.iter().filter_map(|f| f.get("column").and_then(Value::as_str)).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        names.sort();
        names
    };
    let axis = draft.get("dimensions").and_then(|d| d.get(0)).unwrap_or(&null);
    let series = draft.get("dimensions").and_then(|d| d.get(1)).unwrap_or(&null);
    let timed = draft.pointer("/time/expression").is_some_and(|e| !e.is_null());
    let mut said = columns(&of(draft, "filters"));
    let local = columns(&of(spec, "filters"));
    // A period of the model's is a condition of the spec's on a column that the draft does not name.
    if timed && local.len() == said.len() + 1 {
        said = local.clone();
    }
    of(spec, "dataset") == of(draft, "dataset")
        && of(spec, "y") == of(draft, "measure")
        && of(spec, "x") == *axis
        && of(spec, "splitBy") == *series
        && (draft.get("aggregation").is_none_or(Value::is_null) || of(spec, "agg") == of(draft, "aggregation"))
        && local == said
        && (of(draft, "limit") == json!(null) || of(spec, "topK") == of(draft, "limit"))
        && length(spec, "moreMeasures") == length(draft, "more_measures")
        && of(spec, "topPer").is_null() == of(draft, "limit_per").is_null()
}
