//! For the people who operate the caches.

use pgrx::prelude::*;

use crate::cache;
use crate::error::SqlResult as Result;

/// What each cache holds and did since the server (without preloading: the connection) started. `local_hits` were
/// answered from the connection's own copy, `shared_hits` from shared memory.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn router_cache_stats() -> TableIterator<
    'static,
    (
        name!(layer, String),
        name!(entries, i64),
        name!(bytes, i64),
        name!(hits, i64),
        name!(local_hits, i64),
        name!(shared_hits, i64),
        name!(misses, i64),
        name!(hit_rate, Option<f64>),
        name!(stored, i64),
        name!(evicted, i64),
        name!(expired, i64),
        name!(invalidated, i64),
        name!(ttl_seconds, i32),
    ),
> {
    let n = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    TableIterator::new(cache::stats().into_iter().map(move |s| {
        (
            s.layer.name().to_owned(),
            n(s.entries),
            n(s.bytes),
            n(s.hits()),
            n(s.local_hits),
            n(s.shared_hits),
            n(s.misses),
            s.hit_rate(),
            n(s.stored),
            n(s.evicted),
            n(s.expired),
            n(s.invalidated),
            s.ttl_seconds,
        )
    }))
}

/// Drops every cached entry of this database whose question matches a LIKE pattern (null: all of them), regardless of
/// case. Returns how many.
#[pg_extern]
fn router_cache_invalidate(pattern: default!(Option<&str>, "NULL")) -> Result<i64> {
    Ok(i64::try_from(cache::invalidate(pattern.unwrap_or("%"))).unwrap_or(i64::MAX))
}
