//! QuickSpec to one SELECT. Identifiers come from the semantic model only, values are literals only.

use serde_json::Value;

use super::filter::{Resolved, SpecError, conditions};
use super::joins::From;
use super::measures::{Rows, side_by_side};
use super::quote::quote_literal;
use super::steps::Steps;
use super::within::within;
use crate::quickspec::{Direction, OrderBy, OrderTarget, QuickSpec, Transform};
use crate::semantic::{Aggregation, Role, SemanticModel, ValueType};
use crate::time::{Grain, Weekday};

/// What the builder needs to know about time.
#[derive(Debug, Clone)]
pub struct SqlClock {
    /// IANA name of the zone that timestamps with time zone are cut in.
    pub timezone: String,
    pub week_start: Weekday,
}

/// Builds the SELECT. Result columns: `x_axis`, `y_value`, `series` as far as the spec has them;
/// raw rows keep their own column names.
pub fn build(spec: &QuickSpec, model: &SemanticModel, clock: &SqlClock) -> Result<String, SpecError> {
    let root = model.dataset_index(&spec.dataset).ok_or_else(|| SpecError::UnknownDataset(spec.dataset.clone()))?;
    let mut from = From::new(model, root, &spec.via)?;
    for join in &spec.joins {
        let k = model.dataset_index(join).ok_or_else(|| SpecError::UnknownDataset(join.clone()))?;
        from.join(k)?;
    }
    // All datasets are joined before anything is printed: a single table needs no alias.
    for name in [&spec.x, &spec.y, &spec.split_by, &spec.per]
        .into_iter()
        .chain(spec.more_measures.iter().map(|m| &m.y))
        .flatten()
    {
        from.find(name)?;
    }
    touch_filters(&spec.filters, &mut from)?;
    touch_filters(&spec.part, &mut from)?;
    if spec.x.is_none() && spec.agg == Aggregation::None && spec.y.is_none() {
        return raw_rows(spec, model, root, &mut from, clock);
    }
    let x = spec.x.as_deref().map(|name| from.resolve(name)).transpose()?;
    let split = spec.split_by.as_deref().map(|name| from.resolve(name)).transpose()?;
    let folded = spec.cyclic || spec.split_grain == Some(Grain::Year) && spec.split_by == spec.x;
    let steps = x.as_ref().map(|x| Steps::of(spec, x)).transpose()?.flatten();
    let x_sql = x
        .as_ref()
        .map(|x| steps.as_ref().map_or_else(|| axis(x, spec.time_grain, folded, clock), |steps| steps.lower_end(x)));
    let split_sql = split.as_ref().map(|s| axis(s, spec.split_grain, false, clock));
    let grouped = spec.agg != Aggregation::None;
    let once = if grouped && spec.per.is_none() && spec.part.is_empty() { from.once(spec)? } else { None };
    let mut y_sql = match &once {
        Some(once) => once.aggregate(spec.agg),
        None => aggregate(spec, &mut from)?,
    };
    if let Some(per) = spec.per.as_ref().filter(|_| grouped) {
        let below = from.resolve(per)?;
        let count = match below.column.role {
            Role::Measure if below.column.value_type.is_numeric() => format!("sum({})", below.sql),
            _ => format!("count(DISTINCT {})", axis(&below, spec.per_grain, false, clock)),
        };
        y_sql = format!("1.0 * {y_sql} / nullif({count}, 0)");
    }
    if grouped && spec.normalize {
        let x_sql = if once.as_ref().is_some_and(|o| o.value.is_some()) {
            x_sql.as_ref().map(|_| "x_axis")
        } else {
            x_sql.as_deref()
        };
        y_sql = share(spec, y_sql, x_sql, split_sql.is_some(), &mut from)?;
    }
    let mut filters = spec.filters.clone();
    let growth_start = match spec.transform {
        Some(Transform::Growth) => spec.x.as_ref().and_then(|x| widen(&mut filters, x, spec.time_grain)),
        _ => None,
    };
    let where_sql = row_conditions(&filters, spec, model, &mut from)?;
    let mut from_sql = from.sql();
    if let (Some(steps), Some(x)) = (&steps, &x) {
        from_sql.push_str(&steps.source(x, &from.sql(), where_sql.as_deref()));
    }
    let weekday = spec.time_grain == Some(Grain::Weekday) && grouped;
    let mut day = x
        .as_ref()
        .filter(|x| weekday && x.column.value_type.is_temporal())
        .map(|x| format!("extract(isodow FROM {})", x.sql));
    let ordered = spec.order_by.or(steps.as_ref().map(|_| OrderBy { by: OrderTarget::X, dir: Direction::Asc }));
    if !spec.more_measures.is_empty() {
        let order = order_by(ordered, x.as_ref(), grouped, false, day.as_ref().map(|_| "day"), "measure1");
        let (x, day, condition) = (x_sql.as_deref(), day.as_deref(), where_sql.as_deref());
        let rows = Rows { x, day, from: &from_sql, condition, order: &order };
        return side_by_side(spec, model, &mut from, &rows);
    }
    // A ranking within days of the week sorts by them outside.
    let carried = spec.top_per.is_some() && spec.transform.is_none();
    let mut sql = match once.filter(|o| o.value.is_some()) {
        // Every measured row once, however many rows the joins make of it; then as usual over those.
        Some(once) => {
            let rows =
                once.rows(x_sql.as_deref(), split_sql.as_deref(), day.as_deref(), &from_sql, where_sql.as_deref());
            day = day.map(|_| "day".to_owned());
            let axes = |column: &Option<String>, name: &str| column.as_ref().map(|_| name.to_owned());
            let select: Vec<String> = axes(&x_sql, "x_axis")
                .into_iter()
                .chain([format!("{y_sql} AS y_value")])
                .chain(axes(&split_sql, "series"))
                .chain(day.as_ref().filter(|_| carried).map(|day| format!("min({day}) AS day")))
                .collect();
            format!("SELECT {} FROM ({rows}) AS once", select.join(", "))
        }
        None => {
            let mut select = Vec::new();
            select.extend(x_sql.as_ref().map(|x| format!("{x} AS x_axis")));
            select.push(format!("{y_sql} AS y_value"));
            select.extend(split_sql.as_ref().map(|s| format!("{s} AS series")));
            select.extend(day.as_ref().filter(|_| carried).map(|day| format!("min({day}) AS day")));
            let condition = where_sql.map(|c| format!(" WHERE {c}")).unwrap_or_default();
            format!("SELECT {} FROM {from_sql}{condition}", select.join(", "))
        }
    };
    if grouped && x_sql.is_some() {
        sql.push_str(if split_sql.is_some() { " GROUP BY 1, 3" } else { " GROUP BY 1" });
    }
    if let Some(having) = &spec.having {
        sql.push_str(&having_sql(having, &y_sql)?);
        if spec.count_groups && grouped && x_sql.is_some() {
            return Ok(format!("SELECT count(DISTINCT x_axis) AS y_value FROM ({sql}) AS counted"));
        }
    }
    if let (Some(transform), true) = (spec.transform, grouped && x_sql.is_some()) {
        let window = spec.window.unwrap_or(3).clamp(2, 366);
        sql = transformed(&sql, transform, window, split_sql.is_some(), growth_start.as_deref());
    }
    if let Some(per) = spec.top_per {
        return within(&sql, spec, per, carried && day.is_some());
    }
    let day = day.map(|day| format!("min({day})"));
    sql.push_str(&order_by(ordered, x.as_ref(), grouped, split_sql.is_some(), day.as_deref(), "y_value"));
    if let Some(k) = spec.top_k {
        sql.push_str(&format!(" LIMIT {k}"));
    }
    Ok(sql)
}

/// Rows as stored, newest or first of a key first.
fn raw_rows(
    spec: &QuickSpec,
    model: &SemanticModel,
    root: usize,
    from: &mut From<'_>,
    _clock: &SqlClock,
) -> Result<String, SpecError> {
    let dataset = &model.datasets[root];
    let columns: Vec<String> = if spec.columns.is_empty() {
        dataset.columns.iter().filter(|c| c.value_type != ValueType::Json).map(|c| c.name.clone()).collect()
    } else {
        spec.columns.clone()
    };
    for name in &columns {
        from.find(name)?;
    }
    let list: Vec<String> = columns.iter().map(|name| from.resolve(name).map(|r| r.sql)).collect::<Result<_, _>>()?;
    let where_sql = row_conditions(&spec.filters, spec, model, from)?;
    let mut sql = format!("SELECT {} FROM {}", list.join(", "), from.sql());
    if let Some(condition) = where_sql {
        sql.push_str(" WHERE ");
        sql.push_str(&condition);
    }
    if let (Some(order), Some(time)) = (spec.order_by, dataset.time_column) {
        let column = from.resolve(&dataset.columns[time].name)?.sql;
        sql.push_str(&format!(" ORDER BY {column} {}", direction(order.dir)));
    }
    sql.push_str(&format!(" LIMIT {}", spec.top_k.unwrap_or(1000)));
    Ok(sql)
}

/// What holds of every row: the filters, and that related datasets have none of it.
fn row_conditions(
    filters: &serde_json::Map<String, Value>,
    spec: &QuickSpec,
    model: &SemanticModel,
    from: &mut From<'_>,
) -> Result<Option<String>, SpecError> {
    let mut all: Vec<String> = Vec::from_iter(conditions(filters, &mut |name| from.resolve(name), 0)?);
    for name in &spec.without {
        let dataset = model.dataset_index(name).ok_or_else(|| SpecError::UnknownDataset(name.clone()))?;
        all.push(from.none_of(dataset)?);
    }
    Ok((!all.is_empty()).then(|| all.join(" AND ")))
}

/// Joins every dataset that the filters name.
fn touch_filters(map: &serde_json::Map<String, Value>, from: &mut From<'_>) -> Result<(), SpecError> {
    for (key, value) in map {
        if key != "any_of" {
            from.find(key)?;
        }
        for option in value.as_array().into_iter().flatten().filter(|_| key == "any_of") {
            if let Value::Object(option) = option {
                touch_filters(option, from)?;
            }
        }
    }
    Ok(())
}

/// A column on an axis, cut to its grain.
fn axis(c: &Resolved<'_>, grain: Option<Grain>, folded: bool, clock: &SqlClock) -> String {
    let Some(grain) = grain.filter(|_| c.column.value_type.is_temporal()) else { return c.sql.clone() };
    let local = match c.column.value_type {
        ValueType::TimestampTz => format!("({} AT TIME ZONE {})", c.sql, quote_literal(&clock.timezone)),
        _ => c.sql.clone(),
    };
    let part = match grain {
        Grain::Hour => "hour",
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Quarter => "quarter",
        _ => "month",
    };
    if folded && grain != Grain::Weekday && grain != Grain::Year {
        return format!("extract({part} FROM {local})::int");
    }
    match grain {
        Grain::Day if c.column.value_type == ValueType::Date => local,
        Grain::Day => format!("{local}::date"),
        Grain::Hour => format!("date_trunc('hour', {local})"),
        Grain::Weekday => format!("to_char({local}, 'FMDay')"),
        Grain::Week if clock.week_start == Weekday::Sunday => {
            format!("(date_trunc('week', {local} + interval '1 day') - interval '1 day')::date")
        }
        Grain::Year if c.column.value_type.is_temporal() => format!("extract(year FROM {local})::int"),
        Grain::Week | Grain::Month | Grain::Quarter | Grain::Year => {
            let unit = match grain {
                Grain::Week => "week",
                Grain::Month => "month",
                Grain::Quarter => "quarter",
                _ => "year",
            };
            format!("date_trunc('{unit}', {local})::date")
        }
    }
}

fn aggregate(spec: &QuickSpec, from: &mut From<'_>) -> Result<String, SpecError> {
    let Some(name) = &spec.y else {
        return match spec.agg {
            Aggregation::Count => Ok("count(*)".to_owned()),
            other => Err(SpecError::Shape(format!("aggregation {other:?} needs a y column"))),
        };
    };
    let y = from.resolve(name)?;
    let numeric = y.column.value_type.is_numeric();
    if matches!(spec.agg, Aggregation::Sum | Aggregation::Avg | Aggregation::Median) && !numeric {
        let needs = format!("{:?} needs a numeric column, {name} is {}", spec.agg, y.column.sql_type);
        return Err(SpecError::Shape(needs));
    }
    Ok(aggregate_of(spec.agg, Some(&y.sql)))
}

/// The aggregate of a column, or the number of rows.
pub(super) fn aggregate_of(agg: Aggregation, column: Option<&str>) -> String {
    let Some(y) = column else { return "count(*)".to_owned() };
    match agg {
        Aggregation::None => y.to_owned(),
        Aggregation::Count => format!("count({y})"),
        Aggregation::CountDistinct => format!("count(DISTINCT {y})"),
        Aggregation::Min => format!("min({y})"),
        Aggregation::Max => format!("max({y})"),
        Aggregation::Sum => format!("sum({y})"),
        Aggregation::Avg => format!("avg({y})"),
        Aggregation::Median => format!("percentile_cont(0.5) WITHIN GROUP (ORDER BY {y})"),
    }
}

/// Percent of the total: of the whole, of each point of a time axis with series, or one part's.
fn share(spec: &QuickSpec, y: String, x: Option<&str>, series: bool, from: &mut From<'_>) -> Result<String, SpecError> {
    if let Some(part) = conditions(&spec.part, &mut |name| from.resolve(name), 0)? {
        return Ok(format!("100.0 * {y} FILTER (WHERE {part}) / nullif({y}, 0)"));
    }
    let over = match x {
        Some(x) if series => format!("OVER (PARTITION BY {x})"),
        _ => "OVER ()".to_owned(),
    };
    Ok(format!("100.0 * {y} / nullif(sum({y}) {over}, 0)"))
}

/// A calculation along the axis, over the grouped rows.
fn transformed(inner: &str, transform: Transform, points: u32, series: bool, start: Option<&str>) -> String {
    let window = if series { "(PARTITION BY series ORDER BY x_axis)" } else { "(ORDER BY x_axis)" };
    let columns = |y: String| {
        if series { format!("x_axis, {y} AS y_value, series") } else { format!("x_axis, {y} AS y_value") }
    };
    let select = match transform {
        Transform::Growth => {
            columns(format!("100.0 * (y_value - lag(y_value) OVER {window}) / nullif(lag(y_value) OVER {window}, 0)"))
        }
        Transform::Cumulative => columns(format!("sum(y_value) OVER {window}")),
        Transform::MovingAverage => {
            let frame = window.replace(')', &format!(" ROWS BETWEEN {} PRECEDING AND CURRENT ROW)", points - 1));
            columns(format!("avg(y_value) OVER {frame}"))
        }
    };
    let sql = format!("SELECT {select} FROM ({inner}) AS points");
    match start {
        Some(start) => {
            let all = if series { "x_axis, y_value, series" } else { "x_axis, y_value" };
            format!("SELECT {all} FROM ({sql}) AS changes WHERE x_axis >= {start}")
        }
        None => sql,
    }
}

/// Moves the lower bound of the axis back by one step, so that the first point has one to be compared with.
/// Returns the bound as it was.
fn widen(filters: &mut serde_json::Map<String, Value>, x: &str, grain: Option<Grain>) -> Option<String> {
    let Some(Value::Object(ops)) = filters.get_mut(x) else { return None };
    let text = ops.get("gte")?.as_str()?.to_owned();
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let span = match grain? {
        Grain::Hour => return None,
        Grain::Day | Grain::Weekday => jiff::Span::new().days(1),
        Grain::Week => jiff::Span::new().weeks(1),
        Grain::Month => jiff::Span::new().months(1),
        Grain::Quarter => jiff::Span::new().months(3),
        Grain::Year => jiff::Span::new().years(1),
    };
    let earlier = date.checked_sub(span).ok()?;
    ops.insert("gte".into(), Value::from(format!("{earlier}{}", &text[10..])));
    if grain == Some(Grain::Year) { Some(date.year().to_string()) } else { Some(format!("DATE '{date}'")) }
}

pub(super) fn having_sql(having: &Value, y: &str) -> Result<String, SpecError> {
    let Value::Object(ops) = having else {
        return Err(SpecError::Shape("having must be an object of comparisons".into()));
    };
    let mut parts = Vec::new();
    for (op, value) in ops {
        let sign = match op.as_str() {
            "gt" => ">",
            "gte" => ">=",
            "lt" => "<",
            "lte" => "<=",
            "eq" => "=",
            "ne" => "<>",
            other => return Err(SpecError::Shape(format!("having: unknown operator {other:?}"))),
        };
        let Value::Number(n) = value else { return Err(SpecError::Shape("having compares with numbers".into())) };
        parts.push(format!("{y} {sign} {n}"));
    }
    Ok(if parts.is_empty() { String::new() } else { format!(" HAVING {}", parts.join(" AND ")) })
}

fn direction(dir: Direction) -> &'static str {
    match dir {
        Direction::Asc => "ASC",
        Direction::Desc => "DESC",
    }
}

/// The sorting asked for; else time runs forward and the largest come first. Ties fall by name. `day` sorts names of days.
fn order_by(
    ordered: Option<OrderBy>,
    x: Option<&Resolved<'_>>,
    grouped: bool,
    series: bool,
    day: Option<&str>,
    y: &str,
) -> String {
    let Some(x) = x else { return String::new() };
    let tail = if series { ", series" } else { "" };
    let by_x = |dir: &str| match day {
        // Names of days sort as days.
        Some(day) => format!(" ORDER BY {day} {dir}{tail}"),
        _ => format!(" ORDER BY x_axis {dir}{tail}"),
    };
    match ordered {
        Some(o) if o.by == OrderTarget::X => by_x(direction(o.dir)),
        Some(o) => {
            let nulls = if o.dir == Direction::Desc { " NULLS LAST" } else { "" };
            format!(" ORDER BY {y} {}{nulls}, x_axis{tail}", direction(o.dir))
        }
        None if !grouped => String::new(),
        None if x.column.value_type.is_temporal() => by_x("ASC"),
        None => format!(" ORDER BY {y} DESC NULLS LAST, x_axis{tail}"),
    }
}
