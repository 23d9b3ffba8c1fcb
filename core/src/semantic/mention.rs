//! Spans of the prompt that may name something of the model.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::compiled::{Source, Spans, WordLookups};
use super::lexicon::{Lexicon, Meaning};
use super::{SemanticModel, paths_from};
use crate::prompt::{TokenKind, Word, is_stopword, singular, stem, words_of};

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
/// that another reading (a time expression, a chart word) has taken. Where there is a `scope`, meanings are of its
/// datasets only.
pub fn find_mentions(words: &[Word], free: &[bool], lexicon: &Lexicon, scope: Option<&[bool]>) -> Vec<Mention> {
    let in_scope = |dataset: usize| scope.is_none_or(|s| s.get(dataset) == Some(&true));
    let mut mentions = Vec::new();
    let looked_up: Vec<WordLookups<'_>> =
        words.iter().map(|w| WordLookups::new(&lexicon.view, &w.stem, singular(&w.norm))).collect();
    let worth: Vec<f32> = words.iter().map(worth).collect();
    let says: Vec<bool> = words.iter().map(says_something).collect();
    let has_content: Vec<bool> = words.iter().map(|w| w.kind != TokenKind::Symbol && !is_stopword(&w.norm)).collect();
    let mut spans = Spans::new(&lexicon.view);
    for start in 0..words.len() {
        if !free[start] || words[start].kind == TokenKind::Symbol {
            continue;
        }
        if words[start].kind == TokenKind::Quoted {
            mentions.extend(quoted(words, start, lexicon, in_scope));
            continue;
        }
        spans.restart();
        let mut partial_done = false;
        for end in start + 1..=(start + LONGEST).min(words.len()) {
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
            spans.push(&looked_up[end - 1]);
            if !spans.goes_on() && end - start > MOST_PARTIAL {
                break;
            }
            let span = start..end;
            // A word like "and" or "a" names a value only between quotes, a column only by its very name.
            let bare = !says[span.clone()].contains(&true);
            // "no-show": one word to whoever wrote it.
            let hyphened =
                span.len() > 1 && words[span.clone()].windows(2).all(|pair| pair[1].token == pair[0].token + 2);
            let bare = bare && !hyphened;
            let mut candidates = Vec::new();
            spans.names(&mut candidates, |source| !bare || matches!(source, Source::Name | Source::Alias));
            if !bare {
                spans.values(&mut candidates);
                let content = has_content[span.clone()].iter().filter(|has| **has).count();
                if span.len() > 1 && content < 2 && !hyphened {
                    // "in Physics" is one word of 'Topics in Physics': one word alone is no part of a name.
                    candidates.retain(|c| !(matches!(c.meaning, Meaning::Value(..)) && c.source == Source::Partial));
                }
            }
            if end - start <= MOST_PARTIAL && !partial_done && !bare {
                // Whether longer spans are looked at does not depend on the scope: only of one word, whose columns are
                // many, those outside are left out at once.
                let single = span.len() == 1;
                let passes = |dataset: usize| !single || in_scope(dataset);
                let partial = lexicon.view.partial_columns(&looked_up[span.clone()], &candidates, passes);
                partial_done = partial.is_empty() && !single;
                candidates.extend(partial);
            }
            candidates.retain(|c| in_scope(c.meaning.dataset()));
            let content: f32 = worth[span.clone()].iter().sum();
            if !candidates.is_empty() && content > 0.0 {
                mentions.push(Mention { words: span, candidates, weight: content });
            }
        }
    }
    mentions
}

/// The datasets that mentions point at; of more than `most`, those that they point at most.
pub fn most_named(mentions: &[Mention], most: usize) -> Vec<usize> {
    // Dataset -> its strength, and the last mention that was counted with how much.
    let mut strength: HashMap<usize, (f32, usize, f32)> = HashMap::new();
    for (i, m) in mentions.iter().enumerate() {
        for c in &m.candidates {
            let (sum, last, counted) = strength.entry(c.meaning.dataset()).or_insert((0.0, i, 0.0));
            if *last != i {
                (*last, *counted) = (i, 0.0);
            }
            let worth = c.score * m.weight;
            if worth > *counted {
                *sum += worth - *counted;
                *counted = worth;
            }
        }
    }
    let mut named: Vec<(usize, f32)> = strength.into_iter().map(|(d, (sum, _, _))| (d, sum)).collect();
    named.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    named.truncate(most);
    let mut named: Vec<usize> = named.into_iter().map(|(d, _)| d).collect();
    named.sort_unstable();
    named
}

/// Leaves only meanings in the `most` datasets that are named most, and in what these are related to: where a
/// thousand datasets have a column of the same name, the others take no part.
pub fn narrow(mentions: &mut Vec<Mention>, model: &SemanticModel, most: usize) {
    let roots = most_named(mentions, most + 1);
    if roots.len() <= most {
        return;
    }
    let roots = most_named(mentions, most);
    let mut kept: HashSet<usize> = roots.iter().copied().collect();
    for root in roots {
        kept.extend(paths_from(model, root).into_keys());
    }
    for m in mentions.iter_mut() {
        m.candidates.retain(|c| kept.contains(&c.meaning.dataset()));
        m.candidates.shrink_to_fit();
    }
    mentions.retain(|m| !m.candidates.is_empty());
}

/// Words of the longest phrase.
const LONGEST: usize = 12;

/// Words by which a longer name is found.
const MOST_PARTIAL: usize = 3;

/// A quoted text names a value as a whole.
fn quoted(words: &[Word], at: usize, lexicon: &Lexicon, in_scope: impl Fn(usize) -> bool) -> Option<Mention> {
    let parts: Vec<(String, String)> = words_of(&words[at].norm).into_iter().map(|part| (stem(&part), part)).collect();
    let looked_up: Vec<WordLookups<'_>> =
        parts.iter().map(|(stem, part)| WordLookups::new(&lexicon.view, stem, singular(part))).collect();
    let mut spans = Spans::new(&lexicon.view);
    looked_up.iter().for_each(|word| spans.push(word));
    let mut candidates = Vec::new();
    spans.values(&mut candidates);
    spans.names(&mut candidates, |_| true);
    candidates.retain(|c| in_scope(c.meaning.dataset()));
    (!candidates.is_empty()).then(|| Mention { words: at..at + 1, candidates, weight: 1.0 })
}

/// What a word adds to a span: content words count 1, others little.
fn worth(word: &Word) -> f32 {
    match word.kind {
        TokenKind::Symbol => 0.0,
        TokenKind::Word if is_stopword(&word.norm) => 0.3,
        TokenKind::Number => 0.5,
        _ => 1.0,
    }
}

/// Not a mere word of the language.
fn says_something(word: &Word) -> bool {
    word.kind != TokenKind::Word || !is_stopword(&word.norm) || weighty(&word.norm)
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
