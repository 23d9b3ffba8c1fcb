//! Words that ask for a step on the time axis: "by month", "monthly", "each year", "bin by weekday", "buwanan".

use jiff::civil::Weekday;

use super::calendar::Unit;
use super::lexicon::{Family, Lex};
use super::words::Words;
use super::{Clock, Grain, GrainKind, GrainMatch};
use crate::prompt::{Token, is_stopword};

/// The grain words of a prompt, in order and without overlap.
pub fn find_grains(tokens: &[Token]) -> Vec<GrainMatch> {
    // Grains don't depend on the clock; the reader of words wants one.
    let clock = Clock {
        now: jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC),
        week_start: Weekday::Monday,
        fiscal_year_start: 1,
        rolling: false,
        ahead: false,
    };
    grains_of(&Words::new(tokens, &clock))
}

pub(super) fn grains_of(w: &Words) -> Vec<GrainMatch> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < w.len() {
        match grain_at(w, i) {
            Some(grain) => {
                i = grain.tokens.end;
                found.push(grain);
            }
            None => i += 1,
        }
    }
    found
}

fn grain_at(w: &Words, i: usize) -> Option<GrainMatch> {
    if !w.may_start(i) {
        return None;
    }
    [unit_by_unit(w, i), led(w, i), ranked(w, i), interval(w, i), adverb(w, i), acronym(w, i)]
        .into_iter()
        .flatten()
        .max_by_key(|m| m.tokens.end)
}

fn axis(from: usize, to: usize, grain: Grain) -> Option<GrainMatch> {
    Some(GrainMatch { tokens: from..to, grain, kind: GrainKind::Axis })
}

/// The grain named at `i` as a noun, and the token after it: "month", "day of the week", "hour of day", "calendar month".
fn noun(w: &Words, i: usize, other_languages: bool) -> Option<(usize, Grain)> {
    let i = w.skip(i, &["calendar", "fiscal", "single"]);
    if w.is_any(i, &["weekday", "weekdays", "dayofweek", "dow"]) {
        return Some((i + 1, Grain::Weekday));
    }
    let (unit, family) = w.unit(i)?;
    if family == Family::Other && !other_languages {
        return None;
    }
    let dash = |at: usize| at + usize::from(w.is_symbol(at, &["-"]));
    let of = dash(i + 1);
    if w.is_any(of, &["of", "ng"]) {
        let at = w.skip(dash(of + 1), &["the"]);
        match (unit, w.unit(at).map(|(u, _)| u)) {
            (Unit::Day, Some(Unit::Week)) => return Some((at + 1, Grain::Weekday)),
            (Unit::Hour, Some(Unit::Day)) | (Unit::Month, Some(Unit::Year)) => return Some((at + 1, unit.grain()?)),
            _ => {}
        }
    }
    // "month and year" is a month axis.
    if unit == Unit::Month
        && (w.is_any(i + 1, &["and"]) || w.is_symbol(i + 1, &["/", "-"]))
        && w.is_any(i + 2, &["year"])
    {
        return Some((i + 3, Grain::Month));
    }
    if unit == Unit::Year
        && (w.is_any(i + 1, &["and"]) || w.is_symbol(i + 1, &["/", "-"]))
        && w.is_any(i + 2, &["month"])
    {
        return Some((i + 3, Grain::Month));
    }
    Some((i + 1, unit.grain()?))
}

/// "by month", "per week", "for each year", "in every quarter", "kada buwan", "into the weekday interval", "por mes".
fn led(w: &Words, i: usize) -> Option<GrainMatch> {
    if w.is_any(i, &["from"]) && w.is_any(i + 1, &["one"]) {
        // "from one quarter to the next"
        let (end, grain) = noun(w, i + 2, false)?;
        return (w.is_any(end, &["to"]) && w.is_any(end + 1, &["the"]) && w.is_any(end + 2, &["next"]))
            .then(|| axis(i, end + 3, grain))?;
    }
    let at = w.skip(i, &["for", "in", "of", "on", "over", "across"]);
    let main = w.is_any(at, &["by", "per", "each", "every", "into", "kada", "bawat", "a"]);
    let other = w.is_any(at, &["por", "par", "pro", "per", "cada", "jede", "jeden", "jedes", "setiap", "chaque"]);
    if w.is_any(at, &["a"]) && !(at == i && w.unit(at + 1).is_some() && per_rate(w, i)) {
        return None;
    }
    if main || other {
        let after = w.skip(at + 1, &["the", "each", "every", "different"]);
        let (end, grain) = noun(w, after, other)?;
        // "by week of 3 March", "every 3 months" are not grains; "each year 2020" neither.
        let end = interval_word(w, end);
        return axis(i, end, grain);
    }
    // "over the years", "across months": plural only.
    let years = w.skip(at, &["the"]);
    (at > i && w.is_any(at - 1, &["over", "across"]) && w.word(years).ends_with('s')).then_some(())?;
    let (end, grain) = noun(w, years, false)?;
    axis(i, end, grain)
}

/// "top 3 months", "5 best sales days", "the busiest weekday": the steps themselves are ranked.
fn ranked(w: &Words, i: usize) -> Option<GrainMatch> {
    const RANKS: &[&str] = &[
        "top",
        "best",
        "worst",
        "bottom",
        "highest",
        "lowest",
        "busiest",
        "slowest",
        "strongest",
        "weakest",
        "biggest",
        "smallest",
        "largest",
        "peak",
        "slackest",
        "quietest",
        "selling",
    ];
    let (end, grain) = noun(w, i, false)?;
    let before = i.checked_sub(1)?;
    let number = |at: usize| w.tokens[at].number.is_some() || w.count(at).is_some();
    let ranks =
        |at: usize| w.is_any(at, RANKS) || number(at) && at.checked_sub(1).is_some_and(|first| w.is_any(first, RANKS));
    // A measure may stand between; "in the top 3 of the months" and "the best for 3 months" rank something else.
    let joins = |at: usize| w.lex(at).is_none() && !is_stopword(w.word(at)) && !number(at);
    let hit = ranks(before) || joins(before) && before.checked_sub(1).is_some_and(ranks);
    let goes_on = w.is_any(end, &["of", "ago", "before", "average", "moving", "rolling"]);
    (hit && !goes_on).then(|| axis(i, end, grain))?
}

/// "times a day", "sales a month": a rate, when a plural noun stands before it.
fn per_rate(w: &Words, i: usize) -> bool {
    i > 0
        && w.word(i - 1).len() > 3
        && w.word(i - 1).ends_with('s')
        && w.lex(i - 1).is_none()
        && !w.is_any(i + 2, &["ago"])
}

fn interval_word(w: &Words, i: usize) -> usize {
    w.skip(i, &["interval", "intervals", "bin", "bins", "bucket", "buckets", "basis", "granularity", "grain", "level"])
}

/// "year interval", "weekday bins", "month buckets", "monthwise", "month-wise", "day of week".
fn interval(w: &Words, i: usize) -> Option<GrainMatch> {
    let (end, grain) = noun(w, i, false)?;
    let after = interval_word(w, end);
    let wise = w.is_any(end + usize::from(w.is_symbol(end, &["-"])), &["wise"]);
    let day_of_week = grain == Grain::Weekday && end > i + 1;
    if wise {
        return axis(i, end + 1 + usize::from(w.is_symbol(end, &["-"])), grain);
    }
    (after > end || day_of_week).then_some(())?;
    axis(i, after, grain)
}

/// "monthly", "on a weekly basis", "araw-araw", "monthwise"; an adjective next to what it describes.
fn adverb(w: &Words, i: usize) -> Option<GrainMatch> {
    if let (Some(word), true, Some((unit, _))) = (w.tokens.get(i), w.is_symbol(i + 1, &["-"]), w.unit(i))
        && w.word(i + 2) == word.norm
    {
        return axis(i, i + 3, unit.grain()?);
    }
    for (suffix, grain) in
        [("monthwise", Grain::Month), ("yearwise", Grain::Year), ("daywise", Grain::Day), ("weekwise", Grain::Week)]
    {
        if w.is_any(i, &[suffix]) {
            return axis(i, i + 1, grain);
        }
    }
    let Some(Lex::Every(unit)) = w.lex(i) else { return None };
    const NOUNS: &[&str] = &[
        "review",
        "report",
        "meeting",
        "newsletter",
        "update",
        "briefing",
        "presentation",
        "business",
        "fee",
        "salary",
    ];
    const EXTREMES: &[&str] = &[
        "highest", "lowest", "max", "maximum", "min", "minimum", "average", "avg", "mean", "median", "best", "worst",
        "peak", "largest", "smallest", "record", "biggest", "top",
    ];
    let described = w.is_any(i + 1, NOUNS) || (i > 0 && w.is_any(i - 1, EXTREMES));
    let kind = if described { GrainKind::Adjective } else { GrainKind::Axis };
    Some(GrainMatch { tokens: i..interval_word(w, i + 1), grain: unit.grain()?, kind })
}

/// "month over month", "year-on-year", "week vs week" compare; "day by day", "month by month" list.
fn unit_by_unit(w: &Words, i: usize) -> Option<GrainMatch> {
    let (unit, _) = w.unit(i)?;
    let dash = |at: usize| at + usize::from(w.is_symbol(at, &["-"]));
    let link = dash(i + 1);
    let compares = w.is_any(link, &["over", "on", "to", "vs", "versus"]);
    if !compares && !w.is_any(link, &["by", "after"]) {
        return None;
    }
    let second = dash(link + 1);
    (w.unit(second)?.0 == unit).then_some(())?;
    let kind = if compares { GrainKind::Comparison } else { GrainKind::Axis };
    Some(GrainMatch { tokens: i..second + 1, grain: unit.grain()?, kind })
}

/// YoY, QoQ, MoM, WoW, DoD.
fn acronym(w: &Words, i: usize) -> Option<GrainMatch> {
    let grain = match w.word(i) {
        "yoy" => Grain::Year,
        "qoq" => Grain::Quarter,
        "mom" => Grain::Month,
        "wow" => Grain::Week,
        "dod" => Grain::Day,
        _ => return None,
    };
    Some(GrainMatch { tokens: i..i + 1, grain, kind: GrainKind::Comparison })
}
