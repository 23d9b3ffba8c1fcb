//! Ranges with two ends ("from January to March 2024") and with one ("since 2023", "before 15 March", "by end of June").

use std::sync::OnceLock;

use jiff::civil::DateTime;

use super::absolute::{Point, day_number, point_at, year_after};
use super::calendar::{Span, add_days, unit_at};
use super::lexicon::{Lex, Rel};
use super::named::{Shape, Tense, When};
use super::words::Words;
use super::{Clock, Grain, TimeRange};
use crate::prompt::WordSet;

/// A range found at a token; `range` is `None` when the calendar has no such range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ranged {
    pub next: usize,
    pub range: Option<TimeRange>,
    pub unit: Option<Grain>,
    pub weak: bool,
    pub note: Option<&'static str>,
    /// What the two ends name by themselves, and where the second begins.
    pub ends: Option<(TimeRange, TimeRange, usize)>,
}

/// The range that starts at token `i`, two-ended or one-ended, whichever is longer.
pub(super) fn range_at(w: &Words, i: usize) -> Option<Ranged> {
    [two_ended(w, i), one_ended(w, i), date_to_now(w, i), part_of_year(w, i)]
        .into_iter()
        .flatten()
        .max_by_key(|r| r.next)
}

/// "from A to B", "between A and B", "A - B", "1 to 15 February 2025". Both ends belong to the range.
fn two_ended(w: &Words, i: usize) -> Option<Ranged> {
    let led = lead_in(w, i, &FROM).or_else(|| lead_in(w, i, &SINCE));
    let between = w.is_any(i, &["between", "entre", "zwischen", "pagitan"]);
    let at = if between { w.skip(i + 1, &["ng"]) } else { led.unwrap_or(i) };
    let prefixed = between || led.is_some();
    let first = end_point(w, at).filter(|p| connector(w, p.next, between, prefixed).is_some()).or_else(|| {
        let guarded = at > 0 && !prefixed && w.is_any(at - 1, &["top", "bottom", "first", "last", "over", "than"]);
        let day = day_number(w, at).filter(|_| !guarded)?;
        Some(Point::new(at + 1, When::DayOfMonth(day)))
    })?;
    let second_at = connector(w, first.next, between, prefixed)?;
    let mut second = end_point(w, second_at);
    // "Feb 1-15, 2025": the second end is a day of the first one's month.
    if let When::Named { shape: Shape::Day { month, .. }, year } = first.when
        && second.is_none_or(|p| p.weak)
        && let Some(day) = day_number(w, second_at)
    {
        let shape = Shape::Day { month, day };
        second = Some(match year_after(w, second_at + 1) {
            Some((next, year, false)) => Point::named(next, shape, Some(year)),
            _ => Point::named(second_at + 1, shape, year),
        });
    }
    let second = second?;
    if !prefixed && !comparable(first.when, second.when, w.clock) {
        return None;
    }
    let (start, end) = resolve_ends(first.when, second.when, w.clock)?;
    let years_only = |p: Point| matches!(p.when, When::Named { shape: Shape::Year, .. });
    let range = start.zip(end).and_then(|(a, b)| closed(a.start, b.end));
    Some(Ranged {
        next: second.next,
        range,
        unit: end.and_then(|s| s.unit),
        weak: (years_only(first) && years_only(second)) || (first.weak && second.weak),
        note: first.note.or(second.note),
        ends: start.zip(end).filter(|(a, b)| a.unit == b.unit).map(|(a, b)| (a.range(), b.range(), second_at)),
    })
}

fn closed(start: DateTime, end: DateTime) -> Option<TimeRange> {
    (start < end).then_some(TimeRange { start: Some(start), end: Some(end) })
}

/// The token after the words that join two ends.
fn connector(w: &Words, i: usize, between: bool, prefixed: bool) -> Option<usize> {
    if w.is_symbol(i, &["-", "\u{2013}", "\u{2014}", "~"]) {
        return Some(i + 1);
    }
    if between && (w.is_any(i, &["and", "at", "y", "et", "und", "dan"]) || w.is_symbol(i, &["&"])) {
        return Some(i + 1);
    }
    if w.is_any(i, &["to", "through", "thru", "hanggang", "bis", "sampai", "hasta"]) {
        return Some(i + 1);
    }
    if prefixed && w.is_any(i, &["until", "till", "til", "a", "al", "au"]) {
        return Some(i + 1);
    }
    let up = w.is_any(i, &["up"]) && w.is_any(i + 1, &["to", "until", "till"]);
    (prefixed && up).then_some(i + 2)
}

/// Without "from", only like joins like: two named stretches, or two days.
fn comparable(a: When, b: When, clock: &Clock) -> bool {
    match (a, b) {
        (When::DayOfMonth(_), When::Named { shape: Shape::Day { .. }, .. })
        | (When::Named { .. }, When::Named { .. }) => true,
        (When::DayOfMonth(_), _) | (_, When::DayOfMonth(_)) => false,
        _ => [a, b].iter().all(|p| p.resolve(Tense::Ended, clock).is_some_and(|s| s.unit == Some(Grain::Day))),
    }
}

/// Both ends with the year (and month) that only the other one names. The outer `None`: not a range at all.
fn resolve_ends(first: When, second: When, clock: &Clock) -> Option<(Option<Span>, Option<Span>)> {
    if let When::DayOfMonth(day) = first {
        let When::Named { shape: Shape::Day { month, day: last }, year } = second else { return None };
        if day > last {
            return None;
        }
        let end = second.resolve(Tense::Ended, clock);
        let year = year.or(end.map(|s| s.start.year()));
        return Some((When::Named { shape: Shape::Day { month, day }, year }.resolve(Tense::Ended, clock), end));
    }
    match (first.missing_year(), second.missing_year()) {
        (None, None) => Some((first.resolve(Tense::Ended, clock), second.resolve(Tense::Ended, clock))),
        (Some(_), None) => {
            let named = matches!(second, When::Named { .. });
            let end = second.resolve(Tense::Ended, clock);
            let start = match end.filter(|_| named) {
                None => {
                    let begun = first.resolve(Tense::Begun, clock);
                    let lies_before = |start: &Span| end.is_none_or(|end| start.start < end.end);
                    // "January up to the end of May 2024": the latest January before it.
                    begun.filter(lies_before).or_else(|| end.and_then(|e| before(first, e.start.year(), e, clock)))
                }
                Some(end) => {
                    let year = second.year().unwrap_or_else(|| end.start.year());
                    before(first, year, end, clock)
                }
            };
            Some((start, end))
        }
        (None, Some(_)) => {
            let start = first.resolve(Tense::Ended, clock)?;
            let year = first.year()?;
            let end = [year, year.checked_add(1)?]
                .into_iter()
                .filter_map(|y| second.or_year(y).resolve(Tense::Ended, clock))
                .find(|end| end.end > start.start);
            Some((Some(start), end))
        }
        (Some(_), Some(_)) => {
            let end = second.resolve(Tense::Ended, clock);
            let start = end.and_then(|end| before(first, end.start.year(), end, clock));
            Some((start, end))
        }
    }
}

/// `first` in `year`, or in the year before when that would start after `end`.
fn before(first: When, year: i16, end: Span, clock: &Clock) -> Option<Span> {
    [year, year.checked_sub(1)?]
        .into_iter()
        .filter_map(|y| first.or_year(y).resolve(Tense::Ended, clock))
        .find(|start| start.start < end.end)
}

/// A point, or the first or last day of one: "the beginning of 2024", "end of last month", "now".
fn end_point(w: &Words, i: usize) -> Option<Point> {
    let at = w.skip(i, &["the", "of", "about"]);
    if w.is_any(at, &["now", "present", "ngayon"]) {
        return Some(Point::new(at + 1, When::Fixed(unit_at(super::calendar::Unit::Day, 0, w.clock))));
    }
    let edge = if w.is_any(at, &["start", "beginning", "simula"]) {
        Some(true)
    } else if w.is_any(at, &["end", "close", "dulo", "katapusan"]) {
        Some(false)
    } else {
        None
    };
    let Some(first_day) = edge else { return point_at(w, at) };
    let inner_at = w.skip(at + 1, &["of", "ng"]);
    let inner_at = w.skip(inner_at, &["the"]);
    let whole_unit = |at: usize| w.unit(at).map(|(unit, _)| (at + 1, unit_at(unit, 0, w.clock)));
    let (next, whole) = match w.rel(inner_at) {
        Some((Rel::This, _)) => whole_unit(inner_at + 1)?,
        _ => match whole_unit(inner_at) {
            Some(hit) if inner_at > at + 1 || !first_day => hit,
            _ => {
                let inner = point_at(w, inner_at).filter(|_| inner_at > at + 1 || !first_day)?;
                if let Some(day) = edge_day(inner.when, first_day) {
                    return Some(Point::new(inner.next, day));
                }
                (inner.next, inner.when.resolve(Tense::Ended, w.clock))
            }
        },
    };
    let span = whole.and_then(|s| {
        let (start, end) = (s.start.date(), s.end.date());
        if first_day {
            Span::days(start, add_days(start, 1)?, s.unit)
        } else {
            Span::days(add_days(end, -1)?, end, s.unit)
        }
    });
    Some(Point::new(next, When::Fixed(span)))
}

/// The first or last day of a month, quarter or half whose year is not said, so that its year can still be found. The
/// last day of February depends on the year.
fn edge_day(when: When, first: bool) -> Option<When> {
    let shape = when.missing_year()?;
    let (from, to) = match shape {
        Shape::Month(n) => (n, n),
        Shape::Quarter(n) => (3 * n - 2, 3 * n),
        Shape::Half(n) => (6 * n - 5, 6 * n),
        _ => return None,
    };
    let (month, day) = match (first, to) {
        (true, _) => (from, 1),
        (false, 2) => return None,
        (false, 4 | 6 | 9 | 11) => (to, 30),
        (false, _) => (to, 31),
    };
    Some(When::Named { shape: Shape::Day { month, day }, year: None })
}

/// Which side of its point a lead-in opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Since,
    After,
    Before,
    Until,
}

type LeadIns<'a> = &'a [&'a str];

const FROM: LeadIns = &["from", "von", "dari", "de", "desde", "mula", "mula sa", "mula noong"];
const SINCE: LeadIns = &[
    "since",
    "starting",
    "starting from",
    "starting in",
    "starting on",
    "starting with",
    "beginning in",
    "beginning on",
    "beginning from",
    "on or after",
    "no earlier than",
    "not before",
    "not earlier than",
    "as from",
    "mula noong",
    "mula",
    "simula noong",
    "simula",
    "buhat noong",
    "desde",
    "seit",
    "depuis",
    "sejak",
];
const AFTER: LeadIns = &[
    "after",
    "later than",
    "newer than",
    "more recent than",
    "pagkatapos ng",
    "pagkatapos noong",
    "despues de",
    "nach",
    "apres",
    "setelah",
];
const BEFORE: LeadIns = &[
    "before",
    "prior to",
    "earlier than",
    "older than",
    "bago",
    "bago ang",
    "bago mag",
    "antes de",
    "avant",
    "sebelum",
];
const UNTIL: LeadIns = &[
    "until",
    "till",
    "til",
    "through",
    "thru",
    "up to",
    "up until",
    "up till",
    "as of",
    "as at",
    "on or before",
    "no later than",
    "not later than",
    "not after",
    "ending",
    "ending in",
    "ending on",
    "hanggang",
    "hanggang noong",
    "hasta",
    "bis",
    "sampai",
];

/// A word that some lead-in begins with.
pub(super) fn leads(word: &str) -> bool {
    static FIRST: OnceLock<WordSet> = OnceLock::new();
    let first = |phrase: &&'static str| phrase.split(' ').next();
    let all = || [FROM, SINCE, AFTER, BEFORE, UNTIL].into_iter().flatten().filter_map(first).collect();
    FIRST.get_or_init(all).contains(word)
}

/// The token after the longest of the lead-ins that stands at `i`.
fn lead_in(w: &Words, i: usize, list: &LeadIns) -> Option<usize> {
    if !w.may_lead(i) {
        return None;
    }
    let first = w.word(i);
    let length_at = |phrase: &str| {
        // Nearly all of them begin otherwise.
        let rest = phrase.strip_prefix(first)?;
        let mut count = 1;
        if rest.is_empty() {
            return Some(i + count);
        }
        for word in rest.strip_prefix(' ')?.split(' ') {
            if w.word(i + count) != word {
                return None;
            }
            count += 1;
        }
        Some(i + count)
    };
    list.iter().filter_map(|phrase| length_at(phrase)).max()
}

/// `>`, `>=`, `<`, `<=` before a date.
fn comparison_sign(w: &Words, i: usize) -> Option<(usize, Bound)> {
    let equals = w.is_symbol(i + 1, &["="]);
    let next = i + 1 + usize::from(equals);
    match (w.tokens.get(i)?.text.as_str(), equals) {
        (">", false) => Some((next, Bound::After)),
        (">", true) | ("\u{2265}", _) => Some((next, Bound::Since)),
        ("<", false) => Some((next, Bound::Before)),
        ("<", true) | ("\u{2264}", _) => Some((next, Bound::Until)),
        _ => None,
    }
}

fn one_ended(w: &Words, i: usize) -> Option<Ranged> {
    if let Some((at, bound)) = comparison_sign(w, i) {
        let point = point_at(w, at)?;
        let day = point.when.resolve(Tense::Ended, w.clock).is_some_and(|s| s.unit != Some(Grain::Year));
        return day.then(|| open_at(w, point, bound));
    }
    let lists = [(SINCE, Bound::Since), (AFTER, Bound::After), (BEFORE, Bound::Before), (UNTIL, Bound::Until)];
    let found =
        lists.iter().filter_map(|(list, bound)| Some((lead_in(w, i, list)?, *bound))).max_by_key(|(next, _)| *next);
    if let Some((at, bound)) = found {
        let point = end_point(w, at)?;
        let shifts = matches!(w.lex(i), Some(Lex::Unit(..)));
        return (!shifts).then(|| open_at(w, point, bound));
    }
    if w.is_any(i, &["by"]) {
        let at = w.skip(i + 1, &["the"]);
        let point = end_point(w, i + 1)?;
        let deadline = w.is_any(at, &["end", "close"])
            || matches!(point.when, When::Named { shape: Shape::Day { .. }, .. })
            || (matches!(point.when, When::Named { shape: Shape::Month(_) | Shape::Quarter(_), .. })
                && point.when.year().is_some());
        return deadline.then(|| open_at(w, point, Bound::Until));
    }
    // "from 2023 onwards", "2023 onwards", "15 March and later"
    let at = lead_in(w, i, &FROM).unwrap_or(i);
    let point = end_point(w, at)?;
    let and = w.skip(point.next, &["and", "or"]);
    let onwards = w.is_any(and, &["onwards", "onward", "forward", "later", "pataas"]) && !w.is_any(and + 1, &["than"]);
    let on = at > i && w.is_any(point.next, &["on"]) && point.next + 1 >= w.len();
    (onwards || on).then(|| open_at(w, Point { next: and + 1, ..point }, Bound::Since))
}

/// "2023 up to the end of May", "2024 since June": a year, and an end in it.
fn part_of_year(w: &Words, i: usize) -> Option<Ranged> {
    let whole = point_at(w, i)?;
    let When::Named { shape: Shape::Year, year: Some(year) } = whole.when else { return None };
    let at = w.skip(whole.next, &["but", "only"]);
    let end = |list: &LeadIns| end_point(w, lead_in(w, at, list)?).filter(|p| p.when.missing_year().is_some());
    let (point, until) = match (end(&UNTIL), end(&SINCE)) {
        (Some(point), _) => (point, true),
        (None, Some(point)) => (point, false),
        (None, None) => return None,
    };
    let whole = whole.when.resolve(Tense::Ended, w.clock)?;
    let span = point.when.or_year(year).resolve(Tense::Ended, w.clock)?;
    let range = if until { closed(whole.start, span.end) } else { closed(span.start, whole.end) };
    Some(Ranged { next: point.next, range, unit: span.unit, ends: None, weak: false, note: point.note })
}

/// "January 2024 to date", "2023 to present": from its start up to and including today.
fn date_to_now(w: &Words, i: usize) -> Option<Ranged> {
    let at = lead_in(w, i, &FROM).or_else(|| lead_in(w, i, &SINCE)).unwrap_or(i);
    let point = point_at(w, at)?;
    let ends_now =
        w.is_any(point.next, &["to", "till", "until"]) && w.is_any(point.next + 1, &["date", "now", "present"]);
    if !ends_now {
        return None;
    }
    let start = point.when.resolve(Tense::Begun, w.clock);
    let end = unit_at(super::calendar::Unit::Day, 0, w.clock);
    Some(Ranged {
        next: point.next + 2,
        range: start.zip(end).and_then(|(a, b)| closed(a.start, b.end)),
        unit: start.and_then(|s| s.unit),
        weak: false,
        note: point.note,
        ends: None,
    })
}

fn open_at(w: &Words, point: Point, bound: Bound) -> Ranged {
    let tense = if bound == Bound::Since { Tense::Begun } else { Tense::Ended };
    let span = point.when.resolve(tense, w.clock);
    let range = span.map(|s| match bound {
        Bound::Since => TimeRange { start: Some(s.start), end: None },
        Bound::After => TimeRange { start: Some(s.end), end: None },
        Bound::Before => TimeRange { start: None, end: Some(s.start) },
        Bound::Until => TimeRange { start: None, end: Some(s.end) },
    });
    Ranged { next: point.next, range, unit: span.and_then(|s| s.unit), weak: false, note: point.note, ends: None }
}
