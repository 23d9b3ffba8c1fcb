//! Rows of the extension's own tables, found by an index and changed in place, without planner and executor.
//!
//! Every routed request takes a few of these. As an SQL statement each costs some ten times as much: another identity
//! and search_path, an executor tree, the conditions of triggers that have nothing to do. What a statement promises is
//! kept: the snapshot and isolation level, waiting for whoever changes the same row, HOT updates, indexes, replication,
//! triggers that others put on the table.

mod indexes;
mod row;
mod scan;

use std::cell::Cell;
use std::ffi::CStr;

use pgrx::datum::DatumWithOid;
use pgrx::{IntoDatum, Spi, pg_sys};

pub(super) use self::indexes::{Indexes, insert_index_tuples};
use self::row::find_column;
pub(super) use self::row::find_typed;
pub use self::row::{Column, Moment, Row, two_decimals};
use self::scan::Snapshot;
pub use self::scan::{Key, Scan};
use crate::error::{Error, Result};

/// An open table of schema `router`.
pub struct Table {
    name: &'static CStr,
    relation: pg_sys::Relation,
    lock: pg_sys::LOCKMODE,
    /// Where the search for the next column starts: columns are asked for in their order.
    next: Cell<usize>,
}

impl Table {
    pub fn open_to_read(name: &'static CStr) -> Result<Self> {
        Self::open(name, pg_sys::AccessShareLock as pg_sys::LOCKMODE)
    }

    pub fn open_to_write(name: &'static CStr) -> Result<Self> {
        crate::pg::refuse_if_read_only(c"recording an outcome");
        // SAFETY: raises an ordinary ERROR or returns.
        unsafe { pg_sys::PreventCommandIfParallelMode(c"recording an outcome".as_ptr()) };
        let table = Self::open(name, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE)?;
        // SAFETY: the relation is open.
        crate::pg::writes::mark(unsafe { (*table.relation).rd_id }.to_u32());
        Ok(table)
    }

    fn open(name: &'static CStr, lock: pg_sys::LOCKMODE) -> Result<Self> {
        let relation = oid_of(name)?;
        // SAFETY: an ordinary open; the server closes what an ERROR leaves open.
        let relation = unsafe { pg_sys::table_open(relation, lock) };
        Ok(Self { name, relation, lock, next: Cell::new(0) })
    }

    pub fn oid(&self) -> pg_sys::Oid {
        // SAFETY: the relation is open.
        unsafe { (*self.relation).rd_id }
    }

    /// Whether the table has never held a row since it was last vacuumed to nothing: a cheaper question than a scan.
    pub fn has_no_pages(&self) -> bool {
        self.pages() == 0
    }

    pub fn pages(&self) -> u32 {
        // SAFETY: an open relation.
        unsafe { pg_sys::RelationGetNumberOfBlocksInFork(self.relation, pg_sys::ForkNumber::MAIN_FORKNUM) }
    }

    /// A role has `SELECT` on it.
    pub fn may_be_read_by(&self, role: pg_sys::Oid) -> bool {
        // SAFETY: a look-up in the catalog caches; the relation is open.
        unsafe {
            pg_sys::pg_class_aclcheck((*self.relation).rd_id, role, pg_sys::ACL_SELECT as pg_sys::AclMode)
                == pg_sys::AclResult::ACLCHECK_OK
        }
    }

    /// Finds a column by name, and that it holds `T`.
    pub fn column<T: IntoDatum>(&self, name: &CStr) -> Result<Column<T>> {
        // SAFETY: the descriptor lives as long as the relation is open.
        let found = unsafe { find_column::<T>((*self.relation).rd_att, self.next.get(), name) };
        let column = found.ok_or_else(|| incomplete(self.name, name))?;
        self.next.set(column.at + 1);
        Ok(column)
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

    /// Whether there is a row with these keys now, made by the running statement or by whoever committed last.
    pub fn holds(&self, index: &CStr, keys: &[Key]) -> Result<bool> {
        // SAFETY: outside of parallel mode, as opened to write.
        unsafe { pg_sys::CommandCounterIncrement() };
        let _snapshot = Snapshot::newest();
        Ok(self.scan(index, keys)?.next().is_some())
    }

    /// Keeps the row with these keys from going until the transaction ends, as a foreign key's check does; false when
    /// there is none, a row of the running statement counted.
    pub fn hold(&self, index: &CStr, keys: &[Key]) -> Result<bool> {
        loop {
            pgrx::check_for_interrupts!();
            // SAFETY: outside of parallel mode, as opened to write.
            unsafe { pg_sys::CommandCounterIncrement() };
            let _snapshot = Snapshot::newest();
            let mut scan = self.scan(index, keys)?;
            let Some(mut row) = scan.next() else { return Ok(false) };
            // SAFETY: the row was read from this open table under the active snapshot.
            let outcome = unsafe {
                let callbacks = pg_sys::table_slot_callbacks(self.relation);
                let slot = pg_sys::MakeSingleTupleTableSlot((*self.relation).rd_att, callbacks);
                let mut failure = pg_sys::TM_FailureData::default();
                let outcome = pg_sys::table_tuple_lock(
                    self.relation,
                    &mut row.place,
                    pg_sys::GetActiveSnapshot(),
                    slot,
                    pg_sys::GetCurrentCommandId(true),
                    pg_sys::LockTupleMode::LockTupleKeyShare,
                    pg_sys::LockWaitPolicy::LockWaitBlock,
                    pg_sys::TUPLE_LOCK_FLAG_FIND_LAST_VERSION as u8,
                    &mut failure,
                );
                pg_sys::ExecDropSingleTupleTableSlot(slot);
                outcome
            };
            if outcome == pg_sys::TM_Result::TM_Ok {
                return Ok(true);
            }
            if crate::pg::snapshot_is_fixed() {
                return Err(could_not_serialize());
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
            } else if crate::pg::snapshot_is_fixed() {
                return Err(could_not_serialize());
            }
            Ok(stored)
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
        crate::pg::as_extension_owner(|| {
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

fn could_not_serialize() -> Error {
    let state = pgrx::PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE;
    Error::new(state, "could not serialize access due to concurrent update")
}

/// The OID of a relation in schema `router`.
pub fn oid_of(name: &CStr) -> Result<pg_sys::Oid> {
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
