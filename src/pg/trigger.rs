//! The rows of a trigger call, read without copying their descriptor: a decision is written for every request.

use std::ffi::CStr;

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::pg_sys;
use pgrx::pgrx_sql_entity_graph::metadata::impl_sql_translatable;

use super::table::{Column, Row};
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

    /// The row as it is to be stored, or was.
    pub fn new_row(&self) -> Row<'c> {
        // SAFETY: tuple and descriptor live as long as the call.
        unsafe { Row::read(self.tuple(), (*self.data.tg_relation).rd_att) }
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
