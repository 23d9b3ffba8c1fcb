//! Similar questions: when two are the same words, and when one's answer serves the other.

mod mine;
mod normalise;
mod rebind;
mod scale;
mod suggest;
mod template;
mod wording;

pub use mine::{Kind, Outcome, Proposal, mine};
pub use normalise::normalise;
pub use rebind::{Grains, Question, rebind, reuse};
pub use scale::{FEWEST_PAIRS, Scale};
pub use suggest::{Suggestion, suggest};
pub use template::{example, fill, has_open_slots, overlap, slots};
pub use wording::says_grain;
