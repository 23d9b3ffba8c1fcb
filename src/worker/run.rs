//! A worker's loop.

use std::time::{Duration, Instant};

use super::call::{Engine, Heard, Settled};
use super::jobs::{self, Ran, Schedule};
use super::{bell, outcomes, queue, settings};
use crate::models::follow;
use crate::pg::background::{self, Scratch};
use crate::pg::worker::board::{self, Left};

/// How often a worker looks whether its extension is still there, when nobody says so.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long calls under way are served between two runs of the jobs, at least.
const TURN: Duration = Duration::from_millis(2);

/// The whole life of the worker at a place of the board.
pub fn run(number: usize) {
    let Some(database) = board::my_database(number) else { return };
    background::connect(database);
    // A job that waits for a lock holds up whoever waits for a call.
    background::set(c"lock_timeout", c"2s");
    let why = match Engine::new(number, database) {
        Some(engine) if board::i_am_connected(number) => serve(number, engine),
        // Somebody wants the database for himself.
        Some(_) => Left::Unfinished,
        None => Left::ForGood,
    };
    board::i_leave(number, why);
}

/// For a worker that leaves: whether something remains to be done.
fn left() -> Left {
    match jobs::in_transaction(Duration::from_secs(1), queue::is_waiting) {
        Ok(Some(false)) if !follow::is_under_way() => Left::Idle,
        Ok(None) => Left::ForGood,
        // Or nobody knows: a passing trouble is no reason to forget what waits.
        Ok(Some(_)) | Err(_) => Left::Unfinished,
    }
}

fn serve(number: usize, mut engine: Engine) -> Left {
    let scratch = Scratch::new();
    scratch.empty();
    let mut schedule = Schedule::new();
    let Some(mut knows_spending) = learn_spending(&mut engine) else { return Left::ForGood };
    let mut look_at = Instant::now() + LOOK_EVERY;
    let mut first = true;
    loop {
        scratch.empty();
        if background::reload_if_asked() {
            schedule.settings_changed();
            engine.settings_changed();
        }
        let Some(orders) = board::orders(number) else { return Left::ForGood };
        let needless = !engine.is_busy() && !queue::has_work() && !follow::is_under_way();
        let idle = settings::idle_timeout().is_some_and(|limit| orders.idle > limit);
        // Entries of the queue that are not due yet keep it here.
        let leaves = needless && !first && (idle || orders.probe) && left() != Left::Unfinished;
        if orders.stop || leaves || background::told_to_stop() || !settings::enabled() {
            note(engine.end());
            schedule.run_last();
            return if leaves { Left::Idle } else { left() };
        }
        if orders.look || look_at <= Instant::now() {
            look_at = Instant::now() + LOOK_EVERY;
            if !extension_is_installed() {
                return Left::ForGood;
            }
            knows_spending = knows_spending || learn_spending(&mut engine) == Some(true);
        }
        if schedule.run_due() == Ran::ExtensionGone {
            return Left::ForGood;
        }
        first = false;
        let next = [schedule.next(), outcomes::due()].into_iter().flatten().fold(look_at, Instant::min);
        queue::hand_to(&mut engine);
        if !engine.is_busy() {
            background::report_idle();
            let sleep = next.saturating_duration_since(Instant::now());
            if !sleep.is_zero() {
                background::wait(sleep, bell::descriptor(number));
            }
        }
        // Calls that came meanwhile are begun, and those under way are served for a while: jobs that have much to do
        // take turns with them.
        let until = if engine.is_busy() { next.max(Instant::now() + TURN) } else { next };
        if engine.serve(until) == Heard::Jobs {
            schedule.wake();
        }
        note(engine.settled());
        background::serve_interrupts();
    }
}

/// Tells the engine what was spent today before this worker; false: a passing trouble (the extension may be about to be
/// created), `None`: there is no extension.
fn learn_spending(engine: &mut Engine) -> Option<bool> {
    match jobs::in_transaction(Duration::from_secs(10), outcomes::spent_today) {
        Ok(spent) => {
            engine.start_budgets(spent?);
            Some(true)
        }
        Err(_) => Some(false),
    }
}

/// Keeps what calls came to until the jobs write it.
fn note(settled: Vec<Settled>) {
    outcomes::keep(&settled);
    queue::ended(settled);
}

fn extension_is_installed() -> bool {
    // Neither answer: a passing trouble.
    !matches!(jobs::in_transaction(Duration::from_secs(5), || Ok(())), Ok(None))
}
