//! For the people who teach by example: questions, intents, ratings, choices.

use pgrx::JsonB;
use pgrx::prelude::*;

use crate::error::{Error, SqlResult as Result};
use crate::pg::{JsonArg, Vector};
use crate::similarity;
use crate::telemetry::{self, Operation};

/// Teaches that a question is answered by a spec, is an example of an intent, or both. The same words by the
/// same role replace what was taught before. Returns the id.
#[pg_extern]
fn router_teach(
    prompt: Option<&str>,
    spec: default!(Option<JsonArg>, "NULL"),
    intent: default!(Option<&str>, "NULL"),
) -> Result<i64> {
    let prompt = prompt.ok_or_else(|| Error::null("the question must not be null"))?;
    let spec = spec.map(|s| s.value("spec")).transpose()?;
    Ok(similarity::teach(prompt, spec.as_ref(), intent)?)
}

/// Takes back what was taught. False when there is nothing of that id that the caller may take back.
#[pg_extern(strict)]
fn router_forget(id: i64) -> Result<bool> {
    Ok(similarity::forget(id)?)
}

/// Defines (or replaces) a template: when a question is not understood otherwise, and says one of the patterns and
/// nothing else, the spec answers it.
#[pg_extern(strict)]
fn router_template(name: &str, patterns: Vec<Option<String>>, spec: JsonB) -> Result<()> {
    let patterns: Vec<String> = patterns.into_iter().flatten().collect();
    Ok(similarity::define_template(name, &patterns, &spec.0)?)
}

/// Rates one of this connection's answers, 1 (wrong) to 5 (right).
#[pg_extern]
fn router_feedback(
    request_id: Option<&str>,
    rating: Option<i32>,
    comment: default!(Option<&str>, "NULL"),
) -> Result<()> {
    let id = request_id.ok_or_else(|| Error::null("the request id must not be null"))?;
    let rating = rating.ok_or_else(|| Error::null("the rating must not be null"))?;
    Ok(similarity::rate(id, rating, comment)?)
}

/// Takes one of an answer's alternatives, counted from 1: from now on it is the caller's answer to that question.
#[pg_extern(strict)]
fn router_choose(request_id: &str, alternative: i32) -> Result<i64> {
    Ok(similarity::choose(request_id, alternative)?)
}

/// Stored questions near a vector (of the local encoder: `router_embed(text)`), most similar first.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn match_query_embeddings(
    query_embedding: Option<Vector>,
    match_threshold: default!(f64, "0.8"),
    match_count: default!(i32, "5"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(original_query, String),
            name!(similarity, f64),
            name!(quickspec, Option<JsonB>),
            name!(usage_count, i64),
        ),
    >,
> {
    let vector = query_embedding.ok_or_else(|| Error::null("the query embedding must not be null"))?;
    let count = usize::try_from(match_count).map_err(|_| Error::invalid("match_count must not be negative"))?;
    if match_threshold.is_nan() {
        return Err(Error::invalid("match_threshold must be a number").into());
    }
    if vector.0.iter().all(|x| *x == 0.0) {
        return Err(Error::invalid("the query embedding is the zero vector, which is near nothing")
            .with_hint("router_embed() gives it for texts without a word")
            .into());
    }
    let found = similarity::nearest_to(&vector.0, match_threshold, count)?;
    Ok(TableIterator::new(found.into_iter().map(|k| (k.query, k.similarity, k.spec.map(JsonB), k.usage_count))))
}

/// Fits the local intent classifier to the taught questions. Returns the report of its cross-validation.
#[pg_extern]
fn router_train() -> Result<JsonB> {
    Ok(JsonB(similarity::train()?))
}

/// Rows of `router_intent`.
const MOST_INTENTS: usize = 5;

/// The likeliest intents of a prompt by the trained classifier, `out_of_scope` among them.
#[pg_extern(stable, strict)]
fn router_intent(prompt: &str) -> Result<TableIterator<'static, (name!(intent, String), name!(confidence, f64))>> {
    Ok(TableIterator::new(telemetry::observe(Operation::Intent, || similarity::classify(prompt, MOST_INTENTS))?))
}
