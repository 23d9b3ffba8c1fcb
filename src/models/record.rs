//! Outcomes with their prompt: what the next recommendation for a similar prompt knows.

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use router_core::models::PromptFeatures;

use super::content::features;
use super::follow;
use super::outcome::{self, Outcome};
use super::plan::Plan;
use crate::error::{Error, Result};
use crate::pg;

thread_local! {
    static SERVING: Plan = Plan::new(
        include_str!("../../sql/models/query/serving.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID],
    );
    static KNOWN: Plan = Plan::new(
        "SELECT EXISTS (SELECT FROM router.models WHERE model_id = $1)
             OR EXISTS (SELECT FROM router.agent_model_assignments WHERE model_id = $1),
           EXISTS (SELECT FROM router.task_types WHERE task_type = $2)",
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID],
    );
    static INSERT: Plan = Plan::new(
        // Hashed once, also where this is planned while the table is empty, and looks through all of it ever after.
        "WITH h AS MATERIALIZED (SELECT sha256(convert_to($1, 'UTF8')) AS hash)
         INSERT INTO router.prompt_outcomes (prompt_hash, task_type, model_id, assignment_id, features, success, quality, latency_ms, cost, first_of_prompt)
         SELECT h.hash, $2, $3, $4, $5, $6, $7::real, $8::int, $9,
           NOT EXISTS (SELECT FROM router.prompt_outcomes o WHERE o.prompt_hash = h.hash)
         FROM h
         RETURNING outcome_id",
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID, PgBuiltInOids::UUIDOID,
          PgBuiltInOids::BYTEAOID, PgBuiltInOids::BOOLOID, PgBuiltInOids::FLOAT8OID, PgBuiltInOids::FLOAT8OID,
          PgBuiltInOids::FLOAT8OID],
    );
    static COMPLETE: Plan = Plan::new(
        include_str!("../../sql/models/query/complete_decision.sql"),
        &[PgBuiltInOids::UUIDOID, PgBuiltInOids::BOOLOID, PgBuiltInOids::FLOAT8OID, PgBuiltInOids::FLOAT8OID,
          PgBuiltInOids::FLOAT8OID],
    );
}

/// The unit vector of a recorded prompt out of `router.prompt_outcomes.features`: evidence by pgvector's operators, in
/// SQL. Null where the column holds something else.
#[pg_extern(
    immutable,
    parallel_safe,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.prompt_vector(features bytea) RETURNS vector
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
pub fn prompt_vector(features: &[u8]) -> Option<pg::Vector> {
    PromptFeatures::from_bytes(features).map(|f| pg::Vector(f.unit_vector()))
}

/// Records how a model did on a prompt. A task type that is not told is guessed.
///
/// With a decision the outcome belongs to that decision's assignment. Without one it belongs to the
/// model's only assignment for the task type; where there are several it teaches the quality of all
/// of them, and no one's request counter moves.
pub fn record(
    model: &str,
    task_type: Option<&str>,
    prompt: &str,
    outcome: Outcome,
    decision: Option<Uuid>,
) -> Result<()> {
    let outcome = outcome.checked()?;
    let (features, guessed, _) = features(prompt);
    let task_type = task_type.map_or(guessed, str::trim);
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let known = KNOWN.with(|p| p.select(client, &[model.into(), task_type.into()]))?.first();
            if known.get::<bool>(1)? != Some(true) {
                return Err(Error::not_found(format!("model \"{model}\" does not exist"))
                    .with_hint("insert it into router.models, or assign it"));
            }
            if known.get::<bool>(2)? != Some(true) {
                return Err(Error::invalid(format!("unknown task type \"{task_type}\""))
                    .with_hint("SELECT task_type FROM router.task_types lists them"));
            }
            let values = [
                decision.into(),
                outcome.success.into(),
                outcome.quality.into(),
                outcome.latency_ms.into(),
                outcome.cost.into(),
            ];
            let serving: Vec<Uuid> = match decision {
                // The decision's own trigger teaches its task type.
                Some(id) => {
                    let row = COMPLETE.with(|p| p.update(client, &values))?;
                    if row.is_empty() {
                        return Err(Error::not_found(format!("decision \"{id}\" does not exist or is completed")));
                    }
                    row.first().get_one::<Uuid>()?.into_iter().collect()
                }
                None => {
                    let rows = SERVING.with(|p| p.update(client, &[model.into(), task_type.into()]))?;
                    let ids = rows.map(|r| r.get::<Uuid>(1)).collect::<std::result::Result<Vec<_>, _>>()?;
                    ids.into_iter().flatten().collect()
                }
            };
            if let [only] = serving[..] {
                outcome::count(only, &outcome)?;
            }
            if decision.is_none() {
                for &id in &serving {
                    outcome::learn(id, task_type, &outcome)?;
                }
            }
            let only = if let [only] = serving[..] { Some(only) } else { None };
            let row = [
                prompt.into(),
                task_type.into(),
                model.into(),
                only.into(),
                features.to_bytes().into(),
                outcome.success.into(),
                outcome.quality_or_success().into(),
                outcome.latency_ms.into(),
                outcome.cost.into(),
            ];
            let stored = INSERT.with(|p| p.update(client, &row))?.first().get_one::<i64>()?;
            stored.map_or(Ok(()), |outcome| follow::follow(client, outcome))
        })
    })
}
