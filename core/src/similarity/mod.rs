//! Similar questions: when two are the same words, and when one's answer serves the other.

mod normalise;
mod rebind;

pub use normalise::normalise;
pub use rebind::rebind;
