//! Settings: what pgrx has no name for.

use std::ffi::CStr;

/// Makes unknown settings with this prefix an error instead of a placeholder.
pub fn reserve_setting_prefix(prefix: &'static CStr) {
    // SAFETY: the string is NUL-terminated and lives for ever.
    unsafe { pgrx::pg_sys::MarkGUCPrefixReserved(prefix.as_ptr()) }
}
