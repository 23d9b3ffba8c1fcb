//! What makes a reading doubtful although every word of it is understood: conditions that exclude each other,
//! and references between which the question does not choose.

use super::draft::{Draft, Scene};
use super::items::Item;
use crate::entity::{Condition, Test};
use crate::semantic::{ColumnRef, SemanticModel};

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

/// The references that lead to a dataset the reading uses, where there are several and none was named.
pub(super) fn forks(d: &Draft, model: &SemanticModel) -> Vec<ColumnRef> {
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
pub(super) fn named_references(d: &Draft, scene: &Scene<'_>) -> Vec<ColumnRef> {
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
