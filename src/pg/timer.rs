//! A time limit for one piece of work inside a statement that already runs.
//!
//! The server's `statement_timeout` is armed when the client's statement arrives and can't be shortened from within;
//! this is a timer of its own in the server's timeout framework, which cancels just as that one does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pgrx::pg_sys;

/// `USER_TIMEOUT` of `utils/timeout.h`: the first reason that modules may take.
#[cfg(any(feature = "pg15", feature = "pg16"))]
const USER_TIMEOUT: i32 = 12;
#[cfg(any(feature = "pg17", feature = "pg18"))]
const USER_TIMEOUT: i32 = 13;

unsafe extern "C-unwind" {
    fn RegisterTimeout(id: i32, handler: unsafe extern "C-unwind" fn()) -> i32;
    fn enable_timeout_after(id: i32, delay_ms: i32);
    fn disable_timeout(id: i32, keep_indicator: bool);
}

static FIRED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static REGISTERED: std::cell::Cell<Option<i32>> = const { std::cell::Cell::new(None) };
    static ARMED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// True inside a `with_time_limit` whose limit has run out.
pub(super) fn fired() -> bool {
    FIRED.load(Ordering::Relaxed)
}

/// Runs `f`, which gets canceled (57014) when `limit` is over; `fired` tells that from a user's cancel.
/// Inside another limit the outer one stays in force alone.
pub fn with_time_limit<T>(limit: Option<Duration>, f: impl FnOnce() -> T) -> T {
    let Some(limit) = limit.filter(|_| !ARMED.get()) else {
        return f();
    };
    let _armed = Armed::new(limit);
    f()
}

/// The timer, armed; disarmed when dropped, also by an unwinding error.
struct Armed {
    id: i32,
}

impl Armed {
    fn new(limit: Duration) -> Self {
        let id = REGISTERED.get().unwrap_or_else(|| {
            // SAFETY: the handler only sets flags; the framework keeps its address for the backend's life.
            let id = guarded(|| unsafe { RegisterTimeout(USER_TIMEOUT, on_timeout) });
            REGISTERED.set(Some(id));
            id
        });
        FIRED.store(false, Ordering::Relaxed);
        let millis = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).max(1);
        // SAFETY: the reason is registered.
        guarded(|| unsafe { enable_timeout_after(id, millis) });
        ARMED.set(true);
        Self { id }
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        ARMED.set(false);
        // SAFETY: the reason is registered; disarming raises nothing. A cancel that the timer asked for and that
        // nothing has acted on yet is withdrawn, lest it hit the rest of the caller's statement.
        unsafe {
            disable_timeout(self.id, false);
            if fired() {
                pg_sys::QueryCancelPending = 0;
            }
        }
        FIRED.store(false, Ordering::Relaxed);
    }
}

/// Runs in a signal handler: sets flags, nothing else. The framework sets the latch.
unsafe extern "C-unwind" fn on_timeout() {
    FIRED.store(true, Ordering::Relaxed);
    // SAFETY: both are sig_atomic_t, made to be set by signal handlers.
    unsafe {
        pg_sys::QueryCancelPending = 1;
        pg_sys::InterruptPending = 1;
    }
}

fn guarded<T>(f: impl FnOnce() -> T) -> T {
    // SAFETY: the closures passed are single calls into the server and own nothing that needs dropping.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(f) }
}
