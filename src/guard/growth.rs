//! What a statement may grow into: the size of its values and of its plan, the length of its series, the work of its
//! regular expressions. Bounds from the tree alone, before anything is planned: planning runs functions with constant
//! arguments, and copies subqueries into where they are used.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use router_core::sql::regex_risk::regex_risk;

use super::Violation;
use crate::pg::tree::{Kind, Literal, Node, Query, Source};
use crate::pg::{facts, stack_is_too_deep};

/// Bytes that one value may have by its construction.
const MAX_VALUE: f64 = 32.0 * 1024.0 * 1024.0;
/// Bytes that repeat, lpad and rpad may make: searching in a value is quadratic and can't be interrupted.
const MAX_REPEATED: f64 = 128.0 * 1024.0;
/// Nodes of the statement once the planner has put subqueries in the place of their names.
const MAX_NODES: f64 = 50_000.0;
/// Rows of one series with literal bounds.
const MAX_SERIES: f64 = 100_000.0;
/// Digits of a number: multiplying is quadratic in them and can't be interrupted.
const MAX_DIGITS: usize = 1000;
/// Bytes of a stored value, for want of better knowledge.
const STORED: f64 = 128.0;
/// Digits of a stored number, for want of better knowledge.
const STORED_NUMBER: f64 = 20.0;
/// Digits that a number may have by its construction.
const MAX_COMPUTED_DIGITS: f64 = 4000.0;
/// Byte comparisons of one evaluation of all calls that look for a text in a text, at worst. A second or so.
const MAX_SEARCH: f64 = 1e9;
/// Bytes beyond which a function that makes rows of a value is tried before it is believed to make few.
const LONG: f64 = 4.0 * STORED;
/// Bytes of a value that comes out of the step before, in recursion.
const RECURRING: f64 = 4096.0;
/// How much longer than its input a recursive step may make a value: it can add to it, but not double it.
const MAX_STEP: f64 = 1.9 * RECURRING;
/// What quoting may make of a text, per level.
const QUOTED: f64 = 1.8;
/// Rows that an aggregate collects into one value, for want of better knowledge.
const COLLECTED: f64 = 100.0;
/// What computed repetition counts are held to by [`crate::pg::run::plan`].
const MAX_COMPUTED_COUNT: f64 = 32_767.0;

pub struct Growth {
    pub violations: Vec<Violation>,
    /// Its work depends on values that only running it shows.
    pub unforeseeable: bool,
    /// Bytes of the largest value, made longer than stored ones are, that an aggregate puts together from many rows.
    pub collected: f64,
}

pub fn check(tree: &Node) -> Growth {
    let growth = Weigher::default();
    let weight = growth.weigh(tree, &[]);
    if growth.search.get() > MAX_SEARCH {
        growth.refuse("looking for long texts in long texts takes too long");
    }
    if weight.nodes > MAX_NODES {
        growth.refuse("subqueries multiply each other beyond what can be planned");
    }
    tree.visit(&mut |node| growth.check_alone(node));
    Growth {
        violations: growth.violations.into_inner(),
        unforeseeable: growth.unforeseeable.get(),
        collected: growth.collected.get(),
    }
}

/// Upper bounds, about.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// Nodes once subqueries are expanded.
    nodes: f64,
    /// Bytes of the value.
    bytes: f64,
}

impl Weight {
    fn plus(self, other: Self) -> Self {
        Self { nodes: self.nodes + other.nodes, bytes: self.bytes + other.bytes }
    }

    fn max(self, other: Self) -> Self {
        Self { nodes: self.nodes.max(other.nodes), bytes: self.bytes.max(other.bytes) }
    }
}

#[derive(Default)]
struct Weigher {
    violations: RefCell<Vec<Violation>>,
    unforeseeable: Cell<bool>,
    collected: Cell<f64>,
    /// Sum of the products of what is compared.
    search: Cell<f64>,
    names: RefCell<HashMap<u32, String>>,
    /// By address of the query, entry of its range table and column: each is weighed once.
    columns: RefCell<HashMap<(usize, i32, i16), Weight>>,
}

impl Weigher {
    fn refuse(&self, detail: impl Into<String>) {
        self.violations.borrow_mut().push(Violation { rule: "resource", detail: detail.into() });
    }

    fn name(&self, oid: u32) -> String {
        self.names
            .borrow_mut()
            .entry(oid)
            .or_insert_with(|| facts::function(oid).map(|f| f.name).unwrap_or_default())
            .clone()
    }

    /// `scopes`: the queries around the node, outermost first.
    fn weigh(&self, node: &Node, scopes: &[&Node]) -> Weight {
        if stack_is_too_deep() {
            self.refuse("subqueries build on each other too deeply");
            return Weight { nodes: 1.0, bytes: STORED };
        }
        let weight = self.weigh_inner(node, scopes);
        if weight.bytes > MAX_VALUE {
            self.refuse("a value may grow to tens of megabytes");
            return Weight { bytes: STORED, ..weight };
        }
        weight
    }

    fn weigh_inner(&self, node: &Node, scopes: &[&Node]) -> Weight {
        match &node.kind {
            Kind::Column { range, number, levels_up } => {
                let weight = self.column(scopes, *range, *number, *levels_up as usize);
                let stored_number = is_number(node.value_type) && (weight.bytes == STORED || weight.bytes == RECURRING);
                Weight { bytes: if stored_number { STORED_NUMBER } else { weight.bytes }, ..weight }
            }
            Kind::Literal(literal) => Weight { nodes: 1.0, bytes: literal.size() as f64 },
            Kind::Query(query) => self.query(node, query, scopes),
            Kind::Function { oid } | Kind::Aggregate { oid } | Kind::Window { oid } => {
                self.call(&self.name(*oid), node, scopes)
            }
            Kind::Operator { function, .. } => self.call(&self.name(*function), node, scopes),
            Kind::CastViaText => {
                let weight = self.children(node, scopes);
                if is_numeric(node.value_type) && weight.bytes > MAX_DIGITS as f64 {
                    self.refuse(format!("a number may have more than {MAX_DIGITS} digits"));
                }
                // Printing arrays and rows quotes what is inside.
                Weight { bytes: weight.bytes * QUOTED, ..weight }
            }
            _ => self.children(node, scopes),
        }
    }

    fn children(&self, node: &Node, scopes: &[&Node]) -> Weight {
        let own = Weight { nodes: 1.0, bytes: 0.0 };
        node.children.iter().fold(own, |sum, child| sum.plus(self.weigh(child, scopes)))
    }

    /// A query as a whole: every node in it, and its widest output column.
    fn query(&self, node: &Node, query: &Query, scopes: &[&Node]) -> Weight {
        let mut inside = scopes.to_vec();
        inside.push(node);
        let mut nodes = 0.0;
        let mut bytes: f64 = 0.0;
        for child in &node.children {
            let weight = self.weigh(child, &inside);
            nodes += weight.nodes;
            if matches!(child.kind, Kind::Target { .. }) {
                bytes = bytes.max(weight.bytes);
            }
        }
        for range in &query.ranges {
            nodes += range.children.iter().map(|child| self.weigh(child, &inside).nodes).sum::<f64>() + 1.0;
        }
        Weight { nodes, bytes }
    }

    fn column(&self, scopes: &[&Node], range: i32, number: i16, levels_up: usize) -> Weight {
        let stored = Weight { nodes: 1.0, bytes: STORED };
        let Some(depth) = scopes.len().checked_sub(levels_up + 1) else {
            return stored;
        };
        let scopes = &scopes[..=depth];
        let query = scopes[depth];
        let key = (std::ptr::from_ref(query) as usize, range, number);
        if let Some(known) = self.columns.borrow().get(&key) {
            return *known;
        }
        let weight = range_entry(query, range).map_or(stored, |entry| self.source_column(entry, number, scopes));
        self.columns.borrow_mut().insert(key, weight);
        weight
    }

    fn source_column(&self, entry: &Node, number: i16, scopes: &[&Node]) -> Weight {
        let stored = Weight { nodes: 1.0, bytes: STORED };
        let Kind::Range(range) = &entry.kind else {
            return stored;
        };
        match &range.source {
            Source::Subquery => entry.children.first().map_or(stored, |q| self.output(q, number, scopes)),
            Source::Join | Source::Group => {
                match usize::try_from(number - 1).ok().and_then(|i| entry.children.get(i)) {
                    Some(expression) => self.weigh(expression, scopes),
                    None => self.children(entry, scopes),
                }
            }
            Source::Values { width } if *width > 0 => entry
                .children
                .iter()
                .enumerate()
                .filter(|(i, _)| number < 1 || i % width == number as usize - 1)
                .fold(Weight::default(), |most, (_, cell)| most.max(self.weigh(cell, scopes))),
            Source::Function => self.children(entry, scopes).max(stored),
            Source::Cte { self_reference: true, .. } => Weight { nodes: 1.0, bytes: RECURRING },
            Source::Cte { name, levels_up, .. } => {
                let Some(depth) = scopes.len().checked_sub(*levels_up as usize + 1) else {
                    return stored;
                };
                let scopes = &scopes[..=depth];
                let defined = scopes[depth].children.iter().find_map(|child| match &child.kind {
                    Kind::Cte { name: n, .. } if n == name => {
                        child.children.iter().find(|c| matches!(c.kind, Kind::Query(_)))
                    }
                    _ => None,
                });
                defined.map_or(stored, |query| self.output(query, number, scopes))
            }
            _ => stored,
        }
    }

    /// An output column of a (sub)query; 0 is the whole row.
    fn output(&self, query: &Node, number: i16, scopes: &[&Node]) -> Weight {
        let Kind::Query(facts) = &query.kind else {
            return Weight::default();
        };
        let mut inside = scopes.to_vec();
        inside.push(query);
        if facts.set_operation {
            // The arms are the subqueries of the range table.
            let mut most = Weight::default();
            for (i, range) in facts.ranges.iter().enumerate() {
                if matches!(&range.kind, Kind::Range(r) if matches!(r.source, Source::Subquery)) {
                    most = most.max(self.column(&inside, i as i32 + 1, number, 0));
                }
            }
            return most;
        }
        let targets = query.children.iter().filter(|child| match child.kind {
            Kind::Target { number: n } => number == 0 || n == number,
            _ => false,
        });
        targets.fold(Weight::default(), |sum, target| sum.plus(self.weigh(target, &inside)))
    }

    /// A call by the function's name: how its value grows with its arguments.
    fn call(&self, name: &str, node: &Node, scopes: &[&Node]) -> Weight {
        let weights: Vec<Weight> = node.children.iter().map(|child| self.weigh(child, scopes)).collect();
        let sum = weights.iter().fold(Weight { nodes: 1.0, bytes: 0.0 }, |sum, weight| sum.plus(*weight));
        let bytes_of = |position: usize| weights.get(position).map_or(0.0, |weight| weight.bytes);
        let bytes = match name {
            "repeat" => self.repeated(bytes_of(0) * self.count(node.argument(1))),
            "lpad" | "rpad" => self.repeated(4.0 * self.count(node.argument(1))).max(bytes_of(2)),
            "array_fill" => self.array_fill(node, bytes_of(0)),
            "format" => sum.bytes * QUOTED + self.format_width(node),
            "replace" => bytes_of(0) * bytes_of(2).max(1.0),
            "regexp_replace" => (bytes_of(0) + 1.0) * bytes_of(2).max(1.0),
            "array_to_string" => bytes_of(0) * (1.0 + bytes_of(1) / 4.0) + bytes_of(2),
            "string_to_array" | "regexp_split_to_array" => sum.bytes * 8.0,
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
            "string_agg" | "array_agg" | "json_agg" | "jsonb_agg" | "json_object_agg" | "jsonb_object_agg"
            | "xmlagg" => {
                if sum.bytes > 8.0 * STORED {
                    self.collected.set(self.collected.get().max(sum.bytes));
                }
                sum.bytes.max(8.0) * COLLECTED
            }
            "quote_literal" | "quote_nullable" | "quote_ident" | "to_json" | "to_jsonb" | "row_to_json"
            | "array_to_json" | "json_build_array" | "json_build_object" | "jsonb_build_array"
            | "jsonb_build_object" | "encode" | "jsonb_pretty" => sum.bytes * QUOTED,
            _ => sum.bytes,
        };
        let mut lengths: Vec<f64> = weights.iter().map(|weight| weight.bytes).collect();
        lengths.sort_by(|a, b| b.total_cmp(a));
        if let [longest, second, ..] = lengths[..] {
            self.search.set(self.search.get() + longest * second);
        }
        if is_numeric(node.value_type) && bytes > MAX_COMPUTED_DIGITS && !name.ends_with("_agg") {
            self.refuse("a number may get too many digits");
        }
        if makes_rows(name) && sum.bytes > LONG {
            self.unforeseeable.set(true);
        }
        Weight { nodes: sum.nodes, bytes }
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

    /// Widths in a format string, which pad.
    fn format_width(&self, node: &Node) -> f64 {
        let Some(format) = node.argument(0).and_then(literal_text) else {
            self.refuse("format: its format must be a plain text");
            return 0.0;
        };
        if format.contains('*') {
            self.refuse("format: widths must be written in the format, not computed");
        }
        let widths = format.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<f64>().ok());
        self.repeated(widths.sum())
    }

    /// Rules that need no more than the node and its arguments.
    fn check_alone(&self, node: &Node) {
        match &node.kind {
            Kind::Query(query) if query.recursive => {
                self.unforeseeable.set(true);
                self.recursion(node);
            }
            Kind::Function { oid } => self.check_call(&self.name(*oid), node),
            Kind::Operator { function, .. } => self.check_call(&self.name(*function), node),
            Kind::Literal(Literal::Text(t)) if is_numeric(node.value_type) && t.len() > MAX_DIGITS => {
                self.refuse(format!("a number has more than {MAX_DIGITS} digits"));
            }
            _ => {}
        }
    }

    fn check_call(&self, name: &str, node: &Node) {
        match name {
            "generate_series" => match series_length(node, &|oid| self.name(oid)) {
                Some(length) if length > MAX_SERIES => {
                    self.refuse(format!("the series has more than {MAX_SERIES} rows"));
                }
                Some(_) => {}
                None => self.unforeseeable.set(true),
            },
            "factorial" => match node.argument(0).and_then(constant) {
                Some(n) if n <= MAX_DIGITS as f64 => {}
                _ => self.refuse("factorial: its argument must be a plain number below 1000"),
            },
            "power" | "pow" | "numeric_power" if is_numeric(node.value_type) => {
                match node.argument(1).and_then(constant) {
                    Some(n) if n.abs() <= MAX_DIGITS as f64 => {}
                    None if node.argument(1).is_some_and(reads_columns) => {}
                    _ => self.refuse("power: an exponent beyond 1000 takes too long"),
                }
            }
            _ => {
                if let Some(position) = pattern_position(name, node) {
                    self.check_pattern(node.argument(position));
                }
            }
        }
    }

    fn check_pattern(&self, pattern: Option<&Node>) {
        let Some(pattern) = pattern else {
            return;
        };
        let mut plain = true;
        pattern.visit(&mut |node| match &node.kind {
            Kind::Literal(Literal::Text(text)) => {
                // In a JSON path the pattern is a string within the text, its backslashes doubled.
                for reading in [text.as_str(), &text.replace("\\\\", "\\")] {
                    if let Some(risk) = regex_risk(reading).filter(|_| reading == text || is_json_path(node.value_type))
                    {
                        self.refuse(risk);
                    }
                }
            }
            Kind::Function { oid } => match (self.name(*oid).as_str(), node.argument(0), node.argument(1)) {
                ("similar_to_escape" | "similar_escape", Some(text), Some(escape)) => {
                    let both = literal_text(text).zip(literal_text(escape)).filter(|(_, escape)| !escape.is_empty());
                    match both.map(|(text, escape)| regex_risk(&text.replace(escape, "\\"))) {
                        Some(risk) => risk.into_iter().for_each(|risk| self.refuse(risk)),
                        None => plain &= literal_text(text).is_some(),
                    }
                }
                ("similar_to_escape" | "similar_escape" | "text" | "varchar" | "bpchar", ..) => {}
                _ => plain = false,
            },
            Kind::Literal(_) | Kind::Relabel | Kind::Array | Kind::Plain | Kind::Named { .. } => {}
            _ => plain = false,
        });
        if !plain {
            self.refuse("a regular expression must be a plain text: a computed one may take any time");
        }
    }

    /// A step whose output is a multiple of its input makes gigabytes in a few dozen rows.
    fn recursion(&self, node: &Node) {
        for cte in &node.children {
            let Kind::Cte { recursive: true, .. } = cte.kind else {
                continue;
            };
            for query in &cte.children {
                let Kind::Query(facts) = &query.kind else {
                    continue;
                };
                let columns = query.children.iter().filter_map(|child| match child.kind {
                    Kind::Target { number } if child.children.first().is_some_and(|c| is_text(c.value_type)) => {
                        Some(number)
                    }
                    _ => None,
                });
                for number in columns {
                    let steps = 1..=facts.ranges.len() as i32;
                    if steps.into_iter().any(|step| self.column(&[node, query], step, number, 0).bytes > MAX_STEP) {
                        self.refuse(
                            "a recursive step may not multiply the length of a text: it doubles with every row",
                        );
                    }
                }
            }
        }
    }
}

fn range_entry(query: &Node, range: i32) -> Option<&Node> {
    match &query.kind {
        Kind::Query(facts) => usize::try_from(range - 1).ok().and_then(|i| facts.ranges.get(i)),
        _ => None,
    }
}

fn is_json_path(oid: u32) -> bool {
    oid == pgrx::pg_sys::JSONPATHOID.to_u32()
}

fn is_numeric(oid: u32) -> bool {
    oid == pgrx::pg_sys::NUMERICOID.to_u32()
}

/// Types whose values grow by joining: texts, and whatever is no number or date.
fn is_text(oid: u32) -> bool {
    use pgrx::pg_sys::*;
    ![INT2OID, INT4OID, INT8OID, FLOAT4OID, FLOAT8OID, BOOLOID, DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, INTERVALOID]
        .contains(&Oid::from(oid))
}

/// Value of a plain number, perhaps with a sign or a cast.
fn constant(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::Literal(Literal::Integer(n)) => Some(*n as f64),
        Kind::Literal(Literal::Text(t)) if is_numeric(node.value_type) => t.parse().ok(),
        Kind::Literal(Literal::Null) => Some(0.0),
        kind if is_number(node.value_type) && is_cast(kind) => constant(node.children.first()?),
        _ => None,
    }
}

/// A cast between numbers, or a change of type without a change of value.
fn is_cast(kind: &Kind) -> bool {
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

fn is_number(oid: u32) -> bool {
    use pgrx::pg_sys::*;
    [INT2OID, INT4OID, INT8OID, NUMERICOID].contains(&Oid::from(oid))
}

/// An upper bound that the expression states itself: least(n, 100).
fn upper_bound(node: &Node) -> Option<f64> {
    match &node.kind {
        Kind::MinMax { greatest: false } => node.children.iter().filter_map(upper_bound).reduce(f64::min),
        Kind::MinMax { greatest: true } => {
            node.children.iter().map(upper_bound).try_fold(f64::MIN, |most, bound| Some(most.max(bound?)))
        }
        kind if is_number(node.value_type) && is_cast(kind) => upper_bound(node.children.first()?),
        _ => constant(node),
    }
}

fn reads_columns(node: &Node) -> bool {
    let mut reads = false;
    node.visit(&mut |inner| reads |= matches!(inner.kind, Kind::Column { .. }));
    reads
}

/// The numbers of ARRAY[1, 2] or '{1,2}'.
fn integers(node: &Node) -> Option<Vec<f64>> {
    match &node.kind {
        Kind::Array => node.children.iter().map(constant).collect(),
        Kind::Literal(Literal::Text(t)) => {
            t.trim_matches(['{', '}']).split(',').map(|n| n.trim().parse().ok()).collect()
        }
        Kind::Relabel => integers(node.children.first()?),
        _ => None,
    }
}

fn literal_text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Literal(Literal::Text(t)) => Some(t),
        Kind::Relabel => literal_text(node.children.first()?),
        _ => None,
    }
}

/// Rows of generate_series with literal bounds; None if they are computed.
fn series_length(node: &Node, name: &dyn Fn(u32) -> String) -> Option<f64> {
    const DAY: f64 = 86_400e6;
    let step = match node.argument(2) {
        None => 1.0,
        Some(step) => match &step.kind {
            Kind::Literal(Literal::Interval { months, days, micros }) => {
                f64::from(*months) * 28.0 * DAY + f64::from(*days) * DAY + *micros as f64
            }
            _ => constant(step)?,
        },
    };
    let bound = |position| node.argument(position).and_then(|n| instant(n, name));
    let length = (bound(1)? - bound(0)?) / step;
    // A step of nothing is the server's error.
    Some(if length.is_finite() { length + 1.0 } else { 0.0 })
}

/// A literal number, or a literal point in time in microseconds.
fn instant(node: &Node, name: &dyn Fn(u32) -> String) -> Option<f64> {
    const DAY: f64 = 86_400e6;
    let date = pgrx::pg_sys::DATEOID.to_u32();
    match &node.kind {
        Kind::Literal(Literal::Integer(n)) => Some(*n as f64),
        Kind::Function { oid } if node.children.len() == 1 => {
            let inner = &node.children[0];
            let value = instant(inner, name)?;
            match name(*oid).as_str() {
                "timestamp" | "timestamptz" if inner.value_type == date => Some(value * DAY),
                "timestamp" | "timestamptz" | "int4" | "int8" | "int2" | "numeric" => Some(value),
                _ => None,
            }
        }
        _ => constant(node),
    }
}

/// Functions that make rows of one value: the planner guesses how many.
fn makes_rows(name: &str) -> bool {
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

/// Position of the regular expression among the arguments.
fn pattern_position(name: &str, node: &Node) -> Option<usize> {
    let arguments = node.children.len();
    let text = |position: usize| node.argument(position).is_some_and(|a| is_text(a.value_type));
    match name {
        "textregexeq" | "textregexne" | "texticregexeq" | "texticregexne" | "nameregexeq" | "nameregexne"
        | "nameicregexeq" | "nameicregexne" | "bpcharregexeq" | "bpcharregexne" | "bpcharicregexeq"
        | "bpcharicregexne" => Some(1),
        _ if name.starts_with("regexp_") => Some(1),
        "substring" if arguments >= 2 && text(1) => Some(1),
        "jsonb_path_exists"
        | "jsonb_path_match"
        | "jsonb_path_query"
        | "jsonb_path_query_array"
        | "jsonb_path_query_first"
        | "jsonb_path_exists_tz"
        | "jsonb_path_match_tz"
        | "jsonb_path_query_tz"
        | "jsonb_path_query_array_tz"
        | "jsonb_path_query_first_tz"
        | "jsonb_path_exists_opr"
        | "jsonb_path_match_opr" => Some(1),
        _ => None,
    }
}
