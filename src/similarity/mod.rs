//! The pgvector store: questions with a known answer or intent, found by the same words or by nearness.

mod feedback;
mod intents;
mod store;
mod teach;
mod template;
#[cfg(any(test, feature = "pg_test"))]
mod tests;

pub use feedback::{choose, rate};
pub use intents::{classify, train};
pub use store::{Known, exact, forget, nearest, nearest_to};
pub use teach::teach;
pub use template::{define as define_template, templates_for};

pgrx::extension_sql_file!("../../sql/similarity/tables.sql", name = "similarity_tables", requires = ["bootstrap"]);
pgrx::extension_sql_file!(
    "../../sql/similarity/functions.sql",
    name = "similarity_functions",
    requires = ["similarity_tables"]
);
