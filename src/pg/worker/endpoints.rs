//! What all processes know of the endpoints: whether one is to be left alone, and counters.
//!
//! An endpoint is known by a hash of its address. Where there are more than fit, the one unused for longest is
//! forgotten.

use router_core::remote::{Admission, Breaker};

use crate::pg::process;
use crate::pg::shared_array::{Plain, SharedArray};

/// Endpoints that are known at the same time.
const ENDPOINTS: usize = 128;

#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Entry {
    /// 0: free.
    key: u64,
    used_at: i64,
    breaker: Breaker,
    calls: u64,
    failures: u64,
    /// Requests under way, in all databases' workers.
    in_flight: u32,
    padding: u32,
}

// SAFETY: numbers only.
unsafe impl Plain for Entry {}

static KNOWN: SharedArray<Entry> = SharedArray::new(c"router endpoints", size, 1);

fn size() -> usize {
    ENDPOINTS * size_of::<Entry>()
}

/// To be called from `_PG_init`.
pub fn init() {
    KNOWN.reserve();
}

/// What is known of one endpoint.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    pub calls: u64,
    pub failures: u64,
    pub in_flight: u32,
    /// Microseconds until it is tried again; 0: it is not left alone.
    pub wait: i64,
    pub state: &'static str,
}

/// An endpoint's key from its address.
pub fn key(address: &str) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one(address.trim_end_matches('/')).max(1)
}

/// Whether a request to it would go out now. Changes nothing.
pub fn would_admit(key: u64) -> bool {
    let now = process::now();
    KNOWN.with_all(|all| all.iter().find(|e| e.key == key).is_none_or(|e| e.breaker.would_admit(now))).unwrap_or(true)
}

pub fn known(key: u64) -> Known {
    let now = process::now();
    let entry = KNOWN.with_all(|all| all.iter().find(|e| e.key == key).copied()).flatten();
    let unknown = Known { state: "closed", ..Known::default() };
    entry.map_or(unknown, |e| Known {
        calls: e.calls,
        failures: e.failures,
        in_flight: e.in_flight,
        wait: e.breaker.wait(now),
        state: e.breaker.state(now),
    })
}

/// For a worker: asks leave for one request; with it, the request counts as under way until [`ended`].
pub fn begin(key: u64) -> Admission {
    change(key, |entry, now| {
        let admission = entry.breaker.admit(now);
        if matches!(admission, Admission::Yes | Admission::Probe) {
            entry.in_flight = entry.in_flight.saturating_add(1);
            entry.calls = entry.calls.saturating_add(1);
        }
        admission
    })
    .unwrap_or(Admission::Yes)
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Success,
    /// The endpoint's fault; it may have asked to be left alone for so many microseconds.
    Failure {
        asked: Option<i64>,
    },
    /// It says nothing of the endpoint: the caller left, or the request itself was bad.
    Nothing,
}

pub fn ended(key: u64, end: End) {
    change(key, |entry, now| {
        entry.in_flight = entry.in_flight.saturating_sub(1);
        match end {
            End::Success => entry.breaker.success(),
            End::Failure { asked } => {
                entry.failures = entry.failures.saturating_add(1);
                entry.breaker.failure(now, asked);
            }
            End::Nothing => entry.breaker.withdraw_probe(),
        }
    });
}

fn change<R>(key: u64, f: impl FnOnce(&mut Entry, i64) -> R) -> Option<R> {
    let now = process::now();
    KNOWN
        .with_all(|all| {
            let own = all.iter().position(|e| e.key == key);
            let i = own.or_else(|| (0..all.len()).min_by_key(|i| (all[*i].key != 0, all[*i].used_at)))?;
            let entry = &mut all[i];
            if own.is_none() {
                *entry = Entry { key, ..EMPTY };
            }
            entry.used_at = now;
            Some(f(entry, now))
        })
        .flatten()
}

const EMPTY: Entry = Entry {
    key: 0,
    used_at: 0,
    breaker: Breaker { open_until: 0, probing_until: 0, pause_until: 0, failures: 0, opened: 0 },
    calls: 0,
    failures: 0,
    in_flight: 0,
    padding: 0,
};
