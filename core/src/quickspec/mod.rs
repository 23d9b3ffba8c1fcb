//! QuickSpec@1: the typed question. What is asked, of which dataset, in which shape.

mod spec;

pub use spec::{Chart, Direction, OrderBy, OrderTarget, QuickSpec, SCHEMA, Transform};
