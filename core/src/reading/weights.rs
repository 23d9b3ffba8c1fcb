//! What a reading's score is made of. `scripts/fit_reading.py` tries other weights, with databases held out.

use serde::{Deserialize, Serialize};

/// How much each observation adds to a reading's score, or takes from it (all are 0 or more). A span that names
/// something by its very name is worth 1 a word; the rest is relative to that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weights {
    /// Share of a meaning's worth that a join of cost 1 takes.
    pub join: f32,
    /// Factor for the name of the dataset that is read.
    pub own_name: f32,
    /// Factor for the name of a related dataset.
    pub related_name: f32,
    /// The dataset that is read is what is counted.
    pub counted: f32,
    /// "type of school": a dataset right beside a name of one of its columns.
    pub possessor: f32,
    /// "names of journalists": a column right beside the name of its dataset.
    pub possessed: f32,
    /// The name of its dataset, or of its own column, stands near.
    pub near_own: f32,
    /// "paid by cash" speaks of no salary.
    pub verb: f32,
    /// A stored value that is called like a dataset.
    pub like_dataset: f32,
    /// Part of a stored value that stands in the name of the dataset that is read.
    pub in_own_name: f32,
    /// "card type" is not the type of something else.
    pub longer_name: f32,
    /// A key that is not called by its name.
    pub loose_key: f32,
    /// The same where another dataset is called so.
    pub key_like_dataset: f32,
    /// A key that only numbers what the words name.
    pub row_number: f32,
    /// Factor for a single word that is a cue as well.
    pub cue_word: f32,
    /// Each word of a span, for longer spans say more.
    pub span_word: f32,
    /// Meanings worth no more than this are not looked at.
    pub least: f32,
    /// A named column that the reading has no use for.
    pub unused: f32,
    /// The measure is one of a related dataset.
    pub measure_elsewhere: f32,
    /// The measure was assumed, not named.
    pub assumed_measure: f32,
    /// Hours are asked of a column of days.
    pub hourless: f32,
    /// The dataset that is read must have no rows: whoever owns them is asked for.
    pub denied: f32,
    /// Each power of ten of the dataset's rows.
    pub size: f32,
    /// Predictions, where they are asked for; as much is taken where they are not.
    pub forecast: f32,
    /// Raw rows, where they are asked for.
    pub raw: f32,
    /// Raw rows, where they are not.
    pub raw_unasked: f32,
    /// The layer was named.
    pub layer_named: f32,
    /// Aggregates.
    pub gold: f32,
    /// A filter of the caller's page that the dataset has no column for.
    pub page_filter: f32,
}

impl Weights {
    pub const SHIPPED: Self = include!("weights.in");
}

impl Default for Weights {
    fn default() -> Self {
        Self::SHIPPED
    }
}
