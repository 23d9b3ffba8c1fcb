//! Looks at utility statements before and after they run: those that want a database for themselves alone, and those
//! that may take the extension away.

use std::ffi::{CStr, c_char};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use pgrx::{PgList, pg_guard, pg_sys};

/// Whom to ask; told once, from `_PG_init`.
#[derive(Clone, Copy)]
pub struct Watcher {
    /// The database is about to be dropped, copied, renamed or moved by somebody who may.
    pub before_taken: fn(database: u32),
    /// That is over; `true`: it is gone.
    pub after_taken: fn(database: u32, gone: bool),
    /// Something was dropped in this database, and the transaction has been committed.
    pub after_drop: fn(),
}

static WATCHER: OnceLock<Watcher> = OnceLock::new();
/// What this transaction has to tell at its end: something was dropped; a database was taken, and whether to be gone.
static DROPPED: AtomicBool = AtomicBool::new(false);
static TAKEN: AtomicU32 = AtomicU32::new(0);
static GONE: AtomicBool = AtomicBool::new(false);
static LISTENING: AtomicBool = AtomicBool::new(false);
static mut PREVIOUS: pg_sys::ProcessUtility_hook_type = None;

/// Installs the hook, before those already there.
pub fn init(watcher: Watcher) {
    if WATCHER.set(watcher).is_err() {
        return;
    }
    // SAFETY: called once, from _PG_init, on the main thread; hooks are chained.
    unsafe {
        PREVIOUS = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(process_utility);
    }
}

mod unguarded {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        /// The server's own function, without the guard that pgrx puts around its declarations: errors of other
        /// people's statements pass as they are.
        pub fn standard_ProcessUtility(
            statement: *mut pg_sys::PlannedStmt,
            text: *const std::ffi::c_char,
            read_only_tree: bool,
            context: pg_sys::ProcessUtilityContext::Type,
            parameters: pg_sys::ParamListInfo,
            environment: *mut pg_sys::QueryEnvironment,
            receiver: *mut pg_sys::DestReceiver,
            completion: *mut pg_sys::QueryCompletion,
        );
    }
}

/// Holds nothing that an error would have to free, so that the server's errors may jump over it.
#[allow(clippy::too_many_arguments)] // the server's signature
unsafe extern "C-unwind" fn process_utility(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    parameters: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    receiver: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: hands on what the server gave, unchanged; the tree is only read.
    unsafe {
        if concerns_us((*statement).utilityStmt) {
            before((*statement).utilityStmt);
        }
        let next = PREVIOUS.unwrap_or(unguarded::standard_ProcessUtility);
        next(statement, text, read_only_tree, context, parameters, environment, receiver, completion);
    }
}

/// Whether [`before`] needs to look at a statement at all.
unsafe fn concerns_us(node: *mut pg_sys::Node) -> bool {
    use pg_sys::NodeTag::*;
    // SAFETY: reads the node's tag.
    matches!(
        unsafe { (*node).type_ },
        T_DropdbStmt | T_RenameStmt | T_AlterDatabaseStmt | T_CreatedbStmt | T_DropStmt | T_DropOwnedStmt
    )
}

/// What is to be done before a statement runs. What follows is done at the end of its transaction.
#[pg_guard]
unsafe extern "C-unwind" fn before(node: *mut pg_sys::Node) {
    // SAFETY: a node of one of the kinds above.
    unsafe {
        let Some(watcher) = WATCHER.get() else { return };
        listen();
        if let Some(database) = takes_database(node) {
            TAKEN.store(database, Ordering::Relaxed);
            GONE.store((*node).type_ == pg_sys::NodeTag::T_DropdbStmt, Ordering::Relaxed);
            (watcher.before_taken)(database);
        } else {
            DROPPED.store(true, Ordering::Relaxed);
        }
    }
}

/// The database that a statement needs to be alone in, if the current user may use the statement.
unsafe fn takes_database(node: *mut pg_sys::Node) -> Option<u32> {
    // SAFETY: casts follow the node's tag; names are NUL-terminated strings of the parser.
    unsafe {
        let (name, to_read) = match (*node).type_ {
            pg_sys::NodeTag::T_DropdbStmt => ((*node.cast::<pg_sys::DropdbStmt>()).dbname, false),
            pg_sys::NodeTag::T_RenameStmt => {
                let rename = &*node.cast::<pg_sys::RenameStmt>();
                if rename.renameType != pg_sys::ObjectType::OBJECT_DATABASE {
                    return None;
                }
                (rename.subname, false)
            }
            pg_sys::NodeTag::T_AlterDatabaseStmt => {
                let alter = &*node.cast::<pg_sys::AlterDatabaseStmt>();
                option(alter.options, c"tablespace")?;
                (alter.dbname, false)
            }
            pg_sys::NodeTag::T_CreatedbStmt => {
                let template = option((*node.cast::<pg_sys::CreatedbStmt>()).options, c"template");
                (template.unwrap_or(c"template1".as_ptr().cast_mut()), true)
            }
            _ => return None,
        };
        if name.is_null() {
            return None;
        }
        let database = pg_sys::get_database_oid(name, true);
        (database != pg_sys::InvalidOid && may_take(database, to_read)).then(|| database.to_u32())
    }
}

/// The text of an option of a list of `DefElem`.
unsafe fn option(options: *mut pg_sys::List, name: &CStr) -> Option<*mut c_char> {
    // SAFETY: a list of DefElem, as the grammar makes it for these statements.
    unsafe {
        PgList::<pg_sys::DefElem>::from_pg(options)
            .iter_ptr()
            .find(|element| CStr::from_ptr((**element).defname) == name && !(**element).arg.is_null())
            .map(|element| pg_sys::defGetString(element))
    }
}

/// Whether the current user owns the database, or at least may copy it.
unsafe fn may_take(database: pg_sys::Oid, to_read: bool) -> bool {
    // SAFETY: a look-up in a catalog cache inside a transaction; the tuple is released after it was read.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(
            pg_sys::SysCacheIdentifier::DATABASEOID as i32,
            pg_sys::Datum::from(database.to_u32() as usize),
        );
        if tuple.is_null() {
            return false;
        }
        let row = pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_database>(tuple);
        let (owner, template) = ((*row).datdba, (*row).datistemplate);
        pg_sys::ReleaseSysCache(tuple);
        (to_read && template) || pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner)
    }
}

/// Once a backend: the server has no way to take a callback back that costs less than leaving it.
fn listen() {
    if !LISTENING.swap(true, Ordering::Relaxed) {
        // SAFETY: the callback lives as long as the library, which is never unloaded.
        unsafe { pg_sys::RegisterXactCallback(Some(at_transaction_end), std::ptr::null_mut()) };
    }
}

unsafe extern "C-unwind" fn at_transaction_end(event: pg_sys::XactEvent::Type, _argument: *mut std::ffi::c_void) {
    use pg_sys::XactEvent::{XACT_EVENT_ABORT, XACT_EVENT_COMMIT};
    if event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT {
        return;
    }
    let Some(watcher) = WATCHER.get() else { return };
    let committed = event == XACT_EVENT_COMMIT;
    let taken = TAKEN.swap(0, Ordering::Relaxed);
    if taken != 0 {
        (watcher.after_taken)(taken, committed && GONE.load(Ordering::Relaxed));
    }
    if DROPPED.swap(false, Ordering::Relaxed) && committed {
        (watcher.after_drop)();
    }
}
