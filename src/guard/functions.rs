//! Which functions a statement calls: by name, through operators, casts, aggregates, sorting or windows.

use std::collections::BTreeSet;

use pgrx::pg_sys;

use super::Violation;
use super::allowed::Allowed;
use crate::error::Result;
use crate::pg::facts::{self, Function};
use crate::pg::tree::{Kind, Node};

pub fn check(tree: &Node, allowed: &Allowed) -> Result<Vec<Violation>> {
    let mut called = BTreeSet::new();
    tree.visit(&mut |node| match &node.kind {
        Kind::Function { oid } | Kind::Aggregate { oid } | Kind::Window { oid, .. } => called.extend([*oid]),
        Kind::Operator { oid, .. } => called.extend(facts::operator_functions(*oid)),
        Kind::Comparison { operators } => {
            called.extend(operators.iter().flat_map(|operator| facts::operator_functions(*operator)))
        }
        Kind::WindowClause { functions, .. } => called.extend(functions),
        Kind::TableSample { function } => called.extend([*function]),
        _ => {}
    });
    let mut found = Vec::new();
    for oid in called {
        if let Some(detail) = problem(oid, allowed)? {
            found.push(Violation { rule: "function", detail });
        }
    }
    Ok(found)
}

/// Why a function may not be called; None if it may.
fn problem(oid: u32, allowed: &Allowed) -> Result<Option<String>> {
    let Some(function) = facts::function(oid) else {
        return Ok(Some("a function or operator is gone".into()));
    };
    if !function.built_in {
        return foreign(oid, &function.name, allowed);
    }
    Ok(built_in_problem(&function).map(|why| format!("{}: {why}", function.name)))
}

/// Why a function that `initdb` did not make may not run; None if a superuser allowed it.
pub fn foreign(oid: u32, name: &str, allowed: &Allowed) -> Result<Option<String>> {
    if allowed.contains(oid)? {
        return Ok(None);
    }
    Ok(Some(format!("{name} is not a built-in function, and no superuser has allowed it")))
}

fn built_in_problem(function: &Function) -> Option<&'static str> {
    let name = function.name.as_str();
    if let Some((_, why)) = DENIED.iter().find(|(denied, _)| *denied == name) {
        return Some(why);
    }
    if let Some((_, why)) =
        DENIED_PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix) && !PREFIXED_BUT_SAFE.contains(&name))
    {
        return Some(why);
    }
    if function.kind == b'p' {
        return Some("procedures can't be called from a query");
    }
    if function.arguments.iter().chain([&function.result]).any(|oid| is_internal(*oid)) {
        return Some("is for the server's own use");
    }
    match function.volatility {
        b'i' => None,
        b's' if STABLE_AND_SAFE.contains(&name) => None,
        b's' => Some("reads settings, catalogs or other state outside its arguments"),
        _ => Some("has effects, or gives another answer each time"),
    }
}

/// Types whose functions are plumbing, or reach the catalogs.
fn is_internal(oid: u32) -> bool {
    [
        pg_sys::INTERNALOID,
        pg_sys::CSTRINGOID,
        pg_sys::TRIGGEROID,
        pg_sys::EVENT_TRIGGEROID,
        pg_sys::LANGUAGE_HANDLEROID,
        pg_sys::FDW_HANDLEROID,
        pg_sys::INDEX_AM_HANDLEROID,
        pg_sys::TABLE_AM_HANDLEROID,
        pg_sys::TSM_HANDLEROID,
        pg_sys::PG_NODE_TREEOID,
        pg_sys::ACLITEMOID,
        pg_sys::ACLITEMARRAYOID,
        pg_sys::REGPROCOID,
        pg_sys::REGPROCEDUREOID,
        pg_sys::REGOPEROID,
        pg_sys::REGOPERATOROID,
        pg_sys::REGCLASSOID,
        pg_sys::REGTYPEOID,
        pg_sys::REGROLEOID,
        pg_sys::REGNAMESPACEOID,
        pg_sys::REGCOLLATIONOID,
        pg_sys::REGCONFIGOID,
        pg_sys::REGDICTIONARYOID,
        pg_sys::XIDOID,
        pg_sys::CIDOID,
        pg_sys::TIDOID,
    ]
    .contains(&pg_sys::Oid::from(oid))
}

const READS_XML: &str = "parses XML, which can be made to take any time and memory";
const RUNS_CATALOG_CODE: &str = "runs code that the catalogs name";
const SHOWS_SERVER: &str = "shows the server or the session, not data";

/// Immutable or stable built-ins that are refused all the same, and why.
const DENIED: &[(&str, &str)] = &[
    ("satisfies_hash_partition", "opens the relation its argument names"),
    ("postgresql_fdw_validator", "is for the server's own use"),
    ("ts_lexize", RUNS_CATALOG_CODE),
    ("ts_parse", RUNS_CATALOG_CODE),
    ("ts_token_type", RUNS_CATALOG_CODE),
    ("ts_debug", RUNS_CATALOG_CODE),
    ("ts_stat", "runs SQL given as text"),
    ("ts_rewrite", "runs SQL given as text"),
    ("query_to_xml", "runs SQL given as text"),
    ("convert", "runs conversions, which users can define"),
    ("convert_from", "runs conversions, which users can define"),
    ("convert_to", "runs conversions, which users can define"),
    ("xpath", READS_XML),
    ("xpath_exists", READS_XML),
    ("xmlexists", READS_XML),
    ("xmlvalidate", READS_XML),
    ("xml", READS_XML),
    ("json_populate_record", "runs the input functions of any row type"),
    ("json_populate_recordset", "runs the input functions of any row type"),
    ("jsonb_populate_record", "runs the input functions of any row type"),
    ("jsonb_populate_recordset", "runs the input functions of any row type"),
    ("current_setting", "shows settings"),
    ("set_config", "changes settings"),
    ("version", SHOWS_SERVER),
    ("current_user", SHOWS_SERVER),
    ("session_user", SHOWS_SERVER),
    ("current_database", SHOWS_SERVER),
    ("current_schema", SHOWS_SERVER),
    ("current_schemas", SHOWS_SERVER),
    ("row_security_active", SHOWS_SERVER),
    ("format_type", "reads the catalogs"),
    ("obj_description", "reads the catalogs"),
    ("shobj_description", "reads the catalogs"),
    ("col_description", "reads the catalogs"),
];

/// Families of built-ins that are refused, and why.
const DENIED_PREFIXES: &[(&str, &str)] = &[
    ("pg_", SHOWS_SERVER),
    ("txid_", SHOWS_SERVER),
    ("inet_server_", SHOWS_SERVER),
    ("inet_client_", SHOWS_SERVER),
    ("has_", "asks for privileges"),
    ("to_reg", "looks names up in the catalogs"),
    ("lo_", "reaches large objects"),
    ("xml_is_well_formed", READS_XML),
    ("database_to_xml", "reads whole databases"),
    ("schema_to_xml", "reads whole schemas"),
    ("table_to_xml", "reads relations that its argument names"),
    ("cursor_to_xml", "reads cursors"),
    ("query_to_xml", "runs SQL given as text"),
];

const PREFIXED_BUT_SAFE: &[&str] = &["pg_size_pretty", "pg_size_bytes"];

/// Stable built-ins that depend on nothing but their arguments, the time zone, the locale and the transaction's start.
/// Stable functions are denied unless named here; what the name stands for is checked by OID before.
const STABLE_AND_SAFE: &[&str] = &[
    "age",
    "anytextcat",
    "array_to_json",
    "array_to_string",
    "concat",
    "concat_ws",
    "date",
    "date_cmp_timestamptz",
    "date_eq_timestamptz",
    "date_ge_timestamptz",
    "date_gt_timestamptz",
    "date_le_timestamptz",
    "date_lt_timestamptz",
    "date_ne_timestamptz",
    "date_part",
    "date_trunc",
    "extract",
    "format",
    "generate_series",
    "in_range",
    "interval_pl_timestamptz",
    "json_agg",
    "json_build_array",
    "json_build_object",
    "json_object_agg",
    "json_to_record",
    "json_to_recordset",
    "jsonb_agg",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object_agg",
    "jsonb_path_exists_tz",
    "jsonb_path_match_tz",
    "jsonb_path_query_array_tz",
    "jsonb_path_query_first_tz",
    "jsonb_path_query_tz",
    "jsonb_to_record",
    "jsonb_to_recordset",
    "length",
    "make_timestamptz",
    "money",
    "now",
    "numeric",
    "overlaps",
    "quote_literal",
    "quote_nullable",
    "row_to_json",
    "statement_timestamp",
    "textanycat",
    "time",
    "timestamp",
    "timestamp_cmp_timestamptz",
    "timestamp_eq_timestamptz",
    "timestamp_ge_timestamptz",
    "timestamp_gt_timestamptz",
    "timestamp_le_timestamptz",
    "timestamp_lt_timestamptz",
    "timestamp_ne_timestamptz",
    "timestamptz",
    "timestamptz_cmp_date",
    "timestamptz_cmp_timestamp",
    "timestamptz_eq_date",
    "timestamptz_eq_timestamp",
    "timestamptz_ge_date",
    "timestamptz_ge_timestamp",
    "timestamptz_gt_date",
    "timestamptz_gt_timestamp",
    "timestamptz_le_date",
    "timestamptz_le_timestamp",
    "timestamptz_lt_date",
    "timestamptz_lt_timestamp",
    "timestamptz_mi_interval",
    "timestamptz_ne_date",
    "timestamptz_ne_timestamp",
    "timestamptz_pl_interval",
    "timetz",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "transaction_timestamp",
    // PostgreSQL 16 and later
    "date_add",
    "date_subtract",
    "json_agg_strict",
    "json_object_agg_strict",
    "json_object_agg_unique",
    "json_object_agg_unique_strict",
    "jsonb_agg_strict",
    "jsonb_object_agg_strict",
    "jsonb_object_agg_unique",
    "jsonb_object_agg_unique_strict",
    "json_array",
    "json_object",
];
