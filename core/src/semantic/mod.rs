//! The semantic model: what is registered, in the words people use for it.

mod implied;
mod infer;
mod label;
mod lexicon;
mod mention;
mod model;
mod options;
mod paths;
mod target;
mod thesaurus;

pub use implied::imply_relationships;
pub use infer::{ColumnFacts, default_aggregation, default_time_column, infer};
pub use label::label_column;
pub use lexicon::{Lexicon, Meaning, Source};
pub use mention::{Candidate, Mention, find_mentions};
pub use model::{
    Aggregation, Column, ColumnRef, Dataset, HarvestedValue, Layer, Relationship, Role, SemanticModel, ValueType,
};
pub use options::{HarvestOption, OptionsError, RegisterOptions, RelationshipOption};
pub use paths::{Path, Step, paths_from, paths_via};
pub use target::{Target, TargetError, find_target};
