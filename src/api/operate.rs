//! For the people who run the database.

use pgrx::prelude::*;

/// The extension's version, as in `router.control`.
#[pg_extern(immutable, parallel_safe)]
fn router_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
