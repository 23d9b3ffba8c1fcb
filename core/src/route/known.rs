//! An answer whose spec is known already: taught, chosen, or re-bound from a similar question.

use serde_json::Value;

use super::answer::{Answer, Status};
use super::ask::sql_clock;
use super::context::Context;
use super::{explain, intent};
use crate::quickspec::QuickSpec;
use crate::semantic::SemanticModel;
use crate::sql::build;

/// Answers with `spec`. `None` when it does not fit what the caller may see or asks over: the question is
/// then read like any other.
pub fn answer_known(
    mut spec: QuickSpec,
    model: &SemanticModel,
    context: &Context,
    source: &'static str,
    confidence: f32,
    why: &str,
) -> Option<Answer> {
    let root = model.dataset_index(&spec.dataset)?;
    if !context.scope(model).ok()?.get(root).copied().unwrap_or(false) {
        return None;
    }
    let mut warnings = Vec::new();
    for (column, condition) in &context.filters {
        if model.datasets[root].column_index(column).is_none() {
            warnings.push(format!("the filter on \"{column}\" was ignored: {} has no such column", spec.dataset));
            continue;
        }
        match spec.filters.get(column) {
            Some(said) if said != condition => {
                warnings.push(format!("the question's own condition on \"{column}\" was kept"));
            }
            _ => {
                spec.filters.insert(column.clone(), Value::clone(condition));
            }
        }
    }
    let sql = build(&spec, model, &sql_clock(context)).ok()?;
    let described = explain::describe(&spec);
    Some(Answer {
        status: Status::Ok,
        source,
        intent: intent::of_spec(&spec, model, root),
        confidence,
        layer: Some(model.datasets[root].layer),
        dataset: Some(spec.dataset.clone()),
        explain: format!("{described}, from {} ({why}).", spec.dataset),
        sql: Some(sql),
        entities: Vec::new(),
        alternatives: Vec::new(),
        warnings,
        steps: vec![(source, why.to_owned()), ("spec", described)],
        spec: Some(spec),
        evidence: Vec::new(),
    })
}
