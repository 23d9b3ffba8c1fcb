//! What a statement may grow into: the size of its values and of its plan, the length of its series, the work of its
//! regular expressions. Bounds from the tree alone, before anything is planned: planning runs functions with constant
//! arguments, and copies subqueries into where they are used.

mod call;
mod number;
mod pattern;
mod recursion;
mod rows;
mod window;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use number::{is_number, is_numeric};

use super::Violation;
use crate::pg::tree::{Kind, Literal, Node, Query, Source};
use crate::pg::{facts, stack_is_too_deep};

/// Bytes that one value may have by its construction.
const MAX_VALUE: f64 = 32.0 * 1024.0 * 1024.0;
/// Nodes of the statement once the planner has put subqueries in the place of their names.
const MAX_NODES: f64 = 50_000.0;
/// Byte comparisons of one evaluation of all calls that look for a text in a text, at worst. A second or so.
const MAX_SEARCH: f64 = 1e9;
/// Bytes of a stored value, for want of better knowledge.
const STORED: f64 = 128.0;
/// Bytes of a stored row.
const WHOLE_ROW: f64 = 8.0 * STORED;
/// Digits of a stored number, for want of better knowledge.
const STORED_NUMBER: f64 = 20.0;
/// Bytes of a value that comes out of the step before, in recursion.
const RECURRING: f64 = 4096.0;
/// What quoting may make of a text, per level.
const QUOTED: f64 = 1.8;
/// What escaping may make of a text in XML: `"` becomes `&quot;`.
const ESCAPED: f64 = 6.0;
/// Rows that an aggregate collects into one value, for want of better knowledge.
const COLLECTED: f64 = 100.0;

pub struct Growth {
    pub violations: Vec<Violation>,
    /// Its work depends on values that only running it shows.
    pub unforeseeable: bool,
    /// How many times more rows there may be than the planner guesses; 1 if its guesses are good.
    pub misjudged: f64,
    /// A window recomputes or copies much for every row: its work grows with the square of its rows.
    pub quadratic_window: bool,
    /// Bytes that one row adds to the largest value an aggregate or array puts together.
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
    let misjudged = growth.misjudged.borrow().values().product::<f64>() * rows::guessed_joins(tree, &growth);
    Growth {
        misjudged,
        quadratic_window: window::is_quadratic(tree, &growth),
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
    /// A literal in it may give a number an exponent that nothing bounds.
    exponent: bool,
}

impl Weight {
    const STORED: Self = Self { nodes: 1.0, bytes: STORED, exponent: false };

    fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            bytes: self.bytes + other.bytes,
            exponent: self.exponent || other.exponent,
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.max(other.nodes),
            bytes: self.bytes.max(other.bytes),
            exponent: self.exponent || other.exponent,
        }
    }
}

#[derive(Default)]
struct Weigher {
    violations: RefCell<Vec<Violation>>,
    unforeseeable: Cell<bool>,
    collected: Cell<f64>,
    /// Sum of the products of what is compared.
    search: Cell<f64>,
    /// By address of the call.
    misjudged: RefCell<HashMap<usize, f64>>,
    names: RefCell<HashMap<u32, Rc<str>>>,
    /// By address of the query, entry of its range table and column: each is weighed once.
    columns: RefCell<HashMap<(usize, i32, i16), Weight>>,
}

impl Weigher {
    fn refuse(&self, detail: impl Into<String>) {
        self.violations.borrow_mut().push(Violation { rule: "resource", detail: detail.into() });
    }

    /// The name of a function. What it stands for is checked by OID elsewhere: whatever is not built in is refused.
    fn name(&self, oid: u32) -> Rc<str> {
        let load = || facts::function(oid).map(|f| f.name).unwrap_or_default().into();
        Rc::clone(self.names.borrow_mut().entry(oid).or_insert_with(load))
    }

    /// A value that takes up what every row adds.
    fn collect(&self, bytes: f64) {
        // Stored values are bounded by what they are, not by what they may be.
        let per_row = if bytes > 32.0 * STORED { bytes } else { (bytes / 4.0).max(8.0) };
        self.collected.set(self.collected.get().max(per_row));
    }

    /// `scopes`: the queries around the node, outermost first.
    fn weigh(&self, node: &Node, scopes: &[&Node]) -> Weight {
        if stack_is_too_deep() {
            self.refuse("subqueries build on each other too deeply");
            return Weight::STORED;
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
            Kind::Literal(literal) => Weight {
                nodes: 1.0,
                bytes: literal.size() as f64,
                exponent: matches!(literal, Literal::Text(t) if number::spells_exponent(t)),
            },
            Kind::Query(query) => self.query(node, query, scopes),
            Kind::Function { oid } | Kind::Aggregate { oid } | Kind::Window { oid, .. } => {
                self.call(&self.name(*oid), node, scopes)
            }
            Kind::Operator { function, .. } => self.call(&self.name(*function), node, scopes),
            Kind::CastViaText => {
                let weight = self.children(node, scopes);
                self.check_digits(node.value_type, weight);
                // Printing arrays and rows quotes what is inside.
                Weight { bytes: weight.bytes * QUOTED, ..weight }
            }
            Kind::Xml(_) => {
                let weight = self.children(node, scopes);
                Weight { bytes: weight.bytes * ESCAPED, ..weight }
            }
            Kind::SubLink { array: true } => {
                let weight = self.children(node, scopes);
                self.collect(weight.bytes);
                Weight { bytes: weight.bytes.max(8.0) * COLLECTED, ..weight }
            }
            _ => self.children(node, scopes),
        }
    }

    /// A number read from a text of that weight.
    fn check_digits(&self, target: u32, text: Weight) {
        if is_numeric(target) && text.bytes > number::MAX_DIGITS as f64 {
            self.refuse(format!("a number may have more than {} digits", number::MAX_DIGITS));
        }
        if text.exponent && (is_numeric(target) || target == pgrx::pg_sys::JSONBOID.to_u32()) {
            self.refuse("a number's exponent must be a plain part of it, and below 1000");
        }
    }

    fn children(&self, node: &Node, scopes: &[&Node]) -> Weight {
        let own = Weight { nodes: 1.0, ..Weight::default() };
        node.children.iter().fold(own, |sum, child| sum.plus(self.weigh(child, scopes)))
    }

    /// A query as a whole: every node in it, and its widest output column.
    fn query(&self, node: &Node, query: &Query, scopes: &[&Node]) -> Weight {
        let mut inside = scopes.to_vec();
        inside.push(node);
        let mut whole = Weight::default();
        for child in &node.children {
            let weight = self.weigh(child, &inside);
            whole.nodes += weight.nodes;
            if matches!(child.kind, Kind::Target { .. }) {
                whole.bytes = whole.bytes.max(weight.bytes);
                whole.exponent |= weight.exponent;
            }
        }
        for range in &query.ranges {
            whole.nodes += range.children.iter().map(|child| self.weigh(child, &inside).nodes).sum::<f64>() + 1.0;
        }
        whole
    }

    fn column(&self, scopes: &[&Node], range: i32, number: i16, levels_up: usize) -> Weight {
        let Some(depth) = scopes.len().checked_sub(levels_up + 1) else {
            return Weight::STORED;
        };
        let scopes = &scopes[..=depth];
        let query = scopes[depth];
        let key = (std::ptr::from_ref(query) as usize, range, number);
        if let Some(known) = self.columns.borrow().get(&key) {
            return *known;
        }
        let entry = range_entry(query, range);
        let weight = entry.map_or(Weight::STORED, |entry| self.source_column(entry, number, scopes));
        self.columns.borrow_mut().insert(key, weight);
        weight
    }

    fn source_column(&self, entry: &Node, number: i16, scopes: &[&Node]) -> Weight {
        let Kind::Range(range) = &entry.kind else {
            return Weight::STORED;
        };
        match &range.source {
            Source::Subquery => entry.children.first().map_or(Weight::STORED, |q| self.output(q, number, scopes)),
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
            Source::Relation { .. } if number == 0 => Weight { bytes: WHOLE_ROW, ..Weight::STORED },
            Source::Function => self.children(entry, scopes).max(Weight::STORED),
            Source::Cte { self_reference: true, .. } => Weight { bytes: RECURRING, ..Weight::STORED },
            Source::Cte { name, levels_up, .. } => {
                let Some(depth) = scopes.len().checked_sub(*levels_up as usize + 1) else {
                    return Weight::STORED;
                };
                let scopes = &scopes[..=depth];
                let defined = scopes[depth].children.iter().find_map(|child| match &child.kind {
                    Kind::Cte { name: n, .. } if n == name => {
                        child.children.iter().find(|c| matches!(c.kind, Kind::Query(_)))
                    }
                    _ => None,
                });
                defined.map_or(Weight::STORED, |query| self.output(query, number, scopes))
            }
            _ => Weight::STORED,
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

    /// Rules that need no more than the node and its arguments.
    fn check_alone(&self, node: &Node) {
        match &node.kind {
            Kind::Query(query) if query.recursive => {
                self.unforeseeable.set(true);
                self.check_recursion(node);
            }
            Kind::Function { oid } => self.check_call(&self.name(*oid), node),
            Kind::Operator { function, .. } => self.check_call(&self.name(*function), node),
            Kind::Literal(literal) if is_numeric(node.value_type) && literal.size() > number::MAX_DIGITS => {
                self.refuse(format!("a number has more than {} digits", number::MAX_DIGITS));
            }
            _ => {}
        }
    }

    fn check_call(&self, name: &str, node: &Node) {
        match name {
            "generate_series" => self.check_series(node),
            "factorial" | "power" | "pow" | "numeric_power" => self.check_power(name, node),
            _ => {
                if let Some(position) = pattern::position(name, node) {
                    self.check_pattern(name, node, position);
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
