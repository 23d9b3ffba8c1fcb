//! What the caches did, for the whole server where the library is preloaded, else for this connection.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Layer, settings, store};
use crate::pg::shared::{Region, reserve};

#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    LocalHit,
    SharedHit,
    Miss,
    Stored,
    Evicted,
    Expired,
    Invalidated,
}

const EVENTS: usize = 8;
/// Grows when entries are invalidated by hand: connections then drop their own copies.
const FLUSHES: usize = EVENTS * Layer::ALL.len();
const COUNTERS: usize = FLUSHES + 1;

static SHARED: Region = Region::new(c"router cache counters", || COUNTERS * size_of::<AtomicU64>(), 0);
static OWN: [AtomicU64; COUNTERS] = [const { AtomicU64::new(0) }; COUNTERS];

pub(super) fn init() {
    reserve(&SHARED);
}

fn counters() -> &'static [AtomicU64] {
    SHARED.counters().unwrap_or(&OWN)
}

pub(super) fn count(layer: Layer, event: Event, n: usize) {
    if n > 0 {
        counters()[EVENTS * layer as usize + event as usize].fetch_add(n as u64, Ordering::Relaxed);
    }
}

pub(super) fn flushes() -> u64 {
    counters()[FLUSHES].load(Ordering::Acquire)
}

pub(super) fn flushed() {
    counters()[FLUSHES].fetch_add(1, Ordering::AcqRel);
}

/// A layer's figures since the server (or the connection) started.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    pub layer: Layer,
    pub ttl_seconds: i32,
    pub entries: u64,
    pub bytes: u64,
    pub local_hits: u64,
    pub shared_hits: u64,
    pub misses: u64,
    pub stored: u64,
    pub evicted: u64,
    pub expired: u64,
    pub invalidated: u64,
}

impl Stats {
    pub fn hits(&self) -> u64 {
        self.local_hits + self.shared_hits
    }

    /// 0..1; `None` before the first question.
    pub fn hit_rate(&self) -> Option<f64> {
        let asked = self.hits() + self.misses;
        (asked > 0).then(|| self.hits() as f64 / asked as f64)
    }
}

pub fn stats() -> Vec<Stats> {
    let usage = store::usage();
    let of = |layer: Layer, event: Event| counters()[EVENTS * layer as usize + event as usize].load(Ordering::Relaxed);
    Layer::ALL
        .iter()
        .map(|&layer| Stats {
            layer,
            ttl_seconds: settings::seconds(layer),
            entries: usage[layer as usize].entries as u64,
            bytes: usage[layer as usize].bytes as u64,
            local_hits: of(layer, Event::LocalHit),
            shared_hits: of(layer, Event::SharedHit),
            misses: of(layer, Event::Miss),
            stored: of(layer, Event::Stored),
            evicted: of(layer, Event::Evicted),
            expired: of(layer, Event::Expired),
            invalidated: of(layer, Event::Invalidated),
        })
        .collect()
}
