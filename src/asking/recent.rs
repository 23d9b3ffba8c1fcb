//! The last answers, for follow-ups, ratings and choices by request id.

use std::cell::RefCell;
use std::collections::VecDeque;

use pgrx::pg_sys;
use router_core::quickspec::QuickSpec;
use router_core::route::Answer;
use serde::Deserialize;
use serde_json::Value;

use crate::pg;
use crate::telemetry::{self, Recalled};

/// Answers remembered per connection.
const KEPT: usize = 64;

struct Recent {
    role: pg_sys::Oid,
    id: String,
    turn: Turn,
}

/// What was asked and what came of it.
#[derive(Debug, Clone)]
pub struct Turn {
    pub prompt: String,
    pub spec: Option<QuickSpec>,
    pub alternatives: Vec<QuickSpec>,
}

thread_local! {
    static RECENT: RefCell<VecDeque<Recent>> = const { RefCell::new(VecDeque::new()) };
}

pub fn remember(id: &str, prompt: &str, answer: &Answer) {
    let turn = Turn {
        prompt: prompt.to_owned(),
        spec: answer.spec.clone(),
        alternatives: answer.alternatives.iter().map(|a| a.spec.clone()).collect(),
    };
    RECENT.with_borrow_mut(|recent| {
        if recent.len() >= KEPT {
            recent.pop_front();
        }
        recent.push_back(Recent { role: pg::current_user(), id: id.to_owned(), turn });
    });
}

/// An answer that the same role got: in this connection, or as the log of decisions has it, since a pooler may hand
/// the next call to another.
pub fn turn(id: &str) -> Option<Turn> {
    let role = pg::current_user();
    let here =
        RECENT.with_borrow(|recent| recent.iter().find(|r| r.id == id && r.role == role).map(|r| r.turn.clone()));
    here.or_else(|| telemetry::recall(id).ok().flatten().map(logged))
}

fn logged(question: Recalled) -> Turn {
    let spec = |value: &Value| QuickSpec::deserialize(value).ok();
    let others = question.candidates.as_ref().and_then(Value::as_array);
    Turn {
        prompt: question.prompt,
        spec: question.spec.as_ref().and_then(spec),
        alternatives: others.into_iter().flatten().filter_map(|other| spec(other.get("spec")?)).collect(),
    }
}

/// Its spec.
pub fn spec(id: &str) -> Option<QuickSpec> {
    turn(id)?.spec
}
