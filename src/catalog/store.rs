//! Writing registrations: a handful of set-based statements, with the extension owner's rights.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::semantic::RegisterOptions;
use serde::Serialize;
use serde_json::Value;

use super::harvest::Harvested;
use super::references::Reference;
use super::register::Decided;
use super::subject::Subject;
use crate::error::Result;
use crate::pg;

pub use super::references::listed as relationships;

/// Everything a registration decided and found.
pub struct Registration<'a> {
    pub subject: &'a Subject,
    pub options: &'a RegisterOptions,
    pub columns: Vec<Decided<'a>>,
    pub time_column: Option<String>,
    pub references: Vec<Reference>,
    pub harvested: Vec<Harvested>,
}

/// Writes a registration in place of the one there may have been. What was taught since stays.
pub fn register(registration: &Registration<'_>, options: &Value) -> Result<()> {
    let caller = caller_name();
    write(|client| {
        let args = [
            registration.subject.oid.into(),
            registration.subject.full_name().into(),
            word(&registration.options.layer()).into(),
            registration.options.label.clone().into(),
            registration.time_column.clone().into(),
            registration.options.columns.is_empty().into(),
            pgrx::JsonB(options.clone()).into(),
            caller.clone().into(),
        ];
        let row = client.update(include_str!("../../sql/catalog/store_dataset.sql"), Some(1), &args)?;
        let is_new = row.first().get_one::<bool>()?.unwrap_or(false);
        if !is_new {
            for old in [
                "DELETE FROM router.relationships WHERE relation = $1",
                "DELETE FROM router.synonyms WHERE relation = $1 AND source = 'options'",
            ] {
                client.update(old, None, &[registration.subject.oid.into()])?;
            }
        }
        write_references(client, registration)?;
        write_synonyms(client, registration, &caller)?;
        write_findings(client, registration, is_new)
    })
}

/// Writes what a refresh found: columns, values and the default time axis.
pub fn refresh(registration: &Registration<'_>) -> Result<()> {
    write(|client| {
        let args = [
            registration.subject.oid.into(),
            registration.subject.full_name().into(),
            registration.time_column.clone().into(),
        ];
        client.update(include_str!("../../sql/catalog/store_refreshed.sql"), None, &args)?;
        write_findings(client, registration, false)
    })
}

/// The options a relation was registered with; `None` when it is not registered. What cannot be read is null.
pub fn options(relation: pg_sys::Oid) -> Result<Option<Value>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let query = "SELECT options::text FROM router.datasets WHERE relation = $1";
            let mut rows = client.select(query, Some(1), &[relation.into()])?;
            let stored = rows.next().map(|row| row.get::<&str>(1)).transpose()?.flatten();
            Ok(stored.map(|text| serde_json::from_str(text).unwrap_or_default()))
        })
    })
}

/// The current user, by name: who is on record. To be asked before taking on the extension owner's rights.
pub fn caller_name() -> String {
    pg::role_name(pg::current_user())
}

pub fn write<T>(f: impl FnOnce(&mut SpiClient<'_>) -> Result<T>) -> Result<T> {
    pg::as_extension_owner(|| Spi::connect_mut(f))
}

fn write_references(client: &mut SpiClient<'_>, registration: &Registration<'_>) -> Result<()> {
    for r in &registration.references {
        let args: [DatumWithOid<'_>; 4] = [
            registration.subject.oid.into(),
            r.columns.clone().into(),
            r.referenced.into(),
            r.referenced_columns.clone().into(),
        ];
        let insert = "INSERT INTO router.relationships (relation, columns, referenced, referenced_columns) \
                      VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        client.update(insert, None, &args)?;
    }
    Ok(())
}

fn write_synonyms(client: &mut SpiClient<'_>, registration: &Registration<'_>, caller: &str) -> Result<()> {
    let (mut columns, mut values, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let mut add = |column: &str, value: Option<&str>, name: &str| {
        columns.push(column.to_owned());
        values.push(value.map(str::to_owned));
        names.push(name.to_owned());
    };
    for (column, aliases) in &registration.options.synonyms {
        aliases.iter().for_each(|alias| add(column, None, alias));
    }
    for (column, stored) in &registration.options.value_synonyms {
        for (value, aliases) in stored {
            aliases.iter().for_each(|alias| add(column, Some(value), alias));
        }
    }
    if !names.is_empty() {
        let args =
            [registration.subject.oid.into(), columns.into(), values.into(), names.into(), caller.to_owned().into()];
        client.update(include_str!("../../sql/catalog/store_synonyms.sql"), None, &args)?;
    }
    Ok(())
}

fn write_findings(client: &mut SpiClient<'_>, registration: &Registration<'_>, is_new: bool) -> Result<()> {
    let oid = registration.subject.oid;
    let names: Vec<String> = registration.columns.iter().map(|d| d.column.facts.name.clone()).collect();
    let roles: Vec<String> = registration.columns.iter().map(|d| word(&d.role)).collect();
    let aggs: Vec<String> = registration.columns.iter().map(|d| word(&d.agg)).collect();
    let args = [oid.into(), names.into(), roles.into(), aggs.into()];
    client.update(include_str!("../../sql/catalog/store_columns.sql"), None, &args)?;

    let harvested = &registration.harvested;
    if is_new && harvested.is_empty() {
        return Ok(());
    }
    let columns: Vec<String> = harvested.iter().map(|h| h.column.clone()).collect();
    let complete: Vec<bool> = harvested.iter().map(|h| h.complete).collect();
    let pairs = harvested.iter().flat_map(|h| h.values.iter().map(|v| (h.column.clone(), v.clone())));
    let (of, values): (Vec<String>, Vec<String>) = pairs.unzip();
    let args = [oid.into(), columns.into(), complete.into(), of.into(), values.into()];
    client.update(include_str!("../../sql/catalog/store_values.sql"), None, &args)?;
    Ok(())
}

/// A unit variant as the tables spell it.
fn word(variant: &impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
