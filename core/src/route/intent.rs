//! Which of the 12 business intents a reading serves.

use crate::quickspec::{Chart, QuickSpec};
use crate::reading::{Cue, Draft, Question};
use crate::semantic::{Layer, SemanticModel};

/// The intents of the contract.
pub const INTENTS: [&str; 12] = [
    "executive_overview",
    "kpi_monitoring",
    "performance_summary",
    "trend_analysis",
    "comparative_analysis",
    "correlation_analysis",
    "product_performance",
    "channel_analysis",
    "regional_breakdown",
    "sales_forecasting",
    "demand_prediction",
    "anomaly_detection",
];

const REGIONAL: &[&str] = &[
    "region",
    "province",
    "city",
    "country",
    "state",
    "district",
    "area",
    "territory",
    "location",
    "county",
    "town",
    "continent",
    "address",
];
const CHANNEL: &[&str] = &["channel", "store_type", "outlet", "medium", "platform", "payment_method"];
const PRODUCT: &[&str] = &["product", "brand", "category", "item", "sku", "model"];

/// The intent that the cues and the shape of the reading speak for.
pub fn classify(q: &Question, d: &Draft, spec: &QuickSpec, model: &SemanticModel) -> &'static str {
    let platinum = model.datasets[d.root].layer == Layer::Platinum;
    let says = |words: &[&str]| q.words.iter().any(|w| w.is_any(words));
    if q.has(Cue::Anomaly) {
        return "anomaly_detection";
    }
    if platinum || q.has(Cue::Forecast) {
        return if says(&["demand"]) { "demand_prediction" } else { "sales_forecasting" };
    }
    if spec.chart == Chart::Scatter || q.has(Cue::Correlate) && d.agg == crate::semantic::Aggregation::None {
        return "correlation_analysis";
    }
    if q.has(Cue::Overview) && d.x.is_none() {
        return if says(&["kpi", "kpis", "dashboard"]) { "kpi_monitoring" } else { "executive_overview" };
    }
    let compared = q.has(Cue::Compare);
    let time_axis = d.x.is_some_and(|x| model.column(x).value_type.is_temporal());
    if compared && !(time_axis && d.split.is_none()) {
        return "comparative_analysis";
    }
    if time_axis || q.has(Cue::Trend) || spec.transform.is_some() && d.x.is_some() {
        return "trend_analysis";
    }
    if q.has(Cue::Overview) {
        return "performance_summary";
    }
    let Some(x) = d.x else {
        return if says(&["overview", "executive"]) { "executive_overview" } else { "kpi_monitoring" };
    };
    let name = model.column(x).name.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|w| name.contains(w));
    match () {
        () if any(REGIONAL) => "regional_breakdown",
        () if any(CHANNEL) => "channel_analysis",
        () if any(PRODUCT) => "product_performance",
        () if d.conditions.iter().any(|c| c.column == x) => "comparative_analysis",
        () => "performance_summary",
    }
}

/// The intent of a spec by its shape alone.
pub fn of_spec(spec: &QuickSpec, model: &SemanticModel, root: usize) -> &'static str {
    let x = spec.x.as_deref().map(str::to_lowercase);
    let any = |words: &[&str]| x.as_deref().is_some_and(|x| words.iter().any(|w| x.contains(w)));
    match () {
        () if model.datasets[root].layer == Layer::Platinum => "sales_forecasting",
        () if spec.chart == Chart::Scatter => "correlation_analysis",
        () if spec.time_grain.is_some() => "trend_analysis",
        () if x.is_none() => "kpi_monitoring",
        () if any(REGIONAL) => "regional_breakdown",
        () if any(CHANNEL) => "channel_analysis",
        () if any(PRODUCT) => "product_performance",
        () => "performance_summary",
    }
}
