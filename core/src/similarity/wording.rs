//! What two questions say, beside the names and times that are their slots.
//!
//! A reading can pass over a word that it does not know. Two readings that look the same are then no proof that the
//! questions are: whatever is said in one of them only must be a slot, or say nothing.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use crate::prompt::{Token, TokenKind, is_stopword, stem, tokenize};
use crate::quickspec::QuickSpec;
use crate::reading::is_cue_word;
use crate::route::Answer;

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
    "distinct",
    "different",
    "unique",
    "share",
    "percentage",
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

/// True when the questions differ in nothing but what their readings took for names, times and numbers, and in words
/// that say nothing. `then` and `now` are the router's readings of the past and the new question.
pub fn same_wording(past: &str, then: &Answer, new: &str, now: &Answer) -> bool {
    let (before, after) = (Said::of(past, then), Said::of(new, now));
    after.beyond(&before) && before.beyond(&after)
}

/// The words of a question that are no slot.
struct Said {
    words: Vec<Token>,
    numbers: Vec<f64>,
    /// Numbers of the reading.
    read: HashSet<u64>,
}

impl Said {
    fn of(prompt: &str, reading: &Answer) -> Self {
        let slots = slots(prompt, reading);
        let outside = |t: &Token| !slots.iter().any(|s| s.contains(&t.start));
        let tokens: Vec<Token> = tokenize(prompt).into_iter().filter(outside).collect();
        let numbers = tokens.iter().filter_map(|t| t.number).collect();
        let words = tokens.into_iter().filter(|t| t.kind != TokenKind::Number && !t.norm.is_empty()).collect();
        let mut read = HashSet::new();
        if let Some(spec) = &reading.spec {
            numbers_of(spec, &mut read);
        }
        Self { words, numbers, read }
    }

    /// Whatever this says and the other does not is understood, or says nothing.
    fn beyond(&self, other: &Self) -> bool {
        let there: HashSet<String> = other.words.iter().map(|t| stem(&t.norm)).collect();
        let words = self.words.iter().filter(|t| !there.contains(&stem(&t.norm)));
        let harmless = words.into_iter().all(|t| match t.kind {
            TokenKind::Symbol => !matches!(t.text.as_str(), "<" | ">" | "=" | "%" | "!" | "+" | "/" | "&" | "|"),
            _ if TURNING.contains(&t.norm.as_str()) => false,
            _ => is_stopword(&t.norm) || is_cue_word(&t.norm),
        });
        harmless && self.numbers.iter().all(|n| other.numbers.contains(n) || self.read.contains(&n.to_bits()))
    }
}

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
