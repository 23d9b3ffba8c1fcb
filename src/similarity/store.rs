//! Reading and changing `router.query_embeddings`, with the extension owner's rights.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiHeapTupleData;
use pgrx::{JsonB, PgBuiltInOids};
use router_core::embed::{DIMENSIONS, Encoder};
use router_core::similarity::normalise;
use serde_json::Value;

use crate::catalog;
use crate::error::{Error, Result};
use crate::models::plan::Plan;
use crate::pg;
use crate::telemetry::{self, Operation};

/// A stored question.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub id: i64,
    pub query: String,
    /// Cosine, -1 to 1; 1 for the same words.
    pub similarity: f64,
    pub spec: Option<Value>,
    pub usage_count: i64,
    pub intent: Option<String>,
    /// 0 to 1.
    pub success_score: f64,
}

const NEAREST: &str = "SELECT id, original_query, similarity, quickspec, usage_count, intent_category, \
    success_score::float8, source IN ('taught', 'mined') OR created_by = $3, \
    has_table_privilege($4, 'router.query_embeddings', 'SELECT') FROM router.";

thread_local! {
    static EXACT: Plan =
        Plan::new(include_str!("../../sql/similarity/exact.sql"), &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID]);
    static LOCAL: Plan = Plan::new(format!("{NEAREST}nearest_questions($1, $2)"), NEAREST_TYPES);
    static OTHERS: Plan = Plan::new(format!("{NEAREST}nearest_questions_of_length($1, $2)"), NEAREST_TYPES);
}

const NEAREST_TYPES: &[PgBuiltInOids] =
    &[PgBuiltInOids::FLOAT4ARRAYOID, PgBuiltInOids::INT4OID, PgBuiltInOids::TEXTOID, PgBuiltInOids::OIDOID];

/// What is known for exactly these words (case, accents and final signs aside): one index probe.
pub fn exact(prompt: &str) -> Result<Option<Known>> {
    let normalised = normalise(prompt);
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            EXACT.with(|plan| {
                let rows = plan.select(client, &[normalised.as_str().into(), who.as_str().into()])?;
                let mut found = None;
                for row in rows {
                    found = Some(Known {
                        id: row.get(1)?.unwrap_or_default(),
                        query: row.get(2)?.unwrap_or_default(),
                        similarity: 1.0,
                        spec: row.get::<JsonB>(3)?.map(|j| j.0),
                        usage_count: 0,
                        intent: row.get(4)?,
                        success_score: row.get(5)?.unwrap_or(1.0),
                    });
                }
                Ok(found)
            })
        })
    })
}

/// Past questions near a prompt that have a spec over datasets the caller may see, best first.
pub fn nearest(prompt: &str, threshold: f64, count: usize) -> Result<Vec<Known>> {
    let embedding = Encoder::get().encode(prompt);
    if embedding.is_zero() {
        return Ok(Vec::new());
    }
    let mut near = telemetry::observe(Operation::Similarity, || nearest_to(&embedding.0, threshold, count))?;
    near.retain(|k| k.spec.is_some());
    Ok(near)
}

/// More rows than asked for are looked at, because the caller may not see all.
const SPARE: usize = 16;
/// Neighbours in one answer.
const MOST: usize = 1_000;

/// Stored questions near a vector, best first: those that the caller may see. Whoever may read the table
/// sees all of them, everybody else those over datasets they may read and those without a spec.
pub fn nearest_to(vector: &[f32], threshold: f64, count: usize) -> Result<Vec<Known>> {
    let count = count.min(MOST);
    let role = pg::current_user();
    let who = pg::role_name(role);
    let found = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let plan = if vector.len() == DIMENSIONS { &LOCAL } else { &OTHERS };
            plan.with(|plan| {
                let args: [DatumWithOid; 4] =
                    [vector.to_vec().into(), ((count + SPARE) as i32).into(), who.as_str().into(), role.into()];
                plan.select(client, &args)?.map(|row| read(&row)).collect::<Result<Vec<_>>>()
            })
        })
    })?;
    let model = if found.iter().all(|(_, visible)| *visible) { None } else { Some(catalog::model()?) };
    let may_see = |k: &Known| {
        let dataset = k.spec.as_ref().and_then(|s| s.get("dataset")).and_then(Value::as_str);
        dataset.is_none_or(|d| model.as_ref().is_some_and(|m| m.model.dataset_index(d).is_some()))
    };
    Ok(found
        .into_iter()
        .filter(|(k, visible)| k.similarity >= threshold && (*visible || may_see(k)))
        .map(|(k, _)| k)
        .take(count)
        .collect())
}

/// A row, and whether the caller may see it whatever it is about.
fn read(row: &SpiHeapTupleData<'_>) -> Result<(Known, bool)> {
    let known = Known {
        id: row.get(1)?.unwrap_or_default(),
        query: row.get(2)?.unwrap_or_default(),
        similarity: row.get(3)?.unwrap_or_default(),
        spec: row.get::<JsonB>(4)?.map(|j| j.0),
        usage_count: row.get(5)?.unwrap_or_default(),
        intent: row.get(6)?,
        success_score: row.get(7)?.unwrap_or(1.0),
    };
    let for_all: bool = row.get(8)?.unwrap_or(false);
    let reader: bool = row.get(9)?.unwrap_or(false);
    // What one role chose for itself is shown to nobody else.
    Ok((Known { similarity: if for_all || reader { known.similarity } else { -2.0 }, ..known }, reader))
}

/// Takes a question out. False when there is none such that the caller taught (administrators: any).
pub fn forget(id: i64) -> Result<bool> {
    let who = pg::role_name(pg::current_user());
    let admin = catalog::is_admin()?;
    pg::refuse_if_read_only(c"router_forget()");
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let sql = "DELETE FROM router.query_embeddings WHERE id = $1 AND ($2 OR created_by = $3)";
            Ok(!client.update(sql, None, &[id.into(), admin.into(), who.into()])?.is_empty())
        })
    })
}

/// A new row of the store.
pub(super) struct Entry<'a> {
    pub prompt: &'a str,
    pub spec: Option<&'a Value>,
    pub intent: Option<&'a str>,
    pub success_score: f32,
    pub source: &'a str,
}

thread_local! {
    static KEEP: Plan = Plan::new(
        "SELECT router.keep_question($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            PgBuiltInOids::TEXTOID,
            PgBuiltInOids::TEXTOID,
            PgBuiltInOids::FLOAT4ARRAYOID,
            PgBuiltInOids::JSONBOID,
            PgBuiltInOids::TEXTOID,
            PgBuiltInOids::FLOAT4OID,
            PgBuiltInOids::TEXTOID,
            PgBuiltInOids::TEXTOID,
        ],
    );
}

/// Embeds and stores a question; the next one already finds it. Returns its id.
pub(super) fn keep(entry: &Entry<'_>) -> Result<i64> {
    pg::refuse_if_read_only(c"router_teach()");
    let embedding = Encoder::get().encode(entry.prompt);
    if embedding.is_zero() {
        return Err(Error::invalid("nothing in this question can be embedded")
            .with_hint("teach it in words; signs and pictures alone have no meaning to compare"));
    }
    let who = pg::role_name(pg::current_user());
    let normalised = normalise(entry.prompt);
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let args: [DatumWithOid; 8] = [
                entry.prompt.trim().into(),
                normalised.as_str().into(),
                embedding.0.to_vec().into(),
                entry.spec.map(|s| JsonB(s.clone())).into(),
                entry.intent.into(),
                entry.success_score.into(),
                entry.source.into(),
                who.as_str().into(),
            ];
            let id = KEEP.with(|plan| plan.update(client, &args)?.first().get_one::<i64>().map_err(Error::from))?;
            Ok(id.unwrap_or_default())
        })
    })
}
