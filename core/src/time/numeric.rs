//! Dates written in figures: `2024-03-01`, `1/31/2024`, `31.12.2024`, `2024-03`, `2024-03-01T10:30`, quoted or not.

use jiff::civil::{Date, Time};

use super::Grain;
use super::absolute::{Point, century};
use super::calendar::{Span, midnight, today};
use super::named::{Shape, When, day_span};
use super::words::Words;
use crate::prompt::TokenKind;

/// More tokens than this are no date (`2024-03-01T10:00:00` is nine).
const MOST_TOKENS: usize = 10;

/// The longest date in figures that starts at token `i`.
pub(super) fn date_at(w: &Words, i: usize) -> Option<Point> {
    let token = w.tokens.get(i)?;
    if token.kind == TokenKind::Quoted {
        return parse(token.text.trim(), w).map(|p| Point { next: i + 1, ..p });
    }
    if token.kind != TokenKind::Number || (i > 0 && w.touches_next(i - 1) && !w.is_symbol(i - 1, &["(", "[", ":"])) {
        return None;
    }
    let mut run = i + 1;
    while run < w.len() && run < i + MOST_TOKENS && w.touches_next(run - 1) {
        run += 1;
    }
    (i + 1..=run).rev().find_map(|end| parse(&w.text(i..end), w).map(|p| Point { next: end, ..p }))
}

/// `next` is left 0 for the caller to set.
fn parse(text: &str, w: &Words) -> Option<Point> {
    if text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(point) = with_time(text) {
        return Some(point);
    }
    let separator = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| ['-', '/', '.'].contains(c))?;
    let parts: Vec<&str> = text.split(separator).collect();
    if !parts.iter().all(|p| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let n: Vec<i64> = parts.iter().map(|p| p.parse().unwrap_or(0)).collect();
    let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
    match (lengths.as_slice(), n.as_slice()) {
        ([4, 1..=2, 1..=2], [y, m, d]) if is_year(*y) => Some(day(*y as i16, *m, *d)),
        ([1..=2, 1..=2, 4], [a, b, y]) if is_year(*y) => Some(ambiguous(*a, *b, *y as i16, separator, w)),
        ([1..=2, 1..=2, 2], [a, b, y]) if separator != '.' => Some(ambiguous(*a, *b, century(*y, w), separator, w)),
        ([4, 2], [y, m @ 1..=12]) if separator != '.' && is_year(*y) => {
            Some(Point::named(0, Shape::Month(*m as i8), Some(*y as i16)))
        }
        ([1..=2, 4], [m @ 1..=12, y]) if separator != '.' && is_year(*y) => {
            Some(Point::named(0, Shape::Month(*m as i8), Some(*y as i16)))
        }
        _ => None,
    }
}

fn is_year(n: i64) -> bool {
    (1900..=2100).contains(&n)
}

fn day(year: i16, month: i64, day: i64) -> Point {
    let date = Date::new(year, month.min(99) as i8, day.min(99) as i8).ok();
    Point::new(0, When::Fixed(date.and_then(day_span)))
}

/// Day first or month first: whichever exists; the one that is not in the future; dots mean day first, else month first.
fn ambiguous(a: i64, b: i64, year: i16, separator: char, w: &Words) -> Point {
    let date = |month: i64, day: i64| Date::new(year, month.min(99) as i8, day.min(99) as i8).ok();
    let (month_first, day_first) = (date(a, b), date(b, a));
    let now = today(w.clock);
    let (chosen, note) = match (month_first, day_first) {
        (Some(m), Some(d)) if m == d => (Some(m), None),
        (Some(m), Some(d)) => {
            let day_wins = separator == '.' || (m > now && d <= now);
            if day_wins { (Some(d), Some("read as day/month")) } else { (Some(m), Some("read as month/day")) }
        }
        (m, d) => (m.or(d), None),
    };
    Point { note, ..Point::new(0, When::Fixed(chosen.and_then(day_span))) }
}

/// `2024-03-01T10:30[:15]`: that minute (second).
fn with_time(text: &str) -> Option<Point> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let date: Date = date.parse().ok()?;
    let time: Time = time.trim().trim_end_matches(['Z', 'z']).parse().ok()?;
    let start = midnight(date).with().time(time).build().ok()?;
    let length = if text.matches(':').count() >= 2 { 1 } else { 60 };
    let end = start.checked_add(jiff::Span::new().seconds(length)).ok()?;
    Some(Point::new(0, When::Fixed(Some(Span { start, end, unit: Some(Grain::Hour) }))))
}
