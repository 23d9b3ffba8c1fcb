//! Values of a result, out of the server's memory and into plain data, with their sizes capped.

use std::ffi::{CStr, c_char};

use pgrx::pg_sys;

/// A value of a result.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Cell {
    Null,
    Bool(bool),
    /// A number as the server spells it, nothing lost; never NaN or infinite (those are `Text`).
    Number(String),
    /// Text; also dates and timestamps (ISO 8601) and types without a JSON shape of their own.
    Text(String),
    /// json, jsonb, arrays and rows.
    Json(serde_json::Value),
}

impl Cell {
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Number(n) => serde_json::from_str(n).unwrap_or_else(|_| Value::String(n.clone())),
            Self::Text(t) => Value::String(t.clone()),
            Self::Json(v) => v.clone(),
        }
    }

    /// The value as text; None for null.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(b) => Some(b.to_string()),
            Self::Number(t) | Self::Text(t) => Some(t.clone()),
            Self::Json(v) => Some(v.to_string()),
        }
    }
}

/// How a column's values are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnReader {
    base_type: pg_sys::Oid,
    shape: Shape,
    output: pg_sys::Oid,
    varlena: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Bool,
    Number,
    Text,
    DateTime,
    Json,
    Array,
    Row,
    /// Whatever its output function prints.
    Printed,
}

impl ColumnReader {
    pub(super) fn new(value_type: pg_sys::Oid) -> Self {
        let (mut output, mut varlena) = (pg_sys::InvalidOid, false);
        // SAFETY: catalog lookups; an unknown type raises.
        unsafe {
            let base_type = pg_sys::getBaseType(value_type);
            pg_sys::getTypeOutputInfo(base_type, &mut output, &mut varlena);
            let shape = match base_type {
                pg_sys::BOOLOID => Shape::Bool,
                pg_sys::INT2OID
                | pg_sys::INT4OID
                | pg_sys::INT8OID
                | pg_sys::FLOAT4OID
                | pg_sys::FLOAT8OID
                | pg_sys::NUMERICOID => Shape::Number,
                pg_sys::TEXTOID | pg_sys::VARCHAROID | pg_sys::BPCHAROID => Shape::Text,
                pg_sys::DATEOID | pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => Shape::DateTime,
                pg_sys::JSONOID | pg_sys::JSONBOID => Shape::Json,
                _ if pg_sys::get_element_type(base_type) != pg_sys::InvalidOid => Shape::Array,
                _ if pg_sys::type_is_rowtype(base_type) => Shape::Row,
                _ => Shape::Printed,
            };
            Self { base_type, shape, output, varlena }
        }
    }

    /// The value, and whether it was cut to `limit` bytes (text) or dropped for its size (anything else).
    ///
    /// # Safety
    /// `datum` is a value of the column's type; the current memory context is reset by the caller.
    pub(super) unsafe fn read(&self, datum: pg_sys::Datum, limit: usize) -> (Cell, bool) {
        // SAFETY: as promised by the caller.
        unsafe {
            if self.varlena && pg_sys::toast_raw_datum_size(datum) > limit + pg_sys::VARHDRSZ {
                if self.shape != Shape::Text {
                    return (Cell::Null, true);
                }
                let head = pg_sys::pg_detoast_datum_slice(datum.cast_mut_ptr(), 0, limit as i32);
                return (Cell::Text(cut(printed(pg_sys::text_to_cstring(head)), limit)), true);
            }
            let text = match self.shape {
                Shape::Bool => return (Cell::Bool(datum.value() != 0), false),
                Shape::DateTime => {
                    let mut buffer = [0 as c_char; pg_sys::MAXDATELEN as usize + 1];
                    pg_sys::JsonEncodeDateTime(buffer.as_mut_ptr(), datum, self.base_type, std::ptr::null());
                    return (Cell::Text(printed(buffer.as_ptr())), false);
                }
                Shape::Array => json_text(pg_sys::F_ARRAY_TO_JSON_ANYARRAY, datum),
                Shape::Row => json_text(pg_sys::F_ROW_TO_JSON_RECORD, datum),
                _ => printed(pg_sys::OidOutputFunctionCall(self.output, datum)),
            };
            let too_long = text.len() > limit;
            let cell = match self.shape {
                Shape::Number if text.ends_with(|c: char| c.is_ascii_digit()) => Cell::Number(text),
                Shape::Json | Shape::Array | Shape::Row if too_long => Cell::Null,
                Shape::Json | Shape::Array | Shape::Row => match serde_json::from_str(&text) {
                    Ok(value) => Cell::Json(value),
                    Err(_) => Cell::Text(text),
                },
                _ => Cell::Text(cut(text, limit)),
            };
            (cell, too_long)
        }
    }
}

/// The result of a function that makes json of one argument.
unsafe fn json_text(function: u32, datum: pg_sys::Datum) -> String {
    // SAFETY: the function takes one value of the kind given and returns json, which is text.
    unsafe {
        let json = pg_sys::OidFunctionCall1Coll(pg_sys::Oid::from(function), pg_sys::InvalidOid, datum);
        printed(pg_sys::text_to_cstring(json.cast_mut_ptr()))
    }
}

unsafe fn printed(text: *const c_char) -> String {
    // SAFETY: NUL-terminated, as every printed value is.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
    }
    text
}
