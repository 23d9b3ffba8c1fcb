//! What time it is, and where.

use std::ffi::CStr;

use pgrx::pg_sys;

/// Microseconds between 1970-01-01 and 2000-01-01, the server's epoch.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// Start of the current statement, in microseconds since 1970-01-01 UTC.
pub fn statement_time() -> i64 {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() + POSTGRES_EPOCH }
}

/// The session's TimeZone setting.
pub fn session_timezone() -> String {
    // SAFETY: session_timezone is set before any function can be called; its name lives as long as it does.
    unsafe {
        if pg_sys::session_timezone.is_null() {
            return "UTC".to_owned();
        }
        CStr::from_ptr(pg_sys::pg_get_timezone_name(pg_sys::session_timezone)).to_string_lossy().into_owned()
    }
}

/// Uniform from 0 to 1, by the session's generator: `setseed` makes it repeatable.
pub fn random() -> f64 {
    // SAFETY: the function takes no argument.
    unsafe { pgrx::direct_function_call::<f64>(pg_sys::drandom, &[]) }.unwrap_or(0.5)
}

/// Sixteen random bytes as a version 4 UUID in text form.
pub fn random_uuid() -> String {
    let mut b = [0u8; 16];
    // SAFETY: the buffer is as long as the length passed.
    let strong = unsafe { pg_sys::pg_strong_random(b.as_mut_ptr().cast(), b.len()) };
    if !strong {
        // No entropy source answers: unique enough for an identifier, never used as a secret.
        b[..8].copy_from_slice(&statement_time().to_be_bytes());
    }
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (i, byte) in b.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for half in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
        }
    }
    text
}
