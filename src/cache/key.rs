//! What an entry's value depends on, as bytes.
//!
//! The prefix is what hangs on the session and the state of the database: database, role, row security, the extension
//! itself, the semantic model as the role sees it (its fingerprint), what is taught besides (how often and when it
//! changed), every `router.*` setting by value. After it come the layer, the question, and whatever else the layer
//! needs. The prefix is made once and kept until a message of the server's cache invalidation, an assignment to a
//! setting or a change of role says otherwise: DDL, GRANT and REVOKE, teaching, SET ROLE and SET are seen by the very
//! next question, on standbys too.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;

use pgrx::prelude::*;

use super::{Layer, settings};
use crate::catalog::changes::{self, Changes};
use crate::error::Result;
use crate::{catalog, pg};

/// What the prefix was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    generation: u64,
    knowledge: u64,
    settings: u64,
    role: u32,
    row_security: bool,
}

thread_local! {
    static PREFIX: RefCell<Option<(Stamp, Rc<[u8]>)>> = const { RefCell::new(None) };
}

/// A place in a layer.
#[derive(Debug, Clone)]
pub struct Key {
    pub(super) bytes: Vec<u8>,
    /// Generation of the model that the key was made for.
    pub(super) generation: u64,
}

impl Key {
    /// `None` where nothing may be looked up or stored now: the layer is off, or this transaction has changed what
    /// answers depend on. `label` is the question.
    pub fn new(layer: Layer, label: &str, rest: &[&[u8]]) -> Result<Option<Self>> {
        if settings::lifetime(layer).is_none() {
            return Ok(None);
        }
        let generation = pg::invalidation::generation();
        if pg::invalidation::is_uncommitted() {
            return Ok(None);
        }
        Ok(Some(Self { bytes: joined(&prefix(generation)?, layer, label, rest), generation }))
    }

    /// Generation of the model that it was made for.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The same for a value that hangs on nothing but texts: all roles of the database share it.
    pub fn of_text(layer: Layer, label: &str, rest: &[&[u8]]) -> Option<Self> {
        settings::lifetime(layer)?;
        let mut prefix = [0; PREFIX_LENGTH];
        prefix[..4].copy_from_slice(&pg::process::database().to_le_bytes());
        Some(Self { bytes: joined(&prefix, layer, label, rest), generation: 0 })
    }
}

/// Every part with its length before it, so that no two keys read the same.
fn joined(prefix: &[u8], layer: Layer, label: &str, rest: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(prefix.len() + label.len() + 64);
    bytes.extend_from_slice(prefix);
    bytes.push(layer as u8);
    for part in std::iter::once(label.as_bytes()).chain(rest.iter().copied()) {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

const PREFIX_LENGTH: usize = 4 + 4 + 1 + 4 + 8 + 8 + 8 + 8;

pub(super) fn database_of(key: &[u8]) -> u32 {
    key.get(..4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// The question that a key was made for.
pub(super) fn label_of(key: &[u8]) -> Option<&str> {
    let at = PREFIX_LENGTH + 1;
    let length = u32::from_le_bytes(key.get(at..at + 4)?.try_into().ok()?) as usize;
    std::str::from_utf8(key.get(at + 4..at + 4 + length)?).ok()
}

fn prefix(generation: u64) -> Result<Rc<[u8]>> {
    let role = pg::current_user().to_u32();
    let row_security = pg::row_security();
    let now = |generation| Stamp {
        generation,
        knowledge: pg::invalidation::knowledge(),
        settings: pg::settings_generation(),
        role,
        row_security,
    };
    let stamp = now(generation);
    if let Some(known) = PREFIX.with_borrow(|p| p.as_ref().filter(|(at, _)| *at == stamp).map(|(_, b)| Rc::clone(b))) {
        return Ok(known);
    }
    let model = catalog::model()?;
    let taught = taught()?;
    let mut bytes = Vec::with_capacity(PREFIX_LENGTH);
    bytes.extend_from_slice(&pg::process::database().to_le_bytes());
    bytes.extend_from_slice(&role.to_le_bytes());
    bytes.push(u8::from(row_security));
    bytes.extend_from_slice(&pg::extension().map_or(0, pg_sys::Oid::to_u32).to_le_bytes());
    bytes.extend_from_slice(&model.fingerprint.to_le_bytes());
    bytes.extend_from_slice(&taught.count.to_le_bytes());
    bytes.extend_from_slice(&taught.latest.to_le_bytes());
    bytes.extend_from_slice(&settings_hash().to_le_bytes());
    let bytes: Rc<[u8]> = bytes.into();
    // Only if nothing changed while it was made; loading itself may take messages in.
    if now(pg::invalidation::generation()) == stamp {
        PREFIX.set(Some((stamp, Rc::clone(&bytes))));
    }
    Ok(bytes)
}

/// How often and when something was taught. Two states of one database that any two sessions can see differ in this or
/// in the model's fingerprint: changes are only added, and become visible in one order.
fn taught() -> Result<Changes> {
    // Not the relation that is taught into: its plans would be made anew each time.
    pg::invalidation::watch_knowledge(pg::table::oid_of(c"templates")?);
    pg::with_latest_snapshot(changes::read)
}

fn settings_hash() -> u64 {
    let mut hasher = DefaultHasher::new();
    // What the caches keep and for how long changes no answer.
    let matters = |name: &str| !name.starts_with("router.cache") && name != "router.shared_cache_size";
    for (name, value) in pg::watched_settings().into_iter().filter(|(n, _)| n.to_str().is_ok_and(matters)) {
        hasher.write(name.to_bytes_with_nul());
        hasher.write(value.as_bytes());
        hasher.write_u8(0);
    }
    hasher.finish()
}
