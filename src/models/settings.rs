//! Settings of the model router.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

/// Share of recommendations that go to assignments on trial.
static EXPLORATION_RATE: GucSetting<f64> = GucSetting::<f64>::new(0.05);
/// Share of the best expected quality that the cost strategy insists on.
static QUALITY_FLOOR: GucSetting<f64> = GucSetting::<f64>::new(0.85);
/// Hours after which an outcome counts half.
static OUTCOME_HALF_LIFE: GucSetting<i32> = GucSetting::<i32>::new(7 * 24);
/// Seconds.
static CIRCUIT_COOLDOWN: GucSetting<i32> = GucSetting::<i32>::new(60);
/// Most recent outcomes that a session learns from.
static LEARNED_OUTCOMES: GucSetting<i32> = GucSetting::<i32>::new(50_000);

/// Called once, before the prefix is reserved.
pub fn define() {
    let default = GucFlags::default();
    GucRegistry::define_float_guc(
        c"router.exploration_rate",
        c"Share of recommendations that go to assignments with status TESTING",
        c"Their probability is logged with the decision, so that strategies can be compared afterwards.",
        &EXPLORATION_RATE,
        0.0,
        1.0,
        GucContext::Userset,
        default,
    );
    GucRegistry::define_float_guc(
        c"router.quality_floor",
        c"Share of the best expected quality that the cost strategy insists on",
        c"0 takes the cheapest, 1 the best.",
        &QUALITY_FLOOR,
        0.0,
        1.0,
        GucContext::Userset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.outcome_half_life",
        c"Hours after which an outcome counts half",
        c"Old evidence fades, so that the router follows what changed.",
        &OUTCOME_HALF_LIFE,
        1,
        1_000_000,
        GucContext::Suset,
        default,
    );
    GucRegistry::define_int_guc(
        c"router.circuit_cooldown",
        c"Time for which an assignment that fails unexpectedly often is set aside",
        c"After it, requests may try again: the next failure sets it aside anew, a success ends that.",
        &CIRCUIT_COOLDOWN,
        1,
        86_400,
        GucContext::Suset,
        default | GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"router.learned_outcomes",
        c"Most recent outcomes that router_recommend learns from",
        c"Means and regressions are made from them; while they are, the worker takes about 400 bytes of memory for each.",
        &LEARNED_OUTCOMES,
        100,
        1_000_000,
        GucContext::Suset,
        default,
    );
}

pub fn exploration_rate() -> f64 {
    EXPLORATION_RATE.get()
}

pub fn quality_floor() -> f64 {
    QUALITY_FLOOR.get()
}

/// The rate at which evidence fades, per second.
pub fn decay_per_second() -> f64 {
    std::f64::consts::LN_2 / (f64::from(OUTCOME_HALF_LIFE.get()) * 3600.0)
}

/// Seconds.
pub fn circuit_cooldown() -> f64 {
    CIRCUIT_COOLDOWN.get().into()
}

pub fn learned_outcomes() -> i64 {
    LEARNED_OUTCOMES.get().into()
}
