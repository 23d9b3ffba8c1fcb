//! Asking: a prompt and its context in, the brain's answer out, guarded and ready to run.

mod context;
mod recent;
mod route;

pub use route::{Routed, route};
