//! Vectors of frequent questions, asked for ahead.

use std::time::Duration;

use pgrx::prelude::*;

use crate::error::Result;
use crate::pg;
use crate::worker::{self, settings};

const EVERY: Duration = Duration::from_secs(60);

/// Only where an endpoint gives the vectors: the local encoder takes microseconds.
pub fn every() -> Option<Duration> {
    settings::embedding_model().map(|_| EVERY)
}

/// The vector that the endpoint gave for a text before, if it was asked.
pub fn ready_vector(text: &str) -> Result<Option<Vec<f32>>> {
    let Some(model) = settings::embedding_model() else { return Ok(None) };
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let sql = "SELECT embedding FROM router.remote_embeddings \
                       WHERE text_hash = sha256(convert_to($1, 'UTF8')) AND model_id = $2";
            let mut rows = client.select(sql, Some(1), &[text.into(), model.into()])?;
            Ok(rows.next().map(|row| row.get::<Vec<f32>>(1)).transpose()?.flatten())
        })
    })
}

/// Queues the frequent questions whose vectors are missing.
pub fn questions() -> Result<()> {
    let Some(model) = settings::embedding_model() else { return Ok(()) };
    let missing: Vec<String> = pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let rows = client.update(include_str!("../../sql/telemetry/warm_questions.sql"), None, &[model.into()])?;
            rows.map(|row| Ok(row.get::<String>(1)?.unwrap_or_default())).collect()
        })
    })?;
    if !missing.is_empty() {
        worker::queue::embed(&missing)?;
    }
    Ok(())
}
