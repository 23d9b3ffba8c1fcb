//! A numeric axis cut into steps, each named by its lower end.

use super::filter::{Resolved, SpecError};
use crate::quickspec::QuickSpec;
use crate::semantic::ValueType;

/// Steps of one width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Steps {
    /// The width is given.
    Width(f64),
    /// So many between the least and the greatest value.
    Number(u32),
    /// Of a round width: 1, 2 or 5 times a power of ten, for at most ten steps or eleven.
    Round,
}

/// Steps of a stated number.
const MOST: u32 = 1000;

/// Steps when nothing is stated.
const USUAL: u32 = 10;

impl Steps {
    /// The steps of the spec's x; `None` when it is not cut.
    pub fn of(spec: &QuickSpec, x: &Resolved<'_>) -> Result<Option<Self>, SpecError> {
        let steps = match (spec.bin, spec.bins) {
            (Some(width), _) if width.is_finite() && width > 0.0 => Some(Self::Width(width)),
            (Some(_), _) => None,
            (_, Some(number)) if (1..=MOST).contains(&number) => Some(Self::Number(number)),
            (_, Some(_)) => return Err(SpecError::Shape(format!("bins must be between 1 and {MOST}"))),
            _ => spec.auto_bin.then_some(Self::Round),
        };
        Ok(steps.filter(|_| x.column.value_type.is_numeric()))
    }

    /// The lower end of the step that x lies in.
    pub fn lower_end(&self, x: &Resolved<'_>) -> String {
        let x = &x.sql;
        match self {
            // A numeric literal, so that whole numbers are not divided as such.
            Self::Width(width) => format!("floor({x} / {width:?}) * {width:?}"),
            // The greatest value belongs to the last step.
            Self::Number(number) => format!(
                "trim_scale(router_low + least(floor(({x}::numeric - router_low) / router_width), {}) * router_width)",
                number - 1
            ),
            Self::Round => format!("trim_scale(floor({x}::numeric / router_width) * router_width)"),
        }
    }

    /// What FROM needs besides: the width, from the rows that the question is about.
    pub fn source(&self, x: &Resolved<'_>, from: &str, condition: Option<&str>) -> String {
        let condition = condition.map(|c| format!(" WHERE {c}")).unwrap_or_default();
        let (low, high) = (format!("min({})::numeric", x.sql), format!("max({})::numeric", x.sql));
        match self {
            Self::Width(_) => String::new(),
            Self::Number(number) => format!(
                ", (SELECT {low} AS router_low, coalesce(nullif({high} - {low}, 0) / {number}, 1) AS router_width \
                 FROM {from}{condition}) AS router_steps"
            ),
            Self::Round => {
                let least = if x.column.value_type == ValueType::Integer { "greatest(1, " } else { "(" };
                format!(
                    ", (SELECT coalesce({least}CASE WHEN wide <= unit THEN unit WHEN wide <= 2 * unit THEN 2 * unit \
                     WHEN wide <= 5 * unit THEN 5 * unit ELSE 10 * unit END), 1) AS router_width \
                     FROM (SELECT wide, power(10::numeric, floor(log(wide))) AS unit \
                     FROM (SELECT nullif({high} - {low}, 0) / {USUAL} AS wide FROM {from}{condition}) AS spread) AS units) \
                     AS router_steps"
                )
            }
        }
    }
}
