//! Questions whose answer is known: taught in the same words, re-bound from a similar one, or by a template.

use router_core::quickspec::QuickSpec;
use router_core::route::{Answer, Context, Status, answer_known};
use router_core::semantic::SemanticModel;
use router_core::similarity::rebind;

use crate::error::Result;
use crate::similarity;

/// Readings surer than this are not second-guessed by similar questions.
const DIRECT: f32 = 0.9;

/// A similar question must be this near (cosine of the local encoder) before its slots are looked at. Low,
/// because other brands, places and periods move a short question far: the slots decide.
const NEAR: f64 = 0.35;

/// The answer taught for exactly these words. Follow-ups are read in their own context instead.
pub fn taught(prompt: &str, model: &SemanticModel, context: &Context) -> Result<Option<Answer>> {
    if context.previous.is_some() {
        return Ok(None);
    }
    let Some(known) = similarity::exact(prompt)? else { return Ok(None) };
    let confidence = (0.5 + 0.5 * known.success_score as f32).min(0.99);
    Ok(spec_of(known.spec)
        .and_then(|spec| answer_known(spec, model, context, "similarity", confidence, "taught for these words")))
}

/// `answer`, or a better founded one from a similar past question whose slots fit. `read` is the router's own
/// reading of a prompt.
pub fn similar(
    prompt: &str,
    answer: Answer,
    model: &SemanticModel,
    context: &Context,
    read: &dyn Fn(&str) -> Option<Answer>,
) -> Result<Answer> {
    let sure = answer.status == Status::Ok && answer.confidence > DIRECT;
    let Some(now) = answer.spec.as_ref().filter(|_| !sure && context.previous.is_none()) else { return Ok(answer) };
    for past in similarity::nearest(prompt, NEAR, 5)? {
        let Some(taught) = past.spec.clone().and_then(|spec| spec_of(Some(spec))) else { continue };
        let Some(then) = read(&past.query).and_then(|a| a.spec) else { continue };
        let Some(spec) = rebind(&taught, &then, now) else { continue };
        let confidence = (past.similarity * past.success_score).clamp(0.5, 0.95) as f32;
        let why = format!("like \"{}\"", past.query);
        if let Some(known) = answer_known(spec, model, context, "similarity", confidence.max(answer.confidence), &why) {
            return Ok(Answer { entities: answer.entities, warnings: answer.warnings, ..known });
        }
    }
    Ok(answer)
}

/// Template answers are right as often as their words are meant so.
const TEMPLATE_CONFIDENCE: f32 = 0.6;

/// `answer`, or for a question that has none the answer of a template whose words explain all of it.
pub fn template(prompt: &str, answer: Answer, model: &SemanticModel, context: &Context) -> Result<Answer> {
    if answer.status == Status::Ok || context.previous.is_some() {
        return Ok(answer);
    }
    let known = similarity::templates_for(prompt)?.into_iter().find_map(|(name, spec)| {
        let why = format!("template \"{name}\"");
        answer_known(spec_of(Some(spec))?, model, context, "template", TEMPLATE_CONFIDENCE, &why)
    });
    Ok(known.unwrap_or(answer))
}

fn spec_of(spec: Option<serde_json::Value>) -> Option<QuickSpec> {
    serde_json::from_value(spec?).ok()
}
