//! Two answers side by side: where they differ, in words that people can act on.

mod json;
mod text;

pub use json::{Change, changes};
pub use text::first_difference;
