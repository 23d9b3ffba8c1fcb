//! Values, numbers and conditions named in a prompt.

mod comparator;
mod condition;

pub use comparator::{Comparator, comparator_words, find_comparators};
pub use condition::{Condition, Literal, Test};
