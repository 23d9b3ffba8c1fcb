//! What happens when something is taught besides the semantic model.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

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

fn record_change() -> error::Result<()> {
    let relation = pg::as_extension_owner(|| {
        Ok(Spi::get_one::<pg_sys::Oid>(
            "INSERT INTO router.semantic_changes (mark) VALUES (0) \
             RETURNING 'router.query_embeddings'::pg_catalog.regclass::oid",
        )?)
    })?;
    if let Some(relation) = relation {
        pg::invalidation::announce_knowledge(relation);
    }
    Ok(())
}
