//! Conditions on columns, and their form in a QuickSpec's `filters`.

use serde_json::{Map, Number, Value, json};

use crate::semantic::ColumnRef;

/// A value compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Literal {
    pub fn to_json(&self) -> Value {
        match self {
            Self::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => Value::from(*n as i64),
            Self::Number(n) => Number::from_f64(*n).map_or(Value::Null, Value::Number),
            Self::Text(t) => Value::from(t.as_str()),
            Self::Bool(b) => Value::from(*b),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    In(Vec<Literal>),
    NotIn(Vec<Literal>),
    /// `gt`, `gte`, `lt`, `lte`.
    Compare(&'static str, f64),
    Between(f64, f64),
    IsNull(bool),
    /// LIKE patterns, one of which fits (none, when negated); `%` and `_` of the text itself are escaped by a backslash.
    Like {
        patterns: Vec<String>,
        negated: bool,
    },
    /// `[from, to)`, already in the column's own type.
    Time {
        from: Option<String>,
        to: Option<String>,
    },
    /// ISO weekdays.
    Weekdays(Vec<u8>),
    /// Minutes since midnight in a zone, half-open.
    Hours {
        from: u16,
        to: u16,
        zone: String,
    },
}

/// One condition on one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub column: ColumnRef,
    pub test: Test,
    /// Joined to the condition before it by "or".
    pub or: bool,
    /// Holds instead of the condition before it ("in Metro Manila and Cebu": two columns, one place each).
    pub alternative: bool,
}

impl Test {
    /// The condition as it stands in `filters`.
    pub fn to_json(&self) -> Value {
        let list = |l: &[Literal]| Value::Array(l.iter().map(Literal::to_json).collect());
        match self {
            Self::In(l) if l.len() == 1 => l[0].to_json(),
            Self::In(l) => list(l),
            Self::NotIn(l) if l.len() == 1 => json!({"ne": l[0].to_json()}),
            Self::NotIn(l) => json!({"not_in": list(l)}),
            Self::Compare(op, n) => {
                let mut map = Map::new();
                map.insert((*op).to_owned(), Literal::Number(*n).to_json());
                Value::Object(map)
            }
            Self::Between(a, b) => {
                json!({"between": [Literal::Number(*a).to_json(), Literal::Number(*b).to_json()]})
            }
            Self::IsNull(yes) => json!({"is_null": yes}),
            Self::Like { patterns, negated } => {
                let op = if *negated { "not_ilike" } else { "ilike" };
                match patterns.as_slice() {
                    [one] => json!({op: one}),
                    many => json!({op: many}),
                }
            }
            Self::Time { from, to } => {
                let mut map = Map::new();
                if let Some(from) = from {
                    map.insert("gte".into(), json!(from));
                }
                if let Some(to) = to {
                    map.insert("lt".into(), json!(to));
                }
                Value::Object(map)
            }
            Self::Weekdays(days) => json!({"weekday": days}),
            Self::Hours { from, to, zone } => {
                let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
                json!({"time_of_day": {"from": clock(*from), "to": clock(*to), "zone": zone}})
            }
        }
    }
}
