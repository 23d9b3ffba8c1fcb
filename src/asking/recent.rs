//! The specs of this connection's last answers, for follow-ups by request id.

use std::cell::RefCell;
use std::collections::VecDeque;

use pgrx::pg_sys;
use router_core::quickspec::QuickSpec;

use crate::pg;

/// Answers remembered per connection.
const KEPT: usize = 64;

struct Recent {
    role: pg_sys::Oid,
    id: String,
    spec: QuickSpec,
}

thread_local! {
    static RECENT: RefCell<VecDeque<Recent>> = const { RefCell::new(VecDeque::new()) };
}

pub fn remember(id: &str, spec: &QuickSpec) {
    RECENT.with_borrow_mut(|recent| {
        if recent.len() >= KEPT {
            recent.pop_front();
        }
        recent.push_back(Recent { role: pg::current_user(), id: id.to_owned(), spec: spec.clone() });
    });
}

/// The spec of an answer that the same role got.
pub fn spec(id: &str) -> Option<QuickSpec> {
    let role = pg::current_user();
    RECENT.with_borrow(|recent| recent.iter().find(|r| r.id == id && r.role == role).map(|r| r.spec.clone()))
}
