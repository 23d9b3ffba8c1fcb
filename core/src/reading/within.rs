//! Rankings that are repeated: "top 3 brands in each region", "which product sold most in each month".

use super::cues::Cue;
use super::dimensions::entity_label;
use super::draft::{Draft, Scene};
use super::entities::label_column;
use super::implied::implies_column;
use super::items::{Item, Placed};
use super::roles::{Superlative, is_measure};
use super::steps::unit;
use super::times::time_column;
use crate::prompt::Word;
use crate::quickspec::{OrderBy, OrderTarget, TopPer};
use crate::semantic::{Aggregation, ColumnRef, ValueType};
use crate::time::Grain;

/// What things are told apart by.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Axis {
    Column(ColumnRef),
    Step(Grain),
}

/// What a noun stands for, and the item that says it.
#[derive(Debug, Clone, Copy)]
struct Noun {
    item: usize,
    axis: Axis,
    /// The dataset, where its name stands for the name that its rows have.
    entity: Option<usize>,
}

const THREE: &str =
    "A ranking within more than one kind of group is more than an answer shows: ask for it within one of them.";
const SHARES: &str = "A ranking within each group is one of figures, not of shares or changes: ask for one of the two.";
const UNPLACED: &str =
    "A ranking within each group can't be told here: ask for one of the groups, or for all together.";

/// Reads a ranking within groups. `None` when none is asked for, an error says why it can't be answered.
pub(super) fn within(d: &mut Draft, scene: &Scene<'_>, s: &Superlative) -> Option<Result<(), String>> {
    let Scene { q, model, roles, placed } = *scene;
    let (group, ranked) = (0..placed.len()).find_map(|k| {
        let group = each(d, scene, k, LED).or_else(|| each(d, scene, k, &["by"]).filter(|n| names(d, scene, s, n)))?;
        Some((group, ranked(d, scene, s, group.item)?))
    })?;
    if ranked.axis == group.axis {
        return None;
    }
    let named = |n: &Noun, c: ColumnRef| {
        matches!(placed[n.item].item, Item::Column(of) if of == c) || n.axis == Axis::Column(c)
    };
    let free = |c: ColumnRef| Some(c) != d.y && Some(c) != d.per && !named(&ranked, c) && !named(&group, c);
    let other_dataset =
        |k: &&usize| **k != d.root && [&ranked, &group].iter().all(|n| placed[n.item].item != Item::Dataset(**k));
    let steps = placed
        .iter()
        .enumerate()
        .filter(|(k, p)| matches!(p.item, Item::Grain(_)) && ![ranked.item, group.item].contains(k));
    if roles.groups.iter().any(|n| free(n.column))
        || roles.group_datasets.iter().any(|k| other_dataset(&k))
        || steps.count() > 0
    {
        return Some(Err(THREE.to_owned()));
    }
    if d.normalize || d.transform.is_some() || d.having.is_some() {
        return Some(Err(SHARES.to_owned()));
    }
    // "the oldest patient", where no column says how old they are.
    let quality = d.assumed_measure && q.words[placed[s.item].words.clone()].iter().any(|w| implies_column(&w.norm));
    if quality || d.agg == Aggregation::None && d.y.is_none() {
        return Some(Err(UNPLACED.to_owned()));
    }
    let reached = |axis: Axis| match axis {
        Axis::Column(c) => d.paths.contains_key(&c.dataset),
        Axis::Step(_) => true,
    };
    let calendar = d.x.filter(|x| d.x_grain.is_some() && model.column(*x).value_type.is_temporal());
    let calendar = calendar.or_else(|| time_column(model, d));
    let placed_at = match (ranked.axis, group.axis, calendar) {
        (Axis::Column(x), Axis::Column(group), _) => (x, None, group, None, TopPer::Series),
        (Axis::Column(ranked), Axis::Step(step), Some(time)) => (time, Some(step), ranked, None, TopPer::X),
        (Axis::Step(step), Axis::Column(group), Some(time)) => (time, Some(step), group, None, TopPer::Series),
        // "the best month of each year": a month of the calendar, in the series of its year.
        (Axis::Step(step @ (Grain::Month | Grain::Quarter)), Axis::Step(Grain::Year), Some(time)) => {
            (time, Some(step), time, Some(Grain::Year), TopPer::Series)
        }
        _ => return Some(Err(UNPLACED.to_owned())),
    };
    if !reached(ranked.axis) || !reached(group.axis) {
        return Some(Err(UNPLACED.to_owned()));
    }
    let listed = roles.measures.is_empty() && roles.counts.is_empty();
    if ranked.entity.is_some_and(|k| listed && d.y.is_some_and(|y| y.dataset == k)) {
        // "the two highest paid employees": each has one salary.
        d.agg = Aggregation::None;
    }
    let (x, x_grain, split, split_grain, per) = placed_at;
    (d.x, d.x_grain, d.split, d.split_grain) = (Some(x), x_grain, Some(split), split_grain);
    (d.cyclic, d.bins) = (false, None);
    if placed[ranked.item].item == Item::Unknown {
        // "the best month": a step of the calendar after all.
        let word = &q.words[placed[ranked.item].words.start].norm;
        d.unknown.retain(|w| w != word);
        d.explained += 1;
    }
    let plural = is_plural(&q.words[placed[ranked.item].words.end - 1].norm);
    d.top_k = s.count.or_else(|| count_before(placed, ranked.item)).or((!plural).then_some(1));
    d.top_per = d.top_k.map(|_| per);
    d.order = Some(OrderBy { by: OrderTarget::Y, dir: s.dir });
    Some(Ok(()))
}

/// Words that lead to what something is made for each of.
const LED: &[&str] = &["each", "every", "per", "kada", "bawat"];

/// The noun at an item, if one of these words leads to it.
fn each(d: &Draft, scene: &Scene<'_>, k: usize, words: &[&str]) -> Option<Noun> {
    let Scene { q, placed, .. } = *scene;
    let says = |p: &Placed| q.words[p.words.clone()].iter().any(|w| w.is_any(words));
    let led = placed[..k].iter().rev().find(|p| p.item != Item::Filler);
    let led = led.is_some_and(|p| p.item == Item::Cue(Cue::Group) && says(p));
    (led || matches!(placed[k].item, Item::Grain(_)) && says(&placed[k])).then(|| noun(d, scene, k)).flatten()
}

/// "top 5 brands by region": nothing can be ranked by a name, or by a step of the calendar.
fn names(d: &Draft, scene: &Scene<'_>, s: &Superlative, group: &Noun) -> bool {
    let text = match group.axis {
        Axis::Column(c) => scene.model.column(c).value_type == ValueType::Text,
        Axis::Step(_) => true,
    };
    text && group.item > s.item && after(scene, s).and_then(|k| noun(d, scene, k)).is_some_and(|n| n.item < group.item)
}

fn noun(d: &Draft, scene: &Scene<'_>, k: usize) -> Option<Noun> {
    let Scene { q, model, roles, placed } = *scene;
    let dimension = |p: &Placed| matches!(p.item, Item::Column(c) if !is_measure(model, c));
    let goes_on = placed.get(k + 1).is_some_and(|p| dimension(p) && p.words.start == placed[k].words.end);
    // "payment method": the dataset qualifies the column.
    let k = if matches!(placed[k].item, Item::Dataset(_)) && goes_on { k + 1 } else { k };
    let (axis, entity) = match placed[k].item {
        Item::Column(c) if !is_measure(model, c) => match entity_label(q, model, d, roles, placed, c) {
            Some((entity, label)) => (Axis::Column(label), Some(entity)),
            None => (Axis::Column(c), None),
        },
        Item::Dataset(entity) => (Axis::Column(label_column(model, entity)?), Some(entity)),
        Item::Grain(g) => (Axis::Step(q.grains[g].grain), None),
        _ => step_called(&q.words[placed[k].words.end - 1]).map(|step| (Axis::Step(step), None))?,
    };
    Some(Noun { item: k, axis, entity })
}

/// What is ranked: the noun that "which" asks for, the one before "with the most", or the one after the superlative.
fn ranked(d: &Draft, scene: &Scene<'_>, s: &Superlative, group: usize) -> Option<Noun> {
    let Scene { q, model, placed, .. } = *scene;
    let asked = (0..s.item).filter(|k| !matches!(placed[*k].item, Item::Filler | Item::Number(_))).find(|&k| {
        let which = placed[..k].iter().rev().find(|p| !matches!(p.item, Item::Filler | Item::Number(_)));
        which.is_some_and(|p| p.item == Item::Cue(Cue::Which))
            || placed[k].words.start.checked_sub(1).is_some_and(|w| q.words[w].is_any(&["which", "what"]))
    });
    let at = placed[s.item].words.start;
    let owns = q.words[at.saturating_sub(3)..at].iter().any(|w| w.is_any(&["with", "has", "have", "having", "had"]));
    let owner = (0..s.item).rev().find(|&k| !matches!(placed[k].item, Item::Filler)).filter(|_| owns);
    let before = [asked, owner].into_iter().flatten().filter(|k| *k != group).find_map(|k| noun(d, scene, k));
    if before.is_some() {
        // "the highest sales per store" of a region is a ratio.
        let rate = group.checked_sub(2).is_some_and(|k| {
            q.words[placed[k + 1].words.clone()].iter().any(|w| w.is("per"))
                && matches!(placed[k].item, Item::Column(c) if is_measure(model, c))
        });
        return before.filter(|_| !rate);
    }
    after(scene, s).filter(|k| *k != group).and_then(|k| noun(d, scene, k))
}

/// The first that is named after the superlative: "5 highest paid doctors", "highest revenue stores".
pub(super) fn after(scene: &Scene<'_>, s: &Superlative) -> Option<usize> {
    let Scene { q, model, placed, .. } = *scene;
    (s.item + 1..placed.len()).find(|&k| match placed[k].item {
        // What is measured may stand between.
        Item::Column(c) => {
            !is_measure(model, c) || placed.get(k + 1).is_none_or(|p| p.words.start != placed[k].words.end)
        }
        Item::Filler | Item::Number(_) => false,
        Item::Unknown => step_called(&q.words[placed[k].words.start]).is_some(),
        _ => true,
    })
}

/// "statuses", not "status".
fn is_plural(norm: &str) -> bool {
    norm.ends_with('s') && !["ss", "us", "is"].iter().any(|end| norm.ends_with(end))
}

/// The number right before a name: "2" of "the 2 airlines".
pub(super) fn count_before(placed: &[Placed], k: usize) -> Option<u32> {
    match k.checked_sub(1).map(|k| &placed[k].item) {
        Some(Item::Number(n)) if (1.0..=1000.0).contains(n) && n.fract() == 0.0 => Some(*n as u32),
        _ => None,
    }
}

/// "the best month": a step of the calendar whose points are ranked.
fn step_called(word: &Word) -> Option<Grain> {
    if word.is_any(&["weekday", "weekdays"]) { Some(Grain::Weekday) } else { unit(word) }
}
