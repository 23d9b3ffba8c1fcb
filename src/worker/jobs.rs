//! What a worker does again and again. To add something, write `fn(&JobContext) -> Result<()>` and list it here.

use std::cell::Cell;
use std::time::{Duration, Instant};

use pgrx::prelude::*;

use crate::error::{Error, Result};
use crate::pg::{self, background};
use crate::telemetry;

/// One kind of recurring work. Each run is a transaction of its own with the rights of the extension's owner and a
/// pinned search_path; an error rolls it back, is logged, and lets the next runs wait longer. Live calls wait while it
/// runs: do little (some milliseconds) at a time, and ask for [`JobContext::once_more`].
#[derive(Clone, Copy)]
pub struct Job {
    pub name: &'static str,
    /// Time between two runs, asked anew after each; `None`: not now.
    pub every: fn() -> Option<Duration>,
    /// Also as soon as this says so; asked many times a second, so it only looks at memory.
    pub has_work: fn() -> bool,
    /// Also when somebody calls `worker::wake()`.
    pub when_woken: bool,
    /// Also once more when the worker leaves, within a second.
    pub at_the_end: bool,
    pub run: fn(&JobContext) -> Result<()>,
    /// Told after each run whether it was committed.
    pub after: fn(committed: bool),
}

/// For jobs that look for work at their times only.
pub fn never() -> bool {
    false
}

/// For jobs that keep nothing in memory.
pub fn nothing(_committed: bool) {}

/// Every job, in the order in which those due at the same time run.
const JOBS: &[Job] = &[
    Job {
        name: "writing down what calls came to",
        every: || Some(Duration::from_secs(60)),
        has_work: super::outcomes::has_work,
        when_woken: false,
        at_the_end: true,
        run: super::outcomes::write,
        after: super::outcomes::after,
    },
    Job {
        name: "forgetting old comparisons and counts",
        every: || Some(Duration::from_secs(3600)),
        has_work: never,
        when_woken: false,
        at_the_end: false,
        run: super::outcomes::forget,
        after: nothing,
    },
    Job {
        name: "the queue",
        every: || Some(super::queue::EVERY),
        has_work: super::queue::has_results,
        when_woken: true,
        at_the_end: true,
        run: super::queue::run,
        after: super::queue::after,
    },
    Job {
        name: "counting uses of taught questions",
        every: || Some(Duration::from_secs(60)),
        has_work: never,
        when_woken: false,
        at_the_end: false,
        run: crate::similarity::count_uses,
        after: nothing,
    },
    Job {
        name: "embedding questions",
        every: crate::similarity::reembed_every,
        has_work: never,
        when_woken: true,
        at_the_end: false,
        run: crate::similarity::reembed,
        after: nothing,
    },
    Job {
        name: "carrying on what is learned from outcomes",
        every: || Some(Duration::from_secs(60)),
        has_work: never,
        when_woken: true,
        at_the_end: false,
        run: crate::models::follow::in_pieces,
        after: nothing,
    },
    telemetry::JOBS[0],
    telemetry::JOBS[1],
    telemetry::JOBS[2],
    Job {
        name: "learning from outcomes that wait",
        every: || Some(Duration::from_secs(60)),
        has_work: never,
        when_woken: false,
        at_the_end: false,
        run: |_| crate::models::manage::take_in().map(drop),
        after: nothing,
    },
];

/// What a job knows of its run.
pub struct JobContext {
    /// The worker is leaving: only what must not be lost.
    pub at_the_end: bool,
    again: Cell<bool>,
}

impl JobContext {
    /// There is more: the job is run again in the next turn of the loop.
    pub fn once_more(&self) {
        self.again.set(true);
    }
}

/// When each job is due.
pub struct Schedule {
    due: Vec<Option<Instant>>,
    failures: Vec<u32>,
}

/// The longest a run may take.
const LIMIT: Duration = Duration::from_secs(10);
const LIMIT_AT_THE_END: Duration = Duration::from_secs(1);
/// All jobs together, before the worker leaves.
const LONGEST_END: Duration = Duration::from_secs(2);
/// A job that is off now is asked again after this.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// The first wait of a job that failed, however often it runs: at least, at most.
const FIRST_WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// The longest wait of a job that fails.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// What came of the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    Fine,
    /// The extension is no longer in this database.
    ExtensionGone,
}

impl Schedule {
    pub fn new() -> Self {
        let now = Instant::now();
        Self { due: JOBS.iter().map(|job| (job.every)().map(|_| now)).collect(), failures: vec![0; JOBS.len()] }
    }

    /// Makes those due that want to be woken.
    pub fn wake(&mut self) {
        let now = Instant::now();
        for (job, due) in JOBS.iter().zip(&mut self.due) {
            if job.when_woken && (job.every)().is_some() {
                *due = Some(now);
            }
        }
    }

    /// Asks all jobs anew how often they want to run: settings may have changed.
    pub fn settings_changed(&mut self) {
        let now = Instant::now();
        for (job, due) in JOBS.iter().zip(&mut self.due) {
            *due = (job.every)().map(|every| due.unwrap_or(now).min(now + every));
        }
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Instant> {
        self.due.iter().flatten().min().copied()
    }

    pub fn run_due(&mut self) -> Ran {
        for (i, job) in JOBS.iter().enumerate() {
            let is_due = self.due[i].is_some_and(|due| due <= Instant::now());
            // A job that fails waits, whatever it has to do.
            let has_work = self.failures[i] == 0 && (job.has_work)();
            if (is_due || has_work) && self.run_one(i, job) == Ran::ExtensionGone {
                return Ran::ExtensionGone;
            }
            if background::told_to_stop() {
                break;
            }
        }
        Ran::Fine
    }

    /// What must not be lost, before the worker leaves: for some seconds at most.
    pub fn run_last(&mut self) {
        let until = Instant::now() + LONGEST_END;
        for job in JOBS.iter().filter(|job| job.at_the_end && (job.every)().is_some()) {
            loop {
                let context = JobContext { at_the_end: true, again: Cell::new(false) };
                let outcome = in_transaction(LIMIT_AT_THE_END, || (job.run)(&context));
                (job.after)(matches!(outcome, Ok(Some(()))));
                if let Err(why) = &outcome {
                    log!("router worker: {} could not finish: {why}", job.name);
                }
                if outcome != Ok(Some(())) || !context.again.get() || Instant::now() >= until {
                    break;
                }
            }
        }
    }

    fn run_one(&mut self, i: usize, job: &Job) -> Ran {
        let context = JobContext { at_the_end: false, again: Cell::new(false) };
        let outcome = in_transaction(LIMIT, || (job.run)(&context));
        (job.after)(matches!(outcome, Ok(Some(()))));
        let every = (job.every)();
        let wait = match &outcome {
            Ok(None) => return Ran::ExtensionGone,
            Ok(Some(())) => {
                self.failures[i] = 0;
                if context.again.get() { Some(Duration::ZERO) } else { every }
            }
            Err(why) => {
                let failures = self.failures[i];
                self.failures[i] = failures.saturating_add(1);
                // Each doubling is told once.
                if self.failures[i].is_power_of_two() && !background::told_to_stop() {
                    log!("router worker: {} failed: {why}", job.name);
                }
                every.map(|every| (every.clamp(FIRST_WAIT.0, FIRST_WAIT.1) * (1 << failures.min(10))).min(LONGEST_WAIT))
            }
        };
        self.due[i] = Some(Instant::now() + wait.unwrap_or(ASK_AGAIN));
        Ran::Fine
    }
}

/// Runs `f` as a job is run, outside of the schedule; `None`: the extension is gone.
pub fn in_transaction<T>(limit: Duration, f: impl FnOnce() -> Result<T>) -> std::result::Result<Option<T>, String> {
    background::transaction(limit, || {
        if !pg::extension_is_installed() {
            return Ok(None);
        }
        // Else this could meet who drops it, each with locks that the other wants.
        if !pg::hold_extension() {
            let why = "the extension is about to be dropped";
            return Err(Error::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, why));
        }
        pg::as_extension_owner(f).map(Some)
    })
    .map_err(|why| why.0)
}
