//! One call as callers see it: the answer kept for the question, or one worked out now.

use std::ops::Range;
use std::rc::Rc;

use router_core::quickspec::QuickSpec;
use router_core::route::{Context, Status};
use router_core::time::holds_for;
use serde::Deserialize;
use serde_json::Value;

use super::recent;
use super::route::{Routed, admit, answer, no_sql};
use crate::cache::spec::{self, Hit};
use crate::error::{Error, Result};
use crate::pg::{self, JsonArg, JsonImage};
use crate::telemetry::{self, Question};

/// An answer with its identity, ready to be handed out.
#[derive(Debug)]
pub enum Reply {
    Fresh(Box<Routed>),
    Known { request_id: String, hit: Rc<Hit> },
}

/// Routes a prompt for the current user, by the cache if it holds an answer that is still right. Nothing is written.
pub fn reply(prompt: &str, context: &JsonArg) -> Result<Reply> {
    telemetry::question(prompt, context.text(), |question| answered(prompt, context, question))
}

fn answered(prompt: &str, given: &JsonArg, question: &mut Question<'_>) -> Result<Reply> {
    admit(prompt)?;
    let context = given.text();
    // Read only where no answer is kept: there is none for a context that can't be read.
    let given = || given.value("context");
    // The answer before, named by request id, is this connection's own.
    let shared = !context.contains("\"previous\"");
    let key = if shared { spec::key(prompt, context, &pg::session_timezone())? } else { None };
    let Some(key) = key else { return fresh(answer(prompt, &given()?, Some(question))?) };
    if let Some(hit) = spec::get(&key)? {
        question.repeated(&hit.record, &hit.led, key.generation())?;
        let request_id = question.request_id().to_owned();
        recent::remember_hit(&request_id, prompt, &hit);
        return Ok(Reply::Known { request_id, hit });
    }
    let given = &given()?;
    // What the key says is taught must be what is read: a statement's own snapshot may be older.
    if pg::snapshot_is_fixed() {
        return fresh(answer(prompt, given, Some(question))?);
    }
    let mut routed = pg::with_latest_snapshot(|| answer(prompt, given, Some(&mut *question)))?;
    if routed.may_be_kept()
        && let Some(holds) = holds(prompt, given, &routed.context)
    {
        routed.image = JsonImage::new(&routed.to_json());
        if let Some(image) = &routed.image {
            let sql = routed.answer.sql.as_deref().map(|sql| (sql, routed.reads.clone()));
            spec::put(&key, image, sql, question.record(&routed.answer), holds);
        }
    }
    fresh(routed)
}

fn fresh(routed: Routed) -> Result<Reply> {
    Ok(Reply::Fresh(Box::new(routed)))
}

/// The moments at which the question means the same.
fn holds(prompt: &str, given: &Value, context: &Context) -> Option<Range<i64>> {
    if given.get("as_of").is_some_and(|v| !v.is_null()) {
        return Some(spec::ALWAYS);
    }
    let day = holds_for(prompt, &context.clock)?;
    Some(day.start.as_microsecond()..day.end.as_microsecond())
}

impl Reply {
    /// The contract of `router_route`.
    pub fn into_image(self) -> Result<JsonImage> {
        match self {
            Self::Known { request_id, hit } => Ok(hit.image(&request_id)),
            Self::Fresh(routed) => match routed.image {
                Some(image) => Ok(image),
                None => JsonImage::new(&routed.to_json())
                    .ok_or_else(|| Error::invalid("the answer is no JSON").with_hint("report it, with the question")),
            },
        }
    }

    /// What it was understood as, and whose proposal that was.
    pub fn spec(&self) -> Option<(QuickSpec, &'static str)> {
        match self {
            Self::Fresh(routed) => Some((routed.answer.spec.clone()?, routed.answer.source)),
            Self::Known { hit, .. } => {
                let spec = QuickSpec::deserialize(hit.value()?.get("spec")?).ok()?;
                Some((spec, "direct_routing"))
            }
        }
    }

    /// The SQL, or why there is none.
    pub fn sql(&self) -> Result<&str> {
        match self {
            Self::Fresh(routed) => routed.sql(),
            Self::Known { hit, .. } => hit.sql.as_deref().ok_or_else(|| {
                let answer = hit.value().unwrap_or_default();
                let text = |v: Option<&Value>| v.and_then(Value::as_str).unwrap_or_default().to_owned();
                let alternatives = answer.get("alternatives").and_then(Value::as_array);
                let differences = alternatives.into_iter().flatten().map(|a| text(a.get("difference"))).collect();
                let status = if text(answer.get("status")) == "clarify" { Status::Clarify } else { Status::Refused };
                no_sql(status, &text(answer.get("explain")), differences)
            }),
        }
    }
}
