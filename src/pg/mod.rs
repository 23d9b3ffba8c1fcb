//! The one corner where `unsafe` lives: what pgrx has no safe name for.
#![allow(unsafe_code)]

mod session;

pub use session::{as_extension_owner, extension_schema};
