//! Which state the semantic model is in, and what a role may see of it: one query, asked again only when something
//! may have changed.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::semantic::compiled::{FORMAT, Shown};

use crate::error::Result;
use crate::pg;

/// A state of the model as one role sees it.
#[derive(Debug)]
pub struct State {
    /// Equal keys mean equal models, their version aside: that also counts what is taught besides.
    pub key: u64,
    /// The semantic version.
    pub version: u64,
    /// Registered relations that exist, and the table of registrations itself: what to watch.
    pub watched: Vec<pg_sys::Oid>,
    whole: HashSet<u32>,
    some: HashMap<u32, Vec<String>>,
}

impl State {
    pub fn shown(&self, relation: u32) -> Shown {
        if self.whole.contains(&relation) {
            return Shown::Everything;
        }
        self.some.get(&relation).map_or(Shown::Nothing, |columns| Shown::Columns(columns.clone()))
    }

    /// Equal fingerprints mean equal models, equally visible.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        let mut whole: Vec<&u32> = self.whole.iter().collect();
        whole.sort_unstable();
        whole.hash(&mut hasher);
        let mut some: Vec<_> = self.some.iter().collect();
        some.sort_unstable();
        some.hash(&mut hasher);
        hasher.finish()
    }
}

/// Reads the state, and watches from before it is read on. To be run as the extension's owner.
pub fn read(client: &SpiClient<'_>, role: pg_sys::Oid) -> Result<State> {
    pg::invalidation::watch_all();
    let args = [DatumWithOid::from(role)];
    let rows = client.select(include_str!("../../sql/catalog/state.sql"), Some(1), &args)?;
    let row = rows.first();
    let number = |i| row.get::<i64>(i).map(|n| n.unwrap_or(0));
    let oids = |i| row.get::<Vec<pg_sys::Oid>>(i).map(Option::unwrap_or_default);
    let version = number(1)?.unsigned_abs();
    let mut hasher = DefaultHasher::new();
    (FORMAT, env!("CARGO_PKG_VERSION"), pg::process::database()).hash(&mut hasher);
    (number(2)?, number(3)?, number(8)?).hash(&mut hasher);
    let mut watched = oids(6)?;
    watched.extend(row.get::<pg_sys::Oid>(7)?);
    let partly = oids(5)?;
    let state = State {
        key: hasher.finish(),
        version,
        whole: oids(4)?.into_iter().map(pg_sys::Oid::to_u32).collect(),
        some: if partly.is_empty() { HashMap::new() } else { shown_columns(client, role, partly)? },
        watched,
    };
    pg::invalidation::watch(state.watched.iter().copied());
    Ok(state)
}

fn shown_columns(
    client: &SpiClient<'_>,
    role: pg_sys::Oid,
    relations: Vec<pg_sys::Oid>,
) -> Result<HashMap<u32, Vec<String>>> {
    let args = [DatumWithOid::from(role), DatumWithOid::from(relations)];
    let mut shown = HashMap::new();
    for row in client.select(include_str!("../../sql/catalog/shown_columns.sql"), None, &args)? {
        if let (Some(relation), Some(columns)) = (row.get::<pg_sys::Oid>(1)?, row.get::<Vec<String>>(2)?) {
            shown.insert(relation.to_u32(), columns);
        }
    }
    Ok(shown)
}
