//! The context a prompt is asked in.

use serde_json::{Map, Value};

use crate::quickspec::QuickSpec;
use crate::semantic::SemanticModel;
use crate::time::Clock;

/// Everything besides the prompt that an answer depends on.
#[derive(Debug, Clone)]
pub struct Context {
    pub clock: Clock,
    /// `schema.table` or `schema.*`; empty means everything the caller may see.
    pub datasets: Vec<String>,
    /// Column -> condition, added to what the prompt says (`filters` and `activeFilters`).
    pub filters: Map<String, Value>,
    /// The spec of the turn before.
    pub previous: Option<QuickSpec>,
    /// The page the caller looks at: a hint, shown in the explanation.
    pub current_page: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    #[error("the context names dataset {0:?}, which is not registered or not yours to read")]
    UnknownDataset(String),
}

impl Context {
    /// Which datasets of the model take part.
    pub fn scope(&self, model: &SemanticModel) -> Result<Vec<bool>, ContextError> {
        if self.datasets.is_empty() {
            return Ok(vec![true; model.datasets.len()]);
        }
        let mut scope = vec![false; model.datasets.len()];
        for pattern in &self.datasets {
            let named: Vec<usize> = match pattern.strip_suffix(".*") {
                Some(schema) => (0..scope.len()).filter(|d| model.datasets[*d].schema == schema).collect(),
                None => model.datasets.called(pattern).into_iter().collect(),
            };
            if named.is_empty() {
                return Err(ContextError::UnknownDataset(pattern.clone()));
            }
            named.into_iter().for_each(|d| scope[d] = true);
        }
        Ok(scope)
    }
}
