//! Whether this transaction may write, and on what server.

use pgrx::pg_sys;

/// Whether the server is a standby, or replays its log after a crash.
pub fn in_recovery() -> bool {
    // SAFETY: reads shared state of the server.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Whether this transaction may write: it is not read-only, not on a standby and not in parallel mode.
pub fn may_write() -> bool {
    // SAFETY: reads backend variables.
    unsafe { !pg_sys::XactReadOnly && !pg_sys::IsInParallelMode() && !in_recovery() }
}

/// Of the running server, as in `SHOW server_version`.
pub fn server_version() -> String {
    // SAFETY: the setting exists; its text is copied at once.
    unsafe {
        let text = pg_sys::GetConfigOption(c"server_version".as_ptr(), true, false);
        if text.is_null() { String::new() } else { std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned() }
    }
}
