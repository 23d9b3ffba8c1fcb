//! The launcher's loop: starts workers where they are wanted, and again where they failed.

use std::collections::VecDeque;
use std::time::Duration;

use pgrx::prelude::*;

use super::settings;
use crate::pg::background;
use crate::pg::worker::board;
use crate::telemetry::memory;

/// The longest sleep: what nobody tells is noticed then.
const LONGEST: Duration = Duration::from_secs(2);
/// Seconds after which records that nobody took are seen to.
const WAITED: u32 = 3;
/// Microseconds after which a database that failed for good is forgotten.
const FORGOTTEN: i64 = 600 * 1_000_000;

pub fn run() {
    let mut to_probe = None;
    loop {
        background::reload_if_asked();
        if background::told_to_stop() {
            return;
        }
        if settings::enabled() {
            board::launcher_is_here();
            reap();
            // What was queued before the server started, or while there was no place, has nobody else to think of it.
            if to_probe.as_ref().is_some_and(VecDeque::is_empty) && board::somebody_was_turned_away() {
                to_probe = None;
            }
            to_probe = to_probe.or_else(databases);
            to_probe.iter_mut().for_each(probe);
            see_to_records();
            start();
        } else {
            board::launcher_is_off();
        }
        let next = board::next_start_in().filter(|_| settings::enabled());
        let sleep = next.and_then(|us| u64::try_from(us).ok()).map(Duration::from_micros);
        background::wait(sleep.unwrap_or(LONGEST).clamp(Duration::from_millis(20), LONGEST), None);
    }
}

/// Databases that may have work of which nobody has said anything.
fn databases() -> Option<VecDeque<u32>> {
    match background::transaction(Duration::from_secs(30), || Ok(background::databases())) {
        Ok(found) => Some(found.into()),
        Err(why) => {
            log!("router launcher: the list of databases could not be read: {}", why.0);
            None
        }
    }
}

fn reap() {
    let failed = board::reap();
    if failed > 0 {
        // Perhaps there is nothing any more to connect to.
        if let Some(mut here) = databases() {
            board::forget_gone(here.make_contiguous());
        }
        log!("router launcher: {failed} worker(s) ended unexpectedly; those that are wanted will be started again");
    }
    board::forget_failed(FORGOTTEN);
}

/// Looks into the databases one after the other, since places are few.
fn probe(to_probe: &mut VecDeque<u32>) {
    while !to_probe.is_empty() && !board::is_probing() {
        if let Some(database) = to_probe.pop_front()
            && board::probe(database) == board::Presence::Full
        {
            to_probe.push_back(database);
            return;
        }
    }
}

/// Records of the log wait in one queue for all databases: one whose worker ended, or which was dropped, must not keep
/// its place.
fn see_to_records() {
    let Some(database) = memory::waiting(WAITED) else { return };
    match background::transaction(Duration::from_secs(30), || Ok(background::databases())) {
        Ok(found) if found.contains(&database) => drop(board::demand(database)),
        Ok(_) => memory::discard(database),
        Err(why) => log!("router launcher: the list of databases could not be read: {}", why.0),
    }
}

fn start() {
    while let Some(number) = board::next_to_start() {
        if !background::start_worker(number) {
            if board::could_not_start(number) {
                log!("router launcher: the server has no place for another worker (max_worker_processes)");
            }
            return;
        }
    }
}
