//! Arguments of type `jsonb`, which may hold what no parser here takes: numbers beyond any float, endless nesting.

use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pgrx_sql_entity_graph::metadata::impl_sql_translatable;
use pgrx::{FromDatum, direct_function_call, pg_sys};
use serde_json::Value;

use crate::error::{self, Error};

/// A `jsonb` argument, as text. pgrx's own `JsonB` panics on values that serde_json refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonArg(String);

impl JsonArg {
    /// As `jsonb` prints it: the same text for the same value.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The value. `name` is the argument's, for the error.
    ///
    /// # Errors
    /// 22023 for nesting beyond 127 levels and numbers beyond double precision.
    pub fn value(&self, name: &str) -> error::Result<Value> {
        serde_json::from_str(&self.0).map_err(|_| {
            Error::invalid(format!("the {name} cannot be read: nested too deep, or a number out of range"))
                .with_hint("nest at most 100 levels, and keep numbers within double precision")
        })
    }
}

impl_sql_translatable!(JsonArg, "jsonb");

impl FromDatum for JsonArg {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _type: pg_sys::Oid) -> Option<Self> {
        if is_null {
            return None;
        }
        // SAFETY: the caller promises a datum of type jsonb; jsonb_out detoasts it and gives a C string.
        let text = unsafe { direct_function_call::<&core::ffi::CStr>(pg_sys::jsonb_out, &[Some(datum)]) };
        Some(Self(text?.to_string_lossy().into_owned()))
    }
}

// SAFETY: the text is copied out of the datum before the function's body runs.
unsafe impl<'fcx> ArgAbi<'fcx> for JsonArg {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the caller promises a non-null datum of type jsonb.
        unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or_else(|| Self("null".to_owned()))
    }
}
