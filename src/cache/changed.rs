//! What happens when something is taught besides the semantic model.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use crate::models::plan::Plan;
use crate::{error, pg};

/// Statement trigger of the tables that hold what is taught besides the semantic model: tells every backend, at
/// commit, that answers may differ from now on.
#[pg_trigger]
pub fn router_knowledge_changed<'a>(
    _trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    if let Err(error) = record_change() {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
    Ok(None::<PgHeapTuple<'a, AllocatedByPostgres>>)
}

thread_local! {
    static MARK: Plan = Plan::new("INSERT INTO router.semantic_changes (mark) VALUES (0)", &[]);
    static SIGNAL: Plan = Plan::new("SELECT 'router.templates'::pg_catalog.regclass::oid", &[]);
}

/// One mark a transaction: whoever teaches a million questions at once leaves one row.
fn record_change() -> error::Result<()> {
    if pg::invalidation::knowledge_is_marked() {
        return Ok(());
    }
    let relation = pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            MARK.with(|plan| plan.update(client, &[]).map(|_| ()))?;
            SIGNAL.with(|plan| Ok(plan.select(client, &[])?.first().get_one::<pg_sys::Oid>()?))
        })
    })?;
    if let Some(relation) = relation {
        pg::invalidation::announce_knowledge(relation);
    }
    Ok(())
}
