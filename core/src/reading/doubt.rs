//! What makes a reading doubtful although every word of it is understood: conditions that exclude each other,
//! and references or routes between which the question does not choose.

use super::draft::{Draft, Scene};
use super::items::{Item, Placed};
use crate::entity::{Condition, Test};
use crate::prompt::{stem, words_of};
use crate::semantic::{ColumnRef, Path, SemanticModel, routes};

/// Conditions that no row can meet, in words.
pub fn contradiction(conditions: &[Condition], model: &SemanticModel) -> Option<String> {
    for (i, a) in conditions.iter().enumerate() {
        for b in conditions[i + 1..].iter().take_while(|b| !b.or && !b.alternative) {
            if a.column == b.column && !a.alternative && excludes(&a.test, &b.test) {
                return Some(format!("no row can meet both conditions on {}", model.column(a.column).name));
            }
        }
    }
    None
}

fn excludes(a: &Test, b: &Test) -> bool {
    match (a, b) {
        (Test::In(a), Test::In(b)) => a.iter().all(|v| !b.contains(v)),
        (Test::In(a), Test::NotIn(b)) | (Test::NotIn(b), Test::In(a)) => a.iter().all(|v| b.contains(v)),
        (Test::IsNull(a), Test::IsNull(b)) => a != b,
        _ => match (bounds(a), bounds(b)) {
            (Some(a), Some(b)) => {
                let (low, high) = (if a.0 > b.0 { a } else { b }, if a.1 < b.1 { a } else { b });
                low.0 > high.1 || low.0 == high.1 && !(low.2 && high.3)
            }
            _ => false,
        },
    }
}

/// Lower and upper bound, and whether each belongs to the range.
fn bounds(test: &Test) -> Option<(f64, f64, bool, bool)> {
    Some(match test {
        Test::Compare("gt", n) => (*n, f64::INFINITY, false, true),
        Test::Compare("gte", n) => (*n, f64::INFINITY, true, true),
        Test::Compare("lt", n) => (f64::NEG_INFINITY, *n, true, false),
        Test::Compare("lte", n) => (f64::NEG_INFINITY, *n, true, true),
        Test::Between(a, b) => (*a, *b, true, true),
        _ => return None,
    })
}

/// Two ranges of time that nothing joins ("in 2024 before 2023") and that have no moment in common.
pub(super) fn times_apart(scene: &Scene<'_>) -> bool {
    let times: Vec<usize> =
        (0..scene.placed.len()).filter(|i| matches!(scene.placed[*i].item, Item::Time(_))).collect();
    times.windows(2).any(|pair| {
        let apart = scene.placed[pair[0] + 1..pair[1]].iter().all(|p| p.item == Item::Filler);
        let range = |i: usize| match scene.placed[i].item {
            Item::Time(t) => Some(scene.q.times.matches[t].range),
            _ => None,
        };
        let (Some(a), Some(b)) = (range(pair[0]), range(pair[1])) else { return false };
        let before = |a: &crate::time::TimeRange, b: &crate::time::TimeRange| {
            matches!((a.end, b.start), (Some(end), Some(start)) if end <= start)
        };
        // Only a range with an open end is said to limit the other.
        let limits = [a, b].iter().any(|r| r.start.is_none() || r.end.is_none());
        apart && limits && (before(&a, &b) || before(&b, &a))
    })
}

/// Settles how the datasets that a reading uses are joined, as far as the question says it: `via` gets the references
/// that it names, and those of a route it names; `forks` the choices that it leaves open.
pub(super) fn find_way(d: &mut Draft, scene: &Scene<'_>) {
    d.via = named_references(d, scene);
    d.forks = parallel(d, scene.model).into_iter().map(|c| vec![c]).collect();
    for dataset in d.datasets.clone().into_iter().filter(|k| *k != d.root) {
        let mut open = routes(scene.model, &d.paths, d.root, dataset);
        if open.len() < 2 {
            continue;
        }
        keep_best(&mut open, |route| named_on(route, d, scene.placed));
        keep_best(&mut open, |route| {
            usize::from(route.steps.windows(2).all(|pair| links(scene.model, pair[0].to, [pair[0].from, pair[1].to])))
        });
        let mut choices = open.iter().map(|route| references(scene.model, route));
        match choices.len() {
            1 => d.via.extend(choices.next().filter(|_| d.paths.get(&dataset) != open.first()).into_iter().flatten()),
            _ if d.forks.is_empty() => d.forks = choices.collect(),
            _ => {}
        }
    }
}

/// Leaves the routes for which most speaks.
fn keep_best(routes: &mut Vec<Path>, evidence: impl Fn(&Path) -> usize) {
    let most = routes.iter().map(&evidence).max().unwrap_or_default();
    routes.retain(|r| evidence(r) == most);
}

/// Datasets between the ends of a route that the question names, and references on it.
fn named_on(route: &Path, d: &Draft, placed: &[Placed]) -> usize {
    let between = route.steps.iter().skip(1).map(|s| s.from);
    let named = |k: usize| {
        d.datasets.contains(&k)
            || placed.iter().any(|p| match p.item {
                Item::Dataset(named) => named == k,
                Item::Column(c) | Item::Value(c, _) => c.dataset == k,
                _ => false,
            })
    };
    between.filter(|k| named(*k)).count()
}

/// True when a dataset is called after both of those it joins: `student_course`.
fn links(model: &SemanticModel, link: usize, ends: [usize; 2]) -> bool {
    let stems = |k: usize| words_of(&model.datasets[k].name).iter().map(|w| stem(w)).collect::<Vec<_>>();
    let name = stems(link);
    ends.iter().all(|end| stems(*end).iter().any(|w| name.contains(w)))
}

/// The referring columns of a route.
fn references(model: &SemanticModel, route: &Path) -> Vec<ColumnRef> {
    let referring = |relationship: usize| {
        let r = &model.relationships[relationship];
        r.from_columns.first().map(|column| ColumnRef { dataset: r.from, column: *column })
    };
    route.steps.iter().filter_map(|s| referring(s.relationship)).collect()
}

/// The references that lead to a dataset the reading uses, where there are several and none was named.
fn parallel(d: &Draft, model: &SemanticModel) -> Vec<ColumnRef> {
    for dataset in d.datasets.iter().filter(|k| **k != d.root) {
        let Some(path) = d.paths.get(dataset) else { continue };
        for step in &path.steps {
            let taken = &model.relationships[step.relationship];
            let parallel: Vec<ColumnRef> = model
                .relationships
                .iter()
                .filter(|r| r.from == taken.from && r.to == taken.to && r.from_columns.len() == 1)
                .map(|r| ColumnRef { dataset: r.from, column: r.from_columns[0] })
                .collect();
            if parallel.len() > 1 && !parallel.iter().any(|c| d.via.contains(c)) {
                return parallel;
            }
        }
    }
    Vec::new()
}

/// References that the question names, of datasets that it uses ("per origin depot").
fn named_references(d: &Draft, scene: &Scene<'_>) -> Vec<ColumnRef> {
    let named = |c: ColumnRef| scene.placed.iter().any(|p| p.item == Item::Column(c));
    let model = scene.model;
    let several =
        |from: usize, to: usize| model.relationships.iter().filter(|r| r.from == from && r.to == to).count() > 1;
    model
        .relationships
        .iter()
        .filter(|r| d.datasets.contains(&r.to) && several(r.from, r.to))
        .filter_map(|r| r.from_columns.first().map(|c| ColumnRef { dataset: r.from, column: *c }))
        .filter(|c| named(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::Literal;

    #[test]
    fn what_excludes_what() {
        let text = |t: &str| vec![Literal::Text(t.into())];
        assert!(excludes(&Test::In(text("a")), &Test::NotIn(text("a"))));
        assert!(!excludes(&Test::In(text("a")), &Test::NotIn(text("b"))));
        assert!(excludes(&Test::Compare("gt", 900.0), &Test::Compare("lt", 100.0)));
        assert!(!excludes(&Test::Compare("gt", 100.0), &Test::Compare("lt", 900.0)));
        assert!(excludes(&Test::Compare("gt", 5.0), &Test::Between(1.0, 5.0)));
        assert!(!excludes(&Test::Compare("gte", 5.0), &Test::Between(1.0, 5.0)));
    }
}
