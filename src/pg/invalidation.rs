//! When a backend's copy of the semantic model is out of date: the server's own cache invalidation.
//!
//! Relation events (DDL, GRANT, REVOKE, DROP, and row changes that [`announce`] turns into one) reach
//! every backend at commit and the own transaction at once; nothing is polled.

use std::cell::{Cell, RefCell};

use pgrx::pg_sys;

thread_local! {
    static GENERATION: Cell<u64> = const { Cell::new(1) };
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
    /// Relations whose events matter, sorted; `None`: all of them.
    static WATCHED: RefCell<Option<Vec<u32>>> = const { RefCell::new(None) };
    /// Grows as GENERATION does, for what is taught besides the semantic model.
    static KNOWLEDGE: Cell<u64> = const { Cell::new(1) };
    /// The relation that stands for it; 0 until it is known.
    static TAUGHT: Cell<u32> = const { Cell::new(0) };
    /// The transaction that announced what was taught last, and the subtransaction that did.
    static MARKED: Cell<(u32, pg_sys::SubTransactionId)> = const { Cell::new((0, 0)) };
    /// The transaction has announced something that others don't see yet.
    static UNCOMMITTED: Cell<bool> = const { Cell::new(false) };
}

/// A number that grows whenever something a model was loaded from may have changed. Messages that
/// other backends sent are taken in first, so a changed commit that preceded the call is seen.
pub fn generation() -> u64 {
    register();
    // SAFETY: takes in pending messages and calls the callbacks below; needs a transaction, as every caller has one.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    GENERATION.get()
}

/// Declares everything loaded so far out of date, in this backend.
pub fn forget() {
    GENERATION.set(GENERATION.get() + 1);
}

/// A number that grows whenever something taught besides the semantic model may have changed: questions, templates,
/// functions allowed. Messages are taken in by [`generation`].
pub fn knowledge() -> u64 {
    KNOWLEDGE.get()
}

/// From now on events of this relation count as changes of what is taught.
pub fn watch_knowledge(relation: pg_sys::Oid) {
    TAUGHT.set(relation.to_u32());
}

/// This transaction has changed the model or what is taught: what it sees is nobody else's.
pub fn is_uncommitted() -> bool {
    UNCOMMITTED.get()
}

/// From now on events of these relations count, in place of those watched before.
pub fn watch(relations: impl Iterator<Item = pg_sys::Oid>) {
    let mut relations: Vec<u32> = relations.map(pg_sys::Oid::to_u32).collect();
    relations.sort_unstable();
    WATCHED.set(Some(relations));
}

/// From now on events of every relation count, until [`watch`] says which: for the time in which it is found out.
pub fn watch_all() {
    register();
    WATCHED.set(None);
}

/// Makes every backend that watches `relation` forget, at commit; this one at the end of the command.
pub fn announce(relation: pg_sys::Oid) {
    forget();
    queue(relation);
}

/// As [`announce`] for what is taught; `relation` is the one that [`watch_knowledge`] is told.
pub fn announce_knowledge(relation: pg_sys::Oid) {
    KNOWLEDGE.set(KNOWLEDGE.get() + 1);
    queue(relation);
    // SAFETY: plain look-ups of the current transaction's numbers.
    MARKED.set(unsafe { (pg_sys::GetTopTransactionIdIfAny().into(), pg_sys::GetCurrentSubTransactionId()) });
}

/// The number of what is in no subtransaction.
const TOP: pg_sys::SubTransactionId = 1;

/// This transaction has announced already that something was taught, and no rollback to a savepoint can undo that
/// alone. What this backend keeps of it is out of date all the same.
pub fn knowledge_is_marked() -> bool {
    let (transaction, part) = MARKED.get();
    // SAFETY: as above.
    let (now, now_in) =
        unsafe { (u32::from(pg_sys::GetTopTransactionIdIfAny()), pg_sys::GetCurrentSubTransactionId()) };
    let marked = transaction != 0 && transaction == now && (part == TOP || part == now_in);
    if marked {
        KNOWLEDGE.set(KNOWLEDGE.get() + 1);
    }
    marked
}

fn queue(relation: pg_sys::Oid) {
    if !UNCOMMITTED.replace(true) {
        use pgrx::PgXactCallbackEvent::{Abort, Commit, Prepare};
        for end in [Commit, Abort, Prepare] {
            pgrx::register_xact_callback(end, || {
                UNCOMMITTED.set(false);
                KNOWLEDGE.set(KNOWLEDGE.get() + 1);
            });
        }
    }
    // SAFETY: only queues a message; raises an ordinary ERROR if the relation is gone.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(relation) };
}

/// Once a backend. The server has few slots for callbacks and no way to take one back.
fn register() {
    if REGISTERED.replace(true) {
        return;
    }
    use pg_sys::SysCacheIdentifier as cache;
    let nothing = pg_sys::Datum::from(0usize);
    // SAFETY: the callbacks live as long as the library, which is never unloaded, and neither raise nor panic.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), nothing);
        // Who may see what also hangs on roles, memberships and schemas.
        for id in [cache::AUTHOID, cache::AUTHMEMROLEMEM, cache::NAMESPACEOID] {
            pg_sys::CacheRegisterSyscacheCallback(id as i32, Some(catalog_changed), nothing);
        }
    }
}

unsafe extern "C-unwind" fn relation_changed(_arg: pg_sys::Datum, relation: pg_sys::Oid) {
    super::writes::changed(relation.to_u32());
    let matters = relation == pg_sys::InvalidOid
        || WATCHED.with(|watched| {
            watched
                .try_borrow()
                .map_or(true, |w| w.as_ref().is_none_or(|w| w.binary_search(&relation.to_u32()).is_ok()))
        });
    if matters {
        forget();
    }
    if relation == pg_sys::InvalidOid || relation.to_u32() == TAUGHT.get() {
        KNOWLEDGE.set(KNOWLEDGE.get() + 1);
    }
}

unsafe extern "C-unwind" fn catalog_changed(_arg: pg_sys::Datum, _cache: i32, _hash: u32) {
    forget();
}
