//! What is done on a schedule: partitions, retention, values that went stale.

use pgrx::prelude::*;

use super::settings::{self, Expiry};
use crate::error::Result;
use crate::models::manage::{self, Maintained};
use crate::{catalog, pg};

/// Collects stale values again, makes partitions ahead, drops or detaches what is older than `router.retention`; one
/// row for each thing done. Values come first: partitions take locks that everybody needs until the transaction ends.
pub fn maintain() -> Result<Vec<Maintained>> {
    pg::refuse_if_read_only(c"router_maintain()");
    let mut done = refresh_stale()?;
    done.extend(manage::maintain(settings::retention(), settings::expiry() == Expiry::Detach)?);
    done.extend(logs()?);
    Ok(done)
}

/// A relation that fails (dropped, no right to read it) does not keep the others from being refreshed.
fn refresh_stale() -> Result<Vec<Maintained>> {
    let stale: Vec<(pg_sys::Oid, String)> = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let sql = include_str!("../../sql/telemetry/stale_datasets.sql");
            let rows = client.select(sql, None, &[settings::harvest_max_age().into()])?;
            rows.map(|row| Ok((row.get(1)?.unwrap_or(pg_sys::InvalidOid), row.get(2)?.unwrap_or_default()))).collect()
        })
    })?;
    let refreshed = |(relation, name): (pg_sys::Oid, String)| {
        let action = match pg::attempt(|| catalog::refresh(relation, &name)) {
            Ok(Ok(_)) => "refreshed".to_owned(),
            Ok(Err(error)) => format!("not refreshed: {}", error.message()),
            Err(failure) => format!("not refreshed: {}", failure.message),
        };
        (action, name, None)
    };
    Ok(stale.into_iter().map(refreshed).collect())
}

fn logs() -> Result<Vec<Maintained>> {
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let detach = settings::expiry() == Expiry::Detach;
            let args = [settings::retention().into(), detach.into()];
            let rows = client.update("SELECT * FROM router.maintain_logs($1, $2)", None, &args)?;
            rows.map(|row| Ok((row.get(1)?.unwrap_or_default(), row.get(2)?.unwrap_or_default(), row.get(3)?)))
                .collect()
        })
    })
}
