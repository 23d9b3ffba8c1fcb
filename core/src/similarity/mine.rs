//! What can be learned from questions that ended well: proposals for a person to accept.
//!
//! Questions are grouped by the shape of their specs, values blanked out. A wording that several questions of a group
//! share becomes a template; a word that nobody registered, said wherever one column was meant, a synonym; a question
//! that was answered well again and again, one to be taught to all and to be checked for ever.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::normalise;
use crate::prompt::{TokenKind, is_stopword, tokenize};
use crate::quickspec::QuickSpec;
use crate::reading::is_cue_word;
use crate::route::{Answer, Entity};
use crate::semantic::SemanticModel;

/// A question that ended well, with the router's own reading of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub prompt: String,
    /// The spec that was right.
    pub spec: QuickSpec,
    pub reading: Answer,
    /// How often it was asked or rated so.
    pub times: usize,
    /// A person said that it was right, and not only the router.
    pub confirmed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `{"target": "schema.table.column", "alias": ...}`
    Synonym,
    /// `{"name", "patterns", "spec"}`
    Template,
    /// `{"prompt", "spec"}`: what one person found right, for everybody.
    Question,
    /// `{"prompt", "spec"}`: to be checked whenever something changes.
    Golden,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub kind: Kind,
    pub content: Value,
    /// Questions that speak for it.
    pub support: usize,
    /// For people.
    pub reason: String,
}

/// Of the votes on what a word means, this share must agree.
const AGREEMENT: f64 = 0.8;
/// Patterns of one template.
const MOST_PATTERNS: usize = 5;

/// Proposals that at least `support` questions speak for, best supported first.
pub fn mine(outcomes: &[Outcome], support: usize, model: &SemanticModel) -> Vec<Proposal> {
    let support = support.max(2);
    let mut all = synonyms(outcomes, support, model);
    all.extend(templates(outcomes, support));
    all.extend(questions(outcomes, support));
    all.sort_by(|a, b| b.support.cmp(&a.support).then(a.kind.cmp(&b.kind)));
    all
}

fn synonyms(outcomes: &[Outcome], support: usize, model: &SemanticModel) -> Vec<Proposal> {
    // Word -> column -> the questions that say so.
    let mut votes: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.confirmed) {
        if let (Some(word), Some(column)) = (the_one_unknown(outcome), the_one_unnamed(outcome)) {
            votes.entry(word).or_default().entry(column).or_default().insert(normalise(&outcome.prompt));
        }
    }
    let mut found = Vec::new();
    for (word, columns) in votes {
        let all: usize = columns.values().map(BTreeSet::len).sum();
        let Some((column, said)) = columns.into_iter().max_by_key(|(_, said)| said.len()) else { continue };
        if said.len() < support || (said.len() as f64) < AGREEMENT * all as f64 || known_alias(model, &column, &word) {
            continue;
        }
        let example = said.iter().next().cloned().unwrap_or_default();
        found.push(Proposal {
            kind: Kind::Synonym,
            content: json!({"target": column, "alias": word}),
            support: said.len(),
            reason: format!("\"{word}\" is said where {column} is meant, as in \"{example}\""),
        });
    }
    found
}

/// The one word of a question that names nothing; `None` with none or several.
fn the_one_unknown(outcome: &Outcome) -> Option<String> {
    let named: BTreeSet<String> =
        outcome.reading.entities.iter().flat_map(|e| tokenize(&e.text)).map(|t| t.norm).collect();
    let mut unknown = tokenize(&outcome.prompt).into_iter().filter(|t| {
        t.kind == TokenKind::Word
            && t.norm.len() > 2
            && !is_stopword(&t.norm)
            && !is_cue_word(&t.norm)
            && !named.contains(&t.norm)
    });
    let word = unknown.next()?.norm;
    unknown.next().is_none().then_some(word)
}

/// The one column of the right spec that the question's known words do not name.
fn the_one_unnamed(outcome: &Outcome) -> Option<String> {
    let spec = &outcome.spec;
    let full = |c: &String| if c.contains('.') { c.clone() } else { format!("{}.{c}", spec.dataset) };
    let named: BTreeSet<&str> = outcome
        .reading
        .entities
        .iter()
        .map(|e| e.meaning.split_once(" = '").map_or(e.meaning.as_str(), |(column, _)| column))
        .collect();
    let asked = [&spec.x, &spec.y, &spec.split_by, &spec.per];
    let mut unnamed = asked
        .into_iter()
        .chain(spec.more_measures.iter().map(|m| &m.y))
        .enumerate()
        // A time axis is named by its grain ("by month").
        .filter(|(k, _)| !(*k == 0 && spec.time_grain.is_some()))
        .filter_map(|(_, c)| c.as_ref().map(full))
        .filter(|c| !named.contains(c.as_str()));
    let column = unnamed.next()?;
    unnamed.next().is_none().then_some(column)
}

fn known_alias(model: &SemanticModel, column: &str, word: &str) -> bool {
    let found = column
        .rsplit_once('.')
        .and_then(|(dataset, name)| model.dataset_index(dataset).and_then(|d| model.datasets[d].column(name)));
    found.is_none_or(|c| c.name == word || c.aliases.iter().any(|a| normalise(a) == word))
}

fn templates(outcomes: &[Outcome], support: usize) -> Vec<Proposal> {
    // Shape of the spec -> pattern -> the questions that have it.
    type Wordings = BTreeMap<String, BTreeSet<String>>;
    let mut shapes: BTreeMap<String, (QuickSpec, Wordings)> = BTreeMap::new();
    for outcome in outcomes {
        let (shape, columns) = slotted(&outcome.spec);
        // Nothing varies: that is a question, not a template.
        if columns.is_empty() {
            continue;
        }
        let Some(pattern) = pattern(&outcome.prompt, &outcome.reading.entities, &columns) else { continue };
        let key = serde_json::to_string(&shape).unwrap_or_default();
        let (_, wordings) = shapes.entry(key).or_insert_with(|| (shape, BTreeMap::new()));
        wordings.entry(pattern).or_default().insert(normalise(&outcome.prompt));
    }
    let mut found = Vec::new();
    for (spec, wordings) in shapes.into_values() {
        let mut shared: Vec<(String, usize)> =
            wordings.into_iter().map(|(p, said)| (p, said.len())).filter(|(_, n)| *n >= support).collect();
        shared.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let Some((best, _)) = shared.first().cloned() else { continue };
        let total = shared.iter().map(|(_, n)| n).sum();
        let patterns: Vec<String> = shared.into_iter().take(MOST_PATTERNS).map(|(p, _)| p).collect();
        found.push(Proposal {
            kind: Kind::Template,
            reason: format!("{total} questions differ from \"{best}\" in their slots only"),
            content: json!({"name": best, "patterns": patterns, "spec": spec}),
            support: total,
        });
    }
    found
}

/// The spec with slots where the values of its conditions were, and the slots' columns (`period` for stretches of
/// time). Conditions that are no plain value or period stay as they are: they are part of the shape.
fn slotted(spec: &QuickSpec) -> (QuickSpec, Vec<String>) {
    let mut columns = Vec::new();
    let mut filters = Map::new();
    for (column, condition) in &spec.filters {
        let slot = match condition {
            Value::String(_) => Some(column.clone()),
            Value::Object(ops) if ops.len() == 2 && ops.contains_key("gte") && ops.contains_key("lt") => {
                Some("period".to_owned())
            }
            _ => None,
        };
        match slot {
            Some(slot) if !columns.contains(&slot) => {
                filters.insert(column.clone(), Value::String(format!("{{{slot}}}")));
                columns.push(slot);
            }
            _ => {
                filters.insert(column.clone(), condition.clone());
            }
        }
    }
    (QuickSpec { filters, ..spec.clone() }, columns)
}

/// The question with slots instead of the names and periods it says. `None` unless it says exactly those of `slots`.
fn pattern(prompt: &str, entities: &[Entity], slots: &[String]) -> Option<String> {
    let mut spans: Vec<(usize, usize, String)> = Vec::new();
    for entity in entities {
        let slot = match entity.kind {
            "time" => "period".to_owned(),
            "value" => entity.meaning.split_once(" = '")?.0.rsplit_once('.')?.1.to_owned(),
            _ => continue,
        };
        let at = prompt.find(&entity.text)?;
        spans.push((at, at + entity.text.len(), slot));
    }
    let said: BTreeSet<&str> = spans.iter().map(|(_, _, s)| s.as_str()).collect();
    if said.len() != spans.len() || said != slots.iter().map(String::as_str).collect() {
        return None;
    }
    spans.sort_unstable();
    let (mut out, mut from) = (String::new(), 0);
    for (start, end, slot) in spans {
        out.push_str(&normalise(prompt.get(from..start)?));
        out.push_str(&format!(" {{{slot}}} "));
        from = end;
    }
    out.push_str(&normalise(prompt.get(from..)?));
    Some(out.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn questions(outcomes: &[Outcome], support: usize) -> Vec<Proposal> {
    let mut known: BTreeMap<(String, String), (&Outcome, usize)> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.confirmed) {
        let key = (normalise(&outcome.prompt), serde_json::to_string(&outcome.spec).unwrap_or_default());
        known.entry(key).or_insert((outcome, 0)).1 += outcome.times;
    }
    let mut found = Vec::new();
    for (outcome, times) in known.into_values().filter(|(_, times)| *times >= support) {
        let content = json!({"prompt": outcome.prompt, "spec": outcome.spec});
        let reason = format!("answered well {times} times");
        if outcome.reading.spec.as_ref() != Some(&outcome.spec) {
            let reason = format!("{reason}, which the router does not read so by itself");
            found.push(Proposal { kind: Kind::Question, content: content.clone(), support: times, reason });
        }
        found.push(Proposal { kind: Kind::Golden, content, support: times, reason });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Context, ask};
    use crate::semantic::Lexicon;
    use crate::time::{Clock, Weekday};

    fn outcomes(said: &[(&str, Option<&str>)]) -> (Vec<Outcome>, SemanticModel) {
        let column = |name: &str, kind: &str, role: &str, agg: &str, values: &[&str]| {
            let values: Vec<Value> = values.iter().map(|v| json!({ "stored": v })).collect();
            json!({"name": name, "sql_type": kind, "value_type": kind, "role": role, "default_agg": agg,
                   "nullable": true, "unique": false, "values": values, "harvested_all": true})
        };
        let model: SemanticModel = serde_json::from_value(json!({"version": 1, "relationships": [], "datasets": [{
        "schema": "public", "name": "flights", "oid": 1, "layer": "silver", "time_column": 3, "primary_key": [],
        "columns": [
            column("airline", "text", "dimension", "count", &["Meridian", "Polar", "Sirocco", "Zephyr"]),
            column("airport", "text", "dimension", "count", &["Oslo", "Faro", "Cork"]),
            column("passengers", "integer", "measure", "sum", &[]),
            column("day", "date", "time", "none", &[]),
            column("delay", "integer", "measure", "avg", &[]),
        ]}]}))
        .unwrap();
        let context = Context {
            clock: Clock {
                now: "2025-03-15T10:00:00+00:00[UTC]".parse().unwrap(),
                week_start: Weekday::Monday,
                fiscal_year_start: 1,
                rolling: false,
                ahead: false,
            },
            datasets: Vec::new(),
            filters: Map::new(),
            previous: None,
            current_page: None,
        };
        let lexicon = Lexicon::build(&model);
        let read = |prompt: &str| ask(prompt, &model, &lexicon, &context).unwrap();
        let outcomes = said
            .iter()
            .map(|(prompt, meant)| Outcome {
                prompt: (*prompt).to_owned(),
                spec: read(meant.unwrap_or(prompt)).spec.unwrap(),
                reading: read(prompt),
                times: 1,
                confirmed: true,
            })
            .collect();
        (outcomes, model)
    }

    #[test]
    fn a_shared_wording_becomes_a_template() {
        let (said, model) = outcomes(&[
            ("how many passengers flew Meridian last month", Some("passengers of Meridian last month")),
            ("how many passengers flew Polar last year", Some("passengers of Polar last year")),
            ("how many passengers flew Zephyr yesterday", Some("passengers of Zephyr yesterday")),
            ("delay by airport", None),
        ]);
        let found = mine(&said, 3, &model);
        let template = found.iter().find(|p| p.kind == Kind::Template).unwrap();
        assert_eq!(template.content["patterns"][0], "how many passengers flew {airline} {period}");
        assert_eq!(template.content["spec"]["filters"]["airline"], "{airline}");
        assert_eq!(template.support, 3);
        assert!(mine(&said, 4, &model).is_empty());
    }

    #[test]
    fn a_word_that_always_means_a_column_becomes_a_synonym() {
        let (said, model) = outcomes(&[
            ("punctuality by airport", Some("delay by airport")),
            ("punctuality of Polar", Some("delay of Polar")),
            ("punctuality in Faro", Some("delay in Faro")),
            ("gossip by airport", Some("passengers by airport")),
        ]);
        let found = mine(&said, 3, &model);
        let synonyms: Vec<_> = found.iter().filter(|p| p.kind == Kind::Synonym).collect();
        assert_eq!(synonyms.len(), 1, "{found:?}");
        assert_eq!(synonyms[0].content, json!({"target": "public.flights.delay", "alias": "punctuality"}));
    }

    #[test]
    fn what_is_answered_well_again_and_again_is_kept() {
        let (mut said, model) = outcomes(&[("delay by airport", None), ("the usual", Some("passengers by airline"))]);
        said.iter_mut().for_each(|o| o.times = 3);
        let kinds: Vec<(Kind, Value)> =
            mine(&said, 3, &model).into_iter().map(|p| (p.kind, p.content["prompt"].clone())).collect();
        assert!(kinds.contains(&(Kind::Golden, "delay by airport".into())));
        assert!(kinds.contains(&(Kind::Question, "the usual".into())));
        assert!(!kinds.contains(&(Kind::Question, "delay by airport".into())));
    }
}
