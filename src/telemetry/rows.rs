//! Decisions of a batch as rows, without a statement: what the background worker does for every question.

use std::collections::HashMap;

use pgrx::pg_sys;
use router_core::telemetry::{Decision, Repeat};

use super::leaders::Entry;
use super::store::{some, timings};
use crate::error::Result;
use crate::pg::bulk::{self, ColumnOf, Memory, Values};
use crate::pg::table::Moment;

const COLUMNS: [ColumnOf; 26] = [
    (c"request_id", pg_sys::UUIDOID),
    (c"decided_at", pg_sys::TIMESTAMPTZOID),
    (c"role_name", pg_sys::TEXTOID),
    (c"answer_of", pg_sys::UUIDOID),
    (c"prompt", pg_sys::TEXTOID),
    (c"prompt_hash", pg_sys::TEXTOID),
    (c"context", pg_sys::JSONBOID),
    (c"status", pg_sys::TEXTOID),
    (c"source", pg_sys::TEXTOID),
    (c"intent", pg_sys::TEXTOID),
    (c"confidence", pg_sys::FLOAT4OID),
    (c"layer", pg_sys::TEXTOID),
    (c"dataset", pg_sys::TEXTOID),
    (c"spec", pg_sys::JSONBOID),
    (c"sql", pg_sys::TEXTOID),
    (c"candidates", pg_sys::JSONBOID),
    (c"steps", pg_sys::JSONBOID),
    (c"error", pg_sys::TEXTOID),
    (c"cached", pg_sys::BOOLOID),
    (c"total_ms", pg_sys::FLOAT4OID),
    (c"timings", pg_sys::JSONBOID),
    (c"clock", pg_sys::TEXTOID),
    (c"settings", pg_sys::JSONBOID),
    (c"semantic_version", pg_sys::INT8OID),
    (c"fingerprint", pg_sys::TEXTOID),
    (c"logged", pg_sys::TEXTOID),
];

/// Microseconds from 1970 to the server's epoch.
const EPOCH: i64 = 946_684_800_000_000;

/// Adds a row for each decision. False, and nothing was added, where that takes a statement.
pub fn insert(entries: &[&Entry<'_>]) -> Result<bool> {
    let times: Vec<Moment> = entries
        .iter()
        .map(|entry| match entry {
            Entry::Decision(decision) => decision.decided_at,
            Entry::Repeat(repeat, _) => repeat.decided_at,
            Entry::Failure(failure) => failure.occurred_at,
        })
        .map(|time| Moment(time.saturating_sub(EPOCH)))
        .collect();
    let mut json = Json { memory: Memory::current(), known: HashMap::new() };
    let how = bulk::text("batched");
    bulk::insert_by_time(c"decision_log", &COLUMNS, &times, |i, values| match entries[i] {
        Entry::Decision(decision) => fill(decision, times[i], how, &mut json, values),
        // What a repeat repeats must not be dropped before it.
        Entry::Repeat(repeat, first) if repeat.is_in_week_of(first) => again(repeat, first, times[i], how, values),
        Entry::Repeat(repeat, first) => fill(&first.repeated(repeat), times[i], how, &mut json, values),
        Entry::Failure(_) => {}
    })
}

fn fill<'r>(d: &Decision<'r>, time: Moment, how: pg_sys::Datum, json: &mut Json<'r>, values: &mut Values<'_>) {
    let mut column = 0;
    let mut put = |datum: Option<pg_sys::Datum>| {
        values.set(column, datum);
        column += 1;
    };
    let text = bulk::text;
    put(Some(bulk::uuid(&d.request_id)));
    put(Some(pg_sys::Datum::from(time.0)));
    put(Some(text(d.role)));
    put(None);
    put(d.prompt.filter(|_| !d.hash_prompt).map(text));
    put(d.prompt.filter(|_| d.hash_prompt).and_then(bulk::sha256));
    put(json.of(d.context));
    put(Some(text(d.status)));
    put(Some(text(d.source)));
    put(Some(text(d.intent)));
    put(Some(float(d.confidence)));
    put(d.layer.map(text));
    put(d.dataset.map(text));
    put(json.of(d.spec));
    put(d.sql.map(text));
    put(json.of(d.candidates));
    put(json.of(d.steps));
    put(d.error.map(text));
    put(Some(pg_sys::Datum::from(d.cached)));
    put(Some(float(d.total_us as f32 / 1000.0)));
    put(if d.timings.is_empty() { json.of(Some("{}")) } else { json.memory.jsonb(&timings(d)) });
    put(some(d.clock).map(text));
    put(json.of(some(d.settings)));
    put(Some(pg_sys::Datum::from(d.semantic_version as i64)));
    put(Some(text(&format!("{:016x}", d.fingerprint))));
    put(Some(how));
}

/// Only what is a repeat's own.
fn again(r: &Repeat, first: &Decision<'_>, time: Moment, how: pg_sys::Datum, values: &mut Values<'_>) {
    const ANSWER_OF: usize = 3;
    const CACHED: usize = 18;
    const TOTAL_MS: usize = 19;
    values.set(0, Some(bulk::uuid(&r.request_id)));
    values.set(1, Some(pg_sys::Datum::from(time.0)));
    values.set(2, Some(bulk::text(first.role)));
    values.set(ANSWER_OF, Some(bulk::uuid(&r.of)));
    values.set(CACHED, Some(pg_sys::Datum::from(first.cached)));
    values.set(TOTAL_MS, Some(float(r.total_us as f32 / 1000.0)));
    values.set(COLUMNS.len() - 1, Some(how));
}

fn float(value: f32) -> pg_sys::Datum {
    pg_sys::Datum::from(value.to_bits())
}

/// Values of the batch: the same text is parsed once.
struct Json<'r> {
    memory: Memory,
    known: HashMap<&'r str, Option<pg_sys::Datum>>,
}

impl<'r> Json<'r> {
    fn of(&mut self, text: Option<&'r str>) -> Option<pg_sys::Datum> {
        let text = text?;
        *self.known.entry(text).or_insert_with(|| self.memory.jsonb(text))
    }
}
