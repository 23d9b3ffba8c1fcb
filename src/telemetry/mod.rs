//! What happened: decisions, errors, times, and what an operator does about them.
//!
//! Whoever asks only counts and queues, in shared memory; the background worker writes the tables. Without
//! `shared_preload_libraries` there is neither, and decisions are written in the caller's transaction where it may write.

mod drain;
mod health;
mod leaders;
mod maintain;
pub mod memory;
mod metrics;
mod operation;
mod optimize;
mod question;
mod recall;
mod recover;
mod report;
mod rows;
pub mod settings;
mod store;
#[cfg(any(test, feature = "pg_test"))]
mod tests;
mod warm;

pub use drain::{JOBS, flush};
pub use health::health;
pub use maintain::maintain;
pub use memory::init;
pub use metrics::metrics;
pub use operation::{Operation, measured, observe};
pub use optimize::{optimize, undo};
pub use question::{Led, Question, log_failure, question};
pub use recall::recall;
pub use recover::recovering;
pub use report::{errors, performance};
pub use warm::ready_vector;

pgrx::extension_sql_file!(
    "../../sql/telemetry/tables.sql",
    name = "telemetry_tables",
    requires = ["bootstrap", "models_audit", "models_assignments", "catalog_tables"]
);
pgrx::extension_sql_file!(
    "../../sql/telemetry/partitions.sql",
    name = "telemetry_partitions",
    requires = ["telemetry_tables"]
);
pgrx::extension_sql_file!(
    "../../sql/telemetry/audit.sql",
    name = "telemetry_audit",
    requires = ["telemetry_tables", "similarity_tables", "models_audit", "golden_tables", "guard_allowed_functions"]
);
