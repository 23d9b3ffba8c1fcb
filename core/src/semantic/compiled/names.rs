//! Reading compiled names.

use fst::{Automaton, IntoStreamer, Streamer};
use serde::de::DeserializeOwned;

use super::container::{Bytes, Container, Corrupt, Kind, list, nth};
use super::fuzzy;
use super::names_build::{Facts, Record, section};
use super::place::Place;
use super::walk::Walk;
use super::{NO_VALUE, Source};
use crate::semantic::Relationship;

/// Compiled names of a model.
#[derive(Debug, Default)]
pub struct Names {
    container: Container,
    pub(super) facts: Facts,
}

/// What a phrase names, and how well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    pub place: Place,
    pub value: Option<u32>,
    pub source: Source,
    pub score: f32,
}

impl Names {
    pub fn open(bytes: Bytes) -> Result<Self, Corrupt> {
        let container = Container::open(bytes, Kind::Names)?;
        let facts = decoded::<Facts>(container.section(section::FACTS)).ok_or(Corrupt::Format)?;
        Ok(Self { container, facts })
    }

    /// Keys of the segments of values that belong to it.
    pub fn segments(&self) -> &[u64] {
        &self.facts.segments
    }

    pub fn key(&self) -> u64 {
        self.container.key
    }

    /// The model's version when it was compiled.
    pub fn version(&self) -> u64 {
        self.facts.version
    }

    pub fn notes(&self) -> &[u8] {
        self.container.section(section::NOTES)
    }

    pub fn oids(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        let oids = self.container.section(section::OIDS);
        (0..self.facts.datasets as usize).map(|d| nth(oids, d))
    }

    pub(super) fn record(&self, dataset: usize) -> Option<Record> {
        let ends = self.container.section(section::DATASET_ENDS);
        let start = if dataset == 0 { 0 } else { nth(ends, dataset - 1) as usize };
        let end = nth(ends, dataset) as usize;
        decoded(self.container.section(section::DATASETS).get(start..end)?)
    }

    pub(super) fn dataset_called(&self, full_name: &str) -> Option<usize> {
        let mut walk = Walk::start(self.container.section(section::DATASET_NAMES))?;
        let output = if walk.push(full_name) { walk.output() } else { None };
        output.map(|d| d as usize)
    }

    pub(super) fn relationships(&self) -> Vec<Relationship> {
        decoded(self.container.section(section::RELATIONSHIPS)).unwrap_or_default()
    }

    pub(super) fn phrases(&self) -> Option<Walk<'_>> {
        Walk::start(self.container.section(section::PHRASES))
    }

    pub(super) fn aliases(&self) -> Option<Walk<'_>> {
        Walk::start(self.container.section(section::ALIASES))
    }

    /// The entries at a walk's output.
    pub(super) fn entries(&self, output: u64) -> impl Iterator<Item = Entry> + '_ {
        let entries = self.container.section(section::ENTRIES);
        let at = output as usize;
        (0..nth(entries, at) as usize).filter_map(move |i| {
            let n = |k| nth(entries, at + 1 + 3 * i + k);
            let value = n(1);
            Some(Entry {
                place: Place::from_raw(n(0))?,
                value: (value != NO_VALUE).then_some(value),
                source: Source::from_code((n(2) >> 16) as u8),
                score: (n(2) & 0xFFFF) as f32 / 1000.0,
            })
        })
    }

    fn list_of(&self, automaton: usize, key: &str) -> Option<usize> {
        let mut walk = Walk::start(self.container.section(automaton))?;
        let output = if walk.push(key) { walk.output() } else { None };
        output.map(|o| o as usize)
    }

    /// Where the list of the shapes of column names that hold a stem lies.
    pub(super) fn shapes_of(&self, stem: &str) -> Option<usize> {
        self.list_of(section::STEMS, stem)
    }

    /// How many shapes there are in a list.
    pub(super) fn shape_count(&self, at: usize) -> u32 {
        nth(self.container.section(section::LISTS), at)
    }

    pub(super) fn shapes_at(&self, at: usize) -> impl Iterator<Item = u32> + '_ {
        list(self.container.section(section::LISTS), at)
    }

    /// Calls `found` with every stem that begins so, and where the list of its shapes lies.
    pub(super) fn stems_from(&self, start: &str, found: &mut dyn FnMut(&str, usize)) {
        let Ok(map) = fst::Map::new(self.container.section(section::STEMS)) else { return };
        let mut stream = map.search(fst::automaton::Str::new(start).starts_with()).into_stream();
        while let Some((stem, at)) = stream.next() {
            if let Ok(stem) = std::str::from_utf8(stem) {
                found(stem, at as usize);
            }
        }
    }

    /// The stems of a shape.
    pub(super) fn shape_stems(&self, shape: u32) -> impl Iterator<Item = &[u8]> + Clone + '_ {
        let shapes = self.container.section(section::SHAPES);
        let shape = shape as usize;
        let start = if shape == 0 { 0 } else { nth(shapes, 2 * (shape - 1)) as usize };
        let end = nth(shapes, 2 * shape) as usize;
        let stems = self.container.section(section::SHAPE_STEMS).get(start..end).unwrap_or_default();
        stems.split(|b| *b == 0).filter(|s| !s.is_empty())
    }

    /// The columns called by a shape.
    pub(super) fn shape_places(&self, shape: u32) -> impl Iterator<Item = Place> + '_ {
        let at = nth(self.container.section(section::SHAPES), 2 * shape as usize + 1) as usize;
        list(self.container.section(section::LISTS), at).filter_map(Place::from_raw)
    }

    /// True when a phrase of something shown holds this word.
    pub(super) fn knows(&self, word: &str, shown: &dyn Fn(Place) -> bool) -> bool {
        self.list_of(section::WORDS, word).is_some_and(|at| self.is_shown(at, shown))
    }

    fn is_shown(&self, at: usize, shown: &dyn Fn(Place) -> bool) -> bool {
        list(self.container.section(section::LISTS), at).filter_map(Place::from_raw).any(shown)
    }

    /// Calls `found` with the words of shown phrases that are within `limit` edits of `word`.
    pub(super) fn near(
        &self,
        word: &str,
        limit: u8,
        shown: &dyn Fn(Place) -> bool,
        found: &mut dyn FnMut(&str) -> bool,
    ) {
        fuzzy::near(self.container.section(section::WORDS), word, limit, |w, at| {
            !self.is_shown(at as usize, shown) || found(w)
        });
    }

    /// The column of the model that a column of a segment is.
    pub(super) fn place_of(&self, segment: usize, column: usize) -> Option<Place> {
        let before: u32 = self.facts.segment_columns.iter().take(segment).sum();
        let places = self.container.section(section::SEGMENT_COLUMNS);
        if column >= *self.facts.segment_columns.get(segment)? as usize {
            return None;
        }
        Place::from_raw(nth(places, before as usize + column))
    }
}

fn decoded<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}
