//! The board as a worker sees it: its own place.

use super::{EMPTY, ENTRIES, Entry, RUNNING, STARTING, WANTED, launcher};
use crate::pg::process::{self, Process};

/// For a worker that has just been started: the database it is for. It connects there, and then says
/// [`i_am_connected`].
pub fn my_database(number: usize) -> Option<u32> {
    let process = Process::this();
    ENTRIES
        .with_all(|all| {
            let entry = all.get_mut(number).filter(|e| e.phase == STARTING && e.database != 0)?;
            if entry.stop != 0 {
                // Somebody wants the database for himself: another comes when that is over.
                entry.phase = WANTED;
                return None;
            }
            entry.worker = process;
            Some(entry.database)
        })
        .flatten()
}

/// For a worker: from now on it takes work. False if it was told to leave meanwhile.
pub fn i_am_connected(number: usize) -> bool {
    let (process, now) = (Process::this(), process::now());
    with_mine(number, process, |entry| {
        entry.phase = RUNNING;
        entry.started_at = now;
        entry.starts = entry.starts.saturating_add(1);
        entry.asked = 0;
        if entry.demanded_at == 0 {
            entry.demanded_at = now;
        }
        entry.stop == 0
    })
    .unwrap_or(false)
}

/// What others ask of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    pub stop: bool,
    pub look: bool,
    /// Only looking for work.
    pub probe: bool,
    /// Microseconds since somebody last had something for it.
    pub idle: i64,
}

/// For a worker: its orders; `None` if the place is no longer its own.
pub fn orders(number: usize) -> Option<Orders> {
    let (process, now) = (Process::this(), process::now());
    with_mine(number, process, |entry| {
        entry.asked = 0;
        Orders {
            stop: entry.stop != 0,
            look: std::mem::take(&mut entry.look) != 0,
            probe: entry.probe != 0,
            idle: now - entry.demanded_at,
        }
    })
}

/// Why a worker leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The extension is not here.
    ForGood,
    /// Nobody needs it.
    Idle,
    /// It was told to, with work left.
    Unfinished,
}

/// For a worker that leaves by its own choice, or was told to. A hold stays. Another worker follows if work is left, or
/// where a demand came too late for this one.
pub fn i_leave(number: usize, left: Left) {
    let wanted = with_mine(number, Process::this(), |entry| {
        // Whoever asks in the moment of leaving is not to be forgotten: the extension may just have been created.
        let wanted = left == Left::Unfinished || entry.asked != 0;
        let kept = Entry {
            database: entry.database,
            held_until: entry.held_until,
            demanded_at: entry.demanded_at,
            probe: entry.probe,
            phase: if wanted { WANTED } else { 0 },
            ..EMPTY
        };
        *entry = if wanted || entry.held_until != 0 { kept } else { EMPTY };
        wanted
    });
    if wanted == Some(true)
        && let Some(launcher) = launcher()
    {
        launcher.wake();
    }
}

fn with_mine<R>(number: usize, process: Process, f: impl FnOnce(&mut Entry) -> R) -> Option<R> {
    ENTRIES.with_all(|all| all.get_mut(number).filter(|e| e.worker == process).map(f)).flatten()
}
