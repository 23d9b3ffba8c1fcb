//! The `filters` of a QuickSpec as SQL conditions.

use serde_json::{Map, Value};

use super::quote::quote_literal;
use crate::semantic::{Column, ValueType};

/// Why a spec can't become SQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error("dataset {0:?} is not registered")]
    UnknownDataset(String),
    #[error("dataset {dataset} has no column {column:?}")]
    UnknownColumn { dataset: String, column: String },
    #[error("no registered relationship leads from {from} to {to}")]
    Unreachable { from: String, to: String },
    #[error("filter on {column:?}: {problem}")]
    Filter { column: String, problem: String },
    #[error("{0}")]
    Shape(String),
}

/// A column as the builder found it: how SQL names it, and what it is.
#[derive(Debug, Clone)]
pub struct Resolved<'a> {
    pub sql: String,
    pub column: &'a Column,
}

/// ANDs a filter map; `any_of` ORs its members. `None` when the map is empty.
pub fn conditions<'a>(
    map: &Map<String, Value>,
    resolve: &mut dyn FnMut(&str) -> Result<Resolved<'a>, SpecError>,
    depth: usize,
) -> Result<Option<String>, SpecError> {
    if depth > 4 {
        return Err(SpecError::Shape("filters are nested too deep".into()));
    }
    let mut parts = Vec::new();
    for (key, value) in map {
        if key == "any_of" {
            let Value::Array(list) = value else {
                return Err(SpecError::Shape("any_of must be an array of filter objects".into()));
            };
            let mut options = Vec::new();
            for option in list {
                let Value::Object(option) = option else {
                    return Err(SpecError::Shape("any_of must be an array of filter objects".into()));
                };
                options.extend(conditions(option, resolve, depth + 1)?);
            }
            if !options.is_empty() {
                parts.push(format!("({})", options.join(" OR ")));
            }
        } else {
            let column = resolve(key)?;
            parts.extend(column_conditions(key, &column, value)?);
        }
    }
    Ok(match parts.len() {
        0 => None,
        _ => Some(parts.join(" AND ")),
    })
}

fn column_conditions(key: &str, c: &Resolved<'_>, value: &Value) -> Result<Vec<String>, SpecError> {
    let problem = |p: &str| SpecError::Filter { column: key.to_owned(), problem: p.to_owned() };
    let ops = match value {
        Value::Object(ops) => ops,
        Value::Array(list) => return Ok(vec![in_list(key, c, list, false)?]),
        scalar => return Ok(vec![equal(key, c, scalar, false)?]),
    };
    if ops.is_empty() {
        return Err(problem("an empty condition"));
    }
    let mut parts = Vec::new();
    for (op, operand) in ops {
        let sign = |s: &str| Ok::<_, SpecError>(format!("{} {s} {}", c.sql, literal(key, c.column, operand)?));
        parts.push(match op.as_str() {
            "eq" => equal(key, c, operand, false)?,
            "ne" => equal(key, c, operand, true)?,
            "gt" => sign(">")?,
            "gte" => sign(">=")?,
            "lt" => sign("<")?,
            "lte" => sign("<=")?,
            "in" => in_list(key, c, operand.as_array().ok_or_else(|| problem("\"in\" needs an array"))?, false)?,
            "not_in" => in_list(key, c, operand.as_array().ok_or_else(|| problem("\"not_in\" needs an array"))?, true)?,
            "between" => match operand.as_array().map(Vec::as_slice) {
                Some([low, high]) => {
                    format!("{} BETWEEN {} AND {}", c.sql, literal(key, c.column, low)?, literal(key, c.column, high)?)
                }
                _ => return Err(problem("\"between\" needs an array of two values")),
            },
            "is_null" => match operand {
                Value::Bool(true) => format!("{} IS NULL", c.sql),
                Value::Bool(false) => format!("{} IS NOT NULL", c.sql),
                _ => return Err(problem("\"is_null\" needs true or false")),
            },
            "like" | "ilike" | "not_like" | "not_ilike" => {
                let patterns: Vec<&str> = match operand {
                    Value::Array(list) => list.iter().map(Value::as_str).collect::<Option<_>>(),
                    one => one.as_str().map(|p| vec![p]),
                }
                .filter(|list| !list.is_empty() && list.len() <= 100)
                .ok_or_else(|| problem("a pattern must be text, or an array of texts"))?;
                let word = op.to_uppercase().replace('_', " ");
                let text = if c.column.value_type == ValueType::Text && c.column.sql_type == "text" {
                    c.sql.clone()
                } else {
                    format!("{}::text", c.sql)
                };
                let each: Vec<String> =
                    patterns.iter().map(|p| format!("{text} {word} {}", quote_literal(p))).collect();
                let joined = each.join(if op.starts_with("not") { " AND " } else { " OR " });
                if each.len() > 1 { format!("({joined})") } else { joined }
            }
            "weekday" => weekdays(c, operand).ok_or_else(|| problem("\"weekday\" needs days 1-7 of a date column"))?,
            "time_of_day" => time_of_day(c, operand).ok_or_else(|| {
                problem("\"time_of_day\" needs \"from\" and \"to\" (HH:MM) of a column that keeps the time")
            })?,
            other => return Err(problem(&format!("unknown operator {other:?}"))),
        });
    }
    Ok(parts)
}

fn weekdays(c: &Resolved<'_>, operand: &Value) -> Option<String> {
    if !c.column.value_type.is_temporal() {
        return None;
    }
    let days: Vec<String> = match operand {
        Value::Array(l) => l
            .iter()
            .map(|d| d.as_u64().filter(|d| (1..=7).contains(d)).map(|d| d.to_string()))
            .collect::<Option<_>>()?,
        Value::Number(n) => vec![n.as_u64().filter(|d| (1..=7).contains(d))?.to_string()],
        _ => return None,
    };
    (!days.is_empty()).then(|| format!("extract(isodow FROM {}) IN ({})", c.sql, days.join(", ")))
}

/// `{"from": "17:00", "to": "20:00", "zone": "Asia/Manila"}`, half-open; over midnight where it ends before it starts.
fn time_of_day(c: &Resolved<'_>, operand: &Value) -> Option<String> {
    let clock = |name: &str| {
        let text = operand.get(name)?.as_str()?;
        let (hour, minute) = text.split_once(':')?;
        let part = |t: &str| (t.len() == 2).then(|| t.parse::<u16>().ok()).flatten();
        let (hour, minute) = (part(hour)?, part(minute)?);
        (minute < 60 && hour * 60 + minute <= 24 * 60).then(|| text.to_owned())
    };
    let (from, to) = (clock("from")?, clock("to")?);
    let local = match c.column.value_type {
        ValueType::TimestampTz => {
            format!("({} AT TIME ZONE {})::time", c.sql, quote_literal(operand.get("zone")?.as_str()?))
        }
        ValueType::Timestamp => format!("{}::time", c.sql),
        _ => return None,
    };
    let (after, before) = (format!("{local} >= TIME '{from}'"), format!("{local} < TIME '{to}'"));
    Some(match (from.as_str(), to.as_str()) {
        (from, to) if from > to => format!("({after} OR {before})"),
        (_, "24:00") => after,
        ("00:00", _) => before,
        _ => format!("{after} AND {before}"),
    })
}

fn equal(key: &str, c: &Resolved<'_>, value: &Value, not: bool) -> Result<String, SpecError> {
    Ok(match (value, not) {
        (Value::Null, false) => format!("{} IS NULL", c.sql),
        (Value::Null, true) => format!("{} IS NOT NULL", c.sql),
        (_, false) => format!("{} = {}", c.sql, literal(key, c.column, value)?),
        (_, true) => format!("{} <> {}", c.sql, literal(key, c.column, value)?),
    })
}

fn in_list(key: &str, c: &Resolved<'_>, list: &[Value], not: bool) -> Result<String, SpecError> {
    if list.is_empty() || list.len() > 1000 {
        return Err(SpecError::Filter { column: key.to_owned(), problem: "a list must have 1 to 1000 values".into() });
    }
    let values: Vec<String> = list.iter().map(|v| literal(key, c.column, v)).collect::<Result<_, _>>()?;
    Ok(format!("{} {}IN ({})", c.sql, if not { "NOT " } else { "" }, values.join(", ")))
}

/// A JSON value as a literal of the column's type.
fn literal(key: &str, column: &Column, value: &Value) -> Result<String, SpecError> {
    let problem = |p: String| SpecError::Filter { column: key.to_owned(), problem: p };
    match (column.value_type, value) {
        (_, Value::Null) => Err(problem("null can only be tested by is_null".into())),
        (_, Value::Array(_) | Value::Object(_)) => Err(problem("a single value is needed here".into())),
        (ValueType::Integer | ValueType::Decimal, Value::Number(n)) => Ok(n.to_string()),
        (ValueType::Integer | ValueType::Decimal, Value::String(s)) => match s.trim().parse::<f64>() {
            Ok(n) if n.is_finite() => Ok(s.trim().to_owned()),
            _ => Err(problem(format!("{s:?} is not a number"))),
        },
        (ValueType::Boolean, Value::Bool(b)) => Ok(b.to_string()),
        (ValueType::Boolean, Value::String(s)) if matches!(s.to_lowercase().as_str(), "true" | "false") => {
            Ok(s.to_lowercase())
        }
        (ValueType::Date, Value::String(s)) => dated(s, "DATE").ok_or_else(|| problem(format!("{s:?} is not a date"))),
        (ValueType::Timestamp, Value::String(s)) => {
            dated(s, "TIMESTAMP").ok_or_else(|| problem(format!("{s:?} is not a time")))
        }
        (ValueType::TimestampTz, Value::String(s)) => {
            dated(s, "TIMESTAMPTZ").ok_or_else(|| problem(format!("{s:?} is not a time")))
        }
        (ValueType::Boolean | ValueType::Date | ValueType::Timestamp | ValueType::TimestampTz, other) => {
            Err(problem(format!("{other} does not fit a {} column", column.sql_type)))
        }
        (_, Value::String(s)) => Ok(quote_literal(s)),
        (_, other) => Ok(quote_literal(&other.to_string())),
    }
}

/// A typed literal, when the text reads as a date or a date and time.
fn dated(text: &str, type_name: &str) -> Option<String> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let rest = text.get(10..)?;
    let clock = rest.is_empty()
        || (rest.starts_with([' ', 'T'])
            && rest.bytes().skip(1).all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'-' | b'Z')));
    (clock && rest.len() <= 24 && date.year() > 0).then(|| format!("{type_name} {}", quote_literal(text)))
}
