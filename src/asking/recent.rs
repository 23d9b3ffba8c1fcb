//! The last answers, for follow-ups, ratings and choices by request id.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use pgrx::pg_sys;
use router_core::quickspec::QuickSpec;
use router_core::route::Answer;
use serde::Deserialize;
use serde_json::Value;

use crate::cache::spec::Hit;
use crate::pg;
use crate::telemetry;

/// Answers remembered per connection.
const KEPT: usize = 64;

struct Recent {
    role: pg_sys::Oid,
    id: String,
    turn: Kept,
}

/// Answers of the cache are read when somebody refers to them.
enum Kept {
    Turn(Box<Turn>),
    Hit { prompt: String, hit: Rc<Hit> },
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
    keep(id, Kept::Turn(Box::new(turn)));
}

/// As [`remember`], of an answer that was kept.
pub fn remember_hit(id: &str, prompt: &str, hit: &Rc<Hit>) {
    keep(id, Kept::Hit { prompt: prompt.to_owned(), hit: Rc::clone(hit) });
}

fn keep(id: &str, turn: Kept) {
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
    let here = RECENT.with_borrow(|recent| {
        let found = recent.iter().find(|r| r.id == id && r.role == role)?;
        match &found.turn {
            Kept::Turn(turn) => Some((**turn).clone()),
            Kept::Hit { prompt, hit } => {
                let answer = hit.value()?;
                Some(turn_of(prompt.clone(), answer.get("spec"), answer.get("alternatives")))
            }
        }
    });
    here.or_else(|| {
        let found = telemetry::recall(id).ok().flatten()?;
        Some(turn_of(found.prompt, found.spec.as_ref(), found.candidates.as_ref()))
    })
}

fn turn_of(prompt: String, spec: Option<&Value>, alternatives: Option<&Value>) -> Turn {
    let read = |value: &Value| QuickSpec::deserialize(value).ok();
    let others = alternatives.and_then(Value::as_array);
    Turn {
        prompt,
        spec: spec.and_then(read),
        alternatives: others.into_iter().flatten().filter_map(|other| read(other.get("spec")?)).collect(),
    }
}

/// Its spec.
pub fn spec(id: &str) -> Option<QuickSpec> {
    turn(id)?.spec
}
