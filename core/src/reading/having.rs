//! Conditions on what is measured of a group: "carriers with more than 10 shipments", "branches with a total cost of
//! over 500".

use super::conditions::key_of;
use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::entities::{entity_of_root, label_column};
use super::items::{Item, Placed};
use super::question::Question;
use super::roles::{Counted, is_measure};
use crate::entity::{Comparator, Condition, Test};
use crate::semantic::{Aggregation, ColumnRef, SemanticModel, ValueType};

/// A bound on a group's figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Having {
    /// `gt`, `gte`, `lt`, `lte`, `eq`.
    pub op: &'static str,
    pub bound: f64,
    /// What is bounded; `None` counts the rows.
    measure: Option<(ColumnRef, Aggregation)>,
    /// What is told apart, where nothing is grouped by.
    subject: Option<ColumnRef>,
}

/// Why a question about groups can't be answered.
pub(super) const ONE_FIGURE: &str =
    "Groups can be chosen only by the figure that is shown of them: ask for one figure at a time.";

/// Finds the bound and marks the items that say it.
pub(super) fn find_having(
    q: &Question,
    placed: &[Placed],
    model: &SemanticModel,
    root: usize,
    used: &mut [bool],
) -> Option<Having> {
    let solid = |k: &usize| !matches!(placed[*k].item, Item::Filler);
    (0..placed.len()).find_map(|i| {
        let Item::Comparator(comparator) = placed[i].item else { return None };
        let op = operator(comparator)?;
        let number = (i + 1..placed.len()).find(solid)?;
        let Item::Number(bound) = placed[number].item else { return None };
        let before = (0..i).rev().find(solid)?;
        let counted = (number + 1..placed.len()).find(solid).filter(|k| placed[*k].item == Item::Dataset(root));
        let (first, last, measure) = if let Some(counted) = counted.filter(|_| owns(q, placed[i].words.start)) {
            (i, counted, None)
        } else if let Some((first, last, column)) = summed(q, placed, model, root, (before, i, number)) {
            (first, last, Some((column, Aggregation::Sum)))
        } else {
            let Item::Column(column) = placed[before].item else { return None };
            let aggregate = (0..before).rev().find(solid)?;
            let Item::Cue(Cue::Aggregate(agg)) = placed[aggregate].item else { return None };
            let bounded = is_measure(model, column) && owns(q, placed[aggregate].words.start);
            (aggregate, number, bounded.then_some((column, agg)))
        };
        if counted.is_none() && measure.is_none() {
            return None;
        }
        let subject = (0..first).rev().filter(|k| !used[*k]).find_map(|k| match placed[k].item {
            Item::Column(c) if !is_measure(model, c) => Some(Some(c)),
            Item::Dataset(entity) if entity != root => Some(label_column(model, entity)),
            Item::Column(_) | Item::Dataset(_) => Some(None),
            _ => None,
        })?;
        used[first..=last].fill(true);
        Some(Having { op, bound, measure, subject })
    })
}

/// "brands with more than 2 million in sales", "cities with sales below 100k": sums that a group has, said without an
/// aggregate, since a row has no such name of its own. First and last item, and what is added up.
fn summed(
    q: &Question,
    placed: &[Placed],
    model: &SemanticModel,
    root: usize,
    (before, comparator, number): (usize, usize, usize),
) -> Option<(usize, usize, ColumnRef)> {
    let sums = |k: usize| match placed.get(k)?.item {
        Item::Column(c) if c.dataset == root && is_measure(model, c) => {
            (model.column(c).default_agg == Aggregation::Sum).then_some(c)
        }
        _ => None,
    };
    let after = (number + 1..placed.len()).find(|k| !matches!(placed[*k].item, Item::Filler));
    let (first, last, column) = match (sums(before), after.and_then(|k| Some((k, sums(k)?)))) {
        (Some(column), _) => (before, number, column),
        (None, Some((k, column))) => (comparator, k, column),
        (None, None) => return None,
    };
    // "stores in NCR with ...": what else limits them may stand between.
    let passed = |p: &Placed| matches!(p.item, Item::Filler | Item::Value(..) | Item::Time(_) | Item::Unknown);
    let group = (0..first).rev().find(|k| !passed(&placed[*k])).map(|k| &placed[k]);
    let grouped = matches!(group, Some(Placed { item: Item::Column(c), .. })
        if c.dataset == root
            && model.column(*c).value_type == ValueType::Text
            && !model.column(*c).unique
            && !entity_of_root(model, root, *c));
    // "which products sold more than 1000 units"
    let asked = group
        .is_some_and(|g| g.words.start.checked_sub(1).is_some_and(|w| q.words[w].is_any(&["which", "what", "many"])));
    // "profit by country with a fare over 490", "deliveries by category with ...": another figure is shown, so that the
    // rows are limited.
    let other = placed[..first].iter().any(|p| match p.item {
        Item::Column(c) => c != column && c.dataset == root && is_measure(model, c),
        Item::Cue(Cue::Count) => true,
        _ => false,
    });
    (grouped && (asked || !other && owns(q, placed[first].words.start))).then_some((first, last, column))
}

/// True when rows of a related dataset are counted and bounded ("how many customers have more than 3 orders"), which only
/// a reading of that dataset can say.
pub(super) fn bounds_related(q: &Question, placed: &[Placed], root: usize) -> bool {
    let solid = |k: &usize| !matches!(placed[*k].item, Item::Filler);
    (0..placed.len()).any(|i| {
        let bounds = matches!(placed[i].item, Item::Comparator(c) if operator(c).is_some());
        let number = (i + 1..placed.len()).find(solid).filter(|k| matches!(placed[*k].item, Item::Number(_)));
        let counted = number.and_then(|n| (n + 1..placed.len()).find(solid));
        let related = counted.is_some_and(|k| matches!(placed[k].item, Item::Dataset(of) if of != root));
        bounds && related && owns(q, placed[i].words.start)
    })
}

/// "campaigns with fewer than 1000 conversions": of rows that have names, what is compared is what is shown.
pub(super) fn compared_measure(d: &mut Draft, scene: &Scene<'_>, conditions: &[Condition]) {
    let compared = |c: &&Condition| {
        matches!(c.test, Test::Compare(..)) && c.column.dataset == d.root && is_measure(scene.model, c.column)
    };
    let mut all = conditions.iter().filter(compared).map(|c| c.column);
    if let (Some(measure), None) = (all.next(), all.next())
        && d.assumed_measure
        && d.y.is_some()
        && d.x.is_some_and(|x| entity_of_root(scene.model, d.root, x))
    {
        d.y = Some(measure);
        d.agg = scene.model.column(measure).default_agg;
    }
}

/// Makes the bounded figure the one that is shown. The reason when the question asks for another.
pub(super) fn bound_figure(d: &mut Draft, scene: &Scene<'_>) -> Option<String> {
    let having = d.having?;
    let (y, agg) = having.measure.map_or((None, Aggregation::Count), |(c, agg)| (Some(c), agg));
    let roles = scene.roles;
    let same = match (roles.measures.first(), roles.counts.first()) {
        (Some((named, asked)), _) => Some(named.column) == y && *asked == agg,
        (_, Some(Counted::Dataset { dataset, .. })) => y.is_none() && *dataset == d.root,
        (_, Some(Counted::Rows)) => y.is_none(),
        (_, Some(_)) => false,
        _ => true,
    };
    let counted = match roles.counts.first() {
        Some(Counted::Column { named, .. }) => Some(named.column).filter(|c| having.subject == Some(*c)),
        Some(Counted::Dataset { dataset, .. }) if *dataset != d.root => {
            key_of(scene.model, *dataset, d.root).filter(|_| having.subject == label_column(scene.model, *dataset))
        }
        _ => None,
    };
    if let Some(subject) = counted.filter(|_| !same && roles.groups.is_empty() && roles.group_datasets.is_empty()) {
        // "how many customers have more than 3 orders": those who have are counted.
        d.having = Some(Having { subject: Some(subject), ..having });
        d.count_groups = true;
    } else if !same {
        return Some(ONE_FIGURE.to_owned());
    }
    (d.y, d.agg, d.per, d.assumed_measure) = (y, agg, None, false);
    None
}

/// What is told apart, where the question groups by nothing else.
pub(super) fn bound_axis(d: &mut Draft) {
    if d.count_groups || d.x.is_none() {
        d.x = d.having.and_then(|h| h.subject).filter(|c| d.paths.contains_key(&c.dataset));
        d.having = d.having.filter(|_| d.x.is_some());
    }
}

fn operator(comparator: Comparator) -> Option<&'static str> {
    Some(match comparator {
        Comparator::Gt => "gt",
        Comparator::Gte => "gte",
        Comparator::Lt => "lt",
        Comparator::Lte => "lte",
        Comparator::Eq => "eq",
        _ => return None,
    })
}

/// True when a word of having stands right before, or before an article.
fn owns(q: &Question, at: usize) -> bool {
    let before =
        q.words[..at].iter().rev().find(|w| !w.is_any(&["a", "an", "the", "their", "its", "that", "who", "which"]));
    before.is_some_and(|w| w.is_any(&["with", "whose", "where", "having", "have", "has", "had"]))
}
