//! One pass over the tokens: the longest expression at each place, then the years that one lends to another.

use super::absolute::{Point, point_at};
use super::compare::shift_at;
use super::days::days_at;
use super::grains::grains_of;
use super::hours::hours_at;
use super::named::{Shape, Tense, When};
use super::ranges::{Ranged, range_at};
use super::reading::reading;
use super::words::Words;
use super::{Clock, Findings, Grain, GrainKind, TimeMatch, TimeRange};
use crate::prompt::Token;

/// The time ranges a prompt names, in order and without overlap.
pub fn find(tokens: &[Token], clock: &Clock) -> Vec<TimeMatch> {
    read(tokens, clock).matches
}

/// Ranges, grains, days of the week, comparisons with earlier ranges, and what could not be read.
pub fn read(tokens: &[Token], clock: &Clock) -> Findings {
    let w = Words::new(tokens, clock);
    let mut findings = Findings::default();
    let mut found: Vec<(usize, usize, Found)> = Vec::new();
    findings.grains = grains_of(&w);
    let mut i = 0;
    while i < w.len() {
        if !w.may_start(i) {
            i += 1;
            continue;
        }
        if let Some(hours) = hours_at(&w, i) {
            i = hours.tokens.end;
            findings.hours.push(hours);
            continue;
        }
        // "by month", "each weekday": an axis, not a condition.
        if let Some(grain) = findings.grains.iter().find(|g| g.tokens.start == i && g.kind != GrainKind::Adjective)
            && (grain.grain == Grain::Weekday || grain.tokens.len() > 1)
            && point_at(&w, i).is_none_or(|p| p.next <= grain.tokens.end)
            && range_at(&w, i).is_none_or(|r| r.next <= grain.tokens.end)
        {
            i = grain.tokens.end;
            continue;
        }
        if let Some(shift) = shift_at(&w, i) {
            let (certain, end) = (shift.certain, shift.tokens.end);
            findings.shifts.push(shift);
            if certain {
                i = end;
                continue;
            }
        }
        let range = range_at(&w, i).map(|r| (r.next, Found::Range(r)));
        let point = point_at(&w, i).map(|p| (p.next, Found::Point(p)));
        // On a tie the range wins: it says what side of the point is meant.
        let best = match (range, point) {
            (Some(r), Some(p)) => Some(if p.0 > r.0 { p } else { r }),
            (r, p) => r.or(p),
        };
        if let Some((next, hit)) = best {
            found.push((i, next, hit));
            i = next;
        } else if let Some(days) = days_at(&w, i) {
            i = days.tokens.end;
            findings.days.push(days);
        } else {
            i += 1;
        }
    }
    lend_years(&w, &mut found);
    for (start, end, hit) in found {
        settle(&w, start, end, hit, &mut findings);
    }
    join_halves(&w, &mut findings.matches);
    findings
}

/// The two stretches that the ends of a range name, each by itself.
pub fn parted(m: &TimeMatch, tokens: &[Token]) -> Option<[TimeMatch; 2]> {
    let (first, second, at) = m.ends?;
    let half = |range: TimeRange, words: std::ops::Range<usize>| {
        let said: Vec<&str> = tokens.get(words.clone())?.iter().map(|t| t.text.as_str()).collect();
        let reading = reading(&said.join(" "), range, None);
        Some(TimeMatch { tokens: words, range, unit: m.unit, weak: false, ends: None, reading })
    };
    Some([half(first, m.tokens.start..at)?, half(second, at..m.tokens.end)?])
}

const COMPARING: &[&str] = &["compare", "comparing", "comparison", "compared", "change", "growth", "difference"];

enum Found {
    Range(Ranged),
    Point(Point),
}

/// Fixes one expression's range, or notes why it has none.
fn settle(w: &Words, start: usize, end: usize, hit: Found, findings: &mut Findings) {
    let (range, unit, weak, note, ends) = match hit {
        Found::Range(r) => (r.range, r.unit, r.weak, r.note, r.ends),
        Found::Point(p) => {
            let span = p.when.resolve(Tense::Ended, w.clock);
            (span.map(|s| s.range()), span.and_then(|s| s.unit), p.weak, p.note, None)
        }
    };
    let words = w.text(start..end);
    match range {
        Some(range) => findings.matches.push(TimeMatch {
            tokens: start..end,
            range,
            unit,
            weak,
            ends,
            reading: reading(&words, range, note),
        }),
        // "compare 2024 to 2023": no stretch from the one to the other.
        None if ends.is_some() && (0..w.len()).any(|i| w.is_any(i, COMPARING)) => {
            let whole = TimeMatch {
                tokens: start..end,
                range: TimeRange { start: None, end: None },
                unit,
                weak,
                ends,
                reading: String::new(),
            };
            findings.matches.extend(parted(&whole, w.tokens).into_iter().flatten());
        }
        None => findings.notes.push(format!("\"{words}\" is not a time on the calendar")),
    }
}

/// "January and February 2024" lends 2024 to January; "March 2024 and April" to April;
/// "Q4 2024 vs 2023" makes the second one Q4 2023.
fn lend_years(w: &Words, found: &mut [(usize, usize, Found)]) {
    let linked = |from: usize, to: usize| {
        (from..to).all(|i| {
            w.is_any(
                i,
                &[
                    "and", "or", "vs", "versus", "to", "with", "against", "compared", "than", "in", "of", "the", "at",
                    "for", "noong",
                ],
            ) || w.is_symbol(i, &[",", "&", "/", "-", "."])
        }) && from < to
    };
    for k in (1..found.len()).rev() {
        let gap = linked(found[k - 1].1, found[k].0);
        if let (true, Some(year)) = (gap, named_year(&found[k].2))
            && let Found::Point(before) = &mut found[k - 1].2
        {
            // A year by itself qualifies nothing but what came before it in one expression.
            if before.when.missing_year().is_some() {
                before.when = before.when.or_year(year);
            }
        }
    }
    for k in 1..found.len() {
        if !linked(found[k - 1].1, found[k].0) {
            continue;
        }
        let (head, tail) = found.split_at_mut(k);
        let (Found::Point(before), Found::Point(after)) = (&head[k - 1].2, &mut tail[0].2) else { continue };
        let (When::Named { shape: earlier, year: Some(lent) }, When::Named { shape, year }) = (before.when, after.when)
        else {
            continue;
        };
        match (shape, year) {
            (Shape::Year, Some(_)) if !matches!(earlier, Shape::Year | Shape::FiscalYear) => {
                after.when = When::Named { shape: earlier, year };
                after.weak = false;
            }
            (_, None) => after.when = after.when.or_year(lent),
            _ => {}
        }
    }
}

fn named_year(found: &Found) -> Option<i16> {
    match found {
        Found::Point(Point { when: When::Named { shape, year }, .. }) if *shape != Shape::Year => *year,
        _ => None,
    }
}

/// "after 1 March and before 1 June": one range, not two.
fn join_halves(w: &Words, matches: &mut Vec<TimeMatch>) {
    let mut k = 1;
    while k < matches.len() {
        let (a, b) = (&matches[k - 1], &matches[k]);
        let linked = (a.tokens.end..b.tokens.start).all(|i| w.is_any(i, &["and", "but"]) || w.is_symbol(i, &[","]));
        let joined = match (a.range, b.range) {
            (TimeRange { start: Some(start), end: None }, TimeRange { start: None, end: Some(end) })
            | (TimeRange { start: None, end: Some(end) }, TimeRange { start: Some(start), end: None })
                if linked && start < end =>
            {
                Some(TimeRange { start: Some(start), end: Some(end) })
            }
            _ => None,
        };
        if let Some(range) = joined {
            let tokens = a.tokens.start..b.tokens.end;
            let reading = reading(&w.text(tokens.clone()), range, None);
            matches[k - 1] = TimeMatch { tokens, range, unit: b.unit, weak: false, ends: None, reading };
            matches.remove(k);
        } else {
            k += 1;
        }
    }
}
