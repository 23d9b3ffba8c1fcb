//! What stands for a whole row: its label, and the column that the dataset is named after.

pub use crate::semantic::label_column;
use crate::semantic::{ColumnRef, SemanticModel};

/// True for the column that names the rows themselves ("campaign" in a table of campaigns).
pub fn entity_of_root(model: &SemanticModel, root: usize, c: ColumnRef) -> bool {
    let dataset = &model.datasets[root];
    let stems = |text: &str| crate::prompt::words_of(text).iter().map(|w| crate::prompt::stem(w)).collect::<Vec<_>>();
    let names: Vec<String> =
        stems(&dataset.name).into_iter().chain(dataset.label.iter().flat_map(|l| stems(l))).collect();
    c.dataset == root && stems(&model.column(c).name).iter().all(|s| names.contains(s))
}
