//! One dataset's view of a question: which span names what, in order.

use std::collections::HashMap;
use std::ops::Range;

use super::choice::{choose, fit, in_name};
use super::comparisons::{Trailing, find_spans, find_trailing};
use super::cues::Cue;

use super::question::{Question, word_range};
use super::shares::tells;
use super::texts::encloses;
use crate::entity::{Comparator, find_comparators};
use crate::prompt::{TokenKind, Word, is_determiner, is_stopword};
use crate::semantic::{ColumnRef, Meaning, Path, SemanticModel, Source};
use crate::time::GrainKind;

/// What a span is taken for.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Column(ColumnRef),
    Value(ColumnRef, u32),
    Dataset(usize),
    Cue(Cue),
    /// Index into the question's times.
    Time(usize),
    /// Index into the question's grains.
    Grain(usize),
    Comparator(Comparator),
    Number(f64),
    Quoted(String),
    And,
    Or,
    Comma,
    /// A content word that names nothing known.
    Unknown,
    /// A word without content of its own.
    Filler,
}

/// An item at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    pub item: Item,
    pub words: Range<usize>,
    /// How well the words fit (1 for items that need no fit).
    pub score: f32,
    /// How much better it fits than the next best meaning of the same words, 0..1.
    pub margin: f32,
    pub source: Option<Source>,
    /// Further values of the same column that the words fit as well.
    pub others: Vec<u32>,
}

/// The items of a question for one root dataset.
#[derive(Debug, Clone, Default)]
pub struct Items {
    pub placed: Vec<Placed>,
    /// Sum over the named spans of content times fit.
    pub score: f32,
}

/// Builds the best non-overlapping choice of mentions (weighted interval scheduling) and puts cues,
/// times, numbers and connectors around it.
pub fn items_for(q: &Question, model: &SemanticModel, root: usize, paths: &HashMap<usize, Path>) -> Items {
    let chosen = choose(q, model, root, paths);
    let mut placed: Vec<Placed> = Vec::with_capacity(q.words.len());
    let mut taken = vec![false; q.words.len()];
    let mut put = |item: Item, words: Range<usize>, score: f32, source: Option<Source>, placed: &mut Vec<Placed>| {
        if words.is_empty() || taken[words.clone()].iter().any(|t| *t) {
            return;
        }
        taken[words.clone()].fill(true);
        placed.push(Placed { item, words, score, margin: 1.0, source, others: Vec::new() });
    };
    let measured = |before: usize| {
        let numeric = |c: &Meaning| matches!(c, Meaning::Column(c) if model.column(*c).value_type.is_numeric());
        let linked =
            |to: usize| q.words[to..before].iter().all(|w| w.is_any(&["is", "are", "was", "were", "of", "lies"]));
        chosen.iter().any(|(m, c, _)| m.words.end <= before && numeric(&c.meaning) && linked(m.words.end))
    };
    // "between 2022 and 2024" is a period, unless it limits the number that is named before it.
    let is_calendar = model.datasets[root].columns.iter().any(|c| c.value_type.is_temporal());
    let years = |range: &Range<usize>| {
        is_calendar && q.words[range.start].is("between") && range.len() == 4 && !measured(range.start)
    };
    let sure = |i: usize, range: &Range<usize>| !q.times.matches[i].weak || years(range);
    for hours in &q.times.hours {
        put(Item::Filler, word_range(&q.words, &hours.tokens), 1.0, None, &mut placed);
    }
    for (i, range) in q.time_words.iter().enumerate().filter(|(i, r)| sure(*i, r)) {
        put(Item::Time(i), range.clone(), 1.0, None, &mut placed);
    }
    for (i, grain) in q.grains.iter().enumerate() {
        // A column called by the very word keeps it ("hourly": sold_at); a longer phrase is the grain's own.
        let named = chosen.iter().any(|(m, c, _)| {
            m.words.end == grain.words.end
                || matches!(c.meaning, Meaning::Column(_)) && m.words.contains(&(grain.words.end - 1))
        });
        if grain.kind == GrainKind::Axis && !named {
            put(Item::Grain(i), grain.words.clone(), 1.0, None, &mut placed);
        }
    }
    for Trailing { comparator, number, rest } in find_trailing(&q.words) {
        put(Item::Comparator(comparator.0), comparator.1, 1.0, None, &mut placed);
        put(Item::Number(number.0), number.1, 1.0, None, &mut placed);
        put(Item::Filler, rest, 1.0, None, &mut placed);
    }
    let mut comparators = find_comparators(&q.words);
    comparators.extend(find_spans(&q.words).map(|at| (at..at + 1, Comparator::Between)));
    for (range, comparator) in &comparators {
        if matches!(
            comparator,
            Comparator::StartsWith
                | Comparator::EndsWith
                | Comparator::NotContains
                | Comparator::Contains
                | Comparator::IsNull
                | Comparator::NotNull
        ) && range.len() > 1
        {
            put(Item::Comparator(*comparator), range.clone(), 1.0, None, &mut placed);
        }
    }
    for at in (0..q.words.len()).filter(|at| encloses(&q.words, *at)) {
        put(Item::Comparator(Comparator::Contains), at..at + 1, 1.0, None, &mut placed);
    }
    for (m, c, _) in &chosen {
        let item = match c.meaning {
            Meaning::Dataset(d) => Item::Dataset(d),
            Meaning::Column(c) => Item::Column(c),
            Meaning::Value(c, v) => Item::Value(c, v),
        };
        put(item, m.words.clone(), c.score, Some(c.source), &mut placed);
    }
    for (range, comparator) in comparators {
        // "by year over 2000" compares, "trend over" does not: a comparator needs something to compare with.
        let numeric = matches!(comparator, Comparator::Gt | Comparator::Gte | Comparator::Lt | Comparator::Lte);
        let number = |w: &&Word| w.number.is_some() || number_word(&w.norm).is_some();
        let value_at = |at: usize, ends: bool| {
            placed
                .iter()
                .any(|p| matches!(p.item, Item::Value(..)) && at == if ends { p.words.end } else { p.words.start })
        };
        let between_values = value_at(range.start, true) && value_at(range.end, false);
        if q.cues.iter().any(|c| c.cue == Cue::Compare && c.words.contains(&range.start)) {
            // "2024 over 2023" sets two years side by side.
            continue;
        }
        if numeric && !between_values && !q.words[range.end..].iter().take(3).any(|w| number(&w)) {
            continue;
        }
        let between = comparator == Comparator::Between;
        if between && q.words[range.end..].iter().take(5).filter(number).count() < 2 {
            continue;
        }
        put(Item::Comparator(comparator), range, 1.0, None, &mut placed);
    }
    for (i, range) in q.time_words.iter().enumerate().filter(|(i, _)| q.times.matches[*i].weak) {
        let compared = placed.iter().any(|p| {
            matches!(p.item, Item::Comparator(_)) && p.words.end <= range.start && range.start - p.words.end <= 3
        });
        if !compared {
            put(Item::Time(i), range.clone(), 1.0, None, &mut placed);
        }
    }
    for cue in &q.cues {
        put(Item::Cue(cue.cue), cue.words.clone(), 1.0, None, &mut placed);
        // "total number of stocks" over a column "number of stock": the total is still asked for.
        if cue.words.len() > 1 && q.words[cue.words.start].is("total") {
            let total = Cue::Aggregate(crate::semantic::Aggregation::Sum);
            put(Item::Cue(total), cue.words.start..cue.words.start + 1, 1.0, None, &mut placed);
        }
    }
    for (i, grain) in q.grains.iter().enumerate() {
        put(Item::Grain(i), grain.words.clone(), 1.0, None, &mut placed);
    }
    let ordered = q.order.as_ref().map(|o| o.words.clone()).unwrap_or_default();
    for (i, w) in q.words.iter().enumerate() {
        let item = match w.kind {
            _ if ordered.contains(&i) => Item::Filler,
            TokenKind::Quoted => Item::Quoted(q.tokens[w.token].text.clone()),
            TokenKind::Number => Item::Number(w.number.unwrap_or_default()),
            TokenKind::Symbol if w.norm == "," || w.norm == ";" => Item::Comma,
            TokenKind::Symbol if w.norm == "&" => Item::And,
            TokenKind::Symbol => Item::Filler,
            TokenKind::Word if w.norm == "and" || w.norm == "at" => Item::And,
            TokenKind::Word if w.norm == "or" => Item::Or,
            // "the last 5": a count from one end, read with its number.
            TokenKind::Word
                if w.is_any(&["last", "first"])
                    && q.words.get(i + 1).is_some_and(|n| n.number.is_some() || number_word(&n.norm).is_some()) =>
            {
                Item::Filler
            }
            TokenKind::Word if !q.free[i] || is_stopword(&w.norm) || is_determiner(&w.norm) => Item::Filler,
            TokenKind::Word if tells(w) && q.has(Cue::Share) => Item::Filler,
            TokenKind::Word => number_word(&w.norm).map_or(Item::Unknown, Item::Number),
        };
        put(item, i..i + 1, 1.0, None, &mut placed);
    }
    for p in &mut placed {
        if let Some((_, _, margin)) = chosen.iter().find(|(m, _, _)| p.source.is_some() && m.words == p.words) {
            p.margin = *margin;
        }
        if let (Item::Value(column, first), Some(Source::Partial)) = (&p.item, p.source) {
            let fits = q.mentions.iter().filter(|m| m.words == p.words).flat_map(|m| &m.candidates);
            p.others = fits
                .filter_map(|c| match c.meaning {
                    Meaning::Value(of, v) if of == *column && v != *first && c.source == Source::Partial => Some(v),
                    _ => None,
                })
                .collect();
        }
    }
    placed.sort_by_key(|p| p.words.start);
    for k in 1..placed.len() {
        // "the satisfaction score" of a table of satisfaction surveys.
        if let (Item::Unknown, Item::Column(c)) = (&placed[k - 1].item, &placed[k].item)
            && placed[k - 1].words.end == placed[k].words.start
            && in_name(&q.words[placed[k - 1].words.clone()], &model.datasets[c.dataset].name)
        {
            placed[k - 1].item = Item::Filler;
        }
    }
    // Only what found its place counts: a time or a comparison may have taken a span first.
    let score = chosen
        .iter()
        .filter(|(m, _, _)| placed.iter().any(|p| p.source.is_some() && p.words == m.words))
        .map(|(m, c, _)| m.weight * fit(m, c, q, root, paths, model))
        .sum();
    Items { placed, score }
}

/// "five" as a number.
pub(super) fn number_word(norm: &str) -> Option<f64> {
    const WORDS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    WORDS.iter().position(|w| *w == norm).map(|n| n as f64)
}
