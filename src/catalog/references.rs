//! Relationships that registration options state.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::semantic::RelationshipOption;

use super::columns::{CatalogColumn, catalog_columns};
use super::subject::Subject;
use crate::error::{Error, Result};
use crate::pg;

/// The one side of a stated relationship.
#[derive(Debug, PartialEq)]
pub struct Reference {
    pub columns: Vec<String>,
    pub referenced: pg_sys::Oid,
    pub referenced_columns: Vec<String>,
}

/// Looks up what the relationships refer to. The relation need not be registered yet.
pub fn resolve(subject: &Subject, relationships: &[RelationshipOption]) -> Result<Vec<Reference>> {
    relationships.iter().map(|r| resolve_one(subject, r)).collect()
}

fn resolve_one(subject: &Subject, stated: &RelationshipOption) -> Result<Reference> {
    let (referenced, columns) = referenced_relation(&stated.references)?;
    let names = || columns.iter().map(|c| c.facts.name.as_str()).collect::<Vec<_>>();
    let referenced_columns = if stated.referenced_columns.is_empty() {
        let key: Vec<String> =
            columns.iter().filter(|c| c.facts.in_primary_key).map(|c| c.facts.name.clone()).collect();
        if key.len() != stated.columns.len() {
            return Err(Error::invalid(format!(
                "the relationship from \"{}\" to {} pairs {} columns with a primary key of {}",
                subject.full_name(),
                stated.references,
                stated.columns.len(),
                key.len()
            ))
            .with_hint("say which columns are meant in \"referenced_columns\""));
        }
        key
    } else {
        stated.referenced_columns.clone()
    };
    if let Some(missing) = referenced_columns.iter().find(|c| !names().contains(&c.as_str())) {
        return Err(Error::invalid(format!("\"{}\" has no column \"{missing}\" to refer to", stated.references))
            .with_hint(format!("its columns are {}", names().join(", "))));
    }
    Ok(Reference { columns: stated.columns.clone(), referenced, referenced_columns })
}

/// The relation of this name, if the caller may read it: others are as good as not there.
fn referenced_relation(name: &str) -> Result<(pg_sys::Oid, Vec<CatalogColumn>)> {
    let missing = || {
        Error::no_dataset(format!("option \"relationships\" refers to {name}, which does not exist or may not be read"))
            .with_hint("write \"schema.table\", quoted as in SQL where needed")
    };
    // Under the caller's search_path, as the first argument of router_register is.
    let found = Spi::connect(|client| {
        let rows = client.select("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", Some(1), &[name.into()])?;
        rows.first().get_one::<pg_sys::Oid>()
    })?;
    let oid = found.ok_or_else(missing)?;
    let caller = pg::current_user();
    let columns = pg::as_extension_owner(|| Spi::connect(|client| catalog_columns(client, vec![oid], caller)))?;
    let readable: Vec<CatalogColumn> = columns.into_iter().filter(|c| c.readable).collect();
    if readable.is_empty() { Err(missing()) } else { Ok((oid, readable)) }
}

/// For the summary: every relationship of one relation, foreign keys included.
pub fn listed(relation: pg_sys::Oid) -> Result<Vec<serde_json::Value>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let args = [DatumWithOid::from(relation)];
            let mut listed = Vec::new();
            for row in client.select(include_str!("../../sql/catalog/list_relationships.sql"), None, &args)? {
                listed.push(serde_json::json!({
                    "columns": row.get::<Vec<String>>(1)?,
                    "references": row.get::<String>(2)?,
                    "referenced_columns": row.get::<Vec<String>>(3)?,
                    "registered": row.get::<bool>(4)?,
                }));
            }
            Ok(listed)
        })
    })
}
