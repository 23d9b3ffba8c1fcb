//! Plain lookups: "list the names of the doctors whose specialty is radiologist", "which depots are in the north?"

use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::entities::label_column;
use super::items::Item;
use crate::quickspec::OrderBy;
use crate::semantic::{Aggregation, ColumnRef};

const ASKS: &[&str] = &[
    "list", "name", "names", "give", "what", "which", "who", "show", "find", "get", "tell", "display", "return",
    "what's", "provide", "whose", "where",
];

/// Turns a reading that measures nothing into the rows it asks for.
pub(super) fn lookup(d: &mut Draft, scene: &Scene<'_>) {
    let Scene { q, model, roles, placed } = *scene;
    let nothing_measured = d.assumed_measure && roles.counts.is_empty() && roles.measures.is_empty();
    let plain_pair = d.agg == Aggregation::None && d.y.is_some() && d.x.is_some();
    if d.raw
        || d.having.is_some()
        || d.chart.is_some()
        || d.split_grain.is_some()
        || !(nothing_measured || plain_pair)
        || !asks(scene, d.root)
    {
        return;
    }
    let other_shape = q.cues.iter().any(|c| {
        matches!(
            c.cue,
            Cue::Group
                | Cue::Share
                | Cue::Composition
                | Cue::Transform(_)
                | Cue::YearOverYear
                | Cue::Trend
                | Cue::Forecast
                | Cue::Anomaly
                | Cue::Superlative(_)
                | Cue::Compare
                | Cue::Correlate
                | Cue::Overview
                | Cue::Distinct
        )
    });
    let distribution = q.words.iter().any(|w| w.is_any(&["distribution", "frequency", "histogram", "performance"]));
    if other_shape || distribution || roles.superlative.is_some() || roles.grain.is_some() || !q.grains.is_empty() {
        return;
    }
    let mut columns: Vec<ColumnRef> = Vec::new();
    // "patients named Katia": the word belongs to the condition.
    let says_condition = |n: &super::roles::Named| q.words[placed[n.item].words.start].is("named");
    for n in roles.plains.iter().filter(|n| !says_condition(n)) {
        if d.paths.contains_key(&n.column.dataset) && !columns.contains(&n.column) {
            columns.push(n.column);
        }
    }
    let names_root = roles.datasets.contains(&d.root);
    if columns.is_empty() {
        if !names_root {
            return;
        }
        columns.extend(label_column(model, d.root));
    } else if !names_root
        && !columns.iter().any(|c| model.column(*c).unique || label_column(model, d.root) == Some(*c))
        && !filtered_by_value(d)
    {
        // "brands and categories": what there is, not every row of it.
        return;
    }
    if columns.is_empty() {
        return;
    }
    if plain_pair && columns.len() == 2 {
        // Two columns, one of them a number: drawn as they are.
        return;
    }
    d.columns = columns;
    d.raw = true;
    d.agg = Aggregation::None;
    d.x = None;
    d.y = None;
    d.split = None;
    d.normalize = false;
    d.assumed_measure = false;
    d.order = d.order.filter(|_| q.order.is_some()).map(|o| OrderBy { by: o.by, dir: o.dir });
}

fn filtered_by_value(d: &Draft) -> bool {
    d.items.placed.iter().any(|p| matches!(p.item, Item::Value(..)))
}

/// True when the sentence opens like a request for things rather than for a figure.
fn asks(scene: &Scene<'_>, root: usize) -> bool {
    let q = scene.q;
    // "medications that cost less than 5": the things themselves.
    let first = scene.placed.iter().find(|p| p.item != Item::Filler);
    let described = first.is_some_and(|p| {
        p.item == Item::Dataset(root)
            && q.words.get(p.words.end).is_some_and(|w| w.is_any(&["with", "that", "which", "whose", "who", "having"]))
    });
    described || q.words.iter().take(3).any(|w| w.is_any(ASKS))
}
