//! Where entries lie: shards in shared memory, each under its own lock for as long as bytes are copied; without
//! shared memory, a small piece of the connection's own.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hasher};

use router_core::cache::{Lookup, Meta, Put, Slab, Usage, like};

use super::counters::{self, Event, count};
use super::{Layer, key, settings};
use crate::pg;
use crate::pg::shared::{Region, reserve};

const SHARDS: usize = 16;
/// Bytes of a connection's own store, used where there is no shared one.
const OWN_SIZE: usize = 512 * 1024;

static SHARED: Region = Region::new(c"router cache", settings::shared_cache_size, SHARDS);

thread_local! {
    static OWN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn init() {
    reserve(&SHARED);
}

/// Runs `f` on the shard that `hash` belongs to.
fn with_shard<T>(hash: u64, f: impl FnOnce(&mut Slab<'_>) -> T) -> Option<T> {
    // The upper half chooses the shard, the lower the chain within.
    with_part((hash >> 32) as usize % SHARDS, f)
}

fn with_part<T>(i: usize, f: impl FnOnce(&mut Slab<'_>) -> T) -> Option<T> {
    if SHARED.start().is_some_and(|(_, length)| length > 0) {
        return SHARED.with_part(i, |bytes| Slab::new(bytes).map(|mut slab| f(&mut slab)))?;
    }
    OWN.with_borrow_mut(|own| {
        own.resize(OWN_SIZE, 0);
        Slab::new(own).map(|mut slab| f(&mut slab))
    })
}

fn parts() -> usize {
    if SHARED.start().is_some_and(|(_, length)| length > 0) { SHARDS } else { 1 }
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}

/// The value stored under a key, and when (microseconds since 1970).
pub(super) fn get(layer: Layer, key: &[u8]) -> Option<(i64, Vec<u8>)> {
    let hash = hash(key);
    match with_shard(hash, |slab| slab.get(hash, key, pg::statement_time()))? {
        Lookup::Hit { created, value } => {
            count(layer, Event::SharedHit, 1);
            Some((created, value))
        }
        Lookup::Miss => {
            count(layer, Event::Miss, 1);
            None
        }
        Lookup::Expired => {
            count(layer, Event::Expired, 1);
            count(layer, Event::Miss, 1);
            None
        }
    }
}

/// Stores a value for as long as its layer keeps them. What is too large is not stored.
pub(super) fn put(layer: Layer, key: &[u8], value: &[u8], created: i64) {
    let Some(lifetime) = settings::lifetime(layer) else { return };
    let meta = Meta {
        hash: hash(key),
        layer: layer as u8,
        database: key::database_of(key),
        created,
        expires: created.saturating_add(lifetime),
    };
    if let Some(Put::Stored(evicted)) = with_shard(meta.hash, |slab| slab.put(&meta, key, value)) {
        count(layer, Event::Stored, 1);
        // Whose they were is not known: the pressure is this layer's.
        count(layer, Event::Evicted, evicted);
    }
}

pub(super) fn invalidate(pattern: &str) -> u64 {
    let database = pg::process::database();
    let mut removed = [0usize; Layer::ALL.len()];
    for i in 0..parts() {
        with_part(i, |slab| {
            slab.remove_if(|meta, key| {
                let matches = meta.database == database && key::label_of(key).is_none_or(|label| like(pattern, label));
                if matches && let Some(of) = removed.get_mut(usize::from(meta.layer)) {
                    *of += 1;
                }
                matches
            })
        });
    }
    counters::flushed();
    for layer in Layer::ALL {
        count(layer, Event::Invalidated, removed[layer as usize]);
    }
    removed.iter().sum::<usize>() as u64
}

/// By layer number.
pub(super) fn usage() -> [Usage; Layer::ALL.len()] {
    let mut sum = [Usage::default(); Layer::ALL.len()];
    for i in 0..parts() {
        let part = with_part(i, |slab| slab.usage());
        for (of, more) in sum.iter_mut().zip(part.iter().flatten()) {
            of.entries += more.entries;
            of.bytes += more.bytes;
        }
    }
    sum
}
