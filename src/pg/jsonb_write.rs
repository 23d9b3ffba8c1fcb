//! A JSON value in the form in which `jsonb` is stored, without the text between: printing an answer and having the
//! server read it again took 18 µs of it, this takes 3.
//!
//! The layout is that of `jsonb_util.c` (see [`super::jsonb_image`]), which no version may change: it is on disks.

use std::ffi::CString;

use pgrx::{direct_function_call_as_datum, pg_sys};
use serde_json::{Map, Number, Value};

/// What a container's header says it is; pgrx has no names for these.
const ARRAY: u32 = 0x4000_0000;
const OBJECT: u32 = 0x2000_0000;
/// Every so many entries one holds an offset instead of a length.
const STRIDE: usize = 32;
/// Levels that are written here; deeper values are for the server to judge.
const MOST_LEVELS: usize = 64;

/// The bytes of an object, its length word included. `None` for other values, and for those that `jsonb_in` refuses or
/// might refuse.
pub(super) fn stored(value: &Value) -> Option<Vec<u8>> {
    let Value::Object(map) = value else { return None };
    let mut out = Vec::with_capacity(2048);
    out.extend([0; 4]);
    object(&mut out, map, 0)?;
    let length = u32::try_from(out.len()).ok().filter(|n| *n <= pg_sys::JENTRY_OFFLENMASK)?;
    let word = if cfg!(target_endian = "big") { length } else { length << 2 };
    out[..4].copy_from_slice(&word.to_ne_bytes());
    Some(out)
}

/// Writes a value's data; its entry word.
fn write(out: &mut Vec<u8>, value: &Value, level: usize) -> Option<u32> {
    match value {
        Value::Null => Some(pg_sys::JENTRY_ISNULL),
        Value::Bool(true) => Some(pg_sys::JENTRY_ISBOOL_TRUE),
        Value::Bool(false) => Some(pg_sys::JENTRY_ISBOOL_FALSE),
        Value::String(text) => string(out, text),
        Value::Number(number) => {
            let start = out.len();
            pad(out);
            numeric(out, number)?;
            Some(pg_sys::JENTRY_ISNUMERIC | length(out, start)?)
        }
        Value::Array(items) => {
            let start = out.len();
            pad(out);
            let mut entries = Entries::begin(out, ARRAY, items.len(), items.len())?;
            for item in items {
                let entry = write(out, item, deeper(level)?)?;
                entries.push(out, entry)?;
            }
            Some(pg_sys::JENTRY_ISCONTAINER | length(out, start)?)
        }
        Value::Object(map) => {
            let start = out.len();
            object(out, map, level)?;
            Some(pg_sys::JENTRY_ISCONTAINER | length(out, start)?)
        }
    }
}

fn object(out: &mut Vec<u8>, map: &Map<String, Value>, level: usize) -> Option<()> {
    pad(out);
    // Keys are found by bisection: shorter ones first.
    let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
    pairs.sort_unstable_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut entries = Entries::begin(out, OBJECT, pairs.len(), 2 * pairs.len())?;
    for (key, _) in &pairs {
        let entry = string(out, key)?;
        entries.push(out, entry)?;
    }
    for (_, value) in pairs {
        let entry = write(out, value, deeper(level)?)?;
        entries.push(out, entry)?;
    }
    Some(())
}

fn string(out: &mut Vec<u8>, text: &str) -> Option<u32> {
    if text.contains('\0') {
        return None;
    }
    out.extend_from_slice(text.as_bytes());
    u32::try_from(text.len()).ok().filter(|n| *n <= pg_sys::JENTRY_OFFLENMASK)
}

/// As the server reads the number's text.
fn numeric(out: &mut Vec<u8>, number: &Number) -> Option<()> {
    let text = CString::new(number.to_string()).ok()?;
    let arguments = [text.as_ptr().into(), pg_sys::InvalidOid.into(), pg_sys::Datum::from(-1_i32)];
    // SAFETY: numeric_in takes a C string, a type and a modifier, and gives a palloc'ed varlena of the length its header
    // says.
    unsafe {
        let datum = direct_function_call_as_datum(pg_sys::numeric_in, &arguments.map(Some))?;
        let start = datum.cast_mut_ptr::<pg_sys::varlena>();
        out.extend_from_slice(std::slice::from_raw_parts(start.cast::<u8>(), pgrx::varsize_any(start)));
        pg_sys::pfree(start.cast());
    }
    Some(())
}

/// Numbers and containers begin at multiples of four.
fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

fn length(out: &[u8], start: usize) -> Option<u32> {
    u32::try_from(out.len() - start).ok().filter(|n| *n <= pg_sys::JENTRY_OFFLENMASK)
}

fn deeper(level: usize) -> Option<usize> {
    (level < MOST_LEVELS).then_some(level + 1)
}

/// The entry words of a container.
struct Entries {
    next: usize,
    count: usize,
    end: u32,
}

impl Entries {
    /// Writes the container's header, and keeps room for its entries.
    fn begin(out: &mut Vec<u8>, kind: u32, items: usize, entries: usize) -> Option<Self> {
        let items = u32::try_from(items).ok().filter(|n| *n <= pg_sys::JB_CMASK / 2)?;
        out.extend((kind | items).to_ne_bytes());
        let next = out.len();
        out.resize(next + 4 * entries, 0);
        Some(Self { next, count: 0, end: 0 })
    }

    fn push(&mut self, out: &mut [u8], entry: u32) -> Option<()> {
        self.end = self.end.checked_add(entry & pg_sys::JENTRY_OFFLENMASK)?;
        if self.end > pg_sys::JENTRY_OFFLENMASK {
            return None;
        }
        let ends_here = (entry & pg_sys::JENTRY_TYPEMASK) | pg_sys::JENTRY_HAS_OFF | self.end;
        let word = if self.count.is_multiple_of(STRIDE) { ends_here } else { entry };
        out.get_mut(self.next..self.next + 4)?.copy_from_slice(&word.to_ne_bytes());
        self.next += 4;
        self.count += 1;
        Some(())
    }
}
