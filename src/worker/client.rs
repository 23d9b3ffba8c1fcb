//! The caller's side of a live call: a slot, a ring, a wait on the own latch.

use std::time::{Duration, Instant};

use super::bell;
use super::call::{Answer, Failure, Order};
use crate::pg::worker::board::{self, Presence};
use crate::pg::worker::slots::{self, Refused, Ticket};
use crate::pg::{self, process};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    NotPreloaded,
    /// A standby, or workers are off.
    Off,
    /// The worker can't be started now.
    NoWorker,
    SlotsFull,
    TooLong,
    /// Somebody is about to drop the extension.
    Leaving,
    /// The time is over.
    Late,
    /// The worker said why.
    Failed(Failure),
    /// The worker said why, and no request went out.
    Unsent(Failure),
}

impl Absence {
    /// In words, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotPreloaded => "the library is not in shared_preload_libraries, so there is no worker to ask it",
            Self::Off => "there is no worker here (a standby, or router.worker is off)",
            Self::NoWorker => "the worker can't be started now",
            Self::SlotsFull => "all of router.llm_slots are taken",
            Self::TooLong => "the question and the schema don't fit router.llm_slot_size",
            Self::Leaving => "the extension is about to be dropped",
            Self::Late => "no answer within router.llm_timeout",
            Self::Failed(failure) | Self::Unsent(failure) => failure.text(),
        }
    }

    /// Whether it is certain that nothing was sent.
    pub fn is_unsent(self) -> bool {
        !matches!(self, Self::Late | Self::Failed(_))
    }
}

/// Has the worker make a call, and waits for its answer. Raises when the caller is cancelled; whatever happens, the
/// slot is free afterwards.
pub fn call(order: &Order, limit: Duration) -> Result<Answer, Absence> {
    let began = Instant::now();
    // Whoever drops the extension has locks that a caller may want after his wait, and the other way round.
    if !pg::hold_extension() {
        return Err(Absence::Leaving);
    }
    let ticket = send(order, limit, false)?;
    loop {
        if let Some(reply) = ticket.reply() {
            let answer: Answer = serde_json::from_slice(&reply).map_err(|_| Absence::Failed(Failure::Malformed))?;
            return match answer.failure {
                None => Ok(answer),
                // A worker that ends by an error says of all calls that their connection broke.
                Some(failure) if answer.attempts == 0 && failure != Failure::Connection => {
                    Err(Absence::Unsent(failure))
                }
                Some(failure) => Err(Absence::Failed(failure)),
            };
        }
        let left = limit.saturating_sub(began.elapsed());
        if left.is_zero() || !ticket.is_mine() {
            return Err(Absence::Late);
        }
        process::wait(left);
    }
}

/// Has the worker make a call that nobody waits for.
pub fn leave(order: &Order, limit: Duration) -> Result<(), Absence> {
    send(order, limit, true).map(Ticket::leave)
}

fn send(order: &Order, limit: Duration, detached: bool) -> Result<Ticket, Absence> {
    let request = serde_json::to_vec(order).map_err(|_| Absence::TooLong)?;
    match board::demand(process::database()) {
        Presence::Running { .. } | Presence::Starting => {}
        Presence::NotPreloaded => return Err(Absence::NotPreloaded),
        Presence::NoLauncher => return Err(Absence::Off),
        Presence::Full | Presence::Absent | Presence::Failed { .. } => return Err(Absence::NoWorker),
    }
    let micros = i64::try_from(limit.as_micros()).unwrap_or(i64::MAX / 4);
    let deadline = process::now().saturating_add(micros);
    let ticket = slots::submit(process::database(), deadline, detached, &request).map_err(|refused| match refused {
        Refused::NotPreloaded => Absence::NotPreloaded,
        Refused::Full => Absence::SlotsFull,
        Refused::TooLong => Absence::TooLong,
    })?;
    // Also for one that is only starting: it may have looked into the slots just before, and a bell keeps its rings.
    if let Some(number) = board::place(process::database()) {
        bell::ring(number, bell::Reason::Call);
    }
    Ok(ticket)
}
