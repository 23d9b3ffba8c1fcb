//! Settings of telemetry. What decides whether a role's questions are on record is for superusers to set.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

static DECISION_LOG: GucSetting<Mode> = GucSetting::<Mode>::new(Mode::Batched);
/// Kilobytes.
static DECISION_QUEUE_SIZE: GucSetting<i32> = GucSetting::<i32>::new(16 * 1024);
static LOG_PROMPTS: GucSetting<Prompts> = GucSetting::<Prompts>::new(Prompts::Full);
/// Days.
static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(90);
static RETENTION_ACTION: GucSetting<Expiry> = GucSetting::<Expiry>::new(Expiry::Drop);
/// Hours.
static HARVEST_MAX_AGE: GucSetting<i32> = GucSetting::<i32>::new(24);
/// Milliseconds.
static SLOW_RESPONSE: GucSetting<i32> = GucSetting::<i32>::new(1000);

/// Where decisions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum Mode {
    Batched,
    Sync,
    Off,
}

/// What of a prompt is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum Prompts {
    Full,
    Hash,
    Off,
}

/// What becomes of partitions older than `router.retention`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum Expiry {
    Drop,
    Detach,
}

pub fn define() {
    let default = GucFlags::default();
    GucRegistry::define_enum_guc(
        c"router.decision_log",
        c"How decisions are recorded",
        c"batched: through shared memory, written by the background worker; sync: in the caller's transaction; off: not at all.",
        &DECISION_LOG,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.decision_queue_size",
        c"Shared memory for decisions and errors that are not yet written",
        c"What does not fit is lost and counted. Needs a restart.",
        &DECISION_QUEUE_SIZE,
        64,
        4 * 1024 * 1024,
        crate::pg::shared::at_server_start(),
        default | GucFlags::UNIT_KB,
    );
    GucRegistry::define_enum_guc(
        c"router.log_prompts",
        c"What of a prompt the decision log keeps",
        c"full: the text; hash: its SHA-256, and nothing that quotes it (context, spec, SQL, candidates); off: not even that.",
        &LOG_PROMPTS,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.retention",
        c"Days for which decisions and errors are kept",
        c"router_maintain() drops older ones.",
        &RETENTION,
        1,
        36_500,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_enum_guc(
        c"router.retention_action",
        c"What router_maintain() does with partitions older than router.retention",
        c"drop, or detach: the partition stays as a table of its own, to be archived and dropped by hand.",
        &RETENTION_ACTION,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.harvest_max_age",
        c"Hours after which router_maintain() collects a relation's values again",
        c"0: each time.",
        &HARVEST_MAX_AGE,
        0,
        24 * 365,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.slow_response",
        c"Response time above which the router counts as degraded",
        c"router_health() compares it with the 95th percentile of the last minutes; router_optimize() names routes above it.",
        &SLOW_RESPONSE,
        1,
        3_600_000,
        GucContext::Suset,
        default | GucFlags::UNIT_MS,
    );
}

pub fn mode() -> Mode {
    DECISION_LOG.get()
}

/// Bytes; read once, when the server starts.
pub fn queue_bytes() -> usize {
    DECISION_QUEUE_SIZE.get().unsigned_abs() as usize * 1024
}

pub fn prompts() -> Prompts {
    LOG_PROMPTS.get()
}

/// Days.
pub fn retention() -> i32 {
    RETENTION.get()
}

pub fn expiry() -> Expiry {
    RETENTION_ACTION.get()
}

/// Hours.
pub fn harvest_max_age() -> i32 {
    HARVEST_MAX_AGE.get()
}

/// Milliseconds.
pub fn slow_response() -> i32 {
    SLOW_RESPONSE.get()
}
