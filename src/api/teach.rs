//! For the people who teach the router what the data mean.

use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::json;

use crate::catalog;
use crate::error::{Error, SqlResult as Result};
use crate::pg::{JsonArg, Regclass};

/// Registers a relation, so that questions may read it. See the documentation for the options.
#[pg_extern]
fn router_register(relation: Option<Regclass>, options: default!(Option<JsonArg>, "'{}'")) -> Result<JsonB> {
    let options = options.map_or_else(|| Ok(json!({})), |o| o.value("options"))?;
    Ok(JsonB(catalog::register(given(relation)?, &options)?))
}

/// Takes a relation out of the model, with everything taught about it.
#[pg_extern(name = "router_unregister")]
fn router_unregister_relation(relation: Option<Regclass>) -> Result<()> {
    let oid = given(relation)?;
    Ok(catalog::unregister(oid, &catalog::shown_name(oid)?)?)
}

/// The same by name, which also reaches a relation that was dropped.
#[pg_extern(name = "router_unregister")]
fn router_unregister_name(relation: Option<&str>) -> Result<()> {
    let name = relation.ok_or_else(no_relation)?;
    Ok(catalog::unregister(catalog::registered_by_name(name)?, name)?)
}

/// Introspects and harvests a registered relation again; options and what was taught stay.
#[pg_extern(name = "router_refresh")]
fn router_refresh_relation(relation: Option<Regclass>) -> Result<JsonB> {
    let oid = given(relation)?;
    Ok(JsonB(catalog::refresh(oid, &catalog::shown_name(oid)?)?))
}

#[pg_extern(name = "router_refresh")]
fn router_refresh_name(relation: Option<&str>) -> Result<JsonB> {
    let name = relation.ok_or_else(no_relation)?;
    Ok(JsonB(catalog::refresh(catalog::registered_by_name(name)?, name)?))
}

/// Every registered relation in turn.
#[pg_extern(name = "router_refresh")]
fn router_refresh_all() -> Result<JsonB> {
    Ok(JsonB(catalog::refresh_all()?))
}

/// Teaches another name for `schema.table`, `schema.table.column` or `schema.table.column=value`.
/// False when it was known already.
#[pg_extern]
fn router_synonym(target: &str, alias: &str) -> Result<bool> {
    Ok(catalog::add_synonym(target, alias)?)
}

/// Takes another name back. False when there was none such.
#[pg_extern]
fn router_unsynonym(target: &str, alias: &str) -> Result<bool> {
    Ok(catalog::remove_synonym(target, alias)?)
}

fn given(relation: Option<Regclass>) -> std::result::Result<pg_sys::Oid, Error> {
    relation.map(|r| r.0).ok_or_else(no_relation)
}

fn no_relation() -> Error {
    Error::invalid("the relation is null").with_hint("name it as 'schema.table'")
}
