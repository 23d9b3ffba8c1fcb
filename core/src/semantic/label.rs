//! What a row of a dataset is called by.

use super::{ColumnRef, SemanticModel, ValueType};

/// The column that people would call a row of the dataset by: a name, a title, else its key.
pub fn label_column(model: &SemanticModel, dataset: usize) -> Option<ColumnRef> {
    let columns = &model.datasets[dataset].columns;
    let find = |test: &dyn Fn(&str) -> bool| {
        columns.iter().position(|c| c.value_type == ValueType::Text && test(&c.name.to_lowercase()))
    };
    find(&|n| n == "name")
        .or_else(|| find(&|n| n.ends_with("name")))
        .or_else(|| find(&|n| n.contains("name") || n.contains("title")))
        .or_else(|| {
            let own = crate::prompt::stem(&crate::prompt::fold(&model.datasets[dataset].name));
            find(&|n| crate::prompt::stem(n) == own)
        })
        .or_else(|| model.datasets[dataset].primary_key.first().copied())
        .map(|column| ColumnRef { dataset, column })
}
