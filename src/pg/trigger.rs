//! The rows of a trigger call, read without copying their descriptor: a decision is written for every request.

use std::ffi::CStr;

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::pg_sys;
use pgrx::pgrx_sql_entity_graph::metadata::impl_sql_translatable;

use super::table::{Column, Row, oid_of};
use crate::error::{self, Error};

/// A call of a row trigger.
pub struct Call<'c> {
    data: &'c pg_sys::TriggerData,
}

/// What a trigger function returns: the row to go on with.
pub struct Returned(pg_sys::Datum);

impl_sql_translatable!(Returned, "trigger");

// SAFETY: triggers return the address of a tuple, never the SQL null flag.
unsafe impl BoxRet for Returned {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> pgrx::datum::Datum<'fcx> {
        // SAFETY: the tuple lives in the context of the call or longer.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

impl<'c> Call<'c> {
    /// Refuses to be called as anything but a row trigger.
    pub fn read(fcinfo: pg_sys::FunctionCallInfo) -> error::Result<Self> {
        const ROW: u32 = pg_sys::TRIGGER_EVENT_ROW;
        // SAFETY: the server passes a valid call; its context says whether a trigger manager made it.
        unsafe {
            let context = (*fcinfo).context;
            if context.is_null()
                || (*context).type_ != pg_sys::NodeTag::T_TriggerData
                || (*context.cast::<pg_sys::TriggerData>()).tg_event & ROW == 0
            {
                return Err(Error::invalid("this function can only be called as a row trigger"));
            }
            Ok(Self { data: &*context.cast() })
        }
    }

    /// Whether the row is a new one.
    pub fn is_insert(&self) -> bool {
        self.data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_INSERT
    }

    fn tuple(&self) -> pg_sys::HeapTuple {
        let update = self.data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE;
        if update { self.data.tg_newtuple } else { self.data.tg_trigtuple }
    }

    /// The row as it was before an update or a deletion.
    pub fn old_row(&self) -> Row<'c> {
        // SAFETY: as in `new_row`.
        unsafe { Row::read(self.data.tg_trigtuple, (*self.data.tg_relation).rd_att) }
    }

    /// The row as it is to be stored, or was.
    pub fn new_row(&self) -> Row<'c> {
        // SAFETY: tuple and descriptor live as long as the call.
        unsafe { Row::read(self.tuple(), (*self.data.tg_relation).rd_att) }
    }

    /// Has the statement at work not ask by its foreign key whether `referenced` holds what its new rows refer to: the
    /// trigger `in_its_place`, which runs after each of them, sees to that. Only where that trigger is on. What changes
    /// is the executor's own copy of the table's triggers, gone with the statement: the key stays what it is.
    pub fn leave_out_key_check(&self, referenced: &CStr, in_its_place: &CStr) -> error::Result<()> {
        const AFTER_INSERT: i16 = (pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_INSERT) as i16;
        let referenced = oid_of(referenced)?;
        let own = self.data.tg_trigger;
        // SAFETY: the relation is open, and its list of triggers can't change under the statement's lock. The
        // executor's copy has the same ones in the same order, which is looked at before anything is written.
        unsafe {
            let described = (*self.data.tg_relation).trigdesc;
            if described.is_null() || (*described).triggers.is_null() {
                return Ok(());
            }
            let listed = std::slice::from_raw_parts((*described).triggers, (*described).numtriggers as usize);
            let Some(place) = listed.iter().position(|trigger| trigger.tgoid == (*own).tgoid) else { return Ok(()) };
            let copies = own.sub(place);
            let at_work = |i: usize| &mut *copies.add(i);
            let is_copy = std::ptr::from_ref(listed).cast() != copies.cast_const()
                && (0..listed.len()).all(|i| at_work(i).tgoid == listed[i].tgoid);
            let replaced = |trigger: &pg_sys::Trigger| {
                trigger.tgtype == AFTER_INSERT
                    && trigger.tgenabled == (*own).tgenabled
                    && CStr::from_ptr(trigger.tgname) == in_its_place
            };
            if is_copy && listed.iter().any(replaced) {
                for i in 0..listed.len() {
                    let trigger = at_work(i);
                    if trigger.tgfoid.to_u32() == pg_sys::F_RI_FKEY_CHECK_INS && trigger.tgconstrrelid == referenced {
                        trigger.tgenabled = pg_sys::TRIGGER_DISABLED as std::ffi::c_char;
                    }
                }
            }
        }
        Ok(())
    }

    /// Goes on with the row that there is.
    pub fn unchanged(&self) -> Returned {
        Returned(pg_sys::Datum::from(self.tuple()))
    }

    /// Goes on with this row instead.
    pub fn with(&self, mut row: Row<'c>) -> Returned {
        Returned(pg_sys::Datum::from(row.form()))
    }
}

/// A column of a trigger's row; look them up in their order.
pub struct Columns {
    next: usize,
}

impl Columns {
    pub fn new() -> Self {
        Self { next: 0 }
    }

    pub fn find<T: pgrx::IntoDatum>(&mut self, row: &Row<'_>, name: &CStr) -> error::Result<Column<T>> {
        let column = row.column(self.next, name).ok_or_else(|| {
            Error::not_found(format!("column {} is missing or of another type", name.to_string_lossy()))
        })?;
        self.next = column.place() + 1;
        Ok(column)
    }
}
