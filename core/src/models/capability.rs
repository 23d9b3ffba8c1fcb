//! How well a model's offer fits what an agent or a task asks for, from 0 to 100.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

/// Weight of each part. Parts that the requirement does not mention drop out, and the rest is
/// weighed among itself: asking for nothing is met by anything.
const WEIGHTS: [(Part, f64); 5] =
    [(Part::Capabilities, 0.6), (Part::Context, 0.1), (Part::Languages, 0.1), (Part::Price, 0.1), (Part::Latency, 0.1)];

/// Keys of a requirement or an offer that are no capabilities of their own.
const RESERVED: [&str; 14] = [
    "capabilities",
    "task_types",
    "context_window",
    "languages",
    "max_price",
    "max_latency_ms",
    "input_price",
    "output_price",
    "avg_cost",
    "latency_ms",
    "priority",
    "description",
    "tags",
    "version",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Capabilities,
    Context,
    Languages,
    Price,
    Latency,
}

/// What is asked for. Levels are 0 to 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requirement {
    /// Capability -> how much of it is wanted.
    pub capabilities: BTreeMap<String, f64>,
    /// Tokens.
    pub context_window: Option<f64>,
    /// Language codes, lower case.
    pub languages: Vec<String>,
    /// Dollars per million tokens, mean of input and output.
    pub max_price: Option<f64>,
    pub max_latency_ms: Option<f64>,
}

/// What a model offers, in the same units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offer {
    pub capabilities: BTreeMap<String, f64>,
    pub context_window: Option<f64>,
    pub languages: Vec<String>,
    pub input_price: Option<f64>,
    pub output_price: Option<f64>,
    pub latency_ms: Option<f64>,
}

/// The score and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breakdown {
    /// 0 to 100.
    pub score: f64,
    /// Part -> 0 to 1, only the parts that were asked for.
    parts: BTreeMap<Part, f64>,
    /// Wanted capabilities that are fully there.
    pub matched: Vec<String>,
    /// Wanted capabilities that are there, but weaker than wanted.
    pub partial: Vec<String>,
    /// Wanted capabilities that are not there.
    pub missing: Vec<String>,
}

#[derive(Debug, Error, PartialEq)]
pub enum CapabilityError {
    #[error("{0} must be a JSON object")]
    NotAnObject(&'static str),
    #[error("\"{0}\" must be {1}")]
    BadValue(String, &'static str),
}

/// Scores an offer against a requirement.
///
/// capabilities: the mean of min(1, offered / wanted), weighed by what is wanted;
/// context: min(1, offered / wanted), an unknown window counts half;
/// languages: the share of wanted languages that are offered (all, when the offer names none);
/// price and latency: 1 up to the limit, beyond it limit / value, unknown counts half.
pub fn capability_score(required: &Requirement, offered: &Offer) -> Breakdown {
    let (mut matched, mut partial, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    let parts = parts(required, offered, |name, fit| {
        let list = match fit {
            f if f >= 1.0 => &mut matched,
            f if f > 0.0 => &mut partial,
            _ => &mut missing,
        };
        list.push(name.to_owned());
    });
    let score = weighed(&parts);
    let parts = WEIGHTS.iter().zip(parts).filter_map(|(&(p, _), value)| Some((p, value?))).collect();
    Breakdown { score, parts, matched, partial, missing }
}

/// The score alone, for when hundreds of thousands of pairs are compared.
pub fn capability_fit(required: &Requirement, offered: &Offer) -> f64 {
    weighed(&parts(required, offered, |_, _| ()))
}

/// Parts in the order of their weights, 0 to 1, `None` where nothing is asked; `each` is told how far each wanted
/// capability is there.
fn parts(required: &Requirement, offered: &Offer, mut each: impl FnMut(&str, f64)) -> [Option<f64>; 5] {
    let (mut sum, mut wanted_sum) = (0.0, 0.0);
    for (name, &wanted) in &required.capabilities {
        if wanted <= 0.0 {
            continue;
        }
        let fit = (offered.capabilities.get(name).copied().unwrap_or(0.0) / wanted).clamp(0.0, 1.0);
        sum += wanted * fit;
        wanted_sum += wanted;
        each(name, fit);
    }
    WEIGHTS.map(|(part, _)| match part {
        Part::Capabilities => (wanted_sum > 0.0).then(|| sum / wanted_sum),
        Part::Context => required
            .context_window
            .filter(|w| *w > 0.0)
            .map(|w| offered.context_window.map_or(0.5, |o| (o / w).clamp(0.0, 1.0))),
        Part::Languages => (!required.languages.is_empty()).then(|| languages(required, offered)),
        Part::Price => required.max_price.map(|max| within(max, offered.price())),
        Part::Latency => required.max_latency_ms.map(|max| within(max, offered.latency_ms)),
    })
}

/// 0 to 100, in hundredths.
fn weighed(parts: &[Option<f64>; 5]) -> f64 {
    let asked = || WEIGHTS.iter().zip(parts).filter_map(|(&(_, weight), part)| Some((weight, (*part)?)));
    let weight: f64 = asked().map(|(weight, _)| weight).sum();
    let sum: f64 = asked().map(|(weight, part)| weight * part).sum();
    let score = if weight > 0.0 { 100.0 * sum / weight } else { 100.0 };
    (score * 100.0).round() / 100.0
}

fn languages(required: &Requirement, offered: &Offer) -> f64 {
    if offered.languages.is_empty() {
        return 1.0;
    }
    let there = required.languages.iter().filter(|l| offered.languages.contains(l)).count();
    there as f64 / required.languages.len() as f64
}

fn within(max: f64, value: Option<f64>) -> f64 {
    match value {
        None => 0.5,
        Some(v) if v <= max => 1.0,
        Some(v) => (max / v).clamp(0.0, 1.0),
    }
}

impl Offer {
    fn price(&self) -> Option<f64> {
        match (self.input_price, self.output_price) {
            (Some(i), Some(o)) => Some((i + o) / 2.0),
            (i, o) => i.or(o),
        }
    }

    /// Reads an offer; see [`Requirement::from_json`] for the shape of capabilities.
    pub fn from_json(json: &Value) -> Result<Self, CapabilityError> {
        let map = json.as_object().ok_or(CapabilityError::NotAnObject("the offer"))?;
        Ok(Self {
            capabilities: capabilities(map)?,
            context_window: number(map, "context_window")?,
            languages: names(map, "languages")?,
            input_price: number(map, "input_price")?,
            output_price: number(map, "output_price")?,
            latency_ms: number(map, "latency_ms")?,
        })
    }
}

impl Requirement {
    /// Reads a requirement. Capabilities are an object name -> level or an array of names under
    /// `capabilities`, or numbers beside the other keys. Levels are 0 to 1; if one is above 1, the
    /// object is taken to be on a scale of 0 to 100.
    pub fn from_json(json: &Value) -> Result<Self, CapabilityError> {
        let map = json.as_object().ok_or(CapabilityError::NotAnObject("the requirement"))?;
        Ok(Self {
            capabilities: capabilities(map)?,
            context_window: number(map, "context_window")?,
            languages: names(map, "languages")?,
            max_price: number(map, "max_price")?,
            max_latency_ms: number(map, "max_latency_ms")?,
        })
    }
}

fn capabilities(map: &Map<String, Value>) -> Result<BTreeMap<String, f64>, CapabilityError> {
    let mut out = BTreeMap::new();
    let mut take = |name: &str, value: &Value| -> Result<(), CapabilityError> {
        let bad = || CapabilityError::BadValue(name.to_owned(), "a number from 0 to 100");
        let level = value.as_f64().filter(|x| (0.0..=100.0).contains(x)).ok_or_else(bad)?;
        out.insert(name.to_lowercase(), level);
        Ok(())
    };
    for (key, value) in map {
        match (key.as_str(), value) {
            ("capabilities", Value::Object(inner)) => {
                inner.iter().filter(|(k, _)| !RESERVED.contains(&k.as_str())).try_for_each(|(k, v)| take(k, v))?;
            }
            ("capabilities", Value::Array(list)) => {
                for item in list {
                    let bad = || CapabilityError::BadValue(key.clone(), "an object or an array of names");
                    take(item.as_str().ok_or_else(bad)?, &Value::from(1.0))?;
                }
            }
            ("capabilities", Value::Null) => {}
            ("capabilities", _) => {
                return Err(CapabilityError::BadValue(key.clone(), "an object or an array of names"));
            }
            (name, Value::Number(_)) if !RESERVED.contains(&name) => take(name, value)?,
            _ => {}
        }
    }
    if out.values().any(|&x| x > 1.0) {
        out.values_mut().for_each(|x| *x /= 100.0);
    }
    Ok(out)
}

fn number(map: &Map<String, Value>, key: &str) -> Result<Option<f64>, CapabilityError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(v) => v
            .as_f64()
            .filter(|x| *x >= 0.0)
            .map(Some)
            .ok_or_else(|| CapabilityError::BadValue(key.to_owned(), "a number of zero or more")),
    }
}

fn names(map: &Map<String, Value>, key: &str) -> Result<Vec<String>, CapabilityError> {
    let bad = || CapabilityError::BadValue(key.to_owned(), "an array of strings");
    match map.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|v| v.as_str().map(str::to_lowercase).ok_or_else(bad)).collect(),
        Some(_) => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn score(required: Value, offered: Value) -> Breakdown {
        let (r, o) = (Requirement::from_json(&required), Offer::from_json(&offered));
        match (r, o) {
            (Ok(r), Ok(o)) => capability_score(&r, &o),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn asking_for_nothing_is_met_by_anything() {
        assert_eq!(score(json!({}), json!({"math": 0.2})).score, 100.0);
    }

    #[test]
    fn partial_and_missing_capabilities_are_named() {
        let b = score(json!({"capabilities": {"math": 0.8, "coding": 0.8}}), json!({"capabilities": {"math": 0.4}}));
        assert_eq!(b.score, 25.0);
        assert_eq!((b.partial, b.missing), (vec!["math".to_owned()], vec!["coding".to_owned()]));
    }

    #[test]
    fn the_two_scales_agree() {
        let a = score(json!({"math": 0.9}), json!({"capabilities": {"math": 45, "coding": 90}}));
        let b = score(json!({"math": 0.9}), json!({"math": 0.45}));
        assert_eq!(a.score, b.score);
    }

    #[test]
    fn languages_among_the_capabilities_are_none_of_them() {
        let b = score(
            json!({"math": 0.5}),
            json!({"capabilities": {"math": 0.5, "languages": ["ar"]}, "languages": ["ar"]}),
        );
        assert_eq!(b.score, 100.0);
    }

    #[test]
    fn price_context_and_language_count() {
        let want = json!({"capabilities": ["math"], "context_window": 8000, "languages": ["ar"], "max_price": 1});
        let dear = json!({"math": 1, "context_window": 4000, "languages": ["en"], "input_price": 2, "output_price": 2});
        let good = json!({"math": 1, "context_window": 8000, "languages": ["AR"], "input_price": 1, "output_price": 1});
        assert_eq!(score(want.clone(), good).score, 100.0);
        let b = score(want, dear);
        assert!((b.score - 100.0 * (0.6 + 0.05 + 0.05) / 0.9).abs() < 0.01, "{b:?}");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Offer::from_json(&json!([1])).is_err());
        assert!(Offer::from_json(&json!({"math": -1})).is_err());
        assert!(Requirement::from_json(&json!({"capabilities": {"math": "good"}})).is_err());
        assert!(Requirement::from_json(&json!({"max_price": "cheap"})).is_err());
    }

    proptest! {
        #[test]
        fn a_better_offer_never_scores_less(want in 0.01..1f64, a in 0.0..1f64, b in 0.0..1f64, price in 0.1..9f64) {
            let s = |level: f64| score(json!({"x": want, "max_price": 1}), json!({"x": level, "input_price": price})).score;
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            prop_assert!(s(low) <= s(high));
            prop_assert!((0.0..=100.0).contains(&s(a)));
            let pair = (Requirement::from_json(&json!({"x": want, "max_price": 1})), Offer::from_json(&json!({"x": a})));
            if let (Ok(r), Ok(o)) = pair {
                prop_assert_eq!(capability_fit(&r, &o), capability_score(&r, &o).score);
            }
        }
    }
}
