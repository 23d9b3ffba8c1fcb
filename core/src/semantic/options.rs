//! The options of a registration: JSON as people write it, checked to the last key.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Aggregation, Layer};

/// What registration was asked for. Names are as written; whether the columns exist is checked by [`RegisterOptions::check`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RegisterOptions {
    /// Default silver.
    pub layer: Option<Layer>,
    pub label: Option<String>,
    /// Column -> other names.
    pub synonyms: BTreeMap<String, Vec<String>>,
    /// Column -> stored value -> other names.
    pub value_synonyms: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub time_column: Option<String>,
    /// Column -> aggregation, or none to infer it from the name.
    pub measures: BTreeMap<String, Option<Aggregation>>,
    pub dimensions: Vec<String>,
    pub relationships: Vec<RelationshipOption>,
    pub harvest: HarvestOption,
    /// Only these columns; empty means all.
    pub columns: Vec<String>,
}

/// Many rows of the registered relation belong to one of `references`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationshipOption {
    pub columns: Vec<String>,
    /// `schema.table`, quoted where SQL would need it.
    pub references: String,
    /// Empty: the primary key of `references`.
    pub referenced_columns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HarvestOption {
    /// Within the default bounds, and not where row security or the asker decides what is seen.
    #[default]
    Default,
    Off,
    /// Asked for in so many words, with a bound on distinct values per column if given.
    On {
        max_values: Option<usize>,
    },
}

/// Why options can't be taken, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OptionsError {
    pub message: String,
    pub hint: String,
}

/// The most distinct values a column may be asked to be harvested for.
pub const MAX_HARVESTED_VALUES: usize = 100_000;

const KEYS: &[&str] = &[
    "layer",
    "label",
    "synonyms",
    "value_synonyms",
    "time_column",
    "measures",
    "dimensions",
    "relationships",
    "harvest",
    "columns",
];

const AGGREGATIONS: &str = "sum, avg, median, count, count_distinct, min, max or none";

type Result<T> = std::result::Result<T, OptionsError>;

impl RegisterOptions {
    /// Reads the JSON form. A null value counts as absent.
    pub fn parse(options: &Value) -> Result<Self> {
        let Value::Object(map) = options else {
            return Err(error(
                format!("options must be a JSON object, not {}", kind(options)),
                "for instance {\"layer\": \"gold\"}",
            ));
        };
        let mut parsed = Self::default();
        for (key, value) in map.iter().filter(|(_, v)| !v.is_null()) {
            match key.as_str() {
                "layer" => parsed.layer = Some(word(key, value, "bronze, silver, gold or platinum")?),
                "label" => parsed.label = Some(text(key, value)?),
                "synonyms" => {
                    for (column, names) in object(key, value, "column -> array of other names")? {
                        parsed.synonyms.insert(column.clone(), texts(&format!("{key}.{column}"), names)?);
                    }
                }
                "value_synonyms" => {
                    for (column, values) in object(key, value, VALUE_SYNONYMS)? {
                        let at = format!("{key}.{column}");
                        let values = object(&at, values, VALUE_SYNONYMS)?
                            .iter()
                            .map(|(stored, names)| Ok((stored.clone(), texts(&format!("{at}.{stored}"), names)?)));
                        parsed.value_synonyms.insert(column.clone(), values.collect::<Result<_>>()?);
                    }
                }
                "time_column" => parsed.time_column = Some(text(key, value)?),
                "measures" => parsed.measures = measures(value)?,
                "dimensions" => parsed.dimensions = texts(key, value)?,
                "relationships" => parsed.relationships = relationships(value)?,
                "harvest" => parsed.harvest = harvest(value)?,
                "columns" => {
                    parsed.columns = texts(key, value)?;
                    if parsed.columns.is_empty() {
                        return Err(error(
                            "option \"columns\" names no column",
                            "leave it out to register all columns",
                        ));
                    }
                }
                _ => {
                    return Err(error(
                        format!("unknown option \"{key}\"{}", nearest(key, KEYS.iter().copied())),
                        format!("the options are {}", KEYS.join(", ")),
                    ));
                }
            }
        }
        if let Some(both) = parsed.dimensions.iter().find(|d| parsed.measures.contains_key(*d)) {
            return Err(error(
                format!("column \"{both}\" is named both in \"measures\" and in \"dimensions\""),
                "name it in one of them",
            ));
        }
        Ok(parsed)
    }

    /// The layer asked for, or silver.
    pub fn layer(&self) -> Layer {
        self.layer.unwrap_or(Layer::Silver)
    }

    /// Checks that every column named exists (and is among `columns`, when that is given).
    pub fn check<'a>(&self, relation: &str, existing: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
        let missing = |column: &str, option: &str| {
            error(
                format!(
                    "option \"{option}\" names column \"{column}\", which {relation} does not have{}",
                    nearest(column, existing.clone())
                ),
                format!("its columns are {}", listed(existing.clone())),
            )
        };
        for (option, column) in self.named_columns() {
            if !existing.clone().any(|e| e == column) {
                return Err(missing(column, option));
            }
            if !self.columns.is_empty() && !self.columns.iter().any(|c| c == column) {
                return Err(error(
                    format!("option \"{option}\" names column \"{column}\", which option \"columns\" leaves out"),
                    "add it to \"columns\" or take it out of the other option",
                ));
            }
        }
        Ok(())
    }

    /// Takes out what names columns that do not exist (any more); returns those names.
    pub fn drop_missing<'a>(&mut self, existing: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
        let gone = |column: &str| !existing.clone().any(|e| e == column);
        let mut missing: Vec<String> =
            self.named_columns().into_iter().map(|(_, c)| c).filter(|c| gone(c)).map(str::to_owned).collect();
        missing.sort();
        missing.dedup();
        self.synonyms.retain(|c, _| !gone(c));
        self.value_synonyms.retain(|c, _| !gone(c));
        self.measures.retain(|c, _| !gone(c));
        self.dimensions.retain(|c| !gone(c));
        self.relationships.retain(|r| !r.columns.iter().any(|c| gone(c)));
        self.columns.retain(|c| !gone(c));
        self.time_column.take_if(|c| gone(c));
        missing
    }

    fn named_columns(&self) -> Vec<(&'static str, &str)> {
        let mut named: Vec<(&'static str, &str)> = Vec::new();
        named.extend(self.columns.iter().map(|c| ("columns", c.as_str())));
        named.extend(self.synonyms.keys().map(|c| ("synonyms", c.as_str())));
        named.extend(self.value_synonyms.keys().map(|c| ("value_synonyms", c.as_str())));
        named.extend(self.time_column.iter().map(|c| ("time_column", c.as_str())));
        named.extend(self.measures.keys().map(|c| ("measures", c.as_str())));
        named.extend(self.dimensions.iter().map(|c| ("dimensions", c.as_str())));
        named.extend(self.relationships.iter().flat_map(|r| &r.columns).map(|c| ("relationships", c.as_str())));
        named
    }
}

const VALUE_SYNONYMS: &str = "column -> stored value -> array of other names";
const RELATIONSHIP: &str = "{\"columns\": [...], \"references\": \"schema.table\", \"referenced_columns\": [...]}";

fn measures(value: &Value) -> Result<BTreeMap<String, Option<Aggregation>>> {
    match value {
        Value::Array(_) => Ok(texts("measures", value)?.into_iter().map(|column| (column, None)).collect()),
        Value::Object(map) => map
            .iter()
            .map(|(column, agg)| {
                let agg =
                    (!agg.is_null()).then(|| word(&format!("measures.{column}"), agg, AGGREGATIONS)).transpose()?;
                Ok((column.clone(), agg))
            })
            .collect(),
        _ => Err(wrong_type("measures", value, "an array of columns, or column -> aggregation")),
    }
}

fn relationships(value: &Value) -> Result<Vec<RelationshipOption>> {
    let Value::Array(items) = value else {
        return Err(wrong_type("relationships", value, &format!("an array of {RELATIONSHIP}")));
    };
    items.iter().map(relationship).collect()
}

fn relationship(item: &Value) -> Result<RelationshipOption> {
    let mut columns = Vec::new();
    let mut referenced_columns = Vec::new();
    let mut references = None;
    for (key, value) in object("relationships", item, RELATIONSHIP)? {
        let at = format!("relationships.{key}");
        match key.as_str() {
            "column" | "columns" => columns = texts(&at, value)?,
            "references" => references = Some(text(&at, value)?),
            "referenced_column" | "referenced_columns" => referenced_columns = texts(&at, value)?,
            _ => {
                return Err(error(
                    format!("unknown key \"{key}\" in \"relationships\""),
                    format!("write {RELATIONSHIP}"),
                ));
            }
        }
    }
    match references {
        Some(references) if !columns.is_empty() => {
            if !referenced_columns.is_empty() && referenced_columns.len() != columns.len() {
                return Err(error(
                    format!(
                        "a relationship pairs {} columns with {} columns of {references}",
                        columns.len(),
                        referenced_columns.len()
                    ),
                    "name as many columns on one side as on the other",
                ));
            }
            Ok(RelationshipOption { columns, references, referenced_columns })
        }
        _ => Err(error("a relationship needs \"columns\" and \"references\"", format!("write {RELATIONSHIP}"))),
    }
}

fn harvest(value: &Value) -> Result<HarvestOption> {
    const FORM: &str = "true, false or {\"max_values\": 1000}";
    match value {
        Value::Bool(true) => Ok(HarvestOption::On { max_values: None }),
        Value::Bool(false) => Ok(HarvestOption::Off),
        Value::Object(map) => {
            if let Some(key) = map.keys().find(|k| *k != "max_values") {
                return Err(error(format!("unknown key \"{key}\" in \"harvest\""), format!("write {FORM}")));
            }
            let max_values = match map.get("max_values") {
                None | Some(Value::Null) => None,
                Some(n) => Some(n.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= MAX_HARVESTED_VALUES).ok_or_else(
                    || {
                        error(
                            format!("option \"harvest.max_values\" must be a whole number from 0 to {MAX_HARVESTED_VALUES}, not {n}"),
                            format!("write {FORM}"),
                        )
                    },
                )?),
            };
            Ok(if max_values == Some(0) { HarvestOption::Off } else { HarvestOption::On { max_values } })
        }
        _ => Err(wrong_type("harvest", value, FORM)),
    }
}

fn object<'a>(option: &str, value: &'a Value, form: &str) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| wrong_type(option, value, &format!("an object, {form}")))
}

fn text(option: &str, value: &Value) -> Result<String> {
    match value.as_str().map(str::trim) {
        Some(s) if !s.is_empty() => Ok(s.to_owned()),
        Some(_) => Err(error(format!("option \"{option}\" is blank"), "give it a text, or leave it out")),
        None => Err(wrong_type(option, value, "a text")),
    }
}

/// An array of texts, or one text.
fn texts(option: &str, value: &Value) -> Result<Vec<String>> {
    match value {
        Value::String(_) => Ok(vec![text(option, value)?]),
        Value::Array(items) => {
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                let item = text(option, item)?;
                if !all.contains(&item) {
                    all.push(item);
                }
            }
            Ok(all)
        }
        _ => Err(wrong_type(option, value, "an array of texts")),
    }
}

fn word<T: DeserializeOwned>(option: &str, value: &Value, choices: &str) -> Result<T> {
    if !value.is_string() {
        return Err(wrong_type(option, value, choices));
    }
    serde_json::from_value(value.clone())
        .map_err(|_| error(format!("option \"{option}\" is {value}"), format!("it may be {choices}")))
}

fn wrong_type(option: &str, value: &Value, want: &str) -> OptionsError {
    error(format!("option \"{option}\" is {}", kind(value)), format!("it must be {want}"))
}

fn error(message: impl Into<String>, hint: impl Into<String>) -> OptionsError {
    OptionsError { message: message.into(), hint: hint.into() }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// `, did you mean "x"?` when a candidate is close enough to be a slip of the pen.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    candidates
        .map(|c| (strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &c.to_lowercase()), c))
        .filter(|(similarity, _)| *similarity >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(String::new(), |(_, c)| format!(" (did you mean \"{c}\"?)"))
}

/// Names for a hint, cut at a readable number.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 30;
    let names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    let mut text = names[..names.len() - more].join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(options: Value) -> OptionsError {
        RegisterOptions::parse(&options).expect_err("must be refused")
    }

    #[test]
    fn every_option_is_read() {
        let parsed = RegisterOptions::parse(&json!({
            "layer": "gold", "label": "Daily KPIs", "time_column": "day",
            "synonyms": {"brand": ["label", "tatak", "label"], "region": "area"},
            "value_synonyms": {"region": {"NCR": ["Metro Manila"]}},
            "measures": {"sales": "sum", "score": null}, "dimensions": ["brand"],
            "relationships": [{"column": "brand", "references": "public.brands"}],
            "harvest": {"max_values": 50}, "columns": ["brand", "region", "day", "sales", "score"]
        }))
        .expect("valid");
        assert_eq!(parsed.layer, Some(Layer::Gold));
        assert_eq!(parsed.synonyms["brand"], ["label", "tatak"]);
        assert_eq!(parsed.synonyms["region"], ["area"]);
        assert_eq!(parsed.value_synonyms["region"]["NCR"], ["Metro Manila"]);
        assert_eq!(parsed.measures["sales"], Some(Aggregation::Sum));
        assert_eq!(parsed.measures["score"], None);
        assert_eq!(parsed.relationships[0].columns, ["brand"]);
        assert_eq!(parsed.harvest, HarvestOption::On { max_values: Some(50) });
        assert!(parsed.check("public.t", ["brand", "region", "day", "sales", "score"].into_iter()).is_ok());
    }

    #[test]
    fn nulls_and_nothing_are_the_defaults() {
        assert_eq!(RegisterOptions::parse(&json!({"layer": null})), Ok(RegisterOptions::default()));
        assert_eq!(RegisterOptions::parse(&json!({})), Ok(RegisterOptions::default()));
    }

    #[test]
    fn mistakes_are_named_with_what_is_valid() {
        assert!(refused(json!([])).message.contains("an array"));
        let e = refused(json!({"synonim": {}}));
        assert!(e.message.contains("did you mean \"synonyms\"") && e.hint.contains("time_column"), "{e:?}");
        assert!(refused(json!({"layer": "copper"})).hint.contains("platinum"));
        assert!(refused(json!({"measures": {"a": "mode"}})).hint.contains("count_distinct"));
        assert!(refused(json!({"measures": 3})).message.contains("a number"));
        assert!(refused(json!({"label": " "})).message.contains("blank"));
        assert!(refused(json!({"synonyms": {"a": [1]}})).message.contains("synonyms.a"));
        assert!(refused(json!({"relationships": [{"columns": ["a"]}]})).hint.contains("references"));
        assert!(
            refused(
                json!({"relationships": [{"columns": ["a", "b"], "references": "x", "referenced_columns": ["c"]}]})
            )
            .message
            .contains("2 columns with 1")
        );
        assert!(refused(json!({"harvest": {"max_values": -1}})).message.contains("whole number"));
        assert!(refused(json!({"harvest": {"max_value": 1}})).message.contains("max_value"));
        assert!(refused(json!({"measures": ["a"], "dimensions": ["a"]})).message.contains("both"));
        assert!(refused(json!({"columns": []})).message.contains("no column"));
    }

    #[test]
    fn unknown_columns_are_named_with_a_guess_and_can_be_dropped() {
        let mut options =
            RegisterOptions::parse(&json!({"synonyms": {"regoin": ["area"], "day": ["date"]}})).expect("valid");
        let e = options.check("public.t", ["region", "day"].into_iter()).expect_err("misspelt");
        assert!(e.message.contains("did you mean \"region\"") && e.hint.contains("region, day"), "{e:?}");
        assert_eq!(options.drop_missing(["region", "day"].into_iter()), ["regoin"]);
        assert_eq!(options.synonyms.keys().collect::<Vec<_>>(), ["day"]);
        let options = RegisterOptions::parse(&json!({"columns": ["a"], "time_column": "b"})).expect("valid");
        assert!(options.check("t", ["a", "b"].into_iter()).expect_err("left out").message.contains("leaves out"));
    }
}
