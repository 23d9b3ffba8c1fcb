//! Compiling names: datasets, columns and what people call them, and how datasets are related.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::container::{Kind, Sections, push};
use super::phrases::Phrases;
use super::place::Place;
use super::values::Values;
use super::values_build::automaton;
use crate::semantic::{ColumnRef, Dataset, Relationship, SemanticModel};

/// Sections of a container of names, in order.
pub(super) mod section {
    /// Small facts: [`super::Facts`].
    pub const FACTS: usize = 0;
    /// Where each dataset's record ends.
    pub const DATASET_ENDS: usize = 1;
    pub const DATASETS: usize = 2;
    /// OID of each dataset.
    pub const OIDS: usize = 3;
    /// `schema.name` of a dataset -> its number.
    pub const DATASET_NAMES: usize = 4;
    pub const RELATIONSHIPS: usize = 5;
    /// Stems of a phrase joined by nothing -> place in `ENTRIES`.
    pub const PHRASES: usize = 6;
    /// Singular words of a value's other name joined by nothing -> place in `ENTRIES`.
    pub const ALIASES: usize = 7;
    /// Lists of three numbers an entry: place, value, source and score.
    pub const ENTRIES: usize = 8;
    /// Stem -> place in `LISTS`: the shapes that hold it.
    pub const STEMS: usize = 9;
    /// Where each shape's stems end in `SHAPE_STEMS`, and its columns in `LISTS`.
    pub const SHAPES: usize = 10;
    /// Stems, each ended by a zero byte.
    pub const SHAPE_STEMS: usize = 11;
    pub const LISTS: usize = 12;
    /// Word -> place in `LISTS`: where it is said.
    pub const WORDS: usize = 13;
    /// For each segment's columns in turn: the column of the model, or none.
    pub const SEGMENT_COLUMNS: usize = 14;
    /// What the caller wanted kept beside.
    pub const NOTES: usize = 15;
    pub const COUNT: usize = 16;
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Facts {
    pub version: u64,
    pub datasets: u32,
    /// Keys of the segments of values that belong to it.
    pub segments: Vec<u64>,
    /// Columns of each segment.
    pub segment_columns: Vec<u32>,
}

/// A dataset with where its values lie.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub dataset: Dataset,
    /// For columns with values: the column's index, where they are compiled, and values that people named besides.
    pub values: Vec<(u32, ColumnValues)>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ColumnValues {
    pub segment: u32,
    pub start: u32,
    pub count: u32,
    /// Numbered after the compiled ones.
    pub extra: Vec<String>,
    /// Other names, by the value's number.
    pub aliases: Vec<(u32, Vec<String>)>,
}

/// Compiles the names of a model. The values of its columns are in `segments`, but for those that have other names:
/// these stand in the model itself, with them. `notes` are kept as they are. `shown` says of a segment's column
/// (both by number) whether it holds the values of a column of the model, dataset and column, that may be found.
pub fn compile_names(
    key: u64,
    model: &SemanticModel,
    segments: &[Values],
    shown: &dyn Fn((usize, usize), ColumnRef) -> bool,
    notes: Vec<u8>,
) -> Sections {
    let mut parts = vec![Vec::new(); section::COUNT];
    let places: HashMap<(u32, &str), Place> = model
        .datasets
        .iter()
        .enumerate()
        .flat_map(|(d, set)| {
            set.columns
                .iter()
                .enumerate()
                .map(move |(c, column)| ((set.oid, column.name.as_str()), Place::column(d, c)))
        })
        .collect();
    let mut located: HashMap<Place, ColumnValues> = HashMap::new();
    let mut facts = Facts { version: model.version, datasets: model.datasets.len() as u32, ..Facts::default() };
    for (s, segment) in segments.iter().enumerate() {
        facts.segments.push(segment.key());
        facts.segment_columns.push(segment.column_count() as u32);
        for c in 0..segment.column_count() {
            let head = segment.head(c);
            let place = places.get(&(head.relation, segment.column_name(&head))).copied().filter(|p| {
                let of = ColumnRef { dataset: p.dataset(), column: p.column_index().unwrap_or_default() };
                shown((s, c), of) && !located.contains_key(p)
            });
            push(&mut parts[section::SEGMENT_COLUMNS], place.map_or(Place::NONE, Place::raw));
            if let Some(place) = place {
                let values =
                    ColumnValues { segment: s as u32, start: head.start, count: head.count, ..ColumnValues::default() };
                located.insert(place, values);
            }
        }
    }
    let mut phrases = Phrases::default();
    for (d, dataset) in model.datasets.iter().enumerate() {
        phrases.dataset(d, dataset);
        let mut record = Record { dataset: dataset.clone(), values: Vec::new() };
        for (c, column) in record.dataset.columns.iter_mut().enumerate() {
            let place = Place::column(d, c);
            let mut values = located.remove(&place);
            let named = std::mem::take(&mut column.values);
            if named.iter().any(|v| !v.aliases.is_empty()) {
                let values = values.get_or_insert_default();
                let segment = segments.get(values.segment as usize);
                let known: HashMap<&str, u32> = segment
                    .map_or_else(HashMap::new, |s| (0..values.count).map(|i| (s.text(values.start + i), i)).collect());
                for value in named.iter().filter(|v| !v.aliases.is_empty()) {
                    let number = known.get(value.stored.as_str()).copied().unwrap_or_else(|| {
                        values.extra.push(value.stored.clone());
                        values.count + values.extra.len() as u32 - 1
                    });
                    if !known.contains_key(value.stored.as_str()) {
                        phrases.value(place, number, &value.stored, super::Source::Value, 1.0);
                    }
                    values.aliases.push((number, value.aliases.clone()));
                    for alias in &value.aliases {
                        phrases.value(place, number, alias, super::Source::ValueAlias, 0.97);
                    }
                }
            }
            if let Some(values) = values {
                record.values.push((c as u32, values));
            }
        }
        parts[section::DATASETS].extend(encoded(&record));
        let end = parts[section::DATASETS].len() as u32;
        push(&mut parts[section::DATASET_ENDS], end);
        push(&mut parts[section::OIDS], dataset.oid);
    }
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    for (d, dataset) in model.datasets.iter().enumerate() {
        names.entry(dataset.full_name()).or_insert(d as u64);
    }
    parts[section::DATASET_NAMES] = automaton(names.iter().map(|(name, d)| (name.as_bytes(), *d)));
    parts[section::RELATIONSHIPS] = encoded::<[Relationship]>(&model.relationships);
    parts[section::FACTS] = encoded(&facts);
    parts[section::NOTES] = notes;
    phrases.write(&mut parts);
    Sections { kind: Kind::Names, key, parts }
}

/// Plain data without maps or borrowed parts: encoding it does not fail.
fn encoded<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).unwrap_or_default()
}
