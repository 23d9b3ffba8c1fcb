//! Quarters, halves and fiscal years written in one word: `Q4`, `4Q24`, `2024Q4`, `H1`, `FY24`, `FY24Q1`, `1990s`.

use super::Grain;
use super::absolute::{Point, century, four_digit_year, year_after};
use super::calendar::{Span, Unit, months_of};
use super::named::{Shape, When};
use super::words::Words;

/// The expression whose first word is such a form, with the year that may follow it ("Q4 2024", "Q4-2024", "Q 4 2024").
pub(super) fn point_at(w: &Words, i: usize) -> Option<Point> {
    if let Some(decade) = decade(w, i) {
        return Some(decade);
    }
    let (shape, year, mut next) = match parse(w.word(i), w) {
        Some((shape, year)) => (shape, year, i + 1),
        // "Q 4"
        None => match (w.word(i), w.digits(i + 1)) {
            ("q", Some((n @ 1..=4, 1))) => (Shape::Quarter(n as i8), None, i + 2),
            _ => return None,
        },
    };
    if year.is_some() {
        return Some(Point::named(next, shape, year));
    }
    let dash = usize::from(w.is_symbol(next, &["-", "/"]) && w.touches_next(next));
    let Some((after, year, fiscal)) = year_after(w, next + dash)
        .or_else(|| four_digit_year(w, next + dash).map(|year| (next + dash + 1, year, false)))
        .or_else(|| short_year(w, next + dash))
    else {
        return Some(Point::named(next, shape, None));
    };
    next = after;
    Some(Point::named(next, if fiscal { fiscal_shape(shape) } else { shape }, Some(year)))
}

/// "Q4 24" at the end of what is said: no number of anything.
fn short_year(w: &Words, at: usize) -> Option<(usize, i16, bool)> {
    let (n, 2) = w.digits(at)? else { return None };
    let ends = at + 1 >= w.len() || w.is_symbol(at + 1, &[",", ".", "?", "!", ";", ")"]);
    ((15..=39).contains(&n) && ends).then(|| (at + 1, century(n, w), false))
}

/// "FY24", "FY2024" as a word of its own.
pub(super) fn fiscal_year(w: &Words, i: usize) -> Option<(usize, i16)> {
    match parse(w.word(i), w)? {
        (Shape::FiscalYear, Some(year)) => Some((i + 1, year)),
        _ => None,
    }
}

fn fiscal_shape(shape: Shape) -> Shape {
    match shape {
        Shape::Quarter(n) => Shape::FiscalQuarter(n),
        Shape::Half(n) => Shape::FiscalHalf(n),
        Shape::Year => Shape::FiscalYear,
        other => other,
    }
}

fn parse(word: &str, w: &Words) -> Option<(Shape, Option<i16>)> {
    if !word.is_ascii() || word.len() < 2 || word.len() > 9 {
        return None;
    }
    let chunks = chunks(word);
    let year = |digits: &str| -> Option<i16> {
        let n: i64 = digits.parse().ok()?;
        match digits.len() {
            2 => Some(century(n, w)),
            4 if (1900..=2100).contains(&n) => Some(n as i16),
            _ => None,
        }
    };
    let part = |letter: &str, digits: &str| -> Option<Shape> {
        match (letter, digits) {
            ("q", "1" | "2" | "3" | "4") => Some(Shape::Quarter(digits.parse().ok()?)),
            ("h", "1" | "2") => Some(Shape::Half(digits.parse().ok()?)),
            _ => None,
        }
    };
    match chunks.as_slice() {
        ["fy", y] => Some((Shape::FiscalYear, Some(year(y)?))),
        ["cy", y] => Some((Shape::Year, Some(year(y)?))),
        ["fy", y, letter, n] | [letter, n, "fy", y] => Some((fiscal_shape(part(letter, n)?), Some(year(y)?))),
        [n, "q"] => Some((part("q", n)?, None)),
        [y, letter, n] if y.len() == 4 => Some((part(letter, n)?, Some(year(y)?))),
        [n, letter, y] => Some((part(letter, n)?, Some(year(y)?))),
        [letter, n] => Some((part(letter, n)?, None)),
        _ => None,
    }
}

/// Runs of letters and of digits.
fn chunks(word: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let bytes = word.as_bytes();
    for i in 1..=bytes.len() {
        if i == bytes.len() || bytes[i].is_ascii_digit() != bytes[i - 1].is_ascii_digit() {
            chunks.push(&word[start..i]);
            start = i;
        }
    }
    chunks
}

/// "1990s", "2010s".
fn decade(w: &Words, i: usize) -> Option<Point> {
    let year: i16 = w.word(i).strip_suffix('s').filter(|d| d.len() == 4)?.parse().ok()?;
    if !(1900..=2100).contains(&year) || year % 10 != 0 {
        return None;
    }
    let span = months_of(year, 1, Unit::Decade).map(|s| Span { unit: Some(Grain::Year), ..s });
    Some(Point::new(i + 1, When::Fixed(span)))
}
