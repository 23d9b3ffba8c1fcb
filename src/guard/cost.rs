//! What the planner makes of a cleared statement, and a trial of what it can't foresee.

use std::time::Duration;

use super::{Cleared, Violation, describe};
use crate::error::Result;
use crate::guc;
use crate::pg::run::{self, Estimate, Limits};

/// A result may be estimated at this many times `router.max_rows` before it is refused instead of cut.
const ROWS_FACTOR: f64 = 500.0;

/// Bytes that an aggregate may put together from values made longer than stored ones are.
const MAX_COLLECTED: f64 = 1024.0 * 1024.0 * 1024.0;

/// Plans the statement under `router.statement_timeout`; tries it for `router.trial_timeout` if it recurses or makes
/// series of computed length.
pub fn check(cleared: &Cleared) -> Result<Vec<Violation>> {
    let planned = run::read_only(guc::statement_timeout(), || {
        let plan = run::plan(&cleared.statement);
        plan.estimate
    });
    let violations = match planned {
        Ok(estimate) => check_estimate(cleared, estimate),
        Err(failure) => vec![describe(&failure)],
    };
    if !violations.is_empty() || !cleared.unforeseeable {
        return Ok(violations);
    }
    Ok(trial(cleared, guc::trial_timeout()).into_iter().collect())
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
    if cleared.collected * estimate.most_rows > MAX_COLLECTED {
        found.push(Violation::new("resource", "an aggregate would put too many long values together"));
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

fn trial(cleared: &Cleared, limit: Duration) -> Option<Violation> {
    let limits = Limits { rows: guc::max_rows(), bytes: guc::max_result_bytes(), value_bytes: guc::max_value_bytes() };
    let outcome = run::read_only(Some(limit), || run::execute(run::plan(&cleared.statement), limits));
    match outcome {
        Ok(result) if result.truncated => {
            Some(Violation::new("resource", "its recursion or series did not end within the limits of a result"))
        }
        Ok(_) => None,
        Err(failure) if failure.timed_out => Some(Violation::new(
            "resource",
            format!("its recursion or series did not end within {} ms", limit.as_millis()),
        )),
        Err(failure) => Some(describe(&failure)),
    }
}
