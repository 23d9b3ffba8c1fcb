//! What a row of a dataset is called by.

use crate::prompt::{expand_words, words_of};

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
    let expanded = |n: &str| expand_words(&words_of(n));
    // People of one first name are not one person: the last name tells more of them apart.
    let has_last = dataset
        .columns
        .iter()
        .any(|c| matches!(expanded(&c.name).as_slice(), [.., a, b] if a == "last" && b == "name"));
    let is_first = |n: &str| has_last && expanded(n).iter().any(|w| w == "first" || w == "middle");
    let says_name = |n: &str| expand_words(&words_of(n)).last().is_some_and(|w| w == "name");
    find(&|n| n == "name")
        .or_else(|| find(&|n| (n.ends_with("name") || says_name(n)) && !is_first(n)))
        .or_else(|| find(&|n| n.contains("name") || n.contains("title")))
        .or_else(|| {
            let own = crate::prompt::stem(&crate::prompt::fold(&dataset.name));
            find(&|n| crate::prompt::stem(n) == own)
        })
        .or_else(|| dataset.primary_key.first().copied())
}
