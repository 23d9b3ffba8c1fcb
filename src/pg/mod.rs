//! The one corner where `unsafe` lives: what pgrx has no safe name for.
#![allow(unsafe_code)]

mod session;
mod settings;

pub use session::{as_extension_owner, extension_schema};
pub use settings::reserve_setting_prefix;
