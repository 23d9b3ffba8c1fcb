//! Recursion that multiplies.

use super::number::is_text;
use super::{RECURRING, Weigher};
use crate::pg::tree::{Kind, Node};

/// How much longer than its input a recursive step may make a value: it can add to it, but not double it.
const MAX_STEP: f64 = 1.9 * RECURRING;

impl Weigher {
    /// A step whose output is a multiple of its input makes gigabytes in a few dozen rows.
    pub(super) fn check_recursion(&self, node: &Node) {
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
