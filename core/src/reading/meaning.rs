//! Words that name nothing registered, by what they mean: the column whose name comes nearest to them.
//!
//! The encoder tells what is spoken of alike, not what is the same: "salary" comes as near to "wage" (0.69) as "wife"
//! to "husband" (0.85) or "price" to "cost" (0.67). So what it finds is only ever proposed: a reading that needs it
//! asks back (see [`crate::route`]).

use super::cues::is_cue_word;
use super::implied::implies_column;
use super::question::Question;
use crate::embed::{Embedding, Encoder};
use crate::prompt::{TokenKind, expand_words, is_determiner, is_stopword, words_of};
use crate::semantic::{Candidate, ColumnRef, Lexicon, Meaning, Mention, Role, SemanticModel, Source, most_named};

/// Cosine from which a name is proposed for a word, and how far behind the next best name has to be.
const NEAR: f32 = 0.55;
const APART: f32 = 0.1;

/// Datasets and columns that are looked at, in a question that has such words.
const MOST_DATASETS: usize = 8;
const MOST_COLUMNS: usize = 256;

/// A column that fits by meaning alone is worth less than any that is named.
const WORTH: f32 = 0.6;

/// Adds a mention for every word that nothing else explains and that comes near to one column's name. Columns are
/// sought in the datasets that the question names; in all within `scope` if it names none and they are few.
pub fn nominate(q: &mut Question, model: &SemanticModel, lexicon: &Lexicon, scope: &[bool]) {
    let words: Vec<usize> = (0..q.words.len()).filter(|i| means_something(q, *i, lexicon)).collect();
    if words.is_empty() {
        return;
    }
    let columns = columns(q, model, scope);
    let names: Vec<Vec<Embedding>> = columns.iter().map(|c| names(model, *c)).collect();
    for at in words {
        let word = Encoder::get().encode(&q.words[at].norm);
        let mut near: Vec<(f32, ColumnRef)> = columns
            .iter()
            .zip(&names)
            .map(|(c, names)| (names.iter().map(|n| word.cosine(n)).fold(0.0, f32::max), *c))
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some((best, column)) = near.first().copied().filter(|(s, _)| *s >= NEAR) else { continue };
        let name = &model.column(column).name;
        // The same name in another dataset is no other meaning: the reading chooses between the two.
        let next = near.iter().find(|(_, c)| !model.column(*c).name.eq_ignore_ascii_case(name)).map_or(0.0, |n| n.0);
        if best - next < APART || said_by_value(q, model, column) {
            continue;
        }
        let same = near.iter().filter(|(s, c)| *s >= NEAR && model.column(*c).name.eq_ignore_ascii_case(name));
        let candidates = same
            .map(|(s, c)| Candidate { meaning: Meaning::Column(*c), source: Source::Similar, score: s * WORTH })
            .collect();
        q.mentions.push(Mention { words: at..at + 1, candidates, weight: 1.0 });
    }
}

/// "paying with GCash": one of the column's values says already which column is spoken of.
fn said_by_value(q: &Question, model: &SemanticModel, column: ColumnRef) -> bool {
    let name = &model.column(column).name;
    let candidates = q.mentions.iter().flat_map(|m| &m.candidates);
    candidates.filter(|c| c.score >= 0.9).any(|c| match c.meaning {
        Meaning::Value(of, _) => model.column(of).name.eq_ignore_ascii_case(name),
        _ => false,
    })
}

/// A word of the language that names nothing, asks for nothing and is part of no time.
fn means_something(q: &Question, at: usize, lexicon: &Lexicon) -> bool {
    let w = &q.words[at];
    let inside = |range: &std::ops::Range<usize>| range.contains(&at);
    w.kind == TokenKind::Word
        && q.free[at]
        && Encoder::get().knows(&w.norm)
        && !is_stopword(&w.norm)
        && !is_determiner(&w.norm)
        && !is_cue_word(&w.norm)
        && !implies_column(&w.norm)
        && !lexicon.knows(&w.norm)
        && !q.mentions.iter().any(|m| inside(&m.words))
        && !q.cues.iter().any(|c| inside(&c.words))
        && !q.time_words.iter().any(inside)
        && !q.grains.iter().any(|g| inside(&g.words))
        && !q.order.as_ref().is_some_and(|o| inside(&o.words))
}

fn columns(q: &Question, model: &SemanticModel, scope: &[bool]) -> Vec<ColumnRef> {
    let mut datasets = most_named(&q.mentions, MOST_DATASETS);
    if datasets.is_empty() {
        datasets = (0..model.datasets.len()).filter(|d| scope[*d]).take(MOST_DATASETS + 1).collect();
        if datasets.len() > MOST_DATASETS {
            return Vec::new();
        }
    }
    datasets
        .into_iter()
        .flat_map(|dataset| (0..model.datasets[dataset].columns.len()).map(move |column| ColumnRef { dataset, column }))
        .filter(|c| model.column(*c).role != Role::Key)
        .take(MOST_COLUMNS)
        .collect()
}

/// What a column is called, by its own name and by those that people gave it.
fn names(model: &SemanticModel, c: ColumnRef) -> Vec<Embedding> {
    let column = model.column(c);
    let own = expand_words(&words_of(&column.name)).join(" ");
    std::iter::once(own.as_str())
        .chain(column.aliases.iter().map(String::as_str))
        .map(|n| Encoder::get().encode(n))
        .collect()
}
