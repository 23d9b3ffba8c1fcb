//! The semantic model, kept per role in this backend until something it was loaded from changes.

use std::cell::{OnceCell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use pgrx::prelude::*;
use router_core::semantic::{Lexicon, SemanticModel};

use super::load::{Problem, load};
use super::relations::registered_relations;
use crate::error::Result;
use crate::pg;

/// What one role may see of the registered datasets.
#[derive(Debug)]
pub struct RoleModel {
    pub role: pg_sys::Oid,
    /// A hash of the whole model: equal fingerprints mean equal models, in every backend of this server version.
    /// For caches of answers, because two uncommitted states can share a version.
    pub fingerprint: u64,
    pub model: SemanticModel,
    /// Registrations that are not what they should be. For operators: it names relations the role may not see.
    pub problems: Vec<Problem>,
    lexicon: OnceCell<Lexicon>,
}

impl RoleModel {
    /// The model's words, compiled when the first question needs them.
    pub fn lexicon(&self) -> &Lexicon {
        self.lexicon.get_or_init(|| Lexicon::build(&self.model))
    }
}

/// Roles kept at once: connection pools with SET ROLE use more than one, few use more than this.
const ROLES_KEPT: usize = 8;

thread_local! {
    /// Least recently used first, with the generation each was loaded at.
    static LOADED: RefCell<Vec<(u64, Rc<RoleModel>)>> = const { RefCell::new(Vec::new()) };
}

/// The model as the current user may see it: from this backend's copy unless a registration, a privilege,
/// a role or the definition of a registered relation changed since it was loaded.
pub fn model() -> Result<Rc<RoleModel>> {
    let role = pg::current_user();
    let generation = pg::invalidation::generation();
    let known = LOADED.with_borrow_mut(|loaded| {
        loaded.retain(|(at, _)| *at == generation);
        let found = loaded.iter().position(|(_, m)| m.role == role)?;
        let entry = loaded.remove(found);
        let model = Rc::clone(&entry.1);
        loaded.push(entry);
        Some(model)
    });
    if let Some(model) = known {
        return Ok(model);
    }
    // Declares the relations whose events matter, before anything is read from them.
    registered_relations()?;
    let (model, problems) =
        pg::as_extension_owner(|| pg::with_latest_snapshot(|| Spi::connect(|client| load(client, role))))?;
    let loaded =
        Rc::new(RoleModel { role, fingerprint: fingerprint(&model), model, problems, lexicon: OnceCell::new() });
    LOADED.with_borrow_mut(|kept| {
        if kept.len() >= ROLES_KEPT {
            kept.remove(0);
        }
        kept.push((generation, Rc::clone(&loaded)));
    });
    Ok(loaded)
}

/// Over the datasets and relationships, not the version.
fn fingerprint(model: &SemanticModel) -> u64 {
    struct Feed(DefaultHasher);
    impl std::io::Write for Feed {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            bytes.hash(&mut self.0);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut feed = std::io::BufWriter::with_capacity(1 << 16, Feed(DefaultHasher::new()));
    // Plain data without maps: serialising it cannot fail, and writes the same bytes every time.
    let written = serde_json::to_writer(&mut feed, &(&model.datasets, &model.relationships, &model.calibration));
    match (written, feed.into_inner()) {
        (Ok(()), Ok(feed)) => feed.0.finish(),
        _ => model.version,
    }
}
