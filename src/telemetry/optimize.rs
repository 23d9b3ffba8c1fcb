//! Acting on what was measured: every action is on record, and can be taken back.

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::telemetry::{Advice, CacheUse, advise};

use super::settings;
use crate::cache::{self, Layer};
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

/// Looks at the decisions of the last week and at the caches, and acts: frequent questions are put on the worker's list,
/// caches keep their entries longer, indexes and slow routes are named. What stands already, or was taken back lately,
/// is left alone.
pub fn optimize() -> Result<Vec<Optimized>> {
    pg::refuse_if_read_only(c"router_optimize()");
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let questions = include_str!("../../sql/telemetry/optimize_questions.sql");
            let mut done = run(client, questions, &[who.as_str().into()])?;
            done.extend(cache_settings(client, &who)?);
            let indexes = include_str!("../../sql/telemetry/optimize_indexes.sql");
            done.extend(run(client, indexes, &[who.as_str().into()])?);
            let slow = include_str!("../../sql/telemetry/optimize_slow.sql");
            done.extend(run(client, slow, &[who.as_str().into(), settings::slow_response().into()])?);
            Ok(done)
        })
    })
}

/// Lets caches keep their entries longer where that would have helped, in the sessions to come of this database.
fn cache_settings(client: &mut SpiClient<'_>, who: &str) -> Result<Vec<Optimized>> {
    let mut done = Vec::new();
    // How old rows may be is for people to say.
    for stats in cache::stats().iter().filter(|stats| stats.layer != Layer::QueryResult) {
        let used = CacheUse {
            ttl_seconds: u64::from(stats.ttl_seconds.unsigned_abs()),
            hits: stats.hits(),
            misses: stats.misses,
            expired: stats.expired,
            stored: stats.stored,
            evicted: stats.evicted,
        };
        let (name, value, reason) = match advise(&used) {
            None => continue,
            Some(Advice::Lifetime(seconds)) => (
                format!("router.cache_ttl_{}", stats.layer.name()),
                Some(format!("{seconds}s")),
                format!("{} of {} misses were for entries that were too old", used.expired, used.misses),
            ),
            Some(Advice::MoreRoom) => (
                "router.shared_cache_size".to_owned(),
                None,
                format!("{} of {} entries pushed others out; needs a restart", used.evicted, used.stored),
            ),
        };
        let args = [who.into(), name.as_str().into(), reason.into(), value.clone().into()];
        for mut action in run(client, include_str!("../../sql/telemetry/optimize_setting.sql"), &args)? {
            if let (Some(value), Some(id)) = (&value, action.id)
                && set_for_database(client, &name, Some(value)).is_err()
            {
                // The extension's owner may not: then somebody else has to.
                client.update(
                    "UPDATE router.optimizations SET status = 'suggested' WHERE id = $1",
                    None,
                    &[id.into()],
                )?;
                action.status = Some("suggested".to_owned());
            }
            done.push(action);
        }
    }
    Ok(done)
}

/// `ALTER DATABASE ... SET`, or `RESET` without a value. The server quotes what the statement is made of.
fn set_for_database(client: &mut SpiClient<'_>, name: &str, value: Option<&str>) -> Result<()> {
    let make = "SELECT format('ALTER DATABASE %I ', current_database()) \
                || CASE WHEN $2 IS NULL THEN format('RESET %s', $1) ELSE format('SET %s = %L', $1, $2) END";
    let statement = client.select(make, Some(1), &[name.into(), value.into()])?.first().get_one::<String>()?;
    let statement = statement.unwrap_or_default();
    pg::attempt(|| client.update(statement.as_str(), None, &[]).map(|_| ()))??;
    Ok(())
}

fn run(client: &mut SpiClient<'_>, sql: &str, args: &[DatumWithOid<'_>]) -> Result<Vec<Optimized>> {
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

/// Takes an action back; it is not done again, nor suggested, for a month.
pub fn undo(id: i64) -> Result<()> {
    pg::refuse_if_read_only(c"router_optimize_undo()");
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let sql = include_str!("../../sql/telemetry/optimize_undo.sql");
            let mut undone = client.update(sql, None, &[id.into(), who.into()])?;
            let Some(row) = undone.next() else {
                return Err(Error::not_found(format!("there is no optimization {id} to take back"))
                    .with_hint("SELECT id, kind, target FROM router.optimizations WHERE status <> 'undone'"));
            };
            let (setting, before) = (row.get::<String>(1)?, row.get::<String>(2)?);
            match setting {
                Some(name) => set_for_database(client, &name, before.as_deref()),
                None => Ok(()),
            }
        })
    })
}
