//! Keyword templates: a few words, with slots, that stand for a whole question.
//!
//! A pattern is plain words and slots in braces: `{brand}` takes a stored value of the column `brand`, `{period}` a
//! stretch of time, `{measure}` and `{dimension}` a column of that kind. The same names in braces stand in the spec
//! where what was said is to go. Values and periods that the pattern does not mention are slots too: "sales overview"
//! serves "sales overview of NCR last month".

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use crate::prompt::{Token, TokenKind, is_stopword, tokenize};
use crate::quickspec::QuickSpec;
use crate::route::{Answer, Entity};
use crate::semantic::{Aggregation, Dataset, Role, SemanticModel};

/// The slot for a stretch of time.
const PERIOD: &str = "period";

/// A word or a slot of a pattern.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Word(String),
    Slot(String),
}

/// The spec of a template for a question, and how many of its words the pattern explains. `reading` is the router's
/// own reading of the question, which says what names and times it holds, and whether they are negated. `None` when
/// the question says anything that is neither in the pattern nor fits a slot: "delete the sales overview".
pub fn fill(
    pattern: &str,
    spec: &QuickSpec,
    prompt: &str,
    reading: &Answer,
    model: &SemanticModel,
) -> Option<(usize, QuickSpec)> {
    let parts = parse(pattern);
    let dataset = &model.datasets[model.dataset_index(&spec.dataset)?];
    let taken = matched(&parts, prompt, &reading.entities)?;
    let mut filled = spec.clone();
    for entity in &taken {
        bind(&mut filled, entity, reading, dataset, model)?;
    }
    (!has_open_slots(&filled)).then_some((parts.len(), filled))
}

/// The slots of a pattern's spec filled with anything that fits, for checking it when it is defined.
pub fn example(spec: &QuickSpec, dataset: &Dataset) -> QuickSpec {
    let mut spec = spec.clone();
    spec.filters.retain(|_, condition| !is_slot(condition));
    let column = |wanted: &dyn Fn(Role, Aggregation) -> bool| {
        dataset.columns.iter().find(|c| wanted(c.role, c.default_agg)).map(|c| c.name.clone())
    };
    if spec.y.as_deref() == Some("{measure}") {
        spec.y = column(&|role, _| role == Role::Measure);
    }
    for place in [&mut spec.x, &mut spec.split_by] {
        if place.as_deref() == Some("{dimension}") {
            *place = column(&|role, _| role == Role::Dimension);
        }
    }
    spec
}

/// Share of a pattern's words that a question holds, 0..1: for offering a template that does not fit as a whole.
pub fn overlap(pattern: &str, prompt: &str) -> f32 {
    let said: BTreeSet<String> = content(prompt).map(|t| t.norm).collect();
    let wanted: Vec<String> = parse(pattern)
        .into_iter()
        .filter_map(|p| match p {
            Part::Word(w) => Some(w),
            Part::Slot(_) => None,
        })
        .collect();
    let shared = wanted.iter().filter(|w| said.contains(*w)).count();
    if wanted.is_empty() { 0.0 } else { shared as f32 / wanted.len() as f32 }
}

/// The names in braces of a pattern.
pub fn slots(pattern: &str) -> Vec<String> {
    parse(pattern)
        .into_iter()
        .filter_map(|p| match p {
            Part::Slot(name) => Some(name),
            Part::Word(_) => None,
        })
        .collect()
}

fn parse(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (k, piece) in pattern.split('{').enumerate() {
        let (slot, words) = match piece.split_once('}') {
            Some((slot, words)) if k > 0 => (Some(slot), words),
            _ => (None, piece),
        };
        parts.extend(slot.map(|s| Part::Slot(s.trim().to_owned())));
        parts.extend(content(words).map(|t| Part::Word(t.norm)));
    }
    parts
}

/// Words and numbers; signs say nothing here.
fn content(text: &str) -> impl Iterator<Item = Token> {
    tokenize(text).into_iter().filter(|t| t.kind != TokenKind::Symbol && !t.norm.is_empty())
}

/// The entities that fill slots, when pattern and entities explain the whole question.
fn matched<'a>(parts: &[Part], prompt: &str, entities: &'a [Entity]) -> Option<Vec<&'a Entity>> {
    if parts.is_empty() {
        return None;
    }
    let spans: Vec<(Range<usize>, &Entity)> =
        entities.iter().filter_map(|e| prompt.find(&e.text).map(|at| (at..at + e.text.len(), e))).collect();
    let mut left = parts.iter().peekable();
    let mut taken: Vec<&Entity> = Vec::new();
    let mut inside = 0..0;
    for token in content(prompt) {
        if inside.contains(&token.start) {
            continue;
        }
        if matches!(left.peek(), Some(Part::Word(w)) if *w == token.norm) {
            left.next();
            continue;
        }
        let here = spans.iter().find(|(span, _)| span.contains(&token.start));
        match (here, left.peek()) {
            (Some((span, entity)), Some(Part::Slot(slot))) if fits(slot, entity) => {
                left.next();
                taken.push(entity);
                inside = span.clone();
            }
            (Some((span, entity)), _) if matches!(entity.kind, "value" | "time") && span.start == token.start => {
                taken.push(entity);
                inside = span.clone();
            }
            _ if is_stopword(&token.norm) => {}
            _ => return None,
        }
    }
    left.peek().is_none().then_some(taken)
}

fn fits(slot: &str, entity: &Entity) -> bool {
    match slot {
        PERIOD => entity.kind == "time",
        "measure" | "dimension" => entity.kind == slot,
        column => entity.kind == "value" && value_column(entity).is_some_and(|(_, c)| c == column),
    }
}

/// `schema.table` and column of a value's meaning, `schema.table.column = '...'`.
fn value_column(entity: &Entity) -> Option<(&str, &str)> {
    entity.meaning.split_once(" = '")?.0.rsplit_once('.')
}

/// Puts what an entity says into its place. The condition is taken from the reading: it knows whether it is negated.
fn bind(
    spec: &mut QuickSpec,
    entity: &Entity,
    reading: &Answer,
    dataset: &Dataset,
    model: &SemanticModel,
) -> Option<()> {
    let read = reading.spec.as_ref()?;
    let from = &model.datasets[model.dataset_index(&read.dataset)?];
    let time_of = |d: &Dataset| d.time_column.and_then(|c| d.columns.get(c)).map(|c| c.name.clone());
    match entity.kind {
        "value" => {
            let (_, column) = value_column(entity)?;
            dataset.column(column)?;
            spec.filters.insert(column.to_owned(), read.filters.get(column)?.clone());
        }
        "time" => {
            spec.filters.insert(time_of(dataset)?, read.filters.get(&time_of(from)?)?.clone());
            spec.filters.retain(|_, condition| condition != "{period}");
        }
        "measure" | "dimension" => {
            let column = entity.meaning.rsplit_once('.')?.1;
            let agg = dataset.column(column)?.default_agg;
            let slot = format!("{{{}}}", entity.kind);
            for place in [&mut spec.x, &mut spec.y, &mut spec.split_by] {
                if place.as_deref() == Some(slot.as_str()) {
                    *place = Some(column.to_owned());
                }
            }
            if entity.kind == "measure" && spec.y.as_deref() == Some(column) {
                spec.agg = agg;
            }
        }
        _ => {}
    }
    Some(())
}

fn is_slot(condition: &Value) -> bool {
    condition.as_str().is_some_and(|s| s.starts_with('{') && s.ends_with('}'))
}

/// The spec has slots that nothing has filled: there is no SQL for it.
pub fn has_open_slots(spec: &QuickSpec) -> bool {
    let open = |name: &Option<String>| name.as_deref().is_some_and(|n| n.starts_with('{'));
    open(&spec.x)
        || open(&spec.y)
        || open(&spec.split_by)
        || spec.more_measures.iter().any(|m| open(&m.y))
        || spec.filters.values().any(is_slot)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::route::{Context, ask};
    use crate::semantic::Lexicon;
    use crate::time::{Clock, Weekday};

    fn model() -> SemanticModel {
        let column = |name: &str, sql: &str, kind: &str, role: &str, agg: &str, values: &[&str]| {
            let values: Vec<Value> = values.iter().map(|v| json!({ "stored": v })).collect();
            json!({"name": name, "sql_type": sql, "value_type": kind, "role": role, "default_agg": agg,
                   "nullable": true, "unique": false, "values": values, "harvested_all": true})
        };
        serde_json::from_value(json!({"version": 1, "relationships": [], "datasets": [{
        "schema": "public", "name": "visits", "oid": 1, "layer": "silver", "time_column": 3, "primary_key": [],
        "columns": [
            column("clinic", "text", "text", "dimension", "count", &["Northgate", "Harbour"]),
            column("ward", "text", "text", "dimension", "count", &["Surgery", "Maternity"]),
            column("patients", "integer", "integer", "measure", "sum", &[]),
            column("day", "date", "date", "time", "none", &[]),
        ]}]}))
        .unwrap()
    }

    fn filled(pattern: &str, spec: Value, prompt: &str) -> Option<QuickSpec> {
        let model = model();
        let context = Context {
            clock: Clock {
                now: "2025-03-15T10:00:00+00:00[UTC]".parse().unwrap(),
                week_start: Weekday::Monday,
                fiscal_year_start: 1,
                rolling: false,
                ahead: false,
            },
            datasets: Vec::new(),
            filters: serde_json::Map::new(),
            previous: None,
            current_page: None,
        };
        let reading = ask(prompt, &model, &Lexicon::build(&model), &context).unwrap();
        let mut whole = json!({"schema": "QuickSpec@1", "dataset": "public.visits", "x": "clinic", "y": "patients",
                               "agg": "sum", "chart": "bar"});
        if let (Value::Object(to), Value::Object(from)) = (&mut whole, spec) {
            to.extend(from);
        }
        let spec = serde_json::from_value(whole).unwrap();
        fill(pattern, &spec, prompt, &reading, &model).map(|(_, spec)| spec)
    }

    #[test]
    fn a_pattern_explains_the_whole_question() {
        assert!(filled("state of affairs", json!({}), "The state of affairs, please?").is_some());
        assert_eq!(filled("state of affairs", json!({}), "affairs of state"), None);
        assert_eq!(filled("state of affairs", json!({}), "delete the state of affairs"), None);
        assert_eq!(filled("state of affairs", json!({}), "state of affairs for dogs"), None);
        assert_eq!(filled("", json!({}), "patients"), None);
    }

    #[test]
    fn names_and_periods_are_slots() {
        let got = filled("state of affairs", json!({}), "state of affairs in Harbour last month").unwrap();
        assert_eq!(got.filters["clinic"], "Harbour");
        assert_eq!(got.filters["day"], json!({"gte": "2025-02-01", "lt": "2025-03-01"}));
        let not = filled("state of affairs", json!({}), "state of affairs not in Harbour").unwrap();
        assert_ne!(not.filters["clinic"], "Harbour");
    }

    #[test]
    fn a_slot_of_the_spec_must_be_filled() {
        let spec = json!({"filters": {"clinic": "{clinic}"}, "x": "ward"});
        let got = filled("sheet of {clinic}", spec.clone(), "sheet of Northgate").unwrap();
        assert_eq!(got.filters["clinic"], "Northgate");
        assert_eq!(filled("sheet of {clinic}", spec.clone(), "sheet of Surgery"), None);
        assert_eq!(filled("sheet of {clinic}", spec, "sheet"), None);
        let measured = filled("sheet by {dimension}", json!({"x": "{dimension}"}), "sheet by ward").unwrap();
        assert_eq!(measured.x.as_deref(), Some("ward"));
    }

    #[test]
    fn a_part_of_a_pattern_is_worth_offering() {
        assert_eq!(slots("sheet of {clinic} in {period}"), ["clinic", "period"]);
        assert!(overlap("state of affairs", "what is the state here") > 0.3);
        assert_eq!(overlap("state of affairs", "patients by ward"), 0.0);
    }
}
