//! What was worked out once is not worked out again: four layers in the server's shared memory, and the answers this
//! connection got last in its own.
//!
//! | layer | holds | lives |
//! |---|---|---|
//! | `embedding` | vectors of texts that a remote encoder made | 3600 s |
//! | `similarity` | the similar questions found for a prompt | 1800 s |
//! | `query_result` | rows, if `router.cache_results` is on | 900 s |
//! | `spec` | whole answers of `router_route` | 7200 s |
//!
//! An entry's key holds everything that its value depends on ([`key`]), in full: a hit is a comparison of bytes, not of
//! hashes. Nothing is looked up or stored by a transaction that has changed the model itself. What is found is checked
//! again before it is used (see [`spec`]).

mod changed;
mod counters;
mod kept;
mod key;
mod local;
pub mod results;
pub mod settings;
pub mod spec;
mod store;

pub use counters::stats;
pub use kept::kept;

/// In the order of their numbers in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    Embedding,
    Similarity,
    QueryResult,
    Spec,
}

impl Layer {
    pub const ALL: [Self; 4] = [Self::Embedding, Self::Similarity, Self::QueryResult, Self::Spec];

    pub fn name(self) -> &'static str {
        match self {
            Self::Embedding => "embedding",
            Self::Similarity => "similarity",
            Self::QueryResult => "query_result",
            Self::Spec => "spec",
        }
    }
}

/// Asks for the shared memory, if the library is being preloaded.
pub fn init() {
    store::init();
    counters::init();
}

/// Drops every entry of this database whose question matches a LIKE pattern, regardless of case; how many.
pub fn invalidate(pattern: &str) -> u64 {
    store::invalidate(pattern)
}

pgrx::extension_sql_file!(
    "../../sql/cache/triggers.sql",
    name = "cache_triggers",
    requires = ["catalog_tables", "similarity_tables", "guard_allowed_functions", changed::router_knowledge_changed]
);
