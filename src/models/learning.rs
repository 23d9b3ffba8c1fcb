//! What was learned from recorded outcomes: asked by every recommendation, carried on by `follow`.
//!
//! `router.learned` holds the means and regressions, some kilobytes; a session keeps the newest row it has seen. What was
//! recorded since then is added from `router.prompt_outcomes`, the nearest prompts are found there by their index.

use std::cell::RefCell;
use std::rc::Rc;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::{OwnedPreparedStatement, SpiClient, SpiTupleTable};
use pgrx::{IntoDatum, PgOid};
use router_core::models::{Basis, Expectation, Knowledge, NEAR_BY_VECTOR, Neighbour, PromptFeatures, Tallies, Tally};

use super::follow::Pace;
use super::plan::Plan;
use super::settings;
use crate::error::Result;
use crate::pg::{self, Vector};

/// Candidates that the index looks at per search, for the prompts that are asked for.
const EFFORT: &std::ffi::CStr = c"200";

thread_local! {
    static NEWEST: Plan = Plan::new(include_str!("../../sql/models/query/newest_knowledge.sql"), &[]);
    static KNOWLEDGE: Plan =
        Plan::new("SELECT knowledge FROM router.learned WHERE learned_id = $1", &[PgBuiltInOids::INT8OID]);
    static SINCE: Plan = Plan::new(
        include_str!("../../sql/models/query/tallies_since.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID],
    );
    /// The vector type's OID, and the statement planned for it.
    static SIMILAR: RefCell<Option<(pg_sys::Oid, Rc<OwnedPreparedStatement>)>> = const { RefCell::new(None) };
    /// The newest knowledge this session has read, and of which row.
    static KNOWN: RefCell<Option<(RowId, Rc<Knowledge>)>> = const { RefCell::new(None) };
}

/// Up to where outcomes are in the means: a transaction, and the outcome in it.
#[derive(Debug, Clone)]
pub struct ReadTo(pub String, pub i64);

impl Default for ReadTo {
    fn default() -> Self {
        Self("0".to_owned(), 0)
    }
}

/// The table's OID, which tells one creation of the extension from the next, and the row's number.
pub type RowId = (pg_sys::Oid, i64);

/// A row of router.learned.
#[derive(Default)]
pub struct Newest {
    pub id: RowId,
    pub read_to: ReadTo,
    pub pace: Pace,
}

pub fn newest(client: &SpiClient<'_>) -> Result<Option<Newest>> {
    let Some(row) = NEWEST.with(|p| p.select(client, &[]))?.next() else { return Ok(None) };
    let number = |i: usize| -> Result<i64> { Ok(row.get::<i64>(i)?.unwrap_or(0)) };
    let pace = Pace { last: number(4)?, fitted_last: number(5)?, fitted: number(6)? };
    let id = (row.get(7)?.unwrap_or_default(), number(1)?);
    Ok(Some(Newest { id, read_to: ReadTo(row.get(2)?.unwrap_or_default(), number(3)?), pace }))
}

/// The content of a row; nothing where there is none, or another version of the extension wrote it.
pub fn knowledge(client: &SpiClient<'_>, id: RowId) -> Result<Rc<Knowledge>> {
    if let Some(known) =
        KNOWN.with_borrow(|k| k.as_ref().filter(|(of, _)| *of == id).map(|(_, known)| Rc::clone(known)))
    {
        return Ok(known);
    }
    let row = KNOWLEDGE.with(|p| p.select(client, &[id.1.into()]))?.next();
    let bytes = row.map(|row| row.get::<&[u8]>(1)).transpose()?.flatten();
    let known = Rc::new(bytes.and_then(Knowledge::from_bytes).unwrap_or_default());
    KNOWN.set(Some((id, Rc::clone(&known))));
    Ok(known)
}

/// What is known when a prompt is asked for.
pub struct Evidence {
    known: Rc<Knowledge>,
    tallies: Tallies,
    near: Vec<Neighbour>,
}

impl Evidence {
    /// From all outcomes that this transaction sees.
    pub fn of(client: &SpiClient<'_>, prompt: &PromptFeatures) -> Result<Self> {
        let newest = newest(client)?.unwrap_or_default();
        let known = knowledge(client, newest.id)?;
        let mut tallies = known.tallies.clone();
        let ReadTo(transaction, outcome) = newest.read_to;
        let latest = [transaction.as_str().into(), outcome.into(), settings::learned_outcomes().into()];
        let since = SINCE.with(|p| p.select(client, &latest))?;
        read_tallies(since, &mut tallies)?;
        Ok(Self { near: similar(client, prompt)?, known, tallies })
    }

    pub fn expect(&self, prompt: &PromptFeatures, task_type: &str, models: &[&str]) -> Vec<Option<Expectation>> {
        Basis { tallies: &self.tallies, fitted: &self.known.fitted, near: &self.near }.expect(prompt, task_type, models)
    }
}

pub fn read_tallies(rows: SpiTupleTable<'_>, into: &mut Tallies) -> Result<()> {
    for row in rows {
        let tally = Tally { sum: row.get(3)?.unwrap_or(0.0), count: row.get(4)?.unwrap_or(0.0) };
        into.add(row.get::<&str>(1)?.unwrap_or_default(), row.get::<&str>(2)?.unwrap_or_default(), tally);
    }
    Ok(())
}

/// The recorded prompts nearest by their vectors.
fn similar(client: &SpiClient<'_>, prompt: &PromptFeatures) -> Result<Vec<Neighbour>> {
    if prompt.is_zero() {
        return Ok(Vec::new());
    }
    pg::set_while_owner(c"hnsw.ef_search", EFFORT);
    // Rows that are gone take candidates' places until they are vacuumed: pgvector from 0.8 on then looks further.
    if !pg::setting(c"hnsw.iterative_scan").is_empty() {
        pg::set_while_owner(c"hnsw.iterative_scan", c"relaxed_order");
    }
    let args: [DatumWithOid; 1] = [Vector(prompt.unit_vector()).into()];
    let mut found: Vec<(i64, Neighbour)> = Vec::new();
    for row in client.select(&*similar_statement(client)?, None, &args)? {
        let id = row.get::<i64>(1)?.unwrap_or(0);
        let outcome = (row.get::<String>(3)?.unwrap_or_default(), row.get::<f32>(4)?.unwrap_or(0.0));
        match found.last_mut() {
            Some((last, neighbour)) if *last == id => neighbour.outcomes.push(outcome),
            _ => {
                let bytes = row.get::<&[u8]>(2)?.unwrap_or_default();
                if let Some(features) = PromptFeatures::from_bytes(bytes) {
                    found.push((id, Neighbour { features, outcomes: vec![outcome] }));
                }
            }
        }
    }
    Ok(found.into_iter().map(|(_, neighbour)| neighbour).collect())
}

fn similar_statement(client: &SpiClient<'_>) -> Result<Rc<OwnedPreparedStatement>> {
    let vector = Vector::type_oid();
    if let Some(plan) = SIMILAR.with_borrow(|s| s.as_ref().filter(|(of, _)| *of == vector).map(|(_, p)| Rc::clone(p))) {
        return Ok(plan);
    }
    let sql =
        client.select("SELECT router.similar_prompts_statement($1)", Some(1), &[(NEAR_BY_VECTOR as i32).into()])?;
    let sql = sql.first().get_one::<String>()?.unwrap_or_default();
    let plan = Rc::new(client.prepare(sql.as_str(), &[PgOid::from(vector)])?.keep());
    SIMILAR.set(Some((vector, Rc::clone(&plan))));
    Ok(plan)
}
