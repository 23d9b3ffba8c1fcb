//! The relation that is to be registered, and whether this caller may.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::quote_qualified_identifier;

use super::columns::{CatalogColumn, catalog_columns};
use crate::error::{Error, Result};
use crate::pg;

/// A relation that may be registered, with its columns; locked against DDL until the transaction ends.
pub struct Subject {
    pub oid: pg_sys::Oid,
    pub schema: String,
    pub name: String,
    pub row_estimate: f64,
    /// TABLESAMPLE works on it.
    pub can_be_sampled: bool,
    pub columns: Vec<CatalogColumn>,
}

impl Subject {
    /// `schema.table`, unquoted.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// As SQL needs it.
    pub fn quoted_name(&self) -> String {
        quote_qualified_identifier(&self.schema, &self.name)
    }

    pub fn column_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|c| c.facts.name.as_str())
    }
}

/// Looks the relation up and checks that the current user may register it: it must be readable, and the
/// user its owner (or a member of the owner), a superuser, or a router administrator.
pub fn subject(oid: pg_sys::Oid) -> Result<Subject> {
    let caller = pg::current_user();
    // Privileges before the lock, so that nobody waits for (or holds up) a relation that is none of theirs.
    look_up(oid, caller)?;
    pg::lock_relation(oid);
    look_up(oid, caller)
}

fn look_up(oid: pg_sys::Oid, caller: pg_sys::Oid) -> Result<Subject> {
    let gone = || {
        Error::no_dataset(format!("relation with OID {} does not exist", oid.to_u32()))
            .with_hint("name it as 'schema.table'::regclass")
    };
    let found = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let args = [DatumWithOid::from(oid), DatumWithOid::from(caller)];
            let rows = client.select(include_str!("../../sql/catalog/subject.sql"), Some(1), &args)?;
            let Some(row) = rows.into_iter().next() else {
                return Ok(None);
            };
            let flag = |i| row.get::<bool>(i).map(|f| f.unwrap_or(false));
            let found = Found {
                kind: row.get::<String>(3)?.unwrap_or_default(),
                temporary: flag(4)?,
                of_the_server: flag(5)?,
                of_the_router: flag(6)?,
                readable: flag(7)?,
                owned: flag(8)?,
                owner: row.get::<String>(9)?.unwrap_or_default(),
            };
            let subject = Subject {
                oid,
                can_be_sampled: matches!(found.kind.as_str(), "r" | "p" | "m"),
                schema: row.get::<String>(1)?.unwrap_or_default(),
                name: row.get::<String>(2)?.unwrap_or_default(),
                row_estimate: row.get::<f64>(10)?.unwrap_or(0.0),
                columns: catalog_columns(client, vec![oid], caller)?,
            };
            Ok(Some((found, subject)))
        })
    })?;
    let (found, subject) = found.ok_or_else(gone)?;
    found.check(&subject)?;
    Ok(subject)
}

/// What decides whether the relation may be registered.
struct Found {
    kind: String,
    temporary: bool,
    of_the_server: bool,
    of_the_router: bool,
    readable: bool,
    owned: bool,
    owner: String,
}

impl Found {
    fn check(&self, subject: &Subject) -> Result<()> {
        let name = subject.full_name();
        let refused = |what: &str| {
            Err(Error::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, format!("\"{name}\" {what}"))
                .with_hint("register a table, view, materialized view, partitioned table or foreign table"))
        };
        match self.kind.as_str() {
            "r" | "p" | "v" | "m" | "f" => {}
            "i" | "I" => return refused("is an index"),
            "S" => return refused("is a sequence"),
            "c" => return refused("is a composite type"),
            _ => return refused("is no table or view"),
        }
        if self.of_the_router {
            return refused("belongs to the router itself");
        }
        if self.of_the_server {
            return refused("is a system catalog");
        }
        if self.temporary {
            return refused("is temporary: other sessions could not read it");
        }
        if !self.readable {
            return Err(Error::denied(format!("permission denied for relation \"{name}\""))
                .with_hint("registering a relation needs SELECT on it (and USAGE on its schema)"));
        }
        if !self.owned && !super::privileges::is_admin()? {
            return Err(Error::denied(format!("must be owner of relation \"{name}\" to register it"))
                .with_hint(format!("its owner is \"{}\"; router administrators may register it too", self.owner)));
        }
        if subject.columns.is_empty() {
            return refused("has no columns");
        }
        Ok(())
    }
}
