//! A draft written down as a QuickSpec.

use serde_json::{Map, Value, json};

use super::cues::Cue;
use super::draft::Draft;
use super::question::Question;
use super::steps::Bins;
use crate::entity::{Condition, Literal, Test};
use crate::quickspec::{Chart, Measure, QuickSpec, SCHEMA, Transform};
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel};
use crate::time::Grain;

/// The QuickSpec of a draft.
pub fn to_spec(d: &Draft, q: &Question, model: &SemanticModel) -> QuickSpec {
    let name = |c: ColumnRef| column_name(model, d.root, c);
    let mut y = d.y;
    let mut agg = d.agg;
    let mut transform = d.transform;
    if transform == Some(Transform::Growth) && !d.x.is_some_and(|x| model.column(x).value_type.is_temporal()) {
        // Growth without a time axis: only a column that holds growth can say it.
        transform = None;
        if let Some(c) = growth_column(model, d.root) {
            y = Some(c);
            agg = model.column(c).default_agg;
        }
    }
    let filters = filters(d, model);
    let joins = d
        .datasets
        .iter()
        .filter(|k| {
            **k != d.root && !d.x.iter().chain(&d.y).chain(&d.split).chain(&d.columns).any(|c| c.dataset == **k)
        })
        .filter(|k| !d.conditions.iter().any(|c| c.column.dataset == **k))
        .map(|k| model.datasets[*k].full_name())
        .collect();
    let part = d.part.iter().fold(Map::new(), |mut map, c| {
        merge(&mut map, name(c.column), c.test.to_json());
        map
    });
    let dataset = &model.datasets[d.root];
    let bands = (dataset.layer == crate::semantic::Layer::Platinum && agg == Aggregation::Sum && d.x_grain.is_some())
        .then(|| confidence_bands(dataset))
        .flatten();
    QuickSpec {
        schema: SCHEMA.to_owned(),
        dataset: dataset.full_name(),
        joins,
        without: d.without.iter().map(|k| model.datasets[*k].full_name()).collect(),
        x: d.x.map(name),
        y: if d.raw { None } else { y.map(name) },
        agg,
        more_measures: d.beside.iter().map(|(c, agg)| Measure { y: c.map(name), agg: *agg }).collect(),
        per: d.per.map(name),
        per_grain: d.per_grain,
        chart: d.chart.unwrap_or_else(|| default_chart(d, q, model)),
        split_by: d.split.map(name),
        split_grain: d.split_grain,
        filters,
        part,
        having: d.having.map(|h| json!({ h.op: Literal::Number(h.bound).to_json() })),
        count_groups: d.count_groups && d.having.is_some(),
        time_grain: d.x_grain,
        cyclic: d.cyclic,
        bin: d.bins.and_then(Bins::width),
        bins: d.bins.and_then(Bins::number),
        auto_bin: d.bins == Some(Bins::Auto),
        via: d.via.iter().map(|c| column_name(model, d.root, *c)).collect(),
        window: d.window,
        order_by: d.order,
        top_k: d.top_k.or(if d.raw { Some(1000) } else { None }),
        top_per: d.top_per,
        normalize: d.normalize,
        transform,
        columns: d.columns.iter().map(|c| column_name(model, d.root, *c)).collect(),
        confidence_bands: bands,
        model_version: None,
    }
}

/// The plain name inside the root, else `schema.table.column`.
pub fn column_name(model: &SemanticModel, root: usize, c: ColumnRef) -> String {
    let column = &model.column(c).name;
    if c.dataset == root { column.clone() } else { format!("{}.{column}", model.datasets[c.dataset].full_name()) }
}

fn growth_column(model: &SemanticModel, root: usize) -> Option<ColumnRef> {
    let columns = &model.datasets[root].columns;
    let column = columns.iter().position(|c| c.role == Role::Measure && c.name.to_lowercase().contains("growth"))?;
    Some(ColumnRef { dataset: root, column })
}

fn confidence_bands(dataset: &crate::semantic::Dataset) -> Option<[String; 2]> {
    let find =
        |word: &str| dataset.columns.iter().find(|c| c.name.to_lowercase().contains(word)).map(|c| c.name.clone());
    Some([find("lower")?, find("upper")?])
}

/// The chart matrix: trend line, comparison bar, composition pie, correlation scatter, detail table, else bar.
fn default_chart(d: &Draft, q: &Question, model: &SemanticModel) -> Chart {
    let time_axis = d.x.is_some_and(|x| model.column(x).value_type.is_temporal());
    match () {
        () if d.raw => Chart::Table,
        // Another leader at each point is no line.
        () if d.top_per.is_some() => Chart::Bar,
        () if q.has(Cue::Correlate) && d.agg == Aggregation::None => Chart::Scatter,
        () if time_axis && d.x_grain != Some(Grain::Weekday) && d.agg != Aggregation::None => Chart::Line,
        () if d.x.is_none() => Chart::Table,
        () if d.agg == Aggregation::None && q.has(Cue::Compare) && both_numeric(d, model) => Chart::Scatter,
        () if (d.normalize || q.has(Cue::Composition)) && d.split.is_none() => Chart::Pie,
        () => Chart::Bar,
    }
}

fn both_numeric(d: &Draft, model: &SemanticModel) -> bool {
    let numeric = |c: Option<ColumnRef>| c.is_some_and(|c| model.column(c).value_type.is_numeric());
    numeric(d.x) && numeric(d.y)
}

/// Conditions as the `filters` map. Alternatives of one column stand in `any_of`; an "or" between
/// columns splits the list as SQL would ("a and b or c").
fn filters(d: &Draft, model: &SemanticModel) -> Map<String, Value> {
    let name = |c: &Condition| column_name(model, d.root, c.column);
    let mut all = Map::new();
    let (conditions, pairs) = alternatives(d, model);
    let is_time = |c: &&Condition| matches!(c.test, Test::Time { .. } | Test::Weekdays(_) | Test::Hours { .. });
    let (times, rest): (Vec<&Condition>, Vec<&Condition>) = conditions.into_iter().partition(is_time);
    if rest.iter().any(|c| c.or) {
        let mut groups: Vec<Map<String, Value>> = vec![Map::new()];
        for c in &rest {
            if c.or {
                groups.push(Map::new());
            }
            if let Some(last) = groups.last_mut() {
                merge(last, name(c), c.test.to_json());
            }
        }
        all.insert("any_of".into(), Value::Array(groups.into_iter().map(Value::Object).collect()));
    } else {
        for c in &rest {
            merge(&mut all, name(c), c.test.to_json());
        }
    }
    let ranges: Vec<&&Condition> = times.iter().filter(|c| matches!(c.test, Test::Time { .. })).collect();
    if ranges.len() > 1 && ranges.iter().skip(1).all(|c| c.or) {
        let alternatives: Vec<Value> = ranges
            .iter()
            .map(|c| {
                let mut map = Map::new();
                map.insert(name(c), c.test.to_json());
                Value::Object(map)
            })
            .collect();
        match all.get_mut("any_of") {
            // Two lists of alternatives: the second becomes part of every one of the first.
            Some(Value::Array(first)) => {
                *first = first.iter().flat_map(|a| alternatives.iter().map(move |b| combined(a, b))).collect();
            }
            _ => {
                all.insert("any_of".into(), Value::Array(alternatives));
            }
        }
    } else {
        for c in ranges {
            merge(&mut all, name(c), c.test.to_json());
        }
    }
    if !pairs.is_empty() {
        match all.get_mut("any_of") {
            Some(Value::Array(first)) => {
                *first = first.iter().flat_map(|a| pairs.iter().map(move |b| combined(a, b))).collect();
            }
            _ => {
                all.insert("any_of".into(), Value::Array(pairs));
            }
        }
    }
    for c in times.iter().filter(|c| !matches!(c.test, Test::Time { .. })) {
        merge(&mut all, name(c), c.test.to_json());
    }
    all
}

/// Takes out conditions that stand for each other, as the members of an `any_of`.
fn alternatives<'a>(d: &'a Draft, model: &SemanticModel) -> (Vec<&'a Condition>, Vec<Value>) {
    let mut rest: Vec<&Condition> = Vec::new();
    let mut pairs: Vec<Value> = Vec::new();
    let single = |c: &Condition| {
        let mut map = Map::new();
        map.insert(column_name(model, d.root, c.column), c.test.to_json());
        Value::Object(map)
    };
    for c in &d.conditions {
        if c.alternative {
            pairs.extend(rest.pop().map(single));
            pairs.push(single(c));
        } else {
            rest.push(c);
        }
    }
    (rest, pairs)
}

fn combined(a: &Value, b: &Value) -> Value {
    let mut out = a.as_object().cloned().unwrap_or_default();
    for (k, v) in b.as_object().into_iter().flatten() {
        merge(&mut out, k.clone(), v.clone());
    }
    Value::Object(out)
}

/// Adds a condition; two conditions on one column both hold.
pub fn merge(map: &mut Map<String, Value>, column: String, condition: Value) {
    let Some(old) = map.get(&column).cloned() else {
        map.insert(column, condition);
        return;
    };
    let as_ops = |v: Value| match v {
        Value::Object(m) => m,
        Value::Array(l) => Map::from_iter([("in".to_owned(), json!(l))]),
        scalar => Map::from_iter([("eq".to_owned(), scalar)]),
    };
    let mut ops = as_ops(old);
    for (op, value) in as_ops(condition) {
        ops.insert(op, value);
    }
    map.insert(column, Value::Object(ops));
}
