//! What a synonym is for: `schema.table`, `schema.table.column` or `schema.table.column=value`.

use super::SemanticModel;

/// A part of the semantic model that can have other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<'a> {
    Dataset(usize),
    Column(usize, usize),
    /// The value is as written: it need not be among the harvested ones.
    Value(usize, usize, &'a str),
}

/// Why a text names no target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetError {
    /// It starts with no dataset's name.
    NoDataset,
    /// It names a dataset (index), but what follows is none of its columns.
    NoColumn(usize),
}

/// Finds what `target` names. Names are written as answers show them (unquoted) or as SQL does;
/// where one name begins like another the longer one is meant.
pub fn find_target<'a>(model: &SemanticModel, target: &'a str) -> Result<Target<'a>, TargetError> {
    let target = target.trim();
    let datasets = model.datasets.iter().enumerate();
    let spelt = datasets.flat_map(|(i, d)| {
        let quoted = format!("{}.{}", quote(&d.schema), quote(&d.name));
        [d.full_name(), quoted].map(|name| (i, name))
    });
    let (dataset, rest) = spelt
        .filter_map(|(i, name)| Some((i, after(target, &name)?)))
        .filter(|(_, rest)| rest.is_empty() || rest.starts_with('.'))
        .min_by_key(|(_, rest)| rest.len())
        .ok_or(TargetError::NoDataset)?;
    let Some(rest) = rest.strip_prefix('.') else {
        return Ok(Target::Dataset(dataset));
    };
    let columns = model.datasets[dataset].columns.iter().enumerate();
    let (column, rest) = columns
        .flat_map(|(i, c)| [c.name.clone(), quote(&c.name)].map(|name| (i, name)))
        .filter_map(|(i, name)| Some((i, after(rest, &name)?)))
        .filter(|(_, rest)| rest.is_empty() || rest.trim_start().starts_with('='))
        .min_by_key(|(_, rest)| rest.len())
        .ok_or(TargetError::NoColumn(dataset))?;
    match rest.trim_start().strip_prefix('=') {
        Some(value) => Ok(Target::Value(dataset, column, value.trim())),
        None => Ok(Target::Column(dataset, column)),
    }
}

/// What follows `name`, letter case aside as in SQL.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}

fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::super::{Aggregation, Column, Dataset, Layer, Role, ValueType};
    use super::*;

    fn model() -> SemanticModel {
        let column = |name: &str| Column {
            name: name.to_owned(),
            sql_type: "text".to_owned(),
            value_type: ValueType::Text,
            role: Role::Dimension,
            default_agg: Aggregation::Count,
            aliases: vec![],
            comment: None,
            nullable: true,
            unique: false,
            values: vec![],
            harvested_all: false,
        };
        let dataset = |name: &str, columns: &[&str]| Dataset {
            schema: "public".to_owned(),
            name: name.to_owned(),
            oid: 1,
            layer: Layer::Silver,
            label: None,
            comment: None,
            aliases: vec![],
            columns: columns.iter().map(|c| column(c)).collect(),
            time_column: None,
            primary_key: vec![],
            rows: 0,
        };
        SemanticModel {
            datasets: vec![dataset("sales", &["region", "region=x"]), dataset("sales.old", &["Home City"])].into(),
            ..SemanticModel::default()
        }
    }

    #[test]
    fn datasets_columns_and_values() {
        let m = model();
        assert_eq!(find_target(&m, "public.sales"), Ok(Target::Dataset(0)));
        assert_eq!(find_target(&m, " PUBLIC.Sales.Region "), Ok(Target::Column(0, 0)));
        assert_eq!(find_target(&m, "public.sales.region=NCR = a.b"), Ok(Target::Value(0, 0, "NCR = a.b")));
        assert_eq!(find_target(&m, "public.sales.region=x"), Ok(Target::Column(0, 1)));
        assert_eq!(find_target(&m, "public.sales.old"), Ok(Target::Dataset(1)));
        assert_eq!(
            find_target(&m, "\"public\".\"sales.old\".\"Home City\" = Las Piñas"),
            Ok(Target::Value(1, 0, "Las Piñas"))
        );
        assert_eq!(find_target(&m, "public.sales.old.Home City"), Ok(Target::Column(1, 0)));
    }

    #[test]
    fn what_is_not_there_is_said() {
        let m = model();
        assert_eq!(find_target(&m, "public.salesx"), Err(TargetError::NoDataset));
        assert_eq!(find_target(&m, ""), Err(TargetError::NoDataset));
        assert_eq!(find_target(&m, "public.sales.nothing"), Err(TargetError::NoColumn(0)));
        assert_eq!(find_target(&m, "é"), Err(TargetError::NoDataset));
    }
}
