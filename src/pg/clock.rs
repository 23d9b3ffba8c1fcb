//! What time it is, and where.

use std::cell::RefCell;
use std::ffi::CStr;
use std::time::{SystemTime, UNIX_EPOCH};

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

/// Random bytes drawn ahead: asking for them costs as much for 16 as for some hundreds.
struct Drawn {
    bytes: [u8; 640],
    used: usize,
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { bytes: [0; 640], used: 640 }) };
}

/// A version 7 UUID: milliseconds since 1970, then 74 random bits. Those made one after another lie beside each other in
/// an index.
pub fn uuid_by_time() -> [u8; 16] {
    let mut b = [0u8; 16];
    random_bytes(&mut b[6..]);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    b[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    b[6] = (b[6] & 0x0f) | 0x70;
    b[8] = (b[8] & 0x3f) | 0x80;
    b
}

/// As [`uuid_by_time`], in text form.
pub fn new_uuid() -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in uuid_by_time().iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for half in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(half)]));
        }
    }
    text
}

fn random_bytes(to: &mut [u8]) {
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.used + to.len() > drawn.bytes.len() {
            // SAFETY: the buffer is as long as the length passed.
            let strong = unsafe { pg_sys::pg_strong_random(drawn.bytes.as_mut_ptr().cast(), drawn.bytes.len()) };
            if !strong {
                // No entropy source answers: unique enough for an identifier, never used as a secret.
                for place in drawn.bytes.chunks_mut(8) {
                    place.copy_from_slice(&random().to_bits().to_be_bytes());
                }
            }
            drawn.used = 0;
        }
        to.copy_from_slice(&drawn.bytes[drawn.used..drawn.used + to.len()]);
        drawn.used += to.len();
    });
}
