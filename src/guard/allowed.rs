//! Functions that are not built in, but that a superuser allowed.

use std::cell::OnceCell;
use std::collections::HashSet;

use pgrx::prelude::*;

use crate::error::Result;
use crate::pg;

pgrx::extension_sql_file!(
    "../../sql/guard/allowed_functions.sql",
    name = "guard_allowed_functions",
    requires = ["bootstrap"]
);

/// The allowed functions, read when first asked for.
#[derive(Default)]
pub struct Allowed {
    loaded: OnceCell<HashSet<u32>>,
}

impl Allowed {
    pub fn contains(&self, function: u32) -> Result<bool> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded.contains(&function));
        }
        let loaded = load()?;
        let contains = loaded.contains(&function);
        let _ = self.loaded.set(loaded);
        Ok(contains)
    }
}

fn load() -> Result<HashSet<u32>> {
    pg::as_extension_owner(|| {
        pg::with_latest_snapshot(|| {
            Spi::connect(|client| {
                let mut functions = HashSet::new();
                let query = "SELECT function::pg_catalog.oid FROM router.allowed_functions";
                for row in client.select(query, None, &[])? {
                    functions.extend(row.get::<pg_sys::Oid>(1)?.map(|oid| oid.to_u32()));
                }
                Ok(functions)
            })
        })
    })
}
