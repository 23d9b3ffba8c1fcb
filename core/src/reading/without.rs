//! Rows that there must be none of: "patients without appointments", "products that were never ordered".

use super::cues::Cue;
use super::items::{Item, Placed};
use super::question::Question;
use crate::semantic::{SemanticModel, Source};

/// What is denied, from one dataset's point of view.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Denied {
    /// Related datasets.
    pub datasets: Vec<usize>,
    /// The dataset that is read: somebody else's rows are asked for.
    pub own: bool,
}

/// Finds the datasets that are denied and marks the items that say it.
pub(super) fn find_denied(
    q: &Question,
    placed: &[Placed],
    model: &SemanticModel,
    root: usize,
    used: &mut [bool],
) -> Denied {
    let mut denied = Denied::default();
    for i in 1..placed.len() {
        let Item::Dataset(dataset) = placed[i].item else { continue };
        // "never opened a ticket": what is done with it may be called like one of its dates.
        let verb = |p: &Placed| {
            matches!(p.item, Item::Column(c) if c.dataset == dataset
                && p.words.len() == 1
                && p.source != Some(Source::Name)
                && model.column(c).value_type.is_temporal())
        };
        let passed = |p: &Placed| matches!(p.item, Item::Filler | Item::Unknown) || verb(p);
        let Some(cue) = (0..i).rev().find(|k| !passed(&placed[*k])) else { continue };
        let plain_no = q.words[placed[i].words.start - 1].is("no");
        let verb_between = placed[cue + 1..i].iter().any(|p| p.item == Item::Unknown || verb(p));
        let says = |words: &[&str]| q.words[placed[cue].words.clone()].iter().any(|w| w.is_any(words));
        let none = match placed[cue].item {
            Item::Cue(Cue::Missing) => !verb_between,
            // "never placed an order", "not among the returns".
            Item::Cue(Cue::Negation) => {
                says(&["never"]) || !verb_between && says(&["without", "excluding", "except", "no"])
            }
            _ => false,
        };
        if !(none || plain_no) {
            continue;
        }
        if dataset == root {
            denied.own = true;
        } else {
            denied.datasets.push(dataset);
            used[i] = true;
            used[cue] |= none;
            for (flag, p) in used[cue + 1..i].iter_mut().zip(&placed[cue + 1..i]) {
                *flag |= verb(p);
            }
        }
    }
    denied
}
