//! Calling endpoints: one client, many requests under way, in the worker's one thread.

mod address;
mod attempt;
mod client;
mod engine;
mod order;
mod secret;

pub use address::Address;
pub use engine::{Engine, Heard};
pub use order::{Answer, Failure, Kind, Order, Settled, Shadow};
