//! Finding rows by an index.

use std::ffi::CStr;

use pgrx::datum::Uuid;
use pgrx::{IntoDatum, pg_sys};

use super::{Column, Row, Table, oid_of};
use crate::error::Result;

/// A condition on an indexed column.
pub struct Key {
    attribute: i16,
    equal: u32,
    datum: pg_sys::Datum,
}

/// Types that index keys here may have.
pub trait Keyed: IntoDatum {
    /// The function behind `=`.
    const EQUAL: u32;
}

impl Keyed for Uuid {
    const EQUAL: u32 = pg_sys::F_UUID_EQ;
}
impl Keyed for &str {
    const EQUAL: u32 = pg_sys::F_TEXTEQ;
}
impl Keyed for i16 {
    const EQUAL: u32 = pg_sys::F_INT2EQ;
}
impl Keyed for i32 {
    const EQUAL: u32 = pg_sys::F_INT4EQ;
}

impl<T> Column<T> {
    /// The condition that the column equals a value.
    pub fn is<K: Keyed>(self, value: K) -> Key {
        let datum = value.into_datum().unwrap_or(pg_sys::Datum::null());
        Key { attribute: self.at as i16 + 1, equal: K::EQUAL, datum }
    }
}

impl Table {
    /// Rows in the order of an index whose leading columns equal the keys, as the active snapshot sees them.
    pub fn scan(&self, index: &CStr, keys: &[Key]) -> Result<Scan<'_>> {
        let index = oid_of(index)?;
        // SAFETY: plain calls in a transaction; keys point to values that outlive the scan's start, where they are
        // copied or kept by reference to memory of this call's context.
        unsafe {
            let index = pg_sys::index_open(index, self.lock);
            let mut entries = vec![pg_sys::ScanKeyData::default(); keys.len()];
            for (entry, key) in entries.iter_mut().zip(keys) {
                pg_sys::ScanKeyEntryInitialize(
                    entry,
                    0,
                    key.attribute,
                    pg_sys::BTEqualStrategyNumber as u16,
                    pg_sys::InvalidOid,
                    pg_sys::DEFAULT_COLLATION_OID,
                    pg_sys::Oid::from(key.equal),
                    key.datum,
                );
            }
            let scan = pg_sys::systable_beginscan_ordered(
                self.relation,
                index,
                pg_sys::GetActiveSnapshot(),
                keys.len() as i32,
                entries.as_mut_ptr(),
            );
            Ok(Scan { table: self, index, scan, _keys: entries })
        }
    }
}

impl Table {
    /// Every row, as the active snapshot sees them.
    pub fn each(&self, mut visit: impl FnMut(&Row<'_>)) {
        // SAFETY: an open table; a tuple is looked at while the scan stands at it.
        unsafe {
            let (snapshot, no_keys) = (pg_sys::GetActiveSnapshot(), std::ptr::null_mut());
            let scan = pg_sys::systable_beginscan(self.relation, pg_sys::InvalidOid, false, snapshot, 0, no_keys);
            loop {
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() {
                    break;
                }
                visit(&Row::read(tuple, (*self.relation).rd_att));
            }
            pg_sys::systable_endscan(scan);
        }
    }
}

/// An index scan under way.
pub struct Scan<'t> {
    table: &'t Table,
    index: pg_sys::Relation,
    scan: pg_sys::SysScanDesc,
    _keys: Vec<pg_sys::ScanKeyData>,
}

impl Scan<'_> {
    /// The next row, whose values are read from the server's buffer.
    pub fn next(&mut self) -> Option<Row<'_>> {
        // SAFETY: the tuple stays pinned until the scan goes on or ends, which the row's lifetime forbids.
        unsafe {
            let tuple = pg_sys::systable_getnext_ordered(self.scan, pg_sys::ScanDirection::ForwardScanDirection);
            (!tuple.is_null()).then(|| Row::read(tuple, (*self.table.relation).rd_att))
        }
    }
}

impl Drop for Scan<'_> {
    fn drop(&mut self) {
        // SAFETY: begun in `Table::scan`; after an error the server ends it.
        unsafe {
            if !std::thread::panicking() {
                pg_sys::systable_endscan_ordered(self.scan);
                pg_sys::index_close(self.index, pg_sys::NoLock as pg_sys::LOCKMODE);
            }
        }
    }
}

/// What the transaction sees now, until this goes out of scope.
pub(super) struct Snapshot;

impl Snapshot {
    pub(super) fn newest() -> Self {
        // SAFETY: popped on drop; an ERROR unwinds the stack of active snapshots.
        unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
        Self
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // SAFETY: pushed by `newest`; after an error the server has popped it or will.
        unsafe {
            if !std::thread::panicking() {
                pg_sys::PopActiveSnapshot();
            }
        }
    }
}
