//! What comes back.

use serde::Serialize;

use crate::quickspec::QuickSpec;
use crate::semantic::Layer;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Ok,
    /// More than one reading, or a part that is not understood: `alternatives` says which.
    Clarify,
    /// Not a question that these data can answer.
    Refused,
}

/// Something that the prompt names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entity {
    /// As written.
    pub text: String,
    /// `dataset`, `dimension`, `measure`, `time`, `key` or `value`.
    pub kind: &'static str,
    /// What it names: `schema.table.column`, for values with `= 'stored value'`.
    pub meaning: String,
    pub confidence: f32,
}

/// Another reading, and how it differs from the chosen one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    pub spec: QuickSpec,
    pub difference: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: Status,
    pub source: &'static str,
    pub intent: &'static str,
    /// Probability that the answer is right, 0..1.
    pub confidence: f32,
    pub layer: Option<Layer>,
    pub dataset: Option<String>,
    pub spec: Option<QuickSpec>,
    /// One SELECT; only with `Status::Ok`.
    pub sql: Option<String>,
    /// One sentence.
    pub explain: String,
    pub entities: Vec<Entity>,
    pub alternatives: Vec<Alternative>,
    pub warnings: Vec<String>,
    /// The steps of the pipeline, for `router_explain`.
    pub steps: Vec<(&'static str, String)>,
    /// What the confidence was computed from; empty when it was not computed.
    pub evidence: Vec<f32>,
}

/// What is said to a request to change data.
pub(super) const NEVER_WRITES: &str = "The router answers questions; it never changes data.";

impl Answer {
    /// The question asks for a change of data: no other source may answer it either.
    pub fn refuses_to_write(&self) -> bool {
        self.status == Status::Refused && self.explain == NEVER_WRITES
    }

    pub fn refused(reason: impl Into<String>) -> Self {
        Self {
            status: Status::Refused,
            source: "error",
            intent: "unknown",
            confidence: 0.0,
            layer: None,
            dataset: None,
            spec: None,
            sql: None,
            explain: reason.into(),
            entities: Vec::new(),
            alternatives: Vec::new(),
            warnings: Vec::new(),
            steps: Vec::new(),
            evidence: Vec::new(),
        }
    }
}
