//! Everything that the words from one place on may name: one walk for all spans that begin there.

use super::Source;
use super::lookups::WordLookups;
use super::values::{Said, Values};
use super::view::View;
use super::walk::Walk;
use crate::semantic::lexicon::{Meaning, word_weight};
use crate::semantic::mention::Candidate;

/// Values of one column that part of a name may stand for: a part that fits more says nothing.
const MOST_PARTIAL_VALUES: usize = 24;

/// Words that partial values are looked for by.
const PARTIAL_WORDS: std::ops::RangeInclusive<usize> = 2..=3;

/// A span that grows word by word.
pub(in crate::semantic) struct Spans<'a> {
    view: &'a View,
    start: Walks<'a>,
    at: Walks<'a>,
    /// The span's words, as values are cut: the word, and which part of it.
    words: Vec<(&'a WordLookups<'a>, usize)>,
}

/// Where the span has got to in each automaton; nowhere, when none of its keys goes on so.
#[derive(Clone)]
struct Walks<'a> {
    phrases: Option<Walk<'a>>,
    aliases: Option<Walk<'a>>,
    segments: Vec<Option<Walk<'a>>>,
}

impl<'a> Spans<'a> {
    pub fn new(view: &'a View) -> Self {
        let names = &view.compiled.names;
        let segments = view.compiled.values.iter().map(Values::walk).collect();
        let start = Walks { phrases: names.phrases(), aliases: names.aliases(), segments };
        Self { view, at: start.clone(), start, words: Vec::new() }
    }

    /// Begins with another first word.
    pub fn restart(&mut self) {
        self.at.phrases.clone_from(&self.start.phrases);
        self.at.aliases.clone_from(&self.start.aliases);
        self.at.segments.clone_from(&self.start.segments);
        self.words.clear();
    }

    fn segments(&self) -> impl Iterator<Item = (usize, &'a Values)> + use<'a> {
        self.view.compiled.values.iter().enumerate()
    }

    /// Takes the next word into the span.
    pub fn push(&mut self, word: &'a WordLookups<'a>) {
        let on = |walk: &mut Option<Walk<'a>>, text: &str| {
            if walk.as_mut().is_some_and(|w| !w.push(text)) {
                *walk = None;
            }
        };
        on(&mut self.at.phrases, word.stem);
        on(&mut self.at.aliases, word.singular);
        self.at.segments.iter_mut().for_each(|walk| on(walk, word.singular));
        if self.words.len() < 2 * PARTIAL_WORDS.end() {
            self.words.extend((0..word.part_count()).map(|part| (word, part)));
        }
    }

    /// False when no longer span from here is the name of anything.
    pub fn goes_on(&self) -> bool {
        self.at.phrases.is_some() || self.at.aliases.is_some() || self.at.segments.iter().any(Option::is_some)
    }

    /// What the span is called by names of datasets and columns.
    pub fn names(&self, out: &mut Vec<Candidate>, passes: impl Fn(Source) -> bool) {
        let Some(output) = self.at.phrases.as_ref().and_then(Walk::output) else { return };
        for e in self.view.compiled.names.entries(output).filter(|e| passes(e.source)) {
            let meaning = match self.view.seen(e.place) {
                Some((d, None)) => Meaning::Dataset(d),
                Some((dataset, Some(column))) => Meaning::Column(crate::semantic::ColumnRef { dataset, column }),
                None => continue,
            };
            out.push(Candidate { meaning, source: e.source, score: e.score });
        }
    }

    /// Values that the span names, in whole or in part.
    pub fn values(&self, out: &mut Vec<Candidate>) {
        let from = out.len();
        for ((s, values), walk) in self.segments().zip(&self.at.segments) {
            let Some(output) = walk.as_ref().and_then(Walk::output) else { continue };
            for found in values.items(output) {
                let (source, score) = match found.by {
                    Said::Whole => (Source::Value, 1.0),
                    Said::Short => (Source::Partial, 0.8),
                    Said::Spoken => (Source::ValueAlias, 0.9),
                };
                out.extend(self.meaning(s, values, found.ordinal).map(|m| Candidate { meaning: m, source, score }));
            }
        }
        if let Some(output) = self.at.aliases.as_ref().and_then(Walk::output) {
            for e in self.view.compiled.names.entries(output) {
                if let (Some(c), Some(v)) = (self.view.seen_column(e.place), e.value) {
                    out.push(Candidate { meaning: Meaning::Value(c, v), source: e.source, score: e.score });
                }
            }
        }
        self.partial_values(out);
        // One meaning once, by its best name; in the model's order, which decides between equals.
        out[from..].sort_by(|a, b| a.meaning.cmp(&b.meaning).then(b.score.total_cmp(&a.score)));
        let mut last = None;
        let mut at = 0;
        out.retain(|c| {
            at += 1;
            let double = at > from && last == Some(c.meaning);
            last = Some(c.meaning);
            !double
        });
    }

    fn partial_values(&self, out: &mut Vec<Candidate>) {
        if !PARTIAL_WORDS.contains(&self.words.len()) {
            return;
        }
        for (s, values) in self.segments() {
            let numbers: Option<Vec<u32>> = self.words.iter().map(|(word, part)| word.posting(s, *part)).collect();
            let Some(numbers) = numbers else { continue };
            let words: Vec<&str> = self.words.iter().map(|(word, part)| word.part(*part)).collect();
            let ordinals = values.holding(&words, &numbers);
            let mut rest = ordinals.as_slice();
            while let Some(first) = rest.first() {
                let head = values.head(values.column_of(*first));
                let (of_column, others) = rest.split_at(rest.partition_point(|o| *o < head.start + head.count).max(1));
                rest = others;
                if of_column.len() > MOST_PARTIAL_VALUES {
                    continue;
                }
                let meanings = of_column.iter().filter_map(|o| self.meaning(s, values, *o));
                out.extend(meanings.map(|meaning| Candidate { meaning, source: Source::Partial, score: 0.8 }));
            }
        }
    }

    fn meaning(&self, segment: usize, values: &Values, ordinal: u32) -> Option<Meaning> {
        let column = values.column_of(ordinal);
        let place = self.view.compiled.names.place_of(segment, column)?;
        Some(Meaning::Value(self.view.seen_column(place)?, ordinal - values.head(column).start))
    }
}

impl View {
    /// Columns whose name holds all of these stems, and more; those in `exact` are left out, and those that do not pass.
    pub(in crate::semantic) fn partial_columns(
        &self,
        words: &[WordLookups<'_>],
        exact: &[Candidate],
        passes: impl Fn(usize) -> bool,
    ) -> Vec<Candidate> {
        let names = &self.compiled.names;
        let mut rarest: Option<(u32, usize)> = None;
        for word in words {
            let Some(at) = word.shapes() else { return Vec::new() };
            let counted = (names.shape_count(at), at);
            rarest = Some(rarest.map_or(counted, |before| before.min(counted)));
        }
        let Some((_, list)) = rarest else { return Vec::new() };
        let mut known: Vec<Meaning> = exact.iter().map(|c| c.meaning).collect();
        known.sort_unstable();
        let matched: f32 = words.iter().map(|w| word_weight(w.stem.as_bytes())).sum();
        let mut found = Vec::new();
        for shape in names.shapes_at(list) {
            let columns = names.shape_places(shape).filter_map(|p| self.seen_column(p)).filter(|c| passes(c.dataset));
            let mut meanings = columns.map(Meaning::Column).filter(|m| known.binary_search(m).is_err()).peekable();
            if meanings.peek().is_none() {
                continue;
            }
            let own = names.shape_stems(shape);
            // The list is of those that hold one of them.
            if words.len() > 1 && !words.iter().all(|w| own.clone().any(|o| o == w.stem.as_bytes())) {
                continue;
            }
            let (mut total, mut head, mut is_choice) = (0.0, None, false);
            for stem in own {
                let weight = word_weight(stem);
                total += weight;
                // "students" is not the "student capacity": a name's head says what it is.
                if weight >= 1.0 && stem != b"pct" && stem != b"percent" {
                    head = Some(stem);
                }
                is_choice |= stem == b"or";
            }
            if is_choice {
                // Half of "good_or_bad" is one of its values, not its name.
                continue;
            }
            let off_head = head.is_some_and(|h| words.iter().all(|w| w.stem.as_bytes() != h));
            let score = 0.35 + 0.5 * (matched / total).min(1.0) - if off_head { 0.15 } else { 0.0 };
            found.extend(meanings.map(|meaning| Candidate { meaning, source: Source::Partial, score }));
        }
        found.sort_by_key(|c| c.meaning);
        found
    }
}
