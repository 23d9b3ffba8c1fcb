//! Facts about the database and the transaction at hand.

use pgrx::pg_sys;

/// The OID of the current database.
pub fn database() -> pg_sys::Oid {
    // SAFETY: reads a backend variable.
    unsafe { pg_sys::MyDatabaseId }
}

/// True when what this transaction sees may differ from what is committed now: it wrote something itself, or its
/// snapshot is fixed.
pub fn sees_its_own_state() -> bool {
    // SAFETY: read backend variables.
    unsafe {
        pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId
            || pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as i32
            || pg_sys::IsInParallelMode()
    }
}

/// Ends the statement if it was cancelled or the server is going down.
pub fn check_for_interrupts() {
    pgrx::check_for_interrupts!();
}
