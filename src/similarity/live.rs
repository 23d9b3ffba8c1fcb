//! A live prompt's vector from another encoder than the local one, through the background worker.

use super::encoder::{External, external};
use super::settings;
use crate::error::Result;

/// What came of it.
pub enum Embedded {
    /// No other encoder is in use, or it has no vectors yet.
    Off,
    /// Why, for people.
    Failed(String),
    Vector {
        encoder: External,
        vector: Vec<f32>,
    },
}

/// Embeds a prompt by the encoder in use, waiting no longer than `router.embedding_timeout`.
pub fn embed(prompt: &str) -> Result<Embedded> {
    let Some(name) = settings::external_encoder() else { return Ok(Embedded::Off) };
    let Some(encoder) = external()?.into_iter().find(|e| e.name == name) else { return Ok(Embedded::Off) };
    Ok(match ask_endpoint(prompt, &name) {
        Err(why) => Embedded::Failed(format!("encoder {name:?} did not answer ({why})")),
        Ok(vector) if vector.len() != encoder.dimensions => Embedded::Failed(format!(
            "encoder {name:?} answered with {} dimensions, not {}",
            vector.len(),
            encoder.dimensions
        )),
        Ok(vector) if vector.iter().any(|x| !x.is_finite()) || vector.iter().all(|x| *x == 0.0) => {
            Embedded::Failed(format!("encoder {name:?} answered with no usable vector"))
        }
        Ok(vector) => Embedded::Vector { encoder, vector },
    })
}

/// The worker asks; a backend never talks to the network.
fn ask_endpoint(_prompt: &str, _model: &str) -> std::result::Result<Vec<f32>, String> {
    let _limit = settings::embedding_timeout();
    Err("no background worker".to_owned())
}
