//! Which state the semantic model is in, and what a role may see of it: looked up again only when something may have
//! changed.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use pgrx::pg_sys;
use router_core::semantic::compiled::{FORMAT, Shown};

use crate::error::Result;
use crate::pg::catalogs::Readable;
use crate::pg::table::Table;
use crate::pg::{self, Regclass};

/// A state of the model as one role sees it.
#[derive(Debug)]
pub struct State {
    /// Equal keys mean equal models, their version aside: that also counts what is taught besides.
    pub key: u64,
    /// The semantic version.
    pub version: u64,
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

/// Reads the state, and watches from before it is read on.
pub fn read(role: pg_sys::Oid) -> Result<State> {
    pg::invalidation::watch_all();
    let changes = super::changes::read()?;
    let datasets = Table::open_to_read(c"datasets")?;
    let mut registered = registered(&datasets)?;
    registered.sort_unstable();
    let described = pg::catalogs::describe(&registered, role);
    let mut hasher = DefaultHasher::new();
    (FORMAT, env!("CARGO_PKG_VERSION"), pg::process::database()).hash(&mut hasher);
    (changes.mark, described.hash, pg::server_version()).hash(&mut hasher);
    let (mut whole, mut some) = (HashSet::new(), HashMap::new());
    // Registered relations that exist, and the table of registrations itself.
    let mut watched = vec![datasets.oid()];
    for existing in described.relations {
        let relation = existing.oid;
        watched.push(pg_sys::Oid::from(relation));
        match pg::catalogs::readable(role, existing) {
            Readable::Everything => drop(whole.insert(relation)),
            Readable::Some(columns) => drop(some.insert(relation, columns)),
            Readable::Nothing => {}
        }
    }
    pg::invalidation::watch(watched.into_iter());
    Ok(State { key: hasher.finish(), version: changes.count.unsigned_abs(), whole, some })
}

fn registered(datasets: &Table) -> Result<Vec<u32>> {
    let relation = datasets.column::<Regclass>(c"relation")?;
    let mut registered = Vec::new();
    datasets.each(|row| registered.extend(row.get(relation).map(|r| r.0.to_u32())));
    Ok(registered)
}
