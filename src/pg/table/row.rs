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

    /// A numeric column as a float.
    pub fn number(&self, column: Column<AnyNumeric>) -> Option<f64> {
        self.get(column).and_then(|n| f64::try_from(n).ok())
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
