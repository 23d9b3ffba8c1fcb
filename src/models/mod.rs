//! The model router's glue: its tables, and the statements that recommend, learn and assign.

pub mod auto_assign;
mod budget;
pub mod content;
mod decision;
pub mod follow;
mod learning;
pub mod manage;
pub mod outcome;
mod pending;
pub mod plan;
pub mod recommend;
pub mod record;
mod refit;
mod schema;
pub mod settings;

pub use schema::score;

#[cfg(any(test, feature = "pg_test"))]
mod tests;
#[cfg(any(test, feature = "pg_test"))]
mod tests_learning;
