//! The job that has stored questions embedded by the encoder in use, a few at a time, while answers go on.

use std::time::Duration;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::similarity::{FEWEST_PAIRS, Scale};

use super::settings;
use crate::error::Result;
use crate::pg::Vector;
use crate::worker::{JobContext, queue};

/// Questions that are queued, handed on or stored in one run: some milliseconds of work.
const AT_ONCE: i32 = 128;

/// How often the worker looks; `None`: no other encoder is in use.
pub fn every() -> Option<Duration> {
    settings::external_encoder().map(|_| Duration::from_secs(2))
}

/// Stores the vectors that came, asks for more, and compares the encoder with the local one when it has enough.
pub fn run(context: &JobContext) -> Result<()> {
    let Some(encoder) = settings::external_encoder() else { return Ok(()) };
    let (stored, asked) = Spi::connect_mut(|client| {
        let args: [DatumWithOid; 2] = [encoder.as_str().into(), AT_ONCE.into()];
        // A deferred trigger can't fire with the owner's rights: the index is made by the statement that tells how long
        // the vectors are.
        client.update("SET CONSTRAINTS router.index_encoder IMMEDIATE", None, &[])?;
        client.update(include_str!("../../sql/similarity/learn_dimensions.sql"), None, &args[..1])?;
        let mut count = |sql: &str| -> Result<i64> {
            Ok(client.update(sql, None, &args)?.first().get_one::<i64>()?.unwrap_or_default())
        };
        let stored = count("SELECT router.store_arrived_embeddings($1, $2)")?;
        count("SELECT router.fill_embedding_queue($1, $2)::bigint")?;
        client.update("SELECT router.tidy_embedding_queue($1)", None, &args[..1])?;
        let mut asked = Vec::new();
        for row in client.update("SELECT question FROM router.claim_embeddings($1, $2)", None, &args)? {
            asked.extend(row.get::<String>(1)?);
        }
        Ok::<_, crate::error::Error>((stored, asked))
    })?;
    if !asked.is_empty() {
        queue::embed(&asked)?;
    }
    if stored > 0 {
        calibrate(&encoder)?;
    }
    if stored > 0 || !asked.is_empty() {
        context.once_more();
    }
    Ok(())
}

/// Questions whose vectors by both encoders are compared, each with each.
const SAMPLE: usize = 64;

/// Lays the encoder's cosines over the local one's: thresholds mean the same whoever embeds.
fn calibrate(encoder: &str) -> Result<()> {
    let sample = Spi::connect(|client| {
        let sql = include_str!("../../sql/similarity/calibration_sample.sql");
        let args: [DatumWithOid; 2] = [encoder.into(), (SAMPLE as i32).into()];
        let mut sample = Vec::new();
        for row in client.select(sql, None, &args)? {
            if let (Some(theirs), Some(ours)) = (row.get::<Vector>(1)?, row.get::<Vector>(2)?) {
                sample.push((theirs.0, ours.0));
            }
        }
        Ok::<_, crate::error::Error>(sample)
    })?;
    let pairs: Vec<(f64, f64)> = sample
        .iter()
        .enumerate()
        .flat_map(|(i, a)| sample[..i].iter().map(move |b| (cosine(&a.0, &b.0), cosine(&a.1, &b.1))))
        .collect();
    let Some(scale) = (pairs.len() >= FEWEST_PAIRS).then(|| Scale::fit(&pairs)).flatten() else { return Ok(()) };
    Spi::connect_mut(|client| {
        let sql = "UPDATE router.encoders SET cosine_offset = $2::real, cosine_factor = $3::real, calibrated_on = $4 \
                   WHERE name = $1 AND calibrated_on < $4";
        let pairs = i32::try_from(pairs.len()).unwrap_or(i32::MAX);
        let args: [DatumWithOid; 4] = [encoder.into(), scale.offset.into(), scale.factor.into(), pairs.into()];
        client.update(sql, None, &args)?;
        Ok(())
    })
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE)
}
