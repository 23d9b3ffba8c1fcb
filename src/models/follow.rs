//! Carrying on what is learned from outcomes: means are taken in now and then, regressions are fitted anew once a tenth
//! more outcomes came.
//!
//! The worker does it, piece by piece ([`in_pieces`]), and whoever records only tells it so. A session does it itself where
//! no worker will come, and where its own transaction recorded enough to call for a fit: what is not committed, nobody
//! else sees. Which outcomes are learned from is seen from the tables alone, so nothing is forgotten with a process.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::models::{Knowledge, LEAST_TO_FIT};

use super::learning::{Newest, ReadTo, knowledge, newest, read_tallies};
use super::plan::Plan;
use super::refit::Refit;
use crate::error::Result;
use crate::pg;
use crate::worker::{self, JobContext};

/// Outcomes that a recommendation adds to what was learned, until they are taken in.
const TAKEN_IN_AFTER: i64 = 256;
/// The regressions are fitted anew once so many times more outcomes came: one in ten.
const FITTED_AFTER: i64 = 10;
/// The worker fits no longer than this before it looks after its calls again.
const PIECE: Duration = Duration::from_millis(2);
/// The advisory lock of whoever carries on what is learned.
pub const LEARNING: i64 = 0x726f_7574_6572_6c65;

thread_local! {
    static HORIZON: Plan = Plan::new(include_str!("../../sql/models/query/horizon.sql"), &[]);
    static BETWEEN: Plan = Plan::new(
        include_str!("../../sql/models/query/tallies_between.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID, PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID],
    );
    static KEEP: Plan = Plan::new(
        "INSERT INTO router.learned (read_to, read_to_outcome, last_outcome, fitted_last, fitted_outcomes, knowledge)
         VALUES ($1::text::xid8, $2, $3, $4, $5, $6) RETURNING learned_id",
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID, PgBuiltInOids::INT8OID,
          PgBuiltInOids::BYTEAOID],
    );
    static FORGET: Plan = Plan::new("DELETE FROM router.learned WHERE learned_id < $1", &[PgBuiltInOids::INT8OID]);
    static RECORDER: Cell<Recorder> = Cell::default();
    /// The worker's fit.
    static UNDER_WAY: RefCell<Option<Refit>> = const { RefCell::new(None) };
}

/// How far what was learned has come, in ids of outcomes.
#[derive(Debug, Default, Clone, Copy)]
pub struct Pace {
    pub last: i64,
    pub fitted_last: i64,
    /// Outcomes that the regressions were fitted to.
    pub fitted: i64,
}

impl Pace {
    /// So many more outcomes call for a fit.
    fn enough_to_fit(self) -> i64 {
        (self.fitted / FITTED_AFTER).max(LEAST_TO_FIT as i64)
    }

    fn calls_for_fit(self, outcome: i64) -> bool {
        outcome - self.fitted_last >= self.enough_to_fit()
    }

    fn calls_for_anything(self, outcome: i64) -> bool {
        outcome - self.last >= TAKEN_IN_AFTER || self.calls_for_fit(outcome)
    }
}

/// What a session that records remembers, so that it need not look at every outcome.
#[derive(Default, Clone, Copy)]
struct Recorder {
    pace: Pace,
    /// The outcome with which the worker was last told.
    told: Option<i64>,
    transaction: u32,
    /// Outcomes of this transaction since it last learned; those of savepoints that were rolled back, too.
    own: i64,
}

impl Recorder {
    fn has_enough_of_its_own(&self) -> bool {
        self.own >= self.pace.enough_to_fit()
    }

    fn has_told(&self, outcome: i64) -> bool {
        self.told.is_some_and(|told| outcome - told < self.pace.enough_to_fit().min(TAKEN_IN_AFTER))
    }
}

/// Follows a recorded outcome. Never waits for another session that is at it.
pub fn follow(client: &mut SpiClient<'_>, outcome: i64) -> Result<()> {
    let mut session = RECORDER.get();
    let transaction = pg::transaction_number();
    if session.transaction != transaction {
        session = Recorder { transaction, own: 0, ..session };
    }
    // An id below those of before: the extension was made anew meanwhile.
    if outcome < session.pace.last {
        session = Recorder { transaction, own: session.own, ..Recorder::default() };
    }
    session.own += 1;
    let followed = session.after(client, outcome);
    RECORDER.set(session);
    followed
}

impl Recorder {
    fn after(&mut self, client: &mut SpiClient<'_>, outcome: i64) -> Result<()> {
        if !self.pace.calls_for_anything(outcome) || (self.has_told(outcome) && !self.has_enough_of_its_own()) {
            return Ok(());
        }
        self.pace = newest(client)?.unwrap_or_default().pace;
        if !self.pace.calls_for_anything(outcome) {
            return Ok(());
        }
        if !self.has_enough_of_its_own() && worker::wake_at_commit().will_come() {
            self.told = Some(outcome);
        } else if !pg::snapshot_is_fixed() && pg::try_advisory_lock(LEARNING) {
            self.pace = carry_on(client)?;
            self.own = 0;
        }
        Ok(())
    }
}

/// Learns from whatever was recorded since the last time. The caller holds the lock [`LEARNING`].
fn carry_on(client: &mut SpiClient<'_>) -> Result<Pace> {
    // Whoever had the lock before may have done it.
    let newest = newest(client)?.unwrap_or_default();
    let horizon = Horizon::now(client)?;
    if newest.pace.calls_for_fit(horizon.last) {
        let mut refit = Refit::new(newest.id, horizon);
        while !refit.step(client)? {
            pgrx::check_for_interrupts!();
        }
        keep_fit(client, refit)
    } else if newest.pace.calls_for_anything(horizon.last) {
        take_in(client, &newest, &horizon)
    } else {
        Ok(newest.pace)
    }
}

/// For the worker: the same, a piece at a time, each in a transaction of its own.
pub fn in_pieces(context: &JobContext) -> Result<()> {
    Spi::connect_mut(|client| {
        let began = Instant::now();
        let under_way = UNDER_WAY.take().map_or_else(|| begin(client), |refit| Ok(Some(refit)));
        let Some(mut refit) = under_way? else { return Ok(()) };
        while !refit.step(client)? {
            if began.elapsed() >= PIECE {
                UNDER_WAY.set(Some(refit));
                context.once_more();
                return Ok(());
            }
        }
        // What others learned meanwhile, or had forgotten, is not to be undone: then it is looked at anew.
        if pg::try_advisory_lock(LEARNING) && newest(client)?.unwrap_or_default().id == refit.over {
            keep_fit(client, refit)?;
        }
        context.once_more();
        Ok(())
    })
}

/// Whether the worker has a fit under way.
pub fn is_under_way() -> bool {
    UNDER_WAY.with_borrow(Option::is_some)
}

fn begin(client: &mut SpiClient<'_>) -> Result<Option<Refit>> {
    let horizon = Horizon::now(client)?;
    let last = horizon.last;
    let is_due = |newest: &Newest| newest.pace.calls_for_anything(last);
    if !is_due(&newest(client)?.unwrap_or_default()) || !pg::try_advisory_lock(LEARNING) {
        return Ok(None);
    }
    let newest = newest(client)?.unwrap_or_default();
    if newest.pace.calls_for_fit(last) {
        return Ok(Some(Refit::new(newest.id, horizon)));
    }
    if is_due(&newest) {
        take_in(client, &newest, &horizon)?;
    }
    Ok(None)
}

/// What there is to learn from.
pub struct Horizon {
    /// Outcomes up to there are all known: nobody under way can add to them.
    pub to: ReadTo,
    /// The newest outcome.
    pub last: i64,
}

impl Horizon {
    fn now(client: &SpiClient<'_>) -> Result<Self> {
        let row = HORIZON.with(|p| p.select(client, &[]))?.first();
        let own = row.get::<bool>(2)?.unwrap_or(false);
        let last = row.get::<i64>(3)?.unwrap_or(0);
        Ok(Self { to: ReadTo(row.get(1)?.unwrap_or_default(), if own { last } else { 0 }), last })
    }
}

/// Takes outcomes into the means; the regressions stay.
fn take_in(client: &mut SpiClient<'_>, newest: &Newest, horizon: &Horizon) -> Result<Pace> {
    let mut known = (*knowledge(client, newest.id)?).clone();
    let (from, to) = (&newest.read_to, &horizon.to);
    let span: [DatumWithOid; 4] = [from.0.as_str().into(), from.1.into(), to.0.as_str().into(), to.1.into()];
    read_tallies(BETWEEN.with(|p| p.select(client, &span))?, &mut known.tallies)?;
    let pace = Pace { last: horizon.last, ..newest.pace };
    keep(client, to, pace, &known)?;
    Ok(pace)
}

fn keep_fit(client: &mut SpiClient<'_>, refit: Refit) -> Result<Pace> {
    let (horizon, outcomes, knowledge) = refit.into_parts();
    let pace = Pace { last: horizon.last, fitted_last: horizon.last, fitted: outcomes };
    keep(client, &horizon.to, pace, &knowledge)?;
    Ok(pace)
}

fn keep(client: &mut SpiClient<'_>, to: &ReadTo, pace: Pace, knowledge: &Knowledge) -> Result<()> {
    let row: [DatumWithOid; 6] = [
        to.0.as_str().into(),
        to.1.into(),
        pace.last.into(),
        pace.fitted_last.into(),
        pace.fitted.into(),
        knowledge.to_bytes().into(),
    ];
    let id = KEEP.with(|p| p.update(client, &row))?.first().get_one::<i64>()?;
    FORGET.with(|p| p.update(client, &[id.into()]))?;
    Ok(())
}
