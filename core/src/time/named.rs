//! Named stretches of the calendar (a quarter, a month, a day), with or without their year, and what they resolve to.

use jiff::civil::Date;

use super::calendar::{Span, Unit, add_days, add_months, fiscal_start, midnight, months_of, today};
use super::lexicon::Rel;
use super::{Clock, Grain};

/// A stretch that recurs every year, or the year itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Year,
    FiscalYear,
    /// 1-2.
    Half(i8),
    FiscalHalf(i8),
    /// 1-4.
    Quarter(i8),
    FiscalQuarter(i8),
    /// 1-12.
    Month(i8),
    Day {
        month: i8,
        day: i8,
    },
    /// ISO week, 1-53.
    Week(i8),
}

/// What a point in a prompt stands for, before a missing year is filled in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    Named {
        shape: Shape,
        year: Option<i16>,
    },
    /// A day whose month comes later: the "1" of "1 to 15 February".
    DayOfMonth(i8),
    /// Resolved already; `None`: the calendar has no such stretch.
    Fixed(Option<Span>),
}

/// Which occurrence a name without a year means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    /// The latest that has ended (for days: the latest that is not in the future).
    Ended,
    /// The latest that has begun ("since January").
    Begun,
}

impl When {
    pub fn missing_year(self) -> Option<Shape> {
        match self {
            Self::Named { shape, year: None } => Some(shape),
            _ => None,
        }
    }

    /// The same with this year, where none was said.
    pub fn or_year(self, given: i16) -> Self {
        match self {
            Self::Named { shape, year: None } => Self::Named { shape, year: Some(given) },
            other => other,
        }
    }

    pub fn year(self) -> Option<i16> {
        match self {
            Self::Named { year, .. } => year,
            Self::DayOfMonth(_) => None,
            Self::Fixed(span) => span.map(|s| s.start.year()),
        }
    }

    pub fn resolve(self, tense: Tense, clock: &Clock) -> Option<Span> {
        match self {
            Self::Fixed(span) => span,
            Self::DayOfMonth(_) => None,
            Self::Named { shape, year: Some(year) } => in_year(shape, year, clock),
            Self::Named { shape, year: None } => nearest(shape, tense, clock),
        }
    }
}

/// The shape in a given (fiscal, for fiscal shapes) year. `None` for days that don't exist.
pub(super) fn in_year(shape: Shape, year: i16, clock: &Clock) -> Option<Span> {
    let fiscal = |offset: i64, unit: Unit| {
        let start = add_months(fiscal_start(year, clock)?, offset)?;
        Span::days(start, add_months(start, unit.months()?)?, unit.grain())
    };
    match shape {
        Shape::Year => months_of(year, 1, Unit::Year),
        Shape::Half(n) => months_of(year, 6 * n - 5, Unit::Half),
        Shape::Quarter(n) => months_of(year, 3 * n - 2, Unit::Quarter),
        Shape::Month(n) => months_of(year, n, Unit::Month),
        Shape::FiscalYear => fiscal(0, Unit::FiscalYear),
        Shape::FiscalHalf(n) => fiscal(6 * i64::from(n - 1), Unit::FiscalHalf),
        Shape::FiscalQuarter(n) => fiscal(3 * i64::from(n - 1), Unit::FiscalQuarter),
        Shape::Day { month, day } => day_span(Date::new(year, month, day).ok()?),
        Shape::Week(n) => {
            let start = jiff::civil::ISOWeekDate::new(year, n, jiff::civil::Weekday::Monday).ok()?.date();
            Span::days(start, add_days(start, 7)?, Some(Grain::Week))
        }
    }
}

pub(super) fn day_span(date: Date) -> Option<Span> {
    Span::days(date, add_days(date, 1)?, Some(Grain::Day))
}

/// Nine years back find any 29 February.
const YEARS_BACK: i16 = 9;

/// The occurrence that is meant: see `Tense` and `Clock::ahead`.
fn nearest(shape: Shape, tense: Tense, clock: &Clock) -> Option<Span> {
    let tomorrow = midnight(add_days(today(clock), 1)?);
    let now = midnight(today(clock));
    let year = today(clock).year();
    if clock.ahead {
        return (0..YEARS_BACK)
            .filter_map(|on| in_year(shape, year.checked_add(on)?, clock))
            .find(|span| span.end > now);
    }
    let this = year.checked_add(1)?;
    (0..YEARS_BACK).filter_map(|back| in_year(shape, this - back, clock)).find(|span| match (tense, shape) {
        (Tense::Ended, Shape::Day { .. }) | (Tense::Begun, _) => span.start < tomorrow,
        (Tense::Ended, _) => span.end <= now,
    })
}

/// "last December", "this January", "next Q2".
pub(super) fn related(shape: Shape, rel: Rel, clock: &Clock) -> Option<Span> {
    let now = midnight(today(clock));
    let this = today(clock).year();
    match rel {
        Rel::This => in_year(shape, this, clock),
        Rel::Next => {
            (0..YEARS_BACK).filter_map(|on| in_year(shape, this.checked_add(on)?, clock)).find(|s| s.start > now)
        }
        Rel::Last | Rel::Trailing => {
            (-1..YEARS_BACK).filter_map(|back| in_year(shape, this.checked_sub(back)?, clock)).find(|s| s.end <= now)
        }
    }
}
