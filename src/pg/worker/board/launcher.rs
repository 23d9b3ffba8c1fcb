//! The board as the launcher sees it: what is to be started, and what has ended.

use super::{EMPTY, ENTRIES, Entry, FAILED, LAUNCHER, RUNNING, STARTING, WANTED};
use crate::pg::process::{self, Process};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Wait before a failed worker is started again; doubled with each failure, up to the most.
const FIRST_RETRY: i64 = SECOND;
const LAST_RETRY: i64 = 60 * SECOND;
/// A process that has not entered itself by then never will.
const LONGEST_START: i64 = 15 * SECOND;
/// Failures in a row after which only a new demand starts a worker.
const PATIENCE: u32 = 5;

/// For the launcher: enters itself.
pub fn launcher_is_here() {
    let process = Process::this();
    LAUNCHER.with(0, |l| l.process = process);
}

/// For the launcher: while `router.worker` is off.
pub fn launcher_is_off() {
    LAUNCHER.with(0, |l| l.process = Process::NOBODY);
}

/// For the launcher: whether a database wanted a worker and found no place, since this was last asked.
pub fn somebody_was_turned_away() -> bool {
    LAUNCHER.with(0, |l| std::mem::take(&mut l.turned_away) != 0).unwrap_or(false)
}

/// For the launcher: a database that is to get a worker now, by its place. It counts as starting from here on.
pub fn next_to_start() -> Option<usize> {
    let now = process::now();
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
    let now = process::now();
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
    ENTRIES
        .with_all(|all| all.iter().any(|e| e.probe != 0 && matches!(e.phase, WANTED | STARTING | FAILED)))
        .unwrap_or(false)
}

/// For the launcher: the server had no place for the worker. That says nothing of the database: it is tried until
/// there is one. True while that is worth a word.
pub fn could_not_start(number: usize) -> bool {
    let now = process::now();
    ENTRIES
        .with_all(|all| {
            let entry = all.get_mut(number).filter(|e| e.phase == STARTING)?;
            let is_news = entry.failures <= PATIENCE - 2;
            entry.failures = entry.failures.min(PATIENCE - 2);
            fail(entry, now);
            Some(is_news)
        })
        .flatten()
        .unwrap_or(false)
}

/// For the launcher: takes note of workers that ended without leaving by their own choice, and says how many.
pub fn reap() -> usize {
    let now = process::now();
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
    // One that ran for a while starts a new count.
    if entry.phase == RUNNING && now - entry.started_at > LAST_RETRY {
        entry.failures = 0;
    }
    entry.phase = FAILED;
    entry.worker = Process::NOBODY;
    entry.retry_at = now + (FIRST_RETRY << entry.failures.min(6)).min(LAST_RETRY);
    entry.failures = entry.failures.saturating_add(1);
    // Nobody has asked for one that only looks.
    if entry.probe != 0 && entry.failures >= PATIENCE {
        *entry = EMPTY;
    }
}

/// For the launcher: forgets failed workers of databases that are not among these.
pub fn forget_gone(here: &[u32]) {
    ENTRIES.with_all(|all| {
        for entry in all.iter_mut().filter(|e| e.phase == FAILED && !here.contains(&e.database)) {
            *entry = EMPTY;
        }
    });
}

/// For the launcher: forgets who nobody asks for any more (failed for good, its database perhaps dropped), so that
/// others find a place.
pub fn forget_failed(unasked_for: i64) {
    let now = process::now();
    ENTRIES.with_all(|all| {
        for entry in all.iter_mut() {
            let given_up = entry.phase == FAILED && entry.failures >= PATIENCE;
            if given_up && now - entry.demanded_at.max(entry.retry_at) > unasked_for {
                *entry = EMPTY;
            }
        }
    });
}
