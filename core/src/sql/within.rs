//! The first of each group: a ranking repeated for every point of the axis, or for every series.

use super::filter::SpecError;
use crate::quickspec::{Direction, OrderTarget, QuickSpec, TopPer};

/// What is in front of each group of `points`, group by group. Ties fall by name, as they do where all are ranked.
/// `days` says that `points` has a column `day` by which the axis is sorted.
pub(super) fn within(points: &str, spec: &QuickSpec, per: TopPer, days: bool) -> Result<String, SpecError> {
    let (Some(k), true, true) = (spec.top_k, spec.x.is_some(), spec.split_by.is_some()) else {
        return Err(SpecError::Shape("topPer needs x, splitBy and topK".into()));
    };
    let axis = if days { "day" } else { "x_axis" };
    let (group, ranked) = match per {
        TopPer::X => (axis, "series"),
        TopPer::Series => ("series", axis),
    };
    let (by, dir) = spec.order_by.map_or((OrderTarget::Y, Direction::Desc), |o| (o.by, o.dir));
    let dir = if dir == Direction::Asc { "ASC" } else { "DESC" };
    let order = match by {
        OrderTarget::X => format!("{ranked} {dir}"),
        OrderTarget::Y if dir == "ASC" => format!("y_value ASC, {ranked}"),
        OrderTarget::Y => format!("y_value DESC NULLS LAST, {ranked}"),
    };
    Ok(format!(
        "SELECT x_axis, y_value, series FROM (SELECT points.*, row_number() OVER (PARTITION BY {group} ORDER BY {order}) \
         AS place FROM ({points}) AS points) AS ranked WHERE place <= {k} ORDER BY {group}, place"
    ))
}
