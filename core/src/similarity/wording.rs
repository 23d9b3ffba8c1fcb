//! What two questions say, beside the names and times that are their slots.
//!
//! A reading can pass over a word that it does not know. Two readings that look the same are then no proof that the
//! questions are: whatever is said in one of them only must be a slot, or say nothing.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use crate::prompt::{Token, TokenKind, is_stopword, split_words, stem, tokenize};
use crate::quickspec::QuickSpec;
use crate::reading::{Cue, find_cues};
use crate::route::Answer;
use crate::semantic::Aggregation;
use crate::time::{GrainKind, find_grains};

/// Function words that turn a question round although the lexicon counts them as saying nothing.
const TURNING: &[&str] = &[
    "not",
    "no",
    "nor",
    "never",
    "none",
    "neither",
    "non",
    "without",
    "except",
    "excluding",
    "exclude",
    "excludes",
    "outside",
    "besides",
    "minus",
    "other",
    "only",
    "but",
    "isn't",
    "aren't",
    "don't",
    "doesn't",
    "didn't",
    "wasn't",
    "weren't",
    "hindi",
    "least",
    "most",
    "more",
    "less",
    "fewer",
    "greater",
    "above",
    "below",
    "under",
    "between",
    "before",
    "after",
    "smaller",
    "larger",
    "bigger",
    "bottom",
    "top",
    "best",
    "worst",
    "lowest",
    "highest",
    "minimum",
    "maximum",
    "min",
    "max",
    "average",
    "mean",
    "median",
    "distinct",
    "different",
    "unique",
    "share",
    "percentage",
    "proportion",
    "distribution",
    "correlation",
    "number",
    "count",
    "mix",
    "trend",
    "per",
    "each",
    "every",
    "growth",
    "change",
    "compared",
    "versus",
    "vs",
    "instead",
    "if",
    "unless",
    "or",
    "either",
    "both",
    "exactly",
];

/// True when the question names a step of time: "by month", "weekly".
pub fn says_grain(prompt: &str) -> bool {
    !find_grains(&tokenize(prompt)).is_empty()
}

/// The words of a question that are no slot.
pub(super) struct Said {
    words: Vec<Token>,
    /// What the words of `words` that the reader acts on ask for, each with its own words.
    cues: Vec<(Cue, Vec<String>)>,
    numbers: Vec<f64>,
    /// Numbers of the reading.
    read: HashSet<u64>,
    aggregation: Option<Aggregation>,
}

impl Said {
    pub fn of(prompt: &str, reading: &Answer) -> Self {
        let slots = slots(prompt, reading);
        let tokens = tokenize(prompt);
        let is_slot = |t: &Token| slots.iter().any(|s| s.contains(&t.start));
        let words = split_words(&tokens);
        let spec = reading.spec.as_ref();
        let mut in_cue = vec![false; tokens.len()];
        for grain in find_grains(&tokens) {
            // The step of the axis shows in the reading: "daily" is "per day".
            if grain.kind == GrainKind::Axis && spec.is_some_and(|s| s.time_grain == Some(grain.grain)) {
                in_cue[grain.tokens].fill(true);
            }
        }
        let mut cues = Vec::new();
        for found in find_cues(&words) {
            let own = &words[found.words];
            if own.iter().any(|w| in_cue[w.token] || is_slot(&tokens[w.token])) {
                continue;
            }
            own.iter().for_each(|w| in_cue[w.token] = true);
            cues.push((found.cue, own.iter().map(|w| w.norm.clone()).collect()));
        }
        let numbers = tokens.iter().filter(|t| !is_slot(t)).filter_map(|t| t.number).collect();
        let left = tokens.iter().zip(&in_cue).filter(|(t, cue)| !**cue && !is_slot(t)).map(|(t, _)| t.clone());
        let words = left.filter(|t| t.kind != TokenKind::Number && !t.norm.is_empty()).collect();
        let mut read = HashSet::new();
        if let Some(spec) = spec {
            numbers_of(spec, &mut read);
        }
        Self { words, cues, numbers, read, aggregation: spec.map(|s| s.agg) }
    }

    /// Whatever this says and the other does not is understood, or says nothing.
    pub fn beyond(&self, other: &Self) -> bool {
        let there: HashSet<String> = other.words.iter().map(|t| stem(&t.norm)).collect();
        let words = self.words.iter().filter(|t| !there.contains(&stem(&t.norm)));
        let harmless = words.into_iter().all(|t| match t.kind {
            TokenKind::Symbol => !matches!(t.text.as_str(), "<" | ">" | "=" | "%" | "!" | "+" | "/" | "&" | "|"),
            _ => !TURNING.contains(&t.norm.as_str()) && is_stopword(&t.norm),
        });
        harmless
            && self.cues.iter().all(|(cue, words)| self.has_read(*cue, words) || self.says(*cue) == other.says(*cue))
            && self.numbers.iter().all(|n| other.numbers.contains(n) || self.read.contains(&n.to_bits()))
    }

    /// How often a cue is said. Of the words that rank, only those that mean any measure stand for each other:
    /// the best is not always the highest.
    fn says(&self, cue: Cue) -> Vec<&str> {
        let ranks = |word: &str| {
            if HIGH.contains(&word) {
                "high"
            } else if LOW.contains(&word) {
                "low"
            } else {
                ""
            }
        };
        let mut said: Vec<&str> = self
            .cues
            .iter()
            .filter(|(c, _)| *c == cue)
            .map(|(_, words)| match cue {
                Cue::Superlative(_) => {
                    let class = words.iter().map(|w| ranks(w)).find(|c| !c.is_empty());
                    class.or_else(|| words.last().map(String::as_str)).unwrap_or_default()
                }
                _ => "",
            })
            .collect();
        // Saying that something is grouped, or counted, twice says no more; two negations are not one.
        if !matches!(cue, Cue::Negation | Cue::Missing | Cue::Others) {
            said.sort_unstable();
            said.dedup();
        }
        said
    }

    /// What the cue asks for shows in the reading, so that its shape is compared; or it asks for nothing.
    fn has_read(&self, cue: Cue, words: &[String]) -> bool {
        match cue {
            Cue::Aggregate(a) => self.aggregation == Some(a),
            Cue::Count | Cue::Which | Cue::Chart(_) | Cue::AxisX | Cue::AxisY => true,
            _ => words.iter().all(|w| is_stopword(w) && !TURNING.contains(&w.as_str())),
        }
    }
}

/// Words for the upper and the lower end of any measure.
const HIGH: &[&str] = &["top", "most", "highest", "largest", "biggest", "greatest"];
const LOW: &[&str] = &["bottom", "least", "lowest", "smallest", "fewest"];

/// Where the prompt names what the reading took up.
fn slots(prompt: &str, reading: &Answer) -> Vec<Range<usize>> {
    let mut slots: Vec<Range<usize>> = Vec::new();
    for entity in &reading.entities {
        let free = |r: &Range<usize>| slots.iter().all(|s| s.end <= r.start || s.start >= r.end);
        let found = prompt.match_indices(entity.text.as_str()).map(|(at, t)| at..at + t.len()).find(|r| free(r));
        slots.extend(found);
    }
    slots
}

fn numbers_of(spec: &QuickSpec, found: &mut HashSet<u64>) {
    fn walk(value: &Value, found: &mut HashSet<u64>) {
        match value {
            Value::Number(n) => found.extend(n.as_f64().map(f64::to_bits)),
            Value::String(s) => found.extend(s.parse::<f64>().ok().map(f64::to_bits)),
            Value::Array(list) => list.iter().for_each(|v| walk(v, found)),
            Value::Object(map) => map.values().for_each(|v| walk(v, found)),
            Value::Null | Value::Bool(_) => {}
        }
    }
    walk(&Value::Object(spec.filters.clone()), found);
    spec.having.iter().for_each(|v| walk(v, found));
    found.extend(spec.top_k.map(|k| f64::from(k).to_bits()));
}
