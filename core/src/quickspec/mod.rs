//! QuickSpec@1: the typed question. What is asked, of which dataset, in which shape.

mod simplify;
mod spec;

pub use simplify::simplify;
pub use spec::{Chart, Direction, Measure, OrderBy, OrderTarget, QuickSpec, SCHEMA, TopPer, Transform};
