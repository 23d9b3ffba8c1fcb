//! The relationships of a model, and which of them touch a dataset.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Relationship;

/// Relationships by number.
#[derive(Debug, Clone, Default)]
pub struct Relationships {
    list: Vec<Relationship>,
    around: OnceLock<HashMap<usize, Vec<u32>>>,
}

impl Relationships {
    pub fn push(&mut self, one: Relationship) {
        self.extend(vec![one]);
    }

    /// Adds more.
    pub fn extend(&mut self, more: Vec<Relationship>) {
        self.list.extend(more);
        self.around = OnceLock::new();
    }

    /// Numbers of those that touch a dataset, ascending.
    pub fn around(&self, dataset: usize) -> &[u32] {
        let around = self.around.get_or_init(|| {
            let mut around: HashMap<usize, Vec<u32>> = HashMap::new();
            for (i, r) in self.list.iter().enumerate() {
                around.entry(r.from).or_default().push(i as u32);
                if r.to != r.from {
                    around.entry(r.to).or_default().push(i as u32);
                }
            }
            around
        });
        around.get(&dataset).map_or(&[], Vec::as_slice)
    }
}

impl Deref for Relationships {
    type Target = [Relationship];

    fn deref(&self) -> &[Relationship] {
        &self.list
    }
}

impl From<Vec<Relationship>> for Relationships {
    fn from(list: Vec<Relationship>) -> Self {
        Self { list, around: OnceLock::new() }
    }
}

impl PartialEq for Relationships {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Serialize for Relationships {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Relationships {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}
