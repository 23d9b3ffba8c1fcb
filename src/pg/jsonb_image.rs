//! A finished `jsonb` value, kept as the bytes it is stored in.
//!
//! Layout (varlena): length word, container header (count and flags), one entry word for each key and then for each
//! value, the keys' and values' data. Entry words hold type bits and a length, or an end offset where `HAS_OFF` says.

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::pgrx_sql_entity_graph::metadata::impl_sql_translatable;
use pgrx::{direct_function_call, direct_function_call_as_datum, pg_sys};

/// An object of type `jsonb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonImage(Vec<u8>);

/// The length word and the container's header.
const BEFORE_ENTRIES: usize = 8;
const COUNT: u32 = 0x0FFF_FFFF;

impl_sql_translatable!(JsonImage, "jsonb");

impl JsonImage {
    /// `None` where the value is none that `jsonb` takes.
    pub fn new(value: &serde_json::Value) -> Option<Self> {
        super::jsonb_write::stored(value).map(Self).or_else(|| Self::read(value))
    }

    /// As the server reads the value's text.
    fn read(value: &serde_json::Value) -> Option<Self> {
        let text = std::ffi::CString::new(value.to_string()).ok()?;
        // SAFETY: jsonb_in takes a C string and gives a palloc'ed varlena of the length its header says.
        unsafe {
            let datum = direct_function_call_as_datum(pg_sys::jsonb_in, &[Some(pg_sys::Datum::from(text.as_ptr()))])?;
            let start = datum.cast_mut_ptr::<pg_sys::varlena>();
            let bytes = std::slice::from_raw_parts(start.cast::<u8>(), pgrx::varsize_any(start)).to_vec();
            pg_sys::pfree(start.cast());
            Some(Self(bytes))
        }
    }

    /// Bytes that [`JsonImage::bytes`] gave.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value again.
    pub fn value(&self) -> Option<serde_json::Value> {
        // SAFETY: the image is a whole jsonb datum; jsonb_out gives a C string.
        let text = unsafe {
            let datum = pg_sys::Datum::from(self.0.as_ptr());
            direct_function_call::<&core::ffi::CStr>(pg_sys::jsonb_out, &[Some(datum)])?
        };
        serde_json::from_slice(text.to_bytes()).ok()
    }

    /// Where the string under a key of the object lies.
    pub fn string_at(&self, key: &str) -> Option<std::ops::Range<usize>> {
        let (_, data) = self.find(key)?;
        Some(data)
    }

    /// Where the entry word of the value under a key lies.
    pub fn entry_at(&self, key: &str) -> Option<usize> {
        Some(self.find(key)?.0)
    }

    /// Puts another string of the same length in place.
    pub fn set_string(&mut self, at: std::ops::Range<usize>, text: &str) {
        if at.len() == text.len()
            && let Some(place) = self.0.get_mut(at)
        {
            place.copy_from_slice(text.as_bytes());
        }
    }

    /// Makes the value behind an entry word, a boolean, this one.
    pub fn set_bool(&mut self, entry: usize, value: bool) {
        let kind = if value { pg_sys::JENTRY_ISBOOL_TRUE } else { pg_sys::JENTRY_ISBOOL_FALSE };
        if let Some(word) = self.word(entry)
            && let Some(place) = self.0.get_mut(entry..entry + 4)
        {
            place.copy_from_slice(&((word & !pg_sys::JENTRY_TYPEMASK) | kind).to_ne_bytes());
        }
    }

    fn word(&self, at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(self.0.get(at..at + 4)?.try_into().ok()?))
    }

    /// Entry word and data of the value under a key.
    fn find(&self, key: &str) -> Option<(usize, std::ops::Range<usize>)> {
        let pairs = (self.word(4)? & COUNT) as usize;
        let data = BEFORE_ENTRIES + 8 * pairs;
        let mut ends = Vec::with_capacity(2 * pairs);
        let mut end = 0;
        for i in 0..2 * pairs {
            let word = self.word(BEFORE_ENTRIES + 4 * i)?;
            let part = (word & pg_sys::JENTRY_OFFLENMASK) as usize;
            end = if word & pg_sys::JENTRY_HAS_OFF != 0 { part } else { end + part };
            ends.push(end);
        }
        let of = |i: usize| data + if i == 0 { 0 } else { ends[i - 1] }..data + ends[i];
        let found = (0..pairs).find(|i| self.0.get(of(*i)) == Some(key.as_bytes()))?;
        Some((BEFORE_ENTRIES + 4 * (pairs + found), of(pairs + found)))
    }
}

// SAFETY: the bytes are a whole jsonb varlena, copied into the caller's memory context.
unsafe impl BoxRet for JsonImage {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        // SAFETY: as many bytes are allocated as are copied.
        unsafe {
            let start = pg_sys::palloc(self.0.len()).cast::<u8>();
            std::ptr::copy_nonoverlapping(self.0.as_ptr(), start, self.0.len());
            fcinfo.return_raw_datum(pg_sys::Datum::from(start))
        }
    }
}

#[cfg(any(test, feature = "pg_test"))]
#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;
    use serde_json::json;

    use super::JsonImage;

    #[pg_test]
    fn values_are_written_as_the_server_reads_them() {
        let texts: Vec<String> = (0..70).map(|i| "é\"\\\n".repeat(i)).collect();
        let mut many = serde_json::Map::new();
        for i in 0..100 {
            many.insert(format!("{}k{}", "x".repeat(i % 7), i), json!([i, {"b": i, "a": null, "aa": [true, false]}]));
        }
        let numbers = json!([
            0,
            -1,
            7,
            9999,
            10000,
            -123456789,
            i64::MIN,
            u64::MAX,
            0.5,
            1.0,
            -0.0,
            0.97,
            1e21,
            1.5e-9,
            1e300,
            f64::MIN_POSITIVE
        ]);
        for value in [
            json!({}),
            json!({"": ""}),
            json!({"empty": [], "object": {}, "nothing": null, "yes": true, "no": false}),
            json!({"numbers": numbers, "n": -5}),
            json!({"texts": texts}),
            json!({"many": many, "again": [many]}),
        ] {
            assert_eq!(JsonImage(crate::pg::jsonb_write::stored(&value).unwrap()), JsonImage::read(&value).unwrap());
        }
        let mut deep = json!({});
        for _ in 0..100 {
            deep = json!({ "d": deep });
        }
        assert_eq!(JsonImage::new(&deep).unwrap().value(), Some(deep));
        assert_eq!(JsonImage::new(&json!([1])).unwrap(), JsonImage::read(&json!([1])).unwrap());
    }

    #[pg_test]
    fn an_image_is_changed_in_place() {
        // More than 32 entries: some words hold offsets.
        let mut value = json!({"id": "0000", "yes": false, "list": [1, {"id": "inner"}], "n": 1.5, "none": null});
        for i in 0..30 {
            value[format!("key{i}")] = json!("x".repeat(i));
        }
        let mut image = JsonImage::new(&value).unwrap();
        assert_eq!(image.value(), Some(value.clone()));
        let (id, yes) = (image.string_at("id").unwrap(), image.entry_at("yes").unwrap());
        image.set_string(id.clone(), "abcd");
        image.set_string(id, "too long");
        image.set_bool(yes, true);
        (value["id"], value["yes"]) = (json!("abcd"), json!(true));
        assert_eq!(image.value(), Some(value));
        assert_eq!(image.entry_at("nothing"), None);
    }
}
