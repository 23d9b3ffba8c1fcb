//! Parts of a whole: what is the part, and what holds for the whole.

use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::items::Item;
use super::periods::percent_change;
use crate::entity::{Condition, Test};
use crate::prompt::Word;
use crate::semantic::{Aggregation, ColumnRef};

/// Verbs that tell which part of a whole is meant, and say nothing else: "falls on weekends", "came in December".
pub(super) fn tells(word: &Word) -> bool {
    word.is_any(&[
        "fall", "falls", "fell", "come", "comes", "came", "happen", "happens", "happened", "occur", "occurs",
        "occurred", "belong", "belongs",
    ])
}

/// Parts of a whole: shares over x, or one part's share. `times` are the conditions on the calendar.
pub(super) fn shares(d: &mut Draft, scene: &Scene<'_>, conditions: &mut Vec<Condition>, times: &mut Vec<Condition>) {
    let q = scene.q;
    if !q.has(Cue::Share) || d.agg == Aggregation::None || d.agg.is_middle() {
        return;
    }
    if percent_change(d, scene, times) {
        return;
    }
    d.normalize = true;
    let told = part_told(scene);
    let days =
        times.iter().position(|c| matches!(c.test, Test::Weekdays(_) | Test::Hours { .. })).filter(|_| told.is_none());
    if let Some(at) = days.filter(|_| d.x.is_none() || days_are_told(scene)) {
        // "what share of sales falls on weekends", also of each region.
        d.part.push(times.remove(at));
        return;
    }
    if d.x.is_some() && d.x_grain.is_none() {
        return;
    }
    // "what share of NCR's sales comes from X": what is told of it is the part, else the first named value. The
    // others hold for the whole, too.
    let is_value = |c: &Condition| matches!(c.test, Test::In(_));
    let part = conditions.iter().position(|c| is_value(c) && Some(c.column) == told);
    if let Some(at) = part.or_else(|| conditions.iter().position(is_value)) {
        d.part.push(conditions.remove(at));
    } else if let Some(at) = narrower(times).filter(|_| d.x.is_none()) {
        let mut part = times.remove(at);
        part.or = false;
        times.iter_mut().for_each(|c| c.or = false);
        d.part.push(part);
    } else {
        d.normalize = false;
        if d.x.is_none() && scene.placed.iter().any(|p| p.item == Item::Cue(Cue::Share)) {
            d.beyond = d.beyond.take().or_else(|| {
                Some("A share is a part of a whole, and no part is named that is known here: which is it?".to_owned())
            });
        }
    }
}

/// The one stretch of time, or of two the one that lies within the other: "the share of 2024's sales in December".
fn narrower(times: &[Condition]) -> Option<usize> {
    let ends = |c: &Condition| match &c.test {
        Test::Time { from: Some(from), to: Some(to) } => Some((from.clone(), to.clone())),
        _ => None,
    };
    match times {
        [one] => ends(one).map(|_| 0),
        [a, b] => {
            let (a, b) = (ends(a)?, ends(b)?);
            let within = |inner: &(String, String), outer: &(String, String)| {
                inner != outer && outer.0 <= inner.0 && inner.1 <= outer.1
            };
            if within(&b, &a) { Some(1) } else { within(&a, &b).then_some(0) }
        }
        _ => None,
    }
}

/// "on weekends", not "weekend sales": the days are told of the whole.
fn days_are_told(scene: &Scene<'_>) -> bool {
    let q = scene.q;
    let first = q.times.days.first().map(|d| d.tokens.start);
    let before = first.and_then(|first| q.words.iter().rev().find(|w| w.token < first));
    before.is_some_and(|w| w.is_any(&["on", "during", "in", "at", "from", "over", "the", "are", "is", "was", "were"]))
}

/// The column of a value that a verb tells of the whole: "comes from Alaska", "was snacks".
fn part_told(scene: &Scene<'_>) -> Option<ColumnRef> {
    let words = &scene.q.words;
    scene.placed.iter().skip(1).find_map(|p| {
        let Item::Value(column, _) = p.item else { return None };
        let verb = words[..p.words.start].iter().rposition(|w| !w.is_any(&["the", "a", "from", "sa", "mga"]))?;
        let said =
            ["is", "are", "was", "were", "did", "does", "do", "comes", "come", "came", "galing", "nagmula", "mula"];
        words[verb].is_any(&said).then_some(column)
    })
}
