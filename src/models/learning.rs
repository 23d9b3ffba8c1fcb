//! Keeps what was learned from recorded outcomes in the session, and up to date.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::time::{Duration, Instant};

use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use pgrx::{PgSubXactCallbackEvent, PgXactCallbackEvent};
use router_core::models::{Learner, PromptFeatures};

use super::plan::Plan;
use super::settings;
use crate::error::Result;

/// After this the outcomes are read anew: deleted ones are forgotten by then.
const READ_ANEW: Duration = Duration::from_secs(600);

thread_local! {
    static LEARNED: RefCell<Option<Learned>> = const { RefCell::new(None) };
    /// A rollback took back rows that may have been read.
    static FORGET: Cell<bool> = const { Cell::new(false) };
    static POSITION: Plan = Plan::new(
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_current_xact_id_if_assigned()::text",
        &[],
    );
    static LATEST: Plan = Plan::new("SELECT max(outcome_id) FROM router.prompt_outcomes", &[]);
    static LOAD: Plan = Plan::new(
        include_str!("../../sql/models/query/load_outcomes.sql"),
        &[PgBuiltInOids::INT8OID, PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID],
    );
}

struct Learned {
    learner: Learner,
    seen: HashSet<i64>,
    last: i64,
    /// Oldest transaction that ran when outcomes were last read.
    oldest_running: String,
    since: Instant,
    /// Holds rows of a transaction that may still roll back.
    uncommitted: bool,
}

/// Runs `f` with all outcomes that this transaction sees.
pub fn with_learner<T>(client: &SpiClient<'_>, f: impl FnOnce(&mut Learner) -> T) -> Result<T> {
    LEARNED.with_borrow_mut(|slot| {
        let most = usize::try_from(settings::learned_outcomes()).unwrap_or(usize::MAX);
        let stale = |l: &Learned| l.since.elapsed() > READ_ANEW || l.learner.outcomes() > most + most / 5;
        if FORGET.replace(false) || slot.as_ref().is_some_and(stale) {
            *slot = None;
        }
        let position = POSITION.with(|p| p.select(client, &[]))?.first();
        let (oldest, own) = (position.get::<String>(1)?.unwrap_or_default(), position.get::<String>(2)?);
        let learned = match slot {
            Some(learned) => learned,
            None => {
                let latest = LATEST.with(|p| p.select(client, &[]))?.first().get_one::<i64>()?.unwrap_or(0);
                slot.insert(Learned {
                    learner: Learner::default(),
                    seen: HashSet::new(),
                    last: (latest - settings::learned_outcomes()).max(0),
                    oldest_running: oldest.clone(),
                    since: Instant::now(),
                    uncommitted: false,
                })
            }
        };
        let news = [learned.last.into(), learned.oldest_running.as_str().into(), own.as_deref().into()];
        let rows = LOAD.with(|p| p.select(client, &news))?;
        let read_any = !rows.is_empty();
        for row in rows {
            let (Some(id), Some(hash), Some(bytes)) = (row.get::<i64>(1)?, row.get::<&[u8]>(2)?, row.get::<&[u8]>(3)?)
            else {
                continue;
            };
            learned.last = learned.last.max(id);
            let (task_type, model) = (row.get::<&str>(4)?.unwrap_or_default(), row.get::<&str>(5)?.unwrap_or_default());
            if learned.seen.insert(id)
                && let Some(features) = PromptFeatures::from_bytes(bytes)
            {
                learned.learner.add(hash, &features, task_type, model, row.get::<f32>(6)?.unwrap_or(0.0));
            }
        }
        learned.oldest_running = oldest;
        if read_any && own.is_some() && !learned.uncommitted {
            learned.uncommitted = true;
            forget_if_rolled_back();
        }
        Ok(f(&mut learned.learner))
    })
}

fn forget_if_rolled_back() {
    pgrx::register_xact_callback(PgXactCallbackEvent::Abort, || FORGET.set(true));
    pgrx::register_xact_callback(PgXactCallbackEvent::Commit, || {
        // A callback must not fail: a borrow that is held is left alone.
        LEARNED.with(|slot| {
            if let Ok(mut slot) = slot.try_borrow_mut()
                && let Some(learned) = slot.as_mut()
            {
                learned.uncommitted = false;
            }
        });
    });
    pgrx::register_subxact_callback(PgSubXactCallbackEvent::AbortSub, |_, _| FORGET.set(true));
}
