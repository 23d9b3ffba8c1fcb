//! Roles: which named columns are grouped by, measured, counted or merely listed.

use super::conditions::grouped;
use super::cues::Cue;
use super::extremes::is_row_number;
use super::items::{Item, Placed};
use super::question::Question;
use crate::quickspec::Direction;
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel, Source};
use crate::time::{Grain, GrainKind};

/// A column in a role, with the item that named it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Named {
    pub column: ColumnRef,
    pub item: usize,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq)]
pub enum Counted {
    /// Rows; no object was named ("and count them").
    Rows,
    Dataset {
        dataset: usize,
        distinct: bool,
    },
    Column {
        named: Named,
        distinct: bool,
        alias: bool,
    },
    /// A noun that names nothing here.
    Unknown(String),
}

/// "top 5", "the highest": which end, and how many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Superlative {
    pub dir: Direction,
    pub count: Option<u32>,
    pub item: usize,
}

/// The columns of a question by role.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    pub groups: Vec<Named>,
    /// Grouped by with the words "group by".
    pub grouped_explicitly: bool,
    pub group_datasets: Vec<usize>,
    pub plains: Vec<Named>,
    pub measures: Vec<(Named, Aggregation)>,
    pub counts: Vec<Counted>,
    pub axis_x: Option<Named>,
    pub axis_y: Option<Named>,
    pub superlative: Option<Superlative>,
    pub latest: Option<u32>,
    pub earliest: Option<u32>,
    /// A bare limit: "list 50 raw rows".
    pub limit: Option<u32>,
    pub grain: Option<Grain>,
    /// Grain words that compare ("month over month").
    pub comparison_grain: Option<Grain>,
    /// An aggregate or count whose object names nothing.
    pub unknown_head: Option<String>,
    pub datasets: Vec<usize>,
    /// The items that named `datasets`.
    pub dataset_items: Vec<usize>,
    pub distinct: bool,
    /// An aggregate without an object of its own ("and the average").
    pub bare_aggregate: Option<Aggregation>,
}

/// Walks the items once, carrying what the last marker governs.
pub fn find_roles(q: &Question, items: &[Placed], used: &[bool], model: &SemanticModel) -> Roles {
    let mut roles = Roles::default();
    let mut pending: Option<Pending> = None;
    let mut group = false;
    let mut last_was_group = false;
    let mut axis: Option<char> = None;
    let mut distinct = false;
    for (i, p) in items.iter().enumerate() {
        if used[i] {
            // A condition between a marker and its object ends what the marker governs.
            if matches!(p.item, Item::Value(..)) {
                group = false;
            }
            continue;
        }
        match &p.item {
            Item::Cue(Cue::Aggregate(a)) => {
                pending = Some(Pending { aggregate: Some(*a), words: 0 });
                group = false;
            }
            Item::Cue(Cue::Count)
                if matches!(&pending, Some(Pending { aggregate: Some(a), words: 0 }) if *a != Aggregation::Sum)
                    && i > 0
                    && matches!(items[i - 1].item, Item::Cue(Cue::Aggregate(_))) =>
            {
                // "the average number of stars": the average of what counts them.
            }
            Item::Cue(Cue::Count)
                if q.words[p.words.start].is_any(&["count", "counts"])
                    && roles.plains.last().is_some_and(|n| n.item + 1 == i && names_key(model, n.column)) =>
            {
                // "the basket count": what stands before it is counted.
                if let Some(named) = roles.plains.pop() {
                    roles.counts.push(counted(named, false, &items[named.item]));
                }
            }
            Item::Cue(Cue::Count) => {
                pending = Some(Pending { aggregate: None, words: 0 });
                // "in how many provinces did we sell": each once.
                let within = p.words.start.checked_sub(1).map(|b| &q.words[b]);
                distinct = q.words[p.words.clone()].iter().any(|w| w.is_any(&["different", "distinct", "unique"]))
                    || q.words[p.words.start].is_any(&["how", "ilan", "ilang"])
                        && within.is_some_and(|w| w.is_any(&["in", "across", "from", "at", "through", "sa"]));
                group = false;
            }
            Item::Cue(Cue::Distinct) => {
                distinct = true;
                let counts = q.words[p.words.clone()].iter().any(|w| w.is_any(&["many", "number", "count"]));
                if counts {
                    pending = Some(Pending { aggregate: None, words: 0 });
                    group = false;
                }
            }
            Item::Cue(Cue::Group) => {
                group = true;
                roles.grouped_explicitly |=
                    q.words[p.words.clone()].iter().any(|w| w.is_any(&["group", "grouped", "grouping"]));
            }
            Item::Cue(cue @ (Cue::AxisX | Cue::AxisY)) => match column_just_before(q, items, i) {
                // "major on the x axis, age on the y axis"
                Some(named) if *cue == Cue::AxisX => roles.axis_x = Some(named),
                Some(named) => roles.axis_y = roles.axis_y.or(Some(named)),
                None => axis = Some(if *cue == Cue::AxisX { 'x' } else { 'y' }),
            },
            Item::Cue(Cue::Superlative(dir)) => {
                let count = ordinal_before(q, p).or_else(|| number_near(items, i));
                if roles.superlative.is_none() || count.is_some() {
                    roles.superlative = Some(Superlative { dir: *dir, count, item: i });
                }
            }
            Item::Cue(Cue::Latest) => roles.latest = roles.latest.or(Some(number_near(items, i).unwrap_or(0))),
            Item::Cue(Cue::Earliest) => roles.earliest = roles.earliest.or(Some(number_near(items, i).unwrap_or(0))),
            Item::Number(n) if roles.superlative.is_none() && *n >= 1.0 && *n <= 10_000.0 && n.fract() == 0.0 => {
                let before = p.words.start.checked_sub(1).map(|w| &q.words[w]);
                let after = q.words.get(p.words.end);
                let count = Some(*n as u32);
                if before.is_some_and(|w| w.is_any(&["last", "final"])) {
                    roles.latest = count;
                } else if before.is_some_and(|w| w.is_any(&["first"])) {
                    roles.earliest = count;
                } else if after
                    .is_some_and(|w| w.is_any(&["raw", "rows", "records", "row", "sample", "random", "bronze"]))
                {
                    roles.limit = count;
                }
            }
            Item::Grain(g) => {
                let grain = &q.grains[*g];
                match grain.kind {
                    GrainKind::Axis => {
                        let from = grain.words.start.saturating_sub(8);
                        let binned = q.words[from..grain.words.end]
                            .iter()
                            .any(|w| w.is_any(&["bin", "binning", "binned", "bins", "bucket"]));
                        if binned || roles.grain.is_none() {
                            roles.grain = Some(grain.grain);
                        }
                    }
                    GrainKind::Comparison => roles.comparison_grain = Some(grain.grain),
                    // "by region and month": the grain goes on where the grouping was.
                    GrainKind::Adjective if group || last_was_group && joined(items, i) => {
                        roles.grain = roles.grain.or(Some(grain.grain));
                    }
                    GrainKind::Adjective => {}
                }
                group = false;
                last_was_group = true;
            }
            Item::Column(c) => {
                if let Some(g) = q.grains.iter().find(|g| g.words.end == p.words.end)
                    && model.column(*c).value_type.is_temporal()
                {
                    roles.grain = roles.grain.or(Some(g.grain));
                }
                let named = Named { column: *c, item: i };
                let carried = last_was_group && i > 0 && joined(items, i);
                let is_group = group || carried || pending.is_none() && sorts_out(q, p, &roles);
                if let Some(a) = axis.take() {
                    match (a, pending.take()) {
                        ('x', _) => roles.axis_x = Some(named),
                        (_, Some(Pending { aggregate: Some(agg), .. })) => {
                            roles.axis_y = Some(named);
                            roles.measures.push((named, agg));
                        }
                        (_, Some(_)) => roles.counts.push(counted(named, distinct, p)),
                        _ => roles.axis_y = Some(named),
                    }
                } else if is_group && (group || pending.is_none()) && !owned(q, items, i, *c, model) {
                    roles.groups.push(named);
                    pending = None;
                } else if pending.as_ref().is_some_and(|p| p.aggregate.is_some()) && qualifies(items, i, *c, model) {
                    // "mean campaign ROI": the aggregate goes on to the number that follows.
                } else if pending.as_ref().is_some_and(|p| p.aggregate.is_some_and(Aggregation::is_middle))
                    && model.column(*c).role == Role::Key
                    && p.source == Some(Source::Partial)
                {
                    // "average line value" is no average of line numbers.
                } else if let Some(pend) = pending.take() {
                    match pend.aggregate {
                        Some(agg)
                            if model.column(*c).value_type.is_numeric()
                                || agg != Aggregation::Sum && !agg.is_middle() =>
                        {
                            roles.measures.push((named, agg));
                        }
                        None if is_row_number(model, *c, p) => roles.counts.push(Counted::Rows),
                        // "total customers", "total number": a sum of something that is not a number counts it.
                        Some(_) => roles.counts.push(counted(named, distinct, p)),
                        None => roles.counts.push(counted(named, distinct, p)),
                    }
                } else if distinct && counted_by(q, items, i) && !is_measure(model, *c) {
                    // "unique products by brand": how many of them.
                    roles.counts.push(counted(named, true, p));
                } else {
                    roles.plains.push(named);
                }
                last_was_group = is_group;
                group = false;
                distinct = false;
            }
            Item::Dataset(d) => {
                let noun_of_column = (i + 1..items.len().min(i + 3))
                    .any(|k| matches!(items[k].item, Item::Column(_)) && items[k].words.start == p.words.end);
                if noun_of_column {
                    // "student names": the dataset qualifies the column that follows.
                } else if group || grouped(items, i) || ranked_by_which(items, i) {
                    roles.group_datasets.push(*d);
                    group = false;
                } else if let (Some(Pending { aggregate: Some(agg), .. }), Some(column)) =
                    (&pending, only_measure(model, *d))
                {
                    // "the average rating" over a table of ratings: its only number.
                    roles.measures.push((Named { column, item: i }, *agg));
                    pending = None;
                } else if pending.as_ref().is_some_and(|p| p.aggregate.is_none_or(|a| a == Aggregation::Sum)) {
                    roles.counts.push(Counted::Dataset { dataset: *d, distinct });
                    distinct = false;
                    pending = None;
                }
                // "by carrier and priority": the list goes on.
                last_was_group = roles.group_datasets.last() == Some(d) && listed_by(q, items, i);
                roles.datasets.push(*d);
                roles.dataset_items.push(i);
            }
            Item::Unknown
                if (matches!(&pending, Some(Pending { aggregate: None, .. }))
                    || q.has(Cue::Share) && pending.is_none())
                    && roles.counts.is_empty()
                    && (q.words[p.words.start].is_any(&["rows", "records", "entries"])
                        || q.has(Cue::Raw) && q.words[p.words.start].is("lines")) =>
            {
                roles.counts.push(Counted::Rows);
                pending = None;
            }
            Item::Unknown => {
                if let Some(pend) = &mut pending {
                    pend.words += 1;
                    if roles.unknown_head.is_none() {
                        roles.unknown_head = Some(q.words[p.words.start].norm.clone());
                    }
                }
                last_was_group = false;
            }
            Item::And | Item::Comma | Item::Filler | Item::Cue(_) => {}
            _ => last_was_group = false,
        }
        if !matches!(p.item, Item::Unknown | Item::Filler) && pending.is_none() {
            roles.unknown_head =
                roles.unknown_head.take().filter(|_| roles.counts.is_empty() && roles.measures.is_empty());
        }
    }
    if let Some(pend) = pending {
        match pend.aggregate {
            None if pend.words > 0 && roles.counts.is_empty() => {
                roles.counts.push(Counted::Unknown(roles.unknown_head.clone().unwrap_or_default()));
            }
            None => roles.counts.push(Counted::Rows),
            Some(a) => roles.bare_aggregate = Some(a),
        }
    }
    roles.distinct = distinct;
    roles
}

/// True when what stands at `i` is told of each group after it: "by brand", "per month".
fn counted_by(q: &Question, items: &[Placed], i: usize) -> bool {
    let says = |p: &Placed| {
        p.item == Item::Cue(Cue::Group) && q.words[p.words.clone()].iter().any(|w| w.is_any(&["by", "per"]))
    };
    let lists = q.words.first().is_some_and(|w| w.is_any(&["list", "name", "names"]));
    !lists && items[i + 1..].iter().take(4).any(says)
}

/// "which department has the most doctors": the departments are told apart.
fn ranked_by_which(items: &[Placed], i: usize) -> bool {
    let ranks = items[i + 1..].iter().any(|p| matches!(p.item, Item::Cue(Cue::Superlative(_))));
    ranks && i.checked_sub(1).is_some_and(|before| items[before].item == Item::Cue(Cue::Which))
}

/// True right after "by".
fn listed_by(q: &Question, items: &[Placed], i: usize) -> bool {
    let before = i.checked_sub(1).map(|b| &items[b]);
    before.is_some_and(|p| p.item == Item::Cue(Cue::Group) && q.words[p.words.clone()].iter().any(|w| w.is("by")))
}

/// "each employee's salary": the employees are grouped, the salary is theirs.
fn owned(q: &Question, items: &[Placed], i: usize, c: ColumnRef, model: &SemanticModel) -> bool {
    is_measure(model, c)
        && i > 0
        && matches!(items[i - 1].item, Item::Dataset(_))
        && items[i - 1].words.clone().last().is_some_and(|w| q.tokens[q.words[w].token].text.ends_with("'s"))
}

/// "the average age of those working on different roles": something is measured, over each of the different ones.
fn sorts_out(q: &Question, p: &Placed, roles: &Roles) -> bool {
    let back = |n: usize| p.words.start.checked_sub(n).map(|i| &q.words[i]);
    back(1).is_some_and(|w| w.is_any(&["different", "various", "distinct"]))
        && back(2).is_some_and(|w| {
            w.is_any(&["in", "on", "at", "for", "from", "with", "across", "over", "among", "between", "a"])
        })
        && !(roles.measures.is_empty() && roles.counts.is_empty())
}

/// A key that people gave a name of what it stands for.
pub(super) fn names_key(model: &SemanticModel, c: ColumnRef) -> bool {
    let column = model.column(c);
    column.role == Role::Key && !column.unique && !column.aliases.is_empty()
}

/// The column that "on the x axis" follows at once.
fn column_just_before(q: &Question, items: &[Placed], i: usize) -> Option<Named> {
    let before = items.get(i.checked_sub(1)?)?;
    let (Item::Column(column), true) = (&before.item, q.words[items[i].words.start].is_any(&["on", "as", "in", "for"]))
    else {
        return None;
    };
    Some(Named { column: *column, item: i - 1 })
}

struct Pending {
    /// `None` counts.
    aggregate: Option<Aggregation>,
    /// Unknown words met since.
    words: usize,
}

fn counted(named: Named, distinct: bool, p: &Placed) -> Counted {
    Counted::Column { named, distinct, alias: p.source == Some(Source::Alias) }
}

/// True when a text column stands right before a numeric one.
fn qualifies(items: &[Placed], i: usize, c: ColumnRef, model: &SemanticModel) -> bool {
    !model.column(c).value_type.is_numeric()
        && matches!(items.get(i + 1).map(|p| &p.item), Some(Item::Column(n)) if model.column(*n).value_type.is_numeric())
}

/// True when item `i` follows its predecessor over an "and" or a comma only.
fn joined(items: &[Placed], i: usize) -> bool {
    (i.saturating_sub(3)..i)
        .rev()
        .take_while(|&k| !matches!(items[k].item, Item::Column(_) | Item::Grain(_) | Item::Dataset(_)))
        .any(|k| matches!(items[k].item, Item::And | Item::Comma))
        && (i.saturating_sub(3)..i)
            .rev()
            .find(|&k| !matches!(items[k].item, Item::And | Item::Comma | Item::Filler))
            .is_some_and(|k| matches!(items[k].item, Item::Column(_) | Item::Grain(_) | Item::Dataset(_)))
}

/// The one column of a dataset that is measured, if there is exactly one.
pub fn only_measure(model: &SemanticModel, dataset: usize) -> Option<ColumnRef> {
    let mut measures = (0..model.datasets[dataset].columns.len())
        .map(|column| ColumnRef { dataset, column })
        .filter(|c| is_measure(model, *c));
    measures.next().filter(|_| measures.next().is_none())
}

/// "the second best": the ranking down to that place.
fn ordinal_before(q: &Question, p: &Placed) -> Option<u32> {
    const PLACES: [(&str, &str); 4] = [("second", "2nd"), ("third", "3rd"), ("fourth", "4th"), ("fifth", "5th")];
    let before = q.words.get(p.words.start.checked_sub(1)?)?;
    let place = PLACES.iter().position(|(word, short)| before.is(word) || before.is(short))?;
    Some(place as u32 + 2)
}

/// A whole number right after or right before a superlative.
fn number_near(items: &[Placed], i: usize) -> Option<u32> {
    let number = |k: usize| match items.get(k).map(|p| &p.item) {
        Some(Item::Number(n)) if *n >= 1.0 && *n <= 10_000.0 && n.fract() == 0.0 => Some(*n as u32),
        _ => None,
    };
    number(i + 1).or_else(|| i.checked_sub(1).and_then(number))
}

/// True for columns that are added up or averaged.
pub fn is_measure(model: &SemanticModel, c: ColumnRef) -> bool {
    model.column(c).role == Role::Measure
}
