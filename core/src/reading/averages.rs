//! Measures over something: "average monthly sales", "tickets per customer", "revenue per transaction".

use super::conditions::key_of;
use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::items::{Item, Placed};
use super::question::Question;
use super::roles::{Named, Roles};
use super::times::time_column;
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel};

/// "average monthly sales": the sum, over the months. The average of single rows would be another figure.
pub(super) fn average_of_steps(d: &mut Draft, scene: &Scene<'_>) {
    let Scene { q, model, roles, placed } = *scene;
    let sums = d.y.is_some_and(|y| model.column(y).default_agg == Aggregation::Sum);
    if d.agg == Aggregation::Avg
        && sums
        && let Some((named, _)) = roles.measures.first()
        && let Some(below) = divisor(q, model, roles, placed, named)
    {
        // "average units per transaction": of what the transactions have, not of their single rows.
        (d.agg, d.per) = (Aggregation::Sum, Some(below));
        return;
    }
    let step = q
        .grains
        .iter()
        .find(|g| q.cues.iter().any(|c| c.cue == Cue::Aggregate(Aggregation::Avg) && c.words.end == g.words.start));
    if let (Aggregation::Avg, true, Some(step), Some(time)) = (d.agg, sums, step, time_column(model, d)) {
        d.agg = Aggregation::Sum;
        (d.per, d.per_grain) = (Some(time), Some(step.grain));
    }
}

/// What numbers those that an average count is taken over.
pub(super) fn per_entity(d: &Draft, scene: &Scene<'_>) -> Option<ColumnRef> {
    let Scene { q, model, placed, .. } = *scene;
    let solid = |from: usize| (from..placed.len()).find(|k| placed[*k].item != Item::Filler);
    let average = placed.iter().position(|p| p.item == Item::Cue(Cue::Aggregate(Aggregation::Avg)))?;
    let count = solid(average + 1).filter(|k| placed[*k].item == Item::Cue(Cue::Count))?;
    let counted = solid(count + 1)?;
    let rows = placed[counted].item == Item::Dataset(d.root);
    let per = solid(counted + 1).filter(|k| {
        placed[*k].item == Item::Cue(Cue::Group) && q.words[placed[*k].words.clone()].iter().all(|w| w.is("per"))
    })?;
    match placed[solid(per + 1)?].item {
        Item::Dataset(entity) if rows && entity != d.root => {
            key_of(model, entity, d.root).filter(|_| d.paths.contains_key(&entity))
        }
        _ => None,
    }
}

/// "revenue per transaction": what is counted below the line stands right after "per", right after the measure.
pub(super) fn divisor(
    q: &Question,
    model: &SemanticModel,
    roles: &Roles,
    placed: &[Placed],
    measure: &Named,
) -> Option<ColumnRef> {
    let n = roles.groups.iter().find(|n| n.item > measure.item)?;
    let column = model.column(n.column);
    let counts = column.role == Role::Key && !column.unique
        || column.role == Role::Measure && column.default_agg == Aggregation::Sum;
    let between = &placed[measure.item + 1..n.item];
    let reference =
        model.relationships.iter().any(|r| r.from == n.column.dataset && r.from_columns.contains(&n.column.column));
    let key = &model.datasets[n.column.dataset].primary_key;
    // A reference groups, and the last part of a key tells rows apart.
    if reference || key.len() > 1 && key.last() == Some(&n.column.column) {
        return None;
    }
    let per = between.len() == 1 && q.words[between[0].words.clone()].iter().all(|w| w.is("per"));
    (counts && per && n.column != measure.column).then_some(n.column)
}
