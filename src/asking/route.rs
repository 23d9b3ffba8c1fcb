//! One call: checks the prompt, asks the brain over what the caller may see, guards what comes out.

use std::cell::Cell;
use std::time::Instant;

use router_core::route::{Answer, Context, Status};
use serde_json::{Value, json};

use super::chain::{Asked, Decision, Step, decide, is_repeatable};
use super::{context, recent, remote};
use crate::error::{Error, Result};
use crate::pg::JsonImage;
use crate::telemetry::{self, Question};
use crate::{catalog, guard, guc, pg, worker};

/// An answer with its identity.
#[derive(Debug)]
pub struct Routed {
    pub request_id: String,
    pub answer: Answer,
    /// Which sources were looked at, and by what margin they were taken or passed over: for the decision log.
    pub steps: Vec<Step>,
    pub context: Context,
    /// Relations and columns that the statement reads.
    pub reads: Vec<(u32, Vec<i16>)>,
    /// The answer as `jsonb`, if it was made already.
    pub image: Option<JsonImage>,
    /// The guard let the statement pass, or there is none.
    passed: bool,
}

/// Routes a prompt for the current user, whatever is kept of earlier answers. Nothing is written.
pub fn route(prompt: &str, given: &Value) -> Result<Routed> {
    telemetry::question(prompt, &given.to_string(), |question| {
        admit(prompt)?;
        answer(prompt, given, Some(question))
    })
}

/// What every question passes first.
pub(super) fn admit(prompt: &str) -> Result<()> {
    check_prompt(prompt)?;
    guard::rate_limit::check()?;
    worker::notice();
    Ok(())
}

/// As [`route`], of a prompt that was checked; no question of the caller's, so that nothing counts or remembers it.
pub fn work_out(prompt: &str, given: &Value) -> Result<Routed> {
    answer(prompt, given, None)
}

pub(super) fn answer(prompt: &str, given: &Value, mut question: Option<&mut Question<'_>>) -> Result<Routed> {
    let began = Instant::now();
    let context = context::parse(given)?;
    let known = catalog::model()?;
    if let Some(question) = &mut question {
        question.clock(&context.clock);
        question.model(known.model.version, known.fingerprint);
        question.step("model");
    }
    let request_id = question.as_ref().map_or_else(pg::new_uuid, |q| q.request_id().to_owned());
    let unheard = Cell::new(false);
    let asked = Asked { request_id: &request_id, prompt, given, context: &context, known: &known, began, unheard };
    let decision = if known.model.datasets.is_empty() { nothing_registered() } else { decide(&asked)? };
    if let Some(question) = &mut question {
        question.step("decide");
    }
    let Guarded { answer, reads, passed } = guarded(decision.answer)?;
    if let Some(question) = question {
        question.step("guard");
        question.answered(&answer, &decision.steps)?;
        remote::learn(&asked, &answer)?;
        recent::remember(&request_id, prompt, &answer);
    }
    Ok(Routed { request_id, answer, steps: decision.steps, context, reads, image: None, passed })
}

struct Guarded {
    answer: Answer,
    reads: Vec<(u32, Vec<i16>)>,
    passed: bool,
}

fn nothing_registered() -> Decision {
    let reason = "Nothing is registered that you may read. \
                  Whoever owns a table can register it: SELECT router_register('schema.table').";
    Decision { answer: Answer::refused(reason), steps: Vec::new() }
}

/// Whoever proposed the answer, its SQL is handed out only if it may run.
fn guarded(mut answer: Answer) -> Result<Guarded> {
    let Some(sql) = &answer.sql else { return Ok(Guarded { answer, reads: Vec::new(), passed: true }) };
    let verdict = guard::validate_qualified(sql)?;
    if let Some(first) = verdict.violations.first() {
        answer.status = Status::Refused;
        answer.explain = format!("The question was understood, but its SQL may not run: {}.", first.detail);
        answer.sql = None;
    }
    Ok(Guarded { answer, passed: verdict.is_valid(), reads: verdict.reads })
}

pub fn check_prompt(prompt: &str) -> Result<()> {
    if prompt.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::invalid("the prompt is blank")
            .with_hint("ask a question, for instance 'sales by region last month'"));
    }
    let (length, limit) = (prompt.chars().count(), guc::max_query_length());
    if length > limit {
        return Err(Error::invalid(format!("the prompt has {length} characters, more than {limit}"))
            .with_hint("shorten it; the limit is router.max_query_length"));
    }
    Ok(())
}

impl Routed {
    /// The contract of `router_route`.
    pub fn to_json(&self) -> Value {
        let a = &self.answer;
        json!({
            "request_id": self.request_id,
            "status": a.status,
            "source": a.source,
            "intent": a.intent,
            "confidence": (f64::from(a.confidence) * 1000.0).round() / 1000.0,
            "layer": a.layer,
            "dataset": a.dataset,
            "spec": a.spec,
            "sql": a.sql,
            "explain": a.explain,
            "entities": a.entities,
            "alternatives": a.alternatives,
            "warnings": a.warnings,
            "cached": false,
        })
    }

    /// The SQL, or why there is none.
    pub fn sql(&self) -> Result<&str> {
        let a = &self.answer;
        let differences = || a.alternatives.iter().map(|x| x.difference.clone()).collect();
        a.sql.as_deref().ok_or_else(|| no_sql(a.status, &a.explain, differences()))
    }

    /// The same question gets the same answer until something changes that the cache knows of.
    pub(super) fn may_be_kept(&self) -> bool {
        self.passed && !self.steps.is_empty() && is_repeatable(&self.steps)
    }
}

/// The error for a question without an answer.
pub(super) fn no_sql(status: Status, explain: &str, differences: Vec<String>) -> Error {
    let what = if status == Status::Clarify { "the question is open" } else { "the question can't be answered" };
    let error = Error::invalid(format!("{what}: {explain}"));
    if differences.is_empty() {
        return error.with_hint("SELECT * FROM router_explain(...) shows how it was read");
    }
    error.with_hint(format!("it could be read so: {}", differences.join(" | ")))
}
