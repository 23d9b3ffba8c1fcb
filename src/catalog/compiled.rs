//! The compiled model of the state at hand: mapped from its files, or compiled when nobody has done it yet.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::semantic::compiled::{
    Bytes, Compiled, Corrupt, Names, Sections, Values, ValuesBuilder, compile_names,
};

use super::files::{self, Part};
use super::load::{self, Problem};
use super::relations;
use super::state::State;
use crate::asking::calibration;
use crate::error::{Error, Result};
use crate::pg;

/// What is kept beside the names.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Notes {
    pub problems: Vec<Problem>,
    pub relations: Vec<relations::Noted>,
    pub calibration: Option<Vec<f32>>,
}

thread_local! {
    static LAST: RefCell<Option<Arc<Compiled>>> = const { RefCell::new(None) };
}

/// The compiled model of `state`, read under the snapshot that is active now.
pub fn compiled(state: &State) -> Result<Arc<Compiled>> {
    let last = LAST.with_borrow(|last| last.as_ref().filter(|c| c.names.key() == state.key).map(Arc::clone));
    if let Some(last) = last {
        return Ok(last);
    }
    let compiled = Arc::new(match mapped(state.key) {
        Some(compiled) => compiled,
        None => pg::as_extension_owner(|| Spi::connect(|client| compile(client, state)))?,
    });
    LAST.set(Some(Arc::clone(&compiled)));
    Ok(compiled)
}

pub fn notes(compiled: &Compiled) -> Notes {
    postcard::from_bytes(compiled.names.notes()).unwrap_or_default()
}

/// From files, if all of them are there.
fn mapped(key: u64) -> Option<Compiled> {
    let names = Names::open(files::open(Part::Names, key)?).ok().filter(|n| n.key() == key)?;
    let values: Option<Vec<Values>> = names.segments().iter().map(|k| open_values(*k)).collect();
    Some(Compiled { names, values: values? })
}

fn open_values(key: u64) -> Option<Values> {
    Values::open(files::open(Part::Values, key)?).ok().filter(|v| v.key() == key)
}

/// A state that nobody else sees is compiled in memory, for this backend alone.
fn compile(client: &SpiClient<'_>, state: &State) -> Result<Compiled> {
    let lock = if pg::has_written() || pg::snapshot_is_fixed() { None } else { files::lock() };
    if lock.is_some()
        && let Some(compiled) = mapped(state.key)
    {
        return Ok(compiled);
    }
    let shared = lock.is_some();
    let held = held(client)?;
    let values = values(client, &held, shared)?;
    let complete = held.iter().map(|h| ((h.relation, h.column.clone()), h.complete)).collect();
    let loaded = load::load(client, state.version, &complete)?;
    let fresh: HashMap<(u32, &str), u64> = held.iter().map(|h| ((h.relation, h.column.as_str()), h.stamp)).collect();
    let notes = Notes {
        problems: loaded.problems.clone(),
        relations: relations::noted(client)?,
        calibration: calibration::newest(client)?,
    };
    let names = compile_names(
        state.key,
        &loaded.model,
        &values,
        &|(segment, column), of| {
            let head = values[segment].head(column);
            fresh.get(&(head.relation, values[segment].column_name(&head))) == Some(&head.stamp)
                && loaded.shows_values(of)
        },
        postcard::to_allocvec(&notes).unwrap_or_default(),
    );
    drop(loaded);
    let names = Names::open(kept(Part::Names, state.key, names, shared)).map_err(broken)?;
    if shared {
        let mut own: Vec<(Part, u64)> = names.segments().iter().map(|k| (Part::Values, *k)).collect();
        own.push((Part::Names, state.key));
        let databases = databases(client)?;
        files::remove_stale(&own, &|d| databases.contains(&d));
    }
    pg::mapped::trim_heap();
    Ok(Compiled { names, values })
}

/// Written and mapped, or kept in memory where it can't be.
fn kept(part: Part, key: u64, sections: Sections, shared: bool) -> Bytes {
    if shared && files::write(part, key, &sections).is_ok() {
        pg::mapped::remember_whole(key);
        if let Some(mapped) = files::open(part, key) {
            return mapped;
        }
    }
    sections.into_bytes()
}

/// Never met: what was just compiled opens.
fn broken(corrupt: Corrupt) -> Error {
    Error::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("the semantic model could not be compiled: {corrupt}"))
}

/// Harvested values of one column, as its row tells.
struct Held {
    relation: u32,
    column: String,
    stamp: u64,
    complete: bool,
    bytes: u64,
}

fn held(client: &SpiClient<'_>) -> Result<Vec<Held>> {
    let mut held = Vec::new();
    for row in client.select(include_str!("../../sql/catalog/values_held.sql"), None, &[])? {
        if let (Some(relation), Some(column)) = (row.get::<pg_sys::Oid>(1)?, row.get::<String>(2)?) {
            held.push(Held {
                relation: relation.to_u32(),
                column,
                stamp: row.get::<i64>(3)?.unwrap_or(0).cast_unsigned(),
                complete: row.get::<bool>(4)?.unwrap_or(false),
                bytes: row.get::<i64>(5)?.unwrap_or(0).unsigned_abs(),
            });
        }
    }
    Ok(held)
}

/// Segments that hold the values of all columns: what is compiled already, and one of what changed since. Where that
/// would be much, everything is compiled anew.
fn values(client: &SpiClient<'_>, held: &[Held], shared: bool) -> Result<Vec<Values>> {
    let wanted: HashMap<(u32, &str), u64> = held.iter().map(|h| ((h.relation, h.column.as_str()), h.stamp)).collect();
    let valid = |values: &Values| -> (HashSet<(u32, String)>, usize) {
        let heads = (0..values.column_count()).map(|c| values.head(c));
        let valid = heads.filter(|h| wanted.get(&(h.relation, values.column_name(h))) == Some(&h.stamp));
        let mut count = 0;
        let columns = valid.map(|h| {
            count += h.count as usize;
            (h.relation, values.column_name(&h).to_owned())
        });
        (columns.collect(), count)
    };
    let known = LAST.with_borrow(|last| last.as_ref().map_or_else(Vec::new, |c| c.values.clone()));
    let candidates = known.into_iter().chain(files::values().into_iter().filter_map(open_values));
    let base = candidates.map(|v| (valid(&v), v)).max_by_key(|((_, count), _)| *count);
    let mut segments = Vec::new();
    let mut missing: Vec<&Held> = held.iter().collect();
    if let Some(((columns, count), base)) = base
        && 2 * count >= base.value_count()
    {
        let rest: Vec<&Held> = held.iter().filter(|h| !columns.contains(&(h.relation, h.column.clone()))).collect();
        let size = |list: &[&Held]| list.iter().map(|h| h.bytes).sum::<u64>();
        if 4 * size(&rest) <= size(&missing) {
            segments.push(base);
            missing = rest;
        }
    }
    if !missing.is_empty() {
        let key = values_key(&missing);
        let compiled = match open_values(key) {
            Some(values) => values,
            None => {
                let sections = read_values(client, &missing)?.finish(key);
                Values::open(kept(Part::Values, key, sections, shared)).map_err(broken)?
            }
        };
        segments.push(compiled);
    }
    Ok(segments)
}

fn values_key(held: &[&Held]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (router_core::semantic::compiled::FORMAT, pg::process::database()).hash(&mut hasher);
    held.iter().for_each(|h| (h.relation, &h.column, h.stamp).hash(&mut hasher));
    hasher.finish()
}

fn read_values(client: &SpiClient<'_>, held: &[&Held]) -> Result<ValuesBuilder> {
    /// Columns read at once: each may hold a megabyte.
    const BATCH: usize = 64;
    let mut builder = ValuesBuilder::default();
    for some in held.chunks(BATCH) {
        let relations: Vec<pg_sys::Oid> = some.iter().map(|h| pg_sys::Oid::from_u32(h.relation)).collect();
        let columns: Vec<String> = some.iter().map(|h| h.column.clone()).collect();
        let stamps: HashMap<(u32, &str), &Held> = some.iter().map(|h| ((h.relation, h.column.as_str()), *h)).collect();
        let args = [DatumWithOid::from(relations), DatumWithOid::from(columns)];
        for row in client.select(include_str!("../../sql/catalog/load_values.sql"), None, &args)? {
            let (Some(relation), Some(column)) = (row.get::<pg_sys::Oid>(1)?, row.get::<String>(2)?) else { continue };
            let Some(held) = stamps.get(&(relation.to_u32(), column.as_str())) else { continue };
            let stored = row.get::<Vec<Option<String>>>(3)?.unwrap_or_default();
            let stored = stored.iter().flatten().map(String::as_str);
            builder.column(relation.to_u32(), &column, held.stamp, held.complete, stored);
        }
    }
    Ok(builder)
}

fn databases(client: &SpiClient<'_>) -> Result<HashSet<u32>> {
    let mut databases = HashSet::new();
    for row in client.select("SELECT oid FROM pg_database", None, &[])? {
        databases.extend(row.get::<pg_sys::Oid>(1)?.map(pg_sys::Oid::to_u32));
    }
    Ok(databases)
}
