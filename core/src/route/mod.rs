//! From a prompt to an answer: the best reading, its SQL, how sure it is, and what else was meant.

mod answer;
mod ask;
pub mod calibrate;
pub mod confidence;
mod context;
mod doubts;
mod explain;
mod explore;
mod followup;
mod intent;
mod known;
mod warm;

pub use answer::{Alternative, Answer, Entity, Status};
pub use ask::{ask, ask_weighed};
pub use context::{Context, ContextError};
pub use explore::{explore, main_dimension, overview};
pub use intent::INTENTS;
pub use known::answer_known;
pub use warm::warm_up;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_shapes;
