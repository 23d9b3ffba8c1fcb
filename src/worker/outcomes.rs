//! What calls came to, written down: for the model router, for the budgets, for those who look.
//!
//! Callers may be read-only, so the worker writes. In between, outcomes wait in memory: a bounded number of them,
//! written in pieces of two milliseconds so that calls hardly wait.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use pgrx::{JsonB, PgBuiltInOids};
use serde_json::Value;

use super::JobContext;
use super::call::{Answer, Failure, Settled};
use crate::error::{Error, Result};
use crate::models::outcome::Outcome;
use crate::models::plan::Plan;
use crate::models::record;
use crate::pg;

/// Outcomes that wait at most; what comes beyond is lost and counted.
const MOST: usize = 20_000;
/// Outcomes written in one transaction.
const AT_ONCE: usize = 32;
/// The same, of those that are only counted.
const COUNTED_AT_ONCE: usize = 1_000;
/// Calls wait while decisions are written: no longer than this.
const LONGEST: Duration = Duration::from_millis(2);
/// An outcome waits no longer than this.
const SOON: Duration = Duration::from_millis(200);

thread_local! {
    static LOG: Plan = Plan::new(
        include_str!("../../sql/models/query/log_decision.sql"),
        &[PgBuiltInOids::JSONBOID, PgBuiltInOids::TEXTOID],
    );
    static COUNT: Plan = Plan::new(
        include_str!("../../sql/worker/count_call.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID,
          PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID, PgBuiltInOids::FLOAT8OID],
    );
    static LOCK: Plan = Plan::new(
        "SELECT FROM router.agent_model_assignments WHERE assignment_id = $1::uuid FOR NO KEY UPDATE",
        &[PgBuiltInOids::TEXTOID],
    );
}

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

/// Keeps outcomes until they are written. Of entries of the queue that were not sent there is nothing to say: they come
/// again.
pub fn keep(settled: &[Settled]) {
    let settled: Vec<&Settled> = settled.iter().filter(|s| s.queued.is_none() || s.answer.attempts > 0).collect();
    if settled.is_empty() {
        return;
    }
    let mut waiting = waiting();
    waiting.since.get_or_insert_with(Instant::now);
    for one in settled {
        if waiting.outcomes.len() < MOST {
            // What was answered is of no interest here.
            let answer = Answer { content: String::new(), ..one.answer };
            waiting.outcomes.push_back(Settled { order: one.order.clone(), answer, ..*one });
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
        // Of one assignment only: whoever locks two can meet somebody who locks them the other way round.
        let first = waiting.outcomes.front().and_then(assignment).map(str::to_owned);
        // Those without a decision are a few numbers.
        let most = if first.is_none() { COUNTED_AT_ONCE } else { AT_ONCE };
        let same = waiting.outcomes.iter().take(most).take_while(|s| assignment(s) == first.as_deref());
        same.cloned().collect()
    };
    lock(few.first().and_then(assignment))?;
    let patience = if context.at_the_end { Duration::MAX } else { LONGEST };
    let done = decisions(&few, patience)?;
    count_calls(&few[..done])?;
    let mut waiting = waiting();
    waiting.writing = done;
    if waiting.outcomes.len() > done {
        context.once_more();
    }
    Ok(())
}

/// Writes decisions until that time is over, one at least; says how many.
fn decisions(few: &[Settled], patience: Duration) -> Result<usize> {
    let began = Instant::now();
    let some = |written: &mut usize| -> Result<()> {
        for settled in few {
            decision(settled)?;
            *written += 1;
            if began.elapsed() > patience {
                break;
            }
        }
        Ok(())
    };
    let mut written = 0;
    // A subtransaction for all of them, as a rule.
    if matches!(pg::attempt(|| some(&mut written)), Ok(Ok(()))) {
        return Ok(written);
    }
    // One that can't be written (its agent was dropped) does not take the others with it.
    for settled in few {
        let error = match pg::attempt(|| decision(settled)) {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error,
            Err(failure) => Error::new(failure.code, failure.message),
        };
        // A full disk passes: all of them wait for that.
        if error.sqlstate().starts_with("53") {
            return Err(error);
        }
        let why = error.message();
        log!("router worker: the outcome of request {} is not recorded: {why}", settled.order.request_id);
    }
    Ok(few.len())
}

fn assignment(settled: &Settled) -> Option<&str> {
    settled.order.recommendation.as_ref()?.get("assignment_id")?.as_str()
}

/// Locks an assignment's row before anything is written of it: who has it waits for nobody else.
fn lock(assignment: Option<&str>) -> Result<()> {
    let Some(assignment) = assignment else { return Ok(()) };
    Spi::connect_mut(|client| LOCK.with(|lock| lock.update(client, &[assignment.into()])).map(drop))
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
            COUNT.with(|count| count.update(client, &values))?;
        }
        Ok(())
    })
}

/// The decision and what became of it, for the model router to learn from.
fn decision(settled: &Settled) -> Result<()> {
    let Some(recommendation) = &settled.order.recommendation else { return Ok(()) };
    let failure = settled.answer.failure;
    // What the endpoint never saw, or had no time for, says nothing of it.
    let unheard = settled.answer.attempts == 0 || failure == Some(Failure::Left);
    let id = Spi::connect_mut(|client| {
        let values = [JsonB(recommendation.clone()).into(), settled.order.request_id.as_str().into()];
        Ok::<_, crate::error::Error>(LOG.with(|log| log.update(client, &values))?.first().get_one::<Uuid>()?)
    })?;
    let Some(id) = id else { return Ok(()) };
    if let Some(failure) = failure {
        let sql = "UPDATE router.routing_decisions SET error = $2, fallback_used = true, fallback_reason = $2 WHERE decision_id = $1";
        Spi::connect_mut(|client| client.update(sql, None, &[id.into(), failure.text().into()]).map(|_| ()))?;
    }
    if unheard {
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

/// For the schedule: what is older than decisions are kept.
pub fn forget(_context: &JobContext) -> Result<()> {
    let days = crate::telemetry::settings::retention();
    Spi::connect_mut(|client| {
        for sql in [
            "DELETE FROM router.llm_readings WHERE created_at < clock_timestamp() - make_interval(days => $1)",
            "DELETE FROM router.remote_queue
             WHERE kind = 'classify' AND created_at < clock_timestamp() - make_interval(days => $1)",
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
