//! The brain of `router`: from a question in plain words to a QuickSpec and its SQL,
//! and from a task to the agent and model that should serve it. Knows no PostgreSQL.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cache;
pub mod compare;
pub mod embed;
pub mod entity;
pub mod intent;
pub mod models;
pub mod prompt;
pub mod quickspec;
pub mod reading;
pub mod remote;
pub mod route;
pub mod semantic;
pub mod similarity;
pub mod sql;
pub mod telemetry;
pub mod time;
