//! Past questions near a new one, by one encoder or by two.

use std::ffi::CStr;

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiHeapTupleData;
use router_core::embed::Encoder;
use router_core::quickspec::QuickSpec;
use router_core::similarity::Scale;
use router_core::sql::{SqlClock, build};
use router_core::telemetry::ErrorKind;
use serde::Deserialize;

use super::encoder::{self, LOCAL, nearest_statement};
use super::few;
use super::live;
use super::store::{self, Known};
use crate::cache::{self, Layer};
use crate::catalog;
use crate::error::{Error, Result};
use crate::guc;
use crate::pg::{self, Vector};
use crate::telemetry::{self, Operation};

/// What is near a prompt.
#[derive(Debug, Default)]
pub struct Near {
    /// Best first; the similarities are scores of the decision matrix (see `Scale`), not cosines.
    pub found: Vec<Known>,
    /// Why an encoder that should have been asked was not.
    pub warning: Option<String>,
}

/// Past questions with a spec over datasets the caller may see, whose score is above `bar`, by the local encoder.
pub fn nearest(prompt: &str, bar: f64, count: usize) -> Result<Vec<Known>> {
    // Nothing is near where nothing was ever stored.
    if store::store()?.is_none() {
        return Ok(Vec::new());
    }
    let embedding = telemetry::observe(Operation::Embed, || Ok(Encoder::get().encode(prompt)))?;
    if embedding.is_zero() {
        return Ok(Vec::new());
    }
    let look = || telemetry::observe(Operation::Similarity, || nearest_to(LOCAL, &embedding.0, -1.0, count));
    let found = cache::kept(Layer::Similarity, prompt, &[&count.to_le_bytes()], |f: &Vec<_>| !f.is_empty(), look)?;
    Ok(scored(found, Scale::IDENTITY, bar))
}

/// The same by the other encoder that is in use, if there is one: its endpoint is asked and waited for.
pub fn nearest_by_other(prompt: &str, bar: f64, count: usize) -> Result<Near> {
    Ok(match live::embed(prompt)? {
        live::Embedded::Off => Near::default(),
        live::Embedded::Failed(why) => {
            let kind = ErrorKind::EmbeddingFailed;
            telemetry::log_failure(Operation::EmbeddingEndpoint, kind, kind.sqlstate(), &why, true);
            Near { found: Vec::new(), warning: Some(format!("{why}: the local encoder was used")) }
        }
        live::Embedded::Vector { encoder, vector } => {
            let found = nearest_to(&encoder.name, &vector, -1.0, count)?;
            Near { found: scored(found, encoder.scale, bar), warning: None }
        }
    })
}

fn scored(found: Vec<Known>, scale: Scale, bar: f64) -> Vec<Known> {
    let scored = found.into_iter().map(|k| Known { similarity: scale.score(k.similarity), ..k });
    scored.filter(|k| k.spec.is_some() && k.similarity > bar).collect()
}

/// Neighbours in one answer.
const MOST: usize = 1_000;
/// Candidates that the index looks at per search: more find more of the nearest, and take longer.
const EFFORT: &CStr = c"300";
const GREATEST_EFFORT: &CStr = c"1000";

/// More rows are looked at than asked for, because the caller may not see all of them.
fn looked_at(count: usize) -> usize {
    [24, 128, MOST].into_iter().find(|n| count + 16 <= *n).unwrap_or(MOST)
}

/// Stored questions near a vector of an encoder, best first: those that the caller may see. Whoever may read the
/// table sees all of them, everybody else those over datasets they may read and those without a spec.
pub fn nearest_to(encoder: &str, vector: &[f32], threshold: f64, count: usize) -> Result<Vec<Known>> {
    let Some(store) = store::store()? else { return Ok(Vec::new()) };
    let count = count.min(MOST);
    let role = pg::current_user();
    let who = pg::role_name(role);
    let planned = || {
        pg::as_extension_owner(|| {
            pg::set_while_owner(c"hnsw.ef_search", if looked_at(count) < MOST { EFFORT } else { GREATEST_EFFORT });
            Spi::connect(|client| {
                let Some(plan) = nearest_statement(client, encoder, looked_at(count))? else { return Ok(Vec::new()) };
                let args: [DatumWithOid; 3] = [Vector(vector.to_vec()).into(), who.as_str().into(), role.into()];
                client.select(&*plan, None, &args)?.map(|row| read(&row)).collect::<Result<Vec<_>>>()
            })
        })
    };
    let found = if encoder == LOCAL && few::is_little(&store) {
        let reader = store.may_be_read_by(role);
        let near = few::nearest(&store, vector, looked_at(count), &who)?;
        near.into_iter().map(|(known, for_role)| (shown(known, for_role || reader), reader)).collect()
    } else {
        planned()?
    };
    let model = if found.iter().all(|(_, visible)| *visible) { None } else { Some(catalog::model()?) };
    let clock = SqlClock { timezone: "UTC".to_owned(), week_start: guc::week_start() };
    // A spec that names what the caller may not read can't be built for him.
    let may_see = |k: &Known| match (&k.spec, &model) {
        (None, _) => true,
        (Some(spec), Some(model)) => {
            QuickSpec::deserialize(spec).is_ok_and(|s| build(&s, &model.model, &clock).is_ok())
        }
        (Some(_), None) => false,
    };
    Ok(found
        .into_iter()
        .filter(|(k, visible)| k.similarity >= threshold && (*visible || may_see(k)))
        .map(|(k, _)| k)
        .take(count)
        .collect())
}

/// A row, and whether the caller may see it whatever it is about.
fn read(row: &SpiHeapTupleData<'_>) -> Result<(Known, bool)> {
    let known = Known {
        id: row.get(1)?.unwrap_or_default(),
        query: row.get(2)?.unwrap_or_default(),
        similarity: row.get(3)?.unwrap_or_default(),
        spec: row.get::<JsonB>(4)?.map(|j| j.0),
        usage_count: row.get(5)?.unwrap_or_default(),
        intent: row.get(6)?,
        success_score: row.get(7)?.unwrap_or(1.0),
        taught_at: row.get(10)?.unwrap_or_default(),
    };
    let for_all: bool = row.get(8)?.unwrap_or(false);
    let reader: bool = row.get(9)?.unwrap_or(false);
    Ok((shown(known, for_all || reader), reader))
}

/// What one role chose for itself is shown to nobody else.
fn shown(known: Known, may_see: bool) -> Known {
    Known { similarity: if may_see { known.similarity } else { -2.0 }, ..known }
}

/// The encoder of a vector that a caller brings, or why there is none.
pub fn check_vector(vector: &[f32]) -> Result<String> {
    if vector.iter().any(|x| !x.is_finite()) {
        return Err(Error::invalid("the query embedding holds a number that is not finite"));
    }
    if vector.iter().all(|x| *x == 0.0) {
        return Err(Error::invalid("the query embedding is the zero vector, which is near nothing")
            .with_hint("router_embed() gives it for texts in which nothing can be embedded"));
    }
    encoder::by_dimensions(vector.len())
}
