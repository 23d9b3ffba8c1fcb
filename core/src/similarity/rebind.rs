//! Reusing a past answer: embeddings only nominate, slots decide.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::wording::{Said, says_grain};
use crate::quickspec::QuickSpec;
use crate::route::Answer;

/// A question and the router's own reading of it.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub text: &'a str,
    pub reading: &'a Answer,
}

/// The answer taught for a past question, with the slots of a new one, or `None` when the questions differ in more
/// than their slots: by their readings, or by a word that these passed over.
pub fn reuse(taught: &QuickSpec, past: Question<'_>, new: Question<'_>) -> Option<QuickSpec> {
    let (then, now) = (past.reading.spec.as_ref()?, new.reading.spec.as_ref()?);
    let (before, after) = (Said::of(past.text, past.reading), Said::of(new.text, new.reading));
    if !(after.beyond(&before) && before.beyond(&after)) {
        return None;
    }
    let grain = if says_grain(past.text) || says_grain(new.text) { Grains::Said } else { Grains::Derived };
    rebind(taught, then, now, grain)
}

/// Where the step of a time axis comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grains {
    /// The question names it: another grain is another question.
    Said,
    /// The length of the period gave it ("show sales last week"): it goes with the period.
    Derived,
}

/// The taught spec with the new question's values in its slots, or `None` when the questions differ in more
/// than that. `then` and `now` are the router's own readings of the past and the new question: what differs
/// between them is what differs between the questions. Only values of conditions on the same columns with the
/// same operators, and the number of rows asked for, may differ; a negation, another measure, aggregation,
/// dimension or said time grain is another question.
pub fn rebind(taught: &QuickSpec, then: &QuickSpec, now: &QuickSpec, grains: Grains) -> Option<QuickSpec> {
    if !same_shape(then, now, grains) {
        return None;
    }
    let mut spec = taught.clone();
    if spec.time_grain == then.time_grain {
        spec.time_grain = now.time_grain;
    }
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
fn same_shape(a: &QuickSpec, b: &QuickSpec, grains: Grains) -> bool {
    let bare = |s: &QuickSpec| QuickSpec {
        filters: Map::new(),
        part: Map::new(),
        having: None,
        top_k: None,
        time_grain: s.time_grain.filter(|_| grains == Grains::Said),
        ..s.clone()
    };
    if a.time_grain.is_some() != b.time_grain.is_some() {
        return false;
    }
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

/// The ends that a period has: its first moment, its last. "since 2022" and "in 2024" are both periods.
fn period(condition: &Value) -> Option<(bool, bool)> {
    let date = |v: &Value| v.as_str().and_then(|s| s.get(..10)).is_some_and(|day| day.parse::<Date>().is_ok());
    let (mut starts, mut ends) = (false, false);
    for (operator, value) in condition.as_object()? {
        match operator.as_str() {
            "gte" | "gt" if date(value) => starts = true,
            "lte" | "lt" if date(value) => ends = true,
            _ => return None,
        }
    }
    (starts || ends).then_some((starts, ends))
}

/// A value for a value, a list for a list, and the same operators. Any period for any other, but for one without end
/// and one without beginning.
fn same_kind(a: &Value, b: &Value) -> bool {
    if let (Some(x), Some(y)) = (period(a), period(b)) {
        return x.0 && y.0 || x.1 && y.1;
    }
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
        let got = rebind(&taught, &then, &now, Grains::Said);
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
            assert_eq!(rebind(&then, &then, &spec(other.clone()), Grains::Derived), None, "{other}");
        }
        let ten = spec(json!({"filters": {"region": "NCR"}, "x": "brand", "topK": 10}));
        assert_eq!(rebind(&then, &then, &ten, Grains::Said), Some(ten));
    }

    #[test]
    fn a_period_is_a_slot_whatever_its_ends() {
        let over = |period: Value| spec(json!({"x": "day", "filters": {"day": period}}));
        let year = over(json!({"gte": "2024-01-01", "lt": "2025-01-01"}));
        let since = over(json!({"gte": "2022-01-01"}));
        let until = over(json!({"lt": "2022-01-01"}));
        assert_eq!(rebind(&year, &year, &since, Grains::Said), Some(since.clone()));
        assert_eq!(rebind(&until, &until, &year, Grains::Said), Some(year));
        assert_eq!(rebind(&until, &until, &since, Grains::Said), None, "before and since");
        let more = over(json!({"gte": 4}));
        assert_eq!(
            rebind(&more, &more, &over(json!({"gte": 4, "lt": 9})), Grains::Said),
            None,
            "numbers are no periods"
        );
    }

    #[test]
    fn a_grain_that_nobody_said_goes_with_the_period() {
        let drawn = |grain: &str| spec(json!({"x": "day", "timeGrain": grain}));
        assert_eq!(rebind(&drawn("day"), &drawn("day"), &drawn("month"), Grains::Derived), Some(drawn("month")));
        assert_eq!(rebind(&drawn("day"), &drawn("day"), &drawn("month"), Grains::Said), None);
        let taught = drawn("week");
        assert_eq!(
            rebind(&taught, &drawn("day"), &drawn("month"), Grains::Derived),
            Some(taught.clone()),
            "the teacher's"
        );
    }

    #[test]
    fn a_slot_the_teacher_changed_is_not_rebound() {
        let then = spec(json!({"filters": {"region": "NCR"}}));
        let taught = spec(json!({"filters": {"region": ["NCR", "Calabarzon"]}}));
        assert_eq!(rebind(&taught, &then, &spec(json!({"filters": {"region": "Visayas"}})), Grains::Said), None);
        assert_eq!(rebind(&taught, &then, &then, Grains::Said), Some(taught.clone()));
    }
}
