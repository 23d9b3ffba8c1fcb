//! pgvector's type `vector`: its storage form, and its OID by way of the extension that owns it.
//!
//! Layout (varlena): `int32` length word, `int16` dimensions, `int16` unused (0), then the `float4`s.

use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::pgrx_sql_entity_graph::metadata::impl_sql_translatable;
use pgrx::{FromDatum, IntoDatum, pg_sys};

use super::session::schema_of_extension;

/// A value of pgvector's type.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector(pub Vec<f32>);

/// Dimensions pgvector allows.
const MAX_DIMENSIONS: usize = 16_000;

/// The length word, the dimensions and the unused field.
const HEADER: usize = 8;

// The name is looked up when CREATE EXTENSION runs, with the required extensions' schemas on the search_path.
impl_sql_translatable!(Vector, "vector");

impl IntoDatum for Vector {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        let dimensions = self.0.len();
        if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
            return None;
        }
        let size = HEADER + 4 * dimensions;
        // SAFETY: `size` bytes are allocated, zeroed, and exactly those are written.
        unsafe {
            let start = pg_sys::palloc0(size).cast::<u8>();
            pgrx::set_varsize_4b(start.cast(), size as i32);
            start.add(4).cast::<i16>().write_unaligned(dimensions as i16);
            std::ptr::copy_nonoverlapping(self.0.as_ptr().cast::<u8>(), start.add(HEADER), 4 * dimensions);
            Some(pg_sys::Datum::from(start))
        }
    }

    /// Looked up each time: the type goes away with its extension and comes back under another OID.
    fn type_oid() -> pg_sys::Oid {
        let Some(schema) = schema_of_extension(c"vector") else { return pg_sys::InvalidOid };
        // SAFETY: a syscache lookup inside a transaction.
        unsafe {
            pg_sys::GetSysCacheOid(
                pg_sys::SysCacheIdentifier::TYPENAMENSP as i32,
                pg_sys::Anum_pg_type_oid as i16,
                pg_sys::Datum::from(c"vector".as_ptr()),
                pg_sys::Datum::from(schema),
                pg_sys::Datum::from(0),
                pg_sys::Datum::from(0),
            )
        }
    }

    fn is_compatible_with(other: pg_sys::Oid) -> bool {
        Self::type_oid() == other
    }
}

impl FromDatum for Vector {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _: pg_sys::Oid) -> Option<Self> {
        if is_null {
            return None;
        }
        // SAFETY: the caller promises a datum of type vector; it is detoasted, and read within its own length.
        unsafe {
            let original = datum.cast_mut_ptr::<pg_sys::varlena>();
            let plain = pg_sys::pg_detoast_datum(original);
            let size = pgrx::varsize_any(plain);
            let start = plain.cast::<u8>();
            let stated = usize::from(start.add(4).cast::<u16>().read_unaligned());
            let dimensions = stated.min(size.saturating_sub(HEADER) / 4);
            let mut values = vec![0f32; dimensions];
            std::ptr::copy_nonoverlapping(start.add(HEADER), values.as_mut_ptr().cast::<u8>(), 4 * dimensions);
            if plain != original {
                pg_sys::pfree(plain.cast());
            }
            Some(Self(values))
        }
    }
}

// SAFETY: the argument is a datum of type vector, as the SQL declaration says.
unsafe impl<'fcx> ArgAbi<'fcx> for Vector {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: not null, or the wrapper has used the nullable form.
        unsafe { arg.unbox_arg_using_from_datum().unwrap_or(Self(Vec::new())) }
    }
}

// SAFETY: the datum is a palloc'ed vector, or null.
unsafe impl BoxRet for Vector {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        match self.into_datum() {
            // SAFETY: allocated in the caller's memory context.
            Some(datum) => unsafe { fcinfo.return_raw_datum(datum) },
            None => fcinfo.return_null(),
        }
    }
}
