//! Keeps other people's code from running while a statement is analysed.
//!
//! Parse analysis calls input functions for literals (`'{5}'::some_domain[]` runs the domain's CHECK). The server asks
//! `needs_fmgr_hook` whenever it looks up a function that is not compiled into it, and that is where we say no.

use std::cell::Cell;

use pgrx::prelude::*;

thread_local! {
    static BARRED: Cell<bool> = const { Cell::new(false) };
}

static mut PREVIOUS: pg_sys::needs_fmgr_hook_type = None;

/// Installs the hook, behind those already there.
pub fn init() {
    // SAFETY: called once, from _PG_init, on the main thread.
    unsafe {
        PREVIOUS = pg_sys::needs_fmgr_hook;
        pg_sys::needs_fmgr_hook = Some(needs_hook);
    }
}

/// Runs `f`, in which any call of a function that `initdb` did not make raises 42883.
pub fn with_foreign_code_barred<T>(f: impl FnOnce() -> T) -> T {
    struct Lift(bool);
    impl Drop for Lift {
        fn drop(&mut self) {
            BARRED.set(self.0);
        }
    }
    let _lift = Lift(BARRED.replace(true));
    f()
}

#[pg_guard]
unsafe extern "C-unwind" fn needs_hook(function: pg_sys::Oid) -> bool {
    if BARRED.get() && function.to_u32() >= pg_sys::FirstUnpinnedObjectId {
        ereport!(
            ERROR,
            PgSqlErrorCode::ERRCODE_UNDEFINED_FUNCTION,
            "a literal or cast would run a function that is not built in"
        );
    }
    // SAFETY: what was installed before us.
    unsafe { PREVIOUS.is_some_and(|previous| previous(function)) }
}
