//! Settings of the background worker.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

static WORKER: GucSetting<bool> = GucSetting::<bool>::new(true);
static MAX_WORKERS: GucSetting<i32> = GucSetting::<i32>::new(8);
/// Seconds.
static WORKER_IDLE: GucSetting<i32> = GucSetting::<i32>::new(600);

/// Called once, before the prefix is reserved.
pub fn define() {
    let default = GucFlags::default();
    GucRegistry::define_bool_guc(
        c"router.worker",
        c"Runs background workers",
        c"off: no logging, no language model, no precomputation; asking works as before.",
        &WORKER,
        GucContext::Sighup,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.max_workers",
        c"Databases that can have a background worker at the same time",
        c"Each takes one of max_worker_processes while it runs.",
        &MAX_WORKERS,
        1,
        256,
        GucContext::Postmaster,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.worker_idle",
        c"Time after which a worker that nobody needs leaves",
        c"It comes back when it is needed. 0 lets it stay.",
        &WORKER_IDLE,
        0,
        86_400,
        GucContext::Sighup,
        default | GucFlags::UNIT_S,
    );
}

pub fn enabled() -> bool {
    WORKER.get()
}

pub fn max_workers() -> usize {
    usize::try_from(MAX_WORKERS.get()).unwrap_or(1)
}

/// Microseconds; `None`: a worker stays.
pub fn idle_timeout() -> Option<i64> {
    Some(i64::from(WORKER_IDLE.get()) * 1_000_000).filter(|limit| *limit > 0)
}
