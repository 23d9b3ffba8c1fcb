//! The lexicon: every phrase that may name a dataset, a column or a value that the asker may see.

use std::sync::Arc;

use super::compiled::{Compiled, Names, Values, ValuesBuilder, View, compile_names};
use super::misspelt::{Nearest, sounds_like};
use super::{ColumnRef, SemanticModel};
use crate::embed::Encoder;
use crate::prompt::{abbreviates, singular};

/// What a phrase names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    Dataset(usize),
    Column(ColumnRef),
    /// A stored value of a column, by its number there: see [`SemanticModel::value`].
    Value(ColumnRef, u32),
}

impl Meaning {
    pub fn dataset(self) -> usize {
        match self {
            Self::Dataset(d) => d,
            Self::Column(c) | Self::Value(c, _) => c.dataset,
        }
    }
}

/// Words of names that say little on their own.
pub(super) fn word_weight(stem: &[u8]) -> f32 {
    match stem {
        b"id" | b"name" | b"code" | b"number" | b"type" | b"date" | b"detail" | b"descript" | b"valu" | b"time"
        | b"other" | b"of" | b"the" | b"in" | b"is" | b"no" | b"key" | b"titl" | b"text" | b"kind" => 0.4,
        b"total" | b"averag" | b"maximum" | b"minimum" | b"count" | b"first" | b"last" => 0.6,
        _ => 1.0,
    }
}

/// Letters that words of one root begin with.
const SAME_ROOT: usize = 5;

/// The phrases of a semantic model, as one role may see them.
#[derive(Debug, Clone)]
pub struct Lexicon {
    pub(super) view: Arc<View>,
}

impl Lexicon {
    /// Over a model that was compiled.
    pub fn over(view: Arc<View>) -> Self {
        Self { view }
    }

    /// Compiles a model with its values, in memory.
    pub fn build(model: &SemanticModel) -> Self {
        let mut values = ValuesBuilder::default();
        for dataset in &model.datasets {
            for column in dataset.columns.iter().filter(|c| !c.values.is_empty()) {
                let stored = column.values.iter().map(|v| v.stored.as_str());
                values.column(dataset.oid, &column.name, 0, column.harvested_all, stored);
            }
        }
        // What was just compiled opens; without it the lexicon would be empty.
        let values: Vec<Values> = Values::open(values.finish(0).into_bytes()).into_iter().collect();
        let names = compile_names(0, model, &values, &|_, _| true, Vec::new());
        let compiled = Names::open(names.into_bytes()).map(|names| Compiled { names, values });
        Self { view: Arc::new(View::everything(Arc::new(compiled.unwrap_or_default()))) }
    }

    /// True when something is named exactly so; `key` is a stem or stems joined.
    pub fn phrase_exists(&self, key: &str) -> bool {
        self.view.phrase_exists(key)
    }

    /// A part of some column's name that comes from the same root as a word nobody knows: "direct" of
    /// `directed_by` for "director". The longest common beginning wins; two as long decide nothing.
    pub fn same_root(&self, stem: &str) -> Option<String> {
        let shared = |other: &str| stem.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let mut best: Option<(usize, String)> = None;
        let mut tied = false;
        let is_near = |other: &str| {
            let n = shared(other);
            let rest = stem.len().max(other.len()) - n;
            n >= SAME_ROOT && rest <= 4 && rest * 2 <= n && stem.len().min(other.len()) - n <= 1
        };
        self.view.stems_from(stem.get(..SAME_ROOT)?, is_near, |other| {
            let n = shared(other);
            match &best {
                Some((b, _)) if *b > n => {}
                Some((b, _)) if *b == n => tied = true,
                _ => {
                    best = Some((n, other.to_owned()));
                    tied = false;
                }
            }
        });
        best.filter(|_| !tied).map(|(_, w)| w)
    }

    /// The stem that columns' names write for a word: "appt" for "appointment". The longest wins; two as long decide
    /// nothing, and a common word ("car" for "carriage") abbreviates none.
    pub fn abbreviation(&self, word: &str) -> Option<String> {
        let mut best: Option<String> = None;
        let mut tied = false;
        let is_short = |stem: &str| {
            // Stemming turned a last y into i.
            let short = stem.strip_suffix('i').map(|s| format!("{s}y"));
            let short = short.as_deref().unwrap_or(stem);
            (abbreviates(short, word) || abbreviates(stem, word)) && !Encoder::get().is_common(short)
        };
        self.view.stems_from(word.get(..1)?, is_short, |stem| match &best {
            Some(b) if b.len() > stem.len() => {}
            Some(b) if b.len() == stem.len() => tied = true,
            _ => {
                best = Some(stem.to_owned());
                tied = false;
            }
        });
        best.filter(|_| !tied)
    }

    /// True when a name holds this folded word, or its singular.
    pub fn names(&self, norm: &str) -> bool {
        self.view.names_know(norm) || self.view.names_know(singular(norm))
    }

    /// True when some phrase holds this folded word.
    pub fn knows(&self, norm: &str) -> bool {
        self.view.knows(norm)
    }

    /// The word of the lexicon that a misspelt word most likely stands for: one slip for words of four letters and
    /// more, two for eight and more (six, where the words sound alike), and only when no other word is as near.
    /// Slips of the finger and words that sound alike come first among equals.
    pub fn correct(&self, norm: &str) -> Option<String> {
        let length = norm.chars().count();
        if length < 4 || norm.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut nearest = Nearest::to(norm);
        self.view.near(norm, 1, &mut |word| {
            nearest.consider(word);
            true
        });
        if nearest.is_empty() && length >= 6 {
            self.view.near(norm, 2, &mut |word| {
                if length >= 8 || sounds_like(norm, word) {
                    nearest.consider(word);
                }
                true
            });
        }
        nearest.found()
    }
}
