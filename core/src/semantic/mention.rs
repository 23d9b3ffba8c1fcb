//! Spans of the prompt that may name something of the model.

use std::ops::Range;

use super::lexicon::{Lexicon, Meaning, Source, singular, word_weight};
use crate::prompt::{TokenKind, Word, is_stopword};

/// One possible meaning of a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub meaning: Meaning,
    pub source: Source,
    /// 0..1: how well the words fit.
    pub score: f32,
}

/// A span of words with everything it may name.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Word indexes, half-open.
    pub words: Range<usize>,
    pub candidates: Vec<Candidate>,
    /// Words that carry content: what the span is worth.
    pub weight: f32,
}

/// All mentions, overlapping ones included: the reading chooses. `free[i]` is false for words
/// that another reading (a time expression, a chart word) has taken.
pub fn find_mentions(words: &[Word], free: &[bool], lexicon: &Lexicon) -> Vec<Mention> {
    let mut mentions = Vec::new();
    let longest = lexicon.longest.clamp(1, 12);
    for start in 0..words.len() {
        if !free[start] || words[start].kind == TokenKind::Symbol {
            continue;
        }
        if words[start].kind == TokenKind::Quoted {
            mentions.extend(quoted(words, start, lexicon));
            continue;
        }
        let mut key = String::new();
        let mut value_key = String::new();
        let mut partial_done = false;
        for end in start + 1..=(start + longest).min(words.len()) {
            let word = &words[end - 1];
            if !free[end - 1] || word.kind == TokenKind::Quoted {
                break;
            }
            if word.kind == TokenKind::Symbol {
                // "Sari-Sari", "A/B", "S. Smith": punctuation inside a name does not count.
                if matches!(word.norm.as_str(), "-" | "/" | "." | "&" | "'" | "\u{2019}") && end - 1 > start {
                    continue;
                }
                break;
            }
            key.push_str(&word.stem);
            value_key.push_str(singular(&word.norm));
            let span = start..end;
            // A word like "and" or "a" names a value only between quotes, a column only by its very name.
            let bare = words[span.clone()]
                .iter()
                .all(|w| w.kind == TokenKind::Word && is_stopword(&w.norm) && !weighty(&w.norm));
            let values = if bare { &[] } else { lexicon.value(&value_key) };
            let mut candidates: Vec<Candidate> = lexicon
                .phrase(&key)
                .iter()
                .filter(|e| !bare || matches!(e.source, Source::Name | Source::Alias))
                .chain(values)
                .map(|e| Candidate { meaning: e.meaning, source: e.source, score: e.score })
                .collect();
            let content_word = words[span.clone()]
                .iter()
                .any(|w| w.kind != TokenKind::Word || !is_stopword(&w.norm) || weighty(&w.norm));
            if end - start <= 3 && !partial_done && content_word {
                let partial = partial_columns(&words[span.clone()], lexicon, &candidates);
                partial_done = partial.is_empty() && end - start > 1;
                candidates.extend(partial);
            }
            let content = span_weight(&words[span.clone()]);
            if !candidates.is_empty() && content > 0.0 {
                mentions.push(Mention { words: span, candidates, weight: content });
            }
        }
    }
    mentions
}

/// A quoted text names a value as a whole.
fn quoted(words: &[Word], at: usize, lexicon: &Lexicon) -> Option<Mention> {
    let parts = crate::prompt::words_of(&words[at].norm);
    let value_key: String = parts.iter().map(|w| singular(w)).collect();
    let key: String = parts.iter().map(|w| crate::prompt::stem(w)).collect();
    let candidates: Vec<Candidate> = lexicon
        .value(&value_key)
        .iter()
        .chain(lexicon.phrase(&key))
        .map(|e| Candidate { meaning: e.meaning, source: e.source, score: e.score })
        .collect();
    (!candidates.is_empty()).then(|| Mention { words: at..at + 1, candidates, weight: 1.0 })
}

/// Columns whose name holds all of these words, and more.
fn partial_columns(span: &[Word], lexicon: &Lexicon, exact: &[Candidate]) -> Vec<Candidate> {
    let stems: Vec<&str> = span.iter().map(|w| w.stem.as_str()).collect();
    let Some(rarest) = stems.iter().filter_map(|s| lexicon.by_stem.get(*s)).min_by_key(|l| l.len()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for &index in rarest {
        let column = &lexicon.columns[index as usize];
        let meaning = Meaning::Column(column.column);
        if !stems.iter().all(|s| column.stems.iter().any(|c| c == s)) {
            continue;
        }
        if exact.iter().any(|c| c.meaning == meaning) {
            continue;
        }
        if column.stems.iter().any(|s| s == "or") {
            // Half of "good_or_bad" is one of its values, not its name.
            continue;
        }
        let total: f32 = column.stems.iter().map(|s| word_weight(s)).sum();
        let matched: f32 = stems.iter().map(|s| word_weight(s)).sum();
        // "students" is not the "student capacity": a name's head says what it is.
        let head =
            column.stems.iter().rev().find(|s| word_weight(s) >= 1.0 && s.as_str() != "pct" && s.as_str() != "percent");
        let off_head = head.is_some_and(|h| !stems.contains(&h.as_str()));
        let score = 0.35 + 0.5 * (matched / total).min(1.0) - if off_head { 0.15 } else { 0.0 };
        found.push(Candidate { meaning, source: Source::Partial, score });
    }
    found
}

/// What a span is worth: content words count 1, others little.
fn span_weight(span: &[Word]) -> f32 {
    span.iter()
        .filter(|w| w.kind != TokenKind::Symbol)
        .map(|w| match w.kind {
            TokenKind::Word if is_stopword(&w.norm) => 0.3,
            TokenKind::Number => 0.5,
            _ => 1.0,
        })
        .sum()
}

/// Stop words that name columns all the same when they stand alone ("show the times", "average amount").
fn weighty(norm: &str) -> bool {
    matches!(
        norm,
        "amount"
            | "number"
            | "numbers"
            | "time"
            | "times"
            | "details"
            | "result"
            | "results"
            | "value"
            | "values"
            | "rank"
            | "ranking"
            | "order"
            | "average"
            | "total"
            | "percentage"
            | "count"
            | "type"
            | "line"
            | "low"
            | "high"
    )
}
