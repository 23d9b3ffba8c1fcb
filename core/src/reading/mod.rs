//! Reading a question: words to a QuickSpec draft, as a search over joint readings.

mod beyond;
mod conditions;
mod cues;
mod dimensions;
mod doubt;
mod draft;
mod entities;
mod flags;
mod implied;
mod items;
mod lookup;
mod lost;
mod meaning;
mod measure;
mod order;
mod question;
mod ranking;
mod roles;
mod spec;
mod spelling;
mod steps;
mod times;

pub use cues::{Cue, CueMatch, find_cues, is_cue_word};
pub use draft::{Draft, draft};
pub use entities::label_column;
pub use items::{Item, Items, Placed, items_for};
pub use meaning::nominate;
pub use measure::primary_measure;
pub use order::{OrderClause, find_order};
pub use question::{GrainCue, Question};
pub use spec::{column_name, merge as merge_filters, to_spec};
pub use times::test_for;
