//! Learning from outcomes.
//!
//! An assignment's counters are exact at once: outcomes of the same assignment wait for each other at its row, as in
//! an UPDATE of it. What is learned for a task type never waits, so that no order in which outcomes come
//! can deadlock: an outcome that finds somebody else at it is laid down beside, and whoever comes next takes it in.

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use router_core::models::{
    Evidence, Hints, LatencySketch, Recent, Record, Seen, TypedRecord, is_time_to_judge, judged_latency, ranks,
};

use super::plan::Plan;
use super::{budget, pending, settings};
use crate::error::{self, Error};
use crate::pg;
use crate::pg::table::{Column, Moment, Row, Table};

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

    fn seen(&self, at: Moment) -> Seen {
        Seen {
            success: self.success,
            quality: self.quality_or_success(),
            latency_ms: self.latency_ms,
            cost: self.cost,
            at: at.0,
        }
    }
}

thread_local! {
    static REFRESH: Plan =
        Plan::new(include_str!("../../sql/models/query/refresh_ranks.sql"), &[PgBuiltInOids::UUIDOID]);
}

/// Counts one outcome of an assignment, over all task types.
pub fn record(assignment: Uuid, outcome: Outcome) -> error::Result<()> {
    let outcome = outcome.checked()?;
    if count(assignment, &outcome)? { Ok(()) } else { Err(no_assignment(assignment)) }
}

/// Counts one outcome; false when the id is unknown.
pub fn count(assignment: Uuid, outcome: &Outcome) -> error::Result<bool> {
    let table = Table::open_to_write(c"agent_model_assignments")?;
    let columns = RecordColumns::of(&table)?;
    let cooldown = (settings::circuit_cooldown() * 1e6) as i64;
    let (mut moved, mut requests) = (false, 0);
    let found = table.change(c"agent_model_assignments_pkey", &[columns.id.is(assignment)], |row| {
        let now = Moment::now();
        let mut record = columns.read(row)?;
        // Ranks that can't follow now do so at the next outcome, which finds them as far off.
        moved = record.add(&outcome.seen(now), settings::decay_per_second(), cooldown) && may_learn(assignment);
        requests = record.requests;
        columns.write(row, &record, now, moved);
        Ok(())
    })?;
    if moved {
        pg::as_extension_owner(|| {
            Spi::connect_mut(|client| REFRESH.with(|plan| plan.update(client, &[assignment.into()])).map(drop))
        })?;
    }
    if found && is_time_to_judge(requests, 1) {
        take_in(assignment)?;
    }
    Ok(found)
}

/// Adds one outcome to what is known of an assignment for a task type; nothing happens where the assignment does not
/// serve it. True when the assignment is now sure to exist until the transaction ends.
pub fn learn(assignment: Uuid, task_type: &str, outcome: &Outcome) -> error::Result<bool> {
    let seen = outcome.seen(Moment::now());
    if !may_learn(assignment) {
        pending::lay_down(assignment, task_type, &seen)?;
        return Ok(!pg::snapshot_is_fixed() && refer_to(assignment)?);
    }
    let learned = learn_seen(assignment, task_type, &[seen])?;
    if learned.ranked {
        take_in(assignment)?;
    }
    Ok(learned.known)
}

/// The advisory lock under which decisions refer to an assignment (shared) and it is deleted (alone).
fn reference_key(assignment: Uuid) -> i64 {
    lock_key(assignment).rotate_left(32) ^ 0x72_6f_75_74_65
}

/// As [`keep`], without a lock in the assignment's row: others are at it, or the outcome had not been laid down.
fn refer_to(assignment: Uuid) -> error::Result<bool> {
    pg::share_advisory_lock(reference_key(assignment));
    let table = Table::open_to_write(c"agent_model_assignments")?;
    let id: Column<Uuid> = table.column(c"assignment_id")?;
    table.holds(c"agent_model_assignments_pkey", &[id.is(assignment)])
}

/// Waits until no transaction that refers to an assignment in this way is under way; new ones wait for this one.
pub fn keep_references_away(assignment: Uuid) {
    pg::advisory_lock(reference_key(assignment));
}

/// Keeps an assignment from being deleted until the transaction ends; false when there is none.
pub fn keep(assignment: Uuid) -> error::Result<bool> {
    let table = Table::open_to_write(c"agent_model_assignments")?;
    let id: Column<Uuid> = table.column(c"assignment_id")?;
    table.hold(c"agent_model_assignments_pkey", &[id.is(assignment)])
}

/// Learns what others laid down, if nobody else is at it.
pub fn take_in(assignment: Uuid) -> error::Result<()> {
    if pending::any(assignment)? && may_learn(assignment) {
        for (task_type, seen) in pending::take(assignment)? {
            learn_seen(assignment, &task_type, &seen)?;
        }
    }
    Ok(())
}

/// Claims what is learned of an assignment until the transaction ends. A transaction that keeps its snapshot can't: it
/// would fail where others learned since it began.
fn may_learn(assignment: Uuid) -> bool {
    !pg::snapshot_is_fixed() && pg::try_advisory_lock(lock_key(assignment))
}

struct Learned {
    /// The assignment serves the task type.
    known: bool,
    /// Ranks had to follow.
    ranked: bool,
}

/// Adds outcomes to what is known for a task type.
fn learn_seen(assignment: Uuid, task_type: &str, seen: &[Seen]) -> error::Result<Learned> {
    let table = Table::open_to_write(c"assignment_metrics")?;
    let columns = TypedColumns::of(&table)?;
    let month = budget::month();
    let mut ranked = false;
    let keys = [columns.id.is(assignment), columns.task_type.is(task_type)];
    let known = table.change(c"assignment_metrics_pkey", &keys, |row| {
        let mut typed = columns.read(row)?;
        for outcome in seen {
            typed.add(outcome, settings::decay_per_second(), month);
        }
        columns.write(row, &typed);
        ranked = typed.moves_ranks(seen);
        if ranked && let Some(overall) = overall(assignment)? {
            columns.rank(row, &typed, &overall);
        }
        Ok(())
    })?;
    if known && seen.iter().any(|outcome| outcome.cost.is_some()) {
        budget::spent(assignment)?;
    }
    Ok(Learned { known, ranked })
}

/// An assignment's record over all task types.
fn overall(assignment: Uuid) -> error::Result<Option<Record>> {
    let table = Table::open_to_read(c"agent_model_assignments")?;
    let columns = RecordColumns::of(&table)?;
    let mut scan = table.scan(c"agent_model_assignments_pkey", &[columns.id.is(assignment)])?;
    scan.next().map(|row| columns.read(&row)).transpose()
}

/// The advisory lock of what is learned of an assignment.
fn lock_key(assignment: Uuid) -> i64 {
    let (high, low) = assignment.as_bytes().split_at(8);
    let half = |b: &[u8]| b.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    (half(high) ^ half(low).rotate_left(17)).cast_signed()
}

pub fn no_assignment(id: Uuid) -> Error {
    Error::not_found(format!("assignment \"{id}\" does not exist"))
        .with_hint("SELECT * FROM router_assignments() lists them")
}

/// Columns of agent_model_assignments that hold an assignment's record.
struct RecordColumns {
    id: Column<Uuid>,
    match_score: Column<AnyNumeric>,
    requests: Column<i64>,
    successes: Column<i64>,
    success_rate: Column<AnyNumeric>,
    mean_latency_ms: Column<f64>,
    last_used_at: Column<Moment>,
    updated_at: Column<Moment>,
    untimed: Column<i64>,
    recent_weight: Column<f64>,
    recent_success: Column<f64>,
    recent_at: Column<Moment>,
    sketch: Column<Vec<u8>>,
    failure_run: Column<i32>,
    circuit_open_until: Column<Moment>,
    ranked_success: Column<f32>,
    ranked_latency_ms: Column<f32>,
    ranked_at: Column<Moment>,
}

impl RecordColumns {
    fn of(table: &Table) -> error::Result<Self> {
        Ok(Self {
            id: table.column(c"assignment_id")?,
            match_score: table.column(c"match_score")?,
            requests: table.column(c"total_requests")?,
            successes: table.column(c"successful_requests")?,
            success_rate: table.column(c"success_rate")?,
            mean_latency_ms: table.column(c"avg_latency_ms")?,
            last_used_at: table.column(c"last_used_at")?,
            updated_at: table.column(c"updated_at")?,
            untimed: table.column(c"untimed_requests")?,
            recent_weight: table.column(c"recent_weight")?,
            recent_success: table.column(c"recent_success")?,
            recent_at: table.column(c"recent_at")?,
            sketch: table.column(c"latency_sketch")?,
            failure_run: table.column(c"failure_run")?,
            circuit_open_until: table.column(c"circuit_open_until")?,
            ranked_success: table.column(c"ranked_success")?,
            ranked_latency_ms: table.column(c"ranked_latency_ms")?,
            ranked_at: table.column(c"ranked_at")?,
        })
    }

    fn read(&self, row: &Row<'_>) -> error::Result<Record> {
        Ok(Record {
            match_score: row.number(self.match_score).unwrap_or(0.0),
            requests: row.get(self.requests).unwrap_or(0),
            successes: row.get(self.successes).unwrap_or(0),
            untimed: row.get(self.untimed).unwrap_or(0),
            mean_latency_ms: row.get(self.mean_latency_ms).unwrap_or(0.0),
            recent: Recent {
                weight: row.get(self.recent_weight).unwrap_or(0.0),
                success: row.get(self.recent_success).unwrap_or(0.0),
                quality: 0.0,
                at: row.get(self.recent_at).map(|at| at.0),
            },
            latencies: sketch(row, self.sketch)?,
            failure_run: row.get(self.failure_run).unwrap_or(0),
            circuit_open_until: row.get(self.circuit_open_until).map(|at| at.0),
            ranked_success: row.get(self.ranked_success).unwrap_or(0.0),
            ranked_latency_ms: row.get(self.ranked_latency_ms).unwrap_or(0.0),
        })
    }

    fn write(&self, row: &mut Row<'_>, record: &Record, now: Moment, ranked: bool) {
        row.set(self.requests, Some(record.requests));
        row.set(self.successes, Some(record.successes));
        row.set(self.success_rate, pg::table::two_decimals(record.success_rate()));
        row.set(self.mean_latency_ms, Some(record.mean_latency_ms));
        row.set(self.last_used_at, Some(now));
        row.set(self.updated_at, Some(now));
        row.set(self.untimed, Some(record.untimed));
        row.set(self.recent_weight, Some(record.recent.weight));
        row.set(self.recent_success, Some(record.recent.success));
        row.set(self.recent_at, record.recent.at.map(Moment));
        row.set(self.sketch, Some(record.latencies.to_bytes()));
        row.set(self.failure_run, Some(record.failure_run));
        row.set(self.circuit_open_until, record.circuit_open_until.map(Moment));
        if ranked {
            row.set(self.ranked_success, Some(record.ranked_success));
            row.set(self.ranked_latency_ms, Some(record.ranked_latency_ms));
            row.set(self.ranked_at, Some(now));
        }
    }
}

/// Columns of assignment_metrics that hold an assignment's record for one task type.
struct TypedColumns {
    id: Column<Uuid>,
    task_type: Column<String>,
    requests: Column<i64>,
    successes: Column<i64>,
    recent_weight: Column<f64>,
    recent_success: Column<f64>,
    recent_quality: Column<f64>,
    recent_at: Column<Moment>,
    cost_total: Column<f64>,
    cost_count: Column<i64>,
    month_cost: Column<f64>,
    month: Column<i32>,
    sketch: Column<Vec<u8>>,
    hints: Column<Vec<f64>>,
    ranks: [Column<f32>; 4],
}

impl TypedColumns {
    fn of(table: &Table) -> error::Result<Self> {
        Ok(Self {
            id: table.column(c"assignment_id")?,
            task_type: table.column(c"task_type")?,
            requests: table.column(c"requests")?,
            successes: table.column(c"successes")?,
            recent_weight: table.column(c"recent_weight")?,
            recent_success: table.column(c"recent_success")?,
            recent_quality: table.column(c"recent_quality")?,
            recent_at: table.column(c"recent_at")?,
            cost_total: table.column(c"cost_total")?,
            cost_count: table.column(c"cost_count")?,
            month_cost: table.column(c"month_cost")?,
            month: table.column(c"month")?,
            sketch: table.column(c"latency_sketch")?,
            hints: table.column(c"hints")?,
            ranks: [
                table.column(c"rank_balanced")?,
                table.column(c"rank_quality")?,
                table.column(c"rank_latency_ms")?,
                table.column(c"rank_cost")?,
            ],
        })
    }

    fn read(&self, row: &Row<'_>) -> error::Result<TypedRecord> {
        Ok(TypedRecord {
            requests: row.get(self.requests).unwrap_or(0),
            successes: row.get(self.successes).unwrap_or(0),
            recent: Recent {
                weight: row.get(self.recent_weight).unwrap_or(0.0),
                success: row.get(self.recent_success).unwrap_or(0.0),
                quality: row.get(self.recent_quality).unwrap_or(0.0),
                at: row.get(self.recent_at).map(|at| at.0),
            },
            latencies: sketch(row, self.sketch)?,
            cost_total: row.get(self.cost_total).unwrap_or(0.0),
            cost_count: row.get(self.cost_count).unwrap_or(0),
            month_cost: row.get(self.month_cost).unwrap_or(0.0),
            month: row.get(self.month).unwrap_or(0),
        })
    }

    fn write(&self, row: &mut Row<'_>, typed: &TypedRecord) {
        row.set(self.requests, Some(typed.requests));
        row.set(self.successes, Some(typed.successes));
        row.set(self.recent_weight, Some(typed.recent.weight));
        row.set(self.recent_success, Some(typed.recent.success));
        row.set(self.recent_quality, Some(typed.recent.quality));
        row.set(self.recent_at, typed.recent.at.map(Moment));
        row.set(self.cost_total, Some(typed.cost_total));
        row.set(self.cost_count, Some(typed.cost_count));
        row.set(self.month_cost, Some(typed.month_cost));
        row.set(self.month, Some(typed.month));
        row.set(self.sketch, Some(typed.latencies.to_bytes()));
    }

    /// Writes the ranks that follow from the record where they differ: an unchanged rank leaves the indexes alone.
    fn rank(&self, row: &mut Row<'_>, typed: &TypedRecord, overall: &Record) {
        let hints = super::schema::promised(overall.match_score, &row.get(self.hints).unwrap_or_default());
        for (column, rank) in self.ranks.into_iter().zip(ranks_of(&hints, overall, typed)) {
            if row.get(column) != Some(rank) {
                row.set(column, Some(rank));
            }
        }
    }
}

/// Ranks in the order of their columns: balanced, quality, latency, cost.
fn ranks_of(hints: &Hints, overall: &Record, typed: &TypedRecord) -> [f32; 4] {
    let general = Evidence {
        weight: overall.recent.weight,
        success: overall.recent.success,
        p95: judged_latency(&overall.latencies),
        ..Evidence::default()
    };
    let r = ranks(hints, &general, &typed.evidence());
    [r.balanced, r.quality, r.latency_ms, r.cost]
}

fn sketch(row: &Row<'_>, column: Column<Vec<u8>>) -> error::Result<LatencySketch> {
    LatencySketch::from_bytes(&row.get(column).unwrap_or_default()).map_err(|e| Error::invalid(e.to_string()))
}
