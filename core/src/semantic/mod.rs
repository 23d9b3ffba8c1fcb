//! The semantic model: what is registered, in the words people use for it.

mod infer;
mod model;
mod options;
mod target;

pub use infer::{ColumnFacts, default_aggregation, default_time_column, infer};
pub use model::{
    Aggregation, Column, ColumnRef, Dataset, HarvestedValue, Layer, Relationship, Role, SemanticModel, ValueType,
};
pub use options::{HarvestOption, OptionsError, RegisterOptions, RelationshipOption};
pub use target::{Target, TargetError, find_target};
