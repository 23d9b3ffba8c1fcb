//! Settings of asking: anybody may set these for their own session.

use std::ffi::CString;

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use router_core::time::Weekday;

/// Characters of a prompt.
static MAX_QUERY_LENGTH: GucSetting<i32> = GucSetting::<i32>::new(2048);
static WEEK_START: GucSetting<WeekStart> = GucSetting::<WeekStart>::new(WeekStart::Monday);
/// Month, 1-12.
static FISCAL_YEAR_START: GucSetting<i32> = GucSetting::<i32>::new(1);
/// "last 3 months": the 3 full months before this one, or 3 months back from today.
static RELATIVE_PERIODS: GucSetting<Periods> = GucSetting::<Periods>::new(Periods::Calendar);
/// IANA zone that times are read in; empty means the session's TimeZone.
static TIMEZONE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
enum WeekStart {
    Monday,
    Sunday,
    Saturday,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
enum Periods {
    Calendar,
    Rolling,
}

pub(super) fn init() {
    let default = GucFlags::default();
    GucRegistry::define_int_guc(
        c"router.max_query_length",
        c"Longest prompt that is read",
        c"In characters.",
        &MAX_QUERY_LENGTH,
        1,
        65_536,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_enum_guc(
        c"router.week_start",
        c"First day of a week",
        c"Decides what \"this week\" and a weekly axis mean.",
        &WEEK_START,
        GucContext::Userset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.fiscal_year_start",
        c"First month of the fiscal year",
        c"1 to 12; a fiscal year is named after the calendar year it ends in.",
        &FISCAL_YEAR_START,
        1,
        12,
        GucContext::Userset,
        default,
    );
    GucRegistry::define_enum_guc(
        c"router.relative_periods",
        c"What \"last 3 months\" means",
        c"calendar: the 3 full months before this one; rolling: 3 months back from today.",
        &RELATIVE_PERIODS,
        GucContext::Userset,
        default,
    );
    GucRegistry::define_string_guc(
        c"router.timezone",
        c"Time zone that prompts are read in",
        c"An IANA name; empty means the session's TimeZone.",
        &TIMEZONE,
        GucContext::Userset,
        default,
    );
}

/// Characters.
pub fn max_query_length() -> usize {
    MAX_QUERY_LENGTH.get().unsigned_abs() as usize
}

pub fn week_start() -> Weekday {
    match WEEK_START.get() {
        WeekStart::Monday => Weekday::Monday,
        WeekStart::Sunday => Weekday::Sunday,
        WeekStart::Saturday => Weekday::Saturday,
    }
}

/// 1-12.
pub fn fiscal_year_start() -> i8 {
    i8::try_from(FISCAL_YEAR_START.get()).unwrap_or(1)
}

pub fn rolling_periods() -> bool {
    RELATIVE_PERIODS.get() == Periods::Rolling
}

/// None: the session's TimeZone.
pub fn timezone() -> Option<String> {
    TIMEZONE.get().map(|z| z.to_string_lossy().into_owned()).filter(|z| !z.is_empty())
}
