//! Which kind of task a prompt is.

use std::sync::LazyLock;

use super::arabic::arabic;
use super::softmax::Softmax;
use super::surface::{SURFACE, surface};
use crate::embed::{DIMENSIONS, Embedding, Encoder};

/// The task types that the classifier knows, in the order of its classes. Arabic is told by language.
pub const CLASSIFIED: [&str; 4] = ["coding", "math", "reasoning", "general"];
pub const ARABIC: &str = "arabic";

/// Weight of the surface features beside the unit vector.
const SURFACE_WEIGHT: f32 = 0.6;

static WEIGHTS: &[u8] = include_bytes!("../../../data/task_types/weights.bin");
static CLASSIFIER: LazyLock<Softmax> = LazyLock::new(|| {
    Softmax::from_bytes(WEIGHTS)
        .filter(|m| m.classes == CLASSIFIED.len() && m.features == DIMENSIONS + SURFACE)
        .unwrap_or_else(|| Softmax::zero(CLASSIFIED.len(), DIMENSIONS + SURFACE))
});

/// The task type of a prompt and how sure that is, 0 to 1.
pub fn task_type(prompt: &str) -> (&'static str, f64) {
    task_type_of(prompt, &Encoder::get().encode(prompt))
}

/// The same for a prompt that has been encoded already.
pub fn task_type_of(prompt: &str, embedding: &Embedding) -> (&'static str, f64) {
    if let Some(confidence) = arabic(prompt) {
        return (ARABIC, confidence);
    }
    let probabilities = CLASSIFIER.predict(&task_features(prompt, embedding));
    let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(("general", 0.0), |(class, p)| (CLASSIFIED[class], *p))
}

/// What the classifier sees; the script that fits it uses the same.
pub fn task_features(prompt: &str, embedding: &Embedding) -> Vec<f32> {
    let form = surface(prompt);
    embedding.0.iter().copied().chain(form.into_iter().map(|x| x * SURFACE_WEIGHT)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_prompts_are_told_apart() {
        for (prompt, expected) in [
            ("Write a Python function that merges two sorted lists.", "coding"),
            ("Solve 3x + 7 = 22 for x.", "math"),
            ("All cats are animals. Tom is a cat. Is Tom an animal? Which conclusion follows?", "reasoning"),
            ("What is the best time to visit Norway?", "general"),
            ("ما هي أفضل طريقة لتعلم السباحة؟", "arabic"),
            ("", "general"),
        ] {
            assert_eq!(task_type(prompt).0, expected, "{prompt}");
        }
    }
}
