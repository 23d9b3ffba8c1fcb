//! Every error a caller can meet: what was wrong, its SQLSTATE, what to do.

use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::panic::ErrorReport;

use crate::pg::Failure;

pub type Result<T> = std::result::Result<T, Error>;

/// What SQL functions return: of any other error type pgrx raises the text alone, under one SQLSTATE and without hint.
/// Import it as `Result`, the only name by which pgrx finds an iterator inside.
pub type SqlResult<T> = std::result::Result<T, ErrorReport>;

/// An error for people. Build one with the constructor of its kind, add a hint where the user can act.
#[derive(Debug)]
pub struct Error {
    code: PgSqlErrorCode,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
}

impl Error {
    pub fn new(code: PgSqlErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, hint: None }
    }

    /// 22023: an argument has a value that the function can't take.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
    }

    /// 22004: an argument is null that must not be.
    pub fn null(message: impl Into<String>) -> Self {
        Self::new(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, message)
    }

    /// 22003: a number lies outside of what it can mean.
    pub fn out_of_range(message: impl Into<String>) -> Self {
        Self::new(PgSqlErrorCode::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, message)
    }

    /// 42P01: a relation is not registered, or gone.
    pub fn no_dataset(message: impl Into<String>) -> Self {
        Self::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, message)
    }

    /// 42704: something named does not exist (an agent, a template, an intent).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, message)
    }

    /// 42501: the caller may not do this.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
    }

    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn sqlstate(&self) -> String {
        sqlstate(self.code)
    }

    pub fn message(&self) -> &str {
        &self.message
    }
}

/// An SQLSTATE in its five characters: the server packs six bits of each into a number.
pub fn sqlstate(code: PgSqlErrorCode) -> String {
    (0..5).map(|i| char::from(b'0' + ((code as i32 >> (6 * i)) & 0x3f) as u8)).collect()
}

/// What the server raised, to be raised again with what it said.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code, message: failure.message, detail: failure.detail, hint: failure.hint }
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        Self { code: e.code, message: e.message, detail: e.detail, hint: e.hint, timed_out: false }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for ErrorReport {
    fn from(e: Error) -> Self {
        let mut report = ErrorReport::new(e.code, e.message, "router");
        if let Some(detail) = e.detail {
            report = report.set_detail(detail);
        }
        if let Some(hint) = e.hint {
            report = report.set_hint(hint);
        }
        report
    }
}

/// A failure of the extension's own SQL: a broken installation or the server's own limits, never the user's input.
impl From<pgrx::spi::SpiError> for Error {
    fn from(e: pgrx::spi::SpiError) -> Self {
        Self::new(PgSqlErrorCode::ERRCODE_DATA_EXCEPTION, format!("the router's tables could not be read: {e}"))
            .with_hint("check that the extension is complete: SELECT router_version()")
    }
}

/// Registration options that can't be taken.
impl From<router_core::semantic::OptionsError> for Error {
    fn from(e: router_core::semantic::OptionsError) -> Self {
        Self::invalid(e.message).with_hint(e.hint)
    }
}
