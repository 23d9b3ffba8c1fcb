//! A draft: one dataset's complete reading of a question, before it becomes a QuickSpec.

use std::collections::HashMap;

use super::conditions::find_conditions;
use super::cues::Cue;
use super::items::{Item, Items, Placed, items_for};
use super::question::Question;
use super::roles::{Counted, Named, Roles, find_roles, is_measure};
use super::times;
use crate::entity::{Condition, Test};
use crate::quickspec::{Chart, Direction, OrderBy, OrderTarget, Transform};
use crate::semantic::{Aggregation, ColumnRef, Layer, Path, Role, SemanticModel, ValueType, paths_from};
use crate::time::{Clock, Grain};

/// One reading of a question over one root dataset.
#[derive(Debug, Clone)]
pub struct Draft {
    pub root: usize,
    pub x: Option<ColumnRef>,
    pub x_grain: Option<Grain>,
    pub y: Option<ColumnRef>,
    pub agg: Aggregation,
    pub split: Option<ColumnRef>,
    pub split_grain: Option<Grain>,
    pub conditions: Vec<Condition>,
    /// Conditions of the numerator of a share.
    pub part: Vec<Condition>,
    pub order: Option<OrderBy>,
    pub top_k: Option<u32>,
    pub chart: Option<Chart>,
    pub normalize: bool,
    pub transform: Option<Transform>,
    /// Rows as stored.
    pub raw: bool,
    pub paths: HashMap<usize, Path>,
    /// Datasets named or used, the root included.
    pub datasets: Vec<usize>,
    pub items: Items,
    /// Fit of the whole reading.
    pub score: f32,
    /// Content words that the reading leaves unexplained.
    pub unknown: Vec<String>,
    /// Content words that it explains.
    pub explained: usize,
    /// What is to be counted or measured names nothing here.
    pub unknown_head: Option<String>,
    /// A measure, dimension, value or dataset was named, not merely assumed.
    pub grounded: bool,
    /// The measure was not named but assumed.
    pub assumed_measure: bool,
    pub time_readings: Vec<String>,
    pub has_time: bool,
    /// An unknown noun right before the measure: "stock price" is not the price.
    pub changed_noun: Option<String>,
}

/// Reads the question over `root`. `None` when nothing of it is named.
pub fn draft(q: &Question, model: &SemanticModel, root: usize, clock: &Clock) -> Option<Draft> {
    let paths = paths_from(model, root);
    let items = items_for(q, model, root, &paths);
    let placed = &items.placed;
    let mut used = vec![false; placed.len()];
    let mut conditions = find_conditions(placed, &q.words, model, root, &mut used);
    times::claim_columns(placed, model, &mut used);
    let roles = find_roles(q, placed, &used, model);
    let mut d = Draft {
        root,
        x: None,
        x_grain: None,
        y: None,
        agg: Aggregation::Count,
        split: None,
        split_grain: None,
        conditions: Vec::new(),
        part: Vec::new(),
        order: None,
        top_k: None,
        chart: q.cues.iter().find_map(|c| match c.cue {
            Cue::Chart(chart) => Some(chart),
            _ => None,
        }),
        normalize: false,
        transform: q.cues.iter().find_map(|c| match c.cue {
            Cue::Transform(t) => Some(t),
            _ => None,
        }),
        raw: false,
        paths,
        datasets: vec![root],
        score: items.score,
        unknown: unknown_words(q, placed),
        explained: placed.iter().filter(|p| p.source.is_some()).map(|p| p.words.len()).sum(),
        unknown_head: None,
        grounded: placed.iter().any(|p| matches!(p.item, Item::Column(_) | Item::Value(..) | Item::Dataset(_))),
        assumed_measure: false,
        time_readings: Vec::new(),
        has_time: false,
        changed_noun: changed_noun(q, model, placed),
        items: Items::default(),
    };
    let counted = roles.counts.iter().filter_map(|c| match c {
        Counted::Column { named, .. } => Some(named),
        _ => None,
    });
    let named_temporal = roles
        .groups
        .iter()
        .chain(&roles.plains)
        .chain(&roles.axis_x)
        .chain(counted)
        .map(|n| n.column)
        .find(|c| model.column(*c).value_type.is_temporal());
    let axis_column = named_temporal.or_else(|| times::time_column(model, &d));
    let mut times = times::conditions(q, placed, model, &d, clock);
    d.time_readings = times.readings;
    d.has_time = !times.conditions.is_empty();
    measure(&mut d, q, model, &roles, placed);
    dimensions(&mut d, q, model, &roles, axis_column, &times.units, placed, &conditions);
    if d.agg == Aggregation::Count && d.y.is_some() && d.x != d.y && d.x.is_some() {
        // "how many delegates in each committee": rows; a column is counted only against itself.
        d.y = None;
    }
    splits(&mut d, q, model, &conditions, placed);
    shares(&mut d, q, &mut conditions);
    ranking(&mut d, q, model, &roles, placed);
    sorting(&mut d, q, model);
    d.conditions = conditions;
    d.conditions.append(&mut times.conditions);
    year_over_year(&mut d, q, model, axis_column, times.ranges);
    d.unknown_head = roles.counts.iter().find_map(|c| match c {
        Counted::Unknown(word) => Some(word.clone()),
        _ => None,
    });
    if d.unknown_head.is_none() && d.assumed_measure {
        d.unknown_head = roles.unknown_head.clone();
    }
    collect_datasets(&mut d, &roles);
    d.score += layer_bonus(q, model, root) - unused_penalty(placed, &used, &d);
    d.items = items;
    Some(d)
}

/// An unknown word that qualifies a measure known by another name than its own.
fn changed_noun(q: &Question, model: &SemanticModel, placed: &[Placed]) -> Option<String> {
    placed.windows(2).find_map(|pair| match (&pair[0].item, &pair[1].item) {
        (Item::Unknown, Item::Column(c))
            if is_measure(model, *c) && pair[1].source == Some(crate::semantic::Source::Alias) =>
        {
            Some(q.words[pair[0].words.start].norm.clone())
        }
        _ => None,
    })
}

fn unknown_words(q: &Question, placed: &[Placed]) -> Vec<String> {
    placed.iter().filter(|p| p.item == Item::Unknown).map(|p| q.words[p.words.start].norm.clone()).collect()
}

/// y and its aggregation.
fn measure(d: &mut Draft, q: &Question, model: &SemanticModel, roles: &Roles, placed: &[Placed]) {
    let numeric = |n: &Named| model.column(n.column).value_type.is_numeric();
    let mut pair: Vec<&Named> = roles.plains.iter().chain(&roles.groups).filter(|n| numeric(n)).collect();
    pair.sort_by_key(|n| n.item);
    let cue_at = correlate_item(placed);
    if pair.iter().filter(|n| n.item > cue_at).count() >= 2 {
        pair.retain(|n| n.item > cue_at);
    }
    let two_measures = pair.iter().filter(|n| is_measure(model, n.column)).count() >= 2;
    if q.has(Cue::Correlate) || d.chart == Some(Chart::Scatter) || q.has(Cue::Compare) && two_measures {
        if roles.measures.is_empty() && roles.counts.is_empty() && pair.len() >= 2 {
            d.x = Some(pair[0].column);
            d.y = Some(pair[1].column);
            d.agg = Aggregation::None;
            return;
        }
    }
    if let Some((named, agg)) = roles.measures.first() {
        d.y = Some(named.column);
        d.agg = *agg;
        return;
    }
    if let Some(counted) = roles.counts.first() {
        d.agg = Aggregation::Count;
        if let Counted::Column { named, distinct, alias } = counted {
            let column = model.column(named.column);
            // Columns that hold counts already are added up.
            let tallies = column.value_type.is_numeric() && holds_counts(&column.name);
            let totals = column.value_type.is_numeric()
                && column.role == Role::Measure
                && q.cues.iter().any(|c| c.cue == Cue::Count && q.words[c.words.clone()].iter().any(|w| w.is("total")));
            if tallies && !*distinct
                || totals
                || column.role == Role::Measure
                    && column.value_type.is_numeric()
                    && column.default_agg == Aggregation::Sum
                    && *alias
                || column.role == Role::Measure
                    && column.default_agg == Aggregation::Sum
                    && model.datasets[d.root].layer == Layer::Gold
            {
                d.y = Some(named.column);
                d.agg = Aggregation::Sum;
                return;
            }
            let entity = *alias || column.role == Role::Key && model.datasets[d.root].primary_key.len() != 1;
            let axis_elsewhere = !roles.groups.is_empty() || roles.grain.is_some() || roles.plains.is_empty();
            if *distinct || (entity && !column.unique && axis_elsewhere && named_by_person(d, model)) {
                d.agg = Aggregation::CountDistinct;
            }
            d.y = Some(named.column);
        }
        return;
    }
    if let Some(named) = roles.axis_y.filter(numeric) {
        d.y = Some(named.column);
        d.agg = Aggregation::None;
        return;
    }
    // A measure after "by": "top brands by sales".
    let by = roles
        .groups
        .iter()
        .find(|n| is_measure(model, n.column) && (roles.superlative.is_some() || !roles.plains.is_empty()));
    let small = model.datasets[d.root].rows <= 1000;
    let pair_of_rows = small
        && roles.plains.len() >= 2
        && roles.groups.is_empty()
        && roles.superlative.is_none()
        && roles.bare_aggregate.is_none();
    let plain = roles.plains.iter().find(|n| is_measure(model, n.column)).filter(|_| !pair_of_rows);
    if let Some(named) = by.or(plain) {
        d.y = Some(named.column);
        d.agg = model.column(named.column).default_agg;
        if let Some(agg) = roles.bare_aggregate {
            d.agg = agg;
        }
        return;
    }
    // "transactions not paid in cash": a key's noun stands for what it identifies.
    let aliased = |n: &&Named| {
        model.column(n.column).role == Role::Key
            && !model.column(n.column).unique
            && !model.column(n.column).aliases.is_empty()
    };
    if let Some(named) = roles.plains.iter().find(aliased).filter(|_| !q.has(Cue::Raw) && roles.superlative.is_none()) {
        d.y = Some(named.column);
        d.agg = Aggregation::CountDistinct;
        return;
    }
    if roles.plains.len() >= 2 && roles.groups.is_empty() && roles.superlative.is_none() {
        // Two listed columns, the second of which is a number: rows as they are.
        if let Some(second) =
            roles.plains.iter().skip(1).find(|n| numeric(n)).or(roles.plains.first().filter(|n| numeric(n)))
        {
            d.y = Some(second.column);
            d.agg = Aggregation::None;
            return;
        }
    }
    d.assumed_measure = true;
    let shape = q.has(Cue::Count)
        || q.cues
            .iter()
            .any(|c| c.cue == Cue::Chart(Chart::Bar) && q.words[c.words.clone()].iter().any(|w| w.is("histogram")));
    let distribution = q.words.iter().any(|w| w.is_any(&["distribution", "frequency", "histogram"]));
    let of_rows = !roles.datasets.is_empty() && roles.superlative.is_none();
    if !shape
        && !distribution
        && !of_rows
        && let Some(c) = primary_measure(model, d.root)
    {
        d.y = Some(c);
        d.agg = model.column(c).default_agg;
    }
}

/// The item of the word that sets two columns against each other, else 0.
fn correlate_item(placed: &[Placed]) -> usize {
    placed.iter().rposition(|p| matches!(p.item, Item::Cue(Cue::Correlate))).unwrap_or(0)
}

/// True for names like `room_count`, `num_employees`, `total_passengers`.
fn holds_counts(name: &str) -> bool {
    crate::prompt::words_of(name)
        .iter()
        .any(|w| matches!(w.as_str(), "count" | "num" | "number" | "total" | "qty" | "quantity" | "cnt"))
        && !name.to_lowercase().ends_with("number")
}

/// True when somebody gave this dataset's columns names of their own: it was curated, not only registered.
fn named_by_person(d: &Draft, model: &SemanticModel) -> bool {
    model.datasets[d.root].columns.iter().any(|c| !c.aliases.is_empty())
}

/// The measure that a question without one is about: the first additive one that is an amount.
pub fn primary_measure(model: &SemanticModel, root: usize) -> Option<ColumnRef> {
    let dataset = &model.datasets[root];
    let money = |name: &str| {
        let name = name.to_lowercase();
        ["sales", "revenue", "turnover", "amount", "spend", "total"].iter().any(|w| name.contains(w))
    };
    let sums =
        |c: &&(usize, &crate::semantic::Column)| c.1.role == Role::Measure && c.1.default_agg == Aggregation::Sum;
    let all: Vec<(usize, &crate::semantic::Column)> = dataset.columns.iter().enumerate().collect();
    all.iter().filter(sums).find(|(_, c)| money(&c.name)).map(|(i, _)| ColumnRef { dataset: root, column: *i })
}

/// x, and a second dimension as series.
fn dimensions(
    d: &mut Draft,
    q: &Question,
    model: &SemanticModel,
    roles: &Roles,
    axis: Option<ColumnRef>,
    units: &[Option<Grain>],
    placed: &[Placed],
    conditions: &[Condition],
) {
    let numeric = |c: ColumnRef| model.column(c).value_type.is_numeric();
    let mut groups: Vec<ColumnRef> = Vec::new();
    for n in &roles.groups {
        if Some(n.column)
            != d.y.filter(|_| {
                d.agg != Aggregation::Count && d.agg != Aggregation::CountDistinct && is_measure(model, n.column)
            })
            && !groups.contains(&n.column)
        {
            groups.push(n.column);
        }
    }
    let mut plains: Vec<ColumnRef> = Vec::new();
    for n in &roles.plains {
        let is_y = Some(n.column) == d.y;
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
    let group_datasets: Vec<usize> =
        roles.group_datasets.iter().copied().filter(|_| lead == 0 || groups.is_empty() && plains.is_empty()).collect();
    let filtered = |dataset: usize| conditions.iter().any(|c| c.column.dataset == dataset);
    let others = groups.clone();
    groups = groups
        .into_iter()
        .filter_map(|g| match entity_label(model, d, roles, placed, g) {
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
        d.split = groups.into_iter().find(|g| {
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
        let listed =
            counted || plains.iter().any(|p| p.dataset == *dataset) || groups.iter().any(|g| g.dataset == *dataset);
        if !listed
            && !filtered(*dataset)
            && groups.is_empty()
            && let Some(c) = label_column(model, *dataset)
            && d.paths.contains_key(dataset)
        {
            groups.push(c);
        }
    }
    let grain = roles.grain.or(roles.comparison_grain);
    if let Some(named) = roles.axis_x {
        d.x = Some(named.column);
        d.x_grain = grain.filter(|_| temporal(&named.column));
        groups.retain(|g| *g != named.column);
        plains.clear();
    } else if let (Some(grain), Some(axis)) = (grain, axis) {
        d.x = Some(axis);
        d.x_grain = Some(grain);
        groups.retain(|g| *g != axis);
        plains.retain(|p| *p != axis);
    } else if roles.grouped_explicitly && !plains.is_empty() && (!groups.is_empty()) && !raw_pair {
        d.x = Some(plains.remove(0));
    } else if raw_pair && !plains.is_empty() {
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
    let shown = q.words.first().is_some_and(|w| w.is_any(&["show", "plot", "graph", "draw", "display", "chart"]));
    let long_range = matches!(units.first(), Some(Some(g)) if *g != Grain::Hour) && units.len() == 1;
    let series = shown
        && long_range
        && d.chart.is_none()
        && roles.measures.is_empty()
        && roles.counts.is_empty()
        && roles.superlative.is_none()
        && !q.has(Cue::Share);
    let trend = series
        || q.has(Cue::Trend)
        || d.transform.is_some()
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
    if d.x.is_some() {
        d.split = second;
    }
}

/// True for the column that names the rows themselves ("campaign" in a table of campaigns).
pub fn entity_of_root(model: &SemanticModel, root: usize, c: ColumnRef) -> bool {
    let dataset = &model.datasets[root];
    let stems = |text: &str| crate::prompt::words_of(text).iter().map(|w| crate::prompt::stem(w)).collect::<Vec<_>>();
    let names: Vec<String> =
        stems(&dataset.name).into_iter().chain(dataset.label.iter().flat_map(|l| stems(l))).collect();
    c.dataset == root && stems(&model.column(c).name).iter().all(|s| names.contains(s))
}

fn numeric_measure(model: &SemanticModel, c: ColumnRef) -> bool {
    is_measure(model, c) && model.column(c).value_type == ValueType::Decimal
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
fn entity_label(
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
    let label = label_column(model, r.to).filter(|l| model.column(*l).value_type == ValueType::Text)?;
    d.paths.contains_key(&r.to).then_some((r.to, label))
}

/// The column that people would call a row of the dataset by: a name, a title, else its key.
pub fn label_column(model: &SemanticModel, dataset: usize) -> Option<ColumnRef> {
    let columns = &model.datasets[dataset].columns;
    let find = |test: &dyn Fn(&str) -> bool| {
        columns.iter().position(|c| c.value_type == ValueType::Text && test(&c.name.to_lowercase()))
    };
    find(&|n| n == "name")
        .or_else(|| find(&|n| n.ends_with("name")))
        .or_else(|| find(&|n| n.contains("name") || n.contains("title")))
        .or_else(|| {
            let own = crate::prompt::stem(&crate::prompt::fold(&model.datasets[dataset].name));
            find(&|n| crate::prompt::stem(n) == own)
        })
        .or_else(|| model.datasets[dataset].primary_key.first().copied())
        .map(|column| ColumnRef { dataset, column })
}

/// Several values of one column side by side become x or series.
fn splits(d: &mut Draft, q: &Question, model: &SemanticModel, conditions: &[Condition], placed: &[Placed]) {
    let listed = conditions.iter().find_map(|c| match &c.test {
        Test::In(l) if l.len() > 1 && !partly_named(placed, c.column) => Some(c.column),
        _ => None,
    });
    let Some(column) = listed else { return };
    if model.column(column).value_type != ValueType::Text || d.agg == Aggregation::None {
        return;
    }
    let temporal_axis = d.x.is_some_and(|x| model.column(x).value_type.is_temporal());
    if d.x.is_none() && (q.has(Cue::Compare) || q.words.iter().any(|w| w.is("and"))) && q.has(Cue::Compare) {
        d.x = Some(column);
    } else if d.x.is_some_and(|x| x != column) && d.split.is_none() && (q.has(Cue::Compare) || temporal_axis) {
        d.split = Some(column);
    }
}

/// True when the values of a column were found by part of their name: together they are one thing.
fn partly_named(placed: &[Placed], column: ColumnRef) -> bool {
    placed.iter().any(|p| matches!(p.item, Item::Value(c, _) if c == column) && !p.others.is_empty())
}

/// Parts of a whole: shares over x, or one part's share.
fn shares(d: &mut Draft, q: &Question, conditions: &mut Vec<Condition>) {
    if !q.has(Cue::Share) || d.agg == Aggregation::None || d.agg == Aggregation::Avg {
        return;
    }
    d.normalize = true;
    let x_is_part = d.x.is_some() && d.x_grain.is_none();
    if !x_is_part {
        // "what share of sales comes from X": the last named value is the part, the others hold for the whole too.
        let part = conditions.iter().position(|c| matches!(c.test, Test::In(_)));
        if let Some(at) = part {
            d.part.push(conditions.remove(at));
        } else {
            d.normalize = false;
        }
    }
}

/// "top 5 brands by sales", "which store sold most", "the highest price of each product".
fn ranking(d: &mut Draft, q: &Question, model: &SemanticModel, roles: &Roles, placed: &[Placed]) {
    if roles.latest.is_some() || roles.earliest.is_some() || roles.limit.is_some() || q.has(Cue::Raw) {
        let rows_wanted =
            roles.counts.is_empty() && roles.measures.is_empty() && d.x_grain.is_none() && roles.groups.is_empty();
        if rows_wanted {
            d.raw = true;
            d.agg = Aggregation::None;
            d.x = None;
            d.y = None;
            d.split = None;
            d.normalize = false;
            let count = roles.latest.filter(|n| *n > 0).or(roles.earliest.filter(|n| *n > 0)).or(roles.limit);
            d.top_k = count;
            let dir = if roles.earliest.is_some() { Direction::Asc } else { Direction::Desc };
            d.order = Some(OrderBy { by: OrderTarget::X, dir });
            return;
        }
    }
    let Some(s) = roles.superlative else { return };
    let next = (s.item + 1..placed.len()).find(|&k| matches!(placed[k].item, Item::Column(_) | Item::Dataset(_)));
    if let Some(k) = next
        && let Item::Dataset(dataset) = placed[k].item
        && d.assumed_measure
        && s.count.is_none()
        && !q.has(Cue::Which)
        && let Some(c) = super::roles::only_measure(model, dataset)
    {
        d.y = Some(c);
        d.assumed_measure = false;
        d.agg = if s.dir == Direction::Desc { Aggregation::Max } else { Aggregation::Min };
        return;
    }
    let measure_next = next.is_some_and(|k| match placed[k].item {
        Item::Column(c) => is_measure(model, c) || model.column(c).value_type.is_numeric() && d.y == Some(c),
        _ => false,
    });
    let dimension_before = placed[..s.item].iter().any(|p| matches!(p.item, Item::Column(c) if !is_measure(model, c)));
    let asks_which = q.has(Cue::Which) && (dimension_before || d.x.is_some());
    if measure_next && !asks_which && s.count.is_none() && roles.measures.is_empty() && roles.counts.is_empty() {
        // "the highest price": an extreme, not a ranking.
        d.agg = if s.dir == Direction::Desc { Aggregation::Max } else { Aggregation::Min };
        return;
    }
    if d.x.is_none() || d.agg == Aggregation::None && d.y.is_none() {
        return;
    }
    d.order = Some(OrderBy { by: OrderTarget::Y, dir: s.dir });
    let plural = next.is_some_and(|k| placed[k].words.clone().last().is_some_and(|w| q.words[w].norm.ends_with('s')));
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

/// The sorting clause.
fn sorting(d: &mut Draft, q: &Question, model: &SemanticModel) {
    let Some(clause) = &q.order else { return };
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
        let says_aggregate = q.words[clause.words.clone()]
            .iter()
            .any(|w| w.is_any(&["average", "avg", "mean", "sum", "total", "minimum", "maximum", "min", "max"]));
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

/// "2024 vs 2023 by month": years as series over the months.
fn year_over_year(d: &mut Draft, q: &Question, model: &SemanticModel, axis: Option<ColumnRef>, ranges: usize) {
    let Some(axis) = axis.filter(|a| model.column(*a).value_type.is_temporal()) else { return };
    let fine = matches!(d.x_grain, Some(Grain::Month | Grain::Quarter));
    if q.has(Cue::YearOverYear) && fine && d.split.is_none() && d.transform.is_none() {
        d.split = Some(axis);
        d.split_grain = Some(Grain::Year);
    } else if q.has(Cue::YearOverYear) && d.x.is_none() {
        d.x = Some(axis);
        d.x_grain = Some(Grain::Year);
    } else if d.x.is_none() && ranges > 1 && q.has(Cue::Compare) {
        d.x = Some(axis);
        d.x_grain = q.times.matches.iter().find_map(|m| m.unit).or(Some(Grain::Year));
    }
}

fn collect_datasets(d: &mut Draft, roles: &Roles) {
    let columns =
        d.x.iter().chain(&d.y).chain(&d.split).copied().chain(d.conditions.iter().map(|c| c.column)).map(|c| c.dataset);
    for dataset in columns.collect::<Vec<_>>().into_iter().chain(roles.datasets.iter().copied()) {
        if d.paths.contains_key(&dataset) && !d.datasets.contains(&dataset) {
            d.datasets.push(dataset);
        }
    }
}

/// Which layer a question of this shape is best served from.
fn layer_bonus(q: &Question, model: &SemanticModel, root: usize) -> f32 {
    let named = |word: &str| q.words.iter().any(|w| w.is(word));
    // Of equals, the dataset that holds more says more.
    let size = 0.02 * (model.datasets[root].rows.max(1) as f32).log10();
    size + match model.datasets[root].layer {
        Layer::Platinum if q.has(Cue::Forecast) => 0.8,
        Layer::Platinum => -0.8,
        Layer::Bronze if q.has(Cue::Raw) || named("bronze") => 1.5,
        Layer::Bronze => -0.5,
        Layer::Gold if named("gold") => 1.0,
        Layer::Silver if named("silver") || named("cleaned") => 1.0,
        Layer::Gold => 0.1,
        Layer::Silver => 0.0,
    }
}

/// Named things that the reading has no use for.
fn unused_penalty(placed: &[Placed], used: &[bool], d: &Draft) -> f32 {
    let mut penalty = 0.0;
    for (i, p) in placed.iter().enumerate() {
        if let Item::Column(c) = p.item
            && !used[i]
            && d.x != Some(c)
            && d.y != Some(c)
            && d.split != Some(c)
        {
            penalty += 0.3;
        }
    }
    // A measure is best read where it is kept: seen from elsewhere it may be multiplied.
    if d.y.is_some_and(|y| y.dataset != d.root) {
        penalty += 0.2;
    }
    penalty + if d.assumed_measure { 0.1 } else { 0.0 }
}
