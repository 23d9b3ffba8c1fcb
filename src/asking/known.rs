//! Questions whose answer is known: taught in the same words, re-bound from a similar one, or by a template.

use router_core::quickspec::QuickSpec;
use router_core::route::{Alternative, Answer, Context, Status, answer_known};
use router_core::similarity::{self as same, Grains, has_open_slots, overlap, rebind, says_grain};
use router_core::time::{Clock, is_timeless};

use super::chain::Asked;
use crate::error::Result;
use crate::similarity::{self, Known};

/// The answer taught for exactly these words, and the question's id. Follow-ups are read in their own context instead.
pub fn taught(asked: &Asked<'_>) -> Result<Option<(Answer, i64)>> {
    if asked.is_follow_up() {
        return Ok(None);
    }
    let Some(known) = similarity::exact(asked.prompt)? else { return Ok(None) };
    let Some(spec) = spec_of(known.spec.clone()) else { return Ok(None) };
    let confidence = (0.5 + 0.5 * known.success_score as f32).min(0.99);
    let spec = moved_to_now(&spec, &known, asked).unwrap_or(spec);
    let answer =
        answer_known(spec, &asked.known.model, asked.context, "similarity", confidence, "taught for these words");
    Ok(answer.map(|answer| (answer, known.id)))
}

/// A spec that says "last month" by its dates, on a later day: the dates that the same words mean now. `None` when
/// its dates are not those that its words meant when it was taught.
fn moved_to_now(taught: &QuickSpec, known: &Known, asked: &Asked<'_>) -> Option<QuickSpec> {
    let then = at_time_of(known, asked)?;
    let meant = asked.read_as(&known.query, &then).ok()?.spec?;
    if meant.filters.is_empty() {
        return None;
    }
    let means = asked.read_as(asked.prompt, asked.context).ok()?.spec?;
    let grains = if says_grain(asked.prompt) { Grains::Said } else { Grains::Derived };
    rebind(taught, &meant, &means, grains)
}

/// The context of a past question: this one's, at the time when that was taught. `None` where that makes no other
/// reading: on the same day, and if the question names no time.
fn at_time_of(known: &Known, asked: &Asked<'_>) -> Option<Context> {
    let now = &asked.context.clock.now;
    let then = jiff::Timestamp::from_microsecond(known.taught_at).ok()?.to_zoned(now.time_zone().clone());
    (then.date() != now.date() && !is_timeless(&known.query, &asked.context.clock))
        .then(|| Context { clock: Clock { now: then, ..asked.context.clock.clone() }, ..asked.context.clone() })
}

/// What the store has for a question.
pub struct Similar {
    pub answer: Option<Answer>,
    /// The id of the question whose answer it is.
    pub question: Option<i64>,
    /// What was looked at, for people.
    pub detail: String,
    /// Why an encoder that should have been asked was not.
    pub warning: Option<String>,
}

/// The answer of a similar past question whose slots fit those of `local`, the router's own reading. Embeddings only
/// nominate: the slots decide. Another encoder than the local one is waited for where neither the local one finds
/// anything that fits nor the reading is above `sure`.
pub fn similar(asked: &Asked<'_>, local: &Answer, bar: f32, sure: f32) -> Result<Similar> {
    let nothing = |detail: &str| Ok(Similar { answer: None, question: None, detail: detail.to_owned(), warning: None });
    if asked.is_follow_up() {
        return nothing("a follow-up is compared with no past question");
    }
    if local.spec.is_none() {
        return nothing("no slots to compare");
    }
    let most = similarity::settings::max_similarity_results();
    let mut found = similarity::nearest(asked.prompt, bar.into(), most)?;
    let mut answer = found.iter().find_map(|past| reuse(past, asked, local));
    let mut warning = None;
    if answer.is_none() && !(local.status == Status::Ok && local.confidence > sure) {
        let other = similarity::nearest_by_other(asked.prompt, bar.into(), most)?;
        answer = other.found.iter().find_map(|past| reuse(past, asked, local));
        warning = other.warning;
        found.extend(other.found);
    }
    let detail = match (&answer, found.first()) {
        (Some((_, past)), _) => format!("its slots fit \"{}\"", past.query),
        (None, Some(nearest)) => {
            format!("{} near, none with the same slots; among them \"{}\"", found.len(), nearest.query)
        }
        (None, None) => "no past question is near".to_owned(),
    };
    let question = answer.as_ref().map(|(_, past)| past.id);
    Ok(Similar { answer: answer.map(|(answer, _)| answer), question, detail, warning })
}

fn reuse(past: &Known, asked: &Asked<'_>, local: &Answer) -> Option<(Answer, Known)> {
    let taught = spec_of(past.spec.clone())?;
    let asked_now = same::Question { text: asked.prompt, reading: local };
    let bind = |context: &Context| {
        let then = asked.read_as(&past.query, context).ok()?;
        let (past, new) = (same::Question { text: &past.query, reading: &then }, asked_now);
        same::reuse(&taught, past, new)
    };
    let spec = bind(asked.context).or_else(|| bind(&at_time_of(past, asked)?))?;
    let score = (past.similarity * past.success_score) as f32;
    // Where the router itself reads the same, both speak for the answer.
    let own = if local.status == Status::Ok && Some(&spec) == local.spec.as_ref() { local.confidence } else { 0.0 };
    let why = format!("like \"{}\"", past.query);
    let known = answer_known(spec, &asked.known.model, asked.context, "similarity", score.max(own), &why)?;
    Some((Answer { entities: local.entities.clone(), warnings: local.warnings.clone(), ..known }, past.clone()))
}

/// Template answers are right as often as their words are meant so.
const TEMPLATE_CONFIDENCE: f32 = 0.6;

/// The answer of a template whose words and slots explain all of a question.
pub fn template(asked: &Asked<'_>, local: &Answer) -> Result<Option<Answer>> {
    if asked.is_follow_up() {
        return Ok(None);
    }
    let model = &asked.known.model;
    Ok(similarity::templates_for(asked.prompt, local, model)?.into_iter().find_map(|(name, spec)| {
        let why = format!("template \"{name}\"");
        answer_known(spec, model, asked.context, "template", TEMPLATE_CONFIDENCE, &why)
    }))
}

/// Templates that share so many of their words with a question are worth offering.
const WORTH_OFFERING: f32 = 0.5;
const MOST_OFFERED: usize = 2;

/// Offers templates to whom the question could not be answered.
pub fn offer_templates(asked: &Asked<'_>, answer: &mut Answer) -> Result<()> {
    let model = &asked.known.model;
    let mut near: Vec<(f32, Alternative)> = similarity::all_templates()?
        .into_iter()
        .filter(|(_, _, spec)| model.dataset_index(&spec.dataset).is_some() && !has_open_slots(spec))
        .filter_map(|(name, patterns, spec)| {
            let fit = patterns.iter().map(|p| overlap(p, asked.prompt)).fold(0.0, f32::max);
            let difference = format!("template \"{name}\": ask \"{}\"", patterns.first()?);
            (fit >= WORTH_OFFERING).then_some((fit, Alternative { spec, difference }))
        })
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    answer.alternatives.extend(near.into_iter().take(MOST_OFFERED).map(|(_, a)| a));
    Ok(())
}

fn spec_of(spec: Option<serde_json::Value>) -> Option<QuickSpec> {
    serde_json::from_value(spec?).ok()
}
