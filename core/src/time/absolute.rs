//! Expressions that name their place on the calendar: "Q4 2024", "15 March", "FY24", "first week of January 2024".

use super::Grain;
use super::calendar::{Span, Unit, add_days, midnight};
use super::compact;
use super::lexicon::{Lex, Rel};
use super::named::{Shape, Tense, When, related};
use super::numeric;
use super::relative::relative_at;
use super::words::Words;

/// An expression found at a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// The token after it.
    pub next: usize,
    pub when: When,
    /// Could as well be a plain number or word.
    pub weak: bool,
    /// What was decided for an ambiguous form, for the reading.
    pub note: Option<&'static str>,
}

impl Point {
    pub fn new(next: usize, when: When) -> Self {
        Self { next, when, weak: false, note: None }
    }

    pub fn named(next: usize, shape: Shape, year: Option<i16>) -> Self {
        Self::new(next, When::Named { shape, year })
    }
}

/// The longest expression, absolute or relative, that starts at token `i`.
pub(super) fn point_at(w: &Words, i: usize) -> Option<Point> {
    w.point(i, || [whole_at(w, i), week_of(w, i), part_of(w, i)].into_iter().flatten().max_by_key(|p| p.next))
}

/// Any expression that holds no other one.
fn whole_at(w: &Words, i: usize) -> Option<Point> {
    let absolute = [
        numeric::date_at(w, i),
        day_first(w, i),
        month_first(w, i),
        compact::point_at(w, i),
        ordinal_unit(w, i),
        year_first(w, i),
        fiscal_or_calendar_year(w, i),
        related_name(w, i),
        week_number(w, i),
        bare_year(w, i),
    ];
    let relative = relative_at(w, i).map(|(next, span)| Point::new(next, When::Fixed(span)));
    absolute.into_iter().flatten().chain(relative).max_by_key(|p| p.next)
}

/// A year that qualifies what stands before it: "2024", "of 2024", ", 2024", "'24", "FY24", "of last year", "the year 2024".
/// The flag says that it is a fiscal year.
pub(super) fn year_after(w: &Words, i: usize) -> Option<(usize, i16, bool)> {
    let comma = usize::from(w.is_symbol(i, &[","]));
    let at = w.skip(i + comma, &["of", "in", "the", "calendar", "ng", "ngayong", "noong", "del", "de", "tahun"]);
    let fiscal = w.is_any(at, &["fiscal", "financial", "fy"]);
    let at = at + usize::from(fiscal);
    if let Some(year) = four_digit_year(w, at).filter(|_| !measured(w, at)) {
        return Some((at + 1, year, fiscal));
    }
    if let (true, Some((n, 2)), true) =
        (w.is_symbol(at, &["'", "\u{2019}", "\u{2018}"]), w.digits(at + 1), w.touches_next(at))
    {
        return Some((at + 2, century(n, w), fiscal));
    }
    if let (Some((rel, _)), Some((Unit::Year, _))) = (w.rel(at), w.unit(at + 1)) {
        let offset = match rel {
            Rel::Last | Rel::Trailing => -1,
            Rel::This => 0,
            Rel::Next => 1,
        };
        return Some((at + 2, w.clock.now.date().year().checked_add(offset)?, fiscal));
    }
    if w.is_any(at, &["year"]) {
        let year = four_digit_year(w, at + 1);
        let of_this = at > i && w.is_any(at - 1, &["the"]) && w.is_any(i + comma, &["of"]);
        return match year {
            Some(year) => Some((at + 2, year, fiscal)),
            None if of_this => Some((at + 1, w.clock.now.date().year(), fiscal)),
            None => None,
        };
    }
    compact::fiscal_year(w, at).map(|(next, year)| (next, year, true))
}

/// Exactly four digits, 1900 to 2100.
pub(super) fn four_digit_year(w: &Words, i: usize) -> Option<i16> {
    let (n, length) = w.digits(i)?;
    (length == 4 && (1900..=2100).contains(&n)).then_some(n as i16)
}

/// Two digits to the year within 80 years back and 19 on from now.
pub(super) fn century(two_digits: i64, w: &Words) -> i16 {
    let now = i64::from(w.clock.now.date().year());
    let year = now - now.rem_euclid(100) + two_digits;
    let year = if year > now + 19 { year - 100 } else { year };
    year.clamp(1, 9000) as i16
}

/// The number at `i` counts or measures something: "2000 pesos", "$2000", "2000 %".
fn measured(w: &Words, i: usize) -> bool {
    const UNITS: &[&str] = &[
        "pesos",
        "peso",
        "php",
        "dollars",
        "usd",
        "euros",
        "euro",
        "eur",
        "pounds",
        "yen",
        "units",
        "unit",
        "items",
        "pieces",
        "pcs",
        "kg",
        "kgs",
        "kilos",
        "grams",
        "g",
        "km",
        "kilometers",
        "miles",
        "meters",
        "metres",
        "m",
        "ft",
        "feet",
        "liters",
        "litres",
        "l",
        "ml",
        "percent",
        "points",
        "stars",
        "times",
        "people",
        "rows",
        "records",
        "words",
        "characters",
        "or",
        "piso",
        "hours",
        "days",
        "weeks",
        "months",
        "minutes",
        "seconds",
    ];
    let more =
        w.is_any(i + 1, &["or"]) && w.is_any(i + 2, &["more", "less", "higher", "lower", "above", "below", "over"]);
    let unit = w.is_any(i + 1, UNITS) && !w.is_any(i + 1, &["or"]);
    let money = i > 0 && w.is_symbol(i - 1, &["$", "\u{20B1}", "\u{20AC}", "\u{A3}", "\u{A5}", "#"]);
    more || unit || money || w.is_symbol(i + 1, &["%"])
}

/// "between 2020 and 2023": the other end is a year as well.
fn year_follows(w: &Words, i: usize) -> bool {
    four_digit_year(w, i + 2).is_some_and(|_| !measured(w, i + 2)) || w.lex(i + 2).is_some() && w.count(i + 2).is_none()
}

/// "2024" by itself. Weak: a column of numbers may want it.
fn bare_year(w: &Words, i: usize) -> Option<Point> {
    let year = four_digit_year(w, i)?;
    const NUMBER_BEFORE: &[&str] = &[
        "over",
        "than",
        "above",
        "below",
        "under",
        "exceeding",
        "exceeds",
        "least",
        "most",
        "top",
        "bottom",
        "first",
        "limit",
        "id",
        "number",
        "no",
        "code",
        "model",
        "equals",
        "equal",
        "exactly",
        "approximately",
        "about",
        "around",
        "around",
        "nearly",
        "almost",
        "times",
        "minimum",
        "maximum",
        "is",
        "are",
        "was",
        "plus",
        "minus",
    ];
    let before = i.checked_sub(1);
    // "2024 over 2023": one year over another is no bound.
    let earlier = |at: usize| four_digit_year(w, at).is_some_and(|other| (year - other).abs() <= 10);
    let over_year =
        before.is_some_and(|b| w.is_any(b, &["over"])) && (2..=3).any(|back| i >= back && earlier(i - back));
    let counted =
        !over_year && before.is_some_and(|b| w.is_any(b, NUMBER_BEFORE) || w.is_symbol(b, &["<", ">", "=", "+", "*"]));
    // "between 500 and 2000", "between 1950 and 5000": numbers, not years.
    let joined = before.is_some_and(|b| w.is_any(b, &["and", "to", "or"]) || w.is_symbol(b, &["-"]));
    let beside_number =
        joined && i > 1 && w.count(i - 2).is_some() && four_digit_year(w, i - 2).is_none() && w.lex(i - 2).is_none();
    let glued = before
        .is_some_and(|b| w.touches_next(b) && !w.is_symbol(b, &["(", ",", ":", "-", "/", "\u{2013}", "\u{2014}"]));
    if counted
        || glued
        || beside_number
        || before.is_some_and(|b| w.is_any(b, &["between"])) && !year_follows(w, i)
        || measured(w, i)
    {
        return None;
    }
    // 2024年, possibly with a month behind it.
    if let Some(rest) = w.word(i + 1).strip_prefix('\u{5E74}').filter(|_| w.touches_next(i)) {
        let month = rest.strip_suffix('\u{6708}').and_then(|m| m.parse().ok()).filter(|m| (1..=12).contains(m));
        return Some(match month {
            Some(month) => Point::named(i + 2, Shape::Month(month), Some(year)),
            None => Point::named(i + 1 + usize::from(rest.is_empty()), Shape::Year, Some(year)),
        });
    }
    let led =
        before.is_some_and(|b| w.is_any(b, &["in", "during", "year", "since", "noong", "for", "of", "throughout"]));
    Some(Point { weak: !led, ..Point::named(i + 1, Shape::Year, Some(year)) })
}

/// "calendar year 2023", "year 2023", "fiscal year 2024", "FY 2024", "CY 2024".
fn fiscal_or_calendar_year(w: &Words, i: usize) -> Option<Point> {
    let fiscal = w.is_any(i, &["fiscal", "financial", "fy"]);
    let lead = fiscal || w.is_any(i, &["calendar", "cy"]);
    let at = w.skip(i + usize::from(lead), &["year", "taong", "tahun"]);
    let year = four_digit_year(w, at).filter(|_| at > i && !measured(w, at))?;
    Some(Point::named(at + 1, if fiscal { Shape::FiscalYear } else { Shape::Year }, Some(year)))
}

/// A day of the month: `15`, `15th`, `1er`.
pub(super) fn day_number(w: &Words, i: usize) -> Option<i8> {
    let n = match w.digits(i) {
        Some((n, 1..=2)) => n,
        Some(_) => return None,
        None => {
            let word = w.word(i);
            let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let suffix = word.get(digits.len()..)?;
            (digits.len() <= 2 && ["st", "nd", "rd", "th", "er"].contains(&suffix)).then(|| digits.parse().ok())??
        }
    };
    (1..=31).contains(&n).then_some(n as i8)
}

pub(super) fn month_at(w: &Words, i: usize) -> Option<(i8, bool)> {
    match w.lex(i)? {
        Lex::Month { month, sure } => Some((month, sure)),
        _ => None,
    }
}

/// "15 March 2024", "15th of March", "the 15th of March", "ika-15 ng Marso" no.
fn day_first(w: &Words, i: usize) -> Option<Point> {
    let day = day_number(w, i)?;
    if i > 0 && w.is_any(i - 1, &["top", "bottom", "first", "last", "limit", "best", "worst", "over", "than", "least"])
    {
        return None;
    }
    let at = w.skip(i + 1, &["of", "ng", "de"]);
    let (month, sure) = month_at(w, at)?;
    let shape = Shape::Day { month, day };
    match year_after(w, at + 1) {
        Some((next, year, false)) => Some(Point::named(next, shape, Some(year))),
        _ => Some(Point { weak: !sure, ..Point::named(at + 1, shape, None) }),
    }
}

/// "March 15, 2024", "Mar 15", "March 2024", "Mar-24", "March '24", "March".
fn month_first(w: &Words, i: usize) -> Option<Point> {
    let (month, sure) = month_at(w, i)?;
    if let Some((next, year, false)) = year_after(w, i + 1) {
        return Some(Point::named(next, Shape::Month(month), Some(year)));
    }
    let dash = usize::from(w.is_symbol(i + 1, &["-", "/"]) && w.touches_next(i) && w.touches_next(i + 1));
    if dash == 1 {
        if let Some(year) = four_digit_year(w, i + 2) {
            return Some(Point::named(i + 3, Shape::Month(month), Some(year)));
        }
        if let Some((n @ 20..=99, 2)) = w.digits(i + 2) {
            return Some(Point::named(i + 3, Shape::Month(month), Some(century(n, w))));
        }
    }
    if let Some(day) = day_number(w, i + 1 + dash).filter(|_| !counts_something(w, i + 1 + dash)) {
        let shape = Shape::Day { month, day };
        return Some(match year_after(w, i + 2 + dash) {
            Some((next, year, false)) => Point::named(next, shape, Some(year)),
            _ => Point { weak: !sure, ..Point::named(i + 2 + dash, shape, None) },
        });
    }
    let named = Point::named(i + 1, Shape::Month(month), None);
    if sure && !is_verb_march(w, i) { Some(named) } else { led_month(w, i).then_some(Point { weak: true, ..named }) }
}

/// The digits at `i` are about the plural noun behind them: "in March 5 brands".
fn counts_something(w: &Words, i: usize) -> bool {
    let noun = w.word(i + 1);
    w.digits(i).is_some() && noun.len() > 3 && noun.ends_with('s') && w.lex(i + 1).is_none() && noun != "versus"
}

fn is_verb_march(w: &Words, i: usize) -> bool {
    w.word(i) == "march" && !led_month(w, i)
}

/// "may", "mar" and "march" are months after a preposition, next to another month, or written as a name in a sentence.
fn led_month(w: &Words, i: usize) -> bool {
    const LEADS: &[&str] = &[
        "in", "since", "of", "during", "from", "until", "till", "before", "after", "between", "for", "through", "to",
        "last", "this", "next", "noong", "nitong", "mula", "hanggang", "simula", "vs", "versus", "by", "en", "im",
        "sa",
    ];
    const NOT_AFTER: &[&str] = &["i", "we", "you", "he", "she", "they", "it", "the", "a", "be", "not", "have", "to"];
    let before = i.checked_sub(1);
    let led = before.is_some_and(|b| w.is_any(b, LEADS)) && !w.is_any(i + 1, NOT_AFTER);
    let beside = |connector: Option<usize>, other: Option<usize>| {
        let (Some(c), Some(o)) = (connector, other) else { return false };
        (w.is_any(c, &["and", "or", "to", "vs", "at"]) || w.is_symbol(c, &[",", "-", "/", "&"]))
            && month_at(w, o).is_some()
    };
    let listed = beside(before, i.checked_sub(2)) || beside(Some(i + 1), Some(i + 2));
    let written_as_name = w.tokens.get(i).is_some_and(|t| t.text.starts_with(char::is_uppercase))
        && w.tokens.iter().any(|t| t.text.chars().any(char::is_lowercase) && !t.text.starts_with(char::is_uppercase))
        && !w.is_any(i + 1, NOT_AFTER);
    let march = w.word(i) == "march" && !w.is_any(i + 1, NOT_AFTER) && !before.is_some_and(|b| w.is_any(b, NOT_AFTER));
    led || listed || written_as_name || march
}

/// "fourth quarter of 2024", "second half", "quarter 4 of 2024", "last quarter of 2024", "unang quarter ng 2024".
fn ordinal_unit(w: &Words, i: usize) -> Option<Point> {
    let fiscal_lead = usize::from(w.is_any(i, &["fiscal", "financial"]));
    let i = i + fiscal_lead;
    let (n, unit, next) = match (w.lex(i)?, w.unit(i + 1)) {
        (Lex::Ordinal(n), Some((unit, _))) => (Some(n), unit, i + 2),
        (Lex::Rel(Rel::Last, _), Some((unit, _))) => (None, unit, i + 2),
        (Lex::Unit(Unit::Quarter, _), None) => {
            (Some(w.digits(i + 1).filter(|(_, l)| *l == 1)?.0), Unit::Quarter, i + 2)
        }
        _ if w.is_any(i, &["final", "closing"]) => (None, w.unit(i + 1)?.0, i + 2),
        _ => return None,
    };
    let of_year = year_after(w, next);
    let fiscal = fiscal_lead == 1 || of_year.is_some_and(|(_, _, fiscal)| fiscal);
    let count = match unit {
        Unit::Quarter => 4,
        Unit::Half => 2,
        _ => return None,
    };
    // "last quarter" is relative unless a year says of what it is the last.
    let of = w.is_any(next, &["of", "ng"]) || n.is_some();
    let n = match n {
        Some(n) => n,
        None => of_year.filter(|_| of).map(|_| count)?,
    };
    let n = i8::try_from(n).ok().filter(|n| (1..=count as i8).contains(n))?;
    let shape = match (unit, fiscal) {
        (Unit::Quarter, false) => Shape::Quarter(n),
        (Unit::Quarter, true) => Shape::FiscalQuarter(n),
        (_, false) => Shape::Half(n),
        (_, true) => Shape::FiscalHalf(n),
    };
    Some(match of_year {
        Some((next, year, _)) => Point::named(next, shape, Some(year)),
        None => Point::named(next, shape, None),
    })
}

/// "2024 Q4", "2024 March", "last year's Q4", "2024 first quarter".
fn year_first(w: &Words, i: usize) -> Option<Point> {
    let (at, year) = match four_digit_year(w, i) {
        Some(year) => (i + 1 + usize::from(w.is_symbol(i + 1, &["-", "/"])), year),
        None => {
            w.rel(i)?;
            let (at, year, _) = year_after(w, i)?;
            (at, year)
        }
    };
    let point = match month_at(w, at) {
        // "2024 March 5"
        Some((month, _)) => match day_number(w, at + 1) {
            Some(day) if four_digit_year(w, i).is_some() => Point::named(at + 2, Shape::Day { month, day }, None),
            _ => Point::named(at + 1, Shape::Month(month), None),
        },
        None => compact::point_at(w, at).or_else(|| ordinal_unit(w, at))?,
    };
    // "2024 March 2025" is not one expression.
    point.when.missing_year()?;
    Some(Point { when: point.when.or_year(year), ..point })
}

/// "last December", "this Q1", "next June".
fn related_name(w: &Words, i: usize) -> Option<Point> {
    let (rel, _) = w.rel(i)?;
    let point = match month_at(w, i + 1) {
        Some((month, _)) => match year_after(w, i + 2) {
            // "this January 2025", "nitong Enero 2025": the year says which.
            Some((next, year, false)) => return Some(Point::named(next, Shape::Month(month), Some(year))),
            _ => Point::named(i + 2, Shape::Month(month), None),
        },
        None => compact::point_at(w, i + 1)?,
    };
    let span = related(point.when.missing_year()?, rel, w.clock);
    Some(Point::new(point.next, When::Fixed(span)))
}

/// "week 12 of 2024" (ISO).
fn week_number(w: &Words, i: usize) -> Option<Point> {
    let (Unit::Week, _) = w.unit(i)? else { return None };
    let (n @ 1..=53, 1..=2) = w.digits(i + 1)? else { return None };
    let shape = Shape::Week(n as i8);
    Some(match year_after(w, i + 2) {
        Some((next, year, _)) => Point::named(next, shape, Some(year)),
        None => Point::named(i + 2, shape, None),
    })
}

/// "week of 3 March", "week starting March 3".
fn week_of(w: &Words, i: usize) -> Option<Point> {
    let (Unit::Week, _) = w.unit(i)? else { return None };
    let exact = w.is_any(i + 1, &["starting", "beginning", "commencing", "from"]);
    if !exact && !w.is_any(i + 1, &["of", "ng"]) {
        return None;
    }
    let inner = whole_at(w, w.skip(i + 2, &["the", "on", "of"]))?;
    let day = inner.when.resolve(Tense::Ended, w.clock).filter(|s| s.unit == Some(Grain::Day))?;
    let start =
        if exact { Some(day.start.date()) } else { super::calendar::start_of(Unit::Week, day.start.date(), w.clock) };
    let span = start.and_then(|start| Span::days(start, add_days(start, 7)?, Some(Grain::Week)));
    Some(Point { note: inner.note, ..Point::new(inner.next, When::Fixed(span)) })
}

/// "first week of January 2024", "last 10 days of March", "first 3 months of 2024", "second half of March".
/// Weeks and days of a month are counted from its first (its last) day, not from week boundaries.
fn part_of(w: &Words, i: usize) -> Option<Point> {
    let (from_end, skip) = match w.lex(i) {
        Some(Lex::Ordinal(n)) => (false, n - 1),
        Some(Lex::Rel(Rel::Last, _)) => (true, 0),
        _ if w.is_any(i, &["final"]) => (true, 0),
        _ => return None,
    };
    let count = w.count(i + 1);
    let at = i + 1 + usize::from(count.is_some());
    let (unit, _) = w.unit(at)?;
    if !w.is_any(at + 1, &["of", "in", "ng"]) || (count.is_some() && skip > 0) {
        return None;
    }
    let inner = whole_at(w, w.skip(at + 2, &["the"]))?;
    let whole = inner.when.resolve(Tense::Ended, w.clock)?;
    let (start, end) = (whole.start.date(), whole.end.date());
    let n = count.unwrap_or(1);
    let step = |from: jiff::civil::Date, n: i64| super::calendar::add_units(from, unit, n);
    let span = if unit == Unit::Half && whole.unit == Some(Grain::Month) {
        let middle = add_days(start, 15)?;
        if from_end || skip == 1 { Span::days(middle, end, None) } else { Span::days(start, middle, None) }
    } else if from_end {
        step(end, n.checked_neg()?).and_then(|from| Span::days(from, end, unit.grain()))
    } else {
        let from = step(start, skip)?;
        step(from, n).and_then(|to| Span::days(from, to, unit.grain()))
    };
    // A part is smaller than the whole and inside it; a fifth week may be cut short.
    let span = span.map(|s| Span { end: s.end.min(midnight(end)), ..s });
    let inside =
        span.filter(|s| s.start >= whole.start && s.start < s.end && (s.start, s.end) != (whole.start, whole.end));
    inside?;
    Some(Point { note: inner.note, ..Point::new(inner.next, When::Fixed(inside)) })
}
