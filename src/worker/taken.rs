//! Statements that want the database for themselves (DROP, CREATE ... TEMPLATE, RENAME, SET TABLESPACE): the worker
//! makes way and comes back if the database is still there.

use std::time::{Duration, Instant};

use crate::pg::process;
use crate::pg::utility::Watcher;
use crate::pg::worker::board;

pub const WATCHER: Watcher = Watcher { before_taken, after_taken, after_drop };

/// The server itself waits 5 s for others to leave.
const PATIENCE: Duration = Duration::from_secs(5);
/// A job that takes longer than this is cancelled.
const FOR_A_JOB: Duration = Duration::from_secs(2);
/// No worker starts in between, microseconds.
const HOLD: i64 = 15_000_000;

fn before_taken(database: u32) {
    if board::hold(database, HOLD).is_none() {
        return;
    }
    let began = Instant::now();
    let mut cancelled = false;
    while board::is_in(database) && began.elapsed() < PATIENCE {
        process::wait(Duration::from_millis(10));
        if !cancelled && began.elapsed() > FOR_A_JOB {
            cancelled = true;
            board::end(database);
        }
    }
}

fn after_taken(database: u32, gone: bool) {
    board::release(database, gone);
}

fn after_drop() {
    board::ask_to_look(process::database());
}
