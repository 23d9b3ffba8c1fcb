//! A draft: one dataset's complete reading of a question, before it becomes a QuickSpec.

use std::collections::HashMap;

use super::beside::{Figure, beside};
use super::beyond::beyond;
use super::conditions::find_conditions;
use super::cues::Cue;
use super::dimensions::{dimensions, splits};
use super::doubt::{contradiction, find_way, times_apart};
use super::extremes::is_row_number;
use super::having::{Having, ONE_FIGURE, bound_axis, bound_figure, bounds_related, compared_measure, find_having};
use super::implied::days_of_ages;
use super::items::{Item, Items, Placed, items_for};
use super::lookup::lookup;
use super::lost::{changed_noun, is_empty, lost_group, lost_name, lost_number, lost_object, lost_thing};
use super::measure::measure;
use super::periods::{open_change, part_of_day};
use super::question::Question;
use super::ranking::{ranking, sorting, year_over_year};
use super::rates::{Rate, find_rate, measured};
use super::roles::{Counted, Roles, find_roles};
use super::shares::shares;
use super::steps::Bins;
use super::texts::unplaced;
use super::times;
use super::without::find_denied;
use crate::entity::Condition;
use crate::quickspec::{Chart, OrderBy, TopPer, Transform};
use crate::semantic::{Aggregation, ColumnRef, Layer, Path, SemanticModel, ValueType, paths_from};
use crate::time::{Clock, Grain};

/// What every step of a reading looks at.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub q: &'a Question,
    pub model: &'a SemanticModel,
    pub roles: &'a Roles,
    pub placed: &'a [Placed],
}

/// One reading of a question over one root dataset.
#[derive(Debug, Clone)]
pub struct Draft {
    pub root: usize,
    pub x: Option<ColumnRef>,
    pub x_grain: Option<Grain>,
    pub y: Option<ColumnRef>,
    pub agg: Aggregation,
    /// Divides the measure: "revenue per transaction".
    pub per: Option<ColumnRef>,
    /// Steps of the calendar that `per` counts: "average monthly sales".
    pub per_grain: Option<Grain>,
    /// Steps of the calendar that come round again: hour of the day.
    pub cyclic: bool,
    /// The steps that a numeric x is cut into.
    pub bins: Option<Bins>,
    /// Referring columns that the question chose between.
    pub via: Vec<ColumnRef>,
    /// A bound on the figure of each group.
    pub having: Option<Having>,
    /// The groups that meet the bound are counted, not shown.
    pub count_groups: bool,
    /// Related datasets that must have no row for a row of the root.
    pub without: Vec<usize>,
    /// Points of a moving average.
    pub window: Option<u32>,
    pub split: Option<ColumnRef>,
    pub split_grain: Option<Grain>,
    pub conditions: Vec<Condition>,
    /// Conditions of the numerator of a share.
    pub part: Vec<Condition>,
    pub order: Option<OrderBy>,
    pub top_k: Option<u32>,
    /// What the ranking is repeated for.
    pub top_per: Option<TopPer>,
    pub chart: Option<Chart>,
    pub normalize: bool,
    pub transform: Option<Transform>,
    /// Rows as stored.
    pub raw: bool,
    /// The columns of those rows; empty for all.
    pub columns: Vec<ColumnRef>,
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
    /// Hours of the day are a condition, and nothing here keeps them.
    pub hourless: bool,
    pub has_time: bool,
    /// An unknown word that would have been a condition: "in Davao".
    pub lost_name: Option<String>,
    /// What was to be grouped by names nothing here: "by volcano".
    pub lost_group: Option<String>,
    /// What the question is about, beside what it names, bears no name here: "sales of helicopters".
    pub lost_thing: Option<String>,
    /// A number that nothing uses.
    pub lost_number: Option<String>,
    /// Conditions that no row can meet.
    pub contradiction: Option<String>,
    /// Ways to join, each by its references, between which nothing decides.
    pub forks: Vec<Vec<ColumnRef>>,
    /// Why this reading can't be an answer, although every word of it is known.
    pub beyond: Option<String>,
    /// Further measures, shown beside the first.
    pub beside: Vec<Figure>,
    /// A measure said beside the one that is answered.
    pub second_measure: Option<Figure>,
    /// An unknown noun right before the measure: "stock price" is not the price.
    pub changed_noun: Option<String>,
}

impl Draft {
    /// True for a column that the answer is made of, but for plain rows.
    pub fn uses(&self, c: ColumnRef) -> bool {
        let figures = self.beside.iter().any(|(figure, _)| *figure == Some(c));
        let named = [self.x, self.y, self.split].contains(&Some(c)) || figures;
        named || self.conditions.iter().chain(&self.part).any(|k| k.column == c)
    }

    /// True when one figure of the dataset is what questions without a measure are about.
    pub fn root_has_measure(&self, model: &SemanticModel) -> bool {
        self.y.is_some() && self.y == super::measure::primary_measure(model, self.root)
    }

    /// True when hours are asked of a column that keeps days.
    pub fn is_hourless(&self, model: &SemanticModel) -> bool {
        self.hourless
            || self.x_grain == Some(Grain::Hour)
                && self.x.is_some_and(|x| model.column(x).value_type == ValueType::Date)
    }
}

/// Reads the question over `root`. `None` when nothing of it is named.
pub fn draft(q: &Question, model: &SemanticModel, root: usize, clock: &Clock) -> Option<Draft> {
    let paths = paths_from(model, root);
    let mut items = items_for(q, model, root, &paths);
    let mut used = vec![false; items.placed.len()];
    let rate = find_rate(q, &mut items.placed, model, root, &mut used);
    let placed = &items.placed;
    let denied = find_denied(q, placed, model, root, &mut used);
    let having = find_having(q, placed, model, root, &mut used);
    let mut conditions = find_conditions(placed, &q.words, model, root, &mut used);
    days_of_ages(&mut conditions, model, clock);
    let unplaced = unplaced(placed, &q.words, &used);
    for (p, _) in items.placed.iter_mut().zip(&used).filter(|(p, used)| p.item == Item::Unknown && **used) {
        // A text that a column is searched for.
        p.item = Item::Filler;
    }
    let placed = &items.placed;
    times::claim_columns(q, placed, model, &mut used);
    let roles = find_roles(q, placed, &used, model);
    let mut d = Draft {
        root,
        x: None,
        x_grain: None,
        y: None,
        agg: Aggregation::Count,
        per: None,
        per_grain: None,
        cyclic: false,
        bins: None,
        via: Vec::new(),
        having,
        count_groups: false,
        without: Vec::new(),
        window: None,
        split: None,
        split_grain: None,
        conditions: Vec::new(),
        part: Vec::new(),
        order: None,
        top_k: None,
        top_per: None,
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
        columns: Vec::new(),
        paths,
        datasets: vec![root],
        score: items.score,
        unknown: unknown_words(q, placed),
        explained: placed.iter().filter(|p| p.source.is_some()).map(|p| p.words.len()).sum(),
        unknown_head: None,
        grounded: placed.iter().any(|p| matches!(p.item, Item::Column(_) | Item::Value(..) | Item::Dataset(_))),
        assumed_measure: false,
        time_readings: Vec::new(),
        hourless: false,
        has_time: false,
        contradiction: None,
        forks: Vec::new(),
        beyond: None,
        beside: Vec::new(),
        second_measure: None,
        changed_noun: changed_noun(q, model, root, placed),
        lost_name: lost_name(q, placed),
        lost_group: None,
        lost_thing: None,
        lost_number: None,
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
    let by_hour = q.grains.iter().any(|g| g.grain == Grain::Hour);
    let axis_column = named_temporal
        .filter(|c| !by_hour || model.column(*c).value_type != ValueType::Date)
        .or_else(|| by_hour.then(|| times::clock_column(model, &d)).flatten())
        .or_else(|| times::time_column(model, &d));
    let mut times = times::conditions(q, placed, model, &d, clock);
    d.time_readings = times.readings;
    d.has_time = !times.conditions.is_empty();
    d.hourless = times.hourless;
    let scene = Scene { q, model, roles: &roles, placed };
    measure(&mut d, &scene);
    if let Some(rate) = &rate {
        measured(&mut d, rate);
        if !matches!(rate, Rate::Open(_)) {
            // The rate, and what it is of.
            d.score += 1.5;
            d.explained += 2;
        }
    }
    let bounded = bound_figure(&mut d, &scene);
    d.beyond = d.beyond.take().or(bounded).or_else(|| bounds_related(q, placed, root).then(|| ONE_FIGURE.to_owned()));
    dimensions(&mut d, &scene, axis_column, &times.units, &conditions);
    bound_axis(&mut d);
    if d.agg == Aggregation::Count && d.y.is_some() && d.x != d.y && d.x.is_some() {
        // "how many delegates in each committee": rows; a column is counted only against itself.
        let counted = d.y.take().map(|y| y.dataset).filter(|k| *k != root);
        d.datasets.extend(counted);
    }
    splits(&mut d, &scene, &conditions);
    compared_measure(&mut d, &scene, &conditions);
    shares(&mut d, &scene, &mut conditions, &mut times.conditions);
    if let Some(Rate::Part(part)) = rate {
        d.part = vec![part];
        d.normalize = true;
    }
    ranking(&mut d, &scene);
    sorting(&mut d, q, model);
    lookup(&mut d, &scene);
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
    collect_datasets(&mut d, &scene);
    count_each_once(&mut d, &scene);
    if d.is_hourless(model) {
        // Whoever keeps the time of day answers.
        d.score -= q.weights.hourless;
    }
    if denied.own {
        d.score -= q.weights.denied;
    }
    if d.having.is_some() {
        d.score += q.weights.counted;
    }
    d.lost_group = d.lost_group.take().or_else(|| lost_group(q, placed, d.x.is_some()));
    d.lost_thing = lost_thing(&d, &scene).or_else(|| lost_object(q, placed));
    d.lost_number = lost_number(&d, q, placed, &used);
    d.without = denied.datasets.into_iter().filter(|k| d.paths.contains_key(k)).collect();
    find_way(&mut d, &scene);
    d.beyond = d
        .beyond
        .take()
        .or_else(|| beyond(&d, &scene))
        .or_else(|| open_change(&d, &scene))
        .or_else(|| part_of_day(&scene))
        .or(unplaced);
    beside(&mut d, &scene, &used);
    d.contradiction = contradiction(&d.conditions, model)
        .or_else(|| times_apart(&scene).then(|| "no moment lies within both ranges of time".to_owned()));
    d.score += layer_bonus(q, model, root) - unused_penalty(&scene, &used, &d);
    d.items = items;
    Some(d)
}

fn unknown_words(q: &Question, placed: &[Placed]) -> Vec<String> {
    const ROWS: &[&str] = &["rows", "records", "entries", "lines"];
    let said = |w: &&crate::prompt::Word| !(is_empty(&w.norm) || q.has(Cue::Raw) && w.is_any(ROWS));
    let unknown = placed.iter().filter(|p| p.item == Item::Unknown).map(|p| &q.words[p.words.start]);
    unknown.filter(said).map(|w| w.norm.clone()).collect()
}

fn collect_datasets(d: &mut Draft, scene: &Scene<'_>) {
    let Scene { q, model, roles, placed } = *scene;
    let named =
        roles.datasets.iter().zip(&roles.dataset_items).filter(|(_, item)| !only_said(q, model, d, placed, **item));
    let columns =
        d.x.iter()
            .chain(&d.y)
            .chain(&d.split)
            .chain(&d.columns)
            .copied()
            .chain(d.conditions.iter().map(|c| c.column))
            .map(|c| c.dataset);
    for dataset in columns.collect::<Vec<_>>().into_iter().chain(named.map(|(k, _)| *k).collect::<Vec<_>>()) {
        if d.paths.contains_key(&dataset) && !d.datasets.contains(&dataset) {
            d.datasets.push(dataset);
        }
    }
}

/// "patients who saw a surgeon, by city": a patient counts once, however often he came. Grouped by something
/// on the other side ("courses of each teacher") it is the links that are counted.
fn count_each_once(d: &mut Draft, scene: &Scene<'_>) {
    let Scene { model, roles, placed, .. } = *scene;
    let Some(Counted::Dataset { dataset, .. }) = roles.counts.first() else { return };
    if d.agg != Aggregation::Count || d.y.is_some() || !d.datasets.contains(dataset) {
        return;
    }
    let of_something = placed.windows(2).any(|pair| {
        pair[0].item == Item::Dataset(*dataset)
            && pair[0].words.end == pair[1].words.start
            && matches!(pair[1].item, Item::Unknown | Item::Dataset(_) | Item::Column(_))
    });
    if of_something {
        // "movie reviews" are not movies.
        return;
    }
    let paths = paths_from(model, *dataset);
    let many = |k: usize| paths.get(&k).is_some_and(|p| p.steps.iter().any(|s| !s.to_one));
    if d.x.iter().chain(&d.split).any(|c| many(c.dataset)) {
        return;
    }
    if d.datasets.iter().any(|k| many(*k)) {
        d.y = row_key(model, *dataset);
    }
}

/// The column whose count is the number of rows.
fn row_key(model: &SemanticModel, dataset: usize) -> Option<ColumnRef> {
    match model.datasets[dataset].primary_key.as_slice() {
        [column] => Some(ColumnRef { dataset, column: *column }),
        _ => None,
    }
}

/// True when naming a dataset is no reason to join it: "train stations" of stations, "living in each city".
fn only_said(q: &Question, model: &SemanticModel, d: &Draft, placed: &[Placed], item: usize) -> bool {
    let words = &q.words[placed[item].words.clone()];
    let (Item::Dataset(dataset), Some(last)) = (&placed[item].item, words.last()) else { return false };
    let head = crate::prompt::words_of(&model.datasets[d.root].name).last().map(|w| crate::prompt::stem(w));
    if words.len() > 1 && *dataset != d.root && head.is_some_and(|h| h == last.stem) {
        return true;
    }
    let next = placed[item + 1..].iter().find(|p| !matches!(p.item, Item::Filler | Item::Cue(Cue::Group)));
    last.is_any(&["in", "at", "of", "on", "to", "for", "by", "from"])
        && matches!(next.map(|p| &p.item), Some(Item::Column(c) | Item::Value(c, _)) if c.dataset == d.root)
}

/// Which layer a question of this shape is best served from.
fn layer_bonus(q: &Question, model: &SemanticModel, root: usize) -> f32 {
    let named = |word: &str| q.words.iter().any(|w| w.is(word));
    let w = &q.weights;
    // Of equals, the dataset that holds more says more.
    let size = w.size * (model.datasets[root].rows.max(1) as f32).log10();
    size + match model.datasets[root].layer {
        Layer::Platinum if q.has(Cue::Forecast) || q.ahead => w.forecast,
        Layer::Platinum => -w.forecast,
        Layer::Bronze if q.has(Cue::Raw) || named("bronze") => w.raw,
        Layer::Bronze => -w.raw_unasked,
        Layer::Gold if named("gold") => w.layer_named,
        Layer::Silver if named("silver") || named("cleaned") => w.layer_named,
        Layer::Gold => w.gold,
        Layer::Silver => 0.0,
    }
}

/// Named things that the reading has no use for.
fn unused_penalty(scene: &Scene<'_>, used: &[bool], d: &Draft) -> f32 {
    let Scene { q, model, placed, .. } = *scene;
    let mut penalty = 0.0;
    for (i, p) in placed.iter().enumerate() {
        if let Item::Column(c) = p.item
            && !used[i]
            && d.x != Some(c)
            && d.y != Some(c)
            && d.split != Some(c)
            && !d.beside.iter().any(|(figure, _)| *figure == Some(c))
            && !is_row_number(model, c, p)
        {
            penalty += q.weights.unused;
        }
    }
    // A measure is best read where it is kept: seen from elsewhere it may be multiplied.
    if d.y.is_some_and(|y| y.dataset != d.root) {
        penalty += q.weights.measure_elsewhere;
    }
    penalty + if d.assumed_measure { q.weights.assumed_measure } else { 0.0 }
}
