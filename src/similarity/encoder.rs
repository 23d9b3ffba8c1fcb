//! The encoders whose vectors are stored: the local one always, others beside it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::{OwnedPreparedStatement, SpiClient};
use pgrx::{IntoDatum, PgBuiltInOids, PgOid};
use router_core::embed::DIMENSIONS;
use router_core::similarity::Scale;

use super::settings;
use crate::catalog;
use crate::error::{Error, Result};
use crate::pg::{self, Vector};

/// The name of the local encoder.
pub const LOCAL: &str = "minilm-static-256";

/// An encoder other than the local one.
#[derive(Debug, Clone, PartialEq)]
pub struct External {
    pub name: String,
    /// Of its vectors.
    pub dimensions: usize,
    pub scale: Scale,
}

/// The encoders besides the local one that have vectors.
pub fn external() -> Result<Vec<External>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let sql = "SELECT name, dimensions, cosine_offset::float8, cosine_factor::float8 FROM router.encoders \
                       WHERE name <> $1 AND dimensions IS NOT NULL ORDER BY name";
            let mut found = Vec::new();
            for row in client.select(sql, None, &[LOCAL.into()])? {
                found.push(External {
                    name: row.get(1)?.unwrap_or_default(),
                    dimensions: usize::try_from(row.get::<i32>(2)?.unwrap_or_default()).unwrap_or_default(),
                    scale: Scale { offset: row.get(3)?.unwrap_or(0.0), factor: row.get(4)?.unwrap_or(1.0) },
                });
            }
            Ok(found)
        })
    })
}

/// The encoder that a vector of so many dimensions comes from: the one in use if it fits, then the local one, then
/// the only one that does.
pub fn by_dimensions(dimensions: usize) -> Result<String> {
    let in_use = settings::external_encoder();
    if in_use.is_none() && dimensions == DIMENSIONS {
        return Ok(LOCAL.to_owned());
    }
    let all = external()?;
    let fitting: Vec<&External> = all.iter().filter(|e| e.dimensions == dimensions).collect();
    if let Some(name) = in_use.filter(|name| fitting.iter().any(|e| e.name == *name)) {
        return Ok(name);
    }
    if dimensions == DIMENSIONS {
        return Ok(LOCAL.to_owned());
    }
    match fitting.as_slice() {
        [one] => Ok(one.name.clone()),
        [] => {
            let known: Vec<String> = std::iter::once(format!("{LOCAL} has {DIMENSIONS}"))
                .chain(all.iter().map(|e| format!("{} has {}", e.name, e.dimensions)))
                .collect();
            Err(Error::invalid(format!("no encoder here makes vectors of {dimensions} dimensions"))
                .with_detail(known.join(", "))
                .with_hint("router_embed(text) gives vectors of the local encoder"))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|e| e.name.as_str()).collect();
            Err(Error::invalid(format!(
                "{} encoders make vectors of {dimensions} dimensions: {}",
                names.len(),
                names.join(", ")
            ))
            .with_hint("say which one is meant: SET router.embedding_model = '...'"))
        }
    }
}

/// Takes an encoder's vectors out. Returns how many there were.
pub fn drop_encoder(name: &str) -> Result<i64> {
    if name == LOCAL {
        return Err(Error::invalid("the local encoder can't be taken out: everything else leans on it"));
    }
    if !catalog::is_admin()? {
        return Err(Error::denied("only router administrators may take an encoder out"));
    }
    pg::refuse_if_read_only(c"router_drop_encoder()");
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let sql = include_str!("../../sql/similarity/drop_encoder.sql");
            let mut rows = client.update(sql, None, &[name.into()])?;
            let counts =
                rows.next().map(|row| Ok::<_, Error>((row.get::<bool>(1)?, row.get::<i64>(2)?))).transpose()?;
            match counts {
                Some((Some(true), vectors)) => Ok(vectors.unwrap_or_default()),
                _ => Err(Error::not_found(format!("there is no encoder {name:?}"))
                    .with_hint("SELECT * FROM router.embedding_progress shows the encoders")),
            }
        })
    })
}

thread_local! {
    /// The vector type's OID, the encoder and the limit, and the statement planned for them.
    static NEAREST: RefCell<HashMap<(pg_sys::Oid, String, usize), Rc<OwnedPreparedStatement>>> = RefCell::default();
}

/// The planned statement that finds the `limit` nearest questions of an encoder; `None`: it has no vectors. To be run
/// as the extension's owner.
pub(super) fn nearest_statement(
    client: &SpiClient<'_>,
    encoder: &str,
    limit: usize,
) -> Result<Option<Rc<OwnedPreparedStatement>>> {
    let vector = Vector::type_oid();
    let key = (vector, encoder.to_owned(), limit);
    if let Some(plan) = NEAREST.with_borrow(|known| known.get(&key).cloned()) {
        return Ok(Some(plan));
    }
    let args: [DatumWithOid; 2] = [encoder.into(), (limit as i32).into()];
    let sql = client.select("SELECT router.nearest_statement($1, $2)", Some(1), &args)?.first().get_one::<String>()?;
    let Some(sql) = sql else { return Ok(None) };
    let types = [PgOid::from(vector), PgOid::BuiltIn(PgBuiltInOids::TEXTOID), PgOid::BuiltIn(PgBuiltInOids::OIDOID)];
    let plan = Rc::new(client.prepare(sql.as_str(), &types)?.keep());
    NEAREST.with_borrow_mut(|known| {
        if known.len() >= 32 {
            known.clear();
        }
        known.insert(key, Rc::clone(&plan));
    });
    Ok(Some(plan))
}
