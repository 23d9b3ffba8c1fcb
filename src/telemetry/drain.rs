//! From shared memory to the tables: what the background worker does several times a second.

use std::time::Duration;

use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use pgrx::{PgXactCallbackEvent, register_xact_callback};
use router_core::telemetry::Batch;

use super::leaders::{self, Entry, Leaders};
use super::memory::{self, Counter};
use super::{Operation, observe, store, warm};
use crate::error::{Error, Result, sqlstate};
use crate::models::manage;
use crate::pg;
use crate::worker::{Job, JobContext, never, nothing};

/// Bytes written in one transaction.
const BATCH_BYTES: usize = 1 << 20;
/// Bytes copied under the lock that callers need.
const STEP_BYTES: usize = 64 * 1024;
/// Two that write the same batch would write it twice. Any number that nobody else uses.
const LOCK: i64 = 0x7274_725f_6c6f_6731;

/// How often a worker looks for records that nobody woke it for.
const EVERY: Duration = Duration::from_millis(500);
const PARTITIONS_EVERY: Duration = Duration::from_secs(3600);

/// The worker's jobs. What is lost if the server crashes is what was queued in the last half second and what the last
/// transactions did not flush: the log is no reason to wait for a disk.
pub const JOBS: [Job; 3] = [
    Job {
        name: "decision log",
        every: || Some(EVERY),
        has_work: never,
        when_woken: true,
        at_the_end: true,
        run: write_out,
        after: nothing,
    },
    Job {
        name: "log partitions",
        every: || Some(PARTITIONS_EVERY),
        has_work: never,
        when_woken: false,
        at_the_end: false,
        run: |_| make_partitions(),
        after: nothing,
    },
    Job {
        name: "frequent questions",
        every: warm::every,
        has_work: never,
        when_woken: false,
        at_the_end: false,
        run: |_| warm::questions(),
        after: nothing,
    },
];

fn write_out(context: &JobContext) -> Result<()> {
    memory::set(Counter::LastDrain, memory::now());
    memory::drop_overdue();
    if memory::queue_counts().used_bytes == 0 {
        return Ok(());
    }
    // Somebody flushes the queue by hand, and may take the time.
    if !pg::try_advisory_lock(LOCK) {
        return Ok(());
    }
    Spi::run("SET LOCAL synchronous_commit TO off")?;
    if context.at_the_end {
        write_batch(usize::MAX)?;
        return Ok(());
    }
    let written = write_batch(BATCH_BYTES)?;
    // What has come meanwhile waits for its time, unless it is much: else callers who don't pause keep the worker at
    // transactions of a few records each.
    if written.full || (written.records > 0 && memory::is_plenty(written.bytes)) {
        context.once_more();
    }
    Ok(())
}

/// What [`write_batch`] did.
struct Written {
    records: u64,
    /// Of the records themselves.
    bytes: usize,
    /// It came to its limit: more may wait.
    full: bool,
}

/// Writes the next records of this database in the current transaction, about `limit` bytes of them; they leave the
/// queue when it commits. Whoever calls holds the lock.
fn write_batch(limit: usize) -> Result<Written> {
    let database = pg::process::database();
    let mut done: Vec<Batch> = Vec::new();
    let (mut from, mut bytes, mut written) = (0, 0, 0);
    while bytes < limit {
        let mut batches: Vec<Batch> = Vec::new();
        let until = bytes + BATCH_BYTES.min(limit - bytes);
        while bytes < until {
            let batch = memory::take(database, from, STEP_BYTES);
            if batch.records.is_empty() {
                break;
            }
            from = batch.end;
            bytes += batch.records.iter().map(Vec::len).sum::<usize>();
            batches.push(batch);
        }
        if batches.is_empty() {
            break;
        }
        let leaders = Leaders::of(&batches)?;
        let decisions = leaders.decisions();
        let entries = leaders::entries(&batches, &decisions);
        observe(Operation::LogBatch, || pg::as_extension_owner(|| Spi::connect_mut(|client| write(client, &entries))))?;
        written += entries.len() as u64;
        drop(entries);
        // Where they lay is all that releasing them takes.
        batches.iter_mut().for_each(|batch| batch.records = Vec::new());
        done.append(&mut batches);
    }
    if !done.is_empty() {
        register_xact_callback(PgXactCallbackEvent::Commit, move || {
            done.iter().for_each(|batch| memory::release(database, batch));
        });
    }
    Ok(Written { records: written, bytes, full: bytes >= limit })
}

/// All at once; if the data of one can't be stored, one by one, so that the others are. Anything else that goes wrong
/// (no room on the disk) is an error: the records stay queued.
fn write(client: &mut SpiClient<'_>, entries: &[Entry<'_>]) -> Result<()> {
    let Err(failure) = pg::attempt(|| store::batch(client, entries)).and_then(flatten) else {
        return Ok(());
    };
    if !is_about_the_data(&failure) {
        return Err(failure.into());
    }
    for entry in entries {
        match pg::attempt(|| store::by_statements(client, std::slice::from_ref(entry))).and_then(flatten) {
            Ok(()) => {}
            Err(failure) if is_about_the_data(&failure) => {
                memory::add(Counter::Unstorable, 1);
                if let Entry::Decision(decision) = entry {
                    leaders::forget(decision);
                }
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(())
}

fn flatten(outcome: Result<()>) -> std::result::Result<(), pg::Failure> {
    outcome.map_err(pg::Failure::from)
}

fn is_about_the_data(failure: &pg::Failure) -> bool {
    let sqlstate = sqlstate(failure.code);
    sqlstate.starts_with("22") || sqlstate.starts_with("23")
}

/// Writes out all that is queued for this database now, in the caller's transaction. For administrators, and for tests.
pub fn flush() -> Result<u64> {
    pg::refuse_if_read_only(c"router_flush()");
    pg::advisory_lock(LOCK);
    Ok(write_batch(usize::MAX)?.records)
}

/// Makes partitions ahead, of the logs and of the model decisions. Cheap when there is nothing to make. Whoever holds
/// these tables for long is not waited for: the next time will do.
fn make_partitions() -> Result<()> {
    Spi::run("SET LOCAL lock_timeout TO '300ms'")?;
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            client.update("SELECT router.make_log_weeks()", None, &[])?;
            Ok::<_, Error>(())
        })
    })?;
    manage::make_weeks()
}
