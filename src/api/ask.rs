//! For the people who ask: analysts, BI tools, scheduled jobs.

use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::Value;

use crate::asking::{reply, route, run};
use crate::error::SqlResult as Result;
use crate::execute;
use crate::pg::{JsonArg, JsonImage};
use crate::telemetry::{self, Operation};

/// A question in plain words to an explained, validated query: see the contract's keys in the manual.
#[pg_extern]
fn router_route(prompt: &str, context: default!(JsonArg, "'{}'")) -> Result<JsonImage> {
    Ok(reply(prompt, &context)?.into_image()?)
}

/// The SQL alone, for `\gexec`. Raises when there is no answer.
#[pg_extern]
fn router_sql(prompt: &str, context: default!(JsonArg, "'{}'")) -> Result<String> {
    Ok(reply(prompt, &context)?.sql()?.to_owned())
}

/// The answer's points. Raises when there is no answer.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn router_query(
    prompt: &str,
    context: default!(JsonArg, "'{}'"),
) -> Result<
    TableIterator<
        'static,
        (name!(x_axis, Option<String>), name!(series, Option<String>), name!(y_value, Option<AnyNumeric>)),
    >,
> {
    let rows = telemetry::observe(Operation::Query, || run(prompt, &context))?;
    let at = |name: &str| rows.columns.iter().position(|c| c == name);
    let (x, series, y) = (at("x_axis"), at("series"), at("y_value"));
    let points: Vec<_> = rows
        .rows
        .iter()
        .map(|row| {
            let text = |i: Option<usize>| i.and_then(|i| row[i].to_text());
            // Raw rows have no axis: the first column stands for the row.
            let label =
                text(x).or_else(|| if y.is_none() { row.first().and_then(execute::Cell::to_text) } else { None });
            let value = text(y).and_then(|t| AnyNumeric::try_from(t.as_str()).ok());
            (label, text(series), value)
        })
        .collect();
    Ok(TableIterator::new(points))
}

/// The answer's rows as objects. Raises when there is no answer.
#[pg_extern]
fn router_rows(prompt: &str, context: default!(JsonArg, "'{}'")) -> Result<SetOfIterator<'static, JsonB>> {
    let rows = telemetry::observe(Operation::Rows, || run(prompt, &context))?;
    let objects: Vec<JsonB> = rows.objects().map(|o| JsonB(Value::Object(o))).collect();
    Ok(SetOfIterator::new(objects))
}

/// The whole pipeline, made visible: which words became what, what was rejected, the spec, the SQL.
#[pg_extern]
#[allow(clippy::type_complexity)]
fn router_explain(
    prompt: &str,
    context: default!(JsonArg, "'{}'"),
) -> Result<TableIterator<'static, (name!(step, String), name!(detail, String), name!(ms, Option<f64>))>> {
    let started = std::time::Instant::now();
    let routed = route(prompt, &context.value("context")?)?;
    let total = started.elapsed().as_secs_f64() * 1000.0;
    let a = &routed.answer;
    let mut steps: Vec<(String, String, Option<f64>)> =
        a.steps.iter().map(|(step, detail)| ((*step).to_owned(), detail.clone(), None)).collect();
    let mut say = |step: &str, detail: String| steps.push((step.to_owned(), detail, None));
    for warning in &a.warnings {
        say("warning", warning.clone());
    }
    for alternative in &a.alternatives {
        say("alternative", alternative.difference.clone());
    }
    if let Some(sql) = &a.sql {
        say("sql", sql.clone());
    }
    say("answer", a.explain.clone());
    let status = serde_json::to_value(a.status).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    steps.push(("status".to_owned(), format!("{status} ({})", a.source), Some(total)));
    Ok(TableIterator::new(steps))
}
