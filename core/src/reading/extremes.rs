//! Superlatives: whether they ask for an extreme of single rows, for steps of the calendar, or for a ranking.

use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::implied::extreme_of;
use super::items::{Item, Placed};
use super::measure::{MOST, primary_measure};
use super::roles::{Superlative, is_measure, only_measure};
use super::within::after;
use crate::quickspec::Direction;
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel, Source};
use crate::time::GrainKind;

/// The item of the first name after a superlative. What the rows are only qualifies a measure ("the biggest line amount").
pub(super) fn named_next(scene: &Scene<'_>, s: &Superlative) -> Option<usize> {
    let Scene { model, placed, .. } = *scene;
    (s.item + 1..placed.len()).find(|&k| {
        let qualifies = speaks_of_rows(model, &placed[k], None)
            && placed.get(k + 1).is_some_and(|p| {
                p.words.start == placed[k].words.end && matches!(p.item, Item::Column(c) if is_measure(model, c))
            });
        matches!(placed[k].item, Item::Column(_) | Item::Dataset(_)) && !qualifies
    })
}

/// Reads a superlative as the extreme of single rows, where it is one: "the biggest line amount by channel", "the cheapest
/// we sold it for", "the largest order". True when it did.
pub(super) fn extreme(d: &mut Draft, scene: &Scene<'_>, s: &Superlative, next: Option<usize>) -> bool {
    let Scene { q, model, placed, .. } = *scene;
    let end = if s.dir == Direction::Desc { Aggregation::Max } else { Aggregation::Min };
    let found = match next {
        None if d.x.is_none() => extreme_of(&q.words[placed[s.item].words.clone()], model, d.root)
            .filter(|(column, _)| d.y.is_none_or(|y| y == *column || d.assumed_measure)),
        Some(k) if d.assumed_measure && s.count.is_none() => {
            let own = speaks_of_rows(model, &placed[k], Some(d.root));
            let amount = q.words.get(placed[k].words.end).is_some_and(|w| w.is_any(&["amount", "value", "total"]));
            match placed[k].item {
                _ if own && amount => d.y.map(|y| (y, end)),
                Item::Dataset(dataset) if !q.has(Cue::Which) && after(scene, s) == Some(k) => {
                    // "customers with the most orders" counts them.
                    let number = q.words[placed[s.item].words.clone()].iter().any(|w| w.is_any(MOST));
                    let own = || primary_measure(model, dataset).filter(|_| own && !number);
                    only_measure(model, dataset).or_else(own).map(|y| (y, end))
                }
                _ => None,
            }
        }
        _ => None,
    };
    if let Some((y, agg)) = found {
        (d.y, d.agg, d.assumed_measure) = (Some(y), agg, false);
        // "the largest line amount": the lines are no axis.
        let rows = |x: &ColumnRef| {
            next.is_some_and(|k| placed[k].item == Item::Column(*x) && is_row_number(model, *x, &placed[k]))
        };
        d.x = d.x.filter(|x| !rows(x));
    }
    found.is_some()
}

/// "what store sold most", "anong lungsod": as "which store".
pub(super) fn asks_what(scene: &Scene<'_>) -> bool {
    let Scene { q, model, placed, .. } = *scene;
    placed.iter().any(|p| {
        let noun = match p.item {
            Item::Column(c) => !is_measure(model, c),
            Item::Dataset(_) => true,
            _ => false,
        };
        noun && p.words.start > 0 && q.words[p.words.start - 1].is_any(&["what", "anong"])
    })
}

/// "the best sales day": the steps of the calendar are ranked. "The highest daily share" ranks none.
pub(super) fn step_ranked<'a>(scene: &Scene<'a>, superlative: usize) -> Option<&'a Placed> {
    let Scene { q, model, placed, .. } = *scene;
    let step = |p: &Placed| {
        let noun = !q.words[p.words.end - 1].norm.ends_with("ly");
        let grain = q.grains.iter().any(|g| g.kind == GrainKind::Axis && g.words.end == p.words.end);
        let calendar = match p.item {
            // "the highest price by week" is one of each week.
            Item::Grain(_) => p.words.len() == 1,
            Item::Column(c) => model.column(c).value_type.is_temporal(),
            _ => false,
        };
        noun && grain && calendar
    };
    let after = &placed[superlative + 1..];
    let at = after.iter().take(3).position(step)?;
    let passed = |p: &Placed| matches!(p.item, Item::Number(_) | Item::Column(_) | Item::Filler | Item::Unknown);
    after[..at].iter().all(passed).then(|| &after[at])
}

/// True for what the rows are called (of `root`, where one is given), or a number of theirs.
fn speaks_of_rows(model: &SemanticModel, p: &Placed, root: Option<usize>) -> bool {
    match p.item {
        Item::Dataset(dataset) => root.is_none_or(|root| root == dataset),
        Item::Column(c) => is_row_number(model, c, p),
        _ => false,
    }
}

/// "line" for a number of lines: it speaks of the rows. A reference speaks of others.
pub(super) fn is_row_number(model: &SemanticModel, c: ColumnRef, p: &Placed) -> bool {
    let refers = model.relationships.iter().any(|r| r.from == c.dataset && r.from_columns.contains(&c.column));
    model.column(c).role == Role::Key && p.source == Some(Source::Partial) && !refers
}
