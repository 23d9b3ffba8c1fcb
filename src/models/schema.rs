//! The model router's tables, and the scalar functions with which its SQL calls the core.

use pgrx::prelude::*;
use pgrx::{AnyNumeric, JsonB, extension_sql_file};
use router_core::models::{Evidence, Hints, LatencySketch, Offer, Requirement, judged_latency, overall_success, ranks};
use serde_json::Value;

use crate::error::{self, Error, SqlResult as Result};

extension_sql_file!("../../sql/models/catalogue.sql", name = "models_catalogue", requires = ["bootstrap"]);
extension_sql_file!("../../sql/models/audit.sql", name = "models_audit", requires = ["models_catalogue"]);
extension_sql_file!("../../sql/models/agents_models.sql", name = "models_agents", requires = ["models_audit"]);
extension_sql_file!("../../sql/models/assignments.sql", name = "models_assignments", requires = ["models_agents"]);
extension_sql_file!("../../sql/models/metrics.sql", name = "models_metrics", requires = ["models_assignments"]);
extension_sql_file!("../../sql/models/budgets.sql", name = "models_budgets", requires = ["models_metrics"]);
extension_sql_file!(
    "../../sql/models/decisions.sql",
    name = "models_decisions",
    requires = ["models_budgets", decision::next_decision_id]
);
extension_sql_file!("../../sql/models/outcomes.sql", name = "models_outcomes", requires = ["models_decisions"]);
extension_sql_file!(
    "../../sql/models/triggers.sql",
    name = "models_triggers",
    requires = [
        "models_outcomes",
        expected_success,
        latency_quantile,
        assignment_hints,
        check_offer,
        check_requirement,
        rank,
        recommend::propensity_of,
        decision::prepare_decision,
        decision::keep_references_away,
        decision::learn_from_decision
    ]
);
extension_sql_file!(
    "../../sql/models/similar_prompts.sql",
    name = "models_similar_prompts",
    requires = ["models_outcomes", "similarity_encoders", record::prompt_vector]
);
extension_sql_file!("../../sql/models/auto_assign.sql", name = "models_auto_assign", requires = ["models_triggers"]);
extension_sql_file!("../../sql/models/maintain.sql", name = "models_maintain", requires = ["models_triggers"]);
extension_sql_file!("../../sql/models/off_policy.sql", name = "models_off_policy", requires = ["models_triggers"]);
extension_sql_file!("../../sql/models/views.sql", name = "models_views", requires = ["models_triggers"]);
extension_sql_file!(
    "../../sql/models/grants.sql",
    name = "models_grants",
    requires = ["models_views", "models_auto_assign", "models_maintain", "models_off_policy"]
);

/// Refuses what automatic assignment could not read as a model's capabilities.
#[pg_extern(
    immutable,
    parallel_safe,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.check_offer(capabilities jsonb) RETURNS void
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn check_offer(capabilities: JsonB) -> Result<()> {
    let offer = serde_json::json!({ "languages": capabilities.0.get("languages"), "capabilities": capabilities.0 });
    Offer::from_json(&offer).map(drop).map_err(|e| Error::out_of_range(e.to_string()).into())
}

/// Refuses what automatic assignment could not read as a requirement.
#[pg_extern(
    immutable,
    parallel_safe,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.check_requirement(requirement jsonb) RETURNS void
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn check_requirement(requirement: JsonB) -> Result<()> {
    Requirement::from_json(&requirement.0).map(drop).map_err(|e| Error::out_of_range(e.to_string()).into())
}

/// Expected success (0 to 1) from a match score (0 to 100) and decayed outcomes.
#[pg_extern(
    immutable,
    parallel_safe,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.expected_success(match_score double precision, weight double precision, success double precision)
RETURNS double precision IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn expected_success(match_score: f64, weight: f64, success: f64) -> f64 {
    overall_success(match_score, &Evidence { weight, success, ..Evidence::default() })
}

/// The q-quantile of a latency sketch in milliseconds, null when it is empty.
#[pg_extern(
    immutable,
    parallel_safe,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.latency_quantile(sketch bytea, q double precision)
RETURNS double precision IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn latency_quantile(sketch: &[u8], q: f64) -> Result<Option<f64>> {
    Ok(read_sketch(sketch)?.quantile(q))
}

/// What an assignment promises before it is measured: weight of the match score in the balanced score,
/// dollars a request and milliseconds (NaN: unknown). The assignment's own hints go before the model's.
#[pg_extern(
    immutable,
    parallel_safe,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.assignment_hints(capabilities jsonb, performance_weights jsonb, input_price double precision,
  output_price double precision, latency_ms integer)
RETURNS double precision[] IMMUTABLE PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
fn assignment_hints(
    capabilities: Option<JsonB>,
    performance_weights: Option<JsonB>,
    input_price: Option<f64>,
    output_price: Option<f64>,
    latency_ms: Option<i32>,
) -> Vec<f64> {
    let own = |key: &str| positive(capabilities.as_ref().map(|j| &j.0), key);
    let weight = |key: &str| positive(performance_weights.as_ref().map(|j| &j.0), key);
    let match_weight = match (weight("match"), weight("success")) {
        (Some(m), Some(s)) if m + s > 0.0 => m / (m + s),
        _ => 0.6,
    };
    let price = |own_price: Option<f64>, general: Option<f64>| own_price.or(general);
    let (input, output) = (price(own("input_price"), input_price), price(own("output_price"), output_price));
    let priced = (input.is_some() || output.is_some()).then(|| {
        (USUAL_INPUT_TOKENS * input.or(output).unwrap_or(0.0) + USUAL_OUTPUT_TOKENS * output.or(input).unwrap_or(0.0))
            / 1e6
    });
    let cost = own("avg_cost").or(priced).unwrap_or(f64::NAN);
    let latency = own("latency_ms").or(latency_ms.map(f64::from)).unwrap_or(f64::NAN);
    vec![match_weight, cost, latency]
}

/// Tokens of a request whose cost is guessed from prices.
const USUAL_INPUT_TOKENS: f64 = 500.0;
const USUAL_OUTPUT_TOKENS: f64 = 250.0;

/// Ranks of an assignment for a task type: balanced, quality, latency, cost. `overall_*` is its record
/// over all task types, `typed_*` that for the task type; both time-decayed.
#[pg_extern(
    immutable,
    parallel_safe,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.rank(match_score double precision, hints double precision[], overall_weight double precision,
  overall_success double precision, overall_sketch bytea, typed_weight double precision, typed_success double precision,
  typed_quality double precision, typed_sketch bytea, cost_total double precision, cost_count bigint)
RETURNS real[] IMMUTABLE PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
#[allow(clippy::too_many_arguments)] // an SQL row, flattened
fn rank(
    match_score: f64,
    hints: Vec<f64>,
    overall_weight: f64,
    overall_success: f64,
    overall_sketch: &[u8],
    typed_weight: f64,
    typed_success: f64,
    typed_quality: f64,
    typed_sketch: &[u8],
    cost_total: f64,
    cost_count: i64,
) -> Result<Vec<f32>> {
    let promised = promised(match_score, &hints);
    let overall = Evidence {
        weight: overall_weight,
        success: overall_success,
        p95: judged_latency(&read_sketch(overall_sketch)?),
        ..Evidence::default()
    };
    let typed = Evidence {
        weight: typed_weight,
        success: typed_success,
        quality: typed_quality,
        p95: judged_latency(&read_sketch(typed_sketch)?),
        cost: (cost_count > 0).then(|| (cost_total / cost_count as f64, cost_count as f64)),
    };
    let r = ranks(&promised, &overall, &typed);
    Ok(vec![r.balanced, r.quality, r.latency_ms, r.cost])
}

/// Hints as [`assignment_hints`] wrote them.
pub fn promised(match_score: f64, hints: &[f64]) -> Hints {
    let hint = |i: usize| hints.get(i).copied().filter(|x| x.is_finite());
    Hints { match_score, match_weight: hint(0).unwrap_or(0.6), cost: hint(1), latency_ms: hint(2) }
}

fn read_sketch(bytes: &[u8]) -> error::Result<LatencySketch> {
    LatencySketch::from_bytes(bytes).map_err(|e| Error::invalid(e.to_string()))
}

fn positive(json: Option<&Value>, key: &str) -> Option<f64> {
    json?.get(key)?.as_f64().filter(|x| *x >= 0.0)
}

/// A score with two decimals.
pub fn score(x: f64) -> Option<AnyNumeric> {
    let hundredths = (x * 100.0).round();
    (hundredths.abs() < 1e15).then(|| crate::pg::table::two_decimals(hundredths as i64)).flatten()
}
