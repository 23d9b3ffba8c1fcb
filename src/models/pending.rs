//! Outcomes that wait to be learned, since somebody else was learning of the same assignment.

use std::collections::BTreeMap;

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use router_core::models::Seen;

use super::outcome;
use crate::error::Result;
use crate::pg;
use crate::pg::table::{Column, Moment, Row, Table};

const INDEX: &std::ffi::CStr = c"pending_outcomes_assignment_idx";

struct Columns {
    assignment: Column<Uuid>,
    task_type: Column<String>,
    success: Column<bool>,
    quality: Column<f64>,
    latency_ms: Column<f64>,
    cost: Column<f64>,
    at: Column<Moment>,
}

impl Columns {
    fn of(table: &Table) -> Result<Self> {
        Ok(Self {
            assignment: table.column(c"assignment_id")?,
            task_type: table.column(c"task_type")?,
            success: table.column(c"success")?,
            quality: table.column(c"quality")?,
            latency_ms: table.column(c"latency_ms")?,
            cost: table.column(c"cost")?,
            at: table.column(c"seen_at")?,
        })
    }

    fn read(&self, row: &Row<'_>) -> (String, Seen) {
        let seen = Seen {
            success: row.get(self.success).unwrap_or(false),
            quality: row.get(self.quality).unwrap_or(0.0),
            latency_ms: row.get(self.latency_ms),
            cost: row.get(self.cost),
            at: row.get(self.at).map_or(0, |at| at.0),
        };
        (row.get(self.task_type).unwrap_or_default(), seen)
    }
}

pub fn lay_down(assignment: Uuid, task_type: &str, seen: &Seen) -> Result<()> {
    let table = Table::open_to_write(c"pending_outcomes")?;
    let columns = Columns::of(&table)?;
    table.insert(|row| {
        row.set(columns.assignment, Some(assignment));
        row.set(columns.task_type, Some(task_type.to_owned()));
        row.set(columns.success, Some(seen.success));
        row.set(columns.quality, Some(seen.quality));
        row.set(columns.latency_ms, seen.latency_ms);
        row.set(columns.cost, seen.cost);
        row.set(columns.at, Some(Moment(seen.at)));
    });
    Ok(())
}

pub fn any(assignment: Uuid) -> Result<bool> {
    let table = Table::open_to_read(c"pending_outcomes")?;
    if table.has_no_pages() {
        return Ok(false);
    }
    let key = table.column::<Uuid>(c"assignment_id")?.is(assignment);
    Ok(table.scan(INDEX, &[key])?.next().is_some())
}

/// Takes away what waits for an assignment, by task type. The caller has claimed what is learned of it.
pub fn take(assignment: Uuid) -> Result<BTreeMap<String, Vec<Seen>>> {
    let table = Table::open_to_write(c"pending_outcomes")?;
    let columns = Columns::of(&table)?;
    let mut taken = Vec::new();
    table.take(INDEX, &[columns.assignment.is(assignment)], |row| taken.push(columns.read(row)))?;
    taken.sort_by_key(|(_, seen)| seen.at);
    let mut by_task_type = BTreeMap::<_, Vec<_>>::new();
    for (task_type, seen) in taken {
        by_task_type.entry(task_type).or_default().push(seen);
    }
    Ok(by_task_type)
}

/// Learns whatever waits. How many assignments it waited for.
pub fn take_in_all() -> Result<i64> {
    let waiting: Vec<Uuid> = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let rows =
                client.select("SELECT DISTINCT assignment_id FROM router.pending_outcomes ORDER BY 1", None, &[])?;
            Ok(rows.map(|row| row.get(1)).collect::<std::result::Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })
    })?;
    for &assignment in &waiting {
        outcome::take_in(assignment)?;
    }
    Ok(i64::try_from(waiting.len()).unwrap_or(i64::MAX))
}
