//! Which relations and columns a statement reads, by OID, and whether the caller may SELECT them.

use pgrx::pg_sys;

use super::Violation;
use crate::catalog::{RegisteredRelation, RegisteredRelations};
use crate::guc;
use crate::pg::facts;
use crate::pg::tree::{Kind, Node, Source};

pub fn check(tree: &Node, registered: &RegisteredRelations) -> Vec<Violation> {
    let patterns = guc::authorized_tables();
    let mut found = Vec::new();
    tree.visit(&mut |node| {
        if let Kind::Range(range) = &node.kind
            && let Source::Relation { oid, columns } = &range.source
        {
            match registered.get(pg_sys::Oid::from(*oid)) {
                None => found.push(unregistered(*oid, columns)),
                Some(relation) => check_registered(*oid, relation, columns, &patterns, &mut found),
            }
        }
        if let Kind::Column { number, .. } = node.kind
            && number < 0
        {
            found.push(system_column());
        }
    });
    found
}

/// Every relation with the columns that are read of it, as often as it occurs.
pub fn read_by(tree: &Node) -> Vec<(u32, Vec<i16>)> {
    let mut read = Vec::new();
    tree.visit(&mut |node| {
        if let Kind::Range(range) = &node.kind
            && let Source::Relation { oid, columns } = &range.source
        {
            read.push((*oid, columns.clone()));
        }
    });
    read
}

fn check_registered(
    oid: u32,
    relation: &RegisteredRelation,
    columns: &[i16],
    patterns: &[String],
    found: &mut Vec<Violation>,
) {
    let name = format!("{}.{}", relation.schema, relation.name);
    let forbidden = facts::forbidden_columns(oid, columns);
    for column in &forbidden {
        let whole = *column == 0 || forbidden.len() == columns.len();
        let detail = match whole {
            true => format!("permission denied for {name}"),
            false => format!("permission denied for {}", column_of(oid, &name, *column)),
        };
        found.push(Violation::new("privilege", detail));
    }
    if !forbidden.is_empty() {
        return;
    }
    if !patterns.is_empty() && !patterns.iter().any(|pattern| matches(pattern, &name)) {
        found.push(Violation::new("relation", format!("{name} is not among router.authorized_tables")));
        return;
    }
    if columns.iter().any(|column| *column < 0) {
        found.push(system_column());
    }
    if let Some(allowed) = &relation.columns {
        for column in columns.iter().filter(|column| **column >= 0 && !allowed.contains(column)) {
            found.push(Violation::new("column", format!("{} is not registered", column_of(oid, &name, *column))));
        }
    }
}

/// A caller without the privilege learns no more of a relation than that: not whether it is registered.
fn unregistered(oid: u32, columns: &[i16]) -> Violation {
    let forbidden = !facts::forbidden_columns(oid, columns).is_empty();
    match facts::relation_name(oid) {
        Some((schema, name)) if schema == "pg_catalog" || schema == "information_schema" => {
            Violation::new("relation", format!("{schema}.{name} is a system catalog, not data"))
        }
        Some((schema, name)) if forbidden => {
            Violation::new("privilege", format!("permission denied for {schema}.{name}"))
        }
        Some((schema, name)) => Violation::new("relation", format!("{schema}.{name} is not a registered dataset")),
        None => Violation::new("relation", "a relation is gone"),
    }
}

fn system_column() -> Violation {
    Violation::new("column", "system columns (ctid, xmin, tableoid and so on) are not data")
}

fn column_of(oid: u32, relation: &str, column: i16) -> String {
    match facts::column_name(oid, column) {
        Some(name) if column > 0 => format!("column {relation}.{name}"),
        _ => format!("the whole row of {relation}"),
    }
}

/// A pattern of `router.authorized_tables`: `*` stands for any run of characters.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    let mut rest = rest;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
