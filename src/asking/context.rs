//! The `context` argument: what it may hold, and what it means for one call.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use router_core::quickspec::QuickSpec;
use router_core::route::Context;
use router_core::time::Clock;
use serde_json::{Map, Value};

use super::recent;
use crate::error::{Error, Result};
use crate::{guc, pg};

const KEYS: [&str; 7] = ["datasets", "filters", "as_of", "timezone", "previous", "currentPage", "activeFilters"];

/// Reads the context; every key is checked.
pub fn parse(context: &Value) -> Result<Context> {
    let Value::Object(map) = context else {
        return Err(Error::invalid(format!("the context must be a JSON object, not {}", kind(context)))
            .with_hint("pass '{}' or leave it out"));
    };
    if let Some(unknown) = map.keys().find(|k| !KEYS.contains(&k.as_str())) {
        return Err(Error::invalid(format!("unknown context key {unknown:?}"))
            .with_hint(format!("known keys: {}", KEYS.join(", "))));
    }
    let zone = timezone(map)?;
    let now =
        as_of(map, &zone)?.unwrap_or_else(|| Timestamp::from_microsecond(pg::statement_time()).unwrap_or_default());
    let mut filters = object(map, "filters")?;
    for (column, condition) in object(map, "activeFilters")? {
        filters.entry(column).or_insert(condition);
    }
    Ok(Context {
        clock: Clock {
            now: now.to_zoned(zone),
            week_start: guc::week_start(),
            fiscal_year_start: guc::fiscal_year_start(),
            rolling: guc::rolling_periods(),
            ahead: false,
        },
        datasets: datasets(map)?,
        filters,
        previous: previous(map)?,
        current_page: map.get("currentPage").and_then(Value::as_str).map(str::to_owned),
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn object(map: &Map<String, Value>, key: &str) -> Result<Map<String, Value>> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(o)) => Ok(o.clone()),
        Some(other) => {
            Err(Error::invalid(format!("context key {key:?} must be an object of column: value, not {}", kind(other)))
                .with_hint("for instance {\"filters\": {\"region\": \"NCR\"}}"))
        }
    }
}

fn datasets(map: &Map<String, Value>) -> Result<Vec<String>> {
    let wrong = || {
        Error::invalid("context key \"datasets\" must be an array of names")
            .with_hint("for instance {\"datasets\": [\"sales.orders\", \"crm.*\"]}")
    };
    match map.get("datasets") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}

fn timezone(map: &Map<String, Value>) -> Result<TimeZone> {
    let named = match map.get("timezone") {
        None | Some(Value::Null) => guc::timezone(),
        Some(Value::String(name)) => Some(name.clone()),
        Some(other) => {
            return Err(Error::invalid(format!("context key \"timezone\" must be text, not {}", kind(other))));
        }
    };
    match named {
        Some(name) => TimeZone::get(&name).map_err(|_| {
            Error::invalid(format!("unknown time zone {name:?}"))
                .with_hint("use an IANA name such as Asia/Manila or UTC")
        }),
        // A session zone that is no IANA name (an abbreviation, an offset) is read as UTC.
        None => Ok(TimeZone::get(&pg::session_timezone()).unwrap_or(TimeZone::UTC)),
    }
}

fn as_of(map: &Map<String, Value>, zone: &TimeZone) -> Result<Option<Timestamp>> {
    let text = match map.get("as_of") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => return Err(Error::invalid(format!("context key \"as_of\" must be text, not {}", kind(other)))),
    };
    let read = || {
        text.parse::<Timestamp>()
            .ok()
            .or_else(|| text.replacen(' ', "T", 1).parse().ok())
            .or_else(|| zone.to_timestamp(text.parse::<jiff::civil::DateTime>().ok()?).ok())
            .or_else(|| zone.to_timestamp(text.parse::<jiff::civil::Date>().ok()?.at(12, 0, 0, 0)).ok())
    };
    read().map(Some).ok_or_else(|| {
        Error::invalid(format!("context key \"as_of\" is no moment: {text:?}"))
            .with_hint("use ISO 8601, for instance 2025-03-15T10:00:00+08:00 or 2025-03-15")
    })
}

/// The turn before: its spec, or the request id of an answer this connection got.
fn previous(map: &Map<String, Value>) -> Result<Option<QuickSpec>> {
    match map.get("previous") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => recent::spec(id).map(Some).ok_or_else(|| {
            Error::not_found(format!("no answer {id:?} in this connection"))
                .with_hint("pass the spec of the answer before instead of its request_id")
        }),
        Some(spec) => serde_json::from_value(spec.clone()).map(Some).map_err(|e| {
            Error::invalid(format!("context key \"previous\" is no QuickSpec@1: {e}"))
                .with_hint("pass the \"spec\" of the answer before")
        }),
    }
}
