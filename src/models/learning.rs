//! What was learned from recorded outcomes: asked by every recommendation, carried on by whoever records.
//!
//! `router.learned` holds the means and regressions, some kilobytes; a session keeps the newest row it has seen. What was
//! recorded since then is added from `router.prompt_outcomes`, the nearest prompts are found there by their index.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::{OwnedPreparedStatement, SpiClient, SpiTupleTable};
use pgrx::{IntoDatum, PgOid};
use router_core::models::{
    Basis, Expectation, Knowledge, LEAST_TO_FIT, NEAR_BY_VECTOR, Neighbour, PromptFeatures, Sample, Tallies, Tally,
};

use super::plan::Plan;
use super::settings;
use crate::error::Result;
use crate::pg::{self, Vector};

/// Outcomes that a recommendation adds to what was learned, until whoever records the next takes them in.
const TAKEN_IN_AFTER: i64 = 256;
/// The regressions are fitted anew once so many times more outcomes came: one in ten.
const FITTED_AFTER: i64 = 10;
/// Candidates that the index looks at per search, for the prompts that are asked for.
const EFFORT: &std::ffi::CStr = c"200";
/// Rows read at a time while fitting.
const ROWS_AT_A_TIME: isize = 1_000;
/// The advisory lock of whoever carries on what is learned.
pub const LEARNING: i64 = 0x726f_7574_6572_6c65;

thread_local! {
    static NEWEST: Plan = Plan::new(include_str!("../../sql/models/query/newest_knowledge.sql"), &[]);
    static KNOWLEDGE: Plan =
        Plan::new("SELECT knowledge FROM router.learned WHERE learned_id = $1", &[PgBuiltInOids::INT8OID]);
    static SINCE: Plan = Plan::new(
        include_str!("../../sql/models/query/tallies_since.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID],
    );
    static BETWEEN: Plan = Plan::new(
        include_str!("../../sql/models/query/tallies_between.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID, PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID,
          PgBuiltInOids::INT8OID],
    );
    /// Transactions before the oldest one under way have all ended: what they wrote is taken in once and for all. So is
    /// what this one wrote, if it is that one.
    static OLDEST: Plan = Plan::new(
        "SELECT pg_snapshot_xmin(s)::text, pg_current_xact_id_if_assigned() = pg_snapshot_xmin(s) FROM pg_current_snapshot() s",
        &[],
    );
    static KEEP: Plan = Plan::new(
        "INSERT INTO router.learned (read_to, read_to_outcome, last_outcome, fitted_last, fitted_outcomes, knowledge)
         VALUES ($1::text::xid8, $2, $3, $4, $5, $6) RETURNING learned_id",
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID,
          PgBuiltInOids::BYTEAOID],
    );
    static FORGET: Plan = Plan::new("DELETE FROM router.learned WHERE learned_id < $1", &[PgBuiltInOids::INT8OID]);
    /// The vector type's OID, and the statement planned for it.
    static SIMILAR: RefCell<Option<(pg_sys::Oid, Rc<OwnedPreparedStatement>)>> = const { RefCell::new(None) };
    /// The newest knowledge this session has read, and of which row.
    static KNOWN: RefCell<Option<(RowId, Rc<Knowledge>)>> = const { RefCell::new(None) };
    static PACE: Cell<Pace> = Cell::default();
}

/// How far what was learned has come, in ids of outcomes.
#[derive(Debug, Default, Clone, Copy)]
struct Pace {
    last: i64,
    fitted_last: i64,
    /// Outcomes that the regressions were fitted to.
    fitted: i64,
}

impl Pace {
    fn calls_for_fit(self, outcome: i64) -> bool {
        outcome - self.fitted_last >= (self.fitted / FITTED_AFTER).max(LEAST_TO_FIT as i64)
    }

    fn calls_for_anything(self, outcome: i64) -> bool {
        outcome - self.last >= TAKEN_IN_AFTER || self.calls_for_fit(outcome)
    }
}

/// Up to where outcomes are in the means: a transaction, and the outcome in it.
#[derive(Debug, Clone)]
struct ReadTo(String, i64);

impl Default for ReadTo {
    fn default() -> Self {
        Self("0".to_owned(), 0)
    }
}

/// The table's OID, which tells one creation of the extension from the next, and the row's number.
type RowId = (pg_sys::Oid, i64);

/// A row of router.learned.
#[derive(Default)]
struct Newest {
    id: RowId,
    read_to: ReadTo,
    pace: Pace,
}

fn newest(client: &SpiClient<'_>) -> Result<Option<Newest>> {
    let Some(row) = NEWEST.with(|p| p.select(client, &[]))?.next() else { return Ok(None) };
    let number = |i: usize| -> Result<i64> { Ok(row.get::<i64>(i)?.unwrap_or(0)) };
    let pace = Pace { last: number(4)?, fitted_last: number(5)?, fitted: number(6)? };
    let id = (row.get(7)?.unwrap_or_default(), number(1)?);
    Ok(Some(Newest { id, read_to: ReadTo(row.get(2)?.unwrap_or_default(), number(3)?), pace }))
}

/// The content of a row; nothing where there is none, or another version of the extension wrote it.
fn knowledge(client: &SpiClient<'_>, id: RowId) -> Result<Rc<Knowledge>> {
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

fn read_tallies(rows: SpiTupleTable<'_>, into: &mut Tallies) -> Result<()> {
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

/// Follows a recorded outcome: now and then what was recorded is taken in, and the regressions are fitted anew. Never
/// waits for another session that is at it.
pub fn follow(client: &mut SpiClient<'_>, outcome: i64) -> Result<()> {
    let pace = PACE.get();
    // An id below those of before: the extension was made anew meanwhile.
    if !(pace.calls_for_anything(outcome) || outcome < pace.last) || pg::snapshot_is_fixed() {
        return Ok(());
    }
    PACE.set(newest(client)?.unwrap_or_default().pace);
    if PACE.get().calls_for_anything(outcome) && pg::try_advisory_lock(LEARNING) {
        carry_on(client, outcome)?;
    }
    Ok(())
}

/// Learns from whatever was recorded since the last time. The caller holds the lock [`LEARNING`].
fn carry_on(client: &mut SpiClient<'_>, outcome: i64) -> Result<()> {
    // Whoever had the lock before may have done it.
    let newest = newest(client)?.unwrap_or_default();
    PACE.set(newest.pace);
    if !newest.pace.calls_for_anything(outcome) {
        return Ok(());
    }
    let oldest = OLDEST.with(|p| p.select(client, &[]))?.first();
    let own = oldest.get::<bool>(2)?.unwrap_or(false);
    let to = ReadTo(oldest.get(1)?.unwrap_or_default(), if own { outcome } else { 0 });
    let read = |from: &ReadTo, after: i64, tallies: &mut Tallies| {
        let span: [DatumWithOid; 5] =
            [from.0.as_str().into(), from.1.into(), to.0.as_str().into(), to.1.into(), after.into()];
        read_tallies(BETWEEN.with(|p| p.select(client, &span))?, tallies)
    };
    let (knowledge, pace) = if newest.pace.calls_for_fit(outcome) {
        let after = outcome - settings::learned_outcomes();
        let mut tallies = Tallies::default();
        read(&ReadTo::default(), after, &mut tallies)?;
        let sample = sample(client, after)?;
        let pace = Pace { last: outcome, fitted_last: outcome, fitted: sample.outcomes() as i64 };
        (Knowledge { tallies, fitted: sample.fit() }, pace)
    } else {
        let mut known = (*knowledge(client, newest.id)?).clone();
        read(&newest.read_to, 0, &mut known.tallies)?;
        (known, Pace { last: outcome, ..newest.pace })
    };
    let row: [DatumWithOid; 6] = [
        to.0.as_str().into(),
        to.1.into(),
        pace.last.into(),
        pace.fitted_last.into(),
        pace.fitted.into(),
        knowledge.to_bytes().into(),
    ];
    let id = KEEP.with(|p| p.update(client, &row))?.first().get_one::<i64>()?;
    FORGET.with(|p| p.update(client, &[id.into()]))?;
    PACE.set(pace);
    Ok(())
}

/// The outcomes after an id.
fn sample(client: &SpiClient<'_>, after: i64) -> Result<Sample> {
    let mut sample = Sample::default();
    let mut cursor =
        client.try_open_cursor(include_str!("../../sql/models/query/outcomes_after.sql"), &[after.into()])?;
    loop {
        let rows = cursor.fetch(ROWS_AT_A_TIME as _)?;
        if rows.is_empty() {
            return Ok(sample);
        }
        pgrx::check_for_interrupts!();
        for row in rows {
            let (Some(hash), Some(bytes)) = (row.get::<&[u8]>(1)?, row.get::<&[u8]>(2)?) else { continue };
            let (task_type, model) = (row.get::<&str>(3)?.unwrap_or_default(), row.get::<&str>(4)?.unwrap_or_default());
            if let Some(features) = PromptFeatures::from_bytes(bytes) {
                sample.add(hash, &features, task_type, model, row.get::<f32>(5)?.unwrap_or(0.0));
            }
        }
    }
}
