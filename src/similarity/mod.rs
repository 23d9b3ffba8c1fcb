//! The pgvector store: questions with a known answer or intent, found by the same words or by nearness.

mod encoder;
mod feedback;
mod few;
mod handler;
mod intents;
mod live;
mod mining;
mod nearest;
mod reembed;
pub mod settings;
mod store;
mod suggest;
mod teach;
mod template;
#[cfg(any(test, feature = "pg_test"))]
mod tests;
#[cfg(any(test, feature = "pg_test"))]
mod tests_learning;

pub use encoder::drop_encoder;
pub use feedback::{choose, count_uses, rate};
pub use handler::{Handler, define as define_handler, handlers};
pub use intents::{classify, train};
pub use mining::{accept, mine, reject};
pub use nearest::{check_vector, nearest, nearest_by_other, nearest_to};
pub use reembed::{every as reembed_every, run as reembed};
pub use store::{Known, exact, forget};
pub use suggest::suggest;
pub use teach::teach;
pub use template::{all as all_templates, define as define_template, templates_for};

pgrx::extension_sql_file!("../../sql/similarity/tables.sql", name = "similarity_tables", requires = ["bootstrap"]);
pgrx::extension_sql_file!(
    "../../sql/similarity/encoders.sql",
    name = "similarity_encoders",
    requires = ["similarity_tables"]
);
pgrx::extension_sql_file!(
    "../../sql/similarity/queue.sql",
    name = "similarity_queue",
    requires = ["similarity_encoders", "worker_tables"]
);
pgrx::extension_sql_file!(
    "../../sql/similarity/mining.sql",
    name = "similarity_mining",
    requires = ["similarity_tables"]
);
