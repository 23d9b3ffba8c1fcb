//! Which database has a worker, wants one, or must not have one now.
//!
//! One small array under one lock. Whoever changes an entry wakes whom it concerns, after the lock is released.

mod launcher;
mod member;

pub use launcher::{
    could_not_start, forget_failed, forget_gone, is_probing, launcher_is_here, launcher_is_off, next_start_in,
    next_to_start, reap, somebody_was_turned_away,
};
pub use member::{Left, i_am_connected, i_leave, my_database, orders};

use crate::pg::process::{self, Process};
use crate::pg::shared_array::{Plain, SharedArray};

#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Entry {
    /// 0: the entry is free.
    database: u32,
    phase: u32,
    worker: Process,
    /// Times in microseconds since 2000-01-01.
    demanded_at: i64,
    started_at: i64,
    retry_at: i64,
    /// Until then no worker may be in the database, since somebody drops or copies it.
    held_until: i64,
    failures: u32,
    starts: u32,
    stop: u32,
    /// Somebody asked it to look whether the extension is still there.
    look: u32,
    /// It is to leave unless there is work.
    probe: u32,
    /// Somebody has asked for the worker since it last looked here. No time tells that: clocks are set back.
    asked: u32,
}

// SAFETY: numbers only.
unsafe impl Plain for Entry {}

#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Launcher {
    process: Process,
    /// Since it last looked a database found no place on the board.
    turned_away: u32,
}

// SAFETY: numbers only.
unsafe impl Plain for Launcher {}

const WANTED: u32 = 1;
const STARTING: u32 = 2;
const RUNNING: u32 = 3;
const FAILED: u32 = 4;

static ENTRIES: SharedArray<Entry> = SharedArray::new(c"router workers", entries_size, 1);
static LAUNCHER: SharedArray<Launcher> = SharedArray::new(c"router launcher", launcher_size, 1);

fn entries_size() -> usize {
    crate::worker::settings::max_workers() * size_of::<Entry>()
}

fn launcher_size() -> usize {
    size_of::<Launcher>()
}

/// To be called from `_PG_init`, after the settings are defined.
pub fn init() {
    ENTRIES.reserve();
    LAUNCHER.reserve();
}

/// Whether a database has a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The library is not in `shared_preload_libraries`.
    NotPreloaded,
    /// A standby, a server that is starting or stopping, or none is wanted (`router.worker`).
    NoLauncher,
    /// As many databases as can have one have one (`router.max_workers`).
    Full,
    /// Nobody has asked for one yet.
    Absent,
    /// On its way.
    Starting,
    /// It ended with an error, or the server had no place for it; tried again in so many microseconds.
    Failed { retry_in: i64 },
    /// At its place in the array.
    Running { number: usize, worker: Process },
}

impl Presence {
    /// A worker is there, or on its way.
    pub fn will_come(self) -> bool {
        matches!(self, Self::Starting | Self::Running { .. })
    }

    /// In a word or two, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotPreloaded => "not preloaded",
            Self::NoLauncher => "off",
            Self::Full => "full",
            Self::Absent => "absent",
            Self::Starting => "starting",
            Self::Failed { .. } => "failed",
            Self::Running { .. } => "running",
        }
    }
}

/// What is known of a database's worker.
#[derive(Debug, Clone, Copy)]
pub struct State {
    pub presence: Presence,
    /// Microseconds since 2000-01-01, 0 for never.
    pub started_at: i64,
    /// Starts since the server started, or since the entry was last free.
    pub starts: u32,
    pub failures: u32,
}

pub fn state(database: u32) -> State {
    let nothing = |presence| State { presence, started_at: 0, starts: 0, failures: 0 };
    let Some(launcher) = launcher() else { return nothing(Presence::NotPreloaded) };
    let now = process::now();
    let entry = ENTRIES.with_all(|all| all.iter().copied().enumerate().find(|(_, e)| e.database == database));
    let Some((number, entry)) = entry.flatten() else {
        return nothing(if launcher.is_alive() { Presence::Absent } else { Presence::NoLauncher });
    };
    State { presence: presence(number, &entry, launcher, now), ..known(&entry) }
}

fn known(entry: &Entry) -> State {
    State { presence: Presence::Absent, started_at: entry.started_at, starts: entry.starts, failures: entry.failures }
}

fn presence(number: usize, entry: &Entry, launcher: Process, now: i64) -> Presence {
    match entry.phase {
        RUNNING if entry.worker.is_alive() => Presence::Running { number, worker: entry.worker },
        _ if !launcher.is_alive() => Presence::NoLauncher,
        FAILED if entry.retry_at > now => Presence::Failed { retry_in: entry.retry_at - now },
        _ => Presence::Starting,
    }
}

fn launcher() -> Option<Process> {
    LAUNCHER.with(0, |l| l.process)
}

/// Says that the database's worker has something to do; has it started if need be.
pub fn demand(database: u32) -> Presence {
    enter(database, false)
}

/// Has a worker started that leaves again unless there is work.
pub fn probe(database: u32) -> Presence {
    enter(database, true)
}

fn enter(database: u32, probe: bool) -> Presence {
    let Some(launcher) = launcher() else { return Presence::NotPreloaded };
    let now = process::now();
    let found = ENTRIES.with_all(|all| {
        let own = all.iter().position(|e| e.database == database);
        let i = own.or_else(|| all.iter().position(|e| e.database == 0))?;
        let entry = &mut all[i];
        if own.is_none() {
            *entry = Entry { database, phase: WANTED, probe: probe.into(), ..EMPTY };
        }
        if !probe {
            entry.demanded_at = now;
            entry.asked = 1;
            entry.probe = 0;
        }
        if entry.phase == 0 || (entry.phase == FAILED && entry.retry_at <= now) {
            entry.phase = WANTED;
        }
        Some((presence(i, entry, launcher, now), entry.phase == WANTED))
    });
    match found.flatten() {
        None => {
            if !probe {
                LAUNCHER.with(0, |l| l.turned_away = 1);
            }
            Presence::Full
        }
        Some((presence, must_start)) => {
            if must_start {
                launcher.wake();
            }
            presence
        }
    }
}

const EMPTY: Entry = Entry {
    database: 0,
    phase: 0,
    worker: Process::NOBODY,
    demanded_at: 0,
    started_at: 0,
    retry_at: 0,
    held_until: 0,
    failures: 0,
    starts: 0,
    stop: 0,
    look: 0,
    probe: 0,
    asked: 0,
};

/// Keeps the database free of its worker for so many microseconds, and tells a running one to leave; `None` if there
/// is none to wait for. One that is on its way may be nobody yet.
pub fn hold(database: u32, micros: i64) -> Option<Process> {
    let until = process::now() + micros;
    let worker = ENTRIES.with_all(|all| {
        let entry = all.iter_mut().find(|e| e.database == database)?;
        entry.held_until = until;
        entry.stop = 1;
        match entry.phase {
            STARTING | RUNNING => Some(entry.worker),
            _ => None,
        }
    });
    let worker = worker.flatten()?;
    worker.wake();
    Some(worker)
}

/// Cancels what the database's worker is doing, and ends it.
pub fn end(database: u32) {
    let worker = ENTRIES.with_all(|all| all.iter().find(|e| e.database == database).map(|e| e.worker));
    if let Some(worker) = worker.flatten() {
        worker.terminate();
    }
}

/// The place of a database that has, or is to have, a worker.
pub fn place(database: u32) -> Option<usize> {
    ENTRIES.with_all(|all| all.iter().position(|e| e.database == database)).flatten()
}

/// Whether a worker is in the database or on its way.
pub fn is_in(database: u32) -> bool {
    ENTRIES
        .with_all(|all| all.iter().any(|e| e.database == database && matches!(e.phase, STARTING | RUNNING)))
        .unwrap_or(false)
}

/// Ends a [`hold`]; `gone`: the database is no more.
pub fn release(database: u32, gone: bool) {
    let done = ENTRIES.with_all(|all| {
        let entry = all.iter_mut().find(|e| e.database == database)?;
        entry.held_until = 0;
        if entry.phase == 0 || (gone && !matches!(entry.phase, STARTING | RUNNING)) {
            *entry = EMPTY;
        }
        Some(())
    });
    if done.flatten().is_some()
        && let Some(launcher) = launcher()
    {
        launcher.wake();
    }
}

/// Has the database's worker look whether the extension is still installed.
pub fn ask_to_look(database: u32) {
    let worker = ENTRIES.with_all(|all| {
        let entry = all.iter_mut().find(|e| e.database == database && e.phase == RUNNING)?;
        entry.look = 1;
        Some(entry.worker)
    });
    if let Some(worker) = worker.flatten() {
        worker.wake();
    }
}
