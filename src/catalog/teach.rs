//! What people do with registered relations: take them out, give them other names.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::semantic::{SemanticModel, Target, TargetError, find_target};
use serde_json::{Value, json};

use super::store::{caller_name, write};
use super::{model, not_registered, privileges, register};
use crate::error::{Error, Result};
use crate::pg;

/// Characters of an alias; longer ones are no names.
const MAX_ALIAS: usize = 200;

/// Takes a relation out of the model, with everything taught about it.
pub fn unregister(relation: pg_sys::Oid, shown_name: &str) -> Result<()> {
    pg::refuse_if_read_only(c"router_unregister()");
    let owned = matches!(standing(relation)?, Some(Standing { owned: true, .. }));
    if !owned && !privileges::is_admin()? {
        known(relation, shown_name)?;
        return Err(Error::denied(format!("must be owner of relation \"{shown_name}\" to unregister it"))
            .with_hint("router administrators may unregister it too"));
    }
    write(|client| {
        let gone = client.update("DELETE FROM router.datasets WHERE relation = $1", None, &[relation.into()])?.len();
        if gone == 0 { Err(not_registered(shown_name)) } else { Ok(()) }
    })
}

/// Introspects and harvests one registered relation again.
pub fn refresh(relation: pg_sys::Oid, shown_name: &str) -> Result<Value> {
    known(relation, shown_name)?;
    register::refresh(relation)
}

/// Refuses a relation that is not registered, and one that the current user may not see, with the same words.
fn known(relation: pg_sys::Oid, shown_name: &str) -> Result<()> {
    match standing(relation)? {
        Some(Standing { owned, visible }) if owned || visible => Ok(()),
        _ => Err(not_registered(shown_name)),
    }
}

/// What a registered relation is to the current user.
struct Standing {
    owned: bool,
    visible: bool,
}

fn standing(relation: pg_sys::Oid) -> Result<Option<Standing>> {
    let (caller, name) = (pg::current_user(), caller_name());
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let args = [DatumWithOid::from(relation), DatumWithOid::from(caller), name.into()];
            let mut rows = client.select(include_str!("../../sql/catalog/may_unregister.sql"), Some(1), &args)?;
            let Some(row) = rows.next() else { return Ok(None) };
            let flag = |i| row.get::<bool>(i).map(|f| f.unwrap_or(false));
            Ok(Some(Standing { owned: flag(1)?, visible: flag(2)? }))
        })
    })
}

/// A relation's name as the current user would write it, its OID in digits when it is gone.
pub fn shown_name(relation: pg_sys::Oid) -> Result<String> {
    let name = Spi::connect(|client| {
        let query = "SELECT $1::pg_catalog.regclass::pg_catalog.text";
        client.select(query, Some(1), &[relation.into()])?.first().get_one::<String>()
    })?;
    Ok(name.unwrap_or_default())
}

/// The registered relation that `name` names: as SQL would resolve it, else by the name it had when it was
/// registered (for relations that were dropped since).
pub fn registered_by_name(name: &str) -> Result<pg_sys::Oid> {
    let here = Spi::connect(|client| {
        let rows = client.select("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", Some(1), &[name.into()])?;
        rows.first().get_one::<pg_sys::Oid>()
    })?;
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let args = [here.into(), name.trim().into()];
            let mut rows = client.select(include_str!("../../sql/catalog/registered_by_name.sql"), Some(1), &args)?;
            Ok(rows.next().map(|row| row.get::<pg_sys::Oid>(1)).transpose()?.flatten())
        })
    })?
    .ok_or_else(|| not_registered(name))
}

/// Refreshes every registration that the current user may refresh; says of each what came of it. Administrators are
/// also told what is wrong with registrations, of relations that were dropped for instance.
pub fn refresh_all() -> Result<Value> {
    let visible = model()?;
    let mut done = Vec::new();
    if privileges::is_admin()? {
        done.extend(visible.problems.iter().map(|(name, what)| json!({"dataset": name, "error": what})));
    }
    for dataset in &visible.model.datasets {
        done.push(match register::refresh(pg_sys::Oid::from_u32(dataset.oid)) {
            Ok(summary) => summary,
            Err(e) => json!({"dataset": dataset.full_name(), "error": e.message()}),
        });
    }
    write(|client| {
        client.update(include_str!("../../sql/catalog/compact_changes.sql"), None, &[])?;
        Ok(())
    })?;
    Ok(Value::Array(done))
}

/// Teaches another name. Returns false when it was known already.
pub fn add_synonym(target: &str, alias: &str) -> Result<bool> {
    pg::refuse_if_read_only(c"router_synonym()");
    let alias = alias.trim();
    if alias.is_empty() {
        return Err(Error::invalid("the alias is blank").with_hint("give the word or words that people use"));
    }
    if alias.chars().count() > MAX_ALIAS {
        return Err(Error::invalid(format!("the alias has more than {MAX_ALIAS} characters")));
    }
    let place = place(target)?;
    let caller = caller_name();
    write(|client| {
        let args = place.args(alias).into_iter().chain([caller.into()]).collect::<Vec<_>>();
        let insert = "INSERT INTO router.synonyms (relation, column_name, value, alias, source, created_by) \
                      VALUES ($1, $2, $3, $4, 'taught', $5) ON CONFLICT DO NOTHING";
        Ok(!client.update(insert, None, &args)?.is_empty())
    })
}

/// Takes a name back. Returns false when there was none such.
pub fn remove_synonym(target: &str, alias: &str) -> Result<bool> {
    pg::refuse_if_read_only(c"router_unsynonym()");
    let place = place(target)?;
    write(|client| {
        let delete = "DELETE FROM router.synonyms WHERE relation = $1 AND column_name IS NOT DISTINCT FROM $2 \
                      AND value IS NOT DISTINCT FROM $3 AND alias = $4";
        Ok(!client.update(delete, None, &place.args(alias.trim()))?.is_empty())
    })
}

/// Where a synonym is kept.
struct Place {
    relation: pg_sys::Oid,
    column: Option<String>,
    value: Option<String>,
}

impl Place {
    fn args(&self, alias: &str) -> Vec<DatumWithOid<'static>> {
        vec![self.relation.into(), self.column.clone().into(), self.value.clone().into(), alias.to_owned().into()]
    }
}

/// Finds the target among what the current user may see: anything else is as good as not registered.
fn place(target: &str) -> Result<Place> {
    let seen = model()?;
    let found = find_target(&seen.model, target).map_err(|e| target_error(&seen.model, target, e))?;
    let relation = |dataset: usize| pg_sys::Oid::from_u32(seen.model.datasets[dataset].oid);
    let name = |dataset: usize, column: usize| Some(seen.model.datasets[dataset].columns[column].name.clone());
    Ok(match found {
        Target::Dataset(d) => Place { relation: relation(d), column: None, value: None },
        Target::Column(d, c) => Place { relation: relation(d), column: name(d, c), value: None },
        Target::Value(_, _, "") => {
            return Err(Error::invalid(format!("\"{target}\" names no value after \"=\""))
                .with_hint("write schema.table.column=value"));
        }
        Target::Value(d, c, value) => {
            Place { relation: relation(d), column: name(d, c), value: Some(value.to_owned()) }
        }
    })
}

fn target_error(model: &SemanticModel, target: &str, error: TargetError) -> Error {
    match error {
        TargetError::NoDataset => Error::no_dataset(format!("\"{target}\" names no registered dataset"))
            .with_hint("write schema.table, schema.table.column or schema.table.column=value"),
        TargetError::NoColumn(dataset) => {
            let dataset = &model.datasets[dataset];
            let columns: Vec<&str> = dataset.columns.iter().map(|c| c.name.as_str()).collect();
            Error::new(
                PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN,
                format!("\"{target}\" names no column of {}", dataset.full_name()),
            )
            .with_hint(format!("its columns are {}", columns.join(", ")))
        }
    }
}
