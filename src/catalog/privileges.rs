//! Who may ask, teach and operate.

use pgrx::PgBuiltInOids;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;

use super::store::{caller_name, write};
use crate::error::{Error, Result};
use crate::models::plan::Plan;
use crate::pg;

const LEVELS: [&str; 4] = ["user", "analyst", "admin", "none"];

/// The current user is a superuser or was made a router administrator, which is to say: may call `router_grant`.
pub fn is_admin() -> Result<bool> {
    if pg::is_superuser() {
        return Ok(true);
    }
    let caller = pg::current_user();
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            IS_ADMIN.with(|plan| Ok(plan.select(client, &[caller.into()])?.first().get_one::<bool>()?.unwrap_or(false)))
        })
    })
}

thread_local! {
    static IS_ADMIN: Plan = Plan::new(include_str!("../../sql/catalog/is_admin.sql"), &[PgBuiltInOids::OIDOID]);
}

/// Gives `role` the privileges of `level` (`user`, `analyst`, `admin`, each containing those before; or `none`), takes
/// what it had beyond, and puts it on record.
pub fn grant(role: &str, level: &str) -> Result<()> {
    pg::refuse_if_read_only(c"router_grant()");
    if !LEVELS.contains(&level) {
        return Err(Error::invalid(format!("unknown level \"{level}\""))
            .with_hint(format!("the levels are {}", LEVELS.join(", "))));
    }
    let caller = caller_name();
    write(|client| {
        let exists = "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)";
        if !client.select(exists, Some(1), &[role.into()])?.first().get_one::<bool>()?.unwrap_or(false) {
            return Err(Error::not_found(format!("role \"{role}\" does not exist"))
                .with_hint("name one role as it is spelt in pg_roles; grant to a group role to reach many"));
        }
        let grantee = quote_identifier(role);
        let mut commands = Vec::new();
        for row in client.select(include_str!("../../sql/catalog/access.sql"), None, &[level.into()])? {
            // Names come quoted from the server.
            let Some(object) = row.get::<String>(1)? else { continue };
            commands.push(match row.get::<String>(2)? {
                Some(privileges) => format!("GRANT {privileges} ON {object} TO {grantee}"),
                None => format!("REVOKE ALL ON {object} FROM {grantee}"),
            });
        }
        let schema = if matches!(level, "analyst" | "admin") {
            "GRANT USAGE ON SCHEMA router TO"
        } else {
            "REVOKE USAGE ON SCHEMA router FROM"
        };
        commands.push(format!("{schema} {grantee}"));
        for command in &commands {
            client.update(command.as_str(), None, &[])?;
        }
        let record = "INSERT INTO router.grants (role_name, level, granted_by) VALUES ($1, $2, $3)";
        client.update(record, None, &[role.into(), level.into(), caller.into()])?;
        Ok(())
    })
}
