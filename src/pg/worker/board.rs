//! Which database has a worker, wants one, or must not have one now.
//!
//! One small array under one lock. Whoever changes an entry wakes whom it concerns, after the lock is released.

use crate::pg::process::Process;
use crate::pg::shared_array::{Plain, SharedArray};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Wait before a failed worker is started again; doubled with each failure, up to the most.
const FIRST_RETRY: i64 = SECOND;
const LAST_RETRY: i64 = 60 * SECOND;
/// A process that has not entered itself by then never will.
const LONGEST_START: i64 = 15 * SECOND;
/// Failures in a row after which only a new demand starts a worker.
const PATIENCE: u32 = 5;

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
    padding: u32,
    /// When the worker last looked here.
    looked_at: i64,
}

// SAFETY: numbers only.
unsafe impl Plain for Entry {}

#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Launcher {
    process: Process,
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
    let now = crate::pg::process::now();
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
    let now = crate::pg::process::now();
    let found = ENTRIES.with_all(|all| {
        let own = all.iter().position(|e| e.database == database);
        let i = own.or_else(|| all.iter().position(|e| e.database == 0))?;
        let entry = &mut all[i];
        if own.is_none() {
            *entry = Entry { database, phase: WANTED, probe: probe.into(), ..EMPTY };
        }
        if !probe {
            entry.demanded_at = now;
            entry.probe = 0;
        }
        if entry.phase == 0 || (entry.phase == FAILED && entry.retry_at <= now) {
            entry.phase = WANTED;
        }
        Some((presence(i, entry, launcher, now), entry.phase == WANTED))
    });
    match found.flatten() {
        None => Presence::Full,
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
    padding: 0,
    looked_at: 0,
};

/// Keeps the database free of its worker for so many microseconds, and tells a running one to leave; false if there
/// is none to wait for.
pub fn hold(database: u32, micros: i64) -> bool {
    let until = crate::pg::process::now() + micros;
    let worker = ENTRIES.with_all(|all| {
        let entry = all.iter_mut().find(|e| e.database == database)?;
        entry.held_until = until;
        entry.stop = 1;
        match entry.phase {
            STARTING | RUNNING => Some(entry.worker),
            _ => None,
        }
    });
    match worker.flatten() {
        None => false,
        Some(worker) => {
            worker.wake();
            true
        }
    }
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

/// For the launcher: enters itself.
pub fn launcher_is_here() {
    let process = Process::this();
    LAUNCHER.with(0, |l| l.process = process);
}

/// For the launcher: while `router.worker` is off.
pub fn launcher_is_off() {
    LAUNCHER.with(0, |l| l.process = Process::NOBODY);
}

/// For the launcher: a database that is to get a worker now, by its place. It counts as starting from here on.
pub fn next_to_start() -> Option<usize> {
    let now = crate::pg::process::now();
    ENTRIES
        .with_all(|all| {
            let due = |e: &Entry| match e.phase {
                WANTED => true,
                FAILED => e.retry_at <= now && e.failures < PATIENCE,
                _ => false,
            };
            let i = all.iter().position(|e| e.database != 0 && due(e) && e.held_until <= now)?;
            let entry = &mut all[i];
            entry.phase = STARTING;
            entry.worker = Process::NOBODY;
            entry.started_at = now;
            entry.stop = 0;
            entry.look = 0;
            Some(i)
        })
        .flatten()
}

/// For the launcher: microseconds until the next start that is known already.
pub fn next_start_in() -> Option<i64> {
    let now = crate::pg::process::now();
    ENTRIES
        .with_all(|all| {
            let times = all.iter().filter_map(|e| match e.phase {
                WANTED => Some(e.held_until),
                FAILED if e.failures < PATIENCE => Some(e.retry_at.max(e.held_until)),
                _ => None,
            });
            times.min().map(|at| (at - now).max(0))
        })
        .flatten()
}

/// For the launcher: whether a worker that only looks is on its way.
pub fn is_probing() -> bool {
    ENTRIES.with_all(|all| all.iter().any(|e| e.probe != 0 && matches!(e.phase, WANTED | STARTING))).unwrap_or(false)
}

/// For the launcher: the worker at this place could not be started.
pub fn could_not_start(number: usize) {
    let now = crate::pg::process::now();
    ENTRIES.with_all(|all| {
        if let Some(entry) = all.get_mut(number).filter(|e| e.phase == STARTING) {
            fail(entry, now);
        }
    });
}

/// For the launcher: takes note of workers that ended without leaving by their own choice, and says how many.
pub fn reap() -> usize {
    let now = crate::pg::process::now();
    ENTRIES
        .with_all(|all| {
            let dead = |e: &Entry| match e.phase {
                STARTING if e.worker == Process::NOBODY => now - e.started_at > LONGEST_START,
                STARTING | RUNNING => !e.worker.is_alive(),
                _ => false,
            };
            let mut count = 0;
            for entry in all.iter_mut().filter(|e| dead(e)) {
                count += 1;
                fail(entry, now);
            }
            count
        })
        .unwrap_or(0)
}

fn fail(entry: &mut Entry, now: i64) {
    if entry.probe != 0 {
        *entry = EMPTY;
        return;
    }
    // One that ran for a while starts a new count.
    if entry.phase == RUNNING && now - entry.started_at > LAST_RETRY {
        entry.failures = 0;
    }
    entry.phase = FAILED;
    entry.worker = Process::NOBODY;
    entry.retry_at = now + (FIRST_RETRY << entry.failures.min(6)).min(LAST_RETRY);
    entry.failures = entry.failures.saturating_add(1);
}

/// For the launcher: forgets who nobody asks for any more (failed for good, its database perhaps dropped), so that
/// others find a place.
pub fn forget_failed(unasked_for: i64) {
    let now = crate::pg::process::now();
    ENTRIES.with_all(|all| {
        for entry in all.iter_mut() {
            let given_up = entry.phase == FAILED && entry.failures >= PATIENCE;
            if given_up && now - entry.demanded_at.max(entry.retry_at) > unasked_for {
                *entry = EMPTY;
            }
        }
    });
}

/// For a worker that has just been started: the database it is for. It connects there, and then says
/// [`i_am_connected`].
pub fn my_database(number: usize) -> Option<u32> {
    let process = Process::this();
    ENTRIES
        .with_all(|all| {
            let entry = all.get_mut(number).filter(|e| e.phase == STARTING && e.database != 0 && e.stop == 0)?;
            entry.worker = process;
            Some(entry.database)
        })
        .flatten()
}

/// For a worker: from now on it takes work. False if it was told to leave meanwhile.
pub fn i_am_connected(number: usize) -> bool {
    let (process, now) = (Process::this(), crate::pg::process::now());
    with_mine(number, process, |entry| {
        entry.phase = RUNNING;
        entry.started_at = now;
        entry.starts = entry.starts.saturating_add(1);
        entry.looked_at = now;
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
    let (process, now) = (Process::this(), crate::pg::process::now());
    with_mine(number, process, |entry| {
        entry.looked_at = now;
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
        let wanted = match left {
            Left::ForGood => false,
            Left::Idle => entry.demanded_at > entry.looked_at,
            Left::Unfinished => true,
        };
        let kept = Entry {
            database: entry.database,
            held_until: entry.held_until,
            demanded_at: entry.demanded_at,
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
