//! Questions whose answer is known: taught in the same words, re-bound from a similar one, or by a template.

use router_core::quickspec::QuickSpec;
use router_core::route::{Answer, Status, answer_known};
use router_core::similarity::{Scale, rebind};

use super::chain::Asked;
use super::settings;
use crate::error::Result;
use crate::similarity::{self, Known};

/// A similar question must be this near (cosine of the local encoder) before its slots are looked at. Low,
/// because other brands, places and periods move a short question far: the slots decide.
const NEAR: f64 = 0.35;

/// The answer taught for exactly these words. Follow-ups are read in their own context instead.
pub fn taught(asked: &Asked<'_>) -> Result<Option<Answer>> {
    if asked.is_follow_up() {
        return Ok(None);
    }
    let Some(known) = similarity::exact(asked.prompt)? else { return Ok(None) };
    let confidence = (0.5 + 0.5 * known.success_score as f32).min(0.99);
    Ok(spec_of(known.spec).and_then(|spec| {
        answer_known(spec, &asked.known.model, asked.context, "similarity", confidence, "taught for these words")
    }))
}

/// What the store has for a question.
pub struct Similar {
    pub answer: Option<Answer>,
    /// What was looked at, for people.
    pub detail: String,
}

/// The answer of a similar past question whose slots fit those of `local`, the router's own reading.
pub fn similar(asked: &Asked<'_>, local: &Answer) -> Result<Similar> {
    let nothing = |detail: &str| Ok(Similar { answer: None, detail: detail.to_owned() });
    if asked.is_follow_up() {
        return nothing("a follow-up is compared with no past question");
    }
    let Some(now) = &local.spec else { return nothing("no slots to compare") };
    let near = similarity::nearest(asked.prompt, NEAR, settings::max_similarity_results())?;
    let Some(nearest) = near.first() else { return nothing("no past question is near") };
    let detail = format!("{} near, none with the same slots; the nearest is \"{}\"", near.len(), nearest.query);
    let answer = near.iter().find_map(|past| reuse(past, now, asked, local));
    let detail = answer.as_ref().map_or(detail, |a| a.steps.first().map(|(_, d)| d.clone()).unwrap_or_default());
    Ok(Similar { answer, detail })
}

fn reuse(past: &Known, now: &QuickSpec, asked: &Asked<'_>, local: &Answer) -> Option<Answer> {
    let taught = spec_of(past.spec.clone())?;
    let then = asked.read_as(&past.query, asked.context).ok()?.spec?;
    let spec = rebind(&taught, &then, now)?;
    let score = (Scale::IDENTITY.score(past.similarity) * past.success_score) as f32;
    let own = if local.status == Status::Ok { local.confidence } else { 0.0 };
    let why = format!("like \"{}\"", past.query);
    let known = answer_known(spec, &asked.known.model, asked.context, "similarity", score.max(own), &why)?;
    Some(Answer { entities: local.entities.clone(), warnings: local.warnings.clone(), ..known })
}

/// Template answers are right as often as their words are meant so.
const TEMPLATE_CONFIDENCE: f32 = 0.6;

/// The answer of a template whose words explain all of a question.
pub fn template(asked: &Asked<'_>) -> Result<Option<Answer>> {
    if asked.is_follow_up() {
        return Ok(None);
    }
    Ok(similarity::templates_for(asked.prompt)?.into_iter().find_map(|(name, spec)| {
        let why = format!("template \"{name}\"");
        let model = &asked.known.model;
        answer_known(spec_of(Some(spec))?, model, asked.context, "template", TEMPLATE_CONFIDENCE, &why)
    }))
}

fn spec_of(spec: Option<serde_json::Value>) -> Option<QuickSpec> {
    serde_json::from_value(spec?).ok()
}
