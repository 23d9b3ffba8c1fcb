//! Which assignment serves a task type best, by what is known of them all: the first entry of an index that is healthy.

use std::cell::RefCell;
use std::collections::VecDeque;

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::models::Strategy;

use super::budget::Exhausted;
use super::settings;
use crate::error::{Error, Result};
use crate::pg;
use crate::pg::table::{Column, Moment, Row, Table};

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
/// Assignments on trial for one task type that take turns.
const MOST_ON_TRIAL: usize = 100;

/// Places in the order of recommendation, as `router.assignment_metrics.tier` has them.
const REGULAR: i16 = 0;
const FALLBACK: i16 = 1;
const ON_TRIAL: i16 = 2;

thread_local! {
    static MADE: RefCell<VecDeque<(Uuid, f64)>> = const { RefCell::new(VecDeque::new()) };
}

/// Chooses an assignment for a task type. A share `router.exploration_rate` of the choices goes to
/// assignments on trial, where there are some.
pub fn recommend(task_type: &str, strategy: Strategy) -> Result<Choice> {
    let pool = Pool::open(task_type)?;
    let choice = match pool.choose(strategy)? {
        Some(choice) => choice,
        None => return Err(pg::as_extension_owner(|| Spi::connect(|client| Ok(nothing_suitable(client, task_type))))?),
    };
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

/// The assignments that serve a task type.
struct Pool<'t> {
    task_type: &'t str,
    metrics: Table,
    assignments: Table,
    exhausted: Exhausted,
    now: Moment,
    id: Column<Uuid>,
    kind: Column<String>,
    tier: Column<i16>,
    balanced: Column<f32>,
    quality: Column<f32>,
    latency_ms: Column<f32>,
    cost: Column<f32>,
    key: Column<Uuid>,
    agent: Column<String>,
    model: Column<String>,
    circuit_open_until: Column<Moment>,
}

impl<'t> Pool<'t> {
    fn open(task_type: &'t str) -> Result<Self> {
        let metrics = Table::open_to_read(c"assignment_metrics")?;
        let assignments = Table::open_to_read(c"agent_model_assignments")?;
        Ok(Self {
            task_type,
            exhausted: Exhausted::open()?,
            now: Moment::now(),
            id: metrics.column(c"assignment_id")?,
            kind: metrics.column(c"task_type")?,
            tier: metrics.column(c"tier")?,
            balanced: metrics.column(c"rank_balanced")?,
            quality: metrics.column(c"rank_quality")?,
            latency_ms: metrics.column(c"rank_latency_ms")?,
            cost: metrics.column(c"rank_cost")?,
            key: assignments.column(c"assignment_id")?,
            agent: assignments.column(c"agent_id")?,
            model: assignments.column(c"model_id")?,
            circuit_open_until: assignments.column(c"circuit_open_until")?,
            metrics,
            assignments,
        })
    }

    fn choose(&self, strategy: Strategy) -> Result<Option<Choice>> {
        let Some(best) = self.best(strategy)? else { return self.on_trial(strategy, 1.0) };
        let share = settings::exploration_rate();
        if share > 0.0
            && let Some(trial) = self.on_trial(strategy, share)?
        {
            let turn = pg::random() < share;
            return Ok(Some(if turn { trial } else { Choice { propensity: 1.0 - share, ..best } }));
        }
        Ok(Some(best))
    }

    fn best(&self, strategy: Strategy) -> Result<Option<Choice>> {
        for tier in [REGULAR, FALLBACK] {
            let least = match strategy {
                Strategy::Cost => match self.first(Strategy::Quality, tier, f32::NEG_INFINITY)? {
                    Some((_, quality)) => quality * settings::quality_floor() as f32,
                    None => continue,
                },
                _ => f32::NEG_INFINITY,
            };
            if let Some((choice, _)) = self.first(strategy, tier, least)? {
                return Ok(Some(choice));
            }
        }
        Ok(None)
    }

    /// The first healthy one of a tier in a strategy's order whose expected quality is at least `least`, and that
    /// quality.
    fn first(&self, strategy: Strategy, tier: i16, least: f32) -> Result<Option<(Choice, f32)>> {
        let mut ranked = self.ranked(strategy, tier)?;
        while let Some(row) = ranked.next() {
            let quality = row.get(self.quality).unwrap_or(0.0);
            if quality >= least
                && let Some(choice) = self.healthy(&row, strategy)?
            {
                return Ok(Some((choice, quality)));
            }
        }
        Ok(None)
    }

    fn ranked(&self, strategy: Strategy, tier: i16) -> Result<pg::table::Scan<'_>> {
        let index = match strategy {
            Strategy::Balanced => c"assignment_metrics_balanced_idx",
            Strategy::Quality => c"assignment_metrics_quality_idx",
            Strategy::Speed => c"assignment_metrics_speed_idx",
            Strategy::Cost => c"assignment_metrics_cost_idx",
        };
        self.metrics.scan(index, &[self.kind.is(self.task_type), self.tier.is(tier)])
    }

    /// The assignment of a metrics row as a certain choice, unless its circuit is open or its agent's budget spent.
    fn healthy(&self, row: &Row<'_>, strategy: Strategy) -> Result<Option<Choice>> {
        let Some(assignment_id) = row.get(self.id) else { return Ok(None) };
        let mut found = self.assignments.scan(c"agent_model_assignments_pkey", &[self.key.is(assignment_id)])?;
        let Some(of) = found.next() else { return Ok(None) };
        if of.get(self.circuit_open_until).is_some_and(|until| until > self.now) {
            return Ok(None);
        }
        let (Some(agent_id), Some(model_id)) = (of.get(self.agent), of.get(self.model)) else { return Ok(None) };
        if self.exhausted.holds(&agent_id)? {
            return Ok(None);
        }
        let rank = |column| f64::from(row.get(column).unwrap_or(0.0));
        let score = match strategy {
            Strategy::Balanced => rank(self.balanced),
            Strategy::Quality => rank(self.quality),
            Strategy::Speed => 100.0 / (1.0 + rank(self.latency_ms) / 1000.0),
            Strategy::Cost => 100.0 / (1.0 + rank(self.cost) * 1000.0),
        };
        Ok(Some(Choice { agent_id, model_id, assignment_id, score, propensity: 1.0 }))
    }

    /// One of the healthy assignments on trial, each with the same probability, together `share`.
    fn on_trial(&self, strategy: Strategy, share: f64) -> Result<Option<Choice>> {
        let mut choices = Vec::new();
        let mut ranked = self.ranked(strategy, ON_TRIAL)?;
        while let Some(row) = ranked.next() {
            choices.extend(self.healthy(&row, strategy)?);
            if choices.len() == MOST_ON_TRIAL {
                break;
            }
        }
        let n = choices.len();
        if n == 0 {
            return Ok(None);
        }
        let at = ((pg::random() * n as f64) as usize).min(n - 1);
        Ok(Some(Choice { propensity: share / n as f64, ..choices.swap_remove(at) }))
    }
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
        .with_hint("SELECT * FROM router_assignments() shows what is there, router.exhausted_budgets whose budget is spent; sp_auto_assign_models() assigns")
    } else {
        Error::invalid(format!("unknown task type \"{task_type}\"")).with_hint(format!("known are {names}"))
    }
}
