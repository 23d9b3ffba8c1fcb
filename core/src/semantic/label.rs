//! What a row of a dataset is called by.

use super::{ColumnRef, Dataset, SemanticModel, ValueType};

/// The column that people would call a row of the dataset by: a name, a title, else its key.
pub fn label_column(model: &SemanticModel, dataset: usize) -> Option<ColumnRef> {
    label_of(&model.datasets[dataset]).map(|column| ColumnRef { dataset, column })
}

/// The same, by its number in the dataset.
pub fn label_of(dataset: &Dataset) -> Option<usize> {
    let find = |test: &dyn Fn(&str) -> bool| {
        dataset.columns.iter().position(|c| c.value_type == ValueType::Text && test(&c.name.to_lowercase()))
    };
    find(&|n| n == "name")
        .or_else(|| find(&|n| n.ends_with("name")))
        .or_else(|| find(&|n| n.contains("name") || n.contains("title")))
        .or_else(|| {
            let own = crate::prompt::stem(&crate::prompt::fold(&dataset.name));
            find(&|n| crate::prompt::stem(n) == own)
        })
        .or_else(|| dataset.primary_key.first().copied())
}
