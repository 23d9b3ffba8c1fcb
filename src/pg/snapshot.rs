//! Reading what is committed now, not what was when the calling statement began.

use pgrx::pg_sys;

use super::invalidation;

/// The transaction's isolation level (or parallel mode) keeps it to one snapshot.
pub fn snapshot_is_fixed() -> bool {
    // SAFETY: reads two backend variables.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as i32 || pg_sys::IsInParallelMode() }
}

/// The number of this transaction (its top level's), 0 while it has written nothing.
pub fn transaction_number() -> u32 {
    // SAFETY: reads the state of this backend's transaction.
    unsafe { pg_sys::GetTopTransactionIdIfAny() }.into_inner()
}

/// This transaction has written something, or taken the number that writing takes.
pub fn has_written() -> bool {
    // SAFETY: reads the state of this backend's transaction.
    unsafe { pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId }
}

/// Runs `read`, whose queries see the latest committed state and the own transaction's changes.
///
/// A statement's snapshot may be older than an invalidation message that has been taken in already;
/// loaded with it, stale rows would be kept as fresh ones. Where the transaction's isolation level
/// (or parallel mode) fixes the snapshot, what is read is right for this transaction only: everything
/// loaded is forgotten when it ends.
pub fn with_latest_snapshot<T>(read: impl FnOnce() -> T) -> T {
    if snapshot_is_fixed() {
        use pgrx::PgXactCallbackEvent::{Abort, Commit, Prepare};
        for end in [Commit, Abort, Prepare] {
            pgrx::register_xact_callback(end, invalidation::forget);
        }
        return read();
    }
    // SAFETY: the snapshot is popped below; an ERROR in between unwinds the stack of active snapshots.
    unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        let result = read();
        pg_sys::PopActiveSnapshot();
        result
    }
}
