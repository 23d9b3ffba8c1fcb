//! The answer in words: one sentence, and the steps that led to it.

use serde_json::Value;

use crate::quickspec::{Direction, Measure, OrderTarget, QuickSpec, TopPer, Transform};
use crate::reading::{Draft, Item, Question};
use crate::semantic::{Aggregation, SemanticModel};
use crate::time::Grain;

/// "Sum of total_sales by region where brand is 'Alaska' (last month: ...), from public.scout_gold_kpis."
pub fn sentence(spec: &QuickSpec, d: &Draft, model: &SemanticModel) -> String {
    let mut s = describe(spec);
    if !d.time_readings.is_empty() {
        s.push_str(&format!(" ({})", d.time_readings.join("; ")));
    }
    let label = model.datasets[d.root].label.as_deref();
    s.push_str(&format!(", from {}", spec.dataset));
    if let Some(label) = label {
        s.push_str(&format!(" ({label})"));
    }
    s.push('.');
    s
}

/// The spec in words, without its dataset.
pub fn describe(spec: &QuickSpec) -> String {
    let mut s = match spec.agg {
        Aggregation::None if spec.x.is_none() => "Rows as stored".to_owned(),
        agg => figure(spec.y.as_deref(), agg),
    };
    if let Some((last, others)) = spec.more_measures.split_last() {
        let said = |m: &Measure| lower_first(&figure(m.y.as_deref(), m.agg));
        s.extend(others.iter().map(|m| format!(", {}", said(m))));
        s.push_str(&format!(" and {}", said(last)));
    }
    if let Some(per) = &spec.per {
        s.push_str(&match spec.per_grain {
            Some(g) => format!(" per {}", grain(g)),
            None => format!(" per {per}"),
        });
    }
    if spec.normalize {
        s = if spec.part.is_empty() {
            format!("Share (in percent) of the {}", lower_first(&s))
        } else {
            format!("Share (in percent) of {} in the {}", conditions(&spec.part), lower_first(&s))
        };
    }
    match spec.transform {
        Some(Transform::Growth) => s = format!("Percent change of the {}", lower_first(&s)),
        Some(Transform::Cumulative) => s = format!("Running total of the {}", lower_first(&s)),
        Some(Transform::MovingAverage) => {
            s = format!("Moving average ({} points) of the {}", spec.window.unwrap_or(3), lower_first(&s))
        }
        None => {}
    }
    if let Some(x) = &spec.x {
        s.push_str(&match spec.time_grain {
            Some(g) => format!(" by {}", grain(g)),
            None if spec.agg == Aggregation::None => format!(" against {x}"),
            None => format!(" by {x}"),
        });
        s.push_str(&match (spec.bin, spec.bins) {
            (Some(width), _) => format!(" in steps of {width}"),
            (_, Some(number)) => format!(" in {number} steps of equal width"),
            _ if spec.auto_bin => " in steps of a round width".to_owned(),
            _ => String::new(),
        });
    }
    if let Some(split) = &spec.split_by {
        s.push_str(&match spec.split_grain {
            Some(g) => format!(", split by {}", grain(g)),
            None => format!(", split by {split}"),
        });
    }
    if !spec.filters.is_empty() {
        s.push_str(&format!(" where {}", conditions(&spec.filters)));
    }
    if !spec.without.is_empty() {
        s.push_str(&format!(", without any {}", spec.without.join(" or ")));
    }
    for (op, bound) in spec.having.iter().filter_map(Value::as_object).flatten() {
        let words = match op.as_str() {
            "gt" => "more than",
            "gte" => "at least",
            "lt" => "less than",
            "lte" => "at most",
            "ne" => "other than",
            _ => "exactly",
        };
        s.push_str(&format!(", of those with {words} {bound}"));
    }
    if spec.count_groups {
        s = format!("Number of groups: {}", lower_first(&s));
    }
    if !spec.via.is_empty() {
        s.push_str(&format!(", joined over {}", spec.via.join(" and ")));
    }
    if let Some(k) = spec.top_k {
        let end = match spec.order_by {
            Some(o) if o.by == OrderTarget::Y && o.dir == Direction::Asc => "lowest",
            Some(o) if o.by == OrderTarget::Y => "highest",
            _ => "first",
        };
        s.push_str(&format!(", the {end} {k}"));
        let each = match spec.top_per {
            Some(TopPer::X) => spec.time_grain.map(grain).or(spec.x.as_deref()),
            Some(TopPer::Series) => spec.split_grain.map(grain).or(spec.split_by.as_deref()),
            None => None,
        };
        s.extend(each.map(|each| format!(" of each {each}")));
    }
    s
}

/// A measure in words.
pub fn figure(y: Option<&str>, agg: Aggregation) -> String {
    let y = y.unwrap_or("rows");
    match agg {
        Aggregation::Sum => format!("Sum of {y}"),
        Aggregation::Avg => format!("Average {y}"),
        Aggregation::Median => format!("Median {y}"),
        Aggregation::Count => format!("Number of {y}"),
        Aggregation::CountDistinct => format!("Number of different {y}"),
        Aggregation::Min => format!("Lowest {y}"),
        Aggregation::Max => format!("Highest {y}"),
        Aggregation::None => capitalised(y),
    }
}

fn grain(g: Grain) -> &'static str {
    match g {
        Grain::Hour => "hour",
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
        Grain::Weekday => "day of the week",
    }
}

fn conditions(map: &serde_json::Map<String, Value>) -> String {
    let one = |column: &String, v: &Value| match v {
        Value::Object(ops) => ops
            .iter()
            .map(|(op, v)| format!("{column} {} {}", operator(op), plain(v)))
            .collect::<Vec<_>>()
            .join(" and "),
        Value::Array(l) => format!("{column} is {}", l.iter().map(plain).collect::<Vec<_>>().join(" or ")),
        scalar => format!("{column} is {}", plain(scalar)),
    };
    map.iter()
        .map(|(k, v)| match v {
            Value::Array(options) if k == "any_of" => {
                let texts: Vec<String> = options.iter().filter_map(Value::as_object).map(conditions).collect();
                format!("({})", texts.join(") or ("))
            }
            v => one(k, v),
        })
        .collect::<Vec<_>>()
        .join(" and ")
}

fn operator(op: &str) -> &str {
    match op {
        "eq" => "is",
        "ne" => "is not",
        "gt" => "above",
        "gte" => "from",
        "lt" => "before",
        "lte" => "up to",
        "in" => "in",
        "not_in" => "not in",
        "between" => "between",
        "is_null" => "missing:",
        "ilike" | "like" => "like",
        "not_ilike" | "not_like" => "not like",
        "weekday" => "on weekdays",
        "time_of_day" => "at hours",
        other => other,
    }
}

fn plain(v: &Value) -> String {
    match v {
        Value::String(s) => format!("'{s}'"),
        Value::Array(l) => l.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(hours) => ["from", "to"].map(|end| hours.get(end).map_or_else(String::new, plain)).join(" to "),
        other => other.to_string(),
    }
}

fn lower_first(s: &str) -> String {
    let mut c = s.chars();
    c.next().map_or_else(String::new, |f| f.to_lowercase().chain(c).collect())
}

fn capitalised(s: &str) -> String {
    let mut c = s.chars();
    c.next().map_or_else(String::new, |f| f.to_uppercase().chain(c).collect())
}

/// How a second reading differs from the chosen one.
pub fn difference(chosen: &QuickSpec, other: &QuickSpec) -> String {
    let mut parts = Vec::new();
    if chosen.dataset != other.dataset {
        parts.push(format!("reads {}", other.dataset));
    }
    if chosen.y != other.y || chosen.agg != other.agg {
        parts.push(format!("measures {:?} of {}", other.agg, other.y.as_deref().unwrap_or("rows")).to_lowercase());
    }
    if chosen.more_measures != other.more_measures {
        let more = other.more_measures.iter().map(|m| lower_first(&figure(m.y.as_deref(), m.agg)));
        let more = more.collect::<Vec<_>>().join(" and ");
        parts.push(if more.is_empty() { "one measure alone".to_owned() } else { format!("beside {more}") });
    }
    if chosen.x != other.x || chosen.time_grain != other.time_grain {
        parts.push(format!("by {}", other.x.as_deref().unwrap_or("nothing: one number")));
    }
    if chosen.filters != other.filters {
        parts.push(format!(
            "where {}",
            if other.filters.is_empty() { "nothing is filtered".into() } else { conditions(&other.filters) }
        ));
    }
    if chosen.top_per != other.top_per {
        let of = if other.top_per.is_some() { "within each group" } else { "over all groups" };
        parts.push(format!("ranked {of}"));
    }
    if parts.is_empty() { "another chart or order".into() } else { parts.join("; ") }
}

/// Spans and their meaning, the readings that lost and by how much, the spec.
#[allow(clippy::too_many_arguments)]
pub fn steps(
    q: &Question,
    prompt: &str,
    best: &Draft,
    spec: &QuickSpec,
    others: &[Draft],
    model: &SemanticModel,
    intent: &str,
    confidence: f32,
) -> Vec<(&'static str, String)> {
    let mut steps = Vec::new();
    for p in &best.items.placed {
        let meaning = match &p.item {
            Item::Column(c) => format!("column {}.{}", model.datasets[c.dataset].full_name(), model.column(*c).name),
            Item::Value(c, v) => format!(
                "value '{}' of {}.{}",
                model.value(*c, *v),
                model.datasets[c.dataset].full_name(),
                model.column(*c).name
            ),
            Item::Dataset(d) => format!("dataset {}", model.datasets[*d].full_name()),
            Item::Cue(c) => format!("asks for {c:?}"),
            Item::Time(t) => q.times.matches[*t].reading.clone(),
            Item::Grain(g) => format!("step {:?}", q.grains[*g].grain),
            Item::Comparator(c) => format!("compares {c:?}"),
            Item::Number(n) => format!("number {n}"),
            Item::Quoted(t) => format!("text '{t}'"),
            Item::Unknown => "not understood".to_owned(),
            _ => continue,
        };
        let fit = if p.source.is_some() { format!(" (fit {:.2})", p.score) } else { String::new() };
        steps.push(("span", format!("\"{}\": {meaning}{fit}", q.text(prompt, &p.words))));
    }
    if let Some(o) = &q.order {
        steps.push(("span", format!("\"{}\": sorting {:?}", q.text(prompt, &o.words), o.dir)));
    }
    for (from, to) in &q.corrections {
        steps.push(("spelling", format!("\"{from}\" read as \"{to}\"")));
    }
    steps.push(("dataset", format!("{} (score {:.2})", spec.dataset, best.score)));
    for o in others.iter().take(3) {
        steps.push((
            "rejected",
            format!("{}: behind by {:.2}", model.datasets[o.root].full_name(), best.score - o.score),
        ));
    }
    steps.push(("intent", intent.to_owned()));
    steps.push(("confidence", format!("{confidence:.2}")));
    steps.push(("spec", serde_json::to_string(spec).unwrap_or_default()));
    steps
}
