//! The datasets of a model: given whole, or read from the compiled form one by one when something is asked of them.

use std::ops::Index;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::compiled::View;
use super::{ColumnRef, Dataset};

/// Datasets by number. A compiled model keeps in memory only those that were asked for.
#[derive(Debug, Clone, Default)]
pub struct Datasets {
    slots: Vec<OnceLock<Box<Dataset>>>,
    view: Option<Arc<View>>,
}

impl Datasets {
    /// Those that a view shows.
    pub fn over(view: Arc<View>) -> Self {
        Self { slots: (0..view.len()).map(|_| OnceLock::new()).collect(), view: Some(view) }
    }

    /// Adds one to those given whole.
    pub fn push(&mut self, dataset: Dataset) {
        self.slots.push(OnceLock::from(Box::new(dataset)));
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many are in memory.
    pub fn loaded(&self) -> usize {
        self.slots.iter().filter(|s| s.get().is_some()).count()
    }

    /// All of them, each read into memory.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Dataset> {
        (0..self.len()).map(|d| &self[d])
    }

    pub fn get(&self, d: usize) -> Option<&Dataset> {
        (d < self.len()).then(|| &self[d])
    }

    /// The number of the dataset called `schema.name`, without reading the others.
    pub fn called(&self, full_name: &str) -> Option<usize> {
        match &self.view {
            Some(view) => view.dataset_called(full_name),
            None => self.iter().position(|d| {
                full_name.strip_prefix(d.schema.as_str()).and_then(|rest| rest.strip_prefix('.'))
                    == Some(d.name.as_str())
            }),
        }
    }

    pub(super) fn value(&self, c: ColumnRef, v: u32) -> Option<String> {
        match &self.view {
            Some(view) => view.value(c, v),
            None => self.get(c.dataset)?.columns.get(c.column)?.values.get(v as usize).map(|v| v.stored.clone()),
        }
    }

    pub(super) fn value_count(&self, c: ColumnRef) -> usize {
        match &self.view {
            Some(view) => view.value_count(c),
            None => self[c.dataset].columns[c.column].values.len(),
        }
    }

    pub(super) fn view(&self) -> Option<&Arc<View>> {
        self.view.as_ref()
    }
}

impl Index<usize> for Datasets {
    type Output = Dataset;

    fn index(&self, d: usize) -> &Dataset {
        self.slots[d].get_or_init(|| Box::new(self.view.as_ref().and_then(|v| v.dataset(d)).unwrap_or_default()))
    }
}

impl<'a> IntoIterator for &'a Datasets {
    type Item = &'a Dataset;
    type IntoIter = Box<dyn Iterator<Item = &'a Dataset> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl From<Vec<Dataset>> for Datasets {
    fn from(list: Vec<Dataset>) -> Self {
        Self { slots: list.into_iter().map(|d| OnceLock::from(Box::new(d))).collect(), view: None }
    }
}

impl PartialEq for Datasets {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| a == b)
    }
}

impl Serialize for Datasets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Datasets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Dataset>::deserialize(deserializer).map(Self::from)
    }
}
