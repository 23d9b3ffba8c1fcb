//! The business intents and their local classifier.

mod softmax;
mod train;

pub use train::{FEWEST_EXAMPLES, IntentModel, OUT_OF_SCOPE, TrainingError, TrainingReport};
