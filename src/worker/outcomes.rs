//! What calls came to, written down: for the model router, for the budgets, for those who look.
//!
//! Callers may be read-only, so the worker writes. In between, outcomes wait in memory: a bounded number of them,
//! written in small pieces so that calls hardly wait.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pgrx::JsonB;
use pgrx::datum::Uuid;
use pgrx::prelude::*;
use serde_json::{Value, json};

use super::JobContext;
use super::call::{Kind, Settled};
use crate::error::Result;
use crate::models::outcome::Outcome;
use crate::models::record;
use crate::pg;

/// Outcomes that wait at most; what comes beyond is lost and counted.
const MOST: usize = 20_000;
/// Outcomes written in one transaction.
const AT_ONCE: usize = 8;
/// The same, when the worker leaves.
const AT_THE_END: usize = 200;
/// An outcome waits no longer than this.
const SOON: Duration = Duration::from_millis(200);

struct Waiting {
    outcomes: VecDeque<Settled>,
    since: Option<Instant>,
    /// Those of the outcomes, from the front, that a run is writing.
    writing: usize,
    lost: u64,
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { outcomes: VecDeque::new(), since: None, writing: 0, lost: 0 });

fn waiting() -> std::sync::MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Keeps outcomes until they are written.
pub fn keep(settled: Vec<Settled>) {
    if settled.is_empty() {
        return;
    }
    let mut waiting = waiting();
    waiting.since.get_or_insert_with(Instant::now);
    for one in settled {
        if waiting.outcomes.len() < MOST {
            waiting.outcomes.push_back(one);
        } else {
            waiting.lost += 1;
        }
    }
}

/// For the schedule.
pub fn has_work() -> bool {
    let waiting = waiting();
    waiting.outcomes.len() >= AT_ONCE || waiting.since.is_some_and(|since| since.elapsed() >= SOON)
}

/// When those that wait are to be written at the latest.
pub fn due() -> Option<Instant> {
    waiting().since.map(|since| since + SOON)
}

/// For the schedule: writes a few.
pub fn write(context: &JobContext) -> Result<()> {
    let few: Vec<Settled> = {
        let mut waiting = waiting();
        if std::mem::take(&mut waiting.lost) > 0 {
            log!("router worker: outcomes of calls came faster than they could be written; some are lost");
        }
        let most = if context.at_the_end { AT_THE_END } else { AT_ONCE };
        // Of one assignment only: whoever locks two can meet somebody who locks them the other way round.
        let first = waiting.outcomes.front().and_then(assignment).map(str::to_owned);
        let same = waiting.outcomes.iter().take(most).take_while(|s| assignment(s) == first.as_deref());
        waiting.writing = same.count();
        waiting.outcomes.iter().take(waiting.writing).cloned().collect()
    };
    lock(few.first().and_then(assignment))?;
    count_calls(&few)?;
    for settled in &few {
        // One that can't be written (its agent was dropped) does not take the others with it.
        let written = pg::attempt(|| decision(settled).and_then(|()| compare(settled)));
        let why = match written {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.message().to_owned(),
            Err(failure) => failure.message,
        };
        log!("router worker: the outcome of request {} is not recorded: {why}", settled.order.request_id);
    }
    if waiting().outcomes.len() > few.len() {
        context.once_more();
    }
    Ok(())
}

fn assignment(settled: &Settled) -> Option<&str> {
    settled.order.recommendation.as_ref()?.get("assignment_id")?.as_str()
}

/// Locks an assignment's row before anything is written of it: who has it waits for nobody else.
fn lock(assignment: Option<&str>) -> Result<()> {
    let Some(assignment) = assignment else { return Ok(()) };
    let sql = "SELECT FROM router.agent_model_assignments WHERE assignment_id = $1::uuid FOR NO KEY UPDATE";
    Spi::connect_mut(|client| client.update(sql, None, &[assignment.into()]).map(|_| ()))?;
    Ok(())
}

/// What was written need not be kept.
pub fn after(committed: bool) {
    let mut waiting = waiting();
    let written = std::mem::take(&mut waiting.writing);
    if committed {
        waiting.outcomes.drain(..written);
        waiting.since = None;
        if !waiting.outcomes.is_empty() {
            waiting.since = Some(Instant::now());
        }
    }
}

#[derive(Default)]
struct Counts {
    calls: i64,
    failures: i64,
    attempts: i64,
    input: i64,
    output: i64,
    cost: f64,
}

/// One row an agent and model.
fn count_calls(settled: &[Settled]) -> Result<()> {
    let mut counts: HashMap<(&str, &str), Counts> = HashMap::new();
    for s in settled.iter().filter(|s| s.answer.attempts > 0) {
        let count = counts.entry((&s.order.agent_id, &s.order.model_id)).or_default();
        count.calls += 1;
        count.failures += i64::from(s.answer.failure.is_some());
        count.attempts += i64::from(s.answer.attempts);
        count.input += i64::from(s.answer.input_tokens);
        count.output += i64::from(s.answer.output_tokens);
        count.cost += s.cost;
    }
    Spi::connect_mut(|client| {
        for ((agent, model), c) in counts {
            let values = [
                agent.into(),
                model.into(),
                c.calls.into(),
                c.failures.into(),
                c.attempts.into(),
                c.input.into(),
                c.output.into(),
                c.cost.into(),
            ];
            client.update(include_str!("../../sql/worker/count_call.sql"), None, &values)?;
        }
        Ok(())
    })
}

/// The decision and what became of it, for the model router to learn from.
fn decision(settled: &Settled) -> Result<()> {
    let Some(recommendation) = &settled.order.recommendation else { return Ok(()) };
    let failure = settled.answer.failure;
    // What the endpoint never saw says nothing of it.
    let unasked = settled.answer.attempts == 0;
    let id = Spi::connect_mut(|client| {
        let values = [JsonB(recommendation.clone()).into(), settled.order.request_id.as_str().into()];
        let sql = include_str!("../../sql/models/query/log_decision.sql");
        Ok::<_, crate::error::Error>(client.update(sql, None, &values)?.first().get_one::<Uuid>()?)
    })?;
    let Some(id) = id else { return Ok(()) };
    if let Some(failure) = failure {
        let sql = "UPDATE router.routing_decisions SET error = $2, fallback_used = true, fallback_reason = $2 WHERE decision_id = $1";
        Spi::connect_mut(|client| client.update(sql, None, &[id.into(), failure.text().into()]).map(|_| ()))?;
    }
    if unasked {
        return Ok(());
    }
    let outcome = Outcome {
        success: failure.is_none(),
        quality: None,
        latency_ms: Some(settled.answer.latency_ms),
        cost: Some(settled.cost),
    };
    let task_type = recommendation.get("task_type").and_then(Value::as_str);
    record::record(&settled.order.model_id, task_type, &settled.order.prompt, outcome, Some(id))
}

/// Writes down that the model read the question differently.
fn compare(settled: &Settled) -> Result<()> {
    let (Some(shadow), None, Kind::Classify) = (&settled.order.shadow, settled.answer.failure, settled.order.kind)
    else {
        return Ok(());
    };
    let Ok(draft) = serde_json::from_str::<Value>(&settled.answer.content) else { return Ok(()) };
    if says_the_same(&shadow.spec, &draft) {
        return Ok(());
    }
    let values = [
        settled.order.request_id.as_str().into(),
        shadow.role.as_str().into(),
        settled.order.prompt.as_str().into(),
        JsonB(shadow.context.clone()).into(),
        settled.order.model_id.as_str().into(),
        JsonB(shadow.spec.clone()).into(),
        shadow.confidence.into(),
        JsonB(draft).into(),
    ];
    let sql = include_str!("../../sql/worker/disagree.sql");
    Spi::connect_mut(|client| client.update(sql, None, &values).map(|_| ()))?;
    Ok(())
}

/// Compares by the names alone: the worker has nobody's view of the data.
fn says_the_same(spec: &Value, draft: &Value) -> bool {
    let null = Value::Null;
    let of = |v: &'_ Value, key: &str| v.get(key).cloned().unwrap_or(Value::Null);
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
}

/// For the schedule: what is older than decisions are kept.
pub fn forget(_context: &JobContext) -> Result<()> {
    let days = crate::telemetry::settings::retention();
    Spi::connect_mut(|client| {
        for sql in [
            "DELETE FROM router.llm_disagreements WHERE created_at < clock_timestamp() - make_interval(days => $1)",
            "DELETE FROM router.llm_usage WHERE day < current_date - $1",
        ] {
            client.update(sql, None, &[days.into()])?;
        }
        Ok(())
    })
}

/// What each agent has cost today.
pub fn spent_today() -> Result<Vec<(String, f64)>> {
    let sql = "SELECT agent_id, sum(cost) FROM router.llm_usage
               WHERE day = (clock_timestamp() AT TIME ZONE 'UTC')::date GROUP BY 1";
    Spi::connect(|client| {
        let mut spent = Vec::new();
        for row in client.select(sql, None, &[])? {
            if let (Some(agent), Some(dollars)) = (row.get::<String>(1)?, row.get::<f64>(2)?) {
                spent.push((agent, dollars));
            }
        }
        Ok(spent)
    })
}
