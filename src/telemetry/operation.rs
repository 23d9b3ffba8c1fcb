//! What is measured.

use std::time::{Duration, Instant};

use super::memory;
use crate::error::Result;

/// An operation with a histogram of its own, named as in `router_performance()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// From the prompt to the answer, whichever function asked.
    Route,
    /// Building and running, for those functions that return data.
    Query,
    Rows,
    Chart,
    /// Running the SQL of an answer, proof of its safety included.
    Execute,
    Validate,
    Embed,
    Similarity,
    Intent,
    Recommend,
    LanguageModel,
    EmbeddingEndpoint,
    /// Writing out a batch of decisions.
    LogBatch,
}

impl Operation {
    pub const ALL: [Self; 13] = [
        Self::Route,
        Self::Query,
        Self::Rows,
        Self::Chart,
        Self::Execute,
        Self::Validate,
        Self::Embed,
        Self::Similarity,
        Self::Intent,
        Self::Recommend,
        Self::LanguageModel,
        Self::EmbeddingEndpoint,
        Self::LogBatch,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Query => "query",
            Self::Rows => "rows",
            Self::Chart => "chart",
            Self::Execute => "execute",
            Self::Validate => "validate",
            Self::Embed => "embed",
            Self::Similarity => "similarity",
            Self::Intent => "intent",
            Self::Recommend => "recommend",
            Self::LanguageModel => "language_model",
            Self::EmbeddingEndpoint => "embedding_endpoint",
            Self::LogBatch => "log_batch",
        }
    }
}

/// Runs `f` and counts it, as failed if it returns an error or raises one.
pub fn observe<T>(operation: Operation, f: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut timing = Timing { operation, started: Instant::now(), failed: true };
    let outcome = f();
    timing.failed = outcome.is_err();
    outcome
}

/// Counts one call that was timed elsewhere.
pub fn measured(operation: Operation, took: Duration, failed: bool) {
    memory::measure(operation, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), failed);
}

/// Counts when dropped, so that an error which unwinds is counted too.
struct Timing {
    operation: Operation,
    started: Instant,
    failed: bool,
}

impl Drop for Timing {
    fn drop(&mut self) {
        measured(self.operation, self.started.elapsed(), self.failed);
    }
}
