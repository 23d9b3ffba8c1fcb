//! Calendar arithmetic on civil dates: where units start, how far they reach. Never overflows: `None` instead.

use jiff::Span as Delta;
use jiff::civil::{Date, DateTime, Time};

use super::{Clock, Grain, TimeRange};

/// A unit people count time in. `Fiscal*` start at the clock's fiscal year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Half,
    Year,
    FiscalQuarter,
    FiscalHalf,
    FiscalYear,
    Decade,
}

impl Unit {
    pub fn grain(self) -> Option<Grain> {
        match self {
            Self::Hour => Some(Grain::Hour),
            Self::Day => Some(Grain::Day),
            Self::Week => Some(Grain::Week),
            Self::Month => Some(Grain::Month),
            Self::Quarter | Self::FiscalQuarter => Some(Grain::Quarter),
            Self::Year | Self::FiscalYear | Self::Decade => Some(Grain::Year),
            Self::Half | Self::FiscalHalf => None,
        }
    }

    /// Length in months, for units made of whole months.
    pub fn months(self) -> Option<i64> {
        match self {
            Self::Month => Some(1),
            Self::Quarter | Self::FiscalQuarter => Some(3),
            Self::Half | Self::FiscalHalf => Some(6),
            Self::Year | Self::FiscalYear => Some(12),
            Self::Decade => Some(120),
            Self::Hour | Self::Day | Self::Week => None,
        }
    }

    pub fn fiscal(self) -> Self {
        match self {
            Self::Quarter => Self::FiscalQuarter,
            Self::Half => Self::FiscalHalf,
            Self::Year => Self::FiscalYear,
            other => other,
        }
    }
}

/// `[start, end)`, both ends known, and the unit it was asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: DateTime,
    pub end: DateTime,
    pub unit: Option<Grain>,
}

impl Span {
    /// Whole days; `None` when empty.
    pub fn days(start: Date, end: Date, unit: Option<Grain>) -> Option<Self> {
        (start < end).then(|| Self { start: midnight(start), end: midnight(end), unit })
    }

    pub fn range(self) -> TimeRange {
        TimeRange { start: Some(self.start), end: Some(self.end) }
    }
}

pub(super) fn midnight(date: Date) -> DateTime {
    date.to_datetime(Time::midnight())
}

pub(super) fn today(clock: &Clock) -> Date {
    clock.now.date()
}

pub(super) fn add_days(date: Date, days: i64) -> Option<Date> {
    date.checked_add(Delta::new().try_days(days).ok()?).ok()
}

pub(super) fn add_months(date: Date, months: i64) -> Option<Date> {
    date.checked_add(Delta::new().try_months(months).ok()?).ok()
}

/// The date `n` units on (back, when negative). Hours are not dates.
pub(super) fn add_units(date: Date, unit: Unit, n: i64) -> Option<Date> {
    match (unit, unit.months()) {
        (_, Some(months)) => add_months(date, n.checked_mul(months)?),
        (Unit::Week, _) => add_days(date, n.checked_mul(7)?),
        (Unit::Day, _) => add_days(date, n),
        _ => None,
    }
}

/// The moment one step of the calendar after `start`; `None` for hours and weekdays.
pub fn after_one(start: DateTime, grain: Grain) -> Option<DateTime> {
    let unit = match grain {
        Grain::Day => Unit::Day,
        Grain::Week => Unit::Week,
        Grain::Month => Unit::Month,
        Grain::Quarter => Unit::Quarter,
        Grain::Year => Unit::Year,
        Grain::Hour | Grain::Weekday => return None,
    };
    add_units(start.date(), unit, 1).map(midnight)
}

/// The first day of the unit that holds `date`.
pub(super) fn start_of(unit: Unit, date: Date, clock: &Clock) -> Option<Date> {
    let fiscal_first = clock.fiscal_year_start.clamp(1, 12);
    let back = |length: i64, first: i8| {
        let month = i64::from(date.month() - first);
        add_months(date.first_of_month(), -(month.rem_euclid(12) % length))
    };
    match unit {
        Unit::Hour | Unit::Day => Some(date),
        Unit::Week => add_days(date, -i64::from(date.weekday().since(clock.week_start))),
        Unit::Month => Some(date.first_of_month()),
        Unit::Quarter => back(3, 1),
        Unit::Half => back(6, 1),
        Unit::Year => back(12, 1),
        Unit::FiscalQuarter => back(3, fiscal_first),
        Unit::FiscalHalf => back(6, fiscal_first),
        Unit::FiscalYear => back(12, fiscal_first),
        Unit::Decade => Date::new(date.year() - date.year().rem_euclid(10), 1, 1).ok(),
    }
}

/// The unit `offset` units from the one that holds today: 0 this, -1 the last, 1 the next.
pub(super) fn unit_at(unit: Unit, offset: i64, clock: &Clock) -> Option<Span> {
    units_at(unit, offset, 1, clock)
}

/// `count` whole units, the first of them `offset` units from the current one.
pub(super) fn units_at(unit: Unit, offset: i64, count: i64, clock: &Clock) -> Option<Span> {
    let current = start_of(unit, today(clock), clock)?;
    let start = add_units(current, unit, offset)?;
    let end = add_units(start, unit, count)?;
    Span::days(start, end, unit.grain())
}

/// From the start of the current unit up to and including today.
pub(super) fn to_date(unit: Unit, clock: &Clock) -> Option<Span> {
    let today = today(clock);
    Span::days(start_of(unit, today, clock)?, add_days(today, 1)?, unit.grain())
}

/// A calendar year, half, quarter or month of the given year.
pub(super) fn months_of(year: i16, first_month: i8, unit: Unit) -> Option<Span> {
    let start = Date::new(year, first_month, 1).ok()?;
    Span::days(start, add_months(start, unit.months()?)?, unit.grain())
}

/// The first month of fiscal year `year`, which is named after the calendar year it ends in.
pub(super) fn fiscal_start(year: i16, clock: &Clock) -> Option<Date> {
    let first = clock.fiscal_year_start.clamp(1, 12);
    Date::new(if first == 1 { year } else { year.checked_sub(1)? }, first, 1).ok()
}
