//! Questions that change the one before: "same for Mindanao", "by month instead", "as a pie".

use super::answer::{Answer, Status};
use super::ask::sql_clock;
use super::context::Context;
use super::explain;
use serde_json::{Value, json};

use crate::quickspec::{Chart, Measure, OrderBy, OrderTarget, QuickSpec, TopPer};
use crate::reading::{Cue, Draft, Item, Question, column_name, draft, to_spec};
use crate::semantic::{Aggregation, SemanticModel};
use crate::sql::build;

/// Words that lean on the question before.
const LEANING: &[&str] = &[
    "same", "instead", "now", "only", "just", "also", "again", "what", "and", "how", "about", "make", "it", "that",
    "as", "but", "then", "too", "them", "those",
];

/// Answers when the prompt reads as a change of `previous`; `None` when it stands on its own.
pub fn ask(
    q: &Question,
    model: &SemanticModel,
    context: &Context,
    previous: &QuickSpec,
    warnings: &[String],
) -> Option<Answer> {
    let root = model.dataset_index(&previous.dataset)?;
    let change = draft(q, model, root, &context.clock)?;
    if !leans(q, &change) {
        return None;
    }
    let new = to_spec(&change, q, model);
    let mut spec = previous.clone();
    let mut changed = false;
    for (column, condition) in &new.filters {
        let beside =
            if q.has(Cue::Compare) { previous.filters.get(column).and_then(|old| both(old, condition)) } else { None };
        if beside.is_some() && spec.split_by.is_none() && spec.x.as_ref() != Some(column) {
            // "compare that with Visayas" after "NCR": side by side.
            if spec.x.is_some() { spec.split_by = Some(column.clone()) } else { spec.x = Some(column.clone()) }
        }
        // "only Alaska" after "Oishi": the same column's condition is replaced.
        spec.filters.insert(column.clone(), beside.unwrap_or_else(|| condition.clone()));
        changed = true;
    }
    for column in widened(q, &change, model) {
        changed |= !new.filters.contains_key(&column) && spec.filters.remove(&column).is_some();
    }
    if new.filters.is_empty()
        && let Some((column, condition)) = another_year(&change, previous)
    {
        spec.filters.insert(column, condition);
        changed = true;
    }
    // "top 3 in each region", "the best of every month": what was ranked in all is ranked within each.
    let ranked = spec.top_k.is_some() || q.cues.iter().any(|c| matches!(c.cue, Cue::Superlative(_)));
    let within = ranked && spec.x.is_some() && q.words.iter().any(|w| w.is_any(&["each", "every"]));
    let subject = if spec.top_per == Some(TopPer::X) { &spec.split_by } else { &spec.x }.clone();
    let axes = (spec.x.clone(), spec.split_by.clone());
    if let (Some(grain), true, true) = (change.x_grain, within, subject.is_some() && subject != new.x) {
        (spec.x, spec.time_grain) = (new.x.clone(), Some(grain));
        (spec.split_by, spec.split_grain, spec.top_per) = (subject, None, Some(TopPer::X));
        changed = true;
    } else if let (Some(_), true, true) = (&new.x, within, subject.is_some() && subject != new.x) {
        (spec.x, spec.time_grain) = (subject, None);
        (spec.split_by, spec.split_grain, spec.top_per) = (new.x.clone(), None, Some(TopPer::Series));
        changed = true;
    } else if let Some(grain) = change.x_grain {
        spec.time_grain = Some(grain);
        if spec.x != new.x {
            spec.x.clone_from(&new.x);
        }
        spec.chart = if spec.chart == Chart::Table { Chart::Line } else { spec.chart };
        changed = true;
    } else if let Some(x) = new.x.as_ref().filter(|x| splits(q) && spec.x.is_some() && spec.x.as_ref() != Some(x)) {
        spec.split_by = Some(x.clone());
        changed = true;
    } else if let Some(x) = new.x.as_ref().filter(|_| grouped_by(q)) {
        spec.x = Some(x.clone());
        spec.time_grain = None;
        spec.chart = if spec.chart == Chart::Line { Chart::Bar } else { spec.chart };
        changed = true;
    }
    if spec.top_per.is_some() && !within && axes != (spec.x.clone(), spec.split_by.clone()) {
        // Ranked within groups that are no more: so many of each are not so many of all.
        (spec.top_per, spec.top_k, spec.order_by) = (None, None, None);
    }
    if !change.assumed_measure && new.y.is_some() {
        let adds = q.words.iter().any(|w| w.is_any(&["also", "add", "too", "plus"]));
        let figure = Measure { y: new.y.clone(), agg: new.agg };
        if adds && spec.x.is_some() && spec.agg != Aggregation::None {
            // "also show the volume"
            spec.more_measures.push(figure);
        } else {
            (spec.y, spec.agg) = (figure.y, figure.agg);
            spec.more_measures.clear();
        }
        spec.more_measures.extend(new.more_measures.iter().cloned());
        changed = true;
    }
    if let Some(chart) = change.chart {
        spec.chart = chart;
        changed = true;
    }
    if let Some(dir) = q.cues.iter().find_map(|c| match c.cue {
        Cue::Superlative(dir) => Some(dir),
        _ => None,
    }) {
        spec.order_by = Some(OrderBy { by: OrderTarget::Y, dir });
        spec.top_k = number(&change).or(spec.top_k).or(Some(1));
        changed = true;
    }
    if spec.top_per.is_some() && spec.top_k.is_some() && change.chart.is_none() {
        spec.chart = Chart::Bar;
    }
    if let Some(order) = &q.order {
        spec.order_by = Some(OrderBy { by: order.target.unwrap_or(OrderTarget::Y), dir: order.dir });
        changed = true;
    }
    if !changed {
        return None;
    }
    let sql = build(&spec, model, &sql_clock(context)).ok()?;
    let steps = vec![("previous", explain::describe(previous)), ("change", explain::describe(&spec))];
    Some(Answer {
        status: Status::Ok,
        source: "direct_routing",
        intent: super::intent::of_spec(&spec, model, root),
        confidence: if change.unknown.is_empty() { 0.9 } else { 0.7 },
        layer: Some(model.datasets[root].layer),
        dataset: Some(spec.dataset.clone()),
        explain: format!("{}, from {}.", explain::describe(&spec), spec.dataset),
        sql: Some(sql),
        spec: Some(spec),
        entities: Vec::new(),
        alternatives: Vec::new(),
        warnings: warnings.to_vec(),
        steps,
        evidence: Vec::new(),
    })
}

/// A follow-up is short, and says less than a question would: no measure of its own, or a leaning word up front.
fn leans(q: &Question, change: &Draft) -> bool {
    let words = q.words.iter().filter(|w| w.kind == crate::prompt::TokenKind::Word).count();
    let leaning = q.words.iter().take(3).any(|w| w.is_any(LEANING))
        || q.words.iter().any(|w| w.is_any(&["instead", "rather", "same"]));
    let own_measure = !change.assumed_measure;
    words <= 8 && change.unknown.len() <= 1 + usize::from(replaces(q)) && (leaning || !own_measure)
}

/// "units instead of pesos", "revenue rather than units" name what is replaced, too.
fn replaces(q: &Question) -> bool {
    q.words.windows(2).any(|w| w[0].is("instead") && w[1].is("of") || w[0].is("rather") && w[1].is("than"))
}

/// "for all regions": the columns whose conditions are given up.
fn widened<'a>(q: &'a Question, d: &'a Draft, model: &'a SemanticModel) -> impl Iterator<Item = String> + 'a {
    d.items.placed.iter().filter_map(|p| match p.item {
        Item::Column(c) if p.words.start > 0 && q.words[p.words.start - 1].is_any(&["all", "every", "any"]) => {
            Some(column_name(model, d.root, c))
        }
        _ => None,
    })
}

/// "split it by region": besides what it is grouped by already.
fn splits(q: &Question) -> bool {
    let also = q.words.iter().any(|w| w.is("well")) && q.words.iter().any(|w| w.is("as"));
    also || q.words.iter().take(3).any(|w| w.is_any(&["split", "break", "stack", "also", "additionally"]))
}

/// Two choices of values as one.
fn both(old: &Value, new: &Value) -> Option<Value> {
    let values = |v: &Value| match v {
        Value::Array(list) => Some(list.clone()),
        Value::Object(_) | Value::Null => None,
        one => Some(vec![one.clone()]),
    };
    let mut all = values(old)?;
    all.extend(values(new)?.into_iter().filter(|v| !values(old).is_some_and(|old| old.contains(v))));
    Some(Value::Array(all))
}

fn grouped_by(q: &Question) -> bool {
    q.has(Cue::Group)
}

fn number(d: &Draft) -> Option<u32> {
    d.items.placed.iter().find_map(|p| match p.item {
        Item::Number(n) if (1.0..=10_000.0).contains(&n) => Some(n as u32),
        _ => None,
    })
}

/// "what about 2023?": a bare year, where the question before was about a stretch of time.
fn another_year(d: &Draft, previous: &QuickSpec) -> Option<(String, Value)> {
    let year = d.items.placed.iter().find_map(|p| match p.item {
        Item::Number(n) if (1900.0..2100.0).contains(&n) && n.fract() == 0.0 => Some(n as i64),
        _ => None,
    })?;
    let (column, old) = previous.filters.iter().find(|(_, v)| v.get("gte").is_some_and(Value::is_string))?;
    let tail = old.get("gte").and_then(Value::as_str).and_then(|t| t.get(10..)).unwrap_or_default();
    Some((column.clone(), json!({"gte": format!("{year}-01-01{tail}"), "lt": format!("{}-01-01{tail}", year + 1)})))
}
