//! For the people who teach by example: questions, intents, ratings, choices.

use pgrx::JsonB;
use pgrx::prelude::*;

use crate::error::{Error, SqlResult as Result};
use crate::pg::{JsonArg, Regprocedure, Vector};
use crate::telemetry::{self, Operation};
use crate::{asking, catalog, guc, similarity};

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

/// Takes out what an encoder other than the local one has embedded. Returns how many vectors that were.
#[pg_extern(strict)]
fn router_drop_encoder(name: &str) -> Result<i64> {
    Ok(similarity::drop_encoder(name)?)
}

/// Defines (or replaces) a template: when a question is not understood otherwise, and says one of the patterns and
/// nothing else, the spec answers it.
#[pg_extern(strict)]
fn router_template(name: &str, patterns: Vec<Option<String>>, spec: JsonB) -> Result<()> {
    let patterns: Vec<String> = patterns.into_iter().flatten().collect();
    Ok(similarity::define_template(name, &patterns, &spec.0)?)
}

/// Defines (or replaces) a step of the fallback chain of one's own: `function(prompt text, context jsonb) RETURNS
/// jsonb` gives a QuickSpec@1, or `{"spec": ..., "confidence": ...}`, or null. The language model's step has priority
/// 100, similar questions 200, the router's unsure reading 300, templates 400, overviews 500. Without a function the
/// step is taken out.
#[pg_extern]
fn router_handler(name: Option<&str>, priority: Option<i32>, function: Option<Regprocedure>) -> Result<()> {
    let name = name.ok_or_else(|| Error::null("the handler's name must not be null"))?;
    let priority = priority.ok_or_else(|| Error::null("the priority must not be null"))?;
    Ok(similarity::define_handler(name, priority, function.map(|f| f.0))?)
}

/// What may be asked: completions of what somebody types, and with nothing typed (or a dataset's name) examples.
/// Over what the caller may see only; `context` as for `router_route`.
#[pg_extern(stable)]
#[allow(clippy::type_complexity)]
fn router_suggest(
    prefix: default!(Option<&str>, "''"),
    context: default!(JsonArg, "'{}'"),
    most: default!(i32, "10"),
) -> Result<
    TableIterator<
        'static,
        (name!(suggestion, String), name!(kind, String), name!(dataset, Option<String>), name!(confidence, f64)),
    >,
> {
    let most = usize::try_from(most).map_err(|_| Error::invalid("most must not be negative"))?.min(1_000);
    let context = asking::parse_context(&context.value("context")?)?;
    let limit = guc::max_query_length();
    if prefix.is_some_and(|p| p.chars().count() > limit) {
        return Err(Error::invalid(format!("the prefix is longer than {limit} characters")).into());
    }
    let known = catalog::model()?;
    let found = similarity::suggest(prefix.unwrap_or_default(), &known, &context, most)?;
    let rows = found
        .into_iter()
        .map(|s| (s.text, s.kind.to_owned(), s.dataset, (f64::from(s.confidence) * 1000.0).round() / 1000.0));
    Ok(TableIterator::new(rows))
}

/// Proposes templates, synonyms, questions and golden questions from questions of the last `days` that ended well,
/// each with at least `support` of them speaking for it. Nothing changes until `router_accept(id)`.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn router_mine(
    support: default!(i32, "3"),
    days: default!(i32, "30"),
) -> Result<
    TableIterator<
        'static,
        (name!(id, i64), name!(kind, String), name!(proposal, JsonB), name!(support, i32), name!(reason, String)),
    >,
> {
    let at_least = usize::try_from(support).ok().filter(|n| *n >= 2);
    let at_least = at_least.ok_or_else(|| Error::invalid(format!("support is {support}, less than 2")))?;
    if !(1..=3_650).contains(&days) {
        return Err(Error::invalid(format!("days is {days}, not 1 to 3650")).into());
    }
    let context = asking::parse_context(&serde_json::json!({}))?;
    let open = similarity::mine(at_least, days, &context)?;
    Ok(TableIterator::new(open.into_iter().map(|o| (o.id, o.kind, JsonB(o.content), o.support, o.reason))))
}

/// Does what a proposal of `router_mine()` says. Returns what that was, in words.
#[pg_extern(strict)]
fn router_accept(id: i64) -> Result<String> {
    Ok(similarity::accept(id)?)
}

/// Sets a proposal of `router_mine()` aside for good.
#[pg_extern(strict)]
fn router_reject(id: i64) -> Result<()> {
    Ok(similarity::reject(id)?)
}

/// Refits the confidence to what people told of answers: ratings and golden questions. Says what it learnt from.
#[pg_extern]
fn router_calibrate() -> Result<JsonB> {
    Ok(JsonB(crate::asking::calibration::calibrate()?))
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

/// Stored questions near a vector (of the local encoder: `router_embed(text)`), most similar first. Vectors of another
/// length are compared with those of the encoder that makes such.
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
    let encoder = similarity::check_vector(&vector.0)?;
    let found = similarity::nearest_to(&encoder, &vector.0, match_threshold, count)?;
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
