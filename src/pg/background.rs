//! Background processes: how they are started, told to stop, and do their transactions.

use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::time::Duration;

use pgrx::bgworkers::{BackgroundWorker, BackgroundWorkerBuilder};
use pgrx::pg_sys::panic::CaughtError;
use pgrx::{FromDatum, IntoDatum, PgTryBuilder, pg_guard, pg_sys};

use super::timer::with_time_limit;
use crate::error::Result;

/// What the two kinds of background processes do; told once, from `_PG_init`.
#[derive(Clone, Copy)]
pub struct Mains {
    pub launcher: fn(),
    /// Gets the number it was started with.
    pub worker: fn(usize),
}

static MAINS: OnceLock<Mains> = OnceLock::new();

/// Has the postmaster start the launcher once the server can be written to: on a standby at its promotion.
pub fn start_launcher_with_server(mains: Mains) {
    if MAINS.set(mains).is_err() {
        return;
    }
    BackgroundWorkerBuilder::new("router launcher")
        .set_library("router")
        .set_function("router_launcher_main")
        .enable_spi_access()
        .set_restart_time(Some(Duration::from_secs(5)))
        .load();
}

/// True while `_PG_init` runs in the postmaster.
pub fn preloading() -> bool {
    // SAFETY: reads a variable of the postmaster.
    unsafe { pg_sys::process_shared_preload_libraries_in_progress }
}

/// Starts a worker; false when the server has no place for another (`max_worker_processes`). The server wakes this
/// process when it ends, and never starts it again by itself.
pub fn start_worker(number: usize) -> bool {
    BackgroundWorkerBuilder::new("router worker")
        .set_library("router")
        .set_function("router_worker_main")
        .enable_spi_access()
        .set_argument(i64::try_from(number).ok().and_then(IntoDatum::into_datum))
        // SAFETY: reads a variable of this process.
        .set_notify_pid(unsafe { pg_sys::MyProcPid })
        .load_dynamic()
        .is_ok()
}

/// Where the postmaster enters the launcher.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn router_launcher_main(_argument: pg_sys::Datum) {
    handle_signals();
    // No database: the catalogs that all share can be read.
    BackgroundWorker::connect_worker_to_spi(None, None);
    if let Some(mains) = MAINS.get() {
        (mains.launcher)();
    }
    // The server starts it again unless it is stopping; one that ends with 0 it would forget.
    // SAFETY: ends this process, as returning would.
    unsafe { pg_sys::proc_exit(1) };
}

/// Where the postmaster enters a worker.
#[pg_guard]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn router_worker_main(argument: pg_sys::Datum) {
    handle_signals();
    // SAFETY: the argument given by `start_worker`.
    let number = unsafe { i64::from_datum(argument, false) }.and_then(|n| usize::try_from(n).ok());
    if let (Some(mains), Some(number)) = (MAINS.get(), number) {
        (mains.worker)(number);
    }
}

/// Connects this background process to a database, as the superuser that made the cluster. Ends the process when the
/// database is gone.
pub fn connect(database: u32) {
    BackgroundWorker::connect_worker_to_spi_by_oid(Some(pg_sys::Oid::from(database)), None);
}

fn handle_signals() {
    // SAFETY: handlers that only set flags, installed before signals are unblocked.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        {
            pg_sys::pqsignal(pg_sys::SIGHUP as i32, Some(on_sighup));
            pg_sys::pqsignal(pg_sys::SIGTERM as i32, Some(on_sigterm));
        }
        #[cfg(feature = "pg18")]
        {
            pg_sys::pqsignal_be(pg_sys::SIGHUP as i32, Some(on_sighup));
            pg_sys::pqsignal_be(pg_sys::SIGTERM as i32, Some(on_sigterm));
        }
        pg_sys::BackgroundWorkerUnblockSignals();
    }
}

/// Asks the process to read its configuration again.
unsafe extern "C-unwind" fn on_sighup(_signal: i32) {
    // SAFETY: a flag made to be set by signal handlers; setting the own latch is allowed in one.
    unsafe {
        (&raw mut pg_sys::ConfigReloadPending).write_volatile(1);
        pg_sys::SetLatch(pg_sys::MyLatch);
    }
}

/// Asks the process to stop, and cancels the statement it is in: what then remains to be done is done in its loop.
unsafe extern "C-unwind" fn on_sigterm(_signal: i32) {
    // SAFETY: flags made to be set by signal handlers; setting the own latch is allowed in one.
    unsafe {
        (&raw mut pg_sys::ShutdownRequestPending).write_volatile(1);
        (&raw mut pg_sys::QueryCancelPending).write_volatile(1);
        (&raw mut pg_sys::InterruptPending).write_volatile(1);
        pg_sys::SetLatch(pg_sys::MyLatch);
    }
}

/// Whether this background process was told to stop.
pub fn told_to_stop() -> bool {
    // SAFETY: a flag that a signal handler sets.
    unsafe { (&raw const pg_sys::ShutdownRequestPending).read_volatile() != 0 }
}

/// Takes back a cancel that came while no statement ran: it is for statements.
fn forget_cancel() {
    // SAFETY: a flag that signal handlers set.
    unsafe { (&raw mut pg_sys::QueryCancelPending).write_volatile(0) };
}

/// Sleeps as `process::sleep` does, then serves what other processes ask of this one. Raises nothing: outside of a
/// statement there is nothing to cancel.
pub fn wait(limit: Duration, readable: Option<std::os::fd::RawFd>) {
    super::process::sleep(limit, readable);
    serve_interrupts();
}

/// Does what other processes ask of this one, outside of any statement.
pub fn serve_interrupts() {
    forget_cancel();
    super::process::check_interrupts();
}

/// Reads the configuration again if a signal asked for it; true if it did.
pub fn reload_if_asked() -> bool {
    // SAFETY: outside of a transaction, as the call wants it.
    unsafe {
        if (&raw const pg_sys::ConfigReloadPending).read_volatile() == 0 {
            return false;
        }
        (&raw mut pg_sys::ConfigReloadPending).write_volatile(0);
        pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP);
        true
    }
}

/// Why a transaction was rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack(pub String);

/// Runs `f` in a transaction of its own, which `limit` cancels. Whatever is raised in it, or returned as an error,
/// rolls it back. What it allocates is freed with it.
pub fn transaction<T>(limit: Duration, f: impl FnOnce() -> Result<T>) -> std::result::Result<T, RolledBack> {
    forget_cancel();
    with_time_limit(Some(limit), || {
        // SAFETY: a background process outside of any transaction; the context that was current is put back.
        unsafe {
            let context = pg_sys::CurrentMemoryContext;
            let outcome: std::result::Result<T, RolledBack> = PgTryBuilder::new(AssertUnwindSafe(|| {
                pg_sys::SetCurrentStatementStartTimestamp();
                pg_sys::StartTransactionCommand();
                pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
                let result = f().map_err(|error| RolledBack(error.message().to_owned()))?;
                pg_sys::PopActiveSnapshot();
                pg_sys::CommitTransactionCommand();
                Ok(result)
            }))
            .catch_others(|error| Err(why(&error)))
            .catch_rust_panic(|error| Err(why(&error)))
            .execute();
            if outcome.is_err() {
                pg_sys::AbortCurrentTransaction();
            }
            pg_sys::MemoryContextSwitchTo(context);
            outcome
        }
    })
}

fn why(error: &CaughtError) -> RolledBack {
    match error {
        CaughtError::PostgresError(report)
        | CaughtError::ErrorReport(report)
        | CaughtError::RustPanic { ereport: report, .. } => RolledBack(report.message().to_owned()),
    }
}

/// Tells the statistics of the server what this process did, and that it waits.
pub fn report_idle() {
    // SAFETY: outside of a transaction, as both calls want it; the text is static.
    unsafe {
        pg_sys::pgstat_report_stat(true);
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_IDLE, std::ptr::null());
    }
}

/// What the server writes into `datconnlimit` of a database whose dropping was interrupted.
const INVALID_DATABASE: i32 = -2;

/// The databases one can connect to, without templates. To be called inside a [`transaction`].
pub fn databases() -> Vec<u32> {
    let mut found = Vec::new();
    // SAFETY: a plain scan of a shared catalog inside a transaction; each row is read before the next is asked for.
    unsafe {
        let relation = pg_sys::table_open(pg_sys::DatabaseRelationId, pg_sys::AccessShareLock as i32);
        let scan = pg_sys::systable_beginscan(
            relation,
            pg_sys::InvalidOid,
            false,
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            let row = &*pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_database>(tuple);
            if row.datallowconn && !row.datistemplate && row.datconnlimit != INVALID_DATABASE {
                found.push(row.oid.to_u32());
            }
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as i32);
    }
    found
}

/// Memory that is emptied at every turn of a loop, and current in between: what the server's functions allocate
/// outside of transactions would otherwise stay for the life of the process.
pub struct Scratch(pg_sys::MemoryContext);

impl Scratch {
    pub fn new() -> Self {
        // SAFETY: a context below the one that lives as long as the process.
        Self(unsafe {
            pg_sys::AllocSetContextCreateInternal(
                pg_sys::TopMemoryContext,
                c"router worker".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            )
        })
    }

    pub fn empty(&self) {
        // SAFETY: nothing outside of a turn points into it.
        unsafe {
            pg_sys::MemoryContextReset(self.0);
            pg_sys::MemoryContextSwitchTo(self.0);
        }
    }
}

/// Sets a setting of this process for good.
pub fn set(name: &std::ffi::CStr, value: &std::ffi::CStr) {
    // SAFETY: both strings are copied by the server.
    unsafe {
        pg_sys::SetConfigOption(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_OVERRIDE,
        );
    }
}
