//! Whose rights and whose search_path the extension's own SQL runs with.

use std::ffi::CStr;

use pgrx::pg_sys;

use crate::error::{Error, Result};

/// The catalog row of this extension in the current database.
struct ExtensionRow {
    owner: pg_sys::Oid,
    namespace: pg_sys::Oid,
}

/// The catalog row of an extension; `None` when it is not installed here (or being dropped).
fn extension_row_of(name: &CStr) -> Option<ExtensionRow> {
    // SAFETY: a plain catalog scan inside a transaction; the tuple is copied out before the scan ends.
    unsafe {
        let oid = pg_sys::get_extension_oid(name.as_ptr(), true);
        if oid == pg_sys::InvalidOid {
            return None;
        }
        let relation = pg_sys::table_open(pg_sys::ExtensionRelationId, pg_sys::AccessShareLock as i32);
        let mut key = pg_sys::ScanKeyData::default();
        pg_sys::ScanKeyInit(
            &mut key,
            pg_sys::Anum_pg_extension_oid as i16,
            pg_sys::BTEqualStrategyNumber as u16,
            pg_sys::Oid::from(pg_sys::F_OIDEQ),
            pg_sys::Datum::from(oid),
        );
        let scan = pg_sys::systable_beginscan(
            relation,
            pg_sys::Oid::from(pg_sys::ExtensionOidIndexId),
            true,
            std::ptr::null_mut(),
            1,
            &mut key,
        );
        let tuple = pg_sys::systable_getnext(scan);
        let row = (!tuple.is_null()).then(|| {
            let form = pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_extension>(tuple);
            ExtensionRow { owner: (*form).extowner, namespace: (*form).extnamespace }
        });
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as i32);
        row
    }
}

/// The extension, if this database has it. To be called inside a transaction.
pub fn extension() -> Option<pg_sys::Oid> {
    // SAFETY: a plain catalog look-up.
    let oid = unsafe { pg_sys::get_extension_oid(c"router".as_ptr(), true) };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

/// Whether this database has the extension. To be called inside a transaction.
pub fn extension_is_installed() -> bool {
    extension().is_some()
}

/// Keeps the extension from being dropped until this transaction ends: whoever drops it waits before taking anything.
/// Never waits itself; false if somebody is about to drop it.
pub fn hold_extension() -> bool {
    // SAFETY: inside a transaction, whose end releases the lock; the tag is copied.
    unsafe {
        let oid = pg_sys::get_extension_oid(c"router".as_ptr(), true);
        if oid == pg_sys::InvalidOid {
            return false;
        }
        // As `LockDatabaseObject` has it, which waits.
        let tag = pg_sys::LOCKTAG {
            locktag_field1: pg_sys::MyDatabaseId.to_u32(),
            locktag_field2: pg_sys::ExtensionRelationId.to_u32(),
            locktag_field3: oid.to_u32(),
            locktag_field4: 0,
            locktag_type: pg_sys::LockTagType::LOCKTAG_OBJECT as u8,
            locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
        };
        let taken = pg_sys::LockAcquire(&tag, pg_sys::AccessShareLock as i32, false, true);
        if taken == pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL {
            return false;
        }
        // It may have gone just before.
        pg_sys::AcceptInvalidationMessages();
        pg_sys::get_extension_oid(c"router".as_ptr(), true) == oid
    }
}

fn extension_row() -> Result<ExtensionRow> {
    extension_row_of(c"router").ok_or_else(|| {
        Error::not_found("extension \"router\" is not installed in this database")
            .with_hint("CREATE EXTENSION router CASCADE")
    })
}

/// The schema that holds the types of an extension this one requires.
pub(super) fn schema_of_extension(name: &CStr) -> Option<pg_sys::Oid> {
    extension_row_of(name).map(|row| row.namespace)
}

/// Runs `f` with the rights of the extension's owner, in a security-restricted context,
/// with search_path pinned to `pg_catalog, pg_temp`. For the extension's own tables only:
/// never for SQL that a user wrote or that a spec produced.
///
/// The caller's identity and settings come back when `f` returns; if it raises, the
/// (sub)transaction's abort restores both.
pub fn as_extension_owner<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    let owner = extension_row()?.owner;
    // SAFETY: the saved identity is put back below; on ERROR AbortTransaction or
    // AbortSubTransaction restores identity and unwinds the GUC nest level.
    unsafe {
        let mut user = pg_sys::InvalidOid;
        let mut context = 0;
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        let level = pg_sys::NewGUCNestLevel();
        pg_sys::SetUserIdAndSecContext(
            owner,
            context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32 | pg_sys::SECURITY_RESTRICTED_OPERATION as i32,
        );
        set_local(c"search_path", c"pg_catalog, pg_temp");
        let result = f();
        pg_sys::AtEOXact_GUC(false, level);
        pg_sys::SetUserIdAndSecContext(user, context);
        result
    }
}

/// Sets a setting until the enclosing [`as_extension_owner`] is over.
pub fn set_while_owner(name: &CStr, value: &CStr) {
    // SAFETY: both are NUL-terminated; the caller's GUC nest level puts the setting back.
    unsafe { set_local(name, value) }
}

/// Sets a setting until the enclosing GUC nest level ends.
pub(super) unsafe fn set_local(name: &CStr, value: &CStr) {
    // SAFETY: both strings are NUL-terminated and copied by the server.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}
