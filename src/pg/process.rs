//! Processes of the server: who this one is, waking another, waiting to be woken.

use std::os::fd::RawFd;
use std::time::Duration;

use pgrx::pg_sys;

/// A process as shared memory names it: its place among the server's processes, and its pid, which tells whether
/// that place still is its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Process {
    number: u32,
    pid: i32,
}

impl Process {
    pub const NOBODY: Self = Self { number: 0, pid: 0 };

    /// This process; `NOBODY` where it has no place (the postmaster).
    pub fn this() -> Self {
        // SAFETY: reads variables of this process; its entry lies within the array of all.
        unsafe {
            if pg_sys::MyProc.is_null() || pg_sys::ProcGlobal.is_null() {
                return Self::NOBODY;
            }
            let number = pg_sys::MyProc.offset_from((*pg_sys::ProcGlobal).allProcs);
            u32::try_from(number).map_or(Self::NOBODY, |number| Self { number, pid: pg_sys::MyProcPid })
        }
    }

    pub fn pid(self) -> i32 {
        self.pid
    }

    fn entry(self) -> Option<*mut pg_sys::PGPROC> {
        // SAFETY: the array lives as long as the server; the number is checked, as it comes from shared memory.
        unsafe {
            let all = pg_sys::ProcGlobal;
            (self.pid != 0 && !all.is_null() && self.number < (*all).allProcCount)
                .then(|| (*all).allProcs.add(self.number as usize))
        }
    }

    /// Whether it has not ended. A server that starts anew after a crash forgets everybody.
    pub fn is_alive(self) -> bool {
        // SAFETY: a valid entry, whose pid its owner writes at start and end.
        self.entry().is_some_and(|entry| unsafe { (&raw const (*entry).pid).read_volatile() } == self.pid)
    }

    /// Tells it to end what it does, and itself.
    pub fn terminate(self) {
        if self.is_alive() {
            // SAFETY: a signal to a process of this server, which has a handler for it.
            unsafe { libc::kill(self.pid, libc::SIGTERM) };
        }
    }

    /// Sets its latch. To wake one that has taken the place of another does no harm.
    pub fn wake(self) {
        if let Some(entry) = self.entry() {
            // SAFETY: a valid entry; any process may set any latch.
            unsafe { pg_sys::SetLatch(&raw mut (*entry).procLatch) };
        }
    }
}

/// The database this process is connected to, 0 for none.
pub fn database() -> u32 {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::MyDatabaseId.to_u32() }
}

/// Microseconds since 2000-01-01.
pub fn now() -> i64 {
    // SAFETY: asks the system's clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// Sleeps until somebody sets this process's latch or the time is over. Raises what is to be raised: a cancel, or the
/// end of the session.
pub fn wait(limit: Duration) {
    sleep(limit, None);
    check_interrupts();
}

/// Sleeps until somebody sets this process's latch, `readable` can be read, or the time is over. Ends the process
/// when the postmaster has died.
pub fn sleep(limit: Duration, readable: Option<RawFd>) {
    let limit = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX).clamp(1, 3_600_000);
    let mut events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    if readable.is_some() {
        events |= pg_sys::WL_SOCKET_READABLE;
    }
    // SAFETY: this process's own latch; the descriptor is open as long as the caller holds it.
    unsafe {
        pg_sys::WaitLatchOrSocket(
            pg_sys::MyLatch,
            events as i32,
            readable.unwrap_or(-1),
            limit as _,
            pg_sys::PG_WAIT_EXTENSION,
        );
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
}

/// Raises a pending cancel or end of the session, and does what other processes have asked this one to do.
pub fn check_interrupts() {
    pg_sys::check_for_interrupts!();
}
