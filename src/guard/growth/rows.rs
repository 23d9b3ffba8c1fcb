//! How many rows come out of functions and joins, where the planner only guesses.

use super::number::{constant, instant, is_number};
use super::{STORED, Weigher};
use crate::pg::tree::{Kind, Literal, Node};

/// Rows of one series with literal bounds.
const MAX_SERIES: f64 = 100_000.0;
/// Rows the planner expects of a series that is not of integers.
const GUESSED_SERIES: f64 = 1000.0;
/// Bytes beyond which a function that makes rows of a value is tried before it is believed to make few.
const LONG: f64 = 4.0 * STORED;
/// One row of how many the planner expects to be equal, where it knows nothing.
const GUESSED_EQUAL: f64 = 200.0;

impl Weigher {
    pub(super) fn check_series(&self, node: &Node) {
        match series_length(node, self) {
            Some(length) if length > MAX_SERIES => {
                self.refuse(format!("the series has more than {MAX_SERIES} rows"));
            }
            Some(length) => {
                let of_integers = node.argument(0).is_some_and(|first| {
                    use pgrx::pg_sys::{INT4OID, INT8OID, Oid};
                    [INT4OID, INT8OID].contains(&Oid::from(first.value_type))
                });
                if !of_integers && length > GUESSED_SERIES {
                    self.misjudge(node, length / GUESSED_SERIES);
                }
            }
            None => self.unforeseeable.set(true),
        }
    }

    /// `bytes`: of the value that rows are made of.
    pub(super) fn weigh_rows(&self, name: &str, node: &Node, bytes: f64) {
        // The planner counts what an array literal holds.
        let counted = node.argument(0).is_some_and(|a| matches!(a.kind, Kind::Literal(_) | Kind::Array));
        if name == "unnest" && counted {
            return;
        }
        if bytes > LONG {
            self.unforeseeable.set(true);
        }
        // A blank and a letter are an element.
        self.misjudge(node, bytes / 2.0 / expected(name));
    }

    fn misjudge(&self, node: &Node, factor: f64) {
        if factor > 1.0 {
            self.misjudged.borrow_mut().insert(std::ptr::from_ref(node) as usize, factor);
        }
    }
}

/// Functions that make rows of one value: the planner guesses how many.
pub(super) fn are_made_by(name: &str) -> bool {
    name == "unnest"
        || name == "regexp_matches"
        || name == "generate_subscripts"
        || name.ends_with("_to_table")
        || name.contains("_array_elements")
        || name.contains("_each")
        || name.contains("_path_query")
        || name.contains("_to_recordset")
        || name.ends_with("_object_keys")
}

/// Rows the planner expects of such a function.
fn expected(name: &str) -> f64 {
    match name {
        "unnest" | "regexp_matches" => 10.0,
        _ if name.ends_with("_to_table") || name.contains("_path_query") || name == "generate_subscripts" => 1000.0,
        _ => 100.0,
    }
}

/// How far the planner may be out because relations are joined by computed values, of whose equality it knows nothing.
/// One such join is everyday (by month, in lower case); more of them multiply.
pub(super) fn guessed_joins(tree: &Node, weigher: &Weigher) -> f64 {
    let mut joins = 0;
    tree.visit(&mut |node| {
        if let Kind::Operator { function, .. } = node.kind
            && let [left, right] = &node.children[..]
            && weigher.name(function).ends_with("eq")
            && !(is_column(left) && is_column(right))
        {
            let (left, right) = (sources(left), sources(right));
            joins += i32::from(!left.is_empty() && !right.is_empty() && left.iter().all(|s| !right.contains(s)));
        }
    });
    GUESSED_EQUAL.powi((joins - 1).max(0))
}

fn is_column(node: &Node) -> bool {
    match &node.kind {
        Kind::Column { .. } => true,
        Kind::Relabel => node.children.first().is_some_and(is_column),
        _ => false,
    }
}

/// Which entries of the query's range table an expression reads.
fn sources(node: &Node) -> Vec<i32> {
    let mut read = Vec::new();
    node.visit(&mut |inner| {
        if let Kind::Column { range, levels_up: 0, .. } = inner.kind {
            read.push(range);
        }
    });
    read
}

/// Rows of generate_series with literal bounds; None if they are computed.
fn series_length(node: &Node, weigher: &Weigher) -> Option<f64> {
    const DAY: f64 = 86_400e6;
    let step = match node.argument(2) {
        None => 1.0,
        Some(step) => match &step.kind {
            Kind::Literal(Literal::Interval { months, days, micros }) => {
                f64::from(*months) * 28.0 * DAY + f64::from(*days) * DAY + *micros as f64
            }
            _ if is_number(step.value_type) => constant(step)?,
            _ => return None,
        },
    };
    let bound = |position| node.argument(position).and_then(|n| instant(n, weigher));
    let length = (bound(1)? - bound(0)?) / step;
    // A step of nothing is the server's error.
    Some(if length.is_finite() { length + 1.0 } else { 0.0 })
}
