//! Acting on what was measured: every action is on record, and can be taken back.

use pgrx::JsonB;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use super::settings;
use crate::error::{Error, Result};
use crate::pg;

/// One action: done, or suggested.
pub struct Optimized {
    pub id: Option<i64>,
    pub kind: Option<String>,
    pub target: Option<String>,
    pub reason: Option<String>,
    pub status: Option<String>,
    pub after: Option<JsonB>,
}

/// Looks at the decisions of the last week and acts: frequent questions are put on the worker's list, indexes and slow
/// routes are named. What stands already, or was taken back lately, is left alone.
pub fn optimize() -> Result<Vec<Optimized>> {
    pg::refuse_if_read_only(c"router_optimize()");
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let mut done = Vec::new();
            for sql in [
                include_str!("../../sql/telemetry/optimize_questions.sql"),
                include_str!("../../sql/telemetry/optimize_indexes.sql"),
            ] {
                done.extend(run(client, sql, &[who.as_str().into()])?);
            }
            let slow = include_str!("../../sql/telemetry/optimize_slow.sql");
            done.extend(run(client, slow, &[who.as_str().into(), settings::slow_response().into()])?);
            Ok(done)
        })
    })
}

fn run(client: &mut SpiClient<'_>, sql: &str, args: &[pgrx::datum::DatumWithOid<'_>]) -> Result<Vec<Optimized>> {
    client
        .update(sql, None, args)?
        .map(|row| {
            Ok(Optimized {
                id: row.get(1)?,
                kind: row.get(2)?,
                target: row.get(3)?,
                reason: row.get(4)?,
                status: row.get(5)?,
                after: row.get(6)?,
            })
        })
        .collect()
}

/// Takes an action back; a suggestion is not made again for a month.
pub fn undo(id: i64) -> Result<()> {
    pg::refuse_if_read_only(c"router_optimize_undo()");
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let undone =
                client.update(include_str!("../../sql/telemetry/optimize_undo.sql"), None, &[id.into(), who.into()])?;
            if undone.is_empty() {
                return Err(Error::not_found(format!("there is no optimization {id} to take back"))
                    .with_hint("SELECT id, kind, target FROM router.optimizations WHERE status <> 'undone'"));
            }
            Ok(())
        })
    })
}
