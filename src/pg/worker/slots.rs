//! Live requests: a bounded number of slots, each with room for a request and later for its reply.
//!
//! A slot goes free -> ready (the caller has written) -> taken (a worker has copied the request out) -> done (a worker
//! has written the reply) -> free (the caller has read it). Only the caller frees it, whatever happens to him: when he
//! returns, when he raises, when his process ends; and if none of that took place, whoever next looks and finds his
//! process gone. A worker writes only into a slot that it has taken and that still has the same generation, so a
//! caller that has left is never written into his successor's slot.

use std::cell::Cell;

use pgrx::pg_sys;

use crate::pg::process::{self, Process};
use crate::pg::shared::{Mode, Region};

/// The head of a slot; `room()` bytes follow.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Head {
    generation: u64,
    /// Microseconds since 2000-01-01.
    deadline: i64,
    owner: Process,
    phase: u32,
    database: u32,
    length: u32,
    /// Nobody waits for the reply: the worker frees the slot.
    detached: u32,
    padding: [u32; 6],
}

const HEAD: usize = size_of::<Head>();
/// Slots start at cache lines.
const _: () = assert!(HEAD == 64);

const FREE: u32 = 0;
const READY: u32 = 1;
const TAKEN: u32 = 2;
const DONE: u32 = 3;

/// Locks for the slots; slot i has lock i modulo this.
const LOCKS: usize = 64;
/// A slot whose deadline has been over for so long belongs to nobody, microseconds.
const ABANDONED: i64 = 60_000_000;

static SLOTS: Region = Region::new(c"router requests", size, LOCKS);

fn size() -> usize {
    count() * stride()
}

fn count() -> usize {
    crate::worker::settings::slots()
}

fn room() -> usize {
    crate::worker::settings::slot_bytes()
}

fn stride() -> usize {
    HEAD + room()
}

/// To be called from `_PG_init`, after the settings are defined.
pub fn init() {
    crate::pg::shared::reserve(&SLOTS);
}

/// Slot `i`, locked: its head and its room.
fn with<R>(i: usize, f: impl FnOnce(&mut Head, &mut [u8]) -> R) -> Option<R> {
    let (start, length) = SLOTS.start()?;
    let at = i.checked_mul(stride()).filter(|at| at + stride() <= length)?;
    let _lock = SLOTS.lock(i, Mode::Exclusive)?;
    // SAFETY: in bounds, and aligned, since the region is and strides are multiples of 64; the memory was zeroed or
    // written by this function, under the same lock; both parts are plain numbers.
    unsafe {
        let head = start.as_ptr().add(at);
        let room = std::slice::from_raw_parts_mut(head.add(HEAD), room());
        Some(f(&mut *head.cast::<Head>(), room))
    }
}

/// Why a request was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    NotPreloaded,
    /// Every slot is taken.
    Full,
    /// The request does not fit.
    TooLong,
}

/// A caller's hold on a slot; dropping it frees the slot.
#[derive(Debug)]
pub struct Ticket {
    slot: usize,
    generation: u64,
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Puts a request where the database's worker finds it. With `detached` nobody waits: at most half of the slots are
/// taken so, and the ticket need not be kept.
pub fn submit(database: u32, deadline: i64, detached: bool, request: &[u8]) -> Result<Ticket, Refused> {
    if SLOTS.start().is_none() {
        return Err(Refused::NotPreloaded);
    }
    let length = u32::try_from(request.len()).map_err(|_| Refused::TooLong)?;
    if request.len() > room() {
        return Err(Refused::TooLong);
    }
    free_at_exit();
    let (owner, now) = (Process::this(), process::now());
    let slots = if detached { count() / 2 } else { count() };
    // Callers start at different places, so that they seldom wait for the same lock.
    let first = owner.pid().unsigned_abs() as usize;
    for i in (0..slots).map(|i| (first + i) % slots) {
        let taken = with(i, |head, room| {
            if !is_free(head, now) {
                return None;
            }
            let generation = head.generation + 1;
            *head = Head {
                generation,
                deadline,
                owner,
                phase: READY,
                database,
                length,
                detached: detached.into(),
                padding: [0; 6],
            };
            room[..request.len()].copy_from_slice(request);
            Some(generation)
        });
        match taken {
            None => return Err(Refused::NotPreloaded),
            Some(None) => {}
            Some(Some(generation)) => return Ok(Ticket { slot: i, generation }),
        }
    }
    Err(Refused::Full)
}

/// Free, or left behind by a process that is no more.
fn is_free(head: &Head, now: i64) -> bool {
    head.phase == FREE || now - head.deadline > ABANDONED || (head.detached == 0 && !head.owner.is_alive())
}

impl Ticket {
    /// The reply, once it is there.
    pub fn reply(&self) -> Option<Vec<u8>> {
        with(self.slot, |head, room| {
            if head.generation != self.generation || head.phase != DONE {
                return None;
            }
            // A length from shared memory is never believed.
            room.get(..head.length as usize).map(<[u8]>::to_vec)
        })
        .flatten()
    }

    /// False once the slot belongs to somebody else: its reply will never come.
    pub fn is_mine(&self) -> bool {
        with(self.slot, |head, _| head.generation == self.generation && head.phase != FREE).unwrap_or(false)
    }

    /// Leaves a detached request to the worker.
    pub fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        with(self.slot, |head, _| {
            if head.generation == self.generation {
                head.phase = FREE;
            }
        });
    }
}

/// Has this process's slots freed when it ends by an error that runs no destructors (a terminated session).
fn free_at_exit() {
    if !WATCHED.replace(true) {
        // SAFETY: the callback lives as long as the library; it only touches shared memory, which is still attached.
        unsafe { pg_sys::before_shmem_exit(Some(at_exit), pg_sys::Datum::from(0usize)) };
    }
}

unsafe extern "C-unwind" fn at_exit(_code: i32, _argument: pg_sys::Datum) {
    let this = Process::this();
    for i in 0..count() {
        with(i, |head, _| {
            if head.owner == this && head.detached == 0 {
                head.phase = FREE;
            }
        });
    }
}

/// A request as a worker takes it.
#[derive(Debug)]
pub struct Taken {
    pub slot: usize,
    pub generation: u64,
    /// Microseconds since 2000-01-01.
    pub deadline: i64,
    pub request: Vec<u8>,
}

/// For the database's worker: every request that waits. Those that a former worker had taken and lost come again.
pub fn take(database: u32, also_lost: bool) -> Vec<Taken> {
    let now = process::now();
    let mut found = Vec::new();
    for slot in 0..count() {
        let taken = with(slot, |head, room| {
            let waits = head.phase == READY || (also_lost && head.phase == TAKEN);
            if !waits || head.database != database {
                return None;
            }
            if is_free(head, now) {
                head.phase = FREE;
                return None;
            }
            head.phase = TAKEN;
            let request = room.get(..head.length as usize)?.to_vec();
            Some(Taken { slot, generation: head.generation, deadline: head.deadline, request })
        });
        match taken {
            None => break,
            Some(taken) => found.extend(taken),
        }
    }
    found
}

/// For a worker: whether the caller still waits for this.
pub fn is_wanted(slot: usize, generation: u64) -> bool {
    with(slot, |head, _| {
        head.generation == generation && head.phase == TAKEN && (head.detached != 0 || head.owner.is_alive())
    })
    .unwrap_or(false)
}

/// For a worker: hands the reply to the caller and wakes him; false if nobody wants it any more, or it does not fit.
pub fn deliver(slot: usize, generation: u64, reply: &[u8]) -> bool {
    let owner = with(slot, |head, room| {
        if head.generation != generation || head.phase != TAKEN {
            return None;
        }
        if head.detached != 0 {
            head.phase = FREE;
            return None;
        }
        let place = room.get_mut(..reply.len())?;
        place.copy_from_slice(reply);
        head.length = u32::try_from(reply.len()).ok()?;
        head.phase = DONE;
        Some(head.owner)
    });
    match owner.flatten() {
        None => false,
        Some(owner) => {
            owner.wake();
            true
        }
    }
}

/// How many slots there are, and how many are in use (of all databases).
pub fn usage() -> (usize, usize) {
    if SLOTS.start().is_none() {
        return (0, 0);
    }
    let now = process::now();
    let used = (0..count()).filter(|i| with(*i, |head, _| !is_free(head, now)).unwrap_or(false)).count();
    (count(), used)
}
