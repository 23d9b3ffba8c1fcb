//! The static encoder: text to a unit vector by the mean of its word pieces' vectors. No network at run time.

mod encoder;
mod normalise;
mod vocabulary;
mod wordpiece;

pub use encoder::{DIMENSIONS, Embedding, Encoder};

/// The name the encoder's vectors are stored under.
pub const ENCODER_NAME: &str = "minilm-static-256";
