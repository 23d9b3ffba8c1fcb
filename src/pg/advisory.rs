//! Advisory locks, and whether a dump is being restored.

use pgrx::{IntoDatum, pg_sys};

/// Waits for the transaction-level advisory lock; it is held until the transaction ends.
pub fn advisory_lock(key: i64) {
    // SAFETY: the function takes one bigint by value and touches no memory of ours; it may raise (cancel).
    unsafe {
        pgrx::direct_function_call::<()>(pg_sys::pg_advisory_xact_lock_int8, &[key.into_datum()]);
    }
}

/// The same, shared with others who share it.
pub fn share_advisory_lock(key: i64) {
    // SAFETY: as `advisory_lock`.
    unsafe {
        pgrx::direct_function_call::<()>(pg_sys::pg_advisory_xact_lock_shared_int8, &[key.into_datum()]);
    }
}

/// Takes the transaction-level advisory lock if nobody has it; says whether.
pub fn try_advisory_lock(key: i64) -> bool {
    // SAFETY: the function takes one bigint by value and returns a boolean.
    let taken =
        unsafe { pgrx::direct_function_call::<bool>(pg_sys::pg_try_advisory_xact_lock_int8, &[key.into_datum()]) };
    taken.unwrap_or(false)
}

/// Whether pg_restore or psql replays a dump: its header sets both; `router.restoring()` says the same in SQL.
pub fn restoring() -> bool {
    // SAFETY: reads two backend variables.
    unsafe { !pg_sys::check_function_bodies && !pg_sys::row_security }
}
