//! The semantic model as each role sees it, kept in this backend until something it was compiled from changes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use pgrx::prelude::*;
use router_core::semantic::compiled::View;
use router_core::semantic::{Lexicon, SemanticModel};

use super::load::Problem;
use super::relations::RegisteredRelations;
use super::{compiled, state};
use crate::error::{Error, Result};
use crate::pg;

/// What one role may see of the registered datasets.
#[derive(Debug)]
pub struct RoleModel {
    pub role: pg_sys::Oid,
    /// Equal fingerprints mean equal models, equally visible, in every backend of the server. For caches of answers,
    /// because two uncommitted states can share a version.
    pub fingerprint: u64,
    pub model: SemanticModel,
    /// Registrations that are not what they should be. For operators: it names relations the role may not see.
    pub problems: Vec<Problem>,
    relations: Rc<RegisteredRelations>,
    view: Arc<View>,
    lexicon: Lexicon,
}

impl RoleModel {
    /// The words for what the role may see.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The same with nothing of the compiled form in memory.
    fn emptied(&self) -> Self {
        let mut model = SemanticModel::over(Arc::clone(&self.view));
        (model.version, model.calibration) = (self.model.version, self.model.calibration.clone());
        Self {
            role: self.role,
            fingerprint: self.fingerprint,
            model,
            problems: self.problems.clone(),
            relations: Rc::clone(&self.relations),
            view: Arc::clone(&self.view),
            lexicon: self.lexicon.clone(),
        }
    }
}

/// Roles kept at once: connection pools with SET ROLE use more than one, few use more than this.
const ROLES_KEPT: usize = 8;

/// Datasets that a role's model keeps in memory; some 5 kB each.
const DATASETS_KEPT: usize = 96;

/// After so many questions the mapped pages are let go, so that a backend does not come to own all of a large file.
const QUESTIONS_BETWEEN: u32 = 16;

/// Bytes of a file that is not worth letting go.
const SMALL_FILE: usize = 1 << 20;

thread_local! {
    /// Least recently used first, with the generation each was loaded at.
    static LOADED: RefCell<Vec<(u64, Rc<RoleModel>)>> = const { RefCell::new(Vec::new()) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// The model as the current user may see it: from this backend's copy unless a registration, a privilege,
/// a role or the definition of a registered relation changed since it was loaded.
pub fn model() -> Result<Rc<RoleModel>> {
    let role = pg::current_user();
    let generation = pg::invalidation::generation();
    ASKED.set(ASKED.get().wrapping_add(1));
    if ASKED.get().is_multiple_of(QUESTIONS_BETWEEN) {
        pg::mapped::let_go(SMALL_FILE);
    }
    let known = LOADED.with_borrow_mut(|loaded| {
        loaded.retain(|(at, _)| *at == generation);
        let found = loaded.iter().position(|(_, m)| m.role == role)?;
        let (at, mut model) = loaded.remove(found);
        if model.model.datasets.loaded() > DATASETS_KEPT {
            model = Rc::new(model.emptied());
        }
        loaded.push((at, Rc::clone(&model)));
        Some(model)
    });
    if let Some(model) = known {
        return Ok(model);
    }
    let (state, compiled) = pg::with_latest_snapshot(|| {
        let state = state::read(role)?;
        let compiled = compiled::compiled(&state)?;
        Ok::<_, Error>((state, compiled))
    })?;
    let notes = compiled::notes(&compiled);
    let view = Arc::new(View::new(compiled, |relation| state.shown(relation)));
    let mut model = SemanticModel::over(Arc::clone(&view));
    (model.version, model.calibration) = (state.version, notes.calibration);
    let loaded = Rc::new(RoleModel {
        role,
        fingerprint: state.fingerprint(),
        model,
        problems: notes.problems,
        relations: Rc::new(RegisteredRelations::from(notes.relations)),
        lexicon: Lexicon::over(Arc::clone(&view)),
        view,
    });
    LOADED.with_borrow_mut(|kept| {
        if kept.len() >= ROLES_KEPT {
            kept.remove(0);
        }
        kept.push((generation, Rc::clone(&loaded)));
    });
    Ok(loaded)
}

/// Every registered relation that exists, from the same copy.
pub fn registered_relations() -> Result<Rc<RegisteredRelations>> {
    Ok(Rc::clone(&model()?.relations))
}
