//! Looks at utility statements before and after they run: those that want a database for themselves alone, and those
//! that may take the extension away.

use std::ffi::{CStr, c_char};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use pgrx::{PgList, PgTryBuilder, pg_guard, pg_sys};

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
static DROPPED: AtomicBool = AtomicBool::new(false);
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

#[pg_guard]
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
        let go_on = || match PREVIOUS {
            Some(previous) => {
                previous(statement, text, read_only_tree, context, parameters, environment, receiver, completion)
            }
            None => pg_sys::standard_ProcessUtility(
                statement,
                text,
                read_only_tree,
                context,
                parameters,
                environment,
                receiver,
                completion,
            ),
        };
        let Some(watcher) = WATCHER.get() else { return go_on() };
        let node = (*statement).utilityStmt;
        if let Some(database) = takes_database(node) {
            let gone = (*node).type_ == pg_sys::NodeTag::T_DropdbStmt;
            PgTryBuilder::new(std::panic::AssertUnwindSafe(|| {
                (watcher.before_taken)(database);
                go_on();
            }))
            .catch_others(|error| {
                (watcher.after_taken)(database, false);
                error.rethrow()
            })
            .execute();
            (watcher.after_taken)(database, gone);
            return;
        }
        if may_drop_extension(node) {
            DROPPED.store(true, Ordering::Relaxed);
            listen();
        }
        go_on();
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
                (option(*(&raw const (*node.cast::<pg_sys::CreatedbStmt>()).options), c"template")?, true)
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

unsafe fn may_drop_extension(node: *mut pg_sys::Node) -> bool {
    // SAFETY: reads the node's tag.
    matches!(unsafe { (*node).type_ }, pg_sys::NodeTag::T_DropStmt | pg_sys::NodeTag::T_DropOwnedStmt)
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
    if DROPPED.swap(false, Ordering::Relaxed)
        && event == XACT_EVENT_COMMIT
        && let Some(watcher) = WATCHER.get()
    {
        (watcher.after_drop)();
    }
}
