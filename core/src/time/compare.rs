//! Words that set a range against an earlier one: "same period last year", "a year earlier", "vs the previous period".

use jiff::Span as Delta;
use jiff::civil::DateTime;

use super::calendar::Unit;
use super::lexicon::{Lex, Rel};
use super::words::Words;
use super::{Grain, RelativeShift, ShiftMatch, TimeRange};

/// The earlier range that `range` is compared with. Whole months stay whole months.
/// `None` for open ranges (nothing to move) and at the calendar's edge.
pub fn shifted(range: TimeRange, shift: RelativeShift) -> Option<TimeRange> {
    let (start, end) = (range.start?, range.end?);
    let back = |delta: Delta| {
        let at = |t: DateTime| t.checked_sub(delta).ok();
        Some(TimeRange { start: Some(at(start)?), end: Some(at(end)?) })
    };
    match shift {
        RelativeShift::Earlier(grain) => back(match grain {
            Grain::Hour => Delta::new().hours(1),
            Grain::Day => Delta::new().days(1),
            Grain::Week | Grain::Weekday => Delta::new().weeks(1),
            Grain::Month => Delta::new().months(1),
            Grain::Quarter => Delta::new().months(3),
            Grain::Year => Delta::new().years(1),
        }),
        RelativeShift::PreviousPeriod => {
            let month_edge = |t: DateTime| t.day() == 1 && t.time() == jiff::civil::Time::midnight();
            let delta = if month_edge(start) && month_edge(end) {
                let months =
                    12 * (i64::from(end.year()) - i64::from(start.year())) + i64::from(end.month() - start.month());
                Delta::new().try_months(months).ok()?
            } else {
                start.until(end).ok()?
            };
            back(delta)
        }
    }
}

/// The comparison that starts at token `i`.
pub(super) fn shift_at(w: &Words, i: usize) -> Option<ShiftMatch> {
    same_period(w, i).or_else(|| previous_period(w, i)).or_else(|| unit_earlier(w, i)).or_else(|| against(w, i))
}

fn found(from: usize, to: usize, shift: RelativeShift, certain: bool) -> Option<ShiftMatch> {
    Some(ShiftMatch { tokens: from..to, shift, certain })
}

fn earlier(unit: Unit) -> Option<RelativeShift> {
    unit.grain().map(RelativeShift::Earlier)
}

/// "(the) same period last year", "same month of the previous year", "same week a year ago".
fn same_period(w: &Words, i: usize) -> Option<ShiftMatch> {
    if !w.is_any(i, &["same", "corresponding", "equivalent", "parehong"]) {
        return None;
    }
    let span_word = w.is_any(i + 1, &["period", "time", "dates", "date", "timeframe", "window", "panahon"]);
    if !span_word && w.unit(i + 1).is_none() {
        return None;
    }
    let at = w.skip(i + 2, &["of", "in", "from", "the", "during", "noong", "a", "an", "one"]);
    if let (Some((Rel::Last | Rel::Trailing, _)), Some((unit, _))) = (w.rel(at), w.unit(at + 1)) {
        return found(i, at + 2, earlier(unit)?, true);
    }
    let (unit, _) = w.unit(at)?;
    w.is_any(at + 1, &["ago", "earlier", "before", "prior", "back"]).then_some(())?;
    found(i, at + 2, earlier(unit)?, true)
}

/// "the previous period", "prior period".
fn previous_period(w: &Words, i: usize) -> Option<ShiftMatch> {
    let (Rel::Last, _) = w.rel(i)? else { return None };
    w.is_any(i + 1, &["period", "panahon"]).then_some(())?;
    found(i, i + 2, RelativeShift::PreviousPeriod, true)
}

/// "a year earlier", "the month before", "one year prior".
fn unit_earlier(w: &Words, i: usize) -> Option<ShiftMatch> {
    let at = w.skip(i, &["the", "a", "an", "one"]);
    let (unit, _) = w.unit(at).filter(|_| at > i)?;
    let after = at + 2;
    let ends = w.is_any(at + 1, &["earlier", "prior"]) && !w.is_any(after, &["to", "than"])
        || w.is_any(at + 1, &["before"])
            && !w.is_any(after, &["last"])
            && w.tokens.get(after).is_none_or(|t| t.number.is_none())
            && !matches!(w.lex(after), Some(Lex::Month { .. } | Lex::Rel(..) | Lex::Today | Lex::Yesterday));
    ends.then_some(())?;
    found(i, after, earlier(unit)?, true)
}

/// "vs last year", "compared to the previous month", "than a year ago".
fn against(w: &Words, i: usize) -> Option<ShiftMatch> {
    let lead = match w.word(i) {
        "vs" | "versus" | "against" | "than" | "kumpara" | "over" => i + 1,
        "compared" | "relative" | "comparison" | "compare" => w.skip(i + 1, &["to", "with", "against"]),
        _ => return None,
    };
    let lead = lead + usize::from(w.is_symbol(lead, &["."]));
    let at = w.skip(lead, &["the", "sa", "noong", "a", "an", "one"]);
    if let (Some((Rel::Last, _)), Some((unit, _))) = (w.rel(at), w.unit(at + 1)) {
        // "over the last year" is a range like any other; so is "last year's Q4".
        let plain = w.word(i) != "over" && !w.word(at + 1).ends_with("'s");
        plain.then_some(())?;
        return found(i, at + 2, earlier(unit)?, false);
    }
    let (unit, _) = w.unit(at).filter(|_| at > lead)?;
    w.is_any(at + 1, &["ago"]).then_some(())?;
    found(i, at + 2, earlier(unit)?, true)
}
