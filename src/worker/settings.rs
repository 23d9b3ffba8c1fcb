//! Settings of the background worker and of what it calls.

use std::ffi::CString;
use std::time::Duration;

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

static WORKER: GucSetting<bool> = GucSetting::<bool>::new(true);
static MAX_WORKERS: GucSetting<i32> = GucSetting::<i32>::new(8);
/// Seconds.
static WORKER_IDLE: GucSetting<i32> = GucSetting::<i32>::new(600);
static LLM: GucSetting<Llm> = GucSetting::<Llm>::new(Llm::Off);
static LLM_SHARE: GucSetting<LlmShare> = GucSetting::<LlmShare>::new(LlmShare::Schema);
/// Milliseconds.
static LLM_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(2_000);
static LLM_STRATEGY: GucSetting<LlmStrategy> = GucSetting::<LlmStrategy>::new(LlmStrategy::Balanced);
static LLM_SLOTS: GucSetting<i32> = GucSetting::<i32>::new(128);
/// Kilobytes.
static LLM_SLOT_SIZE: GucSetting<i32> = GucSetting::<i32>::new(32);
static LLM_CONCURRENCY: GucSetting<i32> = GucSetting::<i32>::new(32);
static LLM_ATTEMPTS: GucSetting<i32> = GucSetting::<i32>::new(3);
/// Milliseconds; 0 is off.
static LLM_HEDGE: GucSetting<i32> = GucSetting::<i32>::new(0);
/// Dollars an agent and day; 0 is no limit.
static LLM_DAILY_BUDGET: GucSetting<f64> = GucSetting::<f64>::new(0.0);
static LLM_ALLOW_HTTP: GucSetting<bool> = GucSetting::<bool>::new(false);
static LLM_HOSTS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static LLM_CA_FILE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static LLM_PROXY: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static SECRETS_DIRECTORY: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
/// A model's id.
static EMBEDDING_MODEL: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static QUEUE_ATTEMPTS: GucSetting<i32> = GucSetting::<i32>::new(5);

/// When a language model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum Llm {
    Off,
    /// Only when the router's own reading is not sure.
    Fallback,
    /// Whenever nobody has taught the answer.
    Primary,
    /// In the background, to learn where the readings differ; the answer is the router's own.
    Shadow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
enum LlmShare {
    Prompt,
    Schema,
    Values,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
enum LlmStrategy {
    Balanced,
    Speed,
    Quality,
    Cost,
}

/// Called once, before the prefix is reserved.
pub fn define() {
    define_worker();
    define_llm();
    define_network();
    define_embeddings();
}

fn define_worker() {
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
        crate::pg::shared::at_server_start(),
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
    GucRegistry::define_int_guc(
        c"router.queue_attempts",
        c"Attempts after which a queued request is parked",
        c"Parked requests stay in router.remote_queue until somebody looks at them.",
        &QUEUE_ATTEMPTS,
        1,
        100,
        GucContext::Sighup,
        default,
    );
}

fn define_embeddings() {
    GucRegistry::define_string_guc(
        c"router.embedding_model",
        c"Model of router.models that gives embeddings over the network",
        c"Empty: none; router_embed is local in any case.",
        &EMBEDDING_MODEL,
        GucContext::Suset,
        GucFlags::default(),
    );
}

fn define_llm() {
    let default = GucFlags::default();
    GucRegistry::define_enum_guc(
        c"router.llm",
        c"When a language model is asked",
        c"off: never. fallback: when the router's own reading is not sure. primary: always. shadow: in the background.",
        &LLM,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_enum_guc(
        c"router.llm_share",
        c"What a language model is told besides the question",
        c"prompt: nothing. schema: names of datasets and columns. values: also some stored values.",
        &LLM_SHARE,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.llm_timeout",
        c"Time a question waits for a language model",
        c"Then the next fallback answers.",
        &LLM_TIMEOUT,
        10,
        60_000,
        GucContext::Userset,
        default | GucFlags::UNIT_MS,
    );
    GucRegistry::define_enum_guc(
        c"router.llm_strategy",
        c"How the model is chosen that reads questions",
        c"As the strategy of router_recommend.",
        &LLM_STRATEGY,
        GucContext::Userset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.llm_slots",
        c"Questions that can wait for language models at the same time, in the whole server",
        c"When all are taken, the next fallback answers at once.",
        &LLM_SLOTS,
        1,
        10_000,
        crate::pg::shared::at_server_start(),
        default,
    );
    GucRegistry::define_int_guc(
        c"router.llm_slot_size",
        c"Shared memory of one slot",
        c"A request and its reply must fit, one after the other.",
        &LLM_SLOT_SIZE,
        8,
        1024,
        crate::pg::shared::at_server_start(),
        default | GucFlags::UNIT_KB,
    );
    GucRegistry::define_int_guc(
        c"router.llm_concurrency",
        c"Requests to one endpoint at the same time",
        c"Others wait for their turn. router.agents.max_in_flight gives an agent its own.",
        &LLM_CONCURRENCY,
        1,
        10_000,
        GucContext::Sighup,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.llm_attempts",
        c"Attempts at one call",
        c"Within its time; with growing waits, and never before an endpoint wants it.",
        &LLM_ATTEMPTS,
        1,
        10,
        GucContext::Sighup,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.llm_hedge",
        c"Time after which a second request is sent beside one without answer",
        c"The first answer counts, both are paid. 0 is off.",
        &LLM_HEDGE,
        0,
        60_000,
        GucContext::Sighup,
        default | GucFlags::UNIT_MS,
    );
    GucRegistry::define_float_guc(
        c"router.llm_daily_budget",
        c"Dollars that one agent may cost a day (UTC) in one database",
        c"0 is no limit. router.agents.daily_budget gives an agent its own.",
        &LLM_DAILY_BUDGET,
        0.0,
        1e9,
        GucContext::Sighup,
        default,
    );
}

fn define_network() {
    let default = GucFlags::default();
    GucRegistry::define_bool_guc(
        c"router.llm_allow_http",
        c"Lets the worker speak plain HTTP to other hosts than this one",
        c"Questions and keys then travel unencrypted.",
        &LLM_ALLOW_HTTP,
        GucContext::Sighup,
        default,
    );
    GucRegistry::define_string_guc(
        c"router.llm_hosts",
        c"Hosts that endpoints may have",
        c"Comma-separated, *.example.com for all below; empty is any.",
        &LLM_HOSTS,
        GucContext::Sighup,
        default,
    );
    GucRegistry::define_string_guc(
        c"router.llm_ca_file",
        c"File with further certificate authorities (PEM)",
        c"Trusted besides those of the operating system.",
        &LLM_CA_FILE,
        GucContext::Sighup,
        default | GucFlags::SUPERUSER_ONLY,
    );
    GucRegistry::define_string_guc(
        c"router.llm_proxy",
        c"Proxy for requests to other hosts",
        c"An http or https URL without password; empty takes HTTPS_PROXY and NO_PROXY of the server's environment.",
        &LLM_PROXY,
        GucContext::Sighup,
        default,
    );
    GucRegistry::define_string_guc(
        c"router.secrets_directory",
        c"Directory with a file for each secret",
        c"Files that anybody but the server's user can read are refused. Empty: the environment only.",
        &SECRETS_DIRECTORY,
        GucContext::Sighup,
        default | GucFlags::SUPERUSER_ONLY,
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

pub fn queue_attempts() -> i32 {
    QUEUE_ATTEMPTS.get()
}

pub fn embedding_model() -> Option<String> {
    text(&EMBEDDING_MODEL)
}

pub fn llm() -> Llm {
    LLM.get()
}

pub fn llm_share() -> router_core::remote::Share {
    match LLM_SHARE.get() {
        LlmShare::Prompt => router_core::remote::Share::Prompt,
        LlmShare::Schema => router_core::remote::Share::Schema,
        LlmShare::Values => router_core::remote::Share::Values,
    }
}

pub fn llm_timeout() -> Duration {
    Duration::from_millis(LLM_TIMEOUT.get().unsigned_abs().into())
}

pub fn llm_strategy() -> router_core::models::Strategy {
    use router_core::models::Strategy;
    match LLM_STRATEGY.get() {
        LlmStrategy::Balanced => Strategy::Balanced,
        LlmStrategy::Speed => Strategy::Speed,
        LlmStrategy::Quality => Strategy::Quality,
        LlmStrategy::Cost => Strategy::Cost,
    }
}

pub fn slots() -> usize {
    usize::try_from(LLM_SLOTS.get()).unwrap_or(1)
}

/// A multiple of 1024.
pub fn slot_bytes() -> usize {
    usize::try_from(LLM_SLOT_SIZE.get()).unwrap_or(8) * 1024
}

/// What calls go by, as plain data: settings can't be read everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct CallSettings {
    pub concurrency: usize,
    pub attempts: u32,
    pub hedge_after: Option<Duration>,
    /// Dollars; `None` is no limit.
    pub daily_budget: Option<f64>,
    pub allow_http: bool,
    /// Lower case; empty is any.
    pub hosts: Vec<String>,
    pub ca_file: Option<String>,
    pub proxy: Option<String>,
    pub secrets_directory: Option<String>,
}

pub fn calls() -> CallSettings {
    CallSettings {
        concurrency: usize::try_from(LLM_CONCURRENCY.get()).unwrap_or(1),
        attempts: LLM_ATTEMPTS.get().unsigned_abs(),
        hedge_after: Some(Duration::from_millis(LLM_HEDGE.get().unsigned_abs().into())).filter(|d| !d.is_zero()),
        daily_budget: Some(LLM_DAILY_BUDGET.get()).filter(|dollars| *dollars > 0.0),
        allow_http: LLM_ALLOW_HTTP.get(),
        hosts: text(&LLM_HOSTS)
            .unwrap_or_default()
            .split(',')
            .map(|host| host.trim().to_lowercase())
            .filter(|host| !host.is_empty())
            .collect(),
        ca_file: text(&LLM_CA_FILE),
        proxy: text(&LLM_PROXY),
        secrets_directory: text(&SECRETS_DIRECTORY),
    }
}

fn text(setting: &GucSetting<Option<CString>>) -> Option<String> {
    setting.get().map(|text| text.to_string_lossy().trim().to_owned()).filter(|text| !text.is_empty())
}
