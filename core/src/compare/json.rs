//! Differences between two JSON values, by path.

use serde::Serialize;
use serde_json::Value;

/// One place that differs; a value is null where it is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Keys and positions, separated by dots: `filters.region`.
    pub what: String,
    pub then: Value,
    pub now: Value,
}

/// Every place that differs, in the order of the first value. Objects are compared key by key, lists of one length
/// place by place; numbers by value.
pub fn changes(what: &str, then: &Value, now: &Value) -> Vec<Change> {
    let mut out = Vec::new();
    compare(what.to_owned(), then, now, &mut out);
    out
}

fn compare(path: String, then: &Value, now: &Value, out: &mut Vec<Change>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (then, now) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                compare(below(key), value, b.get(key).unwrap_or(&Value::Null), out);
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                compare(below(key), &Value::Null, value, out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (x, y)) in a.iter().zip(b).enumerate() {
                compare(below(&i.to_string()), x, y, out);
            }
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ if then == now => {}
        _ => out.push(Change { what: path, then: then.clone(), now: now.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Change, changes};

    #[test]
    fn every_place_that_differs_is_named() {
        let then = json!({"agg": "sum", "filters": {"region": "North", "n": 1}, "x": "day", "list": [1, 2]});
        let now = json!({"agg": "avg", "filters": {"region": "North", "n": 1.0, "brand": "A"}, "list": [1, 3]});
        let change = |what: &str, then, now| Change { what: what.into(), then, now };
        assert_eq!(
            changes("spec", &then, &now),
            [
                change("spec.agg", json!("sum"), json!("avg")),
                change("spec.filters.brand", json!(null), json!("A")),
                change("spec.x", json!("day"), json!(null)),
                change("spec.list.1", json!(2), json!(3)),
            ]
        );
        assert_eq!(changes("", &then, &then), []);
    }
}
