//! What the tree says of numbers: constants, upper bounds, lengths of series, digits.

use super::Weigher;
use crate::pg::tree::{Kind, Literal, Node};

/// Digits of a number: multiplying is quadratic in them and can't be interrupted.
pub(super) const MAX_DIGITS: usize = 1000;
/// Digits that a number may have by its construction.
pub(super) const MAX_COMPUTED_DIGITS: f64 = 4000.0;

pub(super) fn is_numeric(oid: u32) -> bool {
    oid == pgrx::pg_sys::NUMERICOID.to_u32()
}

pub(super) fn is_number(oid: u32) -> bool {
    use pgrx::pg_sys::*;
    [INT2OID, INT4OID, INT8OID, NUMERICOID].contains(&Oid::from(oid))
}

/// Types whose values grow by joining: texts, and whatever is no number or date.
pub(super) fn is_text(oid: u32) -> bool {
    use pgrx::pg_sys::*;
    ![INT2OID, INT4OID, INT8OID, FLOAT4OID, FLOAT8OID, BOOLOID, DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, INTERVALOID]
        .contains(&Oid::from(oid))
}

/// Value of a plain number, perhaps with a sign or a cast.
pub(super) fn constant(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::Literal(Literal::Integer(n)) => Some(*n as f64),
        Kind::Literal(Literal::Text(t)) if is_numeric(node.value_type) => t.parse().ok(),
        Kind::Literal(Literal::Null) => Some(0.0),
        kind if is_number(node.value_type) && is_cast(kind) => constant(node.children.first()?),
        _ => None,
    }
}

/// A cast between numbers, or a change of type without a change of value.
pub(super) fn is_cast(kind: &Kind) -> bool {
    use pgrx::pg_sys::*;
    match kind {
        Kind::Relabel => true,
        Kind::Function { oid } => [
            F_INT2_INT4,
            F_INT2_INT8,
            F_INT2_NUMERIC,
            F_INT4_INT2,
            F_INT4_INT8,
            F_INT4_NUMERIC,
            F_INT8_INT2,
            F_INT8_INT4,
            F_INT8_NUMERIC,
            F_NUMERIC_INT2,
            F_NUMERIC_INT4,
            F_NUMERIC_INT8,
            F_NUMERIC_NUMERIC_INT4,
        ]
        .contains(oid),
        _ => false,
    }
}

/// An upper bound that the expression states itself: least(n, 100).
pub(super) fn upper_bound(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::MinMax { greatest: false } => node.children.iter().filter_map(upper_bound).reduce(f64::min),
        Kind::MinMax { greatest: true } => {
            node.children.iter().map(upper_bound).try_fold(f64::MIN, |most, bound| Some(most.max(bound?)))
        }
        kind if is_number(node.value_type) && is_cast(kind) => upper_bound(node.children.first()?),
        _ => constant(node),
    }
}

pub(super) fn reads_columns(node: &Node) -> bool {
    let mut reads = false;
    node.visit(&mut |inner| reads |= matches!(inner.kind, Kind::Column { .. }));
    reads
}

/// The numbers of ARRAY[1, 2] or '{1,2}'.
pub(super) fn integers(node: &Node) -> Option<Vec<f64>> {
    match &node.kind {
        Kind::Array => node.children.iter().map(constant).collect(),
        Kind::Literal(Literal::Text(t)) => {
            t.trim_matches(['{', '}']).split(',').map(|n| n.trim().parse().ok()).collect()
        }
        Kind::Relabel => integers(node.children.first()?),
        _ => None,
    }
}

pub(super) fn literal_text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Literal(Literal::Text(t)) => Some(t),
        Kind::Relabel => literal_text(node.children.first()?),
        _ => None,
    }
}

/// A literal number, or a literal point in time in microseconds.
pub(super) fn instant(node: &Node, weigher: &Weigher) -> Option<f64> {
    const DAY: f64 = 86_400e6;
    let date = pgrx::pg_sys::DATEOID.to_u32();
    match &node.kind {
        Kind::Literal(Literal::Integer(n)) => Some(*n as f64),
        Kind::Function { oid } if node.children.len() == 1 => {
            let inner = &node.children[0];
            let value = instant(inner, weigher)?;
            match &*weigher.name(*oid) {
                "timestamp" | "timestamptz" if inner.value_type == date => Some(value * DAY),
                "timestamp" | "timestamptz" | "int4" | "int8" | "int2" | "numeric" => Some(value),
                _ => None,
            }
        }
        _ => constant(node),
    }
}

/// May the text give a number that it is part of an exponent beyond [`MAX_DIGITS`]? `9e99999` does, and `9e` may.
pub(super) fn spells_exponent(text: &str) -> bool {
    let trimmed = text.trim();
    let only_exponents = !trimmed.chars().any(|c| c.is_alphabetic() && !matches!(c, 'e' | 'E'));
    if !only_exponents {
        return false;
    }
    let bytes = trimmed.as_bytes();
    trimmed.match_indices(['e', 'E']).any(|(at, _)| {
        let after_number = at == 0 || bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'.';
        let digits: String =
            trimmed[at + 1..].trim_start_matches(['+', '-']).chars().take_while(char::is_ascii_digit).collect();
        after_number && digits.parse::<usize>().map_or(true, |exponent| exponent > MAX_DIGITS)
    })
}
