//! `router_mine`: proposals from questions that ended well, and what accepting one does.

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::quickspec::QuickSpec;
use router_core::remote::{Draft, agreement, resolve};
use router_core::route::{Context, ask};
use router_core::similarity::{Outcome, mine as find};
use router_core::sql::{SqlClock, build};
use router_core::time::Clock;
use serde_json::{Value, json};

use super::store::{Entry, keep};
use super::template;
use crate::catalog::{self, RoleModel};
use crate::error::{Error, Result};
use crate::pg;

/// An open proposal.
#[derive(Debug)]
pub struct Open {
    pub id: i64,
    pub kind: String,
    pub content: Value,
    pub support: i32,
    pub reason: String,
}

/// Looks through the questions of the last `days`, keeps what is proposed and was not proposed before, and returns
/// what is open. For administrators: it shows what others asked.
pub fn mine(support: usize, days: i32, context: &Context) -> Result<Vec<Open>> {
    check_admin()?;
    pg::refuse_if_read_only(c"router_mine()");
    let known = catalog::model()?;
    let outcomes = good_outcomes(days)?
        .into_iter()
        .filter_map(|(prompt, spec, times, confirmed, asked_at)| {
            let at = then(context, asked_at);
            let reading = ask(&prompt, &known.model, known.lexicon(), &at).ok()?;
            let spec: QuickSpec = serde_json::from_value(spec).ok()?;
            known.model.dataset_index(&spec.dataset)?;
            Some(Outcome { prompt, spec, reading, times: usize::try_from(times).unwrap_or(1), confirmed })
        })
        .collect::<Vec<_>>();
    let mut proposals: Vec<Proposal> = find(&outcomes, support, &known.model)
        .into_iter()
        .map(|p| Proposal { kind: json!(p.kind), content: p.content, support: p.support, reason: p.reason })
        .collect();
    proposals.extend(readings(days, &known, context)?);
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            for p in proposals {
                let args: [DatumWithOid; 4] = [
                    p.kind.as_str().unwrap_or_default().into(),
                    JsonB(p.content).into(),
                    i32::try_from(p.support).unwrap_or(i32::MAX).into(),
                    p.reason.into(),
                ];
                let sql = "INSERT INTO router.proposals AS o (kind, content, support, reason) VALUES ($1, $2, $3, $4) \
                           ON CONFLICT (kind, md5(content::text)) DO UPDATE \
                           SET support = EXCLUDED.support, reason = EXCLUDED.reason WHERE o.status = 'open'";
                client.update(sql, None, &args)?;
            }
            let sql = "SELECT id, kind, content, support, reason FROM router.proposals WHERE status = 'open' \
                       ORDER BY support DESC, id";
            let mut open = Vec::new();
            for row in client.select(sql, None, &[])? {
                open.push(Open {
                    id: row.get(1)?.unwrap_or_default(),
                    kind: row.get(2)?.unwrap_or_default(),
                    content: row.get::<JsonB>(3)?.map_or(Value::Null, |j| j.0),
                    support: row.get(4)?.unwrap_or_default(),
                    reason: row.get(5)?.unwrap_or_default(),
                });
            }
            Ok(open)
        })
    })
}

/// A reading of the router's own that is this sure needs no teaching.
const SURE: f32 = 0.9;

struct Proposal {
    kind: Value,
    content: Value,
    support: usize,
    reason: String,
}

/// What language models read otherwise than the router, or surer: each is a question to teach. A model's word is
/// resolved as it is in a live answer, over what the administrator may see.
fn readings(days: i32, known: &RoleModel, context: &Context) -> Result<Vec<Proposal>> {
    let rows: Vec<(String, Value, i64, String, i64)> = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let mut rows = Vec::new();
            for row in client.select(include_str!("../../sql/similarity/readings.sql"), None, &[days.into()])? {
                if let (Some(prompt), Some(draft)) = (row.get::<String>(1)?, row.get::<JsonB>(2)?) {
                    let times = row.get(3)?.unwrap_or(1);
                    rows.push((
                        prompt,
                        draft.0,
                        times,
                        row.get(4)?.unwrap_or_default(),
                        row.get(5)?.unwrap_or_default(),
                    ));
                }
            }
            Ok(rows)
        })
    })?;
    let everywhere = vec![true; known.model.datasets.len()];
    let proposals = rows.into_iter().filter_map(|(prompt, draft, times, model, asked_at)| {
        let at = then(context, asked_at);
        let draft = Draft::parse(&draft.to_string()).ok()?;
        let spec = resolve(&draft, &prompt, &known.model, &everywhere, &at.clock).ok()?.spec;
        let own = ask(&prompt, &known.model, known.lexicon(), &at).ok()?;
        let reason = match &own.spec {
            // What the router has learned to read meanwhile.
            Some(read) if agreement(read, &spec).0 >= 1.0 && own.confidence > SURE => return None,
            Some(_) => format!("model {model} reads it so; the router reads it as: {}", own.explain),
            None => format!("model {model} reads it so; the router makes nothing of it"),
        };
        let content = json!({ "prompt": prompt, "spec": spec });
        Some(Proposal { kind: json!("question"), content, support: usize::try_from(times).unwrap_or(1), reason })
    });
    Ok(proposals.collect())
}

type Row = (String, Value, i64, bool, i64);

fn good_outcomes(days: i32) -> Result<Vec<Row>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let sql = "SELECT prompt, quickspec, times, confirmed, (extract(epoch FROM asked_at) * 1000000)::bigint \
                       FROM router.good_outcomes($1) LIMIT 50000";
            let mut rows = Vec::new();
            for row in client.select(sql, None, &[days.into()])? {
                if let (Some(prompt), Some(spec)) = (row.get::<String>(1)?, row.get::<JsonB>(2)?) {
                    let times = row.get(3)?.unwrap_or(1);
                    rows.push((prompt, spec.0, times, row.get(4)?.unwrap_or(false), row.get(5)?.unwrap_or_default()));
                }
            }
            Ok(rows)
        })
    })
}

/// The context as it was when something was asked.
fn then(context: &Context, micros: i64) -> Context {
    let zone = context.clock.now.time_zone().clone();
    let now =
        jiff::Timestamp::from_microsecond(micros).map_or_else(|_| context.clock.now.clone(), |t| t.to_zoned(zone));
    Context { clock: Clock { now, ..context.clock.clone() }, ..context.clone() }
}

/// Does what a proposal says, in the name of who accepts it.
pub fn accept(id: i64) -> Result<String> {
    let (kind, content) = take(id, "accepted", c"router_accept()")?;
    let part = |key: &str| content.get(key).cloned().unwrap_or(Value::Null);
    let text = |key: &str| content.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind.as_str() {
        "synonym" => {
            catalog::add_synonym(&text("target"), &text("alias"))?;
            Ok(format!("\"{}\" is another name of {}", text("alias"), text("target")))
        }
        "template" => {
            let patterns = part("patterns");
            let patterns: Vec<String> =
                patterns.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            template::define(&text("name"), &patterns, &part("spec"))?;
            Ok(format!("template \"{}\" is defined", text("name")))
        }
        "question" => {
            let (spec, _) = super::teach::check_spec(&part("spec"))?;
            let prompt = text("prompt");
            let entry = Entry { prompt: &prompt, spec: Some(&spec), intent: None, success_score: 0.9, source: "mined" };
            keep(&entry)?;
            Ok(format!("\"{prompt}\" is taught"))
        }
        _ => golden(&text("prompt"), part("spec")),
    }
}

/// Sets a proposal aside for good.
pub fn reject(id: i64) -> Result<()> {
    take(id, "rejected", c"router_reject()").map(drop)
}

fn golden(prompt: &str, spec: Value) -> Result<String> {
    let spec: QuickSpec =
        serde_json::from_value(spec).map_err(|e| Error::invalid(format!("the proposal holds no spec: {e}")))?;
    let known = catalog::model()?;
    let clock = SqlClock { timezone: pg::session_timezone(), week_start: crate::guc::week_start() };
    let sql = build(&spec, &known.model, &clock)
        .map_err(|e| Error::invalid(format!("the spec no longer fits {}: {e}", spec.dataset)))?;
    let args: [DatumWithOid; 2] = [prompt.into(), sql.into()];
    Spi::connect_mut(|client| {
        let place = "SELECT format('SELECT %s.router_golden($1, $2)', extnamespace::regnamespace) \
                     FROM pg_catalog.pg_extension WHERE extname = 'router'";
        let call = client.select(place, Some(1), &[])?.first().get_one::<String>()?.unwrap_or_default();
        let call = call.replace("$1, $2", "$1, '{}'::pg_catalog.jsonb, $2");
        client.update(call.as_str(), None, &args)?;
        Ok::<_, Error>(())
    })?;
    Ok(format!("\"{prompt}\" is a golden question"))
}

/// Decides on an open proposal.
fn take(id: i64, status: &str, command: &std::ffi::CStr) -> Result<(String, Value)> {
    check_admin()?;
    pg::refuse_if_read_only(command);
    let who = pg::role_name(pg::current_user());
    let row = pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let sql = "UPDATE router.proposals SET status = $2, decided_by = $3, decided_at = now() \
                       WHERE id = $1 AND status = 'open' RETURNING kind, content";
            let args: [DatumWithOid; 3] = [id.into(), status.into(), who.as_str().into()];
            let mut rows = client.update(sql, None, &args)?;
            rows.next().map(|row| Ok((row.get::<String>(1)?, row.get::<JsonB>(2)?))).transpose()
        })
    })?;
    match row {
        Some((Some(kind), Some(content))) => Ok((kind, content.0)),
        _ => Err(Error::not_found(format!("there is no open proposal {id}"))
            .with_hint("SELECT * FROM router_mine() shows the open ones")),
    }
}

fn check_admin() -> Result<()> {
    if catalog::is_admin()? {
        return Ok(());
    }
    Err(Error::denied("only router administrators may decide on proposals: they show what others asked"))
}
