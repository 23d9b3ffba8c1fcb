//! Stretches of time that a question sets against each other: "2024 over 2023", "the change from March to April".

use std::ops::Range;

use super::cues::{Cue, CueMatch};
use super::draft::{Draft, Scene};
use super::items::Item;
use crate::entity::{Condition, Test};
use crate::prompt::{Token, Word};
use crate::quickspec::Transform;
use crate::time::{Findings, GrainKind, parted};

/// What becomes of a figure from one stretch to another.
const CHANGES: &[&str] = &[
    "change",
    "changed",
    "increase",
    "increased",
    "decrease",
    "decreased",
    "decline",
    "declined",
    "difference",
    "rise",
    "rose",
    "risen",
    "drop",
    "dropped",
    "fall",
    "fell",
    "fallen",
    "grew",
    "grow",
    "grown",
    "growth",
    "improve",
    "improved",
    "shrink",
    "shrank",
];

/// Words that set the second against the first.
const SETS: &[&str] = &["over", "against", "versus", "vs", "than", "compared", "relative"];

/// What may stand between two stretches that are set against each other.
const AGAINST: &[&str] =
    &["over", "against", "versus", "vs", "than", "compared", "relative", "to", "with", "from", "in", "."];

/// Finds the stretches that are set against each other, and makes the words that say so a comparison.
pub(super) fn set_against(tokens: &[Token], words: &[Word], times: &mut Findings, cues: &mut Vec<CueMatch>) {
    let change = words.iter().position(|w| w.is_any(CHANGES));
    let stepped = times.grains.iter().any(|g| g.kind != GrainKind::Adjective);
    if change.is_some() && !stepped {
        let halves = |m: &crate::time::TimeMatch| parted(m, tokens).map_or_else(|| vec![m.clone()], Vec::from);
        times.matches = times.matches.iter().flat_map(halves).collect();
    }
    let at = |range: &Range<usize>| {
        words.partition_point(|w| w.token < range.start)..words.partition_point(|w| w.token < range.end)
    };
    let mut links: Vec<Range<usize>> = Vec::new();
    for k in 1..times.matches.len() {
        let gap = at(&times.matches[k - 1].tokens).end..at(&times.matches[k].tokens).start;
        // "2024 sales against 2023": what is measured may stand between.
        let link =
            gap.end - words[gap.clone()].iter().rev().take_while(|w| w.is_any(AGAINST) || w.is_symbol(",")).count();
        let says = words[link..gap.end].iter().any(|w| w.is_any(SETS));
        let like = times.matches[k - 1].unit == times.matches[k].unit;
        if says && (link == gap.start || like && times.matches.len() == 2) {
            links.push(link..gap.end);
            for m in &mut times.matches[k - 1..=k] {
                m.weak = false;
            }
        } else if gap.is_empty() && times.matches[k].ends.is_none() && change.is_some() && !stepped {
            links.push(gap);
        }
    }
    if links.is_empty() {
        return;
    }
    for link in links {
        cues.retain(|c| c.words.end <= link.start || link.end <= c.words.start);
        if !link.is_empty() {
            cues.push(CueMatch { cue: Cue::Compare, words: link });
        }
    }
    cues.extend(change.map(|at| CueMatch { cue: Cue::Compare, words: at..at + 1 }));
    cues.sort_by_key(|c| c.words.start);
}

/// A change that is asked for without saying from when to when, or by which things are to be chosen.
pub(super) fn open_change(d: &Draft, scene: &Scene<'_>) -> Option<String> {
    let Scene { q, placed, .. } = *scene;
    let grows = q.has(Cue::Transform(Transform::Growth));
    let said = placed.iter().any(|p| {
        matches!(p.item, Item::Unknown | Item::Cue(Cue::Compare))
            && q.words[p.words.clone()].iter().any(|w| w.is_any(CHANGES))
    });
    let two = q.times.matches.len() > 1 || q.times.shifts.iter().any(|s| s.certain);
    if two && (said || grows) && (q.has(Cue::Which) || d.top_k.is_some() && d.split_grain.is_some()) {
        return Some(
            "An answer shows both periods side by side, and can't choose by how much they differ: ask for the figure by \
             both periods."
                .to_owned(),
        );
    }
    let stepped = !q.grains.is_empty() || q.has(Cue::Trend) || d.transform.is_some() || q.has(Cue::YearOverYear);
    let plain = placed.iter().any(|p| p.item == Item::Unknown && q.words[p.words.start].is_any(CHANGES));
    (plain && !two && !stepped && d.x.is_none())
        .then(|| "A change is measured between two periods: say which, for instance \"2024 against 2023\".".to_owned())
}

/// "by what percentage did sales change from 2023 to 2024": no share, but the growth from one stretch to the next.
pub(super) fn percent_change(d: &mut Draft, scene: &Scene<'_>, times: &mut Vec<Condition>) -> bool {
    let q = scene.q;
    let changes = q
        .cues
        .iter()
        .any(|c| c.cue == Cue::Compare && q.words[c.words.clone()].iter().any(|w| w.is_any(CHANGES) || w.is_any(SETS)));
    if !changes || times.len() != 2 {
        return false;
    }
    let ends = |c: &Condition| match &c.test {
        Test::Time { from: Some(from), to: Some(to) } => Some((from.clone(), to.clone())),
        _ => None,
    };
    let (Some(a), Some(b)) = (ends(&times[0]), ends(&times[1])) else { return false };
    let unit = q.times.matches.first().and_then(|m| m.unit);
    let later = if a.1 == b.0 { Some(1) } else { (b.1 == a.0).then_some(0) };
    if let (Some(later), None, Some(unit)) = (later, d.x, unit) {
        let mut kept = times.swap_remove(later);
        kept.or = false;
        (d.x, d.x_grain, d.transform) = (Some(kept.column), Some(unit), Some(Transform::Growth));
        *times = vec![kept];
    }
    true
}

/// "in the morning": a stretch of the day that nobody bounds alike.
pub(super) fn part_of_day(scene: &Scene<'_>) -> Option<String> {
    const PARTS: &[&str] =
        &["morning", "mornings", "afternoon", "afternoons", "evening", "evenings", "night", "nights"];
    let words = &scene.q.words;
    let said = scene.placed.iter().find(|p| {
        matches!(p.item, Item::Unknown | Item::Filler)
            && words[p.words.start].is_any(PARTS)
            && p.words
                .start
                .checked_sub(1)
                .is_some_and(|w| words[w].is_any(&["the", "at", "in", "during", "every", "each", "on"]))
    })?;
    let word = &words[said.words.start].norm;
    Some(format!(
        "From when to when the {word} lasts is not known here: give the hours, as in \"between 6 am and noon\"."
    ))
}
