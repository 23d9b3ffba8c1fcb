//! The background worker: what takes long, must write, or talks to the network happens here, never in a backend.
//!
//! A launcher, started with the server, starts one worker a database when somebody has something for it. Where the
//! library is not preloaded, and on a standby, there is neither, and everything that wants them does without.

mod bell;
mod call;
pub mod client;
pub mod endpoint;
mod jobs;
mod launcher;
mod outcomes;
pub mod queue;
pub mod readings;
mod run;
mod schema;
pub mod settings;
mod taken;

pub use crate::pg::worker::board::{Presence, State};
pub use call::{Kind, Shadow};
pub use jobs::{Job, JobContext, never, nothing};

use crate::error::{Error, Result};
use crate::pg::background::{self, Mains};
use crate::pg::worker::{board, endpoints, slots};
use crate::pg::{process, utility};

/// Reserves the shared memory and has the launcher started, if the library is being preloaded.
pub fn init() {
    if !background::preloading() {
        return;
    }
    bell::cast(settings::max_workers());
    board::init();
    slots::init();
    endpoints::init();
    utility::init(taken::WATCHER);
    background::start_launcher_with_server(Mains { launcher: launcher::run, worker: run::run });
}

/// Has this database's worker do its woken jobs now; has it started if need be. Cheap enough for every full buffer,
/// not for every question. Says whether somebody will come.
pub fn wake() -> Presence {
    let presence = board::demand(process::database());
    if let Presence::Running { number, .. } = presence {
        bell::ring(number, bell::Reason::Jobs);
    }
    presence
}

/// Has the worker started if there is none; it comes in its time.
pub fn expect() {
    board::demand(process::database());
}

/// As [`wake`], once this transaction is committed: what it wrote is not there before. A worker is there before, too:
/// of a transaction that is prepared somebody else says that it is committed. Says whether somebody will come.
pub fn wake_at_commit() -> Presence {
    let presence = board::demand(process::database());
    pgrx::register_xact_callback(pgrx::PgXactCallbackEvent::Commit, || {
        wake();
    });
    presence
}

/// Has the worker started if there is none, since the extension is in use here. Looks at most once a second.
pub fn notice() {
    thread_local! {
        static LOOKED: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    }
    let now = process::now();
    if (now - LOOKED.get()).abs() > 1_000_000 {
        LOOKED.set(now);
        board::demand(process::database());
    }
}

/// What is known of this database's worker.
pub fn state() -> State {
    board::state(process::database())
}

/// Slots of live requests, and how many of them are taken.
pub fn slots_in_use() -> (usize, usize) {
    slots::usage()
}

/// The embedding of a text by `router.embedding_model`, asked for now: at most `router.llm_timeout` long.
pub fn embed(text: &str) -> Result<Vec<f32>> {
    if text.trim().is_empty() {
        return Err(Error::invalid("the text is blank"));
    }
    let order = endpoint::for_embeddings(endpoint::embedding_model()?, &crate::pg::new_uuid(), &[text.to_owned()])?;
    let answer = client::call(&order, settings::llm_timeout()).map_err(|absence| {
        Error::new(pgrx::PgSqlErrorCode::ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION, absence.text())
            .with_hint("SELECT * FROM router_worker(), router_endpoints()")
    })?;
    let vectors: Vec<Vec<f32>> = serde_json::from_str(&answer.content).unwrap_or_default();
    vectors.into_iter().next().ok_or_else(|| Error::invalid("the endpoint gave no vector"))
}
