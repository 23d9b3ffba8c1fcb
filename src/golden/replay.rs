//! An old answer gone over again: the same as then, or what changed.

use pgrx::prelude::*;
use router_core::compare::{Change, changes};
use serde_json::{Map, Value, json};

use crate::asking::work_out;
use crate::error::{Error, Result};
use crate::{catalog, guc, pg};

/// A decision as it was logged.
struct Then {
    prompt: Option<String>,
    context: Value,
    answer: Value,
    clock: String,
    settings: Value,
    semantic_version: i64,
    fingerprint: String,
    role: String,
    error: Option<String>,
    decided_at: String,
}

/// Asks a logged question again with the clock it had, past every cache. `same` says whether status, dataset, spec and
/// SQL are what they were; `changed` names every place that is not, and what was taught, set or granted since.
pub fn replay(request_id: &str) -> Result<Value> {
    let then = logged(request_id)?.ok_or_else(|| {
        Error::not_found(format!("no decision {request_id:?} is logged, or it is not yours")).with_hint(
            "decisions are written in batches by the background worker, unless router.decision_log is sync or off",
        )
    })?;
    if let Some(sqlstate) = &then.error {
        return Err(Error::invalid(format!("request {request_id:?} ended in an error ({sqlstate}), not in an answer"))
            .with_hint("ask the question again"));
    }
    let prompt = then.prompt.as_deref().ok_or_else(|| {
        Error::invalid(format!("the question of request {request_id:?} was not kept"))
            .with_hint("router.log_prompts = full keeps questions")
    })?;
    let context = context_of(&then)?;
    let routed = work_out(prompt, &context)?;
    let now = summary(&routed.to_json());
    let mut changed = Vec::new();
    for key in ["status", "dataset", "spec", "sql", "source", "intent", "confidence", "layer"] {
        changed.extend(changes(key, &then.answer[key], &now[key]));
    }
    let same = changed.iter().all(|c| ["source", "intent", "confidence", "layer"].contains(&c.what.as_str()));
    let known = catalog::model()?;
    for (what, old, new) in [
        ("role", json!(then.role), json!(pg::role_name(pg::current_user()))),
        ("semantic_version", json!(then.semantic_version), json!(known.model.version)),
        ("fingerprint", json!(then.fingerprint), json!(format!("{:016x}", known.fingerprint))),
    ] {
        changed.extend(changes(what, &old, &new));
    }
    changed.extend(settings(&then.settings));
    let taught = if same { None } else { taught_since(&then.decided_at)? };
    Ok(json!({
        "request_id": request_id,
        "decided_at": then.decided_at,
        "prompt": prompt,
        "same": same,
        "then": then.answer,
        "now": now,
        "changed": changed,
        "taught_since": taught,
    }))
}

/// What of an answer is compared.
fn summary(answer: &Value) -> Value {
    let keys = ["status", "source", "intent", "confidence", "layer", "dataset", "spec", "sql"];
    Value::Object(keys.iter().map(|key| ((*key).to_owned(), answer[*key].clone())).collect())
}

fn logged(request_id: &str) -> Result<Option<Then>> {
    if request_id.len() != 36 || !request_id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()) {
        return Err(Error::invalid(format!("{request_id:?} is no request id"))
            .with_hint("pass the request_id of an answer of router_route"));
    }
    let (who, admin) = (pg::role_name(pg::current_user()), catalog::is_admin()?);
    pg::as_extension_owner(|| {
        pg::with_latest_snapshot(|| {
            Spi::connect(|client| {
                let args = [request_id.into(), who.as_str().into(), admin.into()];
                let found = client.select(include_str!("../../sql/golden/decision.sql"), Some(1), &args)?;
                let Some(row) = found.into_iter().next() else { return Ok(None) };
                let text = |i: usize| row.get::<String>(i);
                let parsed = |i: usize| Ok::<_, Error>(text(i)?.and_then(|t| serde_json::from_str(&t).ok()));
                let confidence = row.get::<f32>(6)?.unwrap_or_default();
                let answer = json!({
                    "status": text(3)?,
                    "source": text(4)?,
                    "intent": text(5)?,
                    "confidence": (f64::from(confidence) * 1000.0).round() / 1000.0,
                    "layer": text(7)?,
                    "dataset": text(8)?,
                    "spec": parsed(9)?.unwrap_or(Value::Null),
                    "sql": text(10)?,
                });
                Ok(Some(Then {
                    prompt: text(1)?,
                    context: parsed(2)?.unwrap_or_else(|| Value::Object(Map::new())),
                    answer,
                    clock: text(11)?.unwrap_or_default(),
                    settings: parsed(12)?.unwrap_or(Value::Null),
                    semantic_version: row.get(13)?.unwrap_or_default(),
                    fingerprint: text(14)?.unwrap_or_default(),
                    role: text(15)?.unwrap_or_default(),
                    error: text(16)?,
                    decided_at: text(17)?.unwrap_or_default(),
                }))
            })
        })
    })
}

/// The context as it was, with the clock it was read by, and the turn before as it was answered.
fn context_of(then: &Then) -> Result<Value> {
    let Value::Object(mut context) = then.context.clone() else { return Ok(json!({})) };
    if let Ok(clock) = then.clock.parse::<jiff::Zoned>() {
        context.insert("as_of".into(), clock.timestamp().to_string().into());
        if let Some(zone) = clock.time_zone().iana_name() {
            context.insert("timezone".into(), zone.into());
        }
    }
    if let Some(Value::String(id)) = context.get("previous") {
        let before = logged(id)?.map(|t| t.answer["spec"].clone()).filter(|spec| !spec.is_null());
        let before = before.ok_or_else(|| {
            Error::not_found(format!("the question followed up on request {id:?}, which is not logged"))
                .with_hint("router.log_prompts = full keeps questions and their specs")
        })?;
        context.insert("previous".into(), before);
    }
    Ok(Value::Object(context))
}

/// Settings that change an answer and are not what they were.
fn settings(then: &Value) -> Vec<Change> {
    let now = json!({
        "week_start": format!("{:?}", guc::week_start()),
        "fiscal_year_start": guc::fiscal_year_start(),
        "relative_periods": if guc::rolling_periods() { "rolling" } else { "calendar" },
        "max_rows": guc::max_rows(),
    });
    let both = |key: &str| changes(&format!("settings.{key}"), then.get(key)?, now.get(key)?).into();
    then.as_object().into_iter().flatten().filter_map(|(key, _)| both(key)).flat_map(|c: Vec<Change>| c).collect()
}

/// For administrators: which rows of what is taught changed since.
fn taught_since(moment: &str) -> Result<Option<Vec<Value>>> {
    if !catalog::is_admin()? {
        return Ok(None);
    }
    pg::as_extension_owner(|| {
        pg::with_latest_snapshot(|| {
            Spi::connect(|client| {
                let mut taught = Vec::new();
                for row in client.select(include_str!("../../sql/golden/taught_since.sql"), None, &[moment.into()])? {
                    taught.extend(row.get::<String>(1)?.and_then(|t| serde_json::from_str(&t).ok()));
                }
                Ok(Some(taught))
            })
        })
    })
}
