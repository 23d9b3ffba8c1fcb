//! How many questions each role has asked this minute: one small table in shared memory.

use std::cell::RefCell;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicBool, Ordering};

use pgrx::prelude::*;
use pgrx::{PGRXSharedMemory, PgLwLock, pg_shmem_init};

/// Roles that can ask in the same minute before two of them share a counter.
const SLOTS: usize = 1024;

/// Plain data, 16 kB.
#[repr(C)]
#[derive(Clone, Copy)]
struct Table {
    slots: [Slot; SLOTS],
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Minutes since 1970.
    minute: u64,
    role: u32,
    count: u32,
}

impl Table {
    const EMPTY: Self = Self { slots: [Slot { minute: 0, role: 0, count: 0 }; SLOTS] };

    /// Counts one question if fewer than `limit` were counted in this minute.
    fn admit(&mut self, role: u32, minute: u64, limit: u32) -> bool {
        let start = BuildHasherDefault::<DefaultHasher>::default().hash_one(role) as usize % SLOTS;
        let probes = || (0..SLOTS).map(|i| (start + i) % SLOTS);
        let own = probes().find(|i| self.slots[*i].role == role && self.slots[*i].minute == minute);
        // Slots of past minutes are free; if there is none, whoever hashes here is counted together.
        let index = own.or_else(|| probes().find(|i| self.slots[*i].minute != minute)).unwrap_or(start);
        let slot = &mut self.slots[index];
        if slot.minute != minute {
            *slot = Slot { minute, role, count: 0 };
        }
        if slot.count >= limit {
            return false;
        }
        slot.count += 1;
        true
    }
}

// SAFETY: plain numbers without pointers.
unsafe impl PGRXSharedMemory for Table {}

// SAFETY: the name is unique to this lock.
static TABLE: PgLwLock<Table> = unsafe { PgLwLock::new(c"router rate limit") };
static SHARED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static OWN: RefCell<Table> = const { RefCell::new(Table::EMPTY) };
}

/// Reserves the shared memory, if the library is being preloaded. Without, each session counts its own.
#[allow(unexpected_cfgs)] // the macro asks for features of older servers
pub fn init() {
    // SAFETY: reads a variable of the postmaster.
    if unsafe { pg_sys::process_shared_preload_libraries_in_progress } {
        pg_shmem_init!(TABLE = Table::EMPTY);
        SHARED.store(true, Ordering::Relaxed);
    }
}

/// Counts one question of the role; false if `limit` were counted in this minute already.
pub fn admit(role: u32, minute: u64, limit: u32) -> bool {
    if SHARED.load(Ordering::Relaxed) {
        TABLE.exclusive().admit(role, minute, limit)
    } else {
        OWN.with_borrow_mut(|table| table.admit(role, minute, limit))
    }
}
