//! The background worker: what takes long, must write, or talks to the network happens here, never in a backend.
//!
//! A launcher, started with the server, starts one worker a database when somebody has something for it. Where the
//! library is not preloaded, and on a standby, there is neither, and everything that wants them does without.

mod bell;
mod jobs;
mod launcher;
mod run;
pub mod settings;
mod taken;

pub use crate::pg::worker::board::{Presence, State};
#[allow(unused_imports)]
pub use jobs::JobContext;

use crate::pg::background::{self, Mains};
use crate::pg::worker::board;
use crate::pg::{process, utility};

/// Reserves the shared memory and has the launcher started, if the library is being preloaded.
pub fn init() {
    if !background::preloading() {
        return;
    }
    bell::cast(settings::max_workers());
    board::init();
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

/// Has the worker started if there is none, since the extension is in use here. Looks at most once a second.
pub fn notice() {
    thread_local! {
        static LOOKED: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    }
    let now = process::now();
    if now - LOOKED.get() > 1_000_000 {
        LOOKED.set(now);
        board::demand(process::database());
    }
}

/// What is known of this database's worker.
pub fn state() -> State {
    board::state(process::database())
}
