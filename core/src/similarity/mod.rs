//! Similar questions: when two are the same words, and when one's answer serves the other.

mod normalise;
mod rebind;
mod scale;
mod template;

pub use normalise::normalise;
pub use rebind::rebind;
pub use scale::{FEWEST_PAIRS, Scale};
pub use template::matched_words;
