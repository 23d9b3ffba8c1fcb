//! For the people who run the database.

use pgrx::prelude::*;

use crate::catalog;
use crate::error::SqlResult as Result;

/// The extension's version, as in `router.control`.
#[pg_extern(immutable, parallel_safe)]
fn router_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Lets a role ask (`user`), also teach (`analyst`), also operate (`admin`), or none of it (`none`). What the role had
/// beyond the level is taken; what PUBLIC may do everybody may.
#[pg_extern]
fn router_grant(role: &str, level: &str) -> Result<()> {
    Ok(catalog::grant(role, level)?)
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test]
    fn version_is_the_control_files() {
        let installed = Spi::get_one::<String>("SELECT extversion FROM pg_extension WHERE extname = 'router'");
        assert_eq!(installed, Ok(Some(super::router_version().to_owned())));
    }
}
