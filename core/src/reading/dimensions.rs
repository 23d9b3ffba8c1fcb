//! The dimensions of a reading: x, and a second one as series.

use std::cmp::Ordering;

use super::conditions::{key_of, sets_against};
use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::entities::{entity_of_root, label_column};
use super::extremes::is_row_number;
use super::items::{Item, Placed};
use super::measure::{did, numeric_measure, said_bins};
use super::question::Question;
use super::roles::{Counted, Roles, is_measure};
use super::times;
use crate::entity::{Condition, Test};
use crate::quickspec::Chart;
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel, ValueType};
use crate::time::Grain;

/// "revenue from items priced above 150", "conversions by brand, campaigns launched in 2024": things that are only said to
/// tell which of them are meant.
fn described(scene: &Scene<'_>, at: usize) -> bool {
    let Scene { q, placed, .. } = *scene;
    let before = at.checked_sub(1).map(|k| &placed[k]);
    let of = before.is_some_and(|p| match p.item {
        Item::Filler => q.words[p.words.start].is_any(&["from", "of", "for", "our", "my"]),
        Item::Comma => placed[..at].iter().any(|p| p.item == Item::Cue(Cue::Group)),
        _ => false,
    });
    let next = q.words.get(placed[at].words.end);
    let told = next.is_some_and(|w| {
        w.is_any(&["sold", "that", "which", "whose", "costing", "over", "above", "under", "below"])
            || w.norm.ends_with("ed")
    });
    of && told
}

/// x, and a second dimension as series.
pub(super) fn dimensions(
    d: &mut Draft,
    scene: &Scene<'_>,
    axis: Option<ColumnRef>,
    units: &[Option<Grain>],
    conditions: &[Condition],
) {
    let Scene { q, model, roles, placed } = *scene;
    let numeric = |c: ColumnRef| model.column(c).value_type.is_numeric();
    let mut groups: Vec<ColumnRef> = Vec::new();
    let listed = |n: &super::roles::Named| {
        n.item > 0
            && placed[n.item - 1].item == Item::Comma
            && (described(scene, n.item) || is_row_number(model, n.column, &placed[n.item]))
    };
    for n in roles.groups.iter().filter(|n| d.assumed_measure || !listed(n)) {
        if Some(n.column)
            != d.y.filter(|_| {
                d.agg != Aggregation::Count && d.agg != Aggregation::CountDistinct && is_measure(model, n.column)
            })
            && !groups.contains(&n.column)
        {
            groups.push(n.column);
        }
    }
    groups.retain(|g| Some(*g) != d.per);
    if d.agg.is_middle() {
        // "average quantity per line" of line items: over their rows, by nothing.
        let rows = |n: &&super::roles::Named| {
            model.column(n.column).role == Role::Key
                && placed[n.item].source == Some(crate::semantic::Source::Partial)
                && names_rows(model, d.root, &q.words[placed[n.item].words.clone()])
        };
        let of_rows: Vec<ColumnRef> = roles.groups.iter().filter(rows).map(|n| n.column).collect();
        groups.retain(|g| !of_rows.contains(g));
    }
    let mut plains: Vec<ColumnRef> = Vec::new();
    for n in &roles.plains {
        let is_y = Some(n.column) == d.y;
        if is_row_number(model, n.column, &placed[n.item]) && roles.plains.len() + roles.groups.len() > 1 {
            // "units by region, lines over 1000": the rows themselves.
            continue;
        }
        if !d.assumed_measure && (described(scene, n.item) || did(scene).is_some()) {
            continue;
        }
        if !is_y && !plains.contains(&n.column) && !groups.contains(&n.column) {
            plains.push(n.column);
        }
    }
    let lead = lead_clause(q, placed);
    let later = |c: &ColumnRef| roles.groups.iter().chain(&roles.plains).any(|n| n.column == *c && n.item >= lead);
    if groups.iter().chain(&plains).any(later) {
        // "For each product's maker, show the price by ...": what the main clause names are the axes.
        groups.retain(later);
        plains.retain(later);
    }
    // "per customer" divides, where a count is averaged.
    let divides = |k: usize| d.agg == Aggregation::Count && d.per.is_some() && d.per == key_of(model, k, d.root);
    let group_datasets: Vec<usize> = roles
        .group_datasets
        .iter()
        .copied()
        .filter(|k| !divides(*k))
        .filter(|_| lead == 0 || groups.is_empty() && plains.is_empty())
        .collect();
    let filtered = |dataset: usize| conditions.iter().any(|c| c.column.dataset == dataset);
    let others = groups.clone();
    groups = groups
        .into_iter()
        .filter_map(|g| match entity_label(q, model, d, roles, placed, g) {
            // "accounts for each customer, grouped by the customer's first name", "by the customer named ...".
            Some((entity, _)) if others.iter().any(|o| o.dataset == entity) || filtered(entity) => None,
            Some((_, label)) => Some(label),
            None => Some(g),
        })
        .collect();
    groups.dedup();
    if d.agg == Aggregation::None && d.x.is_some() {
        let x = d.x;
        let detail =
            roles.datasets.contains(&d.root) || roles.groups.iter().all(|n| entity_of_root(model, d.root, n.column));
        d.split = groups.into_iter().filter(|g| lead == 0 || later(g)).find(|g| {
            Some(*g) != x
                && Some(*g) != d.y
                && !model.column(*g).unique
                && !(detail && entity_of_root(model, d.root, *g))
        });
        return;
    }
    if roles.superlative.is_none() && !d.assumed_measure && d.agg != Aggregation::None && roles.counts.is_empty() {
        // "campaign spend by channel": the rows' own name qualifies the measure.
        plains.retain(|p| !entity_of_root(model, d.root, *p) || model.column(*p).unique);
    }
    let raw_pair = d.agg == Aggregation::None;
    let temporal = |c: &ColumnRef| model.column(*c).value_type.is_temporal();
    // "for each student": the entity's own name, unless one of its columns is listed.
    for dataset in &group_datasets {
        let counted =
            roles.counts.iter().any(|c| matches!(c, Counted::Column { named, .. } if named.column.dataset == *dataset));
        let listed = counted
            || plains.iter().any(|p| p.dataset == *dataset || refers(model, *p, *dataset))
            || groups.iter().any(|g| g.dataset == *dataset);
        let beside = groups.first().and_then(|g| beside(roles, placed, *dataset, *g));
        if !listed
            && !filtered(*dataset)
            && (groups.is_empty() || beside.is_some())
            && let Some(c) = label_column(model, *dataset)
            && d.paths.contains_key(dataset)
        {
            groups.insert(if beside == Some(Ordering::Greater) { 1 } else { 0 }, c);
        }
    }
    let grain = roles.grain.or(roles.comparison_grain).or(q.window.and_then(|w| w.1)).or_else(|| asked_grain(q));
    if d.x.is_some() {
        // Set with the measure: the spread of a number.
    } else if let Some(named) = roles.axis_x {
        d.x = Some(named.column);
        d.x_grain = grain.filter(|_| temporal(&named.column));
        groups.retain(|g| *g != named.column);
        plains.clear();
    } else if let Some(c) = counted_and_listed(roles).filter(|_| grain.is_none() && groups.is_empty()) {
        // "services and how many services": counted against themselves.
        d.x = Some(c);
        d.agg = Aggregation::Count;
        plains.retain(|p| *p != c);
    } else if let (Some(Grain::Year), Some(year)) = (
        grain,
        times::own_year_column(model, d.root).filter(|_| {
            axis.is_none() && !(grain_only_sorts(q) && matches!(roles.counts.first(), Some(Counted::Column { .. })))
        }),
    ) {
        d.x = Some(year);
        groups.retain(|g| *g != year);
        plains.retain(|p| *p != year);
    } else if let (Some(grain), Some(axis)) = (grain, axis) {
        d.x = Some(axis);
        d.x_grain = Some(grain);
        groups.retain(|g| *g != axis);
        plains.retain(|p| *p != axis);
    } else if !plains.is_empty() && (raw_pair || roles.grouped_explicitly && !groups.is_empty()) {
        d.x = Some(plains.remove(0));
    } else if !groups.is_empty() {
        d.x = Some(groups.remove(0));
    } else if let Some(Counted::Column { named, alias: false, .. }) = roles.counts.first()
        && roles.plains.iter().all(|p| p.item > named.item)
        && !model.column(named.column).unique
        && d.agg == Aggregation::Count
    {
        d.x = Some(named.column);
    } else if let Some(p) = plains.iter().position(|p| {
        let column = model.column(*p);
        // A key that is only half named ("lines" for line_no) is no axis.
        let fits =
            column.role != Role::Key || roles.plains.iter().any(|n| n.column == *p && placed[n.item].score >= 0.9);
        fits && (!numeric(*p) || column.role != Role::Measure)
    }) {
        d.x = Some(plains.remove(p));
    } else if !plains.is_empty() && d.assumed_measure {
        d.x = Some(plains.remove(0));
    }
    d.bins = d.bins.or_else(|| said_bins(q, placed)).filter(|_| d.x.is_some_and(numeric));
    d.cyclic = d.x_grain.is_some_and(|grain| {
        let folds = |g: &&super::question::GrainCue| {
            let asked = grain == Grain::Hour && q.words[g.words.start].is_any(&["hour", "hours"]);
            g.grain == grain && (asked || q.words[g.words.clone()].iter().any(|w| w.is("of")))
        };
        grain != Grain::Weekday && q.grains.iter().any(|g| folds(&g))
    });
    d.window = q.window.map(|w| w.0);
    let shown = q.words.first().is_some_and(|w| w.is_any(&["show", "plot", "graph", "draw", "display", "chart"]));
    let long_range = matches!(units.first(), Some(Some(g)) if *g != Grain::Hour) && units.len() == 1;
    let series = shown
        && long_range
        && d.chart.is_none()
        && roles.measures.is_empty()
        && roles.counts.is_empty()
        && roles.superlative.is_none()
        && !q.has(Cue::Share);
    // Growth from one stretch to another has nothing between them to step along.
    let set_against = q.has(Cue::Compare) && q.times.matches.len() == 2 && grain.is_none();
    let trend = series
        || q.has(Cue::Trend)
        || d.transform.is_some() && !set_against
        || q.has(Cue::Anomaly)
        || q.has(Cue::Forecast) && d.x.is_none()
        || d.chart == Some(Chart::Line);
    if d.x.is_none()
        && trend
        && let Some(axis) = axis
    {
        d.x = Some(axis);
        d.x_grain = Some(times::axis_grain(units, q));
    } else if trend
        && d.transform.is_none()
        && d.x_grain.is_none()
        && q.has(Cue::Trend)
        && let (Some(axis), Some(x)) = (axis, d.x)
        && !temporal(&x)
    {
        groups.insert(0, x);
        d.x = Some(axis);
        d.x_grain = Some(times::axis_grain(units, q));
    }
    let x = d.x;
    let well_named = |c: &ColumnRef| roles.plains.iter().any(|n| n.column == *c && placed[n.item].score >= 0.9);
    let x_listed = roles.plains.iter().any(|n| Some(n.column) == x);
    let listed = plains
        .into_iter()
        .filter(|c| x_listed && d.agg != Aggregation::None && well_named(c) && listed_together(roles, placed, x, *c));
    let second =
        groups.into_iter().chain(listed).find(|g| Some(*g) != x && Some(*g) != d.y && !numeric_measure(model, *g));
    // "stacked bar chart of X and the number of Y": the dimension left over makes the stacks.
    let left = (second.is_none() && stacked(q)).then(|| {
        roles
            .plains
            .iter()
            .map(|n| n.column)
            .find(|c| Some(*c) != x && Some(*c) != d.y && !(numeric(*c) && model.column(*c).role == Role::Measure))
    });
    if d.x.is_some() {
        d.split = second.or(left.flatten());
    }
}

/// "by carrier and priority": whether a dataset stands before or after a column that it is listed with.
fn beside(roles: &Roles, placed: &[Placed], dataset: usize, column: ColumnRef) -> Option<Ordering> {
    let at = *roles.datasets.iter().zip(&roles.dataset_items).find(|(k, _)| **k == dataset)?.1;
    let other = roles.groups.iter().find(|n| n.column == column)?.item;
    let between = &placed[at.min(other) + 1..at.max(other)];
    let listed = between.iter().any(|p| matches!(p.item, Item::And | Item::Comma))
        && between.iter().all(|p| matches!(p.item, Item::And | Item::Comma | Item::Filler));
    listed.then(|| at.cmp(&other))
}

/// "which month of 2024 had the highest sales": the step whose points are ranked.
fn asked_grain(q: &Question) -> Option<Grain> {
    let ranked = q.cues.iter().any(|c| matches!(c.cue, Cue::Superlative(_)));
    let at = q.words.iter().take(4).position(|w| w.is_any(&["which", "what"])).filter(|_| ranked)?;
    let unit = q.words.get(at + 1)?;
    let week = q.words[at + 1..].iter().take(4).any(|w| w.is("week"));
    Some(match unit.norm.trim_end_matches('s') {
        "weekday" => Grain::Weekday,
        "day" if week => Grain::Weekday,
        "day" => Grain::Day,
        "week" => Grain::Week,
        "month" => Grain::Month,
        "quarter" => Grain::Quarter,
        "year" => Grain::Year,
        _ => return None,
    })
}

/// True for words of the dataset's own name or label.
fn names_rows(model: &SemanticModel, root: usize, words: &[crate::prompt::Word]) -> bool {
    let dataset = &model.datasets[root];
    let names = std::iter::once(&dataset.name).chain(&dataset.label);
    let stems: Vec<String> = names.flat_map(|n| crate::prompt::words_of(n)).map(|w| crate::prompt::stem(&w)).collect();
    words.iter().all(|w| stems.contains(&w.stem))
}

/// True when the chart asked for shows a second dimension.
fn stacked(q: &Question) -> bool {
    q.words.iter().any(|w| w.is_any(&["stacked", "stack", "stacking", "grouped", "colored", "coloured"]))
}

/// True for a column that numbers the rows of `dataset` ("customer ids" beside "each customer").
fn refers(model: &SemanticModel, c: ColumnRef, dataset: usize) -> bool {
    model.relationships.iter().any(|r| r.from == c.dataset && r.to == dataset && r.from_columns == [c.column])
}

/// "ordered by year": the only step named stands in the sorting clause.
fn grain_only_sorts(q: &Question) -> bool {
    let sorts = q.order.as_ref().map(|o| o.words.clone()).unwrap_or_default();
    q.grains.iter().all(|g| sorts.start <= g.words.start && g.words.end <= sorts.end)
}

/// The column that is counted and, elsewhere in the question, listed.
fn counted_and_listed(roles: &Roles) -> Option<ColumnRef> {
    match roles.counts.first() {
        Some(Counted::Column { named, .. }) if roles.plains.iter().any(|p| p.column == named.column) => {
            Some(named.column)
        }
        _ => None,
    }
}

/// "city and year": two columns side by side, joined by nothing but "and" or a comma.
fn listed_together(roles: &Roles, placed: &[Placed], x: Option<ColumnRef>, c: ColumnRef) -> bool {
    let at = |column: ColumnRef| roles.plains.iter().find(|n| n.column == column).map(|n| n.item);
    let (Some(a), Some(b)) = (x.and_then(at), at(c)) else { return false };
    let (low, high) = (a.min(b), a.max(b));
    if low == high {
        return false;
    }
    placed[low + 1..high].iter().any(|p| matches!(p.item, Item::And | Item::Comma))
        && placed[low + 1..high].iter().all(|p| matches!(p.item, Item::And | Item::Comma | Item::Filler))
}

/// Where the main clause starts when the question opens with "For ...,": an item index, else 0.
fn lead_clause(q: &Question, placed: &[Placed]) -> usize {
    if !q.words.first().is_some_and(|w| w.is("for")) {
        return 0;
    }
    placed.iter().position(|p| p.item == Item::Comma).unwrap_or(0)
}

/// A foreign key that is named by its entity ("by customer") stands for the entity's name.
pub(super) fn entity_label(
    q: &Question,
    model: &SemanticModel,
    d: &Draft,
    roles: &Roles,
    placed: &[Placed],
    c: ColumnRef,
) -> Option<(usize, ColumnRef)> {
    let named = roles.groups.iter().find(|n| n.column == c)?;
    let own_name = placed[named.item].source == Some(crate::semantic::Source::Name)
        && model.column(c).name.to_lowercase().ends_with("id");
    let by_code = placed[named.item].source == Some(crate::semantic::Source::Alias);
    if own_name || by_code {
        return None;
    }
    let r = model.relationships.iter().find(|r| r.from == c.dataset && r.from_columns == [c.column])?;
    let by_number = |n: &super::roles::Named| {
        n.item != named.item
            && (n.column == c || n.column.dataset == r.to && model.datasets[r.to].primary_key == [n.column.column])
            && q.words[placed[n.item].words.clone()].iter().any(|w| w.is_any(&["id", "ids", "number", "code"]))
    };
    if roles.plains.iter().any(by_number) {
        // "list the project id": its number is asked for.
        return None;
    }
    let label = label_column(model, r.to).filter(|l| model.column(*l).value_type == ValueType::Text)?;
    d.paths.contains_key(&r.to).then_some((r.to, label))
}

/// "A or B: who sold more?" sets the two side by side.
const COMPARATIVES: &[&str] = &["more", "less", "better", "worse", "higher", "lower", "bigger", "larger", "stronger"];

/// Several values of one column side by side become x or series.
pub(super) fn splits(d: &mut Draft, scene: &Scene<'_>, conditions: &[Condition]) {
    let Scene { q, model, placed, .. } = *scene;
    let listed = conditions.iter().find_map(|c| match &c.test {
        Test::In(l) if l.len() > 1 && !partly_named(placed, c.column) => Some((c.column, l.len())),
        _ => None,
    });
    let Some((column, count)) = listed else { return };
    let all = model.column(column).harvested_all && model.value_count(column) == count;
    if all && d.x.is_none() && d.agg != Aggregation::None && q.words.iter().any(|w| w.is("and")) {
        // "male and female patients": everybody, told apart.
        d.x = Some(column);
        return;
    }
    if model.column(column).value_type != ValueType::Text || d.agg == Aggregation::None {
        return;
    }
    let temporal_axis = d.x.is_some_and(|x| model.column(x).value_type.is_temporal());
    let compared = q.has(Cue::Compare)
        || (0..placed.len()).any(|k| sets_against(placed, k))
        || q.words.iter().any(|w| w.is("or")) && q.words.iter().any(|w| w.is_any(COMPARATIVES));
    if d.x.is_none() && compared {
        d.x = Some(column);
    } else if d.x.is_some_and(|x| x != column) && d.split.is_none() && (compared || temporal_axis) {
        d.split = Some(column);
    }
}

/// True when the values of a column were found by part of their name: together they are one thing.
fn partly_named(placed: &[Placed], column: ColumnRef) -> bool {
    placed.iter().any(|p| matches!(p.item, Item::Value(c, _) if c == column) && !p.others.is_empty())
}
