//! Reading and changing `router.query_embeddings`, with the extension owner's rights.

use std::cell::RefCell;
use std::rc::Rc;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::{OwnedPreparedStatement, SpiClient};
use pgrx::{IntoDatum, JsonB, PgBuiltInOids, PgOid};
use router_core::embed::Encoder;
use router_core::similarity::normalise;
use serde_json::Value;

use super::few;
use crate::catalog;
use crate::error::{Error, Result};
use crate::models::plan::Plan;
use crate::pg::table::Table;
use crate::pg::{self, Vector};

/// A stored question.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Known {
    pub id: i64,
    pub query: String,
    /// Cosine, -1 to 1; 1 for the same words. Where it was found by a prompt, a score of the decision matrix.
    pub similarity: f64,
    pub spec: Option<Value>,
    pub usage_count: i64,
    pub intent: Option<String>,
    /// 0 to 1.
    pub success_score: f64,
    /// When its spec was said, in microseconds since 1970-01-01 UTC: what "last month" in it meant.
    pub taught_at: i64,
}

thread_local! {
    static EXACT: Plan =
        Plan::new(include_str!("../../sql/similarity/exact.sql"), &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID]);
}

/// The store, to be read without a statement; `None` where nothing was ever stored: a fresh connection need not plan
/// statements over the table, which takes 3 ms. Where the transaction keeps to one snapshot, what it reads is on record,
/// also that there was nothing.
pub(super) fn store() -> Result<Option<Table>> {
    let table = Table::open_to_read(c"query_embeddings")?;
    Ok((!table.has_no_pages() || pg::snapshot_is_fixed()).then_some(table))
}

/// What is known for exactly these words (case, accents and final signs aside): one index probe.
pub fn exact(prompt: &str) -> Result<Option<Known>> {
    let Some(store) = store()? else { return Ok(None) };
    let normalised = normalise(prompt);
    if normalised.is_empty() {
        return Ok(None);
    }
    let who = pg::role_name(pg::current_user());
    few::count_question();
    if few::is_worth_no_plan(&store) {
        return few::exact(&store, &normalised, &who);
    }
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
                        taught_at: row.get(6)?.unwrap_or_default(),
                    });
                }
                Ok(found)
            })
        })
    })
}

/// Takes a question out. False when there is none such that the caller taught (administrators: any).
pub fn forget(id: i64) -> Result<bool> {
    let who = pg::role_name(pg::current_user());
    let admin = catalog::is_admin()?;
    pg::refuse_if_read_only(c"router_forget()");
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let sql = include_str!("../../sql/similarity/forget.sql");
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
    /// The vector type's OID, and the statement planned for it.
    static KEEP: RefCell<Option<(pg_sys::Oid, Rc<OwnedPreparedStatement>)>> = const { RefCell::new(None) };
}

fn keep_statement(client: &SpiClient<'_>) -> Result<Rc<OwnedPreparedStatement>> {
    let vector = Vector::type_oid();
    if let Some(plan) = KEEP.with_borrow(|k| k.as_ref().filter(|(oid, _)| *oid == vector).map(|(_, p)| Rc::clone(p))) {
        return Ok(plan);
    }
    let [text, json, float] =
        [PgBuiltInOids::TEXTOID, PgBuiltInOids::JSONBOID, PgBuiltInOids::FLOAT4OID].map(PgOid::BuiltIn);
    let types = [text, text, PgOid::from(vector), json, text, float, text, text];
    let plan = Rc::new(client.prepare(include_str!("../../sql/similarity/keep.sql"), &types)?.keep());
    KEEP.set(Some((vector, Rc::clone(&plan))));
    Ok(plan)
}

/// Embeds and stores a question; the next one already finds it. Returns its id.
pub(super) fn keep(entry: &Entry<'_>) -> Result<i64> {
    pg::refuse_if_read_only(c"router_teach()");
    let embedding = Encoder::get().encode(entry.prompt);
    let normalised = normalise(entry.prompt);
    // Questions of signs alone would all be the same words.
    if embedding.is_zero() || normalised.is_empty() {
        return Err(Error::invalid("nothing in this question can be embedded")
            .with_hint("teach it in words; signs and pictures alone have no meaning to compare"));
    }
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let args: [DatumWithOid; 8] = [
                entry.prompt.trim().into(),
                normalised.as_str().into(),
                Vector(embedding.0.to_vec()).into(),
                entry.spec.map(|s| JsonB(s.clone())).into(),
                entry.intent.into(),
                entry.success_score.into(),
                entry.source.into(),
                who.as_str().into(),
            ];
            let plan = keep_statement(client)?;
            Ok(client.update(&*plan, None, &args)?.first().get_one::<i64>()?.unwrap_or_default())
        })
    })
}
