//! Relations and who acts on them: arguments of type `regclass`, the current user, locks.

use pgrx::callconv::{Arg, ArgAbi};
use pgrx::pgrx_sql_entity_graph::metadata::impl_sql_translatable;
use pgrx::{FromDatum, IntoDatum, pg_sys};

/// An argument of SQL type `regclass`: the OID of a relation that may have been dropped meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regclass(pub pg_sys::Oid);

impl_sql_translatable!(Regclass, "regclass");

// SAFETY: regclass is passed as an OID.
unsafe impl<'fcx> ArgAbi<'fcx> for Regclass {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the caller promises a datum of type regclass, which is an OID.
        Self(unsafe { pg_sys::Oid::unbox_arg_unchecked(arg) })
    }
}

impl FromDatum for Regclass {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _: pg_sys::Oid) -> Option<Self> {
        (!is_null).then(|| Self(pg_sys::Oid::from(datum.value() as u32)))
    }
}

impl IntoDatum for Regclass {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        Some(pg_sys::Datum::from(self.0))
    }

    fn type_oid() -> pg_sys::Oid {
        pg_sys::REGCLASSOID
    }
}

/// An argument of SQL type `regprocedure`: the OID of a function that may have been dropped meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regprocedure(pub pg_sys::Oid);

impl_sql_translatable!(Regprocedure, "regprocedure");

// SAFETY: regprocedure is passed as an OID.
unsafe impl<'fcx> ArgAbi<'fcx> for Regprocedure {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: the caller promises a datum of type regprocedure, which is an OID.
        Self(unsafe { pg_sys::Oid::unbox_arg_unchecked(arg) })
    }
}

/// The current user is a superuser.
pub fn is_superuser() -> bool {
    // SAFETY: a catalog lookup inside a transaction.
    unsafe { pg_sys::superuser() }
}

/// The role whose privileges count now: SET ROLE and SECURITY DEFINER included.
pub fn current_user() -> pg_sys::Oid {
    // SAFETY: reads a backend variable.
    unsafe { pg_sys::GetUserId() }
}

/// A role's name, or its OID in digits when it was dropped.
pub fn role_name(role: pg_sys::Oid) -> String {
    // SAFETY: the call returns a palloc'ed name or null, copied at once.
    unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        if name.is_null() {
            return role.to_u32().to_string();
        }
        std::ffi::CStr::from_ptr(name).to_string_lossy().into_owned()
    }
}

/// Keeps a relation from being dropped or altered until the transaction ends. It may be gone already:
/// look it up after this call.
pub fn lock_relation(relation: pg_sys::Oid) {
    // SAFETY: takes an ordinary lock; waits are interruptible, deadlocks raise an ordinary ERROR.
    unsafe { pg_sys::LockRelationOid(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE) }
}

/// Raises the server's own error (25006) when the transaction is read-only or the server a standby.
pub fn refuse_if_read_only(command: &std::ffi::CStr) {
    // SAFETY: raises an ordinary ERROR or returns.
    unsafe {
        pg_sys::PreventCommandIfReadOnly(command.as_ptr());
        pg_sys::PreventCommandDuringRecovery(command.as_ptr());
    }
}
