//! Two readings of one question, the router's own and a model's: what it means that they agree, or don't.

use crate::quickspec::QuickSpec;

/// How far two readings say the same, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement(pub f32);

/// Compares what decides the numbers. Chart, order and the like don't.
pub fn agreement(a: &QuickSpec, b: &QuickSpec) -> Agreement {
    if a.dataset != b.dataset {
        return Agreement(0.0);
    }
    let parts = [
        (3.0, a.y == b.y && a.per == b.per && a.more_measures == b.more_measures),
        (2.0, a.agg == b.agg),
        (2.0, a.x == b.x),
        (1.0, a.split_by == b.split_by),
        (3.0, a.filters == b.filters),
        (1.0, a.time_grain == b.time_grain),
        (1.0, a.top_k == b.top_k && a.top_per == b.top_per),
        (
            2.0,
            a.transform == b.transform
                && a.normalize == b.normalize
                && a.part == b.part
                && a.having == b.having
                && a.count_groups == b.count_groups,
        ),
    ];
    let whole: f32 = parts.iter().map(|(weight, _)| weight).sum();
    Agreement(parts.iter().filter(|(_, same)| *same).map(|(weight, _)| weight).sum::<f32>() / whole)
}

/// What to do with a model's reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weighed {
    /// Answer with it, this sure.
    Take(f32),
    /// Ask back, with both readings to choose from.
    Ask,
}

/// A model's word alone is never surer than this.
const ALONE: f32 = 0.75;
/// Both together are never surer than this.
const TOGETHER: f32 = 0.97;
/// A local reading this sure is not overruled in silence.
const HEARD: f32 = 0.5;

/// Weighs a model's reading (`said`: how sure it calls itself, 0 to 1) against the local one with its confidence.
pub fn weigh(local: Option<(&QuickSpec, f32)>, remote: &QuickSpec, said: f32) -> Weighed {
    let said = said.clamp(0.0, 1.0);
    let Some((spec, confidence)) = local else { return Weighed::Take(said.min(ALONE)) };
    let Agreement(same) = agreement(spec, remote);
    if same >= 1.0 {
        // Two readings that were made in different ways: wrong only if both are.
        return Weighed::Take((1.0 - (1.0 - confidence) * (1.0 - said * ALONE)).min(TOGETHER));
    }
    if confidence >= HEARD {
        return Weighed::Ask;
    }
    // The less the local reading is worth, the less its objection counts.
    let taken = said.min(ALONE) * (1.0 - confidence * (1.0 - same));
    if taken > 0.5 { Weighed::Take(taken) } else { Weighed::Ask }
}
