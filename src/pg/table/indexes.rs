//! Entering rows into the indexes of their table.

use pgrx::pg_sys;

use super::Table;

impl Table {
    /// Enters a stored row into the indexes: a new row's into all, a new version's into those that an update says.
    pub(super) unsafe fn enter_into_indexes(&self, slot: *mut pg_sys::TupleTableSlot, update: Option<Indexes>) {
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
}

#[cfg(feature = "pg15")]
pub(in crate::pg) type Indexes = bool;
#[cfg(not(feature = "pg15"))]
pub(in crate::pg) type Indexes = pg_sys::TU_UpdateIndexes::Type;

#[cfg(feature = "pg15")]
pub(in crate::pg) unsafe fn insert_index_tuples(
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
pub(in crate::pg) unsafe fn insert_index_tuples(
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
