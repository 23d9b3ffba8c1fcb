//! Asking: a prompt and its context in, the brain's answer out, guarded and ready to run.

mod context;
mod known;
mod recent;
mod route;

pub use recent::{Turn, turn};
pub use route::route;
