//! Asking: a prompt and its context in, the brain's answer out, guarded and ready to run.

pub mod calibration;
mod chain;
mod context;
mod handlers;
mod known;
mod recent;
mod remote;
mod reply;
mod route;
mod run;
pub mod settings;

pub use context::parse as parse_context;
pub use recent::{Turn, turn};
pub use reply::reply;
pub use route::{check_prompt, route, work_out};
pub use run::run;
