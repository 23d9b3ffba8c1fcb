//! The one corner where `unsafe` lives: what pgrx has no safe name for.
#![allow(unsafe_code)]

pub mod invalidation;
mod relation;
mod session;
mod settings;
mod snapshot;

pub use relation::{Regclass, current_user, lock_relation, refuse_if_read_only};
pub use session::{as_extension_owner, extension_schema};
pub use settings::reserve_setting_prefix;
pub use snapshot::with_latest_snapshot;
