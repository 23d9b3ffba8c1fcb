//! What stands for a whole row: its label, and the column that the dataset is named after.

use crate::semantic::{ColumnRef, SemanticModel, ValueType};

/// True for the column that names the rows themselves ("campaign" in a table of campaigns).
pub fn entity_of_root(model: &SemanticModel, root: usize, c: ColumnRef) -> bool {
    let dataset = &model.datasets[root];
    let stems = |text: &str| crate::prompt::words_of(text).iter().map(|w| crate::prompt::stem(w)).collect::<Vec<_>>();
    let names: Vec<String> =
        stems(&dataset.name).into_iter().chain(dataset.label.iter().flat_map(|l| stems(l))).collect();
    c.dataset == root && stems(&model.column(c).name).iter().all(|s| names.contains(s))
}

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
