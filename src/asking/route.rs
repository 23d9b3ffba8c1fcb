//! One call: checks the prompt, asks the brain over what the caller may see, guards what comes out.

use router_core::route::{Answer, Status};
use serde_json::{Value, json};

use super::chain::{Asked, Decision, Step, decide};
use super::{context, recent, remote};
use crate::error::{Error, Result};
use crate::telemetry::{self, Question};
use crate::{catalog, guard, guc, worker};

/// An answer with its identity.
#[derive(Debug)]
pub struct Routed {
    pub request_id: String,
    pub answer: Answer,
    /// Which sources were looked at, and by what margin they were taken or passed over.
    pub steps: Vec<Step>,
}

/// Routes a prompt for the current user. Nothing is written.
pub fn route(prompt: &str, given: &Value) -> Result<Routed> {
    telemetry::question(prompt, given, |question| answer(prompt, given, question))
}

fn answer(prompt: &str, given: &Value, question: &mut Question<'_>) -> Result<Routed> {
    check_prompt(prompt)?;
    guard::rate_limit::check()?;
    worker::notice();
    let context = context::parse(given)?;
    question.clock(&context.clock);
    let known = catalog::model()?;
    question.model(known.model.version, known.fingerprint);
    question.step("model");
    let request_id = question.request_id().to_owned();
    let asked = Asked { request_id: &request_id, prompt, given, context: &context, known: &known };
    let decision = if known.model.datasets.is_empty() { nothing_registered() } else { decide(&asked)? };
    question.step("decide");
    let answer = guarded(decision.answer)?;
    question.step("guard");
    question.answered(&answer, &decision.steps)?;
    remote::shadow(&asked, &answer)?;
    recent::remember(&request_id, prompt, &answer);
    Ok(Routed { request_id, answer, steps: decision.steps })
}

fn nothing_registered() -> Decision {
    let reason = "Nothing is registered that you may read. \
                  Whoever owns a table can register it: SELECT router_register('schema.table').";
    Decision { answer: Answer::refused(reason), steps: Vec::new() }
}

/// Whoever proposed the answer, its SQL is handed out only if it may run.
fn guarded(mut answer: Answer) -> Result<Answer> {
    let Some(sql) = &answer.sql else { return Ok(answer) };
    if let Some(first) = guard::validate_qualified(sql)?.violations.first() {
        answer.status = Status::Refused;
        answer.explain = format!("The question was understood, but its SQL may not run: {}.", first.detail);
        answer.sql = None;
    }
    Ok(answer)
}

fn check_prompt(prompt: &str) -> Result<()> {
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
        a.sql.as_deref().ok_or_else(|| {
            let what =
                if a.status == Status::Clarify { "the question is open" } else { "the question can't be answered" };
            let error = Error::invalid(format!("{what}: {}", a.explain));
            match a.alternatives.as_slice() {
                [] => error.with_hint("SELECT * FROM router_explain(...) shows how it was read"),
                list => {
                    let lines: Vec<String> = list.iter().map(|x| x.difference.clone()).collect();
                    error.with_hint(format!("it could be read so: {}", lines.join(" | ")))
                }
            }
        })
    }
}
