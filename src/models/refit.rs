//! Fitting the regressions anew to the latest outcomes, a step of some milliseconds at a time.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::models::{Fitted, Fitting, Knowledge, PromptFeatures, Sample, Tallies, Tally};

use super::follow::Horizon;
use super::learning::RowId;
use super::plan::Plan;
use super::settings;
use crate::error::Result;

/// Outcomes read in a step.
const ROWS_A_STEP: i64 = 200;

thread_local! {
    static OUTCOMES: Plan = Plan::new(
        include_str!("../../sql/models/query/outcomes_after.sql"),
        &[PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID, PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID,
          PgBuiltInOids::INT8OID],
    );
}

/// A fit under way; it may go on in another transaction. What is committed after it began is not in it: the means count
/// that apart, the regressions the next time.
pub struct Refit {
    /// What was known when it began.
    pub over: RowId,
    horizon: Horizon,
    tallies: Tallies,
    outcomes: i64,
    stage: Stage,
}

enum Stage {
    /// Outcomes are read; the latest one so far.
    Reading(Box<Sample>, i64),
    Fitting(Box<Fitting>),
}

impl Refit {
    pub fn new(over: RowId, horizon: Horizon) -> Self {
        let after = horizon.last - settings::learned_outcomes();
        let stage = Stage::Reading(Box::default(), after);
        Self { over, horizon, tallies: Tallies::default(), outcomes: 0, stage }
    }

    /// True once nothing is left to do.
    pub fn step(&mut self, client: &SpiClient<'_>) -> Result<bool> {
        match &mut self.stage {
            Stage::Reading(sample, latest) => {
                let to = &self.horizon.to;
                let span: [DatumWithOid; 5] =
                    [(*latest).into(), self.horizon.last.into(), to.0.as_str().into(), to.1.into(), ROWS_A_STEP.into()];
                let rows = OUTCOMES.with(|p| p.select(client, &span))?;
                if rows.is_empty() {
                    self.outcomes = sample.outcomes() as i64;
                    self.stage = Stage::Fitting(Box::new(std::mem::take(sample).fitting()));
                    return Ok(false);
                }
                for row in rows {
                    let task_type = row.get::<&str>(4)?.unwrap_or_default();
                    let model = row.get::<&str>(5)?.unwrap_or_default();
                    let quality = row.get::<f32>(6)?.unwrap_or(0.0);
                    *latest = row.get::<i64>(1)?.unwrap_or(i64::MAX);
                    if row.get::<bool>(7)? == Some(true) {
                        self.tallies.add(model, task_type, Tally { sum: quality.into(), count: 1.0 });
                    }
                    let (Some(hash), Some(bytes)) = (row.get::<&[u8]>(2)?, row.get::<&[u8]>(3)?) else { continue };
                    if let Some(features) = PromptFeatures::from_bytes(bytes) {
                        sample.add(hash, &features, task_type, model, quality);
                    }
                }
                Ok(false)
            }
            Stage::Fitting(fitting) => Ok(fitting.step()),
        }
    }

    /// What was learned from, from how many outcomes, and what came of it.
    pub fn into_parts(self) -> (Horizon, i64, Knowledge) {
        let fitted = match self.stage {
            Stage::Fitting(fitting) => fitting.into_fitted(),
            Stage::Reading(..) => Fitted::default(),
        };
        (self.horizon, self.outcomes, Knowledge { tallies: self.tallies, fitted })
    }
}
