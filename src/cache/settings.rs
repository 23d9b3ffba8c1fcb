//! Settings of the caches.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use super::Layer;

/// Kilobytes.
static SHARED_CACHE_SIZE: GucSetting<i32> = GucSetting::<i32>::new(16 * 1024);
static CACHE: GucSetting<bool> = GucSetting::<bool>::new(true);
static CACHE_RESULTS: GucSetting<bool> = GucSetting::<bool>::new(false);
/// Seconds, in the order of the layers.
static EMBEDDING: GucSetting<i32> = GucSetting::<i32>::new(3600);
static SIMILARITY: GucSetting<i32> = GucSetting::<i32>::new(1800);
static QUERY_RESULT: GucSetting<i32> = GucSetting::<i32>::new(900);
static SPEC: GucSetting<i32> = GucSetting::<i32>::new(7200);

/// Called once, before the prefix is reserved.
pub fn define() {
    GucRegistry::define_int_guc(
        c"router.shared_cache_size",
        c"Shared memory for the caches",
        c"0 is none: each connection then keeps its own small cache. Needs shared_preload_libraries.",
        &SHARED_CACHE_SIZE,
        0,
        i32::MAX / 2,
        crate::pg::shared::at_server_start(),
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_bool_guc(
        c"router.cache",
        c"Answers from caches",
        c"off works everything out anew and stores nothing.",
        &CACHE,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"router.cache_results",
        c"Keeps the rows of queries too",
        c"An entry dies when a table it read changes; rows filtered by row security are never kept.",
        &CACHE_RESULTS,
        GucContext::Userset,
        GucFlags::default(),
    );
    let lifetimes = [
        (c"router.cache_ttl_embedding", c"How long vectors of a remote encoder are kept", &EMBEDDING),
        (c"router.cache_ttl_similarity", c"How long the similar questions found for a prompt are kept", &SIMILARITY),
        (c"router.cache_ttl_query_result", c"How long rows are kept, if router.cache_results is on", &QUERY_RESULT),
        (c"router.cache_ttl_spec", c"How long answers of router_route are kept", &SPEC),
    ];
    for (name, what, setting) in lifetimes {
        GucRegistry::define_int_guc(
            name,
            what,
            c"0 keeps nothing.",
            setting,
            0,
            i32::MAX / 1000,
            GucContext::Suset,
            GucFlags::UNIT_S,
        );
    }
}

/// Bytes.
pub fn shared_cache_size() -> usize {
    SHARED_CACHE_SIZE.get().unsigned_abs() as usize * 1024
}

/// Microseconds that an entry of a layer lives; `None` if nothing is kept there.
pub fn lifetime(layer: Layer) -> Option<i64> {
    if !CACHE.get() || (layer == Layer::QueryResult && !CACHE_RESULTS.get()) {
        return None;
    }
    Some(i64::from(seconds(layer)) * 1_000_000).filter(|t| *t > 0)
}

pub fn seconds(layer: Layer) -> i32 {
    match layer {
        Layer::Embedding => EMBEDDING.get(),
        Layer::Similarity => SIMILARITY.get(),
        Layer::QueryResult => QUERY_RESULT.get(),
        Layer::Spec => SPEC.get(),
    }
}
