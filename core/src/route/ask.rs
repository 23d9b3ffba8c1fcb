//! One pass: question, drafts over every dataset in scope, the best of them, its SQL.

use super::answer::{Alternative, Answer, Entity, NEVER_WRITES, Status};
use super::confidence::{self, Verdict};
use super::context::{Context, ContextError};
use super::{doubts, explain, followup, intent};
use crate::quickspec::QuickSpec;
use crate::reading::{Cue, Draft, Item, Question, Weights, draft, merge_filters, nominate, to_spec};
use crate::semantic::{Aggregation, ColumnRef, Layer, Lexicon, Role, SemanticModel, most_named, narrow, paths_from};
use crate::sql::{SqlClock, build};

/// Answers a prompt. `lexicon` is compiled from `model`.
pub fn ask(prompt: &str, model: &SemanticModel, lexicon: &Lexicon, context: &Context) -> Result<Answer, ContextError> {
    ask_weighed(prompt, model, lexicon, context, Weights::SHIPPED)
}

/// The same, with readings scored by other weights.
pub fn ask_weighed(
    prompt: &str,
    model: &SemanticModel,
    lexicon: &Lexicon,
    context: &Context,
    weights: Weights,
) -> Result<Answer, ContextError> {
    let scope = context.scope(model)?;
    let within = (!context.datasets.is_empty()).then_some(scope.as_slice());
    let mut q = Question::parse(prompt, lexicon, &context.clock, within);
    q.weights = weights;
    narrow(&mut q.mentions, model, MOST_ROOTS);
    nominate(&mut q, model, lexicon, &scope);
    if q.has(Cue::Write) && write_request(&q) {
        return Ok(Answer::refused(NEVER_WRITES));
    }
    let mut warnings: Vec<String> =
        q.corrections.iter().map(|(from, to)| format!("read \"{from}\" as \"{to}\"")).collect();
    warnings.extend(q.times.notes.iter().cloned());
    if let Some(previous) = &context.previous
        && let Some(answer) = followup::ask(&q, model, context, previous, &warnings)
    {
        return Ok(answer);
    }
    let mut drafts = drafts(&q, model, &scope, context);
    let Some(best) = (!drafts.is_empty()).then(|| drafts.remove(0)) else {
        return Ok(Answer::refused(format!(
            "Nothing in \"{}\" names something that is registered here.",
            shorten(prompt)
        )));
    };
    let mut spec = to_spec(&best, &q, model);
    let ignored = add_context_filters(&mut spec, &best, model, context);
    warnings.extend(ignored);
    let sql = match build(&spec, model, &sql_clock(context)) {
        Ok(sql) => sql,
        Err(e) => return Ok(Answer::refused(format!("The question was understood, but not answerable: {e}."))),
    };
    warnings.extend(fan_out(&best, model));
    let intent = intent::classify(&q, &best, &spec, model);
    let runner_up = drafts.first();
    let evidence = confidence::evidence(&q, &best, runner_up, model);
    let mut verdict = confidence::judge(&q, &best, &evidence, model);
    if verdict.status == Status::Ok
        && let Some(reason) = doubts::doubt(&q, prompt, &best, &drafts, model)
    {
        verdict = Verdict { status: Status::Clarify, confidence: verdict.confidence.min(0.3), reason };
    }
    if verdict.status == Status::Clarify
        && let Some(reason) = doubts::foreign(&q, &best)
    {
        verdict.reason = reason;
    }
    let Verdict { status, confidence, reason } = verdict;
    let layer = model.datasets[best.root].layer;
    let alternatives = if status == Status::Ok { Vec::new() } else { alternatives(&q, &best, &spec, &drafts, model) };
    let explanation = match status {
        Status::Ok => explain::sentence(&spec, &best, model),
        _ => reason,
    };
    let mut steps = explain::steps(&q, prompt, &best, &spec, &drafts, model, intent, confidence);
    if !matches!(q.language.code, "en" | "und") {
        steps.insert(0, ("language", crate::prompt::language_name(q.language.code).to_owned()));
    }
    Ok(Answer {
        status,
        source: if confidence > 0.9 {
            "direct_routing"
        } else if confidence > 0.7 {
            "intent"
        } else {
            "keyword_matching"
        },
        intent,
        confidence,
        layer: Some(layer),
        dataset: Some(spec.dataset.clone()),
        sql: (status == Status::Ok).then_some(sql),
        spec: Some(spec),
        explain: explanation,
        entities: entities(&q, prompt, &best, model),
        alternatives,
        warnings,
        steps,
        evidence: evidence.0.to_vec(),
    })
}

/// A verb of change at the head of the sentence or of a statement after it.
fn write_request(q: &Question) -> bool {
    q.cues.iter().filter(|c| c.cue == Cue::Write).map(|c| c.words.start).any(|at| {
        at == 0
            || q.words[at - 1].is_symbol(";")
            || q.words[..at]
                .iter()
                .all(|w| crate::prompt::is_stopword(&w.norm) || w.kind != crate::prompt::TokenKind::Word)
    })
}

/// Readings over every dataset that the question may be about, best first.
fn drafts(q: &Question, model: &SemanticModel, scope: &[bool], context: &Context) -> Vec<Draft> {
    let mut roots = most_named(&q.mentions, MOST_ROOTS);
    if roots.is_empty() && asks_something(q) {
        roots = (0..model.datasets.len()).filter(|d| scope[*d]).take(MOST_ROOTS).collect();
    }
    if q.has(Cue::Raw) {
        let raw = |d: &usize| scope[*d] && model.datasets[*d].layer == Layer::Bronze && !roots.contains(d);
        let more: Vec<usize> = (0..model.datasets.len()).filter(raw).take(MOST_ROOTS).collect();
        roots.extend(more);
    }
    let wanted = context.filters.keys().collect::<Vec<_>>();
    let mut drafts: Vec<Draft> = roots
        .into_iter()
        .filter_map(|root| {
            let mut d = draft(q, model, root, &context.clock)?;
            // A dataset that can't honour the caller's filters is the wrong one.
            let missing = wanted.iter().filter(|k| model.datasets[root].column_index(k).is_none()).count();
            d.score -= q.weights.page_filter * missing as f32;
            Some(d)
        })
        .collect();
    drafts.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.root.cmp(&b.root)));
    drafts
}

/// Datasets that are read in full per question.
const MOST_ROOTS: usize = 24;

/// A question without a name in it may still ask for the usual ("monthly trend 2024").
fn asks_something(q: &Question) -> bool {
    let content = q.items_unknown()
        - usize::from(
            q.words.iter().any(|w| w.is_any(&["bronze", "silver", "gold", "platinum"])) && q.items_unknown() > 0,
        );
    content == 0
        && (!q.times.matches.is_empty()
            || !q.grains.is_empty()
            || q.has(Cue::Trend)
            || q.has(Cue::Overview)
            || q.has(Cue::Forecast)
            || q.has(Cue::Raw)
            || q.has(Cue::Latest)
            || q.cues.iter().any(|c| matches!(c.cue, Cue::Superlative(_))))
}

pub(super) fn sql_clock(context: &Context) -> SqlClock {
    SqlClock {
        timezone: context.clock.now.time_zone().iana_name().unwrap_or("UTC").to_owned(),
        week_start: context.clock.week_start,
    }
}

/// Filters of the caller's page hold besides the prompt's own; the prompt wins on its columns.
fn add_context_filters(spec: &mut QuickSpec, d: &Draft, model: &SemanticModel, context: &Context) -> Vec<String> {
    let mut ignored = Vec::new();
    for (column, condition) in &context.filters {
        if spec.filters.contains_key(column) {
            ignored.push(format!("the prompt's own condition on {column} replaces the page's filter"));
        } else if model.datasets[d.root].column_index(column).is_some() {
            merge_filters(&mut spec.filters, column.clone(), condition.clone());
        } else {
            ignored.push(format!("the filter on {column} was not applied: {} has no such column", spec.dataset));
        }
    }
    ignored
}

fn alternatives(
    q: &Question,
    best: &Draft,
    chosen: &QuickSpec,
    drafts: &[Draft],
    model: &SemanticModel,
) -> Vec<Alternative> {
    let mut out: Vec<Alternative> =
        vec![Alternative { spec: chosen.clone(), difference: "the likeliest reading".into() }];
    if best.forks.len() > 1 {
        let over = |fork: &Vec<ColumnRef>| {
            let names: Vec<String> = fork.iter().map(|c| crate::reading::column_name(model, best.root, *c)).collect();
            Alternative {
                difference: format!("joined over {}", names.join(" and ")),
                spec: QuickSpec { via: chosen.via.iter().cloned().chain(names).collect(), ..chosen.clone() },
            }
        };
        return best.forks.iter().map(over).collect();
    }
    if let (Some((second, agg)), []) = (best.second_measure, best.forks.as_slice())
        && second.is_none_or(|c| best.paths.contains_key(&c.dataset))
    {
        let y = second.map(|c| crate::reading::column_name(model, best.root, c));
        let spec = QuickSpec { y, agg, ..chosen.clone() };
        out.push(Alternative { difference: format!("{} instead", explain::figure(spec.y.as_deref(), agg)), spec });
    }
    for d in drafts.iter().take(6) {
        if out.len() >= 3 {
            break;
        }
        let spec = to_spec(d, q, model);
        if out.iter().all(|a| a.spec != spec) {
            let difference = explain::difference(chosen, &spec);
            out.push(Alternative { spec, difference });
        }
        if out.len() == 3 {
            break;
        }
    }
    out
}

fn entities(q: &Question, prompt: &str, d: &Draft, model: &SemanticModel) -> Vec<Entity> {
    d.items
        .placed
        .iter()
        .filter_map(|p| {
            let (kind, meaning) = match p.item {
                Item::Column(c) => {
                    let kind = match model.column(c).role {
                        Role::Dimension => "dimension",
                        Role::Measure => "measure",
                        Role::Time => "time",
                        Role::Key => "key",
                    };
                    (kind, format!("{}.{}", model.datasets[c.dataset].full_name(), model.column(c).name))
                }
                Item::Value(c, v) => {
                    let column = model.column(c);
                    (
                        "value",
                        format!("{}.{} = '{}'", model.datasets[c.dataset].full_name(), column.name, model.value(c, v)),
                    )
                }
                Item::Dataset(k) => ("dataset", model.datasets[k].full_name()),
                Item::Time(t) => ("time", q.times.matches[t].reading.clone()),
                _ => return None,
            };
            Some(Entity { text: q.text(prompt, &p.words), kind, meaning, confidence: p.score })
        })
        .collect()
}

fn shorten(prompt: &str) -> String {
    let short: String = prompt.chars().take(80).collect();
    if short.len() < prompt.len() { format!("{short}...") } else { short }
}

/// Warns when a join multiplies the rows that are added up.
fn fan_out(d: &Draft, model: &SemanticModel) -> Option<String> {
    let y = d.y?;
    if !matches!(d.agg, Aggregation::Sum | Aggregation::Avg | Aggregation::Median | Aggregation::Count) {
        return None;
    }
    if d.datasets.iter().all(|k| *k == y.dataset) {
        return None;
    }
    let paths = paths_from(model, y.dataset);
    let many = d.datasets.iter().find(|k| paths.get(k).is_some_and(|p| p.steps.iter().any(|s| !s.to_one)))?;
    Some(format!(
        "rows of {} count once for each of their rows in {}",
        model.datasets[y.dataset].full_name(),
        model.datasets[*many].full_name()
    ))
}
