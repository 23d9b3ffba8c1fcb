//! How sure an answer is, and when to ask back instead.

use super::answer::Status;
use crate::reading::{Cue, Draft, Question};
use crate::semantic::{Aggregation, SemanticModel};

/// The outcome of judging a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub status: Status,
    pub confidence: f32,
    /// For people, when the status is not `Ok`.
    pub reason: String,
}

/// Judges the best reading against what it leaves unexplained and against the next best.
pub fn judge(q: &Question, best: &Draft, runner_up: Option<&Draft>, _model: &SemanticModel) -> Verdict {
    let refuse = |reason: String| Verdict { status: Status::Refused, confidence: 0.1, reason };
    let unknown = best.unknown.len();
    let share_unknown = unknown as f32 / (unknown + best.explained).max(1) as f32;
    if let Some(head) = &best.unknown_head {
        let counts_it = best.agg == Aggregation::Count && best.y.is_none();
        if counts_it && unknown > 0 && (best.x.is_none() || share_unknown > 0.6) {
            return refuse(format!("Nothing registered here is called \"{head}\"."));
        }
    }
    let asks = best.has_time || best.x.is_some() || !best.conditions.is_empty() || !best.assumed_measure;
    if !best.grounded && q.cues.iter().any(|c| matches!(c.cue, Cue::Superlative(_))) && unknown == 0 {
        return Verdict {
            status: Status::Clarify,
            confidence: 0.2,
            reason: "The question leaves open what is to be ranked.".into(),
        };
    }
    if !best.grounded && !best.raw && !q.has(Cue::Overview) && !(asks && best.x_grain.is_some()) {
        return refuse("Nothing in the question names something that is registered here.".into());
    }
    if best.assumed_measure && unknown >= 1 && share_unknown >= 0.5 {
        return refuse(format!("Not understood: {}.", quoted_list(&best.unknown)));
    }
    if share_unknown > 0.7 && unknown >= 3 {
        return refuse(format!("Too little is understood; unknown: {}.", quoted_list(&best.unknown)));
    }
    if let Some(word) = &best.changed_noun {
        return Verdict {
            status: Status::Clarify,
            confidence: 0.3,
            reason: format!("Nothing registered here is called \"{word}\", and it changes what is asked for."),
        };
    }
    let margin = runner_up.map_or(1.0, |r| (best.score - r.score).clamp(0.0, 1.0));
    let fit = (best.score / (best.explained.max(1) as f32)).clamp(0.0, 1.0);
    let mut confidence = 0.55 + 0.25 * fit + 0.15 * margin.min(0.5) * 2.0;
    confidence -= 0.35 * share_unknown;
    if best.assumed_measure {
        confidence -= 0.1;
    }
    if !q.corrections.is_empty() {
        confidence -= 0.05;
    }
    let confidence = confidence.clamp(0.05, 0.98);
    let bare = best.assumed_measure && !best.raw && best.x.is_none() && best.conditions.is_empty();
    if bare || confidence < 0.3 {
        return Verdict {
            status: Status::Clarify,
            confidence,
            reason: "The question leaves open what is wanted.".into(),
        };
    }
    Verdict { status: Status::Ok, confidence, reason: String::new() }
}

fn quoted_list(words: &[String]) -> String {
    words.iter().take(5).map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
}
