//! Which assignment serves a task type best, by what is known of them all. One indexed read.

use std::cell::RefCell;
use std::collections::VecDeque;

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use pgrx::spi::{SpiClient, SpiHeapTupleData};
use router_core::models::Strategy;

use super::plan::Plan;
use super::settings;
use crate::error::{Error, Result};
use crate::pg;

/// A recommendation.
#[derive(Debug, Clone)]
pub struct Choice {
    pub agent_id: String,
    pub model_id: String,
    pub assignment_id: Uuid,
    /// 0 to 100, higher is better.
    pub score: f64,
    /// Probability with which this choice was made.
    pub propensity: f64,
}

/// Recommendations whose propensity a session remembers.
const REMEMBERED: usize = 32;

thread_local! {
    static BALANCED: Plan = plan("m.rank_balanced DESC");
    static QUALITY: Plan = plan("m.rank_quality DESC");
    static SPEED: Plan = plan("m.rank_latency_ms");
    static COST: Plan = Plan::new(
        include_str!("../../sql/models/query/recommend_cost.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::FLOAT8OID],
    );
    static TESTING: Plan =
        Plan::new(include_str!("../../sql/models/query/testing.sql"), &[PgBuiltInOids::TEXTOID]);
    static MADE: RefCell<VecDeque<(Uuid, f64)>> = const { RefCell::new(VecDeque::new()) };
}

fn plan(rank: &str) -> Plan {
    Plan::new(include_str!("../../sql/models/query/recommend.sql").replace("{rank}", rank), &[PgBuiltInOids::TEXTOID])
}

/// Chooses an assignment for a task type. A share `router.exploration_rate` of the choices goes to
/// assignments on trial, where there are some.
pub fn recommend(task_type: &str, strategy: Strategy) -> Result<Choice> {
    let choice = pg::as_extension_owner(|| Spi::connect(|client| choose(client, task_type, strategy)))?;
    remember(choice.assignment_id, choice.propensity);
    Ok(choice)
}

/// Keeps the probability of a choice, for the decision that may be written down.
pub fn remember(assignment: Uuid, propensity: f64) {
    MADE.with_borrow_mut(|made| {
        made.truncate(REMEMBERED - 1);
        made.push_front((assignment, propensity));
    });
}

/// The probability of this session's latest recommendation of an assignment, null if there was none.
#[pg_extern(
    volatile,
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.propensity_of(assignment uuid) RETURNS double precision
VOLATILE STRICT LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
pub fn propensity_of(assignment: Uuid) -> Option<f64> {
    MADE.with_borrow(|made| made.iter().find(|m| m.0 == assignment).map(|m| m.1))
}

fn choose(client: &SpiClient<'_>, task_type: &str, strategy: Strategy) -> Result<Choice> {
    let rows = match strategy {
        Strategy::Balanced => BALANCED.with(|p| p.select(client, &[task_type.into()])),
        Strategy::Quality => QUALITY.with(|p| p.select(client, &[task_type.into()])),
        Strategy::Speed => SPEED.with(|p| p.select(client, &[task_type.into()])),
        Strategy::Cost => COST.with(|p| p.select(client, &[task_type.into(), settings::quality_floor().into()])),
    }?;
    let Some(row) = rows.into_iter().next() else {
        return on_trial(client, task_type, strategy, 1.0, 0.0)?.ok_or_else(|| nothing_suitable(client, task_type));
    };
    let (testing, draw) = (row.get::<bool>(8)? == Some(true), row.get::<f64>(9)?.unwrap_or(1.0));
    let share = if testing { settings::exploration_rate() } else { 0.0 };
    if draw < share
        && let Some(trial) = on_trial(client, task_type, strategy, share, draw)?
    {
        return Ok(trial);
    }
    read(&row, strategy, if share < 1.0 { 1.0 - share } else { 1.0 })
}

/// One of the assignments on trial, each with the same probability. `draw` is uniform below `share`.
fn on_trial(
    client: &SpiClient<'_>,
    task_type: &str,
    strategy: Strategy,
    share: f64,
    draw: f64,
) -> Result<Option<Choice>> {
    let rows = TESTING.with(|p| p.select(client, &[task_type.into()]))?;
    let n = rows.len();
    if n == 0 {
        return Ok(None);
    }
    let at = ((draw / share * n as f64) as usize).min(n - 1);
    rows.into_iter().nth(at).map(|row| read(&row, strategy, share / n as f64)).transpose()
}

fn read(row: &SpiHeapTupleData<'_>, strategy: Strategy, propensity: f64) -> Result<Choice> {
    let gone = || Error::invalid("an assignment lacks its agent or model");
    let rank = |i: usize| -> Result<f64> { Ok(f64::from(row.get::<f32>(i)?.unwrap_or(0.0))) };
    Ok(Choice {
        agent_id: row.get(1)?.ok_or_else(gone)?,
        model_id: row.get(2)?.ok_or_else(gone)?,
        assignment_id: row.get(3)?.ok_or_else(gone)?,
        score: match strategy {
            Strategy::Balanced => rank(4)?,
            Strategy::Quality => rank(5)?,
            Strategy::Speed => 100.0 / (1.0 + rank(6)? / 1000.0),
            Strategy::Cost => 100.0 / (1.0 + rank(7)? * 1000.0),
        },
        propensity,
    })
}

/// Why nothing was found: the task type is unknown, or nothing healthy serves it.
pub fn nothing_suitable(client: &SpiClient<'_>, task_type: &str) -> Error {
    let names = client
        .select("SELECT string_agg(task_type, ', ' ORDER BY task_type) FROM router.task_types", None, &[])
        .ok()
        .and_then(|t| t.first().get_one::<String>().ok().flatten())
        .unwrap_or_default();
    if names.split(", ").any(|n| n == task_type) {
        Error::new(
            PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("no healthy assignment serves task type \"{task_type}\""),
        )
        .with_hint("SELECT * FROM router_assignments() shows what is there; sp_auto_assign_models() assigns")
    } else {
        Error::invalid(format!("unknown task type \"{task_type}\"")).with_hint(format!("known are {names}"))
    }
}
