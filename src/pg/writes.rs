//! Which tables are being written, and how often that ended: what a cache of rows must know.
//!
//! The executor asks, before any row is written by INSERT, UPDATE, DELETE, MERGE or COPY, whether that is permitted:
//! there each table is marked as being written, once a transaction. When the transaction ends, however, the table's
//! count grows and the mark goes, after its changes became visible. What changes a table otherwise (TRUNCATE, DDL,
//! REFRESH) sends an invalidation message, which makes the count grow where it is taken in. A prepared transaction
//! leaves its marks until the server restarts. Replication is not seen: see [`crate::cache::results`].

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use pgrx::{PgList, pg_guard, pg_sys};

use super::shared::{Region, reserve};

/// Tables share a count when their hashes meet: an entry then dies early.
const SLOTS: usize = 4096;

/// Counts, marks, and one count for "anything may have changed".
static SHARED: Region = Region::new(c"router table writes", || (2 * SLOTS + 1) * size_of::<AtomicU64>(), 0);

static mut PREVIOUS: pg_sys::ExecutorCheckPerms_hook_type = None;

thread_local! {
    /// Slots that this transaction has marked.
    static MARKED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Installs the hook, if the library is being preloaded.
pub fn init() {
    // SAFETY: reads a variable of the postmaster; called from _PG_init, on the main thread; the hook is chained.
    unsafe {
        if pg_sys::process_shared_preload_libraries_in_progress {
            PREVIOUS = pg_sys::ExecutorCheckPerms_hook;
            pg_sys::ExecutorCheckPerms_hook = Some(check_permissions);
        }
    }
    reserve(&SHARED);
}

fn slot(relation: u32) -> usize {
    // SAFETY: reads a backend variable.
    let database = unsafe { pg_sys::MyDatabaseId }.to_u32();
    let mixed = (u64::from(database) << 32 | u64::from(relation)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 52) as usize % SLOTS
}

/// The counts at one moment: take it before the snapshot that rows are read with.
pub struct Counts(Vec<u64>);

/// `None` where the library is not preloaded, and in a transaction that has written itself.
pub fn counts() -> Option<Counts> {
    let shared = SHARED.counters()?;
    let clean = MARKED.with_borrow(Vec::is_empty);
    clean.then(|| Counts(shared.iter().map(|c| c.load(Ordering::Acquire)).collect()))
}

impl Counts {
    /// What tells the state of these relations from any later one; `None` while one of them is being written.
    pub fn of(&self, relations: &[u32]) -> Option<Vec<u64>> {
        let mut state = vec![*self.0.get(2 * SLOTS)?];
        for relation in relations {
            let slot = slot(*relation);
            if *self.0.get(SLOTS + slot)? != 0 {
                return None;
            }
            state.push(*self.0.get(slot)?);
        }
        Some(state)
    }
}

/// A relation (0: any) changed otherwise than by rows written; called where the message is taken in.
pub(super) fn changed(relation: u32) {
    if let Some(shared) = SHARED.counters() {
        let slot = if relation == 0 { 2 * SLOTS } else { slot(relation) };
        shared[slot].fetch_add(1, Ordering::AcqRel);
    }
}

/// For rows that are written without the executor.
pub(super) fn mark(relation: u32) {
    let Some(shared) = SHARED.counters() else { return };
    let slot = slot(relation);
    let first = MARKED.with_borrow_mut(|marked| {
        if marked.contains(&slot) {
            return false;
        }
        shared[SLOTS + slot].fetch_add(1, Ordering::AcqRel);
        marked.push(slot);
        marked.len() == 1
    });
    if first {
        use pgrx::PgXactCallbackEvent::{Abort, Commit, Prepare};
        pgrx::register_xact_callback(Commit, ended);
        pgrx::register_xact_callback(Abort, ended);
        // Whoever commits it later knows nothing of its tables: the marks stay.
        pgrx::register_xact_callback(Prepare, || MARKED.with_borrow_mut(Vec::clear));
    }
}

fn ended() {
    let Some(shared) = SHARED.counters() else { return };
    for slot in MARKED.take() {
        shared[slot].fetch_add(1, Ordering::AcqRel);
        shared[SLOTS + slot].fetch_sub(1, Ordering::AcqRel);
    }
}

const WRITES: pg_sys::AclMode = (pg_sys::ACL_INSERT | pg_sys::ACL_UPDATE | pg_sys::ACL_DELETE) as pg_sys::AclMode;

#[cfg(feature = "pg15")]
#[pg_guard]
unsafe extern "C-unwind" fn check_permissions(ranges: *mut pg_sys::List, raise: bool) -> bool {
    // SAFETY: the server's list of range table entries.
    unsafe {
        for range in PgList::<pg_sys::RangeTblEntry>::from_pg(ranges).iter_ptr() {
            if (*range).requiredPerms & WRITES != 0 {
                mark((*range).relid.to_u32());
            }
        }
        PREVIOUS.is_none_or(|previous| previous(ranges, raise))
    }
}

#[cfg(not(feature = "pg15"))]
#[pg_guard]
unsafe extern "C-unwind" fn check_permissions(
    ranges: *mut pg_sys::List,
    permissions: *mut pg_sys::List,
    raise: bool,
) -> bool {
    // SAFETY: the server's list of permissions to check.
    unsafe {
        for needed in PgList::<pg_sys::RTEPermissionInfo>::from_pg(permissions).iter_ptr() {
            if (*needed).requiredPerms & WRITES != 0 {
                mark((*needed).relid.to_u32());
            }
        }
        PREVIOUS.is_none_or(|previous| previous(ranges, permissions, raise))
    }
}
