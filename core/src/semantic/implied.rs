//! Relationships that a schema's names imply where it declares none: `lives_in.dormid` and `dorm.dormid`.

use super::{Column, Relationship, Role, SemanticModel};
use crate::prompt::{stem, words_of};

/// Adds, for every key column without a declared reference, the one dataset of its schema that it can only
/// mean: the one named like it, or else the one whose only key has the same name.
pub fn imply_relationships(model: &mut SemanticModel) {
    let mut found = Vec::new();
    let entities: Vec<String> = model.datasets.iter().map(|d| stems(&d.name)).collect();
    for from in 0..model.datasets.len() {
        for column in 0..model.datasets[from].columns.len() {
            if references_already(model, from, column) {
                continue;
            }
            let meant = entity_of(&model.datasets[from].columns[column].name);
            let mut targets = (0..model.datasets.len()).filter_map(|to| {
                let named = meant.as_ref() == Some(&entities[to]);
                Some((to, target(model, (from, column), to, named)?))
            });
            if let (Some((to, key)), None) = (targets.next(), targets.next()) {
                found.push(Relationship { from, from_columns: vec![column], to, to_columns: vec![key] });
            }
        }
    }
    model.relationships.extend(found);
}

fn references_already(model: &SemanticModel, dataset: usize, column: usize) -> bool {
    let d = &model.datasets[dataset];
    d.columns[column].role != Role::Key
        || d.primary_key == [column]
        || model.relationships.iter().any(|r| r.from == dataset && r.from_columns.contains(&column))
}

/// The key of `to`, called like the entity that the column means or not, that the column can refer to.
fn target(model: &SemanticModel, (from, column): (usize, usize), to: usize, named: bool) -> Option<usize> {
    let (a, b) = (&model.datasets[from], &model.datasets[to]);
    if from == to || a.schema != b.schema {
        return None;
    }
    let ours = &a.columns[column];
    if !named && b.columns.first().is_none_or(|c| c.name != ours.name) {
        return None;
    }
    let entity = if named { stems(&b.name) } else { String::new() };
    let keys = |d: &super::Dataset| d.columns.iter().filter(|c| c.role == Role::Key).count();
    let mut candidates = b.columns.iter().enumerate().filter(|(i, c)| {
        let same = c.name == ours.name;
        let own = named && (same || c.name == "id" || entity_of(&c.name).is_some_and(|e| e == entity));
        let identifies =
            c.unique || b.primary_key == [*i] || b.primary_key.is_empty() && *i == 0 && c.role == Role::Key;
        let alone = same && c.name != "id" && *i == 0 && keys(b) == 1 && keys(a) > 1;
        like(ours, c) && identifies && (own || alone)
    });
    candidates.next().map(|(i, _)| i)
}

fn like(a: &Column, b: &Column) -> bool {
    a.value_type == b.value_type
}

/// `dorm` for `dorm_id`, `dormid`, `dorm_code`.
fn entity_of(name: &str) -> Option<String> {
    let words = words_of(name);
    let (last, rest) = words.split_last()?;
    if !rest.is_empty() && matches!(last.as_str(), "id" | "code" | "key" | "no" | "number") {
        return Some(rest.iter().map(|w| stem(w)).collect());
    }
    let glued = last.strip_suffix("id").filter(|base| rest.is_empty() && base.len() >= 3)?;
    Some(stem(glued))
}

fn stems(name: &str) -> String {
    words_of(name).iter().map(|w| stem(w)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::{Aggregation, Dataset, Layer, ValueType};

    fn dataset(name: &str, keys: &[&str], others: &[&str]) -> Dataset {
        let column = |name: &&str, role| Column {
            name: (*name).to_owned(),
            sql_type: "integer".into(),
            value_type: ValueType::Integer,
            role,
            default_agg: Aggregation::Count,
            aliases: vec![],
            comment: None,
            nullable: true,
            unique: false,
            values: vec![],
            harvested_all: false,
        };
        let columns =
            keys.iter().map(|n| column(n, Role::Key)).chain(others.iter().map(|n| column(n, Role::Measure))).collect();
        Dataset {
            schema: "s".into(),
            name: name.into(),
            oid: 1,
            layer: Layer::Silver,
            label: None,
            comment: None,
            aliases: vec![],
            columns,
            time_column: None,
            primary_key: vec![],
            rows: 10,
        }
    }

    #[test]
    fn names_that_can_only_mean_one_table() {
        let mut model = SemanticModel {
            datasets: [
                dataset("dorms", &["dormid"], &["capacity"]),
                dataset("lives_in", &["stuid", "dormid"], &[]),
                dataset("amenity_list", &["amenid"], &[]),
                dataset("has_amenity", &["dormid", "amenid"], &[]),
            ]
            .to_vec()
            .into(),
            ..SemanticModel::default()
        };
        imply_relationships(&mut model);
        let found: Vec<(usize, usize)> = model.relationships.iter().map(|r| (r.from, r.to)).collect();
        assert_eq!(found, [(1, 0), (3, 0), (3, 2)], "stuid refers to nothing here");
    }

    #[test]
    fn what_is_declared_stays() {
        let declared = Relationship { from: 1, from_columns: vec![1], to: 0, to_columns: vec![0] };
        let mut model = SemanticModel {
            datasets: vec![dataset("dorms", &["dormid"], &[]), dataset("lives_in", &["stuid", "dormid"], &[])].into(),
            relationships: vec![declared.clone()].into(),
            ..SemanticModel::default()
        };
        imply_relationships(&mut model);
        assert_eq!(model.relationships[..], [declared]);
    }
}
