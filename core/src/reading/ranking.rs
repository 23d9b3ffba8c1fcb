//! What is done with the points: shares, rankings, sorting, years side by side.

use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::entities::label_column;
use super::extremes::{asks_what, extreme, named_next, step_ranked};
use super::items::{Item, Placed};
use super::measure::says_frequent;
use super::question::Question;
use super::roles::{Counted, is_measure};
use super::within::{count_before, within};
use crate::quickspec::{Direction, OrderBy, OrderTarget};
use crate::semantic::{Aggregation, ColumnRef, SemanticModel, ValueType};
use crate::time::Grain;

/// Words before what somebody has, Filipino included.
const OWNS: &[&str] = &["with", "has", "have", "having", "had", "may", "mayroon", "meron"];

/// "when was the last payment": the date of it.
fn asked_when(d: &Draft, scene: &Scene<'_>) -> Option<(ColumnRef, Aggregation)> {
    let Scene { q, model, placed, .. } = *scene;
    let (first, rest) = q.words.split_first()?;
    let said = |words: &[&str]| rest.iter().any(|w| w.is_any(words));
    let agg = match () {
        () if said(&["last", "latest"]) => Aggregation::Max,
        () if said(&["first", "earliest"]) => Aggregation::Min,
        () => return None,
    };
    let dated = placed.iter().any(|p| matches!(p.item, Item::Time(_) | Item::Grain(_) | Item::Number(_)));
    let asked = first.is("when") && !dated && d.split.is_none() && d.x_grain.is_none();
    asked.then(|| super::times::time_column(model, d)).flatten().map(|date| (date, agg))
}

/// "the earliest sale date": the date itself, not the rows of it.
fn end_of_time(d: &Draft, scene: &Scene<'_>) -> Option<ColumnRef> {
    let Scene { q, model, roles, placed } = *scene;
    let at = placed.iter().position(|p| matches!(p.item, Item::Cue(Cue::Latest | Cue::Earliest)))?;
    let next = placed[at + 1..].iter().find(|p| !matches!(p.item, Item::Dataset(_) | Item::Filler))?;
    match next.item {
        Item::Column(c) if model.column(c).value_type.is_temporal() && roles.plains.len() == 1 => Some(c),
        Item::Unknown if q.words[next.words.start].is("date") => super::times::time_column(model, d),
        _ => None,
    }
}

/// "top 5 brands by sales", "which store sold most", "the highest price of each product".
pub(super) fn ranking(d: &mut Draft, scene: &Scene<'_>) {
    let Scene { q, model, roles, placed } = *scene;
    if let Some((date, agg)) = asked_when(d, scene) {
        (d.x, d.split, d.y, d.agg) = (None, None, Some(date), agg);
        d.assumed_measure = false;
        return;
    }
    if roles.latest.is_some()
        || roles.earliest.is_some()
        || roles.limit.is_some()
        || q.has(Cue::Raw) && !raw_amount(scene)
    {
        // "the 10 most frequent brands in the raw data" ranks brands.
        let ranked = roles.superlative.is_some_and(|s| says_frequent(q, placed, &s)) && d.x.is_some();
        let rows_wanted = roles.counts.is_empty()
            && roles.measures.is_empty()
            && d.x_grain.is_none()
            && roles.groups.is_empty()
            && !ranked;
        if let Some(date) = end_of_time(d, scene).filter(|_| rows_wanted) {
            (d.x, d.split, d.y) = (None, None, Some(date));
            d.agg = if roles.earliest.is_some() { Aggregation::Min } else { Aggregation::Max };
            d.assumed_measure = false;
            return;
        }
        if rows_wanted {
            // "the 15 oldest raw records"
            let oldest = roles
                .superlative
                .filter(|s| q.words[placed[s.item].words.clone()].iter().any(|w| w.is_any(&["oldest", "first"])));
            d.raw = true;
            d.agg = Aggregation::None;
            d.x = None;
            d.y = None;
            d.split = None;
            d.normalize = false;
            let count = roles.latest.filter(|n| *n > 0).or(roles.earliest.filter(|n| *n > 0)).or(roles.limit);
            d.top_k = count.or(oldest.and_then(|s| s.count));
            let dir = if roles.earliest.is_some() || oldest.is_some() { Direction::Asc } else { Direction::Desc };
            d.order = Some(OrderBy { by: OrderTarget::X, dir });
            return;
        }
    }
    let Some(s) = roles.superlative else { return };
    let next = named_next(scene, &s);
    if extreme(d, scene, &s, next) {
        return;
    }
    // "the largest line item value per city": of single rows, which are ranked by nothing else.
    let of_rows = next.is_some_and(|k| {
        let measure = matches!(placed[k].item, Item::Column(c) if is_measure(model, c));
        let before = k.checked_sub(1).map(|b| &placed[b]).filter(|p| p.words.end == placed[k].words.start);
        measure && before.is_some_and(|p| p.item == Item::Dataset(d.root))
    });
    let within = if of_rows { None } else { within(d, scene, &s) };
    match within {
        Some(Ok(())) => return,
        Some(Err(reason)) => d.beyond = Some(reason),
        None => {}
    }
    let subject = subject(scene, &s, next);
    let counted = || subject.and_then(|(_, count)| count).or_else(|| counted_before(scene, &s));
    let s = &super::roles::Superlative { count: s.count.or_else(counted), ..s };
    if let Some((dataset, _)) = subject
        && d.x.is_none()
        && d.paths.contains_key(&dataset)
        && !matches!(roles.counts.first(), Some(Counted::Dataset { dataset: k, .. }) if *k == dataset)
        && let Some(x) = label_column(model, dataset)
        && (d.y.is_some() || !roles.counts.is_empty())
    {
        // "top 5 doctors by number of appointments", "the ward with the fewest beds".
        d.x = Some(x);
        if roles.measures.is_empty() && roles.counts.is_empty() && d.y.is_some_and(|y| y.dataset == dataset) {
            d.agg = Aggregation::None;
        }
        d.order = Some(OrderBy { by: OrderTarget::Y, dir: s.dir });
        d.top_k = s.count.or(Some(1));
        return;
    }
    let step = step_ranked(scene, s.item);
    let measure_next = step.is_none()
        && next.is_some_and(|k| match placed[k].item {
            Item::Column(c) => is_measure(model, c) || model.column(c).value_type.is_numeric() && d.y == Some(c),
            _ => false,
        });
    let dimension_before = placed[..s.item].iter().any(|p| matches!(p.item, Item::Column(c) if !is_measure(model, c)));
    let asks_which = (q.has(Cue::Which) || asks_what(scene)) && (dimension_before || d.x.is_some());
    // "brands with the biggest average basket": ranked by what is theirs.
    let at = placed[s.item].words.start;
    let owned = dimension_before && q.words[at.saturating_sub(2)..at].iter().any(|w| w.is_any(OWNS));
    let averaged = owned && d.y.is_some_and(|y| model.column(y).default_agg == Aggregation::Avg);
    if measure_next
        && !asks_which
        && !averaged
        && s.count.is_none()
        && roles.measures.is_empty()
        && roles.counts.is_empty()
    {
        if q.words.iter().any(|w| w.is("who")) && !roles.datasets.contains(&d.root) {
            // "who is number one by volume": nothing says what is ranked.
            d.lost_group = Some("who".to_owned());
        }
        // "the highest price": an extreme, not a ranking.
        d.agg = if s.dir == Direction::Desc { Aggregation::Max } else { Aggregation::Min };
        return;
    }
    if d.x.is_none() || d.agg == Aggregation::None && d.y.is_none() {
        return;
    }
    d.order = Some(OrderBy { by: OrderTarget::Y, dir: s.dir });
    let many = |p: &Placed| q.words[p.words.clone()].last().is_some_and(|w| w.norm.ends_with('s'));
    let owner = placed[..s.item].iter().rev().find(|p| matches!(p.item, Item::Column(_))).filter(|_| owned);
    let plural = step.or(owner).or_else(|| next.map(|k| &placed[k])).is_some_and(many);
    d.top_k = s.count.or(if plural && !asks_which { None } else { Some(1) });
    if asks_which && s.count.is_none() {
        let asked_plural = placed[..s.item]
            .iter()
            .rev()
            .find(|p| matches!(p.item, Item::Column(_)))
            .is_some_and(|p| q.words[p.words.end - 1].norm.ends_with('s'));
        d.top_k = if asked_plural { None } else { Some(1) };
    }
}

/// "raw amount scanned yesterday": an amount, of the raw rows.
fn raw_amount(scene: &Scene<'_>) -> bool {
    scene
        .placed
        .windows(2)
        .any(|w| w[0].item == Item::Cue(Cue::Raw) && matches!(w[1].item, Item::Column(c) if is_measure(scene.model, c)))
}

/// The entity that a superlative ranks, and how many of it: the noun right after it, or the one before "with the".
fn subject(scene: &Scene<'_>, s: &super::roles::Superlative, next: Option<usize>) -> Option<(usize, Option<u32>)> {
    let Scene { q, placed, .. } = *scene;
    let dataset = |k: usize| match placed[k].item {
        Item::Dataset(dataset) => Some(dataset),
        _ => None,
    };
    let after =
        next.filter(|k| dataset(*k).is_some()).or_else(|| (s.item + 1..placed.len()).find(|k| dataset(*k).is_some()));
    if let Some(k) = after {
        // "5 highest paid doctors": the measure may stand between.
        let passes = |p: &Placed| match p.item {
            Item::Filler | Item::Number(_) | Item::Unknown => true,
            Item::Column(c) => is_measure(scene.model, c) && p.words.end == placed[k].words.start,
            _ => false,
        };
        if placed[s.item + 1..k].iter().all(passes) {
            return Some((dataset(k)?, None));
        }
    }
    let at = placed[s.item].words.start;
    let owns = q.words[at.saturating_sub(3)..at].iter().any(|w| w.is_any(OWNS));
    let k = (0..s.item).rev().find(|k| dataset(*k).is_some()).filter(|k| owns && s.item - k <= 4)?;
    Some((dataset(k)?, count_before(placed, k)))
}

/// "the 2 airlines with the highest delays", "which 3 doctors saw the most patients": how many of a dimension that
/// stands before the superlative are asked for.
fn counted_before(scene: &Scene<'_>, s: &super::roles::Superlative) -> Option<u32> {
    let Scene { q, model, placed, .. } = *scene;
    let k = (0..s.item).rev().find(|&k| matches!(placed[k].item, Item::Column(_)))?;
    let at = placed[s.item].words.start;
    let owns = q.words[at.saturating_sub(3)..at].iter().any(|w| w.is_any(OWNS));
    let dimension = matches!(placed[k].item, Item::Column(c) if !is_measure(model, c));
    count_before(placed, k).filter(|_| dimension && (owns && s.item - k <= 4 || q.has(Cue::Which)))
}

/// The sorting clause.
pub(super) fn sorting(d: &mut Draft, q: &Question, model: &SemanticModel) {
    let Some(clause) = q.order.as_ref().filter(|_| d.top_per.is_none()) else { return };
    let target = clause.target.unwrap_or_else(|| {
        // A name in the clause: the axis that carries it.
        let named: Vec<ColumnRef> = q
            .mentions
            .iter()
            .filter(|m| m.words.start >= clause.mention.start && m.words.end <= clause.mention.end)
            .flat_map(|m| &m.candidates)
            .filter_map(|c| match c.meaning {
                crate::semantic::Meaning::Column(c) => Some(c),
                _ => None,
            })
            .collect();
        let on_x = d.x.is_some_and(|x| named.contains(&x));
        let on_y = d.y.is_some_and(|y| named.contains(&y)) && d.agg != Aggregation::Count;
        let says_aggregate = q.words[clause.words.clone()].iter().any(|w| {
            w.is_any(&["average", "avg", "mean", "median", "sum", "total", "minimum", "maximum", "min", "max"])
        });
        let grain_named =
            q.grains.iter().any(|g| g.words.start >= clause.words.start && g.words.end <= clause.words.end);
        match (on_x, on_y) {
            _ if says_aggregate => OrderTarget::Y,
            (true, false) => OrderTarget::X,
            (false, true) => OrderTarget::Y,
            _ if grain_named => OrderTarget::X,
            (true, true) => OrderTarget::X,
            (false, false)
                if !named.is_empty() && d.x.is_some_and(|x| model.column(x).value_type == ValueType::Text) =>
            {
                OrderTarget::X
            }
            (false, false) if clause.mention.is_empty() => OrderTarget::Y,
            _ => OrderTarget::X,
        }
    });
    d.order = Some(OrderBy { by: target, dir: clause.dir });
}

const APART: &str = "The two stretches of time can't be told apart by a step of the calendar: ask for each.";

/// The step that tells two stretches of time apart: years where they lie in different ones, else their own.
fn apart(q: &Question) -> Option<Grain> {
    let mut years = q.times.matches.iter().filter_map(|m| m.range.start).map(|s| s.year());
    let same = matches!((years.next(), years.next()), (Some(a), Some(b)) if a == b);
    let own = q.times.matches.iter().find_map(|m| m.unit);
    if same || !q.times.shifts.is_empty() { own } else { Some(Grain::Year) }
}

/// "2024 vs 2023 by month": years as series over the months.
pub(super) fn year_over_year(
    d: &mut Draft,
    q: &Question,
    model: &SemanticModel,
    axis: Option<ColumnRef>,
    ranges: usize,
) {
    let Some(axis) = axis.filter(|a| model.column(*a).value_type.is_temporal()) else { return };
    let fine = matches!(d.x_grain, Some(Grain::Month | Grain::Quarter));
    let beside = d.x.is_some_and(|x| !model.column(x).value_type.is_temporal());
    let shifted = q.times.shifts.iter().any(|s| s.certain);
    if ranges == 2 && d.split.is_none() && d.agg != Aggregation::None {
        let grows = d.transform == Some(crate::quickspec::Transform::Growth) && d.x_grain.is_none();
        if grows {
            // Two stretches are set side by side: there is nothing between them to step along.
            d.transform = None;
        }
        if beside && (grows || shifted || q.has(Cue::Compare)) {
            d.split = Some(axis);
            d.split_grain = apart(q);
            d.beyond = d.beyond.take().or_else(|| d.split_grain.is_none().then(|| APART.to_owned()));
            return;
        }
        if grows && d.x.is_none() {
            d.x = Some(axis);
            d.x_grain = apart(q);
            d.beyond = d.beyond.take().or_else(|| d.x_grain.is_none().then(|| APART.to_owned()));
            return;
        }
    }
    if q.has(Cue::YearOverYear) && fine && d.split.is_none() && d.transform.is_none() {
        d.split = Some(axis);
        d.split_grain = Some(Grain::Year);
    } else if q.has(Cue::YearOverYear) && d.x.is_none() {
        d.x = Some(axis);
        d.x_grain = Some(Grain::Year);
    } else if d.x.is_none() && q.times.days.len() > 1 {
        d.x = Some(axis);
        d.x_grain = Some(Grain::Weekday);
    } else if d.x.is_none() && ranges > 1 && (q.has(Cue::Compare) || q.times.shifts.iter().any(|s| s.certain)) {
        d.x = Some(axis);
        d.x_grain = q.times.matches.iter().find_map(|m| m.unit).or(Some(Grain::Year));
    }
}
