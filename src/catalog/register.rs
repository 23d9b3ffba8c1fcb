//! Registration: from a relation and options to the rows of the semantic tables.

use pgrx::prelude::*;
use router_core::semantic::{
    Aggregation, ColumnFacts, RegisterOptions, Role, default_aggregation, default_time_column, infer,
};
use serde_json::{Value, json};

use super::columns::CatalogColumn;
use super::harvest::{Harvested, harvest};
use super::references::{Reference, resolve};
use super::store::{self, Registration};
use super::subject::{Subject, subject};
use crate::error::{Error, Result};
use crate::pg;

/// What a column was decided to be for.
pub struct Decided<'a> {
    pub column: &'a CatalogColumn,
    pub role: Role,
    pub agg: Aggregation,
}

/// Registers `relation`, or replaces its registration. Returns a summary for people.
///
/// # Errors
/// Options that name what does not exist or make no sense; a relation that the current user may not register.
pub fn register(relation: pg_sys::Oid, options: &Value) -> Result<Value> {
    pg::refuse_if_read_only(c"router_register()");
    let parsed = RegisterOptions::parse(options)?;
    let subject = subject(relation)?;
    parsed.check(&subject.full_name(), subject.column_names())?;
    let references = resolve(&subject, &parsed.relationships)?;
    let mut warnings = Vec::new();
    let registration = decide(&subject, &parsed, references, &mut warnings)?;
    store::register(&registration, options)?;
    summary(&registration, warnings)
}

/// Introspects and harvests a registered relation again, with the options it was registered with. Options that
/// name what is gone are passed over with a warning.
pub fn refresh(relation: pg_sys::Oid) -> Result<Value> {
    pg::refuse_if_read_only(c"router_refresh()");
    let subject = subject(relation)?;
    let stored = store::options(relation)?.ok_or_else(|| super::not_registered(&subject.full_name()))?;
    let mut warnings = Vec::new();
    let mut parsed = RegisterOptions::parse(&stored).unwrap_or_else(|e| {
        warnings.push(format!("its options were ignored: {e}"));
        RegisterOptions::default()
    });
    let restricted = !parsed.columns.is_empty();
    for gone in parsed.drop_missing(subject.column_names()) {
        warnings.push(format!("its options name column \"{gone}\", which no longer exists"));
    }
    if restricted && parsed.columns.is_empty() {
        return Err(Error::invalid(format!(
            "no column that \"{}\" was registered with exists any more",
            subject.full_name()
        ))
        .with_hint("register it again, or unregister it"));
    }
    let mut references = Vec::new();
    for relationship in std::mem::take(&mut parsed.relationships) {
        match resolve(&subject, std::slice::from_ref(&relationship)) {
            Ok(mut found) => references.append(&mut found),
            Err(e) => warnings.push(e.message().to_owned()),
        }
    }
    parsed.time_column.take_if(|name| {
        let temporal = subject.columns.iter().any(|c| c.facts.name == *name && c.facts.value_type.is_temporal());
        !temporal
    });
    let registration = decide(&subject, &parsed, references, &mut warnings)?;
    store::refresh(&registration)?;
    summary(&registration, warnings)
}

fn decide<'a>(
    subject: &'a Subject,
    options: &'a RegisterOptions,
    references: Vec<Reference>,
    warnings: &mut Vec<String>,
) -> Result<Registration<'a>> {
    let included: Vec<&CatalogColumn> = subject
        .columns
        .iter()
        .filter(|c| options.columns.is_empty() || options.columns.contains(&c.facts.name))
        .collect();
    let columns = included.iter().map(|c| decide_column(c, options)).collect::<Result<Vec<_>>>()?;
    let time_column = time_column(&included, options)?;
    let (harvested, hindrance) = harvest(subject, &included, options.harvest)?;
    if let Some(reason) = hindrance {
        warnings.push(format!(
            "no values were harvested: {reason}; with {{\"harvest\": true}} the values that you see are shown to \
             everybody who may read the column"
        ));
    }
    Ok(Registration { subject, options, columns, time_column, references, harvested })
}

fn decide_column<'a>(column: &'a CatalogColumn, options: &RegisterOptions) -> Result<Decided<'a>> {
    let facts = &column.facts;
    let (mut role, mut agg) = infer(facts);
    if let Some(asked) = options.measures.get(&facts.name) {
        role = Role::Measure;
        agg = measure_aggregation(column, *asked)?;
    } else if options.dimensions.contains(&facts.name) && role != Role::Time {
        role = Role::Dimension;
        agg = default_aggregation(role, facts.value_type, &facts.name);
    }
    Ok(Decided { column, role, agg })
}

fn measure_aggregation(column: &CatalogColumn, asked: Option<Aggregation>) -> Result<Aggregation> {
    let facts = &column.facts;
    let countable = matches!(asked, Some(Aggregation::Count | Aggregation::CountDistinct | Aggregation::None));
    if facts.value_type.is_numeric() || countable {
        return Ok(asked.unwrap_or_else(|| default_aggregation(Role::Measure, facts.value_type, &facts.name)));
    }
    Err(Error::invalid(format!("column \"{}\" is of type {} and cannot be that measure", facts.name, column.sql_type))
        .with_hint(format!(
            "a measure that is no number can only be counted: {{\"{}\": \"count_distinct\"}}",
            facts.name
        )))
}

fn time_column(included: &[&CatalogColumn], options: &RegisterOptions) -> Result<Option<String>> {
    let facts: Vec<ColumnFacts> = included.iter().map(|c| c.facts.clone()).collect();
    let Some(asked) = &options.time_column else {
        return Ok(default_time_column(&facts).map(|i| facts[i].name.clone()));
    };
    if facts.iter().any(|f| f.name == *asked && f.value_type.is_temporal()) {
        return Ok(Some(asked.clone()));
    }
    let temporal: Vec<&str> = facts.iter().filter(|f| f.value_type.is_temporal()).map(|f| f.name.as_str()).collect();
    let hint = match temporal.as_slice() {
        [] => "the relation has no column of type date or timestamp: leave the option out".to_owned(),
        names => format!("columns of type date or timestamp are {}", names.join(", ")),
    };
    Err(Error::invalid(format!("time column \"{asked}\" is no date or timestamp")).with_hint(hint))
}

fn summary(registration: &Registration<'_>, warnings: Vec<String>) -> Result<Value> {
    let of = |name: &str| registration.harvested.iter().find(|h| h.column == name);
    let columns: Vec<Value> = registration
        .columns
        .iter()
        .map(|d| {
            let facts = &d.column.facts;
            let mut column = json!({
                "name": facts.name, "type": d.column.sql_type, "role": d.role, "default_agg": d.agg,
            });
            if let Some(Harvested { values, complete, .. }) = of(&facts.name) {
                column["values"] = json!(values.len());
                column["all_values"] = json!(complete);
            }
            column
        })
        .collect();
    Ok(json!({
        "dataset": registration.subject.full_name(),
        "layer": registration.options.layer(),
        "label": registration.options.label,
        "time_column": registration.time_column,
        "columns": columns,
        "relationships": store::relationships(registration.subject.oid)?,
        "harvested": {
            "columns": registration.harvested.len(),
            "values": registration.harvested.iter().map(|h| h.values.len()).sum::<usize>(),
        },
        "warnings": warnings,
    }))
}
