//! Who administers the router.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;

use crate::error::Result;
use crate::pg;

/// The current user is a superuser or was made a router administrator, which is to say: may call `router_grant`.
pub fn is_admin() -> Result<bool> {
    let caller = pg::current_user();
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let args = [DatumWithOid::from(caller)];
            let row = client.select(include_str!("../../sql/catalog/is_admin.sql"), Some(1), &args)?;
            Ok(row.first().get_one::<bool>()?.unwrap_or(false))
        })
    })
}
