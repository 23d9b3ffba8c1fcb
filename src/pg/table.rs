//! Rows of the extension's own tables, found by an index and changed in place, without planner and executor.
//!
//! Every routed request takes a few of these. As an SQL statement each costs some ten times as much: another identity
//! and search_path, an executor tree, the conditions of triggers that have nothing to do. What a statement promises is
//! kept: the snapshot and isolation level, waiting for whoever changes the same row, HOT updates, indexes, replication,
//! triggers that others put on the table.

use std::cell::Cell;
use std::ffi::CStr;
use std::marker::PhantomData;

use pgrx::datum::{DatumWithOid, Uuid};
use pgrx::{AnyNumeric, FromDatum, IntoDatum, Spi, pg_sys};

use crate::error::{Error, Result};

/// An open table of schema `router`.
pub struct Table {
    name: &'static CStr,
    relation: pg_sys::Relation,
    lock: pg_sys::LOCKMODE,
    /// Where the search for the next column starts: columns are asked for in their order.
    next: Cell<usize>,
}

/// A column, its type checked.
pub struct Column<T> {
    at: usize,
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

impl Table {
    pub fn open_to_read(name: &'static CStr) -> Result<Self> {
        Self::open(name, pg_sys::AccessShareLock as pg_sys::LOCKMODE)
    }

    pub fn open_to_write(name: &'static CStr) -> Result<Self> {
        super::refuse_if_read_only(c"recording an outcome");
        // SAFETY: raises an ordinary ERROR or returns.
        unsafe { pg_sys::PreventCommandIfParallelMode(c"recording an outcome".as_ptr()) };
        let table = Self::open(name, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE)?;
        // SAFETY: the relation is open.
        super::writes::mark(unsafe { (*table.relation).rd_id }.to_u32());
        Ok(table)
    }

    fn open(name: &'static CStr, lock: pg_sys::LOCKMODE) -> Result<Self> {
        let relation = oid_of(name)?;
        // SAFETY: an ordinary open; the server closes what an ERROR leaves open.
        let relation = unsafe { pg_sys::table_open(relation, lock) };
        Ok(Self { name, relation, lock, next: Cell::new(0) })
    }

    /// Whether the table has never held a row since it was last vacuumed to nothing: a cheaper question than a scan.
    pub fn has_no_pages(&self) -> bool {
        // SAFETY: an open relation.
        unsafe { pg_sys::RelationGetNumberOfBlocksInFork(self.relation, pg_sys::ForkNumber::MAIN_FORKNUM) == 0 }
    }

    /// Finds a column by name, and that it holds `T`.
    pub fn column<T: IntoDatum>(&self, name: &CStr) -> Result<Column<T>> {
        // SAFETY: the descriptor lives as long as the relation is open.
        let found = unsafe { find_column::<T>((*self.relation).rd_att, self.next.get(), name) };
        let column = found.ok_or_else(|| incomplete(self.name, name))?;
        self.next.set(column.at + 1);
        Ok(column)
    }

    /// Rows in the order of an index whose leading columns equal the keys, as the active snapshot sees them.
    pub fn scan(&self, index: &CStr, keys: &[Key]) -> Result<Scan<'_>> {
        // SAFETY: a snapshot is active wherever functions run.
        self.scan_as(unsafe { pg_sys::GetActiveSnapshot() }, index, keys)
    }

    fn scan_as(&self, snapshot: pg_sys::Snapshot, index: &CStr, keys: &[Key]) -> Result<Scan<'_>> {
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
                snapshot,
                keys.len() as i32,
                entries.as_mut_ptr(),
            );
            Ok(Scan { table: self, index, scan, _keys: entries })
        }
    }

    /// Whether there is a row with these keys now: committed, whatever the isolation level, or made by this very
    /// statement.
    pub fn holds_now(&self, index: &CStr, keys: &[Key]) -> Result<bool> {
        Ok(self.scan_as(&raw mut pg_sys::SnapshotSelfData, index, keys)?.next().is_some())
    }

    /// Finds the row with these keys, lets `change` alter it and stores it; again from the start when somebody else
    /// changed it in between. False when there is no such row.
    pub fn change(
        &self,
        index: &CStr,
        keys: &[Key],
        mut change: impl FnMut(&mut Row<'_>) -> Result<()>,
    ) -> Result<bool> {
        loop {
            pgrx::check_for_interrupts!();
            let _snapshot = Snapshot::newest();
            let mut scan = self.scan(index, keys)?;
            let Some(mut row) = scan.next() else { return Ok(false) };
            change(&mut row)?;
            if self.store(&mut row)? {
                return Ok(true);
            }
        }
    }

    /// Adds a row with the values that `fill` sets.
    pub fn insert(&self, fill: impl FnOnce(&mut Row<'_>)) {
        // SAFETY: values have the types of their columns, arrays and descriptor belong together.
        unsafe {
            let _snapshot = Snapshot::newest();
            let mut row = Row::empty((*self.relation).rd_att);
            fill(&mut row);
            let slot = self.slot_of(&mut row);
            pg_sys::simple_table_tuple_insert(self.relation, slot);
            self.enter_into_indexes(slot, None);
            pg_sys::ExecDropSingleTupleTableSlot(slot);
            pg_sys::CommandCounterIncrement();
        }
    }

    /// Takes away the rows with these keys that the transaction sees, handing each to `take` first. Only where nobody
    /// else changes them.
    pub fn take(&self, index: &CStr, keys: &[Key], mut take: impl FnMut(&Row<'_>)) -> Result<()> {
        let _snapshot = Snapshot::newest();
        let mut scan = self.scan(index, keys)?;
        while let Some(mut row) = scan.next() {
            take(&row);
            // SAFETY: the row was read from this open table under the active snapshot.
            unsafe {
                pg_sys::simple_table_tuple_delete(self.relation, &mut row.place, pg_sys::GetActiveSnapshot());
            }
        }
        drop(scan);
        // SAFETY: outside of parallel mode, as opened to write.
        unsafe { pg_sys::CommandCounterIncrement() };
        Ok(())
    }

    /// A slot of this table's kind that holds the row.
    unsafe fn slot_of(&self, row: &mut Row<'_>) -> *mut pg_sys::TupleTableSlot {
        // SAFETY: the row has this table's columns.
        unsafe {
            let slot =
                pg_sys::MakeSingleTupleTableSlot((*self.relation).rd_att, pg_sys::table_slot_callbacks(self.relation));
            pg_sys::ExecForceStoreHeapTuple(row.form(), slot, false);
            (*slot).tts_tableOid = (*self.relation).rd_id;
            slot
        }
    }

    /// Puts the changed row in the old one's place; false when that was no longer the newest.
    fn store(&self, row: &mut Row<'_>) -> Result<bool> {
        if self.concerns_others() {
            return self.store_by_statement(row);
        }
        // SAFETY: the row comes from this open table, its values from its columns' types; a snapshot is active.
        unsafe {
            pg_sys::CheckCmdReplicaIdentity(self.relation, pg_sys::CmdType::CMD_UPDATE);
            let slot = self.slot_of(row);
            let mut failure = pg_sys::TM_FailureData::default();
            let mut lock = pg_sys::LockTupleMode::LockTupleNoKeyExclusive;
            let mut indexes = Indexes::default();
            let outcome = pg_sys::table_tuple_update(
                self.relation,
                &mut row.place,
                slot,
                pg_sys::GetCurrentCommandId(true),
                pg_sys::GetActiveSnapshot(),
                std::ptr::null_mut(),
                true,
                &mut failure,
                &mut lock,
                &mut indexes,
            );
            let stored = outcome == pg_sys::TM_Result::TM_Ok;
            if stored && indexes != Indexes::default() {
                self.enter_into_indexes(slot, Some(indexes));
            }
            pg_sys::ExecDropSingleTupleTableSlot(slot);
            if stored {
                pg_sys::CommandCounterIncrement();
            } else if super::snapshot_is_fixed() {
                return Err(Error::new(
                    pgrx::PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
                    "could not serialize access due to concurrent update",
                ));
            }
            Ok(stored)
        }
    }

    /// Enters a stored row into the indexes: a new row's into all, a new version's into those that an update says.
    unsafe fn enter_into_indexes(&self, slot: *mut pg_sys::TupleTableSlot, update: Option<Indexes>) {
        // SAFETY: the slot holds the stored row; the executor's state lives for this call only.
        unsafe {
            let estate = pg_sys::CreateExecutorState();
            let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
            (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
            pg_sys::InitResultRelInfo(result, self.relation, 0, std::ptr::null_mut(), 0);
            pg_sys::ExecOpenIndices(result, false);
            insert_index_tuples(result, slot, estate, update);
            pg_sys::ExecCloseIndices(result);
            pg_sys::FreeExecutorState(estate);
        }
    }

    /// Whether a statement would do more than store the row: triggers that are not the extension's own, and columns
    /// that others generate.
    fn concerns_others(&self) -> bool {
        const UPDATE: i16 = 1 << 4;
        // SAFETY: descriptors of an open relation.
        unsafe {
            let constraints = (*(*self.relation).rd_att).constr;
            if !constraints.is_null() && (*constraints).has_generated_stored {
                return true;
            }
            let described = (*self.relation).trigdesc;
            !described.is_null()
                && (0..(*described).numtriggers as usize).any(|i| {
                    let trigger = &*(*described).triggers.add(i);
                    trigger.tgtype & UPDATE != 0
                        && !trigger.tgisinternal
                        && !OWN_TRIGGERS.contains(&CStr::from_ptr(trigger.tgname))
                })
        }
    }

    fn store_by_statement(&self, row: &Row<'_>) -> Result<bool> {
        let set: Vec<String> =
            row.changed.iter().enumerate().map(|(n, &i)| format!("{} = ${}", row.name(i), n + 2)).collect();
        let sql = format!("UPDATE router.{} SET {} WHERE ctid = $1", self.name.to_string_lossy(), set.join(", "));
        // SAFETY: every value comes with the type of its column.
        let mut values = vec![unsafe { DatumWithOid::new(row.place, pg_sys::TIDOID) }];
        values.extend(row.changed.iter().map(|&i| row.typed(i)));
        super::as_extension_owner(|| {
            Spi::connect_mut(|client| Ok(!client.update(sql.as_str(), None, &values)?.is_empty()))
        })
    }
}

/// Triggers of these tables that have nothing to do when an outcome is counted.
const OWN_TRIGGERS: [&CStr; 4] = [c"touch", c"rank_changed", c"audit_update", c"referred"];

impl Drop for Table {
    fn drop(&mut self) {
        // SAFETY: open since `open`; after an error the server closes it. The lock is kept to the transaction's end.
        unsafe {
            if !std::thread::panicking() {
                pg_sys::table_close(self.relation, pg_sys::NoLock as pg_sys::LOCKMODE);
            }
        }
    }
}

impl<T> Column<T> {
    /// Its position, from 0.
    pub(super) fn place(self) -> usize {
        self.at
    }

    /// The condition that the column equals a value.
    pub fn is<K: Keyed>(self, value: K) -> Key {
        let datum = value.into_datum().unwrap_or(pg_sys::Datum::null());
        Key { attribute: self.at as i16 + 1, equal: K::EQUAL, datum }
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

/// A row, taken apart.
pub struct Row<'s> {
    descriptor: pg_sys::TupleDesc,
    place: pg_sys::ItemPointerData,
    values: Vec<pg_sys::Datum>,
    nulls: Vec<bool>,
    /// Columns that were set, each once.
    changed: Vec<usize>,
    of: PhantomData<&'s ()>,
}

impl Row<'_> {
    /// Takes a tuple apart. It must outlive the row, which the caller's choice of lifetime says.
    pub(super) unsafe fn read(tuple: pg_sys::HeapTuple, descriptor: pg_sys::TupleDesc) -> Self {
        // SAFETY: the caller gives a tuple and its descriptor; both arrays have its number of columns.
        unsafe {
            let mut row = Self { place: (*tuple).t_self, ..Self::empty(descriptor) };
            pg_sys::heap_deform_tuple(tuple, descriptor, row.values.as_mut_ptr(), row.nulls.as_mut_ptr());
            row
        }
    }

    /// A row of nulls.
    unsafe fn empty(descriptor: pg_sys::TupleDesc) -> Self {
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
    pub(super) fn column<T: IntoDatum>(&self, after: usize, name: &CStr) -> Option<Column<T>> {
        // SAFETY: the descriptor outlives the row.
        unsafe { find_column(self.descriptor, after, name) }
    }

    /// A new tuple of these values, in the current memory context.
    pub(super) fn form(&mut self) -> pg_sys::HeapTuple {
        // SAFETY: arrays and descriptor belong together.
        unsafe { pg_sys::heap_form_tuple(self.descriptor, self.values.as_mut_ptr(), self.nulls.as_mut_ptr()) }
    }

    fn name(&self, i: usize) -> String {
        // SAFETY: `i` is a column of the descriptor.
        unsafe { CStr::from_ptr((*super::attribute(self.descriptor, i as i32)).attname.data.as_ptr()) }
            .to_string_lossy()
            .into_owned()
    }

    fn typed(&self, i: usize) -> DatumWithOid<'_> {
        // SAFETY: value and type are those of the column.
        unsafe {
            let oid = (*super::attribute(self.descriptor, i as i32)).atttypid;
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

/// What the transaction sees now, until this goes out of scope.
struct Snapshot;

impl Snapshot {
    fn newest() -> Self {
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

/// The OID of a relation in schema `router`.
pub(super) fn oid_of(name: &CStr) -> Result<pg_sys::Oid> {
    // SAFETY: look-ups in the catalog caches by NUL-terminated names.
    let oid = unsafe {
        let schema = pg_sys::get_namespace_oid(c"router".as_ptr(), true);
        pg_sys::get_relname_relid(name.as_ptr(), schema)
    };
    if oid == pg_sys::InvalidOid { Err(incomplete(name, c"")) } else { Ok(oid) }
}

fn incomplete(relation: &CStr, column: &CStr) -> Error {
    let (relation, column) = (relation.to_string_lossy(), column.to_string_lossy());
    Error::not_found(format!("router.{relation} {column} is missing or of another type"))
        .with_hint("the extension is incomplete: ALTER EXTENSION router UPDATE, or create it again")
}

/// Looks a column up, from a position on and then from the start.
unsafe fn find_column<T: IntoDatum>(descriptor: pg_sys::TupleDesc, from: usize, name: &CStr) -> Option<Column<T>> {
    // SAFETY: the caller's descriptor.
    unsafe { find_typed(descriptor, from, name, T::type_oid()) }.map(|at| Column { at, of: PhantomData })
}

/// The position of a column, looked for from `from` on and then from the start.
pub(super) unsafe fn find_typed(
    descriptor: pg_sys::TupleDesc,
    from: usize,
    name: &CStr,
    value_type: pg_sys::Oid,
) -> Option<usize> {
    // SAFETY: positions stay below the descriptor's number of columns.
    unsafe {
        let count = (*descriptor).natts as usize;
        (0..count).map(|i| (from + i) % count).find(|&at| {
            let attribute = super::attribute(descriptor, at as i32);
            !(*attribute).attisdropped
                && CStr::from_ptr((*attribute).attname.data.as_ptr()) == name
                && value_type == (*attribute).atttypid
        })
    }
}

#[cfg(feature = "pg15")]
pub(super) type Indexes = bool;
#[cfg(not(feature = "pg15"))]
pub(super) type Indexes = pg_sys::TU_UpdateIndexes::Type;

#[cfg(feature = "pg15")]
pub(super) unsafe fn insert_index_tuples(
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
    update: Option<Indexes>,
) {
    let none = std::ptr::null_mut();
    // SAFETY: the caller opened the indexes and stored the slot's row.
    unsafe { pg_sys::ExecInsertIndexTuples(result, slot, estate, update.is_some(), false, none, std::ptr::null_mut()) };
}

#[cfg(not(feature = "pg15"))]
pub(super) unsafe fn insert_index_tuples(
    result: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
    update: Option<Indexes>,
) {
    let none = std::ptr::null_mut();
    let summarizing = update == Some(pg_sys::TU_UpdateIndexes::TU_Summarizing);
    // SAFETY: the caller opened the indexes and stored the slot's row.
    unsafe {
        let list = std::ptr::null_mut();
        pg_sys::ExecInsertIndexTuples(result, slot, estate, update.is_some(), false, none, list, summarizing)
    };
}
