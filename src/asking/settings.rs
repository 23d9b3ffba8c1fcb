//! Settings of the decision matrix and the fallback chain.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

static DIRECT_THRESHOLD: GucSetting<f64> = GucSetting::<f64>::new(0.9);
static SIMILARITY_THRESHOLD: GucSetting<f64> = GucSetting::<f64>::new(0.85);
static INTENT_THRESHOLD: GucSetting<f64> = GucSetting::<f64>::new(0.7);
static FALLBACK_BAR: GucSetting<f64> = GucSetting::<f64>::new(0.5);

/// What a proposal must exceed, 0..1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    pub direct: f32,
    pub similarity: f32,
    pub intent: f32,
    pub bar: f32,
}

/// Called once, before the prefix is reserved.
pub fn define() {
    let share = |name, short, long, setting: &'static GucSetting<f64>| {
        GucRegistry::define_float_guc(name, short, long, setting, 0.0, 1.0, GucContext::Userset, GucFlags::default());
    };
    share(
        c"router.direct_threshold",
        c"Confidence above which the router's own reading answers directly",
        c"0 to 1.",
        &DIRECT_THRESHOLD,
    );
    share(
        c"router.similarity_threshold",
        c"Similarity above which a past question with equal slots answers",
        c"0 to 1, on the scale that every encoder's cosines are mapped to.",
        &SIMILARITY_THRESHOLD,
    );
    share(
        c"router.intent_threshold",
        c"Confidence above which the router's own reading answers without the fallback chain",
        c"0 to 1.",
        &INTENT_THRESHOLD,
    );
    share(
        c"router.fallback_bar",
        c"Confidence above which a step of the fallback chain answers",
        c"0 to 1.",
        &FALLBACK_BAR,
    );
}

pub fn thresholds() -> Thresholds {
    Thresholds {
        direct: DIRECT_THRESHOLD.get() as f32,
        similarity: SIMILARITY_THRESHOLD.get() as f32,
        intent: INTENT_THRESHOLD.get() as f32,
        bar: FALLBACK_BAR.get() as f32,
    }
}
