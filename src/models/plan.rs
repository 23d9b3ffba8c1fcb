//! Statements that are planned once a session.

use std::cell::OnceCell;

use pgrx::datum::DatumWithOid;
use pgrx::spi::{OwnedPreparedStatement, SpiClient, SpiTupleTable};
use pgrx::{PgBuiltInOids, PgOid};

use crate::error::Result;

/// A statement of the extension's own, planned at its first use. To be run through
/// `pg::as_extension_owner`, whose pinned search_path the plan then belongs to.
pub struct Plan {
    sql: String,
    parameters: &'static [PgBuiltInOids],
    prepared: OnceCell<OwnedPreparedStatement>,
}

impl Plan {
    pub fn new(sql: impl Into<String>, parameters: &'static [PgBuiltInOids]) -> Self {
        Self { sql: sql.into(), parameters, prepared: OnceCell::new() }
    }

    /// For statements that write.
    pub fn update<'c>(&self, client: &mut SpiClient<'c>, values: &[DatumWithOid<'_>]) -> Result<SpiTupleTable<'c>> {
        self.prepare(client)?;
        match self.prepared.get() {
            Some(plan) => Ok(client.update(plan, None, values)?),
            None => Ok(client.update(self.sql.as_str(), None, values)?),
        }
    }

    /// For statements that only read: they also run on a standby.
    pub fn select<'c>(&self, client: &SpiClient<'c>, values: &[DatumWithOid<'_>]) -> Result<SpiTupleTable<'c>> {
        self.prepare(client)?;
        match self.prepared.get() {
            Some(plan) => Ok(client.select(plan, None, values)?),
            None => Ok(client.select(self.sql.as_str(), None, values)?),
        }
    }

    fn prepare(&self, client: &SpiClient<'_>) -> Result<()> {
        if self.prepared.get().is_none() {
            let types: Vec<PgOid> = self.parameters.iter().map(|&oid| PgOid::BuiltIn(oid)).collect();
            let plan = client.prepare(self.sql.as_str(), &types)?.keep();
            // Preparing may not call back into this very plan, so the cell is still empty.
            drop(self.prepared.set(plan));
        }
        Ok(())
    }
}
