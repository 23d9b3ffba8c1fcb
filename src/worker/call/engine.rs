//! All calls under way: taken from the slots, turned into tasks of one event loop, answered into the slots.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use pgrx::prelude::*;
use router_core::remote::Budgets;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use super::attempt::{Call, Ending, perform};
use super::client::Clients;
use super::order::{Answer, Failure, Kind, Order, Settled};
use super::{Address, secret};
use crate::pg::process;
use crate::pg::worker::{endpoints, slots};
use crate::worker::bell::{self, Reason};
use crate::worker::readings;
use crate::worker::settings::{self, CallSettings};

/// While calls are under way the worker looks around this often: for what signals asked, and for callers that left.
const TICK: Duration = Duration::from_millis(50);

/// All calls have had their turn to end after so many turns of the event loop.
const MOST_TURNS: usize = 1_000;

/// The same trouble is logged again after this.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Why [`Engine::serve`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Nothing,
    /// Somebody woke the jobs.
    Jobs,
}

pub struct Engine {
    // Dropped in this order: what was registered with the runtime before it.
    tasks: LocalSet,
    bell: Option<UnixStream>,
    desk: Desk,
    runtime: Runtime,
}

/// Where calls are accepted.
struct Desk {
    number: usize,
    database: u32,
    settings: CallSettings,
    clients: Option<Clients>,
    /// What was said in the log of agents that can't be called, and when.
    said: HashMap<String, Instant>,
    state: Rc<State>,
}

#[derive(Default)]
struct State {
    under_way: RefCell<HashMap<u64, UnderWay>>,
    next: RefCell<u64>,
    turns: RefCell<HashMap<u64, (usize, Arc<Semaphore>)>>,
    settled: RefCell<Vec<Settled>>,
    budgets: RefCell<Budgets>,
}

struct UnderWay {
    ending: Rc<Ending>,
    caller: Option<(usize, u64)>,
    deadline: Instant,
}

impl Engine {
    /// `None`, with a word in the log, when the system lacks what an event loop needs.
    pub fn new(number: usize, database: u32) -> Option<Self> {
        let runtime = match Builder::new_current_thread().enable_io().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                log!("router worker: no event loop: {error}");
                return None;
            }
        };
        let bell = {
            let _inside = runtime.enter();
            bell::clapper(number).and_then(|clapper| UnixStream::from_std(clapper).ok())
        };
        let mut desk = Desk {
            number,
            database,
            settings: settings::calls(),
            clients: None,
            said: HashMap::new(),
            state: Rc::default(),
        };
        let tasks = LocalSet::new();
        // Requests that a worker before this one had taken.
        desk.take(&tasks, true);
        Some(Self { runtime, tasks, bell, desk })
    }

    /// What calls go by from now on.
    pub fn settings_changed(&mut self) {
        let settings = settings::calls();
        if settings.ca_file != self.desk.settings.ca_file || settings.proxy != self.desk.settings.proxy {
            self.desk.clients = None;
        }
        self.desk.settings = settings;
    }

    pub fn is_busy(&self) -> bool {
        !self.desk.state.under_way.borrow().is_empty()
    }

    /// What has been spent today before this worker started.
    pub fn start_budgets(&mut self, spent: impl IntoIterator<Item = (String, f64)>) {
        self.desk.state.budgets.borrow_mut().start(today(), spent);
    }

    /// Calls that ended since this was last asked.
    pub fn settled(&self) -> Vec<Settled> {
        self.desk.state.settled.take()
    }

    /// Serves until then, or a tick at most.
    pub fn serve(&mut self, until: std::time::Instant) -> Heard {
        let until = Instant::from_std(until).min(Instant::now() + TICK);
        let Self { runtime, tasks, bell, desk } = self;
        let heard = tasks.block_on(runtime, async {
            loop {
                let heard = if bell::silence(desk.number) { Heard::Jobs } else { Heard::Nothing };
                desk.take(tasks, false);
                // What was begun gets its turn, however often the bell is rung.
                tokio::task::yield_now().await;
                if heard == Heard::Jobs || Instant::now() >= until {
                    return heard;
                }
                tokio::select! {
                    () = rung(bell.as_ref()) => {}
                    () = sleep_until(until) => {}
                }
            }
        });
        desk.drop_unwanted();
        heard
    }

    /// Ends all calls; their callers learn it at once. What came of those is there to be written down; entries of the
    /// queue come again.
    pub fn end(mut self) -> Vec<Settled> {
        let Self { runtime, tasks, desk, .. } = &mut self;
        for call in desk.state.under_way.borrow().values().filter(|call| call.caller.is_some()) {
            call.ending.tell(Failure::Connection);
        }
        tasks.block_on(runtime, async {
            for _ in 0..MOST_TURNS {
                if desk.state.under_way.borrow().values().all(|call| call.caller.is_none()) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        });
        self.settled()
    }

    /// Starts a call of the queue.
    pub fn begin_queued(&mut self, order: Order, entry: i64, limit: Duration) {
        self.desk.begin(&self.tasks, order, None, Some(entry), Instant::now() + limit);
    }
}

/// Callers of what has not ended learn it at once.
impl Drop for Engine {
    fn drop(&mut self) {
        for (_, call) in self.desk.state.under_way.take() {
            answer(call.caller, &Answer::failed(Failure::Connection));
        }
    }
}

impl Desk {
    fn take(&mut self, tasks: &LocalSet, also_lost: bool) {
        for taken in slots::take(self.database, also_lost) {
            let caller = Some((taken.slot, taken.generation));
            let left = u64::try_from(taken.deadline - process::now()).unwrap_or(0);
            let deadline = Instant::now() + Duration::from_micros(left);
            match serde_json::from_slice::<Order>(&taken.request) {
                Ok(order) if order.shadow.is_some() => {
                    readings::accept(order);
                    // Frees the slot.
                    slots::deliver(taken.slot, taken.generation, &[]);
                }
                Ok(order) => self.begin(tasks, order, caller, None, deadline),
                Err(_) => answer(caller, &Answer::failed(Failure::Rejected)),
            }
        }
    }

    fn begin(
        &mut self,
        tasks: &LocalSet,
        order: Order,
        caller: Option<(usize, u64)>,
        queued: Option<i64>,
        deadline: Instant,
    ) {
        let call = match self.prepare(&order, deadline) {
            Ok(call) => call,
            Err(failure) => {
                let answer_ = Answer::failed(failure);
                answer(caller, &answer_);
                self.state.settled.borrow_mut().push(Settled { order, answer: answer_, cost: 0.0, queued });
                return;
            }
        };
        let budget = order.daily_budget.or(self.settings.daily_budget);
        let estimate = estimate(&order, call.body.len());
        if !self.state.budgets.borrow_mut().reserve(today(), &order.agent_id, estimate, budget) {
            let answer_ = Answer::failed(Failure::Budget);
            answer(caller, &answer_);
            self.state.settled.borrow_mut().push(Settled { order, answer: answer_, cost: 0.0, queued });
            return;
        }
        let id = {
            let mut next = self.state.next.borrow_mut();
            *next += 1;
            *next
        };
        let state = Rc::clone(&self.state);
        let reserved = Reserved { state: Rc::clone(&state), agent: order.agent_id.clone(), estimate };
        let ending = Rc::new(Ending::new());
        self.state.under_way.borrow_mut().insert(id, UnderWay { ending: Rc::clone(&ending), caller, deadline });
        tasks.spawn_local(async move {
            let given = perform(&call, &ending).await;
            answer(caller, &given);
            let cost = cost(&order, &given, call.body.len());
            drop(reserved);
            state.budgets.borrow_mut().spend(today(), &order.agent_id, cost);
            state.under_way.borrow_mut().remove(&id);
            state.settled.borrow_mut().push(Settled { order, answer: given, cost, queued });
        });
    }

    fn prepare(&mut self, order: &Order, deadline: Instant) -> Result<Call, Failure> {
        let address = Address::new(&order.base_url, order.kind.path(), &self.settings);
        let address = address.map_err(|why| self.unusable(order, why))?;
        let secret = order.secret_name.as_deref();
        let secret = secret.map(|name| secret::find(name, self.settings.secrets_directory.as_deref()));
        let secret = secret.transpose().map_err(|why| self.unusable(order, why))?;
        if self.clients.is_none() {
            self.clients = Some(Clients::new(&self.settings).map_err(|why| self.unusable(order, &why))?);
        }
        let client = self.clients.as_ref().map(|c| c.for_loopback(address.loopback).clone());
        let endpoint = endpoints::key(&order.base_url);
        let most = order.max_in_flight.unwrap_or(self.settings.concurrency).max(1);
        Ok(Call {
            kind: order.kind,
            address,
            secret,
            body: serde_json::to_vec(&order.body).map_err(|_| Failure::Rejected)?,
            texts: order.body.get("input").and_then(|i| i.as_array()).map_or(0, Vec::len),
            client: client.ok_or(Failure::Configuration)?,
            endpoint,
            turns: self.turns(endpoint, most),
            deadline,
            attempts: self.settings.attempts,
            hedge_after: self.settings.hedge_after.filter(|_| order.kind == Kind::Classify),
        })
    }

    /// Says why in the log: not for every question, and to nobody else, since it tells of settings and files.
    fn unusable(&mut self, order: &Order, why: &str) -> Failure {
        let what = format!("router worker: agent \"{}\" can't be called: {why}", order.agent_id);
        let now = Instant::now();
        self.said.retain(|_, at| now - *at < SAY_AGAIN);
        if let Entry::Vacant(place) = self.said.entry(what) {
            log!("{}", place.key());
            place.insert(now);
        }
        Failure::Configuration
    }

    /// Whose turn it is at an endpoint. A changed limit holds for calls to come.
    fn turns(&self, endpoint: u64, most: usize) -> Arc<Semaphore> {
        let mut all = self.state.turns.borrow_mut();
        let (limit, turns) = all.entry(endpoint).or_insert_with(|| (most, Arc::new(Semaphore::new(most))));
        if *limit != most {
            (*limit, *turns) = (most, Arc::new(Semaphore::new(most)));
        }
        Arc::clone(turns)
    }

    /// Ends calls that nobody waits for any more. Those whose time is over end by themselves.
    fn drop_unwanted(&self) {
        let soon = Instant::now() + TICK;
        for call in self.state.under_way.borrow().values().filter(|call| call.deadline > soon) {
            if !call.caller.is_none_or(|(slot, generation)| slots::is_wanted(slot, generation)) {
                call.ending.tell(Failure::Left);
            }
        }
    }
}

/// Ends once the bell is rung; without a bell never.
async fn rung(bell: Option<&UnixStream>) {
    let Some(bell) = bell else { return std::future::pending().await };
    drop(bell.readable().await);
    // One ring is taken here: finding none tells the event loop that it may sleep.
    let mut ring = [0u8; 1];
    if matches!(bell.try_read(&mut ring), Ok(1)) && ring[0] == Reason::Jobs as u8 {
        bell::remember_jobs();
    }
}

fn answer(caller: Option<(usize, u64)>, answer: &Answer) {
    let Some((slot, generation)) = caller else { return };
    let json = |answer: &Answer| serde_json::to_vec(answer).unwrap_or_default();
    if !slots::deliver(slot, generation, &json(answer)) {
        // It did not fit, or nobody waits.
        slots::deliver(slot, generation, &json(&Answer::failed(Failure::TooLarge)));
    }
}

/// Days (UTC) since 1970.
fn today() -> i64 {
    jiff::Timestamp::now().as_second().div_euclid(86_400)
}

/// Money set aside for a call; given back when the call ends, however it does.
struct Reserved {
    state: Rc<State>,
    agent: String,
    estimate: f64,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.state.budgets.borrow_mut().give_back(&self.agent, self.estimate);
    }
}

/// Bytes of text a token has, about.
const BYTES_A_TOKEN: usize = 4;
/// Tokens of an answer whose size is not known yet.
const USUAL_OUTPUT: f64 = 300.0;

/// Dollars, before the call.
fn estimate(order: &Order, bytes: usize) -> f64 {
    ((bytes / BYTES_A_TOKEN) as f64 * order.input_price + USUAL_OUTPUT * order.output_price) / 1e6
}

/// Dollars, after it: by the endpoint's own count where it gives one.
fn cost(order: &Order, answer: &Answer, bytes: usize) -> f64 {
    if answer.failure.is_some() {
        return 0.0;
    }
    let or = |count: u32, bytes: usize| if count > 0 { f64::from(count) } else { (bytes / BYTES_A_TOKEN) as f64 };
    let output = match order.kind {
        Kind::Classify => or(answer.output_tokens, answer.content.len()),
        Kind::Embed => 0.0,
    };
    let once = (or(answer.input_tokens, bytes) * order.input_price + output * order.output_price) / 1e6;
    // What the endpoint takes for the request whose answer was not waited for, it alone knows: as much, about.
    if answer.hedged { 2.0 * once } else { once }
}
