//! The semantic model: what is registered, in the words people use for it.

pub mod compiled;
mod datasets;
mod implied;
mod infer;
mod label;
mod lexicon;
mod mention;
mod misspelt;
mod model;
mod options;
mod paths;
mod relationships;
mod target;
mod thesaurus;

pub use compiled::Source;
pub use datasets::Datasets;
pub use implied::imply_relationships;
pub use infer::{ColumnFacts, default_aggregation, default_time_column, infer};
pub use label::{label_column, label_of};
pub use lexicon::{Lexicon, Meaning};
pub use mention::{Candidate, Mention, find_mentions, most_named, narrow};
pub use model::{
    Aggregation, Column, ColumnRef, Dataset, HarvestedValue, Layer, Relationship, Role, SemanticModel, ValueType,
};
pub use options::{HarvestOption, OptionsError, RegisterOptions, RelationshipOption};
pub use paths::{Path, Step, paths_from, paths_via, routes};
pub use relationships::Relationships;
pub use target::{Target, TargetError, find_target};
