//! One question, from being asked to being on record.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use router_core::route::{Answer, Status};
use router_core::semantic::Layer;
use router_core::telemetry::{Decision, ErrorKind, Failure, Record, Repeat};
use router_core::time::Clock;
use serde::Serialize;

use super::memory::{self, Counter, Pushed};
use super::settings::{self, Mode, Prompts};
use super::{Operation, measured, store};
use crate::error::{Result, sqlstate};
use crate::{guc, pg, worker};

/// Bytes of one record; what is longer is kept without the parts that repeat the others.
const MAX_RECORD: usize = 64 * 1024;
/// Characters of an error's message.
const MAX_MESSAGE: usize = 1000;

thread_local! {
    /// The question being answered, or answered last: its request id and whose it is.
    static CURRENT: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

/// The decision on an answer that was put on record in full, so that repeats need not be.
#[derive(Debug, Default)]
pub struct Led(Cell<Option<Leader>>);

#[derive(Debug, Clone, Copy)]
struct Leader {
    request_id: [u8; 16],
    /// Microseconds since 1970.
    at: i64,
    generation: u64,
    counter: Counter,
}

/// Microseconds for which repeats refer to the same decision.
const LEADS_FOR: i64 = 60_000_000;

/// What the log will say of the question being answered.
pub struct Question<'a> {
    prompt: &'a str,
    /// JSON.
    context: &'a str,
    request_id: String,
    /// Taken when asked: whose rights count may change while an error is handled.
    role: String,
    started: Instant,
    steps: Vec<(&'static str, u32)>,
    last_step: Instant,
    clock: String,
    settings: String,
    semantic_version: u64,
    fingerprint: u64,
    cached: bool,
}

/// Answers a question by `answer`, which tells what it learns on the way, and puts on record what came of it: also if
/// it raised an error, which then passes on unchanged.
pub fn question<T>(prompt: &str, context: &str, answer: impl FnOnce(&mut Question<'_>) -> Result<T>) -> Result<T> {
    let mut question = Question::new(prompt, context);
    let outcome = pg::looking_at_errors(|| answer(&mut question));
    match outcome {
        Ok(Ok(answered)) => {
            question.measure(false);
            Ok(answered)
        }
        Ok(Err(error)) => {
            question.failed(&error.sqlstate(), error.message());
            Err(error)
        }
        Err(raised) => {
            if let Some(failure) = raised.failure() {
                question.failed(&sqlstate(failure.code), &failure.message);
            }
            raised.raise_again()
        }
    }
}

impl<'a> Question<'a> {
    fn new(prompt: &'a str, context: &'a str) -> Self {
        let now = Instant::now();
        let (request_id, role) = (pg::new_uuid(), pg::role_name(pg::current_user()));
        CURRENT.set((request_id.clone(), role.clone()));
        Self {
            prompt,
            context,
            request_id,
            role,
            started: now,
            steps: Vec::with_capacity(4),
            last_step: now,
            clock: String::new(),
            settings: String::new(),
            semantic_version: 0,
            fingerprint: 0,
            cached: false,
        }
    }

    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// A step ended: the time since the one before is its.
    pub fn step(&mut self, name: &'static str) {
        let now = Instant::now();
        self.steps.push((name, micros(now - self.last_step)));
        self.last_step = now;
    }

    /// What "now" means, and the settings that change an answer.
    pub fn clock(&mut self, clock: &Clock) {
        if settings::mode() == Mode::Off {
            return;
        }
        self.clock = clock.now.to_string();
        self.settings = format!(
            r#"{{"week_start":"{:?}","fiscal_year_start":{},"relative_periods":"{}","max_rows":{}}}"#,
            clock.week_start,
            clock.fiscal_year_start,
            if clock.rolling { "rolling" } else { "calendar" },
            guc::max_rows(),
        );
    }

    /// Which semantic model was asked.
    pub fn model(&mut self, version: u64, fingerprint: u64) {
        (self.semantic_version, self.fingerprint) = (version, fingerprint);
    }

    /// Puts the answer on record, with the steps that led to it. Called once, when nothing can change it any more.
    pub fn answered(&self, answer: &Answer, steps: &impl Serialize) -> Result<()> {
        let (status, counter) = status(answer);
        memory::add(counter, 1);
        if self.cached {
            memory::add(Counter::Cached, 1);
        }
        if settings::mode() == Mode::Off {
            return Ok(());
        }
        let quotes = settings::prompts() == Prompts::Full;
        let json = |value: Option<serde_json::Result<String>>| value.and_then(std::result::Result::ok);
        let spec = json(answer.spec.as_ref().filter(|_| quotes).map(serde_json::to_string));
        let others = &answer.alternatives;
        let candidates = json(Some(others).filter(|list| quotes && !list.is_empty()).map(serde_json::to_string));
        let steps = json(Some(steps).filter(|_| quotes).map(serde_json::to_string));
        self.log(
            Decision {
                status,
                source: answer.source,
                intent: answer.intent,
                confidence: answer.confidence,
                layer: answer.layer.map(layer),
                dataset: answer.dataset.as_deref(),
                spec: spec.as_deref(),
                sql: answer.sql.as_deref().filter(|_| quotes),
                candidates: candidates.as_deref(),
                steps: steps.as_deref(),
                ..Decision::default()
            },
            pg::may_write(),
        )
        .map(drop)
    }

    /// What [`Self::repeated`] needs to put the same answer to a later question on record.
    pub fn record(&self, answer: &Answer) -> Vec<u8> {
        let quotes = settings::prompts() == Prompts::Full;
        let spec = answer.spec.as_ref().filter(|_| quotes).and_then(|spec| serde_json::to_string(spec).ok());
        let decision = Decision {
            status: status(answer).0,
            source: answer.source,
            intent: answer.intent,
            confidence: answer.confidence,
            layer: answer.layer.map(layer),
            dataset: answer.dataset.as_deref(),
            spec: spec.as_deref(),
            sql: answer.sql.as_deref().filter(|_| quotes),
            clock: &self.clock,
            settings: &self.settings,
            semantic_version: self.semantic_version,
            fingerprint: self.fingerprint,
            ..Decision::default()
        };
        Record::Decision(decision).to_bytes().unwrap_or_default()
    }

    /// Puts an answer on record that was worked out for an earlier question; the clock is that one's. `led` is this
    /// connection's own for the answer, and `generation` grows when a role's name or rights may have changed.
    pub fn repeated(&mut self, record: &[u8], led: &Led, generation: u64) -> Result<()> {
        self.cached = true;
        memory::add(Counter::Cached, 1);
        let queued = settings::mode() == Mode::Batched && settings::prompts() == Prompts::Full && memory::available();
        let now = now_micros();
        if queued
            && let Some(leader) = led.0.get()
            && leader.generation == generation
            && (leader.at..leader.at + LEADS_FOR).contains(&now)
            && !pg::in_recovery()
        {
            memory::add(leader.counter, 1);
            queue(&Record::Repeat(Repeat {
                of: leader.request_id,
                request_id: uuid_bytes(&self.request_id),
                decided_at: now,
                total_us: micros(self.started.elapsed()),
            }));
            return Ok(());
        }
        let Some(Record::Decision(kept)) = Record::from_bytes(record) else { return Ok(()) };
        let counter = match kept.status {
            "ok" => Counter::Ok,
            "clarify" => Counter::Clarify,
            _ => Counter::Refused,
        };
        memory::add(counter, 1);
        if settings::mode() == Mode::Off {
            return Ok(());
        }
        (self.semantic_version, self.fingerprint) = (kept.semantic_version, kept.fingerprint);
        kept.clock.clone_into(&mut self.clock);
        kept.settings.clone_into(&mut self.settings);
        let pushed = self.log(Decision { leads: queued, ..kept }, pg::may_write())?;
        let leads = queued && pushed != Pushed::Lost;
        let request_id = uuid_bytes(&self.request_id);
        led.0.set(leads.then_some(Leader { request_id, at: now, generation, counter }));
        Ok(())
    }

    /// Puts an error on record, through shared memory: the transaction may be rolled back.
    fn failed(&self, sqlstate: &str, message: &str) {
        memory::add(Counter::Error, 1);
        // Nothing that is raised to the caller was recovered from.
        let kind = ErrorKind::of_sqlstate(sqlstate, false);
        self.measure(!kind.is_the_callers());
        log_failure(Operation::Route, kind, sqlstate, message, false);
        if settings::mode() != Mode::Off {
            let decision = Decision {
                status: "error",
                source: "error",
                intent: "unknown",
                error: Some(sqlstate),
                ..Decision::default()
            };
            // Goes through shared memory, or nowhere: it can't fail.
            drop(self.log(decision, false));
        }
    }

    fn measure(&self, failed: bool) {
        measured(Operation::Route, self.started.elapsed(), failed);
    }

    fn log(&self, decision: Decision<'_>, may_write: bool) -> Result<Pushed> {
        let prompts = settings::prompts();
        let quotes = prompts == Prompts::Full;
        let has_context = self.context.starts_with('{') && self.context != "{}";
        let decision = Decision {
            request_id: uuid_bytes(&self.request_id),
            decided_at: now_micros(),
            role: &self.role,
            hash_prompt: prompts == Prompts::Hash,
            prompt: Some(self.prompt).filter(|_| prompts != Prompts::Off),
            context: Some(self.context).filter(|_| has_context && quotes),
            // Also of an answer that was kept while prompts were logged in full.
            spec: decision.spec.filter(|_| quotes),
            sql: decision.sql.filter(|_| quotes),
            candidates: decision.candidates.filter(|_| quotes),
            steps: decision.steps.filter(|_| quotes),
            cached: self.cached,
            total_us: micros(self.started.elapsed()),
            timings: self.steps.clone(),
            clock: &self.clock,
            settings: &self.settings,
            semantic_version: self.semantic_version,
            fingerprint: self.fingerprint,
            ..decision
        };
        if may_write && (settings::mode() == Mode::Sync || !memory::available()) {
            memory::add(Counter::Sync, 1);
            return store::in_this_transaction(&decision).map(|()| Pushed::Lost);
        }
        Ok(queue(&Record::Decision(decision)))
    }
}

/// Puts an error of the question being answered on record.
pub fn log_failure(operation: Operation, kind: ErrorKind, sqlstate: &str, message: &str, recovered: bool) {
    memory::count_error(kind, recovered);
    let end = message.char_indices().nth(MAX_MESSAGE).map_or(message.len(), |(i, _)| i);
    let (request_id, role) = CURRENT.with_borrow(Clone::clone);
    queue(&Record::Failure(Failure {
        occurred_at: now_micros(),
        request_id: Some(uuid_bytes(&request_id)).filter(|_| !request_id.is_empty()),
        role: &role,
        operation: operation.name(),
        kind: kind.name(),
        sqlstate,
        message: &message[..end],
        recoverable: kind.recoverable(),
        recovery: kind.recovery().map(|r| r.name()),
        recovered,
    }));
}

/// Hands a record to the worker. On a standby nobody could write it: it is counted only.
fn queue(record: &Record<'_>) -> Pushed {
    if pg::in_recovery() {
        memory::add(Counter::OnStandby, 1);
        return Pushed::Lost;
    }
    let fits = |bytes: &Vec<u8>| bytes.len() <= MAX_RECORD;
    let bytes = record.to_bytes().filter(fits).or_else(|| match record {
        Record::Decision(decision) => {
            let short =
                Decision { candidates: None, steps: None, context: None, sql: None, spec: None, ..decision.clone() };
            Record::Decision(short).to_bytes().filter(fits)
        }
        Record::Failure(_) | Record::Repeat(_) => None,
    });
    let Some(bytes) = bytes else {
        memory::add(Counter::Unstorable, 1);
        return Pushed::Lost;
    };
    let pushed = memory::push(pg::process::database(), &bytes);
    match pushed {
        Pushed::Plenty => drop(worker::wake()),
        // There may be no worker: its time to look may be over before the next question.
        Pushed::First => worker::expect(),
        Pushed::Queued | Pushed::Lost => {}
    }
    pushed
}

fn status(answer: &Answer) -> (&'static str, Counter) {
    match answer.status {
        Status::Ok => ("ok", Counter::Ok),
        Status::Clarify => ("clarify", Counter::Clarify),
        Status::Refused => ("refused", Counter::Refused),
    }
}

fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Bronze => "bronze",
        Layer::Silver => "silver",
        Layer::Gold => "gold",
        Layer::Platinum => "platinum",
    }
}

fn micros(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// Microseconds since 1970.
fn now_micros() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The bytes of a UUID in text form; of anything else zeros.
pub(super) fn uuid_bytes(text: &str) -> [u8; 16] {
    let mut digits = text.chars().filter(|c| *c != '-');
    let number = digits.try_fold(0u128, |number, digit| Some(number << 4 | u128::from(digit.to_digit(16)?)));
    number.unwrap_or(0).to_be_bytes()
}
