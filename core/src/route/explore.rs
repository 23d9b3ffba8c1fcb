//! The exploratory answer: an overview of a dataset that a question names without saying what is wanted.

use std::collections::HashSet;

use super::answer::{Answer, Status};
use super::context::Context;
use super::known::answer_known;
use crate::prompt::{TokenKind, is_stopword, tokenize};
use crate::quickspec::{Chart, Direction, OrderBy, OrderTarget, QuickSpec, SCHEMA};
use crate::semantic::{Aggregation, Column, Dataset, Role, SemanticModel};
use crate::time::Grain;

/// An overview is what was wanted about as often as not, and it says what it is.
const CONFIDENCE: f32 = 0.55;

/// Groups that a chart still shows at a glance.
const MOST_GROUPS: usize = 40;

/// Words that ask to be told something, and nothing in particular.
const EXPLORING: &[&str] = &[
    "explore",
    "exploring",
    "exploration",
    "insight",
    "insights",
    "interesting",
    "happening",
    "happened",
    "learn",
    "analyse",
    "analyze",
    "analysis",
    "dashboard",
    "snapshot",
    "story",
    "picture",
    "state",
    "status",
    "situation",
    "news",
    "latest",
    "recent",
    "doing",
    "look",
    "browse",
    "inspect",
    "profile",
    "dataset",
    "rows",
];

/// An overview of the one dataset that a question names, when the question says nothing else and its own reading
/// (`local`) leaves open what is wanted.
pub fn explore(prompt: &str, local: &Answer, model: &SemanticModel, context: &Context) -> Option<Answer> {
    if local.status != Status::Clarify || context.previous.is_some() {
        return None;
    }
    let mut named: Vec<&str> =
        local.entities.iter().filter(|e| e.kind == "dataset").map(|e| e.meaning.as_str()).collect();
    named.dedup();
    let [name] = named.as_slice() else { return None };
    if local.entities.iter().any(|e| e.kind != "dataset") || !says_no_more(prompt, local) {
        return None;
    }
    let dataset = &model.datasets[model.dataset_index(name)?];
    let spec = overview(dataset);
    let mut answer = answer_known(spec, model, context, "exploratory", CONFIDENCE, "an overview")?;
    answer.entities.clone_from(&local.entities);
    answer.warnings.push("the question leaves open what is wanted: this is an overview".to_owned());
    Some(answer)
}

/// Everything in the prompt that means something names the dataset or asks to be told.
fn says_no_more(prompt: &str, local: &Answer) -> bool {
    let named: HashSet<String> = local.entities.iter().flat_map(|e| tokenize(&e.text)).map(|t| t.norm).collect();
    tokenize(prompt).iter().all(|t| {
        t.kind == TokenKind::Symbol
            || t.kind == TokenKind::Word
                && (is_stopword(&t.norm) || named.contains(&t.norm) || EXPLORING.contains(&t.norm.as_str()))
    })
}

/// The main measure over time; without a time axis by the dimension with the fewest values; else one number.
pub fn overview(dataset: &Dataset) -> QuickSpec {
    let measure = dataset
        .columns
        .iter()
        .filter(|c| c.role == Role::Measure && c.default_agg != Aggregation::None)
        .min_by_key(|c| c.default_agg != Aggregation::Sum);
    let mut spec = QuickSpec {
        schema: SCHEMA.to_owned(),
        dataset: dataset.full_name(),
        joins: Vec::new(),
        x: None,
        y: measure.map(|c| c.name.clone()),
        agg: measure.map_or(Aggregation::Count, |c| c.default_agg),
        more_measures: Vec::new(),
        per: None,
        per_grain: None,
        chart: Chart::Table,
        split_by: None,
        split_grain: None,
        filters: serde_json::Map::new(),
        part: serde_json::Map::new(),
        having: None,
        count_groups: false,
        time_grain: None,
        cyclic: false,
        bin: None,
        bins: None,
        without: Vec::new(),
        auto_bin: false,
        via: Vec::new(),
        window: None,
        order_by: None,
        top_k: None,
        top_per: None,
        normalize: false,
        transform: None,
        columns: Vec::new(),
        confidence_bands: None,
        model_version: None,
    };
    let time = dataset.time_column.and_then(|c| dataset.columns.get(c)).filter(|c| c.value_type.is_temporal());
    if let Some(time) = time {
        spec.x = Some(time.name.clone());
        spec.time_grain = Some(Grain::Month);
        spec.chart = Chart::Line;
        spec.order_by = Some(OrderBy { by: OrderTarget::X, dir: Direction::Asc });
    } else if let Some(group) = main_dimension(dataset) {
        spec.x = Some(group.name.clone());
        spec.chart = Chart::Bar;
        spec.order_by = Some(OrderBy { by: OrderTarget::Y, dir: Direction::Desc });
    }
    spec
}

/// The dimension with the fewest values, of those with more than one and few enough to be shown.
pub fn main_dimension(dataset: &Dataset) -> Option<&Column> {
    dataset
        .columns
        .iter()
        .filter(|c| c.role == Role::Dimension && c.harvested_all && (2..=MOST_GROUPS).contains(&c.values.len()))
        .min_by_key(|c| c.values.len())
}
