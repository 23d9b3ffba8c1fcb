//! One role's view of a compiled model: which datasets and columns it may know of, numbered without gaps.

use std::sync::Arc;

use super::names_build::{ColumnValues, Record};
use super::place::Place;
use super::{Names, Values};
use crate::prompt::{fold, singular, words_of};
use crate::semantic::{ColumnRef, Dataset, HarvestedValue, Relationship, Role};

/// A compiled model: its names, and the segments that hold its values.
#[derive(Debug, Default)]
pub struct Compiled {
    pub names: Names,
    pub values: Vec<Values>,
}

/// What a role may know of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    Everything,
    /// These columns only, by name.
    Columns(Vec<String>),
}

const HIDDEN: u32 = u32::MAX;

/// Values of a column that are read into memory with it; of more, none are.
const FEW_VALUES: usize = 40;

/// What may be seen. Everything looked up through it is of shown columns only.
#[derive(Debug)]
pub struct View {
    pub(super) compiled: Arc<Compiled>,
    /// Number in the view -> number in the compiled model.
    datasets: Vec<u32>,
    /// Number in the compiled model -> number in the view, or `HIDDEN`.
    numbers: Vec<u32>,
    /// For datasets shown in part: which of their columns are, ascending.
    parts: Vec<(u32, Vec<u16>)>,
}

impl View {
    /// Asks `shown` of every dataset, by OID.
    pub fn new(compiled: Arc<Compiled>, mut shown: impl FnMut(u32) -> Shown) -> Self {
        let count = compiled.names.oids().len();
        let (mut datasets, mut numbers, mut parts) = (Vec::with_capacity(count), Vec::with_capacity(count), Vec::new());
        for (d, oid) in compiled.names.oids().enumerate() {
            let visible = match shown(oid) {
                Shown::Everything => true,
                Shown::Nothing => false,
                Shown::Columns(names) => {
                    let record = compiled.names.record(d);
                    let columns = record.iter().flat_map(|r| &r.dataset.columns).enumerate();
                    let part: Vec<u16> =
                        columns.filter(|(_, c)| names.contains(&c.name)).map(|(i, _)| i as u16).collect();
                    let any = !part.is_empty();
                    parts.push((d as u32, part));
                    any
                }
            };
            numbers.push(if visible { datasets.len() as u32 } else { HIDDEN });
            if visible {
                datasets.push(d as u32);
            }
        }
        Self { compiled, datasets, numbers, parts }
    }

    /// A view of everything.
    pub fn everything(compiled: Arc<Compiled>) -> Self {
        Self::new(compiled, |_| Shown::Everything)
    }

    /// The same view with nothing remembered of it: for dropping what was decoded.
    pub fn compiled(&self) -> &Arc<Compiled> {
        &self.compiled
    }

    pub fn len(&self) -> usize {
        self.datasets.len()
    }

    pub fn is_empty(&self) -> bool {
        self.datasets.is_empty()
    }

    fn part(&self, dataset: u32) -> Option<&[u16]> {
        self.parts.binary_search_by_key(&dataset, |(d, _)| *d).ok().map(|i| self.parts[i].1.as_slice())
    }

    /// A place as numbered here, if it is shown: its dataset, and its column unless it is the dataset itself.
    pub(super) fn seen(&self, place: Place) -> Option<(usize, Option<usize>)> {
        let number = *self.numbers.get(place.dataset())?;
        if number == HIDDEN {
            return None;
        }
        let Some(column) = place.column_index() else { return Some((number as usize, None)) };
        let column = match self.part(place.dataset() as u32) {
            None => column,
            Some(part) => part.binary_search(&(column as u16)).ok()?,
        };
        Some((number as usize, Some(column)))
    }

    pub(super) fn seen_column(&self, place: Place) -> Option<ColumnRef> {
        match self.seen(place)? {
            (dataset, Some(column)) => Some(ColumnRef { dataset, column }),
            _ => None,
        }
    }

    /// The dataset numbered `d` here, as far as it is shown.
    pub(in crate::semantic) fn dataset(&self, d: usize) -> Option<Dataset> {
        let compiled = *self.datasets.get(d)?;
        let Record { mut dataset, values } = self.compiled.names.record(compiled as usize)?;
        for (column, values) in values {
            if let Some(column) = dataset.columns.get_mut(column as usize) {
                column.values = self.few_values(&values);
            }
        }
        let Some(part) = self.part(compiled) else { return Some(dataset) };
        let number = |old: usize| part.binary_search(&(old as u16)).ok();
        let key: Option<Vec<usize>> = dataset.primary_key.iter().map(|k| number(*k)).collect();
        // Part of a key identifies nothing.
        dataset.primary_key = key.unwrap_or_default();
        let mut index = 0;
        dataset.columns.retain(|_| {
            index += 1;
            part.contains(&((index - 1) as u16))
        });
        dataset.time_column = dataset
            .time_column
            .and_then(number)
            .or_else(|| dataset.columns.iter().position(|c| c.role == Role::Time && c.value_type.is_temporal()));
        Some(dataset)
    }

    pub(in crate::semantic) fn dataset_called(&self, full_name: &str) -> Option<usize> {
        let d = self.compiled.names.dataset_called(full_name)?;
        self.seen(Place::of_dataset(d)).map(|(number, _)| number)
    }

    pub(in crate::semantic) fn relationships(&self) -> Vec<Relationship> {
        let side = |dataset: usize, columns: &[usize]| -> Option<(usize, Vec<usize>)> {
            let (number, _) = self.seen(Place::of_dataset(dataset))?;
            let columns: Option<Vec<usize>> =
                columns.iter().map(|c| self.seen(Place::column(dataset, *c)).and_then(|(_, column)| column)).collect();
            Some((number, columns?))
        };
        let all = self.compiled.names.relationships();
        all.into_iter()
            .filter_map(|r| {
                let (from, from_columns) = side(r.from, &r.from_columns)?;
                let (to, to_columns) = side(r.to, &r.to_columns)?;
                Some(Relationship { from, from_columns, to, to_columns })
            })
            .collect()
    }

    /// All values of a column with their other names, where they are few.
    fn few_values(&self, values: &ColumnValues) -> Vec<HarvestedValue> {
        let count = values.count as usize + values.extra.len();
        if count > FEW_VALUES {
            return Vec::new();
        }
        let segment = self.compiled.values.get(values.segment as usize);
        let compiled = (0..values.count).map(|v| segment.map_or("", |s| s.text(values.start + v)));
        let mut all: Vec<HarvestedValue> = compiled
            .chain(values.extra.iter().map(String::as_str))
            .map(|stored| HarvestedValue { stored: stored.to_owned(), aliases: Vec::new() })
            .collect();
        for (v, aliases) in &values.aliases {
            if let Some(value) = all.get_mut(*v as usize) {
                value.aliases.clone_from(aliases);
            }
        }
        all
    }

    fn located(&self, c: ColumnRef) -> Option<ColumnValues> {
        let dataset = *self.datasets.get(c.dataset)?;
        let column = match self.part(dataset) {
            None => c.column as u32,
            Some(part) => u32::from(*part.get(c.column)?),
        };
        let record = self.compiled.names.record(dataset as usize)?;
        record.values.into_iter().find(|(of, _)| *of == column).map(|(_, values)| values)
    }

    /// The value numbered `v` of a column.
    pub(in crate::semantic) fn value(&self, c: ColumnRef, v: u32) -> Option<String> {
        let values = self.located(c)?;
        match v.checked_sub(values.count) {
            Some(extra) => values.extra.into_iter().nth(extra as usize),
            None => Some(self.compiled.values.get(values.segment as usize)?.text(values.start + v).to_owned()),
        }
    }

    /// The value of a column that folds to `folded`.
    pub(in crate::semantic) fn stored_form(&self, c: ColumnRef, folded: &str) -> Option<String> {
        let located = self.located(c)?;
        let values = self.compiled.values.get(located.segment as usize)?;
        let key: String = words_of(folded).iter().map(|w| singular(w)).collect();
        let own = located.start..located.start + located.count;
        let mut texts = values.whole(&key).filter(|f| own.contains(&f.ordinal)).map(|f| values.text(f.ordinal));
        let extra = || located.extra.iter().find(|text| fold(text) == folded).cloned();
        texts.find(|text| fold(text) == folded).map(str::to_owned).or_else(extra)
    }

    /// The value of a column that has another name which folds to `folded`.
    pub(in crate::semantic) fn value_called(&self, c: ColumnRef, folded: &str) -> Option<String> {
        let named = self.located(c)?.aliases;
        let (v, _) = named.into_iter().find(|(_, aliases)| aliases.iter().any(|a| fold(a) == folded))?;
        self.value(c, v)
    }

    /// The texts of the first `most` values of a column.
    pub(in crate::semantic) fn first_values(&self, c: ColumnRef, most: usize) -> Vec<&str> {
        let Some(located) = self.located(c) else { return Vec::new() };
        let Some(values) = self.compiled.values.get(located.segment as usize) else { return Vec::new() };
        (0..located.count).take(most).map(|v| values.text(located.start + v)).collect()
    }

    pub(in crate::semantic) fn value_count(&self, c: ColumnRef) -> usize {
        self.located(c).map_or(0, |v| v.count as usize + v.extra.len())
    }
}

impl View {
    pub(in crate::semantic) fn phrase_exists(&self, key: &str) -> bool {
        let names = &self.compiled.names;
        let output = |walk: Option<super::walk::Walk<'_>>| {
            let mut walk = walk?;
            if walk.push(key) { walk.output() } else { None }
        };
        let named = |o: u64| names.entries(o).any(|e| self.seen(e.place).is_some());
        output(names.phrases()).is_some_and(named)
            || output(names.aliases()).is_some_and(named)
            || names
                .shapes_of(key)
                .is_some_and(|at| names.shapes_at(at).any(|s| names.shape_places(s).any(|p| self.seen(p).is_some())))
            || self
                .compiled
                .values
                .iter()
                .enumerate()
                .any(|(s, values)| values.whole(key).any(|found| self.shows(s, values.column_of(found.ordinal))))
    }

    /// Calls `found` with every stem of a column's name that begins so, of those that are `wanted`.
    pub(in crate::semantic) fn stems_from(
        &self,
        start: &str,
        wanted: impl Fn(&str) -> bool,
        mut found: impl FnMut(&str),
    ) {
        let names = &self.compiled.names;
        let is_shown = |at| names.shapes_at(at).any(|s| names.shape_places(s).any(|p| self.seen(p).is_some()));
        names.stems_from(start, &mut |stem, at| {
            if wanted(stem) && is_shown(at) {
                found(stem);
            }
        });
    }

    /// The values of this column of a segment may be seen.
    fn shows(&self, segment: usize, column: usize) -> bool {
        self.compiled.names.place_of(segment, column).is_some_and(|p| self.seen(p).is_some())
    }

    pub(in crate::semantic) fn names_know(&self, word: &str) -> bool {
        self.compiled.names.knows(word, &|p| self.seen(p).is_some())
    }

    pub(in crate::semantic) fn knows(&self, word: &str) -> bool {
        self.compiled.names.knows(word, &|p| self.seen(p).is_some())
            || self.compiled.values.iter().enumerate().any(|(s, values)| values.knows(word, &|c| self.shows(s, c)))
    }

    /// Calls `found` with every word within `limit` edits of `word`; names come before values.
    pub(in crate::semantic) fn near(&self, word: &str, limit: u8, found: &mut dyn FnMut(&str) -> bool) {
        self.compiled.names.near(word, limit, &|p| self.seen(p).is_some(), found);
        for (s, values) in self.compiled.values.iter().enumerate() {
            values.near(word, limit, &|c| self.shows(s, c), found);
        }
    }
}
