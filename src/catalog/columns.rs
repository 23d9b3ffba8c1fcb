//! Columns as the catalogs have them now.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::semantic::{ColumnFacts, ValueType};

use crate::error::Result;

/// A column of a relation, whether registered or not.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogColumn {
    pub relation: u32,
    pub number: i16,
    pub facts: ColumnFacts,
    /// As the server spells the type.
    pub sql_type: String,
    /// The type's OID, domains seen through.
    pub base_type: pg_sys::Oid,
    pub is_enum: bool,
    pub comment: Option<String>,
    /// The role asked for may SELECT it.
    pub readable: bool,
}

/// The columns of `relations`, in their order there, and whether `role` may read each. To be run as the extension's owner.
pub fn catalog_columns(
    client: &SpiClient<'_>,
    relations: Vec<pg_sys::Oid>,
    role: pg_sys::Oid,
) -> Result<Vec<CatalogColumn>> {
    let args = [DatumWithOid::from(relations), DatumWithOid::from(role)];
    let mut columns = Vec::new();
    for row in client.select(include_str!("../../sql/catalog/columns.sql"), None, &args)? {
        let flag = |i| row.get::<bool>(i).map(|f| f.unwrap_or(false));
        let base_type = row.get::<pg_sys::Oid>(5)?.unwrap_or(pg_sys::InvalidOid);
        let is_enum = row.get::<&str>(6)?.is_some_and(|kind| kind == "e");
        let category = row.get::<String>(7)?.unwrap_or_default();
        columns.push(CatalogColumn {
            relation: row.get::<pg_sys::Oid>(1)?.unwrap_or(pg_sys::InvalidOid).to_u32(),
            number: row.get::<i16>(2)?.unwrap_or(0),
            facts: ColumnFacts {
                name: row.get::<String>(3)?.unwrap_or_default(),
                value_type: if is_enum { ValueType::Text } else { value_type(base_type, &category) },
                nullable: flag(8)?,
                unique: flag(10)?,
                in_primary_key: flag(11)?,
                in_foreign_key: flag(12)?,
                seen_unique: flag(13)?,
            },
            sql_type: row.get::<String>(4)?.unwrap_or_default(),
            base_type,
            is_enum,
            comment: row.get::<String>(9)?,
            readable: flag(14)?,
        });
    }
    Ok(columns)
}

/// How values of a built-in type behave; other types by their category, where that says enough.
fn value_type(base_type: pg_sys::Oid, category: &str) -> ValueType {
    match base_type {
        pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => ValueType::Integer,
        pg_sys::NUMERICOID | pg_sys::FLOAT4OID | pg_sys::FLOAT8OID | pg_sys::MONEYOID => ValueType::Decimal,
        pg_sys::BOOLOID => ValueType::Boolean,
        pg_sys::DATEOID => ValueType::Date,
        pg_sys::TIMESTAMPOID => ValueType::Timestamp,
        pg_sys::TIMESTAMPTZOID => ValueType::TimestampTz,
        pg_sys::TIMEOID | pg_sys::TIMETZOID => ValueType::Time,
        pg_sys::UUIDOID => ValueType::Uuid,
        pg_sys::JSONOID | pg_sys::JSONBOID => ValueType::Json,
        _ if category == "S" => ValueType::Text,
        _ => ValueType::Other,
    }
}
