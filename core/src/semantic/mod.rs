//! The semantic model: what is registered, in the words people use for it.

mod model;

pub use model::{
    Aggregation, Column, ColumnRef, Dataset, HarvestedValue, Layer, Relationship, Role, SemanticModel, ValueType,
};
