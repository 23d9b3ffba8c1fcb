//! Rows of queries, kept if `router.cache_results` says so.
//!
//! Kept are rows of a statement that calls nothing but immutable functions, that no row security had a part in, over
//! tables, views and materialised views of this database (not foreign, not temporary), read in a transaction that has
//! written nothing and takes a new snapshot for every statement. An entry is good while the statement means the
//! same (its rewritten tree, the relations of its plan, their files), and none of these relations, nor an ancestor of
//! one, is being written or was written since ([`crate::pg::writes`]). Changes that come by replication go past that: a
//! standby keeps no rows, nor does a database with a subscription. Before a hit the statement is judged and planned as
//! ever; only running it is saved.

use std::ffi::CStr;

use pgrx::prelude::*;
use serde::{Deserialize, Serialize};

use super::key::Key;
use super::{Layer, store};
use crate::error::Result;
use crate::execute::Rows;
use crate::pg;
use crate::pg::run::Repeatable;
use crate::pg::writes::{Counts, counts};

/// Settings that change how values are printed or compared, besides the extension's own.
const PRINTED_BY: [&CStr; 7] = [
    c"TimeZone",
    c"DateStyle",
    c"IntervalStyle",
    c"extra_float_digits",
    c"bytea_output",
    c"lc_monetary",
    c"lc_numeric",
];

/// A statement's place, and the state of all tables before it is run.
pub struct Place {
    key: Key,
    before: Counts,
}

#[derive(Serialize, Deserialize)]
struct Entry<R> {
    statement: Repeatable,
    /// With their ancestors.
    relations: Vec<u32>,
    state: Vec<u64>,
    rows: R,
}

/// Where the rows of a statement are or would be kept; `None` if they may not be.
pub fn place(sql: &str) -> Result<Option<Place>> {
    if pg::snapshot_is_fixed() || pg::in_recovery() || pg::has_written() {
        return Ok(None);
    }
    let printed: Vec<String> = PRINTED_BY.iter().map(|name| pg::setting(name)).collect();
    let Some(key) = Key::new(Layer::QueryResult, sql, &[printed.join("\n").as_bytes()])? else { return Ok(None) };
    Ok(counts().map(|before| Place { key, before }))
}

impl Place {
    /// The rows kept, if they are still what the statement would give, with their age.
    pub fn get(&self, statement: &Repeatable) -> Option<Rows> {
        let (created, bytes) = store::get(Layer::QueryResult, &self.key.bytes)?;
        let entry: Entry<Rows> = serde_json::from_slice(&bytes).ok()?;
        if entry.statement != *statement || self.before.of(&entry.relations)? != entry.state {
            return None;
        }
        let age = (pg::statement_time() - created).max(0) as f64 / 1e6;
        Some(Rows { age_seconds: Some(age), ..entry.rows })
    }

    /// Keeps rows that were read after this place was made.
    pub fn put(&self, rows: &Rows, statement: Repeatable) -> Result<()> {
        let Some(relations) = sources(statement.relations())? else { return Ok(()) };
        let Some(state) = self.before.of(&relations) else { return Ok(()) };
        if counts().and_then(|now| now.of(&relations)).as_ref() != Some(&state) {
            return Ok(());
        }
        if let Ok(bytes) = serde_json::to_vec(&Entry { statement, relations, state, rows }) {
            store::put(Layer::QueryResult, &self.key.bytes, &bytes, pg::statement_time());
        }
        Ok(())
    }
}

/// The relations with their ancestors; `None` if one of them changes unseen.
fn sources(relations: impl Iterator<Item = u32>) -> Result<Option<Vec<u32>>> {
    let oids: Vec<pg_sys::Oid> = relations.map(pg_sys::Oid::from_u32).collect();
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let row = client.select(include_str!("../../sql/cache/sources.sql"), Some(1), &[oids.into()])?.first();
            let found = row.get::<Vec<pg_sys::Oid>>(1)?;
            Ok(found.map(|oids| oids.iter().map(|oid| oid.to_u32()).collect()))
        })
    })
}
