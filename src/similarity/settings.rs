//! Settings of similar questions and their encoders.

use std::time::Duration;

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

use crate::worker;

/// Who embeds prompts; the local encoder always does besides.
static EMBEDDING_PROVIDER: GucSetting<Provider> = GucSetting::<Provider>::new(Provider::Local);
/// Milliseconds.
static EMBEDDING_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(500);
/// Past questions whose slots are looked at.
static MAX_SIMILARITY_RESULTS: GucSetting<i32> = GucSetting::<i32>::new(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
enum Provider {
    Local,
    Openai,
}

/// Called once, before the prefix is reserved.
pub fn define() {
    let default = GucFlags::default();
    GucRegistry::define_enum_guc(
        c"router.embedding_provider",
        c"Who embeds prompts besides the local encoder",
        c"local: nobody; openai: the endpoint of router.embedding_model, asked by the background worker.",
        &EMBEDDING_PROVIDER,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.embedding_timeout",
        c"Time that a prompt waits for the endpoint",
        c"When it is over, the local encoder is used, with a warning.",
        &EMBEDDING_TIMEOUT,
        1,
        60_000,
        GucContext::Userset,
        default | GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"router.max_similarity_results",
        c"Past questions whose slots are compared with a new one",
        c"The nearest ones.",
        &MAX_SIMILARITY_RESULTS,
        1,
        100,
        GucContext::Userset,
        default,
    );
}

/// The model that embeds besides the local encoder, and the name of its encoder; `None`: nobody does.
pub fn external_encoder() -> Option<String> {
    if EMBEDDING_PROVIDER.get() == Provider::Local {
        return None;
    }
    worker::settings::embedding_model().filter(|model| model != super::encoder::LOCAL)
}

pub fn embedding_timeout() -> Duration {
    Duration::from_millis(EMBEDDING_TIMEOUT.get().unsigned_abs().into())
}

pub fn max_similarity_results() -> usize {
    MAX_SIMILARITY_RESULTS.get().unsigned_abs() as usize
}
