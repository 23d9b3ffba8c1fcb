//! What telemetry shares between processes: the queue of records and the counters.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

use router_core::telemetry::{Batch, ErrorKind, METER_WORDS, Meter, Ring, RingCounts, Summary};

use super::Operation;
use super::settings;
use crate::pg::shared::{Mode, Region, reserve};

static QUEUE: Region =
    Region::new(c"router decisions", settings::queue_bytes, 1).kept("pg_stat/router_decisions.queue", anything_waits);
static COUNTERS: Region = Region::new(c"router counters", counter_bytes, 0);

/// Records that no worker took within so many seconds are dropped, and counted: their database has none.
const OVERDUE: u32 = 600;

/// A word each, before the kinds of errors (two each: occurred, recovered) and the meters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Decisions by status.
    Ok,
    Clarify,
    Refused,
    Error,
    /// Answers that came from a cache.
    Cached,
    /// Decisions that were only counted: the server is a standby.
    OnStandby,
    /// Decisions written in the caller's transaction.
    Sync,
    /// Records that could not be stored as they were.
    Unstorable,
    /// Seconds since 1970 of the last time that the queue was written out.
    LastDrain,
    /// Seconds since 1970 of the last time that a record was lost for want of room.
    LastLoss,
}

const COUNTERS_BEFORE_KINDS: usize = 16;
const BEFORE_METERS: usize = COUNTERS_BEFORE_KINDS + 2 * ErrorKind::ALL.len();

fn counter_bytes() -> usize {
    8 * (BEFORE_METERS + Operation::ALL.len() * METER_WORDS)
}

/// Normally the workers have written everything out by then.
fn anything_waits(words: &[AtomicU64]) -> bool {
    Ring::new(words).is_some_and(|ring| ring.counts().used_bytes > 0)
}

/// Asks for the memory, if the library is being preloaded.
pub fn init() {
    reserve(&QUEUE);
    reserve(&COUNTERS);
}

/// Whether the library was preloaded, so that there is a queue and anything is counted.
pub fn available() -> bool {
    QUEUE.words().is_some()
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    Queued,
    /// Queued, and nothing else waits.
    First,
    /// Queued, and now there is so much that the worker should not wait for its time.
    Plenty,
    /// There is no room, or no queue.
    Lost,
}

/// Queues a record for the database's worker. A loss is counted.
pub fn push(database: u32, bytes: &[u8]) -> Pushed {
    let now = seconds();
    let outcome = QUEUE.lock(0, Mode::Exclusive).and_then(|_held| {
        let ring = ring()?;
        let used = |ring: &Ring<'_>| ring.counts().used_bytes;
        let before = used(&ring);
        let quarter = quarter(&ring.counts());
        Some(match ring.push(database, now, bytes) {
            false => Pushed::Lost,
            true if before == 0 => Pushed::First,
            true if before < quarter && used(&ring) >= quarter => Pushed::Plenty,
            true => Pushed::Queued,
        })
    });
    if outcome == Some(Pushed::Lost) {
        set(Counter::LastLoss, now.into());
    }
    outcome.unwrap_or(Pushed::Lost)
}

/// The database's next records, about `limit` bytes of them, from a position on (0: the oldest).
pub fn take(database: u32, from: u64, limit: usize) -> Batch {
    let held = QUEUE.lock(0, Mode::Shared);
    held.and_then(|_held| Some(ring()?.take(database, from, limit))).unwrap_or_default()
}

/// Frees the room of records that are safe elsewhere, and of those that nobody takes.
pub fn release(database: u32, batch: &Batch) {
    if let (Some(_held), Some(ring)) = (QUEUE.lock(0, Mode::Exclusive), ring()) {
        ring.release(database, batch);
    }
}

/// Gives up what no worker took in time.
pub fn drop_overdue() {
    if let (Some(_held), Some(ring)) = (QUEUE.lock(0, Mode::Exclusive), ring())
        && ring.drop_overdue(seconds(), OVERDUE) > 0
    {
        set(Counter::LastLoss, now());
    }
}

/// The database whose records wait longest, if longer than so many seconds.
pub fn waiting(limit: u32) -> Option<u32> {
    QUEUE.lock(0, Mode::Shared).and_then(|_held| ring()?.waiting(seconds(), limit))
}

/// Gives up what is queued for a database that is no more.
pub fn discard(database: u32) {
    if let (Some(_held), Some(ring)) = (QUEUE.lock(0, Mode::Exclusive), ring()) {
        ring.discard(database);
        set(Counter::LastLoss, now());
    }
}

/// How full the queue is when the worker should not wait for its time.
fn quarter(counts: &RingCounts) -> u64 {
    counts.capacity_bytes / 4
}

/// Whether so much waits besides `taken` bytes that are about to be released.
pub fn is_plenty(taken: usize) -> bool {
    let counts = queue_counts();
    counts.used_bytes.saturating_sub(taken as u64) >= quarter(&counts)
}

pub fn queue_counts() -> RingCounts {
    ring().map(|ring| ring.counts()).unwrap_or_default()
}

fn seconds() -> u32 {
    u32::try_from(now()).unwrap_or(u32::MAX)
}

fn ring() -> Option<Ring<'static>> {
    Ring::new(QUEUE.words()?)
}

pub fn add(counter: Counter, n: u64) {
    if let Some(word) = word(counter as usize) {
        word.fetch_add(n, Relaxed);
    }
}

pub fn set(counter: Counter, value: u64) {
    if let Some(word) = word(counter as usize) {
        word.store(value, Relaxed);
    }
}

pub fn get(counter: Counter) -> u64 {
    word(counter as usize).map_or(0, |word| word.load(Relaxed))
}

/// Counts an error, and whether it was recovered from.
pub fn count_error(kind: ErrorKind, recovered: bool) {
    for (offset, counts) in [(0, true), (1, recovered)] {
        if let Some(word) = word(kind_word(kind) + offset).filter(|_| counts) {
            word.fetch_add(1, Relaxed);
        }
    }
}

/// Errors of the kind, and how many of them were recovered from.
pub fn errors(kind: ErrorKind) -> (u64, u64) {
    let at = |offset: usize| word(kind_word(kind) + offset).map_or(0, |word| word.load(Relaxed));
    (at(0), at(1))
}

fn kind_word(kind: ErrorKind) -> usize {
    COUNTERS_BEFORE_KINDS + 2 * (kind as usize)
}

/// Counts one call of an operation.
pub fn measure(operation: Operation, nanos: u64, failed: bool) {
    if let Some(meter) = meter(operation) {
        meter.count(nanos, failed, now());
    }
}

/// Since the server started.
pub fn total(operation: Operation) -> Summary {
    meter(operation).map(|meter| meter.total()).unwrap_or_default()
}

/// The last five to ten minutes.
pub fn lately(operation: Operation) -> Summary {
    meter(operation).map(|meter| meter.lately(now())).unwrap_or_default()
}

fn meter(operation: Operation) -> Option<Meter<'static>> {
    Meter::new(COUNTERS.words()?.get(BEFORE_METERS + operation as usize * METER_WORDS..)?)
}

fn word(index: usize) -> Option<&'static AtomicU64> {
    COUNTERS.words()?.get(index)
}
