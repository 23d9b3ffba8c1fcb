//! How datasets reach each other over registered relationships.

use std::collections::HashMap;

use super::{ColumnRef, Relationship, SemanticModel};

/// One step along a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub relationship: usize,
    /// From many to one: keeps the number of rows.
    pub to_one: bool,
    pub from: usize,
    pub to: usize,
}

/// The way from a root to a dataset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Path {
    pub steps: Vec<Step>,
    pub cost: f32,
}

/// Longest way that is followed.
const MOST_STEPS: usize = 4;

/// What more datasets than this refer to (a calendar, a country) relates none of them to each other.
const MOST_FROM_HUB: usize = 24;

/// By how much a reference that was chosen is nearer than others.
const CHOSEN: f32 = 0.01;

/// What it costs to come down again from where many rows meet: rows that have nothing but their owner in common
/// (the orders and the complaints of a customer) are joined each with each.
const SIBLINGS: f32 = 0.05;

/// Routes to one dataset that are told apart.
const MOST_ROUTES: usize = 6;

/// Cheapest paths from `root` to everything within reach. A step to the many side multiplies rows
/// and costs more.
pub fn paths_from(model: &SemanticModel, root: usize) -> HashMap<usize, Path> {
    paths_via(model, root, &[])
}

/// The same, over the references in `via` wherever one of them leads to the same dataset as others, or is on one of
/// several paths of equal length.
pub fn paths_via(model: &SemanticModel, root: usize, via: &[ColumnRef]) -> HashMap<usize, Path> {
    let chosen =
        |r: &Relationship| via.iter().any(|v| v.dataset == r.from && r.from_columns.first() == Some(&v.column));
    let named =
        via.iter().flat_map(|v| model.relationships.around(v.dataset)).map(|i| &model.relationships[*i as usize]);
    let preferred: Vec<(usize, usize)> = named.filter(|r| chosen(r)).map(|r| (r.from, r.to)).collect();
    let passed_over = |r: &Relationship| preferred.contains(&(r.from, r.to)) && !chosen(r);
    let mut best: HashMap<usize, Path> = HashMap::from([(root, Path::default())]);
    let mut frontier = vec![root];
    for _ in 0..MOST_STEPS {
        let mut next = Vec::new();
        for &at in &frontier {
            let here = best.get(&at).cloned().unwrap_or_default();
            let around = model.relationships.around(at);
            let many = around.iter().filter(|i| model.relationships[**i as usize].to == at).count();
            for index in around.iter().map(|i| *i as usize) {
                let r = &model.relationships[index];
                if passed_over(r) {
                    continue;
                }
                let step = if r.from == at && r.to != at {
                    Step { relationship: index, to_one: true, from: at, to: r.to }
                } else if r.to == at && r.from != at {
                    Step { relationship: index, to_one: false, from: at, to: r.from }
                } else {
                    continue;
                };
                if !step.to_one && at != root && many > MOST_FROM_HUB {
                    continue;
                }
                let cost = here.cost + step_cost(here.steps.last(), step) - if chosen(r) { CHOSEN } else { 0.0 };
                if best.get(&step.to).is_none_or(|p| cost < p.cost - 1e-6) {
                    let mut path = here.clone();
                    path.steps.push(step);
                    path.cost = cost;
                    best.insert(step.to, path);
                    next.push(step.to);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        frontier = next;
    }
    best
}

fn step_cost(before: Option<&Step>, step: Step) -> f32 {
    match before {
        _ if step.to_one => 1.0,
        Some(before) if before.to_one => 1.4 + SIBLINGS,
        _ => 1.4,
    }
}

/// All paths to `target` that are as short as the one in `paths`, which are those from `root`. Of references
/// between the same two datasets only the first is followed.
pub fn routes(model: &SemanticModel, paths: &HashMap<usize, Path>, root: usize, target: usize) -> Vec<Path> {
    let Some(shortest) = paths.get(&target).filter(|_| target != root) else { return vec![Path::default()] };
    let mut found: Vec<Path> = Vec::new();
    let mut from: Vec<usize> = Vec::new();
    for index in model.relationships.around(target).iter().map(|i| *i as usize) {
        let r = &model.relationships[index];
        let step = if r.to == target && r.from != target {
            Step { relationship: index, to_one: true, from: r.from, to: target }
        } else if r.from == target && r.to != target {
            Step { relationship: index, to_one: false, from: r.to, to: target }
        } else {
            continue;
        };
        let nearer = |p: &Path| p.steps.len() < MOST_STEPS && p.cost + step_cost(None, step) < shortest.cost + 1e-3;
        if from.contains(&step.from) || !paths.get(&step.from).is_some_and(nearer) {
            continue;
        }
        let many = || {
            model
                .relationships
                .around(step.from)
                .iter()
                .filter(|i| model.relationships[**i as usize].to == step.from)
                .count()
        };
        if !step.to_one && step.from != root && many() > MOST_FROM_HUB {
            continue;
        }
        from.push(step.from);
        for mut path in routes(model, paths, root, step.from) {
            path.cost += step_cost(path.steps.last(), step);
            path.steps.push(step);
            if path.cost < shortest.cost + 1e-3 && found.len() < MOST_ROUTES {
                found.push(path);
            }
        }
    }
    found
}
