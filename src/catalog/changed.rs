//! What happens when a row of the semantic tables changes.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use crate::{error, pg};

/// Statement trigger of the semantic tables: raises the version and tells every backend, at commit.
#[pg_trigger]
pub fn router_semantic_changed<'a>(
    _trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, impl WhoAllocated>>, std::convert::Infallible> {
    if let Err(error) = record_change() {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
    Ok(None::<PgHeapTuple<'a, AllocatedByPostgres>>)
}

fn record_change() -> error::Result<()> {
    let datasets = pg::as_extension_owner(|| {
        Ok(Spi::get_one::<pg_sys::Oid>(
            "INSERT INTO router.semantic_changes DEFAULT VALUES RETURNING 'router.datasets'::pg_catalog.regclass::oid",
        )?)
    })?;
    if let Some(datasets) = datasets {
        pg::invalidation::announce(datasets);
    }
    Ok(())
}
