//! For those who route tasks to agents and models.

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use pgrx::{AnyNumeric, JsonB};
use router_core::models::{Method, Offer, Requirement, Strategy, capability_score};

use crate::error::{Error, SqlResult as Result};
use crate::models::auto_assign::auto_assign;
use crate::models::content::{self, Options};
use crate::models::manage::{self, Override};
use crate::models::outcome::{self, Outcome};
use crate::models::recommend::recommend;
use crate::models::record;
use crate::pg::JsonArg;
use crate::telemetry::{self, Operation};

/// The best assignment for a task type by a strategy. Raises when there is none.
#[pg_extern(
    volatile,
    sql = "CREATE FUNCTION sp_get_routing_recommendation(p_task_type text, p_strategy text DEFAULT 'balanced',
  OUT o_agent_id text, OUT o_model_id text, OUT o_assignment_id uuid, OUT o_score numeric)
RETURNS SETOF record ROWS 1 VOLATILE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
#[allow(clippy::type_complexity)]
fn sp_get_routing_recommendation(
    p_task_type: Option<&str>,
    p_strategy: Option<&str>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(o_agent_id, String),
            name!(o_model_id, String),
            name!(o_assignment_id, Uuid),
            name!(o_score, Option<AnyNumeric>),
        ),
    >,
> {
    let strategy = strategy(p_strategy.unwrap_or("balanced"))?;
    let task_type = p_task_type.ok_or_else(|| Error::null("the task type must not be null"))?;
    let c = recommend(task_type.trim(), strategy)?;
    Ok(TableIterator::once((c.agent_id, c.model_id, c.assignment_id, crate::models::score(c.score))))
}

/// Counts the outcome of one request.
#[pg_extern(volatile)]
fn sp_update_assignment_metrics(
    p_assignment_id: Option<Uuid>,
    p_success: Option<bool>,
    p_latency_ms: Option<i32>,
) -> Result<()> {
    let missing = |what: &str| Error::null(format!("{what} must not be null"));
    let id = p_assignment_id.ok_or_else(|| missing("the assignment id"))?;
    let success = p_success.ok_or_else(|| missing("success"))?;
    let latency_ms = p_latency_ms.map(f64::from);
    Ok(outcome::record(id, Outcome { success, quality: None, latency_ms, cost: None })?)
}

/// The same as `sp_update_assignment_metrics`.
#[pg_extern(volatile)]
fn update_assignment_metrics(
    p_assignment_id: Option<Uuid>,
    p_success: Option<bool>,
    p_latency_ms: Option<i32>,
) -> Result<()> {
    sp_update_assignment_metrics(p_assignment_id, p_success, p_latency_ms)
}

/// How well an offer fits a requirement: `{"score": 0 to 100, "parts", "matched", "partial", "missing"}`.
///
/// Both are objects. Capabilities are name -> level under `capabilities` or beside the other keys.
/// A requirement may hold `context_window`, `languages`, `max_price` (dollars per million tokens) and
/// `max_latency_ms`; an offer `context_window`, `languages`, `input_price`, `output_price`, `latency_ms`.
#[pg_extern(immutable, strict, parallel_safe)]
fn router_capability_score(required: JsonArg, offered: JsonArg) -> Result<JsonB> {
    let bad = |e: router_core::models::CapabilityError| Error::invalid(e.to_string());
    let required = Requirement::from_json(&required.value("requirement")?).map_err(bad)?;
    let offered = Offer::from_json(&offered.value("offer")?).map_err(bad)?;
    let score = serde_json::to_value(capability_score(&required, &offered))
        .map_err(|e| Error::invalid(format!("the score could not be written: {e}")))?;
    Ok(JsonB(score))
}

/// Scores all active agents with all active models and assigns by `greedy`, `hungarian` (optimal) or
/// `all`. Returns what it did; with `dry_run` what it would do.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn sp_auto_assign_models(
    method: default!(Option<&str>, "'hungarian'"),
    dry_run: default!(Option<bool>, false),
) -> Result<
    TableIterator<
        'static,
        (
            name!(action, String),
            name!(agent_id, String),
            name!(model_id, String),
            name!(assignment_id, Option<Uuid>),
            name!(match_score, Option<AnyNumeric>),
            name!(overlap_analysis, Option<JsonB>),
        ),
    >,
> {
    let known = || Method::ALL.map(Method::name).join(", ");
    let method = method.ok_or_else(|| Error::null("the method must not be null"))?;
    let dry_run = dry_run.ok_or_else(|| Error::null("dry_run must not be null"))?;
    let chosen: Method = method.parse().map_err(|()| {
        Error::invalid(format!("unknown assignment method \"{method}\"")).with_hint(format!("known are {}", known()))
    })?;
    let steps = auto_assign(chosen, dry_run)?;
    Ok(TableIterator::new(
        steps.into_iter().map(|s| (s.action, s.agent_id, s.model_id, s.assignment_id, s.match_score, s.overlap)),
    ))
}

/// Lets an agent serve a model by somebody's decision, which automatic assignment respects.
#[pg_extern(volatile)]
fn router_assign(
    agent: Option<&str>,
    model: Option<&str>,
    match_score: default!(Option<AnyNumeric>, "NULL"),
    status: default!(Option<&str>, "'OVERRIDDEN'"),
    capabilities: default!(Option<JsonArg>, "NULL"),
    priority: default!(Option<i32>, "NULL"),
) -> Result<Uuid> {
    let missing = |what: &str| Error::null(format!("{what} must not be null"));
    let agent = agent.ok_or_else(|| missing("the agent"))?;
    let model = model.ok_or_else(|| missing("the model"))?;
    let status = status.ok_or_else(|| missing("the status"))?;
    let capabilities = capabilities.map(|c| c.value("capabilities").map(JsonB)).transpose()?;
    Ok(manage::assign_by_hand(
        agent,
        model,
        Override { match_score, status: status.to_owned(), capabilities, priority },
    )?)
}

/// The assignments, all or those of an agent, a model, a status, a task type.
#[pg_extern(stable)]
#[allow(clippy::type_complexity)]
fn router_assignments(
    agent: default!(Option<&str>, "NULL"),
    model: default!(Option<&str>, "NULL"),
    status: default!(Option<&str>, "NULL"),
    task_type: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(assignment_id, Option<Uuid>),
            name!(agent_id, Option<String>),
            name!(agent_name, Option<String>),
            name!(model_id, Option<String>),
            name!(model_name, Option<String>),
            name!(status, Option<String>),
            name!(assignment_method, Option<String>),
            name!(match_score, Option<AnyNumeric>),
            name!(priority, Option<i32>),
            name!(total_requests, Option<i64>),
            name!(successful_requests, Option<i64>),
            name!(success_rate, Option<AnyNumeric>),
            name!(avg_latency_ms, Option<f64>),
            name!(p95_latency_ms, Option<f64>),
            name!(circuit_open_until, Option<TimestampWithTimeZone>),
            name!(last_used_at, Option<TimestampWithTimeZone>),
            name!(assigned_by, Option<String>),
            name!(assigned_at, Option<TimestampWithTimeZone>),
        ),
    >,
> {
    let rows = manage::list(agent, model, status, task_type)?;
    Ok(TableIterator::new(rows.into_iter().map(|r| {
        let [agent_id, agent_name, model_id, model_name, status, method] = r.text;
        (
            r.assignment_id,
            agent_id,
            agent_name,
            model_id,
            model_name,
            status,
            method,
            r.match_score,
            r.priority,
            r.total_requests,
            r.successful_requests,
            r.success_rate,
            r.avg_latency_ms,
            r.p95_latency_ms,
            r.circuit_open_until,
            r.last_used_at,
            r.assigned_by,
            r.assigned_at,
        )
    })))
}

/// What each strategy would have scored (percent) and cost (dollars) on the decisions of a time, made with
/// whatever strategy, with standard errors: self-normalised inverse propensity scoring. `effective` is how many
/// decisions the estimate is worth; below some thirty, believe nothing. By default the last seven days.
#[pg_extern(stable)]
#[allow(clippy::type_complexity)] // the SQL signature
fn router_compare_strategies(
    since: default!(Option<TimestampWithTimeZone>, "NULL"),
    until: default!(Option<TimestampWithTimeZone>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(strategy, String),
            name!(decisions, Option<i64>),
            name!(matched, Option<i64>),
            name!(effective, Option<AnyNumeric>),
            name!(success_rate, Option<AnyNumeric>),
            name!(success_error, Option<AnyNumeric>),
            name!(avg_cost, Option<AnyNumeric>),
            name!(cost_error, Option<AnyNumeric>),
            name!(avg_latency_ms, Option<AnyNumeric>),
            name!(latency_error, Option<AnyNumeric>),
        ),
    >,
> {
    let rows = manage::compare(since, until)?.into_iter().map(|(strategy, (all, matched), figures)| {
        let [effective, success, success_error, cost, cost_error, latency, latency_error] = figures;
        (strategy, all, matched, effective, success, success_error, cost, cost_error, latency, latency_error)
    });
    Ok(TableIterator::new(rows))
}

/// The best assignment for a prompt by a strategy, with the candidates, their scores and why.
///
/// Options: `task_type` (else guessed from the prompt), `quality_floor` (share of the best expected
/// quality, 0 to 1), `max_cost` (dollars a request), `max_latency_ms`, `exclude` (model ids), `explore`
/// (`thompson`, `ucb`), `log` (writes the decision and returns `decision_id`), `request_id`.
#[pg_extern(volatile)]
fn router_recommend(
    prompt: Option<&str>,
    strategy: default!(Option<&str>, "'balanced'"),
    options: default!(Option<JsonArg>, "'{}'"),
) -> Result<JsonB> {
    let prompt = prompt.ok_or_else(|| Error::null("the prompt must not be null"))?;
    let strategy = self::strategy(strategy.unwrap_or("balanced"))?;
    let options = match options {
        Some(json) => json.value("options")?,
        None => serde_json::json!({}),
    };
    let options = Options::read(&options)?;
    Ok(telemetry::observe(Operation::Recommend, || content::recommend_for(prompt, strategy, &options))?)
}

/// Records how a model did on a prompt: `quality` 0 to 1, `latency_ms`, `cost` in dollars; null is
/// unknown. With `decision_id` the decision is completed too.
#[pg_extern(volatile)]
#[allow(clippy::too_many_arguments)] // the SQL signature
fn router_record_outcome(
    model_id: Option<&str>,
    task_type: Option<&str>,
    prompt: Option<&str>,
    success: Option<bool>,
    quality: default!(Option<f64>, "NULL"),
    latency_ms: default!(Option<f64>, "NULL"),
    cost: default!(Option<f64>, "NULL"),
    decision_id: default!(Option<Uuid>, "NULL"),
) -> Result<()> {
    let missing = |what: &str| Error::null(format!("{what} must not be null"));
    let model = model_id.ok_or_else(|| missing("the model id"))?;
    let prompt = prompt.ok_or_else(|| missing("the prompt"))?;
    let success = success.ok_or_else(|| missing("success"))?;
    Ok(record::record(model, task_type, prompt, Outcome { success, quality, latency_ms, cost }, decision_id)?)
}

/// The kind of task a prompt is (coding, math, reasoning, arabic, general) and how sure that is, 0 to 1.
#[pg_extern(immutable, strict, parallel_safe)]
fn router_task_type(prompt: &str) -> TableIterator<'static, (name!(task_type, String), name!(confidence, f64))> {
    let (task_type, confidence) = router_core::models::task_type(prompt);
    TableIterator::once((task_type.to_owned(), confidence))
}

fn strategy(name: &str) -> std::result::Result<Strategy, Error> {
    name.parse().map_err(|()| {
        Error::invalid(format!("unknown strategy \"{name}\""))
            .with_hint(format!("known are {}", Strategy::ALL.map(Strategy::name).join(", ")))
    })
}
