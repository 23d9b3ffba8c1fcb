//! How a call's value grows with its arguments.

use super::number::{self, constant, integers, is_numeric, literal_text, reads_columns, upper_bound};
use super::{COLLECTED, QUOTED, STORED, Weigher, Weight, pattern, rows};
use crate::pg::tree::Node;

/// Bytes that repeat, lpad and rpad may make: searching in a value is quadratic and can't be interrupted.
const MAX_REPEATED: f64 = 128.0 * 1024.0;
/// What computed repetition counts are held to by [`crate::pg::run::plan`].
const MAX_COMPUTED_COUNT: f64 = 32_767.0;
/// Bytes that one letter of a template of to_char may become.
const TEMPLATE: f64 = 12.0;

impl Weigher {
    /// By the function's name.
    pub(super) fn call(&self, name: &str, node: &Node, scopes: &[&Node]) -> Weight {
        let weights: Vec<Weight> = node.children.iter().map(|child| self.weigh(child, scopes)).collect();
        let sum = weights.iter().fold(Weight { nodes: 1.0, ..Weight::default() }, |sum, weight| sum.plus(*weight));
        let bytes_of = |position: usize| weights.get(position).map_or(0.0, |weight| weight.bytes);
        let bytes = match name {
            "repeat" => self.repeated(bytes_of(0) * self.count(node.argument(1))),
            "lpad" | "rpad" => self.repeated(4.0 * self.count(node.argument(1))).max(bytes_of(2)),
            "array_fill" => self.array_fill(node, bytes_of(0)),
            "format" => self.format(node, &weights),
            "concat_ws" => sum.bytes + bytes_of(0) * (weights.len() as f64 + sum.bytes / 4.0),
            "replace" => bytes_of(0) * bytes_of(2).max(1.0),
            "regexp_replace" => (bytes_of(0) + 1.0) * bytes_of(2).max(1.0),
            "array_to_string" => bytes_of(0) * (1.0 + bytes_of(1) / 4.0) + bytes_of(2),
            "string_to_array" | "regexp_split_to_array" => sum.bytes * 8.0,
            "to_char" => bytes_of(0) + bytes_of(1) * TEMPLATE,
            // Every bracket of a deep document gets a line, indented by four blanks a level.
            "jsonb_pretty" => bytes_of(0) * (QUOTED + bytes_of(0)),
            "polygon" if node.children.len() == 2 => match node.argument(0).and_then(constant) {
                Some(points) => self.repeated(16.0 * points.abs()),
                None => {
                    self.refuse("polygon: its number of points must be a plain number");
                    0.0
                }
            },
            "bpchar" | "bit" | "varbit" if node.children.len() > 1 => {
                sum.bytes.max(self.repeated(node.argument(1).and_then(constant).unwrap_or(0.0)))
            }
            "factorial" => 2600.0,
            "power" | "pow" | "numeric_power" | "exp" if is_numeric(node.value_type) => sum.bytes.min(1000.0),
            "round" | "trunc" if is_numeric(node.value_type) && node.children.len() > 1 => {
                bytes_of(0) + scale(node.argument(1))
            }
            _ if collects(name) => {
                self.collect(sum.bytes);
                sum.bytes.max(8.0) * COLLECTED
            }
            "encode" | "quote_literal" | "quote_nullable" | "quote_ident" => sum.bytes * 2.0,
            "to_json" | "to_jsonb" | "row_to_json" | "array_to_json" | "json_build_array" | "json_build_object"
            | "jsonb_build_array" | "jsonb_build_object" => sum.bytes * QUOTED,
            _ => sum.bytes,
        };
        self.count_search(name, node, &weights);
        if is_numeric(node.value_type) && bytes > number::MAX_COMPUTED_DIGITS && !collects(name) {
            self.refuse("a number may get too many digits");
        }
        if rows::are_made_by(name) {
            self.weigh_rows(name, node, sum.bytes);
        }
        let exponent = match name {
            // What they look for does not get into the value.
            "replace" | "translate" | "regexp_replace" => {
                [0, 2].iter().any(|i| weights.get(*i).is_some_and(|w| w.exponent))
            }
            "split_part" | "btrim" | "ltrim" | "rtrim" => weights.first().is_some_and(|w| w.exponent),
            _ => sum.exponent,
        };
        Weight { nodes: sum.nodes, bytes, exponent }
    }

    /// Work of looking for one argument in another, at worst.
    fn count_search(&self, name: &str, node: &Node, weights: &[Weight]) {
        let mut lengths: Vec<f64> = weights.iter().map(|weight| weight.bytes).collect();
        lengths.sort_by(|a, b| b.total_cmp(a));
        if let [longest, second, ..] = lengths[..] {
            self.search.set(self.search.get() + longest * second);
        }
        let subject = weights.first().map_or(0.0, |weight| weight.bytes);
        self.search.set(self.search.get() + pattern::steps(name, node, subject));
    }

    fn repeated(&self, bytes: f64) -> f64 {
        if bytes > MAX_REPEATED {
            self.refuse(
                "repeat, lpad or rpad may make a value of more than 128 kB; put least(n, 100) around a computed count",
            );
            return STORED;
        }
        bytes
    }

    /// Largest value of a repetition count.
    fn count(&self, argument: Option<&Node>) -> f64 {
        match argument.and_then(constant) {
            Some(n) => n.max(0.0),
            None => {
                let bound = argument.and_then(upper_bound);
                if bound.is_none() {
                    self.unforeseeable.set(true);
                }
                bound.unwrap_or(MAX_COMPUTED_COUNT).clamp(0.0, MAX_COMPUTED_COUNT)
            }
        }
    }

    fn array_fill(&self, node: &Node, element: f64) -> f64 {
        let dimensions = node.argument(1).and_then(integers);
        match dimensions {
            Some(sizes) => sizes.iter().product::<f64>() * element.max(8.0),
            None => {
                self.refuse("array_fill: its dimensions must be plain numbers");
                0.0
            }
        }
    }

    /// A place in the format may name any argument, as often as it likes; widths pad.
    fn format(&self, node: &Node, weights: &[Weight]) -> f64 {
        let Some(format) = node.argument(0).and_then(literal_text) else {
            self.refuse("format: its format must be a plain text");
            return 0.0;
        };
        if format.contains('*') {
            self.refuse("format: widths must be written in the format, not computed");
        }
        let widths = format.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<f64>().ok()).sum();
        let largest = weights.iter().skip(1).map(|weight| weight.bytes).fold(0.0, f64::max);
        let places = format.matches('%').count() as f64;
        format.len() as f64 + self.repeated(widths) + places * largest * if places > 1.0 { 2.0 } else { QUOTED }
    }

    /// Exponents and arguments beyond which a number takes long.
    pub(super) fn check_power(&self, name: &str, node: &Node) {
        let max = number::MAX_DIGITS as f64;
        if name == "factorial" {
            if !node.argument(0).and_then(constant).is_some_and(|n| n <= max) {
                self.refuse("factorial: its argument must be a plain number below 1000");
            }
        } else if is_numeric(node.value_type) {
            match node.argument(1).and_then(constant) {
                Some(n) if n.abs() <= max => {}
                None if node.argument(1).is_some_and(reads_columns) => {}
                _ => self.refuse("power: an exponent beyond 1000 takes too long"),
            }
        }
    }
}

/// Digits after the point that rounding may make.
fn scale(argument: Option<&Node>) -> f64 {
    match argument {
        Some(digits) if reads_columns(digits) => 0.0,
        Some(digits) => constant(digits).map_or(f64::MAX, |n| n.max(0.0)),
        None => 0.0,
    }
}

/// Aggregates that put every row into one value.
pub(super) fn collects(name: &str) -> bool {
    matches!(name, "string_agg" | "array_agg" | "xmlagg" | "range_agg")
        || ["json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg"].iter().any(|base| name.starts_with(base))
}
