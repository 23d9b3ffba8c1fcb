//! Reusing a past answer: embeddings only nominate, slots decide.

use serde_json::{Map, Value};

use crate::quickspec::QuickSpec;

/// The taught spec with the new question's values in its slots, or `None` when the questions differ in more
/// than that. `then` and `now` are the router's own readings of the past and the new question: what differs
/// between them is what differs between the questions. Only values of conditions on the same columns with the
/// same operators, and the number of rows asked for, may differ; a negation, another measure, aggregation,
/// dimension or time grain is another question.
pub fn rebind(taught: &QuickSpec, then: &QuickSpec, now: &QuickSpec) -> Option<QuickSpec> {
    if !same_shape(then, now) {
        return None;
    }
    let mut spec = taught.clone();
    bind(&mut spec.filters, &then.filters, &now.filters)?;
    bind(&mut spec.part, &then.part, &now.part)?;
    if then.having != now.having {
        if spec.having != then.having {
            return None;
        }
        spec.having.clone_from(&now.having);
    }
    if then.top_k != now.top_k {
        if spec.top_k != then.top_k {
            return None;
        }
        spec.top_k = now.top_k;
    }
    Some(spec)
}

/// Puts the values of `now` where those of `then` stand. A slot that the teacher changed or left out has no place for
/// a new value.
fn bind(taught: &mut Map<String, Value>, then: &Map<String, Value>, now: &Map<String, Value>) -> Option<()> {
    for (column, old) in then {
        let new = now.get(column)?;
        if new != old {
            *taught.get_mut(column).filter(|slot| *slot == old)? = new.clone();
        }
    }
    Some(())
}

/// Equal but for the values of their conditions and the number of rows.
fn same_shape(a: &QuickSpec, b: &QuickSpec) -> bool {
    let bare =
        |s: &QuickSpec| QuickSpec { filters: Map::new(), part: Map::new(), having: None, top_k: None, ..s.clone() };
    let same_having = match (&a.having, &b.having) {
        (Some(x), Some(y)) => same_kind(x, y),
        (x, y) => x == y,
    };
    let same_conditions = same_slots(&a.filters, &b.filters) && same_slots(&a.part, &b.part);
    same_conditions && same_having && a.top_k.is_some() == b.top_k.is_some() && bare(a) == bare(b)
}

fn same_slots(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    a.len() == b.len() && a.iter().all(|(column, x)| b.get(column).is_some_and(|y| same_kind(x, y)))
}

/// A value for a value, a list for a list, and the same operators.
fn same_kind(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => same_slots(a, b),
        (Value::Array(a), Value::Array(b)) => match (a.first(), b.first()) {
            // any_of: a list of conditions keeps its shape.
            (Some(Value::Object(_)), _) | (_, Some(Value::Object(_))) => {
                a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same_kind(x, y))
            }
            _ => true,
        },
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => true,
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(extra: Value) -> QuickSpec {
        let mut value =
            json!({"schema": "QuickSpec@1", "dataset": "public.sales", "y": "amount", "agg": "sum", "chart": "bar"});
        if let (Value::Object(to), Value::Object(from)) = (&mut value, extra) {
            to.extend(from);
        }
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn values_move_into_the_slots() {
        let then = spec(json!({"filters": {"brand": "Alaska", "day": {"gte": "2025-02-13", "lt": "2025-03-15"}}}));
        let taught = QuickSpec { y: Some("net_amount".into()), ..then.clone() };
        let now = spec(json!({"filters": {"brand": "Oishi", "day": {"gte": "2025-03-03", "lt": "2025-03-10"}}}));
        let got = rebind(&taught, &then, &now);
        assert_eq!(got, Some(QuickSpec { y: Some("net_amount".into()), ..now }));
    }

    #[test]
    fn other_questions_are_no_hits() {
        let then = spec(json!({"filters": {"region": "NCR"}, "x": "brand", "topK": 5}));
        let others = [
            json!({"filters": {"region": {"ne": "NCR"}}, "x": "brand", "topK": 5}),
            json!({"filters": {"region": "NCR"}, "x": "city", "topK": 5}),
            json!({"filters": {"region": "NCR"}, "x": "brand"}),
            json!({"filters": {"region": "NCR"}, "x": "brand", "agg": "avg", "topK": 5}),
            json!({"filters": {"city": "NCR"}, "x": "brand", "topK": 5}),
            json!({"filters": {}, "x": "brand", "topK": 5}),
            json!({"filters": {"region": "NCR"}, "x": "brand", "topK": 5, "timeGrain": "month"}),
            json!({"filters": {"region": ["NCR", "Luzon"]}, "x": "brand", "topK": 5}),
        ];
        for other in others {
            assert_eq!(rebind(&then, &then, &spec(other.clone())), None, "{other}");
        }
        let ten = spec(json!({"filters": {"region": "NCR"}, "x": "brand", "topK": 10}));
        assert_eq!(rebind(&then, &then, &ten), Some(ten));
    }

    #[test]
    fn a_slot_the_teacher_changed_is_not_rebound() {
        let then = spec(json!({"filters": {"region": "NCR"}}));
        let taught = spec(json!({"filters": {"region": ["NCR", "Calabarzon"]}}));
        assert_eq!(rebind(&taught, &then, &spec(json!({"filters": {"region": "Visayas"}}))), None);
        assert_eq!(rebind(&taught, &then, &then), Some(taught.clone()));
    }
}
