//! A worker's loop.

use std::time::{Duration, Instant};

use super::jobs::{self, Ran, Schedule};
use super::{bell, settings};
use crate::pg::background::{self, Scratch};
use crate::pg::worker::board;

/// How often a worker looks whether its extension is still there, when nobody says so.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The whole life of the worker at a place of the board.
pub fn run(number: usize) {
    let Some(database) = board::my_database(number) else { return };
    background::connect(database);
    // A job that waits for a lock holds up whoever waits for a call.
    background::set(c"lock_timeout", c"2s");
    if board::i_am_connected(number) {
        serve(number);
    }
    board::i_leave(number);
}

fn serve(number: usize) {
    let scratch = Scratch::new();
    scratch.empty();
    if !extension_is_installed() {
        return;
    }
    let mut schedule = Schedule::new();
    let mut look_at = Instant::now() + LOOK_EVERY;
    loop {
        scratch.empty();
        if background::reload_if_asked() {
            schedule.settings_changed();
        }
        let Some(orders) = board::orders(number) else { return };
        let idle = settings::idle_timeout().is_some_and(|limit| orders.idle > limit);
        if orders.stop || orders.probe || idle || background::told_to_stop() || !settings::enabled() {
            schedule.run_last();
            return;
        }
        if orders.look || look_at <= Instant::now() {
            look_at = Instant::now() + LOOK_EVERY;
            if !extension_is_installed() {
                return;
            }
        }
        if bell::silence(number) {
            schedule.wake();
        }
        if schedule.run_due() == Ran::ExtensionGone {
            return;
        }
        background::report_idle();
        let next = schedule.next().map_or(look_at, |due| due.min(look_at));
        let sleep = next.saturating_duration_since(Instant::now());
        if !sleep.is_zero() {
            background::wait(sleep, bell::descriptor(number));
        }
    }
}

fn extension_is_installed() -> bool {
    // Neither answer: a passing trouble.
    !matches!(jobs::in_transaction(Duration::from_secs(5), || Ok(())), Ok(None))
}
