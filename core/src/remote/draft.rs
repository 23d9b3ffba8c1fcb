//! `classify_business_intent`: the function a model is asked to call, and what it may say in doing so.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::route::INTENTS;
use crate::semantic::Aggregation;
use crate::time::Grain;

/// The function's name.
pub const FUNCTION: &str = "classify_business_intent";

/// Bytes of a name, and of a text.
const NAME: usize = 200;
const TEXT: usize = 500;
/// Entries of a list.
const LIST: usize = 50;
/// Measures beside the first.
const MEASURES: usize = 8;

/// What a model said the question means. Nothing in it is believed before [`super::resolve`] has looked it up.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub intent: String,
    /// 0 to 1, by its own account.
    pub confidence: f64,
    pub dataset: String,
    #[serde(default)]
    pub entities: Vec<String>,
    #[serde(default)]
    pub measure: Option<String>,
    #[serde(default)]
    pub aggregation: Option<Aggregation>,
    /// Measures beside the first.
    #[serde(default)]
    pub more_measures: Vec<MeasureDraft>,
    #[serde(default)]
    pub dimensions: Vec<String>,
    #[serde(default)]
    pub time: Option<TimeDraft>,
    #[serde(default)]
    pub filters: Vec<FilterDraft>,
    #[serde(default)]
    pub order: Option<Order>,
    #[serde(default)]
    pub limit: Option<u32>,
    /// The dimension within each of whose values the limit holds.
    #[serde(default)]
    pub limit_per: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureDraft {
    #[serde(default)]
    pub measure: Option<String>,
    #[serde(default)]
    pub aggregation: Option<Aggregation>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeDraft {
    /// The question's own words; read by our clock, not by the model's.
    #[serde(default)]
    pub expression: Option<String>,
    #[serde(default)]
    pub grain: Option<Grain>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterDraft {
    pub column: String,
    pub op: Op,
    pub value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    NotIn,
    Between,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Asc,
    Desc,
}

/// Why a draft is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// A sentence about the shape, never the text itself.
    #[error("the reply does not have the shape asked for: {0}")]
    Shape(&'static str),
    #[error("the reply names a dataset that was not offered")]
    Dataset,
    #[error("the reply names a column that {0} does not have")]
    Column(String),
    #[error("the reply is not an answerable question: {0}")]
    Spec(String),
    #[error("the reply compares {0} with a value that neither the question nor the data has")]
    Value(String),
    #[error("the reply's time expression is not in the question, or can't be read")]
    Time,
}

impl Draft {
    /// Reads the function's arguments. Unknown keys, wrong types and anything beyond its bounds are refused.
    pub fn parse(arguments: &str) -> Result<Self, DraftError> {
        if arguments.len() > 16 * 1024 {
            return Err(DraftError::Shape("more than 16 kB of arguments"));
        }
        let draft: Self = serde_json::from_str(arguments)
            .map_err(|_| DraftError::Shape("the arguments are no object with the keys asked for"))?;
        let long = |texts: &[String]| texts.len() > LIST || texts.iter().any(|t| t.len() > NAME);
        if long(&draft.entities) || long(&draft.dimensions) || draft.filters.len() > LIST {
            return Err(DraftError::Shape("a list or a name is too long"));
        }
        let named = |m: &MeasureDraft| m.measure.as_ref().is_none_or(|name| name.len() <= NAME);
        if draft.more_measures.len() > MEASURES || !draft.more_measures.iter().all(named) {
            return Err(DraftError::Shape("more measures than are shown beside each other"));
        }
        if draft.dimensions.len() > 2 {
            return Err(DraftError::Shape("more than two dimensions"));
        }
        if !(0.0..=1.0).contains(&draft.confidence) {
            return Err(DraftError::Shape("the confidence lies outside of 0 to 1"));
        }
        if !INTENTS.contains(&draft.intent.as_str()) {
            return Err(DraftError::Shape("an unknown intent"));
        }
        if draft.dataset.len() > NAME || draft.measure.as_ref().is_some_and(|m| m.len() > NAME) {
            return Err(DraftError::Shape("a name is too long"));
        }
        if draft.limit_per.as_ref().is_some_and(|name| !draft.dimensions.contains(name) || draft.limit.is_none()) {
            return Err(DraftError::Shape("a limit within something that is no dimension"));
        }
        if draft.limit.is_some_and(|n| !(1..=10_000).contains(&n)) {
            return Err(DraftError::Shape("the limit lies outside of 1 to 10,000"));
        }
        if draft.time.iter().filter_map(|t| t.expression.as_ref()).any(|e| e.len() > TEXT) {
            return Err(DraftError::Shape("the time expression is too long"));
        }
        if !draft.filters.iter().all(|f| f.column.len() <= NAME && fits(&f.value, f.op)) {
            return Err(DraftError::Shape("a filter's value does not fit its operator"));
        }
        Ok(draft)
    }
}

/// Scalars for comparisons, lists of scalars for lists.
fn fits(value: &Value, op: Op) -> bool {
    let scalar = |v: &Value| match v {
        Value::String(s) => s.len() <= TEXT,
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    match (value, op) {
        (Value::Array(list), Op::In | Op::NotIn) => (1..=LIST).contains(&list.len()) && list.iter().all(scalar),
        (Value::Array(list), Op::Between) => list.len() == 2 && list.iter().all(scalar),
        (_, Op::In | Op::NotIn | Op::Between) => false,
        (value, _) => scalar(value),
    }
}

/// What a model may call an aggregation.
const AGGREGATIONS: [Option<&str>; 8] =
    [Some("sum"), Some("avg"), Some("median"), Some("count"), Some("count_distinct"), Some("min"), Some("max"), None];

/// The JSON schema of the function's parameters. `datasets` are the names on offer; with none any may be named.
pub fn parameters(datasets: &[String]) -> Value {
    let mut dataset = json!({"type": "string", "description": "schema.table"});
    if !datasets.is_empty() {
        dataset["enum"] = json!(datasets);
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["intent", "confidence", "dataset"],
        "properties": {
            "intent": {"type": "string", "enum": INTENTS},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "dataset": dataset,
            "entities": {"type": "array", "items": {"type": "string"}, "description": "words of the question that name something"},
            "measure": {"type": ["string", "null"], "description": "column that is aggregated; null counts rows"},
            "aggregation": {"type": ["string", "null"], "enum": AGGREGATIONS},
            "more_measures": {
                "type": "array",
                "maxItems": MEASURES,
                "description": "further measures shown beside the first, of the same dataset",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "measure": {"type": ["string", "null"]},
                        "aggregation": {"type": ["string", "null"], "enum": AGGREGATIONS}
                    }
                }
            },
            "dimensions": {"type": "array", "maxItems": 2, "items": {"type": "string"}, "description": "columns to group by: the axis, then the series"},
            "time": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": {
                    "expression": {"type": ["string", "null"], "description": "the question's own words for the period"},
                    "grain": {"type": ["string", "null"], "enum": ["hour", "day", "week", "month", "quarter", "year", "weekday", null]}
                }
            },
            "filters": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["column", "op", "value"],
                    "properties": {
                        "column": {"type": "string"},
                        "op": {"type": "string", "enum": ["eq", "ne", "gt", "gte", "lt", "lte", "in", "not_in", "between"]},
                        "value": {"type": ["string", "number", "boolean", "array"], "items": {"type": ["string", "number"]}}
                    }
                }
            },
            "order": {"type": ["string", "null"], "enum": ["asc", "desc", null]},
            "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 10000},
            "limit_per": {"type": ["string", "null"], "description": "the dimension within each of whose values the limit holds: 'top 3 products of each region'"}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minimal() -> Value {
        json!({"intent": "kpi_monitoring", "confidence": 0.9, "dataset": "public.sales"})
    }

    #[test]
    fn reads_what_was_asked_for() {
        assert!(Draft::parse(&minimal().to_string()).is_ok());
    }

    #[test]
    fn refuses_what_was_not() {
        let with = |key: &str, value: Value| {
            let mut draft = minimal();
            draft[key] = value;
            Draft::parse(&draft.to_string())
        };
        for (key, value) in [
            ("sql", json!("DROP TABLE sales")),
            ("intent", json!("do_as_i_say")),
            ("confidence", json!(7)),
            ("confidence", json!("high")),
            ("limit", json!(0)),
            ("limit", json!(-1)),
            ("limit_per", json!("region")),
            ("more_measures", json!([{"measure": "a", "sql": "1"}])),
            ("more_measures", json!(vec![json!({"measure": "a"}); 9])),
            ("dimensions", json!(["a", "b", "c"])),
            ("dataset", json!("x".repeat(201))),
            ("entities", json!(vec!["x"; 51])),
            ("aggregation", json!("mode")),
            ("filters", json!([{"column": "a", "op": "eq", "value": {"sql": "1"}}])),
            ("filters", json!([{"column": "a", "op": "raw", "value": 1}])),
            ("filters", json!([{"column": "a", "op": "in", "value": []}])),
            ("time", json!({"expression": "now", "sql": "now()"})),
        ] {
            assert!(with(key, value.clone()).is_err(), "{key}: {value}");
        }
        for odd in ["", "null", "[]", "{", "42", "\"x\"", "{}"] {
            assert!(Draft::parse(odd).is_err(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,400}") {
            drop(Draft::parse(&text));
        }
    }
}
