//! What repeats of a question repeat. Whoever gives a kept answer again queues only that he did; what was asked and
//! answered stands in a decision that was queued before: in the same batch, in one that this process wrote lately, or
//! in the table.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use router_core::telemetry::{Batch, Decision, Failure, Record, Repeat};

use super::memory::{self, Counter};
use crate::error::Result;
use crate::pg;

/// Bytes of decisions remembered.
const REMEMBERED: usize = 4 << 20;

type Id = [u8; 16];

/// Decisions that repeats may refer to, the newest last.
#[derive(Default)]
struct Lately {
    found: HashMap<Id, Rc<[u8]>>,
    order: VecDeque<Id>,
    bytes: usize,
}

thread_local! {
    static LATELY: RefCell<Lately> = RefCell::default();
}

impl Lately {
    fn remember(&mut self, id: Id, bytes: Rc<[u8]>) {
        let size = bytes.len();
        match self.found.insert(id, bytes) {
            Some(before) => self.bytes -= before.len(),
            None => self.order.push_back(id),
        }
        self.bytes += size;
        while self.bytes > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.found.remove(&oldest).map_or(0, |gone| gone.len());
        }
    }

    fn forget(&mut self, id: &Id) {
        if let Some(gone) = self.found.remove(id) {
            self.bytes -= gone.len();
            self.order.retain(|kept| kept != id);
        }
    }
}

/// A row of the logs to be.
pub enum Entry<'a> {
    Decision(Decision<'a>),
    /// With the decision that it repeats.
    Repeat(Repeat, &'a Decision<'a>),
    Failure(Failure<'a>),
}

impl<'a> Entry<'a> {
    /// The decision, with all that it repeats; `None` for a failure.
    pub fn whole(&self) -> Option<Cow<'_, Decision<'a>>> {
        match self {
            Self::Decision(decision) => Some(Cow::Borrowed(decision)),
            Self::Repeat(repeat, first) => Some(Cow::Owned(first.repeated(repeat))),
            Self::Failure(_) => None,
        }
    }
}

/// What repeats may refer to no more: it could not be stored.
pub fn forget(decision: &Decision<'_>) {
    if decision.leads {
        LATELY.with_borrow_mut(|lately| lately.forget(&decision.request_id));
    }
}

/// Those that the repeats of some batches refer to.
pub struct Leaders(HashMap<Id, Rc<[u8]>>);

impl Leaders {
    pub fn of(batches: &[Batch]) -> Result<Self> {
        let mut leaders = HashMap::new();
        for bytes in batches.iter().flat_map(|batch| &batch.records) {
            match Record::from_bytes(bytes) {
                Some(Record::Decision(d)) if d.leads => {
                    let kept: Rc<[u8]> = bytes.as_slice().into();
                    leaders.insert(d.request_id, Rc::clone(&kept));
                    LATELY.with_borrow_mut(|lately| lately.remember(d.request_id, kept));
                }
                Some(Record::Repeat(Repeat { of, .. })) if !leaders.contains_key(&of) => {
                    let known = LATELY.with_borrow(|lately| lately.found.get(&of).cloned());
                    let found = match known {
                        Some(known) => Some(known),
                        None => written(of)?,
                    };
                    if let Some(found) = found {
                        LATELY.with_borrow_mut(|lately| lately.remember(of, Rc::clone(&found)));
                        leaders.insert(of, found);
                    }
                }
                _ => {}
            }
        }
        Ok(Self(leaders))
    }

    /// What they say.
    pub fn decisions(&self) -> HashMap<Id, Decision<'_>> {
        let decision = |bytes| match Record::from_bytes(bytes) {
            Some(Record::Decision(decision)) => Some(decision),
            _ => None,
        };
        self.0.iter().filter_map(|(id, bytes)| Some((*id, decision(bytes)?))).collect()
    }
}

/// The records of the batches, with what they repeat. What can't be read, or refers to nothing, is counted as lost.
pub fn entries<'a>(batches: &'a [Batch], leaders: &'a HashMap<Id, Decision<'a>>) -> Vec<Entry<'a>> {
    let entry = |bytes: &'a Vec<u8>| match Record::from_bytes(bytes)? {
        Record::Decision(decision) => Some(Entry::Decision(decision)),
        Record::Failure(failure) => Some(Entry::Failure(failure)),
        Record::Repeat(repeat) => Some(Entry::Repeat(repeat, leaders.get(&repeat.of)?)),
    };
    let mut entries = Vec::new();
    for bytes in batches.iter().flat_map(|batch| &batch.records) {
        match entry(bytes) {
            Some(entry) => entries.push(entry),
            None => memory::add(Counter::Unstorable, 1),
        }
    }
    entries
}

/// The decision as the table has it, after this process or its predecessor forgot it.
fn written(id: Id) -> Result<Option<Rc<[u8]>>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let sql = include_str!("../../sql/telemetry/leader.sql");
            let mut rows = client.select(sql, Some(1), &[Uuid::from_bytes(id).into()])?;
            let Some(row) = rows.next() else { return Ok(None) };
            let text = |i| row.get::<String>(i);
            let some = |i| text(i).map(Option::unwrap_or_default);
            let (role, prompt, context, status, source, intent) =
                (some(1)?, text(2)?, text(3)?, some(4)?, some(5)?, some(6)?);
            let (layer, dataset, spec, sql) = (text(8)?, text(9)?, text(10)?, text(11)?);
            let (candidates, error, clock, settings) = (text(12)?, text(13)?, some(14)?, some(15)?);
            let decision = Decision {
                request_id: id,
                decided_at: row.get(18)?.unwrap_or_default(),
                role: &role,
                prompt: prompt.as_deref(),
                context: context.as_deref(),
                status: &status,
                source: &source,
                intent: &intent,
                confidence: row.get(7)?.unwrap_or_default(),
                layer: layer.as_deref(),
                dataset: dataset.as_deref(),
                spec: spec.as_deref(),
                sql: sql.as_deref(),
                candidates: candidates.as_deref(),
                error: error.as_deref(),
                cached: true,
                clock: &clock,
                settings: &settings,
                semantic_version: row.get::<i64>(16)?.unwrap_or_default() as u64,
                fingerprint: u64::from_str_radix(&some(17)?, 16).unwrap_or_default(),
                ..Decision::default()
            };
            Ok(Record::Decision(decision).to_bytes().map(Rc::from))
        })
    })
}
