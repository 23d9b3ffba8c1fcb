//! Which relations, and which of their columns, may be read at all.

use std::collections::{BTreeSet, HashMap};

use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::error::Result;

/// A relation that questions may read, under its present name.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredRelation {
    pub schema: String,
    pub name: String,
    /// Numbers of the columns that registration is restricted to; `None` means all of them.
    pub columns: Option<BTreeSet<i16>>,
}

/// Every registered relation of the database that still exists, by OID. What a caller may SELECT is another matter.
#[derive(Debug, Default, PartialEq)]
pub struct RegisteredRelations {
    by_oid: HashMap<u32, RegisteredRelation>,
}

impl RegisteredRelations {
    pub fn get(&self, oid: pg_sys::Oid) -> Option<&RegisteredRelation> {
        self.by_oid.get(&oid.to_u32())
    }

    #[cfg(any(test, feature = "pg_test"))]
    pub fn oids(&self) -> impl Iterator<Item = pg_sys::Oid> {
        self.by_oid.keys().map(|oid| pg_sys::Oid::from_u32(*oid))
    }
}

/// A registered relation as it is kept with the compiled model.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Noted {
    oid: u32,
    schema: String,
    name: String,
    columns: Option<Vec<i16>>,
}

impl From<Vec<Noted>> for RegisteredRelations {
    fn from(noted: Vec<Noted>) -> Self {
        let relation = |n: Noted| {
            let columns = n.columns.map(|numbers| numbers.into_iter().collect());
            (n.oid, RegisteredRelation { schema: n.schema, name: n.name, columns })
        };
        Self { by_oid: noted.into_iter().map(relation).collect() }
    }
}

/// Reads them. To be run as the extension's owner.
pub fn noted(client: &SpiClient<'_>) -> Result<Vec<Noted>> {
    let mut noted = Vec::new();
    for row in client.select(include_str!("../../sql/catalog/load_relations.sql"), None, &[])? {
        if let (Some(oid), Some(schema), Some(name)) =
            (row.get::<pg_sys::Oid>(1)?, row.get::<String>(2)?, row.get::<String>(3)?)
        {
            noted.push(Noted { oid: oid.to_u32(), schema, name, columns: row.get::<Vec<i16>>(4)? });
        }
    }
    Ok(noted)
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    use crate::catalog::registered_relations;

    fn register_by_hand(relation: &str) {
        Spi::run(&format!("INSERT INTO router.datasets (relation, name) VALUES ('{relation}', '{relation}')")).unwrap();
    }

    fn oid(relation: &str) -> pg_sys::Oid {
        Spi::get_one::<pg_sys::Oid>(&format!("SELECT '{relation}'::regclass::oid")).unwrap().unwrap()
    }

    #[pg_test]
    fn a_registered_relation_is_seen_at_once_and_so_is_its_drop() {
        assert_eq!(registered_relations().unwrap().oids().count(), 0);
        Spi::run("CREATE TABLE public.t (a int, b int)").unwrap();
        register_by_hand("public.t");
        let t = oid("public.t");
        assert_eq!(registered_relations().unwrap().get(t).unwrap().columns, None);
        Spi::run("UPDATE router.datasets SET all_columns = false").unwrap();
        Spi::run(&format!("INSERT INTO router.dataset_columns VALUES ({}, 'b', 'measure', 'sum')", t.to_u32()))
            .unwrap();
        assert_eq!(registered_relations().unwrap().get(t).unwrap().columns, Some([2].into()));
        Spi::run("ALTER TABLE public.t RENAME TO u").unwrap();
        assert_eq!(registered_relations().unwrap().get(t).unwrap().name, "u");
        Spi::run("DROP TABLE public.u").unwrap();
        assert!(registered_relations().unwrap().get(t).is_none());
    }

    #[pg_test]
    fn a_rolled_back_registration_is_forgotten() {
        Spi::run("CREATE TABLE public.t (a int)").unwrap();
        Spi::run("DO $$ BEGIN INSERT INTO router.datasets (relation, name) VALUES ('public.t', 'public.t'); \
                  PERFORM tests.router_catalog_probe(); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $$")
            .unwrap();
        assert_eq!(registered_relations().unwrap().oids().count(), 0);
    }

    /// Loads the registered relations inside the caller's subtransaction.
    #[pg_extern]
    fn router_catalog_probe() -> i64 {
        registered_relations().unwrap().oids().count() as i64
    }
}
