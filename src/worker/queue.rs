//! Requests that nobody waits for: claimed from a table, called, and their results stored, in three steps. The first
//! and the last are transactions; in between none is open.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::{Value, json};

use super::call::{Engine, Failure, Kind, Order, Settled};
use super::{JobContext, endpoint, readings, settings};
use crate::error::{Error, Result, sqlstate};
use crate::pg;

/// How often the table is looked at without being told.
pub const EVERY: Duration = Duration::from_secs(10);
/// Entries under way at most.
const AT_ONCE: usize = 16;
/// Results stored in one transaction: some hundred vectors.
const STORED_AT_ONCE: usize = 4;
/// A call has so long; the claim holds longer, so that a slow call is not made twice.
const LIMIT: Duration = Duration::from_secs(60);
const CLAIM: f64 = 120.0;
/// Texts of one entry.
const BATCH: usize = 64;
/// Bytes of one text.
const LONGEST_TEXT: usize = 8 * 1024;

/// As the table calls them.
const KINDS: [&str; 2] = ["embed", "classify"];
/// A kind whose endpoint takes nothing is not looked at for so long.
const PAUSE: Duration = Duration::from_secs(10);

struct State {
    /// Claims of a worker before this one have been released: one that crashed could not.
    is_clear: bool,
    /// That happened in a transaction that has not been committed yet.
    clearing: bool,
    /// Claimed in a transaction that has not been committed yet.
    claiming: Vec<(i64, Order)>,
    /// Claimed, to be called.
    claimed: Vec<(i64, Order)>,
    /// Entries whose calls have begun.
    under_way: Vec<i64>,
    results: Vec<Settled>,
    /// Those of the results, from the front, that a run is storing.
    storing: usize,
    /// Until when nothing is claimed of a kind, since its endpoint takes nothing now.
    paused: [Option<Instant>; KINDS.len()],
}

static STATE: Mutex<State> = Mutex::new(State {
    is_clear: false,
    clearing: false,
    claiming: Vec::new(),
    claimed: Vec::new(),
    under_way: Vec::new(),
    results: Vec::new(),
    storing: 0,
    paused: [None; KINDS.len()],
});

fn state() -> std::sync::MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Queues the embedding of texts by the model `router.embedding_model`; the vectors come to
/// `router.remote_embeddings`. Says how many entries that makes. To be called in a transaction that may write.
pub fn embed(texts: &[String]) -> Result<usize> {
    // The worker's setting may be another.
    let model = endpoint::embedding_model()?;
    if texts.iter().any(|t| t.trim().is_empty() || t.len() > LONGEST_TEXT) {
        return Err(Error::invalid("a text is blank or longer than 8 kB"));
    }
    let batches: Vec<&[String]> = texts.chunks(BATCH).collect();
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            for batch in &batches {
                let payload = JsonB(json!({ "texts": batch, "model": model }));
                let sql = "INSERT INTO router.remote_queue (kind, payload) VALUES ('embed', $1)";
                client.update(sql, None, &[payload.into()])?;
            }
            Ok(())
        })
    })?;
    Ok(batches.len())
}

/// Whether results, or new questions, wait to be stored.
pub fn has_results() -> bool {
    !state().results.is_empty() || readings::are_waiting()
}

/// Whether anything is claimed or under way.
pub fn has_work() -> bool {
    let state = state();
    !state.under_way.is_empty() || !state.claimed.is_empty() || !state.results.is_empty() || readings::are_waiting()
}

/// Of calls that ended, keeps those of entries.
pub fn ended(settled: Vec<Settled>) {
    let mut state = state();
    for s in settled.iter().filter(|s| s.queued.is_some() && is_unasked(s)) {
        let kind = usize::from(s.order.kind == Kind::Classify);
        state.paused[kind] = Some(Instant::now() + PAUSE);
    }
    state.under_way.retain(|entry| settled.iter().all(|s| s.queued != Some(*entry)));
    state.results.extend(settled.into_iter().filter(|s| s.queued.is_some()));
}

/// Begins the calls that are claimed.
pub fn hand_to(engine: &mut Engine) {
    let claimed = std::mem::take(&mut state().claimed);
    state().under_way.extend(claimed.iter().map(|(entry, _)| *entry));
    for (entry, order) in claimed {
        engine.begin_queued(order, entry, LIMIT);
    }
}

/// For the schedule: stores new questions and results, claims what is due.
pub fn run(context: &JobContext) -> Result<()> {
    let more_questions = readings::store()?;
    let (results, room) = {
        let mut state = state();
        state.claiming.clear();
        state.storing = state.results.len().min(STORED_AT_ONCE);
        let room = AT_ONCE.saturating_sub(state.under_way.len() + state.claimed.len());
        (state.results[..state.storing].to_vec(), room)
    };
    for settled in &results {
        store_or_put_back(settled)?;
    }
    if context.at_the_end {
        // What comes after this worker need not wait for the claims to end.
        let state = state();
        let mine: Vec<i64> =
            state.claimed.iter().map(|(entry, _)| *entry).chain(state.under_way.iter().copied()).collect();
        drop(state);
        return release(&mine);
    }
    if !state().is_clear {
        release_all()?;
        state().clearing = true;
    }
    let claimed = claim(room)?;
    let mut state = state();
    if more_questions || (room > 0 && claimed.len() == room) || state.results.len() > results.len() {
        context.once_more();
    }
    state.claiming = claimed;
    Ok(())
}

/// A claim counts once it is committed.
pub fn after(committed: bool) {
    readings::stored(committed);
    let mut state = state();
    let stored = std::mem::take(&mut state.storing);
    let claiming = std::mem::take(&mut state.claiming);
    state.is_clear |= std::mem::take(&mut state.clearing) && committed;
    if committed {
        state.results.drain(..stored);
        state.claimed.extend(claiming);
    }
}

/// Entries that this worker leaves behind: it is not their fault.
fn release(entries: &[i64]) -> Result<()> {
    let sql = "UPDATE router.remote_queue SET claimed_until = NULL, attempts = greatest(0, attempts - 1)
               WHERE entry_id = ANY ($1)";
    Spi::connect_mut(|client| client.update(sql, None, &[entries.to_vec().into()]).map(|_| ()))?;
    Ok(())
}

/// Whether anything is queued, due or not.
pub fn is_waiting() -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT FROM router.remote_queue WHERE state = 'queued')";
    Ok(Spi::get_one::<bool>(sql)? == Some(true))
}

/// Before a worker's first claim: claims of one that crashed. A database has one worker, so all there are. What was under
/// way each time may be the reason, and is parked.
fn release_all() -> Result<()> {
    let sql = include_str!("../../sql/worker/release.sql");
    Spi::connect_mut(|client| client.update(sql, None, &[settings::queue_attempts().into()]).map(|_| ()))?;
    Ok(())
}

fn claim(room: usize) -> Result<Vec<(i64, Order)>> {
    let mut claimed = Vec::new();
    let now = Instant::now();
    let paused = state().paused;
    let kinds = KINDS.iter().zip(paused).filter(|(_, until)| until.is_none_or(|until| until <= now));
    let kinds: Vec<String> = kinds.map(|(kind, _)| (*kind).to_owned()).collect();
    if room == 0 || kinds.is_empty() {
        return Ok(claimed);
    }
    let rows: Vec<(i64, String, Value)> = Spi::connect_mut(|client| {
        let limit = i64::try_from(room).unwrap_or(0);
        let rows = client.update(
            include_str!("../../sql/worker/claim.sql"),
            None,
            &[limit.into(), CLAIM.into(), kinds.into()],
        )?;
        let mut found = Vec::new();
        for row in rows {
            let (entry, kind, payload) = (row.get::<i64>(1)?, row.get::<String>(2)?, row.get::<JsonB>(3)?);
            if let (Some(entry), Some(kind), Some(payload)) = (entry, kind, payload) {
                found.push((entry, kind, payload.0));
            }
        }
        Ok::<_, Error>(found)
    })?;
    for (entry, kind, payload) in rows {
        let order = if kind == "classify" { readings::order(payload) } else { embedding_order(entry, &payload) };
        match order {
            Ok(order) => claimed.push((entry, order)),
            Err(why) => put_back(entry, why.message(), false)?,
        }
    }
    Ok(claimed)
}

/// What an entry asks for, by the endpoints of this moment.
fn embedding_order(entry: i64, payload: &Value) -> Result<Order> {
    let texts: Vec<String> = payload
        .get("texts")
        .and_then(|texts| serde_json::from_value(texts.clone()).ok())
        .filter(|texts: &Vec<String>| !texts.is_empty() && texts.len() <= 4 * BATCH)
        .ok_or_else(|| Error::invalid("the payload has no texts"))?;
    let named = payload.get("model").and_then(Value::as_str).map(str::to_owned);
    let model = named.map_or_else(endpoint::embedding_model, Ok)?;
    endpoint::for_embeddings(model, &format!("queue {entry}"), &texts)
}

/// What the database does not take as it is (an endpoint may say anything) is that entry's failure, and holds up no
/// other. Anything else that goes wrong (no room on the disk) is an error: all results wait.
fn store_or_put_back(settled: &Settled) -> Result<()> {
    let failure = match pg::attempt(|| store(settled)) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => pg::Failure::from(error),
        Err(failure) => failure,
    };
    match settled.queued {
        Some(entry) if matches!(&sqlstate(failure.code)[..2], "22" | "23" | "54") => {
            put_back(entry, &failure.message, false)
        }
        _ => Err(failure.into()),
    }
}

fn store(settled: &Settled) -> Result<()> {
    let Some(entry) = settled.queued else { return Ok(()) };
    if let Some(failure) = settled.answer.failure {
        return put_back(entry, failure.text(), is_unasked(settled));
    }
    match settled.order.kind {
        Kind::Embed => store_vectors(settled)?,
        Kind::Classify => readings::keep(settled)?,
    }
    let sql = "DELETE FROM router.remote_queue WHERE entry_id = $1";
    Spi::connect_mut(|client| client.update(sql, None, &[entry.into()]).map(|_| ()))?;
    Ok(())
}

/// The endpoint never saw it, and may do so later: no attempt of the entry's.
fn is_unasked(settled: &Settled) -> bool {
    let failed = settled.answer.failure.is_some_and(|failure| failure != Failure::Configuration);
    failed && settled.answer.attempts == 0
}

fn store_vectors(settled: &Settled) -> Result<()> {
    let texts = settled.order.body.get("input").and_then(Value::as_array).cloned().unwrap_or_default();
    let vectors: Vec<Vec<f32>> = serde_json::from_str(&settled.answer.content).unwrap_or_default();
    Spi::connect_mut(|client| {
        for (text, vector) in texts.iter().filter_map(Value::as_str).zip(vectors) {
            let values = [text.into(), settled.order.model_id.as_str().into(), vector.into()];
            client.update(include_str!("../../sql/worker/store_embedding.sql"), None, &values)?;
        }
        Ok(())
    })
}

/// Seconds until an entry is tried again the first time.
const AGAIN_IN: f64 = 10.0;

fn put_back(entry: i64, why: &str, unasked: bool) -> Result<()> {
    let values =
        [entry.into(), why.into(), AGAIN_IN.into(), settings::queue_attempts().into(), i32::from(unasked).into()];
    Spi::connect_mut(|client| client.update(include_str!("../../sql/worker/put_back.sql"), None, &values).map(|_| ()))?;
    Ok(())
}
