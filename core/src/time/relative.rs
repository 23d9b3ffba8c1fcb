//! Expressions counted from now: "yesterday", "last 3 months", "year to date", "two weeks ago", "last Friday".

use jiff::civil::Weekday;

use super::calendar::{Span, Unit, add_days, add_months, add_units, start_of, to_date, today, unit_at, units_at};
use super::lexicon::{Family, Lex, Rel};
use super::words::Words;
use super::{Clock, Grain};

/// The token after the expression, and its span; `None` inside when the calendar has no such span.
pub(super) type Hit = (usize, Option<Span>);

/// The longest relative expression that starts at token `i`.
pub(super) fn relative_at(w: &Words, i: usize) -> Option<Hit> {
    let readers = [named_day, unit_to_date, related, counted_back, post_related, ago, before_last, weekday];
    readers.iter().filter_map(|reader| reader(w, i)).max_by_key(|(next, _)| *next)
}

/// "yesterday", "day before yesterday", "ngayon", "ytd", "last night" no.
fn named_day(w: &Words, i: usize) -> Option<Hit> {
    let day = |offset: i64| units_at(Unit::Day, offset, 1, w.clock);
    match w.lex(i)? {
        Lex::Today => Some((i + 1, day(0))),
        Lex::Yesterday => Some((i + 1, day(-1))),
        Lex::Tomorrow => Some((i + 1, day(1))),
        Lex::Unit(Unit::Day, _) if w.is_any(i + 1, &["before"]) && w.lex(i + 2) == Some(Lex::Yesterday) => {
            Some((i + 3, day(-2)))
        }
        Lex::Unit(Unit::Day, _) if w.is_any(i + 1, &["after"]) && w.lex(i + 2) == Some(Lex::Tomorrow) => {
            Some((i + 3, day(2)))
        }
        _ => None,
    }
}

/// "YTD", "year to date", "month-to-date", "so far this year", "this quarter so far", "2023 YTD".
fn unit_to_date(w: &Words, i: usize) -> Option<Hit> {
    let to_date_words = |at: usize| {
        let dash = usize::from(w.is_symbol(at, &["-"]));
        let to = at + dash;
        let date = to + 1 + usize::from(w.is_symbol(to + 1, &["-"]));
        (w.is_any(to, &["to"]) && w.is_any(date, &["date"])).then_some(date + 1)
    };
    if let Some((unit, _)) = w.unit(i)
        && let Some(next) = to_date_words(i + 1)
    {
        return Some((next, to_date(unit, w.clock)));
    }
    if let Some(Lex::ToDate(unit)) = w.lex(i) {
        return Some(match year_at(w, i + 1) {
            Some(year) if unit == Unit::Year => (i + 2, same_part_of(year, w.clock)),
            _ => (i + 1, to_date(unit, w.clock)),
        });
    }
    if let (Some(year), Some(Lex::ToDate(Unit::Year))) = (year_at(w, i), w.lex(i + 1)) {
        return Some((i + 2, same_part_of(year, w.clock)));
    }
    let so_far = |at: usize| w.is_any(at, &["so"]) && w.is_any(at + 1, &["far"]);
    let at = if so_far(i) { i + 2 } else { i };
    let ((Rel::This, _), (unit, _)) = (w.rel(at)?, w.unit(at + 1)?) else { return None };
    let next = if at > i { at + 2 } else { to_date_words(at + 2).or(so_far(at + 2).then_some(at + 4))? };
    Some((next, to_date(unit, w.clock)))
}

fn year_at(w: &Words, i: usize) -> Option<i16> {
    let (n, length) = w.digits(i)?;
    (length == 4 && (1900..=2100).contains(&n)).then_some(n as i16)
}

/// From 1 January of `year` to this day of that year.
fn same_part_of(year: i16, clock: &Clock) -> Option<Span> {
    let back = i64::from(year) - i64::from(today(clock).year());
    let end = add_months(today(clock), back.checked_mul(12)?)?;
    Span::days(jiff::civil::Date::new(year, 1, 1).ok()?, add_days(end, 1)?, Some(Grain::Year))
}

/// "last month", "past 30 days", "this fiscal year", "next 2 quarters", "last weekend", "this past week".
fn related(w: &Words, i: usize) -> Option<Hit> {
    let (mut rel, family) = w.rel(i)?;
    let mut at = i + 1;
    if let Some((second, _)) = w.rel(at) {
        // "this past week", "this coming month", "last rolling 12 months"
        rel = second;
        at += 1;
    }
    let mut fiscal = false;
    let mut whole = false;
    let adjectives = |at: &mut usize, fiscal: &mut bool, whole: &mut bool| loop {
        if w.is_any(*at, &["fiscal", "financial"]) {
            *fiscal = true;
        } else if w.is_any(*at, &["full", "calendar", "complete", "completed", "whole", "entire"]) {
            *whole = true;
        } else if !w.is_any(*at, &["na", "ng"]) {
            break;
        }
        *at += 1;
    };
    adjectives(&mut at, &mut fiscal, &mut whole);
    let mut count = None;
    if w.is_any(at, &["couple"]) {
        count = Some(2);
        at = w.skip(at + 1, &["of"]);
    } else if let Some(n) = w.count(at) {
        count = Some(n);
        at += 1 + usize::from(w.is_symbol(at + 1, &["-"]) && w.unit(at + 2).is_some());
        adjectives(&mut at, &mut fiscal, &mut whole);
    }
    if w.lex(at) == Some(Lex::Weekend) && count.is_none() {
        return Some((at + 1, weekend(rel, w.clock)));
    }
    if w.is_any(at, &["fy"]) && count.is_none() {
        return Some((at + 1, span_of(rel, None, Unit::FiscalYear, w.clock)));
    }
    let (unit, unit_family) = w.unit(at)?;
    let plural_without_count = count.is_none()
        && family == Family::Main
        && w.word(at).ends_with('s')
        && !w.word(at).contains(['\'', '\u{2019}'])
        && unit_family == Family::Main;
    let of_other_language = unit_family != family && w.word(at) != "semester";
    if plural_without_count || of_other_language || (count.is_some() && rel == Rel::This) {
        return None;
    }
    let unit = if fiscal { unit.fiscal() } else { unit };
    let rel = if whole && rel == Rel::Trailing { Rel::Last } else { rel };
    let clock = Clock { rolling: w.clock.rolling && !whole, ..w.clock.clone() };
    Some((at + 1, span_of(rel, count, unit, &clock)))
}

/// French order: "les 30 derniers jours".
fn counted_back(w: &Words, i: usize) -> Option<Hit> {
    let count = w.count(i)?;
    let ((rel, Family::Other), (unit, Family::Other)) = (w.rel(i + 1)?, w.unit(i + 2)?) else { return None };
    (rel != Rel::This).then(|| (i + 3, span_of(rel, Some(count), unit, w.clock)))
}

/// "mes pasado", "bulan lalu", "30 hari terakhir", "hari ini".
fn post_related(w: &Words, i: usize) -> Option<Hit> {
    let count = w.count(i);
    let at = i + usize::from(count.is_some());
    let ((unit, Family::Other), Lex::PostRel(rel)) = (w.unit(at)?, w.lex(at + 1)?) else { return None };
    Some((at + 2, span_of(rel, count, unit, w.clock)))
}

/// "3 days ago", "a week ago", "2 months from now", "noong isang buwan", "3 araw na ang nakalipas".
fn ago(w: &Words, i: usize) -> Option<Hit> {
    if w.is_any(i, &["noong"]) && w.is_any(i + 1, &["isang"]) {
        let (unit, _) = w.unit(i + 2)?;
        return Some((i + 3, unit_at(unit, -1, w.clock)));
    }
    let count = if w.is_any(i, &["a", "an"]) { 1 } else { w.count(i)? };
    let (unit, _) = w.unit(i + 1)?;
    let at = w.skip(i + 2, &["na", "ang"]);
    let (next, sign) = if w.is_any(at, &["ago", "back", "nakalipas", "nakararaan"]) {
        (at + 1, -1)
    } else if w.is_any(at, &["from"]) && (w.is_any(at + 1, &["now"]) || w.lex(at + 1) == Some(Lex::Today)) {
        (at + 2, 1)
    } else if w.is_any(at, &["hence"]) {
        (at + 1, 1)
    } else {
        return None;
    };
    let span = match unit {
        Unit::Hour => hours(count.checked_mul(sign)?, count.checked_mul(sign)? + 1, w.clock),
        _ => unit_at(unit, count * sign, w.clock),
    };
    Some((next, span))
}

/// "month before last", "the week after next".
fn before_last(w: &Words, i: usize) -> Option<Hit> {
    let (unit, _) = w.unit(i)?;
    match (w.word(i + 1), w.word(i + 2)) {
        ("before", "last") if w.unit(i + 3).is_none() && w.count(i + 3).is_none() => {
            Some((i + 3, unit_at(unit, -2, w.clock)))
        }
        ("after", "next") if w.unit(i + 3).is_none() && w.count(i + 3).is_none() => {
            Some((i + 3, unit_at(unit, 2, w.clock)))
        }
        _ => None,
    }
}

/// "last Friday", "on Monday", "this Friday", "next Tuesday", "since Monday". A weekday without such a word is no date.
fn weekday(w: &Words, i: usize) -> Option<Hit> {
    let rel = w.rel(i).map(|(rel, _)| rel);
    let at = i + usize::from(rel.is_some());
    let Some(Lex::Day { day, plural: false, .. }) = w.lex(at) else { return None };
    let led = i > 0
        && w.is_any(i - 1, &["on", "since", "until", "till", "before", "after", "from", "through", "noong", "nitong"]);
    // "on a Monday", "on Monday and Tuesday mornings" and the like are left to the day filter.
    if rel.is_none() && !led {
        return None;
    }
    let today = today(w.clock);
    let date = match rel {
        None | Some(Rel::Last | Rel::Trailing) => add_days(today, -since(today.weekday(), day)),
        Some(Rel::This) => start_of(Unit::Week, today, w.clock)
            .and_then(|start| add_days(start, i64::from(day.since(w.clock.week_start)))),
        Some(Rel::Next) => add_days(today, since(day, today.weekday())),
    };
    let span = date.and_then(|date| Span::days(date, add_days(date, 1)?, Some(Grain::Day)));
    Some((at + 1, span))
}

/// Days from `earlier` to `later`, 1 to 7.
fn since(later: Weekday, earlier: Weekday) -> i64 {
    match i64::from(later.since(earlier)) {
        0 => 7,
        days => days,
    }
}

/// Saturday and Sunday of this, the last or the next ISO week.
fn weekend(rel: Rel, clock: &Clock) -> Option<Span> {
    let today = today(clock);
    let weeks = match rel {
        Rel::Last | Rel::Trailing => -1,
        Rel::This => 0,
        Rel::Next => 1,
    };
    let saturday = add_days(today, 5 - i64::from(today.weekday().to_monday_zero_offset()) + 7 * weeks)?;
    Span::days(saturday, add_days(saturday, 2)?, Some(Grain::Day))
}

/// `count` of a unit (or the one whole unit) before, around or after today.
fn span_of(rel: Rel, count: Option<i64>, unit: Unit, clock: &Clock) -> Option<Span> {
    let today = today(clock);
    if unit == Unit::Hour {
        return match (rel, count) {
            (Rel::This, _) => hours(0, 1, clock),
            (Rel::Next, n) => hours(0, n.unwrap_or(1), clock).filter(|_| n.is_some()).or_else(|| hours(1, 2, clock)),
            (_, None) => hours(-1, 0, clock),
            (_, Some(n)) => rolling_hours(n, clock),
        };
    }
    match (rel, count) {
        (Rel::This, _) => to_date(unit, clock),
        (Rel::Last, None) => unit_at(unit, -1, clock),
        (Rel::Next, None) => unit_at(unit, 1, clock),
        (Rel::Last, Some(n)) if unit == Unit::Day || !clock.rolling => units_at(unit, n.checked_neg()?, n, clock),
        (Rel::Next, Some(n)) if unit == Unit::Day || !clock.rolling => units_at(unit, 1, n, clock),
        (Rel::Next, Some(n)) => {
            let first = add_days(today, 1)?;
            Span::days(first, add_units(first, unit, n)?, unit.grain())
        }
        (Rel::Last | Rel::Trailing, n) => {
            Span::days(add_units(today, unit, n.unwrap_or(1).checked_neg()?)?, today, unit.grain())
        }
    }
}

/// Full clock hours, `from` and `to` counted from the current hour's start.
fn hours(from: i64, to: i64, clock: &Clock) -> Option<Span> {
    let start =
        clock.now.round(jiff::ZonedRound::new().smallest(jiff::Unit::Hour).mode(jiff::RoundMode::Floor)).ok()?;
    let at = |n: i64| Some(start.checked_add(jiff::Span::new().try_hours(n).ok()?).ok()?.datetime());
    let (start, end) = (at(from)?, at(to)?);
    (start < end).then_some(Span { start, end, unit: Some(Grain::Hour) })
}

/// The last `n` times sixty minutes, up to now: elapsed time, whatever the zone's clocks did.
fn rolling_hours(n: i64, clock: &Clock) -> Option<Span> {
    let end = clock.now.datetime();
    let start = clock.now.checked_sub(jiff::Span::new().try_hours(n).ok()?).ok()?.datetime();
    (start < end).then_some(Span { start, end, unit: Some(Grain::Hour) })
}
