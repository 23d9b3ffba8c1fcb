//! Measures side by side: "sales and volume by region", "minimum and maximum price", "number of orders and total amount".

use std::ops::Range;

use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::items::{Item, Placed};
use super::measure::measure;
use super::roles::{Counted, Roles, is_measure, names_key};
use crate::quickspec::{Chart, Direction};
use crate::semantic::{Aggregation, ColumnRef};

/// A figure: a column and how it is aggregated; the rows are counted without a column.
pub type Figure = (Option<ColumnRef>, Aggregation);

/// One thing that is listed: one column under one or several aggregates.
struct Listed {
    column: Option<ColumnRef>,
    /// Empty where none is said.
    aggregates: Vec<Aggregation>,
    items: Range<usize>,
    /// Rows or things are counted.
    counts: bool,
}

/// Names that fit less well are no reason to doubt the one that fits.
const LOOSE: f32 = 0.4;

/// Puts the further measures of a list beside the first. Where the answer has no place for them, one of them is kept, to
/// be asked back.
pub(super) fn beside(d: &mut Draft, scene: &Scene<'_>, used: &[bool]) {
    let Scene { q, model, .. } = *scene;
    let measured = d.agg != Aggregation::None && !d.raw && !d.assumed_measure;
    // Rows as they are don't grow.
    let calculated = d.agg == Aggregation::None && d.y.is_some() && d.transform.is_some();
    if !(measured || calculated) || d.per.is_some() || q.has(Cue::Correlate) || q.has(Cue::Overview) {
        return;
    }
    let list = list(d, scene, used);
    let figures = figures(d, scene, &list);
    if figures.len() < 2 || !figures.iter().any(|(c, _)| *c == d.y || c.is_none() && d.agg == Aggregation::Count) {
        return;
    }
    let ranked = scene.roles.superlative;
    if ranked.is_some() && figures.iter().any(|(c, _)| c.is_some() && *c == d.split) {
        // "top 5 brands by sales and volume"
        d.split = None;
    }
    let dataset = |f: &Figure| f.0.map_or(d.root, |c| c.dataset);
    let home = dataset(&figures[0]);
    let one_grain = figures.iter().all(|f| dataset(f) == home);
    let numbers = figures.iter().all(|(c, agg)| {
        matches!(agg, Aggregation::Count | Aggregation::CountDistinct)
            || c.is_some_and(|c| model.column(c).value_type.is_numeric())
    });
    let plain = d.split.is_none()
        && d.top_per.is_none()
        && d.transform.is_none()
        && d.having.is_none()
        && !d.normalize
        && !matches!(d.chart, Some(Chart::Scatter | Chart::Pie | Chart::Heatmap))
        && !figures.iter().any(|f| f.0.is_some() && f.0 == d.x);
    if one_grain && numbers && plain && !one_of_both(scene, &list) {
        (d.y, d.agg) = figures[0];
        d.beside = figures[1..].to_vec();
        let extreme = |l: &Listed| ranked.is_some_and(|s| l.items.contains(&s.item));
        if q.order.is_none() && list.iter().any(extreme) {
            // "the number of doctors and their highest salary": one of the figures, no ranking.
            (d.order, d.top_k) = (None, None);
        }
    } else {
        d.second_measure = figures.iter().find(|f| (f.0, f.1) != (d.y, d.agg)).copied();
    }
}

/// "which brand has the highest sales and volume": one answer, ranked by two.
fn one_of_both(scene: &Scene<'_>, list: &[Listed]) -> bool {
    let Some(s) = scene.roles.superlative else { return false };
    let governs = list.first().is_some_and(|first| {
        s.item < first.items.start
            && scene.placed[s.item + 1..first.items.start]
                .iter()
                .all(|p| matches!(p.item, Item::Filler | Item::Cue(Cue::Aggregate(_) | Cue::Count)))
    });
    governs && scene.q.has(Cue::Which)
}

/// Each column under each of its aggregates. What is said of the first holds for those after it ("average height and
/// weight"), but for sums and counts.
fn figures(d: &Draft, scene: &Scene<'_>, list: &[Listed]) -> Vec<Figure> {
    let model = scene.model;
    let mut all: Vec<Figure> = Vec::new();
    let mut said: Option<Aggregation> = None;
    for (k, listed) in list.iter().enumerate() {
        let assumed = match listed.column {
            // "the highest fee and duration": the ranking made it the highest.
            Some(c) if k == 0 && d.y == Some(c) => d.agg,
            Some(c) => said.filter(|_| !says_aggregate(scene, listed)).unwrap_or(model.column(c).default_agg),
            None => Aggregation::Count,
        };
        let aggregates = if listed.aggregates.is_empty() { vec![assumed] } else { listed.aggregates.clone() };
        all.extend(aggregates.iter().map(|agg| (listed.column, *agg)));
        said = match aggregates.as_slice() {
            [one @ (Aggregation::Avg | Aggregation::Median | Aggregation::Min | Aggregation::Max)] => Some(*one),
            _ => None,
        };
    }
    let mut once: Vec<Figure> = Vec::new();
    for figure in all {
        if !once.contains(&figure) {
            once.push(figure);
        }
    }
    once
}

/// True where the name itself says how it is aggregated ("total sales" of `total_sales`).
fn says_aggregate(scene: &Scene<'_>, listed: &Listed) -> bool {
    let words = scene.placed[listed.items.clone()].iter().flat_map(|p| &scene.q.words[p.words.clone()]);
    let mut words = words.into_iter();
    words.any(|w| w.is_any(&["total", "sum", "average", "avg", "mean", "median"]))
}

/// The longest list of measures, in the order in which they are said.
fn list(d: &Draft, scene: &Scene<'_>, used: &[bool]) -> Vec<Listed> {
    let placed = scene.placed;
    let (mut best, mut current): (Vec<Listed>, Vec<Listed>) = (Vec::new(), Vec::new());
    let mut k = 0;
    while k < placed.len() {
        let last = current.last().filter(|last| last.items.end <= k && goes_on(scene, last.items.end..k));
        let Some(listed) = listed(d, scene, used, k, last) else {
            k += 1;
            continue;
        };
        let end = listed.items.end;
        if !current.last().is_some_and(|last| goes_on(scene, last.items.end..listed.items.start)) {
            current = Vec::new();
        }
        current.push(listed);
        let weight = |list: &[Listed]| list.iter().map(|l| l.aggregates.len().max(1)).sum::<usize>();
        if weight(&current) > weight(&best) {
            best = current.iter().map(Listed::again).collect();
        }
        k = end;
    }
    best
}

impl Listed {
    fn again(&self) -> Self {
        Self {
            column: self.column,
            aggregates: self.aggregates.clone(),
            items: self.items.clone(),
            counts: self.counts,
        }
    }
}

/// True when a list goes on over these items: "and", a comma, "with their".
fn goes_on(scene: &Scene<'_>, between: Range<usize>) -> bool {
    let words = |p: &Placed| &scene.q.words[p.words.clone()];
    let links = |p: &Placed| words(p).iter().any(|w| w.is_any(&["with", "plus", "alongside", "well"]));
    let items = &scene.placed[between];
    let passes = |p: &Placed| matches!(p.item, Item::And | Item::Comma | Item::Filler) || links(p);
    let said = items.iter().any(|p| matches!(p.item, Item::And | Item::Comma) || links(p));
    // "top 5 brands by region with their sales" goes on over what is grouped by.
    let owned = items.windows(2).any(|w| links(&w[0]) && words(&w[1]).iter().any(|w| w.is_any(&["their", "its"])));
    said && items.iter().all(passes) || owned
}

/// A measure that begins at item `k`: its aggregates, if any, then its name.
fn listed(d: &Draft, scene: &Scene<'_>, used: &[bool], k: usize, before: Option<&Listed>) -> Option<Listed> {
    let first = before.is_none();
    let Scene { model, roles, placed, .. } = *scene;
    let grouped = |at: usize| roles.groups.iter().any(|n| n.item == at);
    let mut aggregates = Vec::new();
    let mut counts = false;
    let mut at = k;
    loop {
        let p = placed.get(at).filter(|_| !used[at])?;
        match &p.item {
            Item::Cue(Cue::Aggregate(agg)) => {
                if !beside_and(placed, at) {
                    // "total maximal weight": the last of them is meant.
                    aggregates.clear();
                }
                aggregates.push(*agg);
            }
            Item::Cue(Cue::Superlative(dir)) if is_listed(placed, at) || !first && beside_and(placed, at) => {
                aggregates.push(if *dir == Direction::Desc { Aggregation::Max } else { Aggregation::Min });
            }
            Item::Cue(Cue::Count | Cue::Distinct) => counts = true,
            Item::And | Item::Comma | Item::Filler if at > k => {}
            Item::Column(_) | Item::Dataset(_) if counts => {
                let (column, agg) = counted_at(d, scene, at)?;
                return Some(Listed { column, aggregates: vec![agg], items: k..at + 1, counts });
            }
            // "stores and their sales": what is shown of each is no figure.
            Item::Column(c) if d.x == Some(*c) && roles.superlative.is_none() => return None,
            Item::Column(c) if is_measure(model, *c) && model.column(*c).value_type.is_numeric() => {
                // "by price and weight" groups, unless something is ranked by them.
                let fits = p.score >= LOOSE && (roles.superlative.is_some() || !grouped(at));
                return fits.then_some(Listed { column: Some(*c), aggregates, items: k..at + 1, counts });
            }
            // "number of patients and doctors"
            Item::Dataset(dataset)
                if aggregates.is_empty() && before.is_some_and(|l| l.counts) && beside_and(placed, k) =>
            {
                let owns = placed.get(at + 1).is_some_and(|p| matches!(p.item, Item::Column(_)));
                let column = (*dataset != d.root).then_some(ColumnRef { dataset: *dataset, column: 0 });
                let aggregates = vec![Aggregation::Count];
                return (!owns).then_some(Listed { column, aggregates, items: k..at + 1, counts: true });
            }
            Item::Column(c) if names_key(model, *c) && aggregates.is_empty() && !grouped(at) => {
                let aggregates = vec![Aggregation::CountDistinct];
                return Some(Listed { column: Some(*c), aggregates, items: k..at + 1, counts });
            }
            _ => return None,
        }
        at += 1;
    }
}

/// True right after "and" or a comma.
fn beside_and(placed: &[Placed], at: usize) -> bool {
    let before = placed[..at].iter().rev().find(|p| p.item != Item::Filler);
    before.is_some_and(|p| matches!(p.item, Item::And | Item::Comma))
}

/// "highest and lowest": an extreme beside another aggregate.
fn is_listed(placed: &[Placed], at: usize) -> bool {
    let extreme = |p: &Placed| matches!(p.item, Item::Cue(Cue::Aggregate(_) | Cue::Superlative(_)));
    let and = |p: &&Placed| matches!(p.item, Item::And | Item::Comma | Item::Filler);
    let beside = |near: &mut dyn Iterator<Item = &Placed>| {
        let mut listed = false;
        for p in near {
            if !and(&p) {
                return listed && extreme(p);
            }
            listed |= !matches!(p.item, Item::Filler);
        }
        false
    };
    beside(&mut placed[at + 1..].iter()) || beside(&mut placed[..at].iter().rev())
}

/// What is counted at an item, as it would be if nothing else were asked.
fn counted_at(d: &Draft, scene: &Scene<'_>, at: usize) -> Option<Figure> {
    let is_here = |c: &&Counted| match (c, &scene.placed[at].item) {
        (Counted::Column { named, .. }, _) => named.item == at,
        (Counted::Dataset { dataset, .. }, Item::Dataset(here)) => dataset == here,
        _ => false,
    };
    let counted = scene.roles.counts.iter().find(is_here)?;
    if let Counted::Dataset { dataset, distinct: false } = counted
        && *dataset != d.root
    {
        // Rows of something else: another grain.
        return Some((Some(ColumnRef { dataset: *dataset, column: 0 }), Aggregation::Count));
    }
    let roles = Roles { measures: Vec::new(), counts: vec![counted.clone()], ..scene.roles.clone() };
    let mut alone = d.clone();
    (alone.y, alone.per, alone.x, alone.assumed_measure) = (None, None, None, false);
    measure(&mut alone, &Scene { roles: &roles, ..*scene });
    let rows = alone.agg == Aggregation::Count && d.x.is_some() && alone.y != d.x;
    Some((alone.y.filter(|_| !rows), alone.agg))
}
