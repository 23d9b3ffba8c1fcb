//! The QuickSpec@1 type and its JSON form.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::semantic::Aggregation;
use crate::time::Grain;

/// The value of the `schema` key.
pub const SCHEMA: &str = "QuickSpec@1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chart {
    Bar,
    Line,
    Pie,
    Scatter,
    Heatmap,
    Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderTarget {
    X,
    Y,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Asc,
    Desc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderBy {
    pub by: OrderTarget,
    pub dir: Direction,
}

/// A measure beside the first one; without a column the rows are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    pub agg: Aggregation,
}

/// What a ranking is repeated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopPer {
    /// Each point of the axis: its series are ranked.
    X,
    /// Each series: its points are ranked.
    Series,
}

/// A calculation over the aggregated series, done after grouping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Percent change to the previous point of the time axis (of the same series).
    Growth,
    /// Running total along the time axis.
    Cumulative,
    /// Mean of this and the points before, `window` together.
    MovingAverage,
}

/// The typed question.
///
/// Columns are named by their plain name when they belong to `dataset`, else as
/// `schema.table.column` of a dataset reachable over registered relationships.
/// `x` absent means one number over all rows; `y` absent means the rows themselves are counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuickSpec {
    pub schema: String,
    /// `schema.table`.
    pub dataset: String,
    /// Further datasets that take part although no column of theirs is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<String>,
    /// Related datasets that have no row for a row of `dataset`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    pub agg: Aggregation,
    /// Further measures beside `y`, of the same dataset: each point has a row for each of them, which `series` names.
    /// Without `x` the measures' names are the axis. Order, `topK` and `having` go by `y`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_measures: Vec<Measure>,
    /// Divides `y`'s aggregate by this column's default aggregate (ratio of two measures).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// `per` is a date: the steps of the calendar that have rows are counted ("average monthly sales").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_grain: Option<Grain>,
    pub chart: Chart,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_by: Option<String>,
    /// Grain of a temporal `splitBy` (years as series over months: year over year).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_grain: Option<Grain>,
    /// Column -> condition, all of which hold; `any_of` -> list of such maps, one of which holds.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub filters: Map<String, Value>,
    /// For a share: the numerator's further conditions; the denominator is everything that `filters` keeps.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub part: Map<String, Value>,
    /// Conditions on the aggregate (`{"gt": 10}`), applied after grouping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub having: Option<Value>,
    /// The groups that `having` leaves are counted: one number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count_groups: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_grain: Option<Grain>,
    /// `timeGrain` as a part of the calendar that comes round again: hour of the day, month of the year.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cyclic: bool,
    /// Width of the steps that a numeric `x` is cut into; a step is named by its lower end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<f64>,
    /// So many steps of one width between the least and the greatest value of a numeric `x` (1..=1000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<u32>,
    /// Steps of a round width that the least and the greatest value of a numeric `x` give, ten of them at most.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_bin: bool,
    /// Referring columns to join over, where several lead to the same dataset (plain names of `dataset`'s own
    /// columns, else `schema.table.column`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_by: Option<OrderBy>,
    #[serde(rename = "topK", default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// `topK` holds within each point of the axis, or within each series, instead of in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_per: Option<TopPer>,
    /// Shares of the total, in percent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub normalize: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
    /// Points that a moving average takes in, this one included (2..=366); 3 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Columns shown besides, for `table` of raw rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns of lower and upper bound, for predictions.
    #[serde(rename = "confidence_bands", default, skip_serializing_if = "Option::is_none")]
    pub confidence_bands: Option<[String; 2]>,
    #[serde(rename = "model_version", default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<String>,
}
