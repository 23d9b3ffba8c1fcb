//! Reading the store from end to end while it is small. Statements over it would be planned over empty catalog caches,
//! and pgvector loaded: 4 ms for a first question, of which connections of BI tools ask few more. What is near costs less
//! so in any question, while pgvector would look at all rows, too.

use std::cell::Cell;
use std::collections::HashMap;

use pgrx::JsonB;

use super::encoder::LOCAL;
use super::store::Known;
use crate::error::Result;
use crate::pg::table::{Column, Moment, Row, Table};
use crate::pg::{self, Vector};

/// Pages of the store that are read through: 1 MB, some 600 questions, half a millisecond.
const MOST_PAGES: u32 = 128;
/// Questions of a connection for which a plan is not worth its making.
const FIRST_QUESTIONS: u32 = 8;
/// Microseconds from 1970 to the server's epoch.
const EPOCH: i64 = 946_684_800_000_000;

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Counts a question of this connection.
pub(super) fn count_question() {
    ASKED.set(ASKED.get().saturating_add(1));
}

/// Whether reading all of the store costs less than planning a statement that finds a row by its index.
pub(super) fn is_worth_no_plan(store: &Table) -> bool {
    ASKED.get() <= FIRST_QUESTIONS && is_little(store)
}

/// Whether reading all of the store costs less than a statement that looks for what is near. What the transaction wrote
/// itself is for statements to find: the running one's snapshot may be older.
pub(super) fn is_little(store: &Table) -> bool {
    store.pages() <= MOST_PAGES && !pg::has_written()
}

/// As `sql/similarity/exact.sql`.
pub(super) fn exact(store: &Table, normalised: &str, who: &str) -> Result<Option<Known>> {
    let columns = Columns::of(store)?;
    let mut best: Option<((bool, Moment, i64), Known)> = None;
    store.each(|row| {
        if row.get(columns.normalised) != Some(normalised) || row.is_null(columns.spec) {
            return;
        }
        let (Some(id), Some(taught_at)) = (row.get(columns.id), row.get(columns.taught_at)) else { return };
        let for_all = columns.is_for_all(row);
        let rank = (for_all, taught_at, id);
        if row.get(columns.score).is_some_and(|score| score >= 0.3)
            && (for_all || row.get(columns.created_by) == Some(who))
            && best.as_ref().is_none_or(|(before, _)| rank > *before)
        {
            best = Some((rank, Known { usage_count: 0, ..columns.known(row, 1.0) }));
        }
    });
    Ok(best.map(|(_, known)| known))
}

/// The `limit` questions of the local encoder that are nearest to a vector, best first, each with whether what it says
/// is for the asking role.
pub(super) fn nearest(store: &Table, vector: &[f32], limit: usize, who: &str) -> Result<Vec<(Known, bool)>> {
    let columns = Columns::of(store)?;
    let mut near: Vec<(f64, i64)> = Vec::new();
    store.each(|row| {
        if row.get(columns.encoder) == Some(LOCAL)
            && let (Some(id), Some(stored)) = (row.get(columns.id), row.get(columns.embedding))
        {
            near.push((cosine(vector, &stored.0), id));
        }
    });
    near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    near.truncate(limit);
    let order: HashMap<i64, (usize, f64)> = near.iter().enumerate().map(|(i, (near, id))| (*id, (i, *near))).collect();
    let mut found: Vec<(usize, (Known, bool))> = Vec::with_capacity(near.len());
    store.each(|row| {
        if let Some((place, similarity)) = row.get(columns.id).and_then(|id| order.get(&id)) {
            let may_see = columns.is_for_all(row) || row.get(columns.created_by) == Some(who);
            found.push((*place, (columns.known(row, *similarity), may_see)));
        }
    });
    found.sort_unstable_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

/// As pgvector computes it.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let (mut dot, mut of_a, mut of_b) = (0f32, 0f32, 0f32);
    for (x, y) in a.iter().zip(b) {
        dot += x * y;
        of_a += x * x;
        of_b += y * y;
    }
    (f64::from(dot) / (f64::from(of_a) * f64::from(of_b)).sqrt()).clamp(-1.0, 1.0)
}

struct Columns<'r> {
    id: Column<i64>,
    original: Column<&'r str>,
    normalised: Column<&'r str>,
    embedding: Column<Vector>,
    encoder: Column<&'r str>,
    spec: Column<JsonB>,
    intent: Column<&'r str>,
    score: Column<f32>,
    used: Column<i64>,
    source: Column<&'r str>,
    created_by: Column<&'r str>,
    taught_at: Column<Moment>,
}

impl Columns<'_> {
    fn of(store: &Table) -> Result<Self> {
        Ok(Self {
            id: store.column(c"id")?,
            original: store.column(c"original_query")?,
            normalised: store.column(c"normalized_query")?,
            embedding: store.column(c"embedding")?,
            encoder: store.column(c"encoder")?,
            spec: store.column(c"quickspec")?,
            intent: store.column(c"intent_category")?,
            score: store.column(c"success_score")?,
            used: store.column(c"usage_count")?,
            source: store.column(c"source")?,
            created_by: store.column(c"created_by")?,
            taught_at: store.column(c"taught_at")?,
        })
    }

    /// It was taught for everybody.
    fn is_for_all(&self, row: &Row<'_>) -> bool {
        matches!(row.get(self.source), Some("taught" | "mined"))
    }

    fn known(&self, row: &Row<'_>, similarity: f64) -> Known {
        Known {
            id: row.get(self.id).unwrap_or_default(),
            query: row.get(self.original).unwrap_or_default().to_owned(),
            similarity,
            spec: row.get(self.spec).map(|spec| spec.0),
            usage_count: row.get(self.used).unwrap_or_default(),
            intent: row.get(self.intent).map(str::to_owned),
            success_score: row.get(self.score).map_or(1.0, f64::from),
            taught_at: row.get(self.taught_at).map_or(0, |moment| moment.0.saturating_add(EPOCH)),
        }
    }
}
