//! A row and its columns.

use std::ffi::CStr;
use std::marker::PhantomData;

use pgrx::datum::DatumWithOid;
use pgrx::{AnyNumeric, FromDatum, IntoDatum, pg_sys};

/// A column, its type checked.
pub struct Column<T> {
    pub(super) at: usize,
    of: PhantomData<T>,
}

impl<T> Clone for Column<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Column<T> {}

/// A timestamptz, in microseconds since 2000-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// The clock's time, not the transaction's.
    pub fn now() -> Self {
        // SAFETY: reads the clock.
        Self(unsafe { pg_sys::GetCurrentTimestamp() })
    }
}

impl FromDatum for Moment {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _: pg_sys::Oid) -> Option<Self> {
        (!is_null).then(|| Self(datum.value() as i64))
    }
}

impl IntoDatum for Moment {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        Some(pg_sys::Datum::from(self.0))
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::TIMESTAMPTZOID
    }
}

impl<T> Column<T> {
    /// Its position, from 0.
    pub(in crate::pg) fn place(self) -> usize {
        self.at
    }
}

/// A row, taken apart.
pub struct Row<'s> {
    descriptor: pg_sys::TupleDesc,
    pub(super) place: pg_sys::ItemPointerData,
    values: Vec<pg_sys::Datum>,
    nulls: Vec<bool>,
    /// Columns that were set, each once.
    pub(super) changed: Vec<usize>,
    of: PhantomData<&'s ()>,
}

impl Row<'_> {
    /// Takes a tuple apart. It must outlive the row, which the caller's choice of lifetime says.
    pub(in crate::pg) unsafe fn read(tuple: pg_sys::HeapTuple, descriptor: pg_sys::TupleDesc) -> Self {
        // SAFETY: the caller gives a tuple and its descriptor; both arrays have its number of columns.
        unsafe {
            let mut row = Self { place: (*tuple).t_self, ..Self::empty(descriptor) };
            pg_sys::heap_deform_tuple(tuple, descriptor, row.values.as_mut_ptr(), row.nulls.as_mut_ptr());
            row
        }
    }

    /// A row of nulls.
    pub(super) unsafe fn empty(descriptor: pg_sys::TupleDesc) -> Self {
        // SAFETY: the caller's descriptor outlives the row.
        let count = unsafe { (*descriptor).natts as usize };
        Self {
            descriptor,
            place: pg_sys::ItemPointerData::default(),
            values: vec![pg_sys::Datum::null(); count],
            nulls: vec![true; count],
            changed: Vec::new(),
            of: PhantomData,
        }
    }

    pub fn get<T: FromDatum>(&self, column: Column<T>) -> Option<T> {
        // SAFETY: the column's type was checked when it was looked up.
        unsafe { T::from_datum(self.values[column.at], self.nulls[column.at]) }
    }

    pub fn is_null<T>(&self, column: Column<T>) -> bool {
        self.nulls[column.at]
    }

    /// A numeric column as a float.
    pub fn number(&self, column: Column<AnyNumeric>) -> Option<f64> {
        if self.nulls[column.at] {
            return None;
        }
        // SAFETY: the column is a numeric, and not null.
        let plain = unsafe { plain_bytes(self.values[column.at]) };
        plain.and_then(short_numeric).or_else(|| self.get(column).and_then(|n| f64::try_from(n).ok()))
    }

    pub fn set<T: IntoDatum>(&mut self, column: Column<T>, value: Option<T>) {
        let datum = value.and_then(IntoDatum::into_datum);
        self.nulls[column.at] = datum.is_none();
        self.values[column.at] = datum.unwrap_or(pg_sys::Datum::null());
        if !self.changed.contains(&column.at) {
            self.changed.push(column.at);
        }
    }

    /// A column of a row whose table is not opened here (a trigger's).
    pub(in crate::pg) fn column<T: IntoDatum>(&self, after: usize, name: &CStr) -> Option<Column<T>> {
        // SAFETY: the descriptor outlives the row.
        unsafe { find_column(self.descriptor, after, name) }
    }

    /// A new tuple of these values, in the current memory context.
    pub(in crate::pg) fn form(&mut self) -> pg_sys::HeapTuple {
        // SAFETY: arrays and descriptor belong together.
        unsafe { pg_sys::heap_form_tuple(self.descriptor, self.values.as_mut_ptr(), self.nulls.as_mut_ptr()) }
    }

    pub(super) fn name(&self, i: usize) -> String {
        // SAFETY: `i` is a column of the descriptor.
        unsafe { CStr::from_ptr((*crate::pg::attribute(self.descriptor, i as i32)).attname.data.as_ptr()) }
            .to_string_lossy()
            .into_owned()
    }

    pub(super) fn typed(&self, i: usize) -> DatumWithOid<'_> {
        // SAFETY: value and type are those of the column.
        unsafe {
            let oid = (*crate::pg::attribute(self.descriptor, i as i32)).atttypid;
            if self.nulls[i] { DatumWithOid::null_oid(oid) } else { DatumWithOid::new(self.values[i], oid) }
        }
    }
}

/// The content of a value of varying length, where it lies as it is: neither compressed nor elsewhere.
unsafe fn plain_bytes<'d>(datum: pg_sys::Datum) -> Option<&'d [u8]> {
    // SAFETY: the caller's datum points to such a value, which its header describes.
    unsafe {
        let value = datum.cast_mut_ptr::<pg_sys::varlena>();
        let plain = pgrx::varatt_is_4b_u(value) || (pgrx::varatt_is_1b(value) && !pgrx::varatt_is_1b_e(value));
        plain.then(|| std::slice::from_raw_parts(pgrx::vardata_any(value).cast::<u8>(), pgrx::varsize_any_exhdr(value)))
    }
}

/// A numeric of up to three groups of four decimal digits, in the short form in which it is stored; `None` for others.
/// The server's own conversion writes the number out and reads it again, which every decision would pay for several times.
fn short_numeric(bytes: &[u8]) -> Option<f64> {
    const SHORT: u16 = 0x8000;
    const KIND: u16 = 0xc000;
    const NEGATIVE: u16 = 0x2000;
    let (header, digits) = bytes.split_first_chunk::<2>()?;
    let header = u16::from_ne_bytes(*header);
    if header & KIND != SHORT || digits.len() > 6 {
        return None;
    }
    // Seven bits, the highest of which is the sign.
    let weight = (i32::from(header & 0x7f) ^ 0x40) - 0x40;
    let places = (digits.len() / 2) as i32 - 1 - weight;
    let whole = digits.chunks_exact(2).fold(0.0, |sum, d| sum * 10_000.0 + f64::from(i16::from_ne_bytes([d[0], d[1]])));
    // Both are exact below 2^53 and up to 10^20, so that the one division or product rounds rightly.
    let size = match places {
        0..=5 => whole / 10_000f64.powi(places),
        -1 if digits.len() <= 4 => whole * 10_000.0,
        _ => return None,
    };
    Some(if header & NEGATIVE == 0 { size } else { -size })
}

/// `hundredths` / 100 with two decimals.
pub fn two_decimals(hundredths: i64) -> Option<AnyNumeric> {
    // SAFETY: the call makes a numeric in the current memory context, which is copied.
    unsafe {
        let numeric = pg_sys::int64_div_fast_to_numeric(hundredths, 2);
        AnyNumeric::from_datum(pg_sys::Datum::from(numeric), false)
    }
}

/// Looks a column up, from a position on and then from the start.
pub(super) unsafe fn find_column<T: IntoDatum>(
    descriptor: pg_sys::TupleDesc,
    from: usize,
    name: &CStr,
) -> Option<Column<T>> {
    // SAFETY: the caller's descriptor.
    unsafe { find_typed(descriptor, from, name, T::type_oid()) }.map(|at| Column { at, of: PhantomData })
}

/// The position of a column, looked for from `from` on and then from the start.
pub(in crate::pg) unsafe fn find_typed(
    descriptor: pg_sys::TupleDesc,
    from: usize,
    name: &CStr,
    value_type: pg_sys::Oid,
) -> Option<usize> {
    // SAFETY: positions stay below the descriptor's number of columns.
    unsafe {
        let count = (*descriptor).natts as usize;
        (0..count).map(|i| (from + i) % count).find(|&at| {
            let attribute = crate::pg::attribute(descriptor, at as i32);
            !(*attribute).attisdropped
                && CStr::from_ptr((*attribute).attname.data.as_ptr()) == name
                && value_type == (*attribute).atttypid
        })
    }
}

#[cfg(any(test, feature = "pg_test"))]
#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test]
    fn numerics_are_read_as_the_server_reads_them() {
        let samples = "0, -0, 1, -1, 0.001, 0.1, 100, 99.99, 100.01, 10000, 12345678, 123456789012, 0.00000001, 0.0000000125, 98.657007916451624,
            1e-30, 1e40, 32768, 0.00006250000093132258, 4294967296.5, 'NaN', 'Infinity', '-Infinity', 9999999999999999, 123456780000";
        let samples: Vec<_> = samples.split(',').map(|n| format!("({}::numeric)", n.trim())).collect();
        let sql = format!("SELECT n, n::float8 FROM (VALUES {}) v (n) UNION ALL SELECT n, n::float8 FROM (
                SELECT round((random() * 10 ^ (i % 14 - 5))::numeric, i % 12) * (1 - 2 * (i % 2)) AS n FROM generate_series(1, 5000) i) r",
            samples.join(", "));
        Spi::connect(|client| {
            let mut read = 0;
            for row in client.select(sql.as_str(), None, &[]).unwrap() {
                let number: pgrx::AnyNumeric = row.get(1).unwrap().unwrap();
                let expected: f64 = row.get(2).unwrap().unwrap();
                let datum = number.clone().into_datum().unwrap();
                // SAFETY: the datum of a numeric.
                if let Some(value) = unsafe { super::plain_bytes(datum) }.and_then(super::short_numeric) {
                    assert!(value == expected, "{number}: {value} for {expected}");
                    read += 1;
                }
            }
            assert!(read > 3000, "{read}");
        });
    }
}
