//! The one corner where `unsafe` lives: what pgrx has no safe name for.
#![allow(unsafe_code)]

mod advisory;
pub mod allocator;
pub mod analyse;
mod attempt;
pub mod background;
pub mod bar;
pub mod bulk;
pub mod catalogs;
mod clock;
mod database;
pub mod facts;
pub mod invalidation;
mod json;
mod jsonb_image;
mod jsonb_write;
pub mod mapped;
mod planner_settings;
pub mod process;
pub mod rate_table;
mod raw_sizes;
mod read_tree;
mod relation;
pub mod rows;
pub mod run;
mod session;
mod settings;
pub mod shared;
mod shared_array;
mod snapshot;
pub mod table;
mod timer;
pub mod tree;
pub mod trigger;
pub mod utility;
mod vector;
pub mod worker;
pub mod writes;

pub use advisory::{advisory_lock, restoring, share_advisory_lock, try_advisory_lock};
pub use attempt::{Failure, attempt, looking_at_errors};
pub use clock::{new_uuid, random, session_timezone, statement_time, uuid_by_time};
pub use database::{in_recovery, may_write, server_version};
pub use json::JsonArg;
pub use jsonb_image::JsonImage;
pub use relation::{Regclass, Regprocedure, current_user, is_superuser, lock_relation, refuse_if_read_only, role_name};
pub use session::{as_extension_owner, extension, extension_is_installed, hold_extension, set_while_owner};
pub use settings::{
    reserve_setting_prefix, row_security, setting, settings_generation, watch_settings, watched_settings,
};
pub use snapshot::{has_written, snapshot_is_fixed, transaction_number, with_latest_snapshot};
pub use timer::with_time_limit;
pub use vector::Vector;

/// True when recursing further would use more stack than `max_stack_depth`. Unlike the server's `check_stack_depth` it
/// raises nothing: an error that crosses hundreds of guarded calls is caught and raised again at each.
pub fn stack_is_too_deep() -> bool {
    // SAFETY: compares addresses.
    unsafe { pgrx::pg_sys::stack_is_too_deep() }
}

/// A column of a row descriptor, counted from 0.
#[cfg(not(feature = "pg18"))]
unsafe fn attribute(descriptor: pgrx::pg_sys::TupleDesc, i: i32) -> *const pgrx::pg_sys::FormData_pg_attribute {
    // SAFETY: the caller stays below `natts`.
    unsafe { (*descriptor).attrs.as_ptr().add(i as usize) }
}

/// A column of a row descriptor, counted from 0.
#[cfg(feature = "pg18")]
unsafe fn attribute(descriptor: pgrx::pg_sys::TupleDesc, i: i32) -> *const pgrx::pg_sys::FormData_pg_attribute {
    // SAFETY: the caller stays below `natts`; the full entries follow the compact ones.
    unsafe {
        let compact = (*descriptor).compact_attrs.as_ptr().add((*descriptor).natts as usize);
        compact.cast::<pgrx::pg_sys::FormData_pg_attribute>().add(i as usize)
    }
}
