//! Windows whose work grows with the square of their rows.

use super::Weigher;
use super::call::collects;
use super::number::constant;
use crate::pg::facts;
use crate::pg::tree::{Frame, Kind, Node};

/// Rows that a frame may reach back or forth to count as short.
const SHORT: f64 = 1000.0;

/// Of all windows and all aggregates over windows of a statement, whichever belongs to which.
pub(super) fn is_quadratic(tree: &Node, weigher: &Weigher) -> bool {
    let (mut moving, mut excluding) = (false, false);
    let (mut aggregates, mut restarting, mut collecting) = (false, false, false);
    tree.visit(&mut |node| match &node.kind {
        Kind::WindowClause { frame, .. } => {
            moving |= frame.start_moves && is_long(frame, node);
            excluding |= frame.excludes && is_long(frame, node);
        }
        Kind::Window { oid, aggregate: true } => {
            aggregates = true;
            // Without an inverse, an aggregate starts anew whenever the frame's start has moved.
            restarting |= !facts::is_invertible_aggregate(*oid);
            collecting |= collects(&weigher.name(*oid));
        }
        _ => {}
    });
    collecting || (excluding && aggregates) || (moving && restarting)
}

fn is_long(frame: &Frame, clause: &Node) -> bool {
    let mut offsets = clause.children.iter().filter(|child| !matches!(child.kind, Kind::Comparison { .. }));
    frame.reaches_an_end || offsets.any(|offset| constant(offset).is_none_or(|rows| rows.abs() > SHORT))
}
