//! A live prompt's vector from another encoder than the local one, through the background worker.

use std::time::Instant;

use super::encoder::{External, external};
use super::settings;
use crate::cache::{self, Layer};
use crate::error::Result;
use crate::pg;
use crate::telemetry::{self, Operation};
use crate::worker::{client, endpoint};

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
    let ask = || Ok(telemetry::ready_vector(prompt)?.map_or_else(|| ask_endpoint(prompt), Ok));
    Ok(match cache::kept(Layer::Embedding, prompt, &[name.as_bytes()], Embedding::is_ok, ask)? {
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

/// A vector, or why there is none.
type Embedding = std::result::Result<Vec<f32>, String>;

/// The worker asks; a backend never talks to the network.
fn ask_endpoint(prompt: &str) -> Embedding {
    let order = endpoint::embedding_model()
        .and_then(|model| endpoint::for_embeddings(model, &pg::new_uuid(), &[prompt.to_owned()]))
        .map_err(|e| e.to_string())?;
    let started = Instant::now();
    let called = client::call(&order, settings::embedding_timeout());
    telemetry::measured(Operation::EmbeddingEndpoint, started.elapsed(), called.is_err());
    let answer = called.map_err(|why| match why {
        client::Absence::Late => "no answer within router.embedding_timeout".to_owned(),
        why => why.text().to_owned(),
    })?;
    let vectors: Vec<Vec<f32>> = serde_json::from_str(&answer.content).unwrap_or_default();
    vectors.into_iter().next().ok_or_else(|| "the endpoint gave no vector".to_owned())
}
