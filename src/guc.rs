//! Every setting (`router.*`): one private static each, read through typed accessors.
//!
//! The limits of the guard can be changed by superusers only (or by whom `GRANT SET ON PARAMETER` names): a limit
//! that the limited role can lift is none. `ALTER ROLE ... SET router.max_rows = ...` gives one role its own.

mod asking;

use std::ffi::CString;
use std::time::Duration;

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

/// `off` lets statements run that nothing has checked.
static ENABLE_SQL_VALIDATION: GucSetting<bool> = GucSetting::<bool>::new(true);
/// Patterns (`schema.table`, `*` for any run of characters) that further restrict the registered relations.
static AUTHORIZED_TABLES: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
/// The planner's cost units.
static MAX_COST: GucSetting<f64> = GucSetting::<f64>::new(5_000_000.0);
/// Rows handed out; what lies beyond is cut.
static MAX_ROWS: GucSetting<i32> = GucSetting::<i32>::new(10_000);
/// Milliseconds.
static STATEMENT_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(30_000);
/// Milliseconds that validation may spend on trying a statement whose work the planner can't foresee.
static TRIAL_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(500);
/// Kilobytes.
static MAX_RESULT_KB: GucSetting<i32> = GucSetting::<i32>::new(16 * 1024);
/// Kilobytes.
static MAX_VALUE_KB: GucSetting<i32> = GucSetting::<i32>::new(256);
/// Questions per role and minute; 0 is no limit.
static RATE_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(0);
/// Comma-separated role names.
static RATE_LIMIT_EXEMPT: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

pub use asking::{fiscal_year_start, max_query_length, rolling_periods, timezone, week_start};

/// Defines every setting and reserves the prefix.
pub fn init() {
    let default = GucFlags::default();
    GucRegistry::define_bool_guc(
        c"router.enable_sql_validation",
        c"Checks every statement before it is run",
        c"off runs statements that nothing has checked, and warns each time. Superusers only.",
        &ENABLE_SQL_VALIDATION,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_string_guc(
        c"router.authorized_tables",
        c"Patterns that further restrict the registered relations",
        c"Comma-separated schema.table patterns, * stands for anything; empty authorises every registered relation.",
        &AUTHORIZED_TABLES,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_float_guc(
        c"router.max_cost",
        c"Planner cost above which a statement is refused",
        c"In the planner's units; 0 is no limit.",
        &MAX_COST,
        0.0,
        f64::MAX,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.max_rows",
        c"Rows returned at most",
        c"What lies beyond is cut and reported as cut.",
        &MAX_ROWS,
        1,
        10_000_000,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.statement_timeout",
        c"Time a routed statement may run",
        c"Counts from the start of that statement, also inside a longer one; 0 is no limit.",
        &STATEMENT_TIMEOUT,
        0,
        i32::MAX,
        GucContext::Suset,
        default | GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"router.trial_timeout",
        c"Time validation may spend on trying recursion and computed series",
        c"A statement that does not end within it is refused.",
        &TRIAL_TIMEOUT,
        1,
        60_000,
        GucContext::Suset,
        default | GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"router.max_result_bytes",
        c"Size of a result at most",
        c"Rows beyond it are cut and reported as cut.",
        &MAX_RESULT_KB,
        1,
        1024 * 1024,
        GucContext::Suset,
        default | GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"router.max_value_bytes",
        c"Size of one value of a result at most",
        c"Longer text is cut, other long values become null; both are reported.",
        &MAX_VALUE_KB,
        1,
        1024 * 1024,
        GucContext::Suset,
        default | GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"router.rate_limit",
        c"Questions per role and minute",
        c"0 is no limit. Counted for the whole server if the library is preloaded, else per session.",
        &RATE_LIMIT,
        0,
        1_000_000,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_string_guc(
        c"router.rate_limit_exempt",
        c"Roles without a rate limit",
        c"Comma-separated role names.",
        &RATE_LIMIT_EXEMPT,
        GucContext::Suset,
        default,
    );
    crate::models::settings::define();
    crate::telemetry::settings::define();
    crate::asking::settings::define();
    crate::worker::settings::define();
    crate::cache::settings::define();
    crate::similarity::settings::define();
    asking::init();
    crate::pg::reserve_setting_prefix(c"router");
    crate::pg::watch_settings("router.");
}

pub fn sql_validation() -> bool {
    ENABLE_SQL_VALIDATION.get()
}

/// Empty: every registered relation is authorised.
pub fn authorized_tables() -> Vec<String> {
    list(&AUTHORIZED_TABLES)
}

/// None: no limit.
pub fn max_cost() -> Option<f64> {
    Some(MAX_COST.get()).filter(|cost| *cost > 0.0)
}

pub fn max_rows() -> u64 {
    MAX_ROWS.get().unsigned_abs().into()
}

/// None: no limit.
pub fn statement_timeout() -> Option<Duration> {
    Some(millis(&STATEMENT_TIMEOUT)).filter(|timeout| !timeout.is_zero())
}

pub fn trial_timeout() -> Duration {
    millis(&TRIAL_TIMEOUT)
}

pub fn max_result_bytes() -> usize {
    kilobytes(&MAX_RESULT_KB)
}

pub fn max_value_bytes() -> usize {
    kilobytes(&MAX_VALUE_KB)
}

/// Questions per role and minute; None: no limit.
pub fn rate_limit() -> Option<u32> {
    Some(RATE_LIMIT.get().unsigned_abs()).filter(|limit| *limit > 0)
}

pub fn rate_limit_exempt() -> Vec<String> {
    list(&RATE_LIMIT_EXEMPT)
}

fn millis(setting: &GucSetting<i32>) -> Duration {
    Duration::from_millis(setting.get().unsigned_abs().into())
}

fn kilobytes(setting: &GucSetting<i32>) -> usize {
    setting.get().unsigned_abs() as usize * 1024
}

fn list(setting: &GucSetting<Option<CString>>) -> Vec<String> {
    let text = setting.get().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
