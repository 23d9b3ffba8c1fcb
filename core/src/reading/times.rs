//! Time ranges on columns: which column a range limits, in the column's own type.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::draft::Draft;
use super::items::{Item, Placed};
use super::question::{Question, word_range};
use crate::entity::{Condition, Test};
use crate::prompt::Word;
use crate::semantic::{ColumnRef, Role, SemanticModel, ValueType};
use crate::time::{Clock, Grain, GrainKind, TimeRange, shifted};

/// The time conditions of a reading.
#[derive(Debug, Default)]
pub struct TimeConditions {
    pub conditions: Vec<Condition>,
    pub readings: Vec<String>,
    pub units: Vec<Option<Grain>>,
    pub ranges: usize,
    /// Hours are asked of a dataset that keeps days.
    pub hourless: bool,
}

/// The column of the calendar that a reading runs along: the root's own, else the nearest dataset's.
pub fn time_column(model: &SemanticModel, d: &Draft) -> Option<ColumnRef> {
    let own = |dataset: usize| {
        let found = &model.datasets[dataset];
        found
            .time_column
            .or_else(|| found.columns.iter().position(|c| c.value_type.is_temporal()))
            .map(|column| ColumnRef { dataset, column })
    };
    own(d.root).or_else(|| {
        if own_year_column(model, d.root).is_some() {
            // "opened each year" of a dataset that keeps years as numbers.
            return None;
        }
        let mut near: Vec<(&usize, f32)> =
            d.paths.iter().map(|(k, p)| (k, p.cost)).filter(|(_, c)| *c <= 1.5).collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
        near.into_iter().find_map(|(k, _)| own(*k))
    })
}

/// "hired before 2002": a column of the calendar right before a range is limited by it, not drawn.
pub fn claim_columns(q: &Question, placed: &[Placed], model: &SemanticModel, used: &mut [bool]) {
    for (i, p) in placed.iter().enumerate() {
        if !matches!(p.item, Item::Time(_)) {
            continue;
        }
        let before = (i.saturating_sub(3)..i).rev().find(|&k| !matches!(placed[k].item, Item::Filler));
        if let Some(k) = before
            && let Item::Column(c) = placed[k].item
            && model.column(c).value_type.is_temporal()
            && !super::conditions::grouped(placed, k)
            && !q.grains.iter().any(|g| g.kind == GrainKind::Axis && g.words.end == placed[k].words.end)
        {
            used[k] = true;
        }
    }
}

/// Conditions for the question's ranges; several ranges of one column are alternatives.
pub fn conditions(q: &Question, placed: &[Placed], model: &SemanticModel, d: &Draft, clock: &Clock) -> TimeConditions {
    let mut out = TimeConditions::default();
    for (i, p) in placed.iter().enumerate() {
        let Item::Time(t) = p.item else { continue };
        let m = &q.times.matches[t];
        let near = (i.saturating_sub(4)..i).rev().find_map(|k| match placed[k].item {
            Item::Column(c) if model.column(c).value_type.is_temporal() => Some(c),
            _ => None,
        });
        let Some(column) = near.or_else(|| time_column(model, d)).or_else(|| year_column(model, d.root, m.unit)) else {
            continue;
        };
        let range = started_in(&m.range, m.unit, &q.words[p.words.clone()], &model.column(column).name);
        let Some(test) = test_for(model, column, &range, clock) else { continue };
        let or = out.conditions.iter().any(|c| c.column == column);
        out.conditions.push(Condition { column, test, or, alternative: false });
        out.readings.push(m.reading.clone());
        out.units.push(unit_of(&m.range, m.unit));
        out.ranges += 1;
    }
    if let [one] = out.conditions.as_slice()
        && let Some(shift) = q.times.shifts.iter().find(|s| s.certain)
        && let Some(m) = q.times.matches.first()
        && let Some(earlier) = shifted(m.range, shift.shift)
        && let Some(test) = test_for(model, one.column, &earlier, clock)
    {
        // "vs the month before": both stretches, side by side.
        let column = one.column;
        out.conditions.push(Condition { column, test, or: true, alternative: false });
        out.ranges += 1;
    }
    if let [one] = out.conditions.as_slice()
        && let [m] = q.times.matches.as_slice()
        && q.times.shifts.iter().any(|s| !s.certain && s.tokens.start < m.tokens.end && m.tokens.start < s.tokens.end)
        && let (Some(start), Ok(tomorrow)) = (m.range.end, clock.now.date().tomorrow())
    {
        // "how did we do vs last year": against the running one, up to now.
        let column = one.column;
        let running = TimeRange { start: Some(start), end: Some(tomorrow.into()) };
        if start.date() < tomorrow
            && let Some(test) = test_for(model, column, &running, clock)
        {
            out.conditions.push(Condition { column, test, or: true, alternative: false });
            out.readings.push(format!("so far since: {} to {}", start.date(), clock.now.date()));
            out.ranges += 1;
        }
    }
    let compared = q.times.days.len() > 1;
    if let Some(days) = q.times.days.first().filter(|_| !compared)
        && let Some(column) = time_column(model, d)
    {
        out.conditions.push(Condition {
            column,
            test: Test::Weekdays(days.days.clone()),
            or: false,
            alternative: false,
        });
    }
    for hours in &q.times.hours {
        let start = word_range(&q.words, &hours.tokens).start;
        let near =
            placed.iter().rev().filter(|p| p.words.end <= start && start - p.words.end <= 4).find_map(|p| {
                match p.item {
                    Item::Column(c) if keeps_hours(model, c) => Some(c),
                    _ => None,
                }
            });
        let Some(column) = near.or_else(|| clock_column(model, d)) else {
            out.hourless = true;
            continue;
        };
        let zone = clock.now.time_zone().iana_name().unwrap_or("UTC").to_owned();
        let test = Test::Hours { from: hours.from, to: hours.to, zone };
        out.conditions.push(Condition { column, test, or: false, alternative: false });
    }
    out
}

/// "campaigns starting in Q1": of a column of starts, those that lie in it; else all from there on.
fn started_in(range: &TimeRange, unit: Option<Grain>, words: &[Word], column: &str) -> TimeRange {
    let starts = words.first().is_some_and(|w| w.is_any(&["starting", "beginning", "launching"]))
        && words.get(1).is_some_and(|w| w.is_any(&["in", "on"]))
        && crate::prompt::words_of(column).iter().any(|w| matches!(w.as_str(), "start" | "begin" | "launch"));
    let end = match (starts, range.start, range.end) {
        (true, Some(start), None) => unit.and_then(|unit| crate::time::after_one(start, unit)),
        _ => range.end,
    };
    TimeRange { start: range.start, end }
}

fn keeps_hours(model: &SemanticModel, c: ColumnRef) -> bool {
    matches!(model.column(c).value_type, ValueType::Timestamp | ValueType::TimestampTz)
}

/// The column that the hours of the day are read from: the calendar's own where it keeps them, else another of the same
/// dataset that tells when it happened, and not when the row was written.
pub fn clock_column(model: &SemanticModel, d: &Draft) -> Option<ColumnRef> {
    const KEPT: &[&str] = &["created", "updated", "modified", "generated", "loaded", "inserted", "imported", "deleted"];
    let calendar = time_column(model, d)?;
    let dataset = &model.datasets[calendar.dataset];
    let others = (0..dataset.columns.len())
        .map(|column| ColumnRef { dataset: calendar.dataset, column })
        .filter(|c| !crate::prompt::words_of(&model.column(*c).name).iter().any(|w| KEPT.contains(&w.as_str())));
    std::iter::once(calendar).chain(others).find(|c| keeps_hours(model, *c))
}

/// A whole-number column that holds years.
fn year_column(model: &SemanticModel, root: usize, unit: Option<Grain>) -> Option<ColumnRef> {
    let columns = &model.datasets[root].columns;
    let column =
        columns.iter().position(|c| c.value_type == ValueType::Integer && c.name.to_lowercase().contains("year"));
    let column = column.map(|column| ColumnRef { dataset: root, column }).or_else(|| own_year_column(model, root))?;
    (unit == Some(Grain::Year)).then_some(column)
}

/// A column of the dataset that holds years as whole numbers.
pub fn own_year_column(model: &SemanticModel, dataset: usize) -> Option<ColumnRef> {
    let is_year = |name: &str| crate::prompt::words_of(name).iter().any(|w| w == "year" || w == "yr");
    let columns = &model.datasets[dataset].columns;
    let column = columns
        .iter()
        .position(|c| c.value_type == ValueType::Integer && c.role == Role::Dimension && is_year(&c.name))?;
    Some(ColumnRef { dataset, column })
}

/// The half-open range as a test in the column's own type.
pub fn test_for(model: &SemanticModel, column: ColumnRef, range: &TimeRange, clock: &Clock) -> Option<Test> {
    let zone = clock.now.time_zone();
    let text = |at: DateTime| literal(model.column(column).value_type, at, zone);
    match model.column(column).value_type {
        ValueType::Integer => {
            let from = range.start.map(|s| f64::from(s.year()));
            let to = range.end.map(|e| f64::from(e.year()));
            Some(match (from, to) {
                (Some(a), Some(b)) if b - a <= 1.0 => Test::In(vec![crate::entity::Literal::Number(a)]),
                (Some(a), Some(b)) => Test::Between(a, b - 1.0),
                (Some(a), None) => Test::Compare("gte", a),
                (None, Some(b)) => Test::Compare("lt", b),
                (None, None) => return None,
            })
        }
        v if v.is_temporal() => Some(Test::Time { from: range.start.and_then(text), to: range.end.and_then(text) }),
        _ => None,
    }
}

fn literal(value_type: ValueType, at: DateTime, zone: &TimeZone) -> Option<String> {
    match value_type {
        ValueType::Date => Some(at.date().to_string()),
        ValueType::Timestamp => Some(at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
        // The zone's offset at that very moment: daylight-saving changes fall where they should.
        _ => at.to_zoned(zone.clone()).ok().map(|z| z.strftime("%Y-%m-%d %H:%M:%S%:z").to_string()),
    }
}

/// The unit to step by when a range is drawn along time.
fn unit_of(range: &TimeRange, unit: Option<Grain>) -> Option<Grain> {
    let (Some(start), Some(end)) = (range.start, range.end) else { return unit };
    let days = (end.date() - start.date()).get_days();
    Some(match days {
        ..=2 => Grain::Hour,
        3..=62 => Grain::Day,
        63..=190 => Grain::Week,
        191..=1500 => Grain::Month,
        _ => Grain::Year,
    })
}

/// The grain of a time axis when the question names none.
pub fn axis_grain(units: &[Option<Grain>], q: &Question) -> Grain {
    let said = q.grains.first().map(|g| g.grain);
    said.or_else(|| units.iter().flatten().next().copied()).map_or(Grain::Month, |g| g.max(Grain::Day))
}
