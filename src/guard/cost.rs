//! What the planner makes of a cleared statement, and a trial of what it can't foresee.

use std::time::Duration;

use super::{Cleared, Foresight, Violation, describe};
use crate::error::Result;
use crate::guc;
use crate::pg::run::{self, Estimate, Limits, Plan};

/// A result may be estimated at this many times `router.max_rows` before it is refused instead of cut.
const ROWS_FACTOR: f64 = 500.0;

/// Bytes that an aggregate, or an array made of a subquery, may put together.
const MAX_COLLECTED: f64 = 256.0 * 1024.0 * 1024.0;

/// How far the planner's guesses may be out before a statement is tried, and how many rows it may then have.
const MAX_MISJUDGED: f64 = 30.0;
const MAX_MISJUDGED_ROWS: f64 = 1e8;

/// Rows of a window whose work grows with their square. A tenth of a second or so.
const MAX_QUADRATIC_ROWS: f64 = 5_000.0;

/// Plans the statement under `router.statement_timeout`; tries it for `router.trial_timeout` if the planner can't foresee
/// its work.
pub fn check(cleared: &Cleared) -> Result<Vec<Violation>> {
    let plan = match run::read_only(guc::statement_timeout(), || run::plan(&cleared.statement, false)) {
        Ok(plan) => plan,
        Err(failure) => return Ok(vec![describe(&failure)]),
    };
    let violations = check_estimate(cleared, plan.estimate);
    if !violations.is_empty() || !must_be_tried(cleared.foresight, plan.estimate) {
        return Ok(violations);
    }
    Ok(trial(plan, guc::trial_timeout()).into_iter().collect())
}

/// Recursion, series and repetitions of computed length, rows of long values, joins and windows that the planner has no
/// idea of.
fn must_be_tried(foresight: Foresight, estimate: Estimate) -> bool {
    foresight.unforeseeable
        || (foresight.misjudged > MAX_MISJUDGED && foresight.misjudged * estimate.widest.any > MAX_MISJUDGED_ROWS)
        || (foresight.quadratic_window && estimate.widest.windowed > MAX_QUADRATIC_ROWS)
}

/// Against `router.max_cost` and `router.max_rows`.
pub fn check_estimate(cleared: &Cleared, estimate: Estimate) -> Vec<Violation> {
    let mut found = Vec::new();
    if let Some(max) = guc::max_cost().filter(|max| estimate.cost > *max) {
        found.push(Violation::new(
            "cost",
            format!("the planner expects a cost of {:.0}, more than router.max_cost ({max:.0})", estimate.cost),
        ));
    }
    if cleared.foresight.collected * estimate.widest.collected > MAX_COLLECTED {
        found.push(Violation::new("resource", "an aggregate or array would put too many values together"));
    }
    let max = guc::max_rows() as f64 * ROWS_FACTOR;
    if estimate.rows > max {
        found.push(Violation::new(
            "cost",
            format!("the planner expects {:.0} rows: aggregate, filter or add a LIMIT", estimate.rows),
        ));
    }
    found
}

fn trial(plan: Plan, limit: Duration) -> Option<Violation> {
    let limits = Limits { rows: guc::max_rows(), bytes: guc::max_result_bytes(), value_bytes: guc::max_value_bytes() };
    let outcome = run::read_only(Some(limit), || run::execute(plan, limits));
    match outcome {
        Ok(result) if result.truncated => Some(Violation::new(
            "resource",
            "it made more rows than a result may have before its recursion or series ended",
        )),
        Ok(_) => None,
        Err(failure) if failure.timed_out => Some(Violation::new(
            "resource",
            format!(
                "how much it has to do can't be foreseen, and it did not end within {} ms (router.trial_timeout)",
                limit.as_millis()
            ),
        )),
        Err(failure) => Some(describe(&failure)),
    }
}
