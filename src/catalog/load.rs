//! The semantic model as one role may see it, put together from a few set-based queries.

use std::collections::HashMap;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::semantic::{
    Aggregation, Column, Dataset, HarvestedValue, Layer, Relationship, Role, SemanticModel, default_aggregation,
    default_time_column, imply_relationships, infer,
};
use serde::de::DeserializeOwned;

use super::columns::{CatalogColumn, catalog_columns};
use crate::asking::calibration;
use crate::error::Result;

/// A registration that is not what it should be: (`schema.table` as registered, what is wrong). It names
/// relations that the role may not see: for operators, not for answers.
pub type Problem = (String, String);

/// Loads what `role` may see. To be run as the extension's owner.
pub fn load(client: &SpiClient<'_>, role: pg_sys::Oid) -> Result<(SemanticModel, Vec<Problem>)> {
    let mut loader = Loader::default();
    loader.datasets(client, role)?;
    loader.columns(client, role)?;
    loader.synonyms(client)?;
    loader.values(client)?;
    loader.relationships(client)?;
    imply_relationships(&mut loader.model);
    loader.model.calibration = calibration::newest(client)?;
    loader.model.version = version(client)?;
    Ok((loader.model, loader.problems))
}

fn version(client: &SpiClient<'_>) -> Result<u64> {
    let sum = "SELECT COALESCE(sum(changes), 0)::bigint FROM router.semantic_changes";
    Ok(client.select(sum, Some(1), &[])?.first().get_one::<i64>()?.unwrap_or(0).unsigned_abs())
}

#[derive(Default)]
struct Loader {
    model: SemanticModel,
    problems: Vec<Problem>,
    /// Relation -> index of its dataset, for those with a column the role may read.
    index: HashMap<u32, usize>,
    registered: HashMap<u32, Registered>,
}

/// What a row of `router.datasets` says beyond `Dataset`.
struct Registered {
    time_column: Option<String>,
    all_columns: bool,
    values_shown: bool,
}

impl Loader {
    fn datasets(&mut self, client: &SpiClient<'_>, role: pg_sys::Oid) -> Result<()> {
        let args = [DatumWithOid::from(role)];
        for row in client.select(include_str!("../../sql/catalog/load_datasets.sql"), None, &args)? {
            let registered_name = row.get::<String>(2)?.unwrap_or_default();
            let (Some(oid), Some(schema), Some(name)) =
                (row.get::<pg_sys::Oid>(1)?, row.get::<String>(3)?, row.get::<String>(4)?)
            else {
                self.problems.push((registered_name, "the relation was dropped".to_owned()));
                continue;
            };
            if !row.get::<bool>(5)?.unwrap_or(false) {
                continue;
            }
            let layer = row.get::<String>(6)?.and_then(|layer| parse::<Layer>(&layer));
            if layer.is_none() {
                self.problems.push((registered_name, "its layer is none of bronze, silver, gold, platinum".to_owned()));
            }
            self.registered.insert(
                oid.to_u32(),
                Registered {
                    time_column: row.get::<String>(8)?,
                    all_columns: row.get::<bool>(9)?.unwrap_or(false),
                    values_shown: row.get::<bool>(11)?.unwrap_or(false),
                },
            );
            self.index.insert(oid.to_u32(), self.model.datasets.len());
            self.model.datasets.push(Dataset {
                schema,
                name,
                oid: oid.to_u32(),
                layer: layer.unwrap_or(Layer::Silver),
                label: row.get::<String>(7)?,
                comment: row.get::<String>(10)?,
                aliases: Vec::new(),
                columns: Vec::new(),
                time_column: None,
                primary_key: Vec::new(),
                rows: row.get::<f64>(12)?.unwrap_or(0.0) as u64,
            });
        }
        Ok(())
    }

    fn columns(&mut self, client: &SpiClient<'_>, role: pg_sys::Oid) -> Result<()> {
        let mut decided = decided_roles(client)?;
        let mut found: HashMap<u32, Vec<CatalogColumn>> = HashMap::new();
        for column in catalog_columns(client, self.oids(), role)? {
            found.entry(column.relation).or_default().push(column);
        }
        for dataset in &mut self.model.datasets {
            let (Some(registered), columns) =
                (self.registered.get(&dataset.oid), found.remove(&dataset.oid).unwrap_or_default())
            else {
                continue;
            };
            let mut decided = decided.remove(&dataset.oid).unwrap_or_default();
            let mut facts = Vec::new();
            for column in columns {
                let decision = decided.remove(&column.facts.name);
                if !column.readable || (decision.is_none() && !registered.all_columns) {
                    continue;
                }
                if column.facts.in_primary_key {
                    dataset.primary_key.push(dataset.columns.len());
                }
                facts.push(column.facts.clone());
                dataset.columns.push(model_column(column, decision));
            }
            for name in decided.into_keys() {
                self.problems.push((dataset.full_name(), format!("column \"{name}\" no longer exists")));
            }
            dataset.time_column = registered
                .time_column
                .as_deref()
                .and_then(|name| facts.iter().position(|f| f.name == name && f.value_type.is_temporal()))
                .or_else(|| default_time_column(&facts));
        }
        self.model.datasets.retain(|d| !d.columns.is_empty());
        self.index = self.model.datasets.iter().enumerate().map(|(i, d)| (d.oid, i)).collect();
        Ok(())
    }

    fn synonyms(&mut self, client: &SpiClient<'_>) -> Result<()> {
        let args = [DatumWithOid::from(self.oids())];
        for row in client.select(include_str!("../../sql/catalog/load_synonyms.sql"), None, &args)? {
            let (Some(dataset), Some(alias)) = (self.dataset(row.get::<pg_sys::Oid>(1)?), row.get::<String>(4)?) else {
                continue;
            };
            let Some(name) = row.get::<String>(2)? else {
                dataset.aliases.push(alias);
                continue;
            };
            let Some(column) = dataset.columns.iter_mut().find(|c| c.name == name) else {
                continue;
            };
            match row.get::<String>(3)? {
                None => column.aliases.push(alias),
                // Sorted by value: aliases of one value come one after the other.
                Some(stored) => match column.values.last_mut().filter(|v| v.stored == stored) {
                    Some(value) => value.aliases.push(alias),
                    None => column.values.push(HarvestedValue { stored, aliases: vec![alias] }),
                },
            }
        }
        Ok(())
    }

    /// Adds the harvested values to those that have aliases.
    fn values(&mut self, client: &SpiClient<'_>) -> Result<()> {
        let args = [DatumWithOid::from(self.oids())];
        for row in client.select(include_str!("../../sql/catalog/load_values.sql"), None, &args)? {
            let (Some(oid), Some(name)) = (row.get::<pg_sys::Oid>(1)?, row.get::<String>(2)?) else {
                continue;
            };
            let shown = self.registered.get(&oid.to_u32()).is_some_and(|r| r.values_shown);
            let Some(column) = self.dataset(Some(oid)).and_then(|d| d.columns.iter_mut().find(|c| c.name == name))
            else {
                continue;
            };
            if !shown || column.value_type != router_core::semantic::ValueType::Text {
                continue;
            }
            let mut aliased: HashMap<String, Vec<String>> =
                column.values.drain(..).map(|v| (v.stored, v.aliases)).collect();
            for stored in row.get::<Vec<Option<String>>>(3)?.unwrap_or_default().into_iter().flatten() {
                let aliases = aliased.remove(&stored).unwrap_or_default();
                column.values.push(HarvestedValue { stored, aliases });
            }
            // Named by people but not met in the data (yet, or beyond the bound).
            let mut unmet: Vec<_> =
                aliased.into_iter().map(|(stored, aliases)| HarvestedValue { stored, aliases }).collect();
            unmet.sort_by(|a, b| a.stored.cmp(&b.stored));
            column.values.append(&mut unmet);
            column.harvested_all = row.get::<bool>(4)?.unwrap_or(false);
        }
        Ok(())
    }

    fn relationships(&mut self, client: &SpiClient<'_>) -> Result<()> {
        let args = [DatumWithOid::from(self.oids())];
        for row in client.select(include_str!("../../sql/catalog/load_relationships.sql"), None, &args)? {
            let side = |oid: usize, columns: usize| -> Result<Option<(usize, Vec<usize>)>> {
                let oid = row.get::<pg_sys::Oid>(oid)?;
                let names = row.get::<Vec<Option<String>>>(columns)?.unwrap_or_default();
                let Some(&dataset) = oid.and_then(|o| self.index.get(&o.to_u32())) else {
                    return Ok(None);
                };
                let columns: Option<Vec<usize>> =
                    names.iter().map(|n| self.model.datasets[dataset].column_index(n.as_deref()?)).collect();
                Ok(columns.map(|c| (dataset, c)))
            };
            // Left out when the role may not read, or registration leaves out, one of the columns.
            if let (Some((from, from_columns)), Some((to, to_columns))) = (side(1, 2)?, side(3, 4)?) {
                let relationship = Relationship { from, from_columns, to, to_columns };
                let sound = relationship.from_columns.len() == relationship.to_columns.len();
                if sound && !self.model.relationships.contains(&relationship) {
                    self.model.relationships.push(relationship);
                }
            }
        }
        Ok(())
    }

    fn oids(&self) -> Vec<pg_sys::Oid> {
        self.model.datasets.iter().map(|d| pg_sys::Oid::from_u32(d.oid)).collect()
    }

    fn dataset(&mut self, oid: Option<pg_sys::Oid>) -> Option<&mut Dataset> {
        let index = self.index.get(&oid?.to_u32())?;
        self.model.datasets.get_mut(*index)
    }
}

/// Role and aggregation as stored; what cannot be read there is inferred anew.
type Decision = (Option<Role>, Option<Aggregation>);

fn decided_roles(client: &SpiClient<'_>) -> Result<HashMap<u32, HashMap<String, Decision>>> {
    let mut decided: HashMap<u32, HashMap<String, Decision>> = HashMap::new();
    for row in client.select(include_str!("../../sql/catalog/load_column_roles.sql"), None, &[])? {
        let (Some(oid), Some(name)) = (row.get::<pg_sys::Oid>(1)?, row.get::<String>(2)?) else {
            continue;
        };
        let role = row.get::<&str>(3)?.and_then(parse);
        let agg = row.get::<&str>(4)?.and_then(parse);
        decided.entry(oid.to_u32()).or_default().insert(name, (role, agg));
    }
    Ok(decided)
}

fn model_column(column: CatalogColumn, decision: Option<Decision>) -> Column {
    let CatalogColumn { facts, sql_type, comment, .. } = column;
    let (inferred, inferred_agg) = infer(&facts);
    let (role, agg) = match decision {
        // The type may have changed since: a measure that is text now is none.
        Some((Some(role), agg)) if fits(role, agg, &facts) => {
            (role, agg.unwrap_or_else(|| default_aggregation(role, facts.value_type, &facts.name)))
        }
        _ => (inferred, inferred_agg),
    };
    Column {
        name: facts.name,
        sql_type,
        value_type: facts.value_type,
        role,
        default_agg: agg,
        aliases: Vec::new(),
        comment,
        nullable: facts.nullable,
        unique: facts.unique,
        values: Vec::new(),
        harvested_all: false,
    }
}

fn fits(role: Role, agg: Option<Aggregation>, facts: &router_core::semantic::ColumnFacts) -> bool {
    match role {
        Role::Time => facts.value_type.is_temporal(),
        Role::Measure => {
            facts.value_type.is_numeric()
                || matches!(agg, Some(Aggregation::Count | Aggregation::CountDistinct | Aggregation::None))
        }
        Role::Dimension | Role::Key => true,
    }
}

fn parse<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}
