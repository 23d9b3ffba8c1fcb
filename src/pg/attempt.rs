//! Catching what the server raises, without leaving the transaction in an unknown state.

use std::panic::AssertUnwindSafe;

use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};

/// An error the server raised and `attempt` caught.
#[derive(Debug, Clone)]
pub struct Failure {
    pub code: PgSqlErrorCode,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The limit of `with_time_limit` ran out.
    pub timed_out: bool,
}

/// Runs `f` in a subtransaction: if it raises, everything it took or set is rolled back (locks, settings, snapshots,
/// memory of the executor) and the error is returned. What `f` allocates lives in the caller's memory context.
///
/// Cancellation (unless by `with_time_limit`, which goes around this), shutdown and serialisation failures are not
/// caught, but raised again.
pub fn attempt<T>(f: impl FnOnce() -> T) -> Result<T, Failure> {
    attempt_keeping(|| (f(), true))
}

/// As [`attempt`]; what the successful `f` took is rolled back too unless it says (true) to keep it.
pub fn attempt_keeping<T>(f: impl FnOnce() -> (T, bool)) -> Result<T, Failure> {
    // SAFETY: the sequence PL/pgSQL uses for a block with EXCEPTION. Context and resource owner are put back
    // on both ways out; Rust values on the stack are dropped by unwinding before the rollback.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let outcome: Result<(T, bool), CaughtError> =
            PgTryBuilder::new(AssertUnwindSafe(|| Ok(f()))).catch_others(Err).catch_rust_panic(Err).execute();
        match outcome {
            Ok((value, keep)) => {
                if keep {
                    pg_sys::ReleaseCurrentSubTransaction();
                } else {
                    pg_sys::RollbackAndReleaseCurrentSubTransaction();
                }
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::CurrentResourceOwner = owner;
                Ok(value)
            }
            Err(error) => {
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::RollbackAndReleaseCurrentSubTransaction();
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::CurrentResourceOwner = owner;
                match failure(&error) {
                    Some(failure) if failure.timed_out || !must_pass(failure.code) => Err(failure),
                    _ => error.rethrow(),
                }
            }
        }
    }
}

/// An error on its way to the caller.
pub struct Raised(CaughtError);

/// Runs `f`; if it raises, the error is returned to be looked at and raised again. Nothing is rolled back before.
pub fn looking_at_errors<T>(f: impl FnOnce() -> T) -> Result<T, Raised> {
    PgTryBuilder::new(AssertUnwindSafe(|| Ok(f())))
        .catch_others(|error| Err(Raised(error)))
        .catch_rust_panic(|error| Err(Raised(error)))
        .execute()
}

impl Raised {
    /// `None` for a Rust panic.
    pub fn failure(&self) -> Option<Failure> {
        failure(&self.0)
    }

    pub fn raise_again<T>(self) -> T {
        self.0.rethrow()
    }
}

/// None for a Rust panic: a bug, not to be dressed up as a verdict.
fn failure(error: &CaughtError) -> Option<Failure> {
    match error {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => Some(Failure {
            code: report.sql_error_code(),
            message: report.message().to_owned(),
            detail: report.detail().map(str::to_owned),
            hint: report.hint().map(str::to_owned),
            timed_out: report.sql_error_code() == PgSqlErrorCode::ERRCODE_QUERY_CANCELED && super::timer::fired(),
        }),
        CaughtError::RustPanic { .. } => None,
    }
}

/// Errors that are about the transaction or the session, not about what was attempted.
fn must_pass(code: PgSqlErrorCode) -> bool {
    use PgSqlErrorCode::*;
    matches!(
        code,
        ERRCODE_QUERY_CANCELED
            | ERRCODE_ADMIN_SHUTDOWN
            | ERRCODE_CRASH_SHUTDOWN
            | ERRCODE_CANNOT_CONNECT_NOW
            | ERRCODE_DATABASE_DROPPED
            | ERRCODE_T_R_SERIALIZATION_FAILURE
            | ERRCODE_T_R_DEADLOCK_DETECTED
    )
}
