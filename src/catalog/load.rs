//! The whole semantic model, whoever asks, put together from a few set-based queries: what is then compiled.

use std::collections::{HashMap, HashSet};

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::semantic::{
    Aggregation, Column, ColumnRef, Dataset, HarvestedValue, Layer, Relationship, Role, SemanticModel, ValueType,
    default_aggregation, default_time_column, imply_relationships, infer,
};
use serde::de::DeserializeOwned;

use super::columns::{CatalogColumn, catalog_columns};
use crate::error::Result;
use crate::pg;

/// A registration that is not what it should be: (`schema.table` as registered, what is wrong). It names
/// relations that a role may not see: for operators, not for answers.
pub type Problem = (String, String);

/// What was loaded. Of values, its columns hold only those that have other names.
#[derive(Debug, Default)]
pub struct Loaded {
    pub model: SemanticModel,
    pub problems: Vec<Problem>,
    /// Relations whose harvested values may be found.
    values_shown: HashSet<u32>,
}

impl Loaded {
    /// The harvested values of this column may be found.
    pub fn shows_values(&self, c: ColumnRef) -> bool {
        let dataset = &self.model.datasets[c.dataset];
        self.values_shown.contains(&dataset.oid) && self.model.column(c).value_type == ValueType::Text
    }
}

/// Loads everything. `complete` says of columns (relation and name) whether all their values were harvested.
/// To be run as the extension's owner.
pub fn load(client: &SpiClient<'_>, version: u64, complete: &HashMap<(u32, String), bool>) -> Result<Loaded> {
    let mut loader = Loader::default();
    loader.datasets(client)?;
    loader.columns(client, complete)?;
    loader.synonyms(client)?;
    let relationships = loader.relationships(client)?;
    let values_shown = loader.registered.iter().filter(|(_, r)| r.values_shown).map(|(oid, _)| *oid).collect();
    let mut model = SemanticModel {
        version,
        datasets: loader.datasets.into(),
        relationships: relationships.into(),
        calibration: None,
    };
    imply_relationships(&mut model);
    Ok(Loaded { model, problems: loader.problems, values_shown })
}

#[derive(Default)]
struct Loader {
    datasets: Vec<Dataset>,
    problems: Vec<Problem>,
    /// Relation -> index of its dataset.
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
    fn datasets(&mut self, client: &SpiClient<'_>) -> Result<()> {
        for row in client.select(include_str!("../../sql/catalog/load_datasets.sql"), None, &[])? {
            let registered_name = row.get::<String>(2)?.unwrap_or_default();
            let (Some(oid), Some(schema), Some(name)) =
                (row.get::<pg_sys::Oid>(1)?, row.get::<String>(3)?, row.get::<String>(4)?)
            else {
                self.problems.push((registered_name, "the relation was dropped".to_owned()));
                continue;
            };
            let layer = row.get::<String>(5)?.and_then(|layer| parse::<Layer>(&layer));
            if layer.is_none() {
                self.problems.push((registered_name, "its layer is none of bronze, silver, gold, platinum".to_owned()));
            }
            self.registered.insert(
                oid.to_u32(),
                Registered {
                    time_column: row.get::<String>(7)?,
                    all_columns: row.get::<bool>(8)?.unwrap_or(false),
                    values_shown: row.get::<bool>(10)?.unwrap_or(false),
                },
            );
            self.index.insert(oid.to_u32(), self.datasets.len());
            self.datasets.push(Dataset {
                schema,
                name,
                oid: oid.to_u32(),
                layer: layer.unwrap_or(Layer::Silver),
                label: row.get::<String>(6)?,
                comment: row.get::<String>(9)?,
                aliases: Vec::new(),
                columns: Vec::new(),
                time_column: None,
                primary_key: Vec::new(),
                rows: row.get::<f64>(11)?.unwrap_or(0.0) as u64,
            });
        }
        Ok(())
    }

    fn columns(&mut self, client: &SpiClient<'_>, complete: &HashMap<(u32, String), bool>) -> Result<()> {
        let mut decided = decided_roles(client)?;
        let mut found: HashMap<u32, Vec<CatalogColumn>> = HashMap::new();
        for column in catalog_columns(client, self.oids(), pg::current_user())? {
            found.entry(column.relation).or_default().push(column);
        }
        for dataset in &mut self.datasets {
            let (Some(registered), columns) =
                (self.registered.get(&dataset.oid), found.remove(&dataset.oid).unwrap_or_default())
            else {
                continue;
            };
            let mut decided = decided.remove(&dataset.oid).unwrap_or_default();
            let mut facts = Vec::new();
            for column in columns {
                let decision = decided.remove(&column.facts.name);
                if decision.is_none() && !registered.all_columns {
                    continue;
                }
                if column.facts.in_primary_key {
                    dataset.primary_key.push(dataset.columns.len());
                }
                facts.push(column.facts.clone());
                let held = complete.get(&(dataset.oid, column.facts.name.clone()));
                let all = registered.values_shown && column.facts.value_type == ValueType::Text;
                let mut column = model_column(column, decision);
                column.harvested_all = all && held.copied().unwrap_or(false);
                dataset.columns.push(column);
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
        self.datasets.retain(|d| !d.columns.is_empty());
        self.index = self.datasets.iter().enumerate().map(|(i, d)| (d.oid, i)).collect();
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

    fn relationships(&self, client: &SpiClient<'_>) -> Result<Vec<Relationship>> {
        let mut found: Vec<Relationship> = Vec::new();
        let args = [DatumWithOid::from(self.oids())];
        for row in client.select(include_str!("../../sql/catalog/load_relationships.sql"), None, &args)? {
            let side = |oid: usize, columns: usize| -> Result<Option<(usize, Vec<usize>)>> {
                let oid = row.get::<pg_sys::Oid>(oid)?;
                let names = row.get::<Vec<Option<String>>>(columns)?.unwrap_or_default();
                let Some(&dataset) = oid.and_then(|o| self.index.get(&o.to_u32())) else {
                    return Ok(None);
                };
                let columns: Option<Vec<usize>> =
                    names.iter().map(|n| self.datasets[dataset].column_index(n.as_deref()?)).collect();
                Ok(columns.map(|c| (dataset, c)))
            };
            // Left out when registration leaves out one of the columns.
            if let (Some((from, from_columns)), Some((to, to_columns))) = (side(1, 2)?, side(3, 4)?) {
                let relationship = Relationship { from, from_columns, to, to_columns };
                let sound = relationship.from_columns.len() == relationship.to_columns.len();
                if sound && !found.contains(&relationship) {
                    found.push(relationship);
                }
            }
        }
        Ok(found)
    }

    fn oids(&self) -> Vec<pg_sys::Oid> {
        self.datasets.iter().map(|d| pg_sys::Oid::from_u32(d.oid)).collect()
    }

    fn dataset(&mut self, oid: Option<pg_sys::Oid>) -> Option<&mut Dataset> {
        let index = self.index.get(&oid?.to_u32())?;
        self.datasets.get_mut(*index)
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
