//! Learning from outcomes. Every path takes the assignment's lock first, its row and its metrics after
//! it, so that outcomes of the same assignment wait for each other and never deadlock.

use pgrx::AnyNumeric;
use pgrx::datum::{UnboxDatum, Uuid};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use super::plan::Plan;
use super::{recommend, settings};
use crate::error::{self, Error};
use crate::pg;

/// What happened to one request.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub success: bool,
    /// 0 to 1; a success counts 1 when nothing else is told.
    pub quality: Option<f64>,
    /// Milliseconds.
    pub latency_ms: Option<f64>,
    /// Dollars.
    pub cost: Option<f64>,
}

impl Outcome {
    /// Refuses what can't be: negative latency or cost, a quality beyond 0 to 1.
    pub fn checked(self) -> error::Result<Self> {
        let bad = |what: &str| Err(Error::out_of_range(what.to_owned()));
        match self {
            Self { latency_ms: Some(ms), .. } if ms.is_nan() || ms < 0.0 => bad("latency must not be negative"),
            Self { cost: Some(c), .. } if !(c >= 0.0 && c.is_finite()) => bad("cost must not be negative"),
            Self { quality: Some(q), .. } if !(0.0..=1.0).contains(&q) => bad("quality must be between 0 and 1"),
            fine => Ok(fine),
        }
    }

    pub fn quality_or_success(&self) -> f64 {
        self.quality.unwrap_or(if self.success { 1.0 } else { 0.0 })
    }
}

thread_local! {
    static UPDATE: Plan = Plan::new(
        include_str!("../../sql/models/query/update_metrics.sql"),
        &[PgBuiltInOids::UUIDOID, PgBuiltInOids::BOOLOID, PgBuiltInOids::FLOAT8OID, PgBuiltInOids::FLOAT8OID,
          PgBuiltInOids::FLOAT8OID],
    );
    static REFRESH: Plan =
        Plan::new(include_str!("../../sql/models/query/refresh_ranks.sql"), &[PgBuiltInOids::UUIDOID]);
    static LEARN: Plan = Plan::new(
        include_str!("../../sql/models/query/learn_task.sql"),
        &[PgBuiltInOids::UUIDOID, PgBuiltInOids::TEXTOID, PgBuiltInOids::BOOLOID, PgBuiltInOids::FLOAT8OID,
          PgBuiltInOids::FLOAT8OID, PgBuiltInOids::FLOAT8OID, PgBuiltInOids::FLOAT8OID],
    );
}

/// Counts one outcome of an assignment, over all task types.
pub fn record(assignment: Uuid, outcome: Outcome) -> error::Result<()> {
    let outcome = outcome.checked()?;
    let known = pg::as_extension_owner(|| Spi::connect_mut(|client| count(client, assignment, &outcome)))?;
    if known { Ok(()) } else { Err(no_assignment(assignment)) }
}

/// Counts one outcome in a session that already acts as the owner; false when the id is unknown.
pub fn count(client: &mut SpiClient<'_>, assignment: Uuid, outcome: &Outcome) -> error::Result<bool> {
    let values = [
        assignment.into(),
        outcome.success.into(),
        outcome.latency_ms.into(),
        settings::decay_per_second().into(),
        settings::circuit_cooldown().into(),
    ];
    lock(assignment);
    let rows = UPDATE.with(|plan| plan.update(client, &values))?;
    if rows.is_empty() {
        return Ok(false);
    }
    if rows.first().get_one::<bool>()? == Some(true) {
        REFRESH.with(|plan| plan.update(client, &[assignment.into()]))?;
    }
    Ok(true)
}

/// Adds one outcome to what is known of an assignment for a task type. Nothing happens where the
/// assignment does not serve the task type.
pub fn learn(client: &mut SpiClient<'_>, assignment: Uuid, task_type: &str, outcome: &Outcome) -> error::Result<()> {
    let values = [
        assignment.into(),
        task_type.into(),
        outcome.success.into(),
        outcome.quality_or_success().into(),
        outcome.latency_ms.into(),
        outcome.cost.into(),
        settings::decay_per_second().into(),
    ];
    LEARN.with(|plan| plan.update(client, &values))?;
    Ok(())
}

/// Lets one transaction at a time change what is learned of an assignment. Waiting here, before the
/// statement that updates, spares its second look at a row that changed under it, and the foreign key
/// from decisions never meets a row in change, which would cost a multixact.
pub fn lock(assignment: Uuid) {
    let (high, low) = assignment.as_bytes().split_at(8);
    let half = |b: &[u8]| b.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    pg::advisory_lock((half(high) ^ half(low).rotate_left(17)).cast_signed());
}

pub fn no_assignment(id: Uuid) -> Error {
    Error::not_found(format!("assignment \"{id}\" does not exist"))
        .with_hint("SELECT * FROM router_assignments() lists them")
}

/// A decision whose outcome is known teaches what its task type costs and how it goes there.
#[pg_trigger(
    sql = "CREATE FUNCTION router.learn_from_decision() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
pub fn learn_from_decision<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    let Some(row) = trigger.new() else { return Ok(None) };
    let mut row = row.into_owned();
    let done = fill_propensity(&mut row).and_then(|()| learn_from_row(&row));
    if let Err(error) = done {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
    Ok(Some(row))
}

/// Gives a decision the probability with which this session was recommended its assignment.
fn fill_propensity(row: &mut PgHeapTuple<'_, AllocatedByRust>) -> error::Result<()> {
    let assignment: Option<Uuid> = column(row, "assignment_id")?;
    if column::<f64>(row, "propensity")?.is_some() {
        return Ok(());
    }
    match assignment.and_then(recommend::propensity_of) {
        None => Ok(()),
        Some(p) => row.set_by_name("propensity", p).map_err(|e| Error::invalid(format!("propensity: {e}"))),
    }
}

fn learn_from_row(row: &PgHeapTuple<'_, impl WhoAllocated>) -> error::Result<()> {
    if pg::restoring() {
        return Ok(());
    }
    let (assignment, task_type) = (column::<Uuid>(row, "assignment_id")?, column::<String>(row, "task_type")?);
    let (Some(assignment), Some(task_type), Some(success)) = (assignment, task_type, column(row, "success")?) else {
        return Ok(());
    };
    let outcome = Outcome {
        success,
        quality: column(row, "quality")?,
        latency_ms: column::<i32>(row, "latency_ms")?.map(f64::from),
        cost: column::<AnyNumeric>(row, "actual_cost")?.and_then(|c| f64::try_from(c).ok()),
    };
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            lock(assignment);
            learn(client, assignment, &task_type, &outcome)
        })
    })
}

fn column<'row, T>(row: &'row PgHeapTuple<'_, impl WhoAllocated>, name: &str) -> error::Result<Option<T>>
where
    T: FromDatum + IntoDatum + UnboxDatum<As<'row> = T> + 'row,
{
    row.get_by_name(name).map_err(|e| Error::invalid(format!("unexpected column {name} of routing_decisions: {e}")))
}
