//! Measures side by side, in long form: one row for each point and measure, of one pass over the rows.

use super::build::{aggregate_of, having_sql};
use super::filter::SpecError;
use super::joins::From;
use crate::quickspec::{Measure, QuickSpec};
use crate::semantic::{Aggregation, ColumnRef, SemanticModel};

/// The rows that are measured, and how they are grouped and sorted.
pub(super) struct Rows<'a> {
    pub x: Option<&'a str>,
    /// The number of the day, by which names of days are sorted.
    pub day: Option<&'a str>,
    pub from: &'a str,
    pub condition: Option<&'a str>,
    /// By the names `x_axis` and `measure1`, or empty.
    pub order: &'a str,
}

/// The measures of the spec, the first one first.
fn all(spec: &QuickSpec) -> impl Iterator<Item = Measure> + '_ {
    std::iter::once(Measure { y: spec.y.clone(), agg: spec.agg }).chain(spec.more_measures.iter().cloned())
}

/// One figure of a measure.
struct Figure {
    column: Option<ColumnRef>,
    agg: Aggregation,
    label: String,
}

/// The statement. All measures are of one dataset, and each of its rows counts once, whatever is joined to it.
pub(super) fn side_by_side(
    spec: &QuickSpec,
    model: &SemanticModel,
    from: &mut From<'_>,
    rows: &Rows<'_>,
) -> Result<String, SpecError> {
    let alone = spec.split_by.is_none()
        && spec.per.is_none()
        && spec.part.is_empty()
        && spec.transform.is_none()
        && spec.top_per.is_none()
        && !spec.normalize;
    if !alone {
        let reason = "moreMeasures goes with neither splitBy, per, part, transform, topPer nor normalize";
        return Err(SpecError::Shape(reason.into()));
    }
    let root = from.root();
    let figures: Vec<Figure> = all(spec)
        .map(|m| {
            let column = m.y.as_deref().map(|name| from.find(name)).transpose()?;
            Ok(Figure { column, agg: m.agg, label: label(&m, column, spec, model, root) })
        })
        .collect::<Result<_, SpecError>>()?;
    let measured = figures[0].column.map_or(root, |c| c.dataset);
    for (k, f) in figures.iter().enumerate() {
        if f.column.map_or(root, |c| c.dataset) != measured {
            return Err(SpecError::Shape("measures side by side are of one dataset".into()));
        }
        let counts = matches!(f.agg, Aggregation::Count | Aggregation::CountDistinct);
        if f.agg == Aggregation::None || !counts && !f.column.is_some_and(|c| model.column(c).value_type.is_numeric()) {
            return Err(SpecError::Shape("measures side by side are numbers".into()));
        }
        if figures[..k].iter().any(|g| g.label == f.label) {
            return Err(SpecError::Shape(format!("{} is measured twice", f.label)));
        }
    }
    let condition = rows.condition.map(|c| format!(" WHERE {c}")).unwrap_or_default();
    let columns: Vec<Option<String>> = figures.iter().map(|f| f.column.map(|c| from.column_sql(c))).collect();
    let (source, axis, day, columns) = match from.each_once(measured) {
        // Every measured row once, however many rows the joins make of it.
        Some(key) => {
            let mut select = key;
            select.extend(
                columns.iter().enumerate().filter_map(|(k, c)| Some(format!("{} AS value{}", c.as_ref()?, k + 1))),
            );
            select.extend(rows.x.map(|x| format!("{x} AS x_axis")));
            select.extend(rows.day.map(|d| format!("{d} AS day")));
            let source = format!("(SELECT DISTINCT {} FROM {}{condition}) AS once", select.join(", "), rows.from);
            let values = columns.iter().enumerate().map(|(k, c)| c.as_ref().map(|_| format!("value{}", k + 1)));
            (source, rows.x.map(|_| "x_axis"), rows.day.map(|_| "day"), values.collect())
        }
        None => (format!("{}{condition}", rows.from), rows.x, rows.day, columns),
    };
    let aggregates: Vec<String> =
        figures.iter().zip(&columns).map(|(f, c)| aggregate_of(f.agg, c.as_deref())).collect();
    let mut select: Vec<String> = axis.iter().map(|x| format!("{x} AS x_axis")).collect();
    select.extend(aggregates.iter().enumerate().map(|(k, a)| format!("{a} AS measure{}", k + 1)));
    select.extend(day.map(|d| format!("min({d}) AS day")));
    let mut points = format!("SELECT {} FROM {source}", select.join(", "));
    if axis.is_some() {
        points.push_str(" GROUP BY 1");
    }
    if let Some(having) = &spec.having {
        points.push_str(&having_sql(having, &aggregates[0])?);
    }
    if let Some(k) = spec.top_k.filter(|_| axis.is_some()) {
        points.push_str(&format!("{} LIMIT {k}", rows.order));
    }
    let values = figures.iter().enumerate().map(|(k, f)| {
        let (place, label) = (k + 1, super::quote::quote_literal(&f.label));
        format!("({place}, {label}, measure{place})")
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let unfolded =
        format!("FROM ({points}) AS points CROSS JOIN LATERAL (VALUES {values}) AS measures (place, series, y_value)");
    Ok(match axis {
        Some(_) if rows.order.is_empty() => format!("SELECT x_axis, y_value, series {unfolded} ORDER BY place"),
        Some(_) => format!("SELECT x_axis, y_value, series {unfolded}{}, place", rows.order),
        None => format!("SELECT series AS x_axis, y_value {unfolded} ORDER BY place"),
    })
}

/// What a measure is called: a sum by its column, everything else in words.
fn label(m: &Measure, column: Option<ColumnRef>, spec: &QuickSpec, model: &SemanticModel, root: usize) -> String {
    let rows = |k: usize| format!("number of {}", model.datasets[k].name);
    let Some(c) = column else { return rows(root) };
    let name = &model.column(c).name;
    match m.agg {
        Aggregation::Sum if all(spec).filter(|other| other.y == m.y).count() > 1 => format!("total {name}"),
        Aggregation::Sum | Aggregation::None => name.clone(),
        Aggregation::Avg => format!("average {name}"),
        Aggregation::Median => format!("median {name}"),
        Aggregation::Min => format!("minimum {name}"),
        Aggregation::Max => format!("maximum {name}"),
        Aggregation::Count if model.datasets[c.dataset].primary_key == [c.column] => rows(c.dataset),
        Aggregation::Count => format!("number of {name}"),
        Aggregation::CountDistinct => format!("number of different {name}"),
    }
}
