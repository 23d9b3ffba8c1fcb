//! How sure an answer is, and when to ask back instead.
//!
//! The confidence is a logistic regression over what can be seen of a reading; `scripts/fit_confidence.py`
//! fits the weights from answers whose rightness is known.

use super::answer::Status;
use crate::embed::Encoder;
use crate::prompt::Word;
use crate::reading::{Cue, Draft, Item, Question};
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel, Source};

/// What the confidence is computed from, all about 0..1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence(pub [f32; FEATURES]);

pub const FEATURES: usize = 28;

/// In the order of `Evidence`.
pub const FEATURE_NAMES: [&str; FEATURES] = [
    "unknown words",
    "unknown share",
    "margin",
    "weakest name",
    "mean fit",
    "assumed measure",
    "corrections",
    "joins",
    "partial names",
    "conditions",
    "curated names",
    "unused names",
    "tie",
    "bare pair",
    "narrowest choice of meaning",
    "dataset named",
    "step without a named axis",
    "name assumed for an entity",
    "two dimensions",
    "rows",
    "measure of another dataset",
    "group not named well",
    "long question",
    "loosely named key",
    "several time columns",
    "counted by name",
    "references implied",
    "words left",
];

/// Bias, then one weight per feature.
const WEIGHTS: [f32; FEATURES + 1] = include!("confidence_weights.in");

/// The outcome of judging a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub status: Status,
    pub confidence: f32,
    /// For people, when the status is not `Ok`.
    pub reason: String,
}

/// Gathers the evidence of the best reading against the next best.
pub fn evidence(q: &Question, best: &Draft, runner_up: Option<&Draft>, model: &SemanticModel) -> Evidence {
    let named: Vec<_> = best.items.placed.iter().filter(|p| p.source.is_some()).collect();
    let unknown = best.unknown.len() as f32;
    let share = unknown / (unknown + best.explained as f32).max(1.0);
    let margin = runner_up.map_or(1.0, |r| (best.score - r.score).clamp(0.0, 1.0));
    let weakest = named.iter().map(|p| p.score).fold(1.0_f32, f32::min);
    let mean = if named.is_empty() { 0.0 } else { named.iter().map(|p| p.score).sum::<f32>() / named.len() as f32 };
    let partial = named.iter().filter(|p| p.source == Some(Source::Partial)).count() as f32;
    let flag = |on: bool| f32::from(u8::from(on));
    let curated = model.datasets[best.root].columns.iter().any(|c| !c.aliases.is_empty());
    let is_named = |c: Option<ColumnRef>| c.is_some_and(|c| named.iter().any(|p| p.item == Item::Column(c)));
    let unused = named
        .iter()
        .filter(|p| match p.item {
            Item::Column(c) => {
                best.x != Some(c)
                    && best.y != Some(c)
                    && best.split != Some(c)
                    && !best.beside.iter().any(|(figure, _)| *figure == Some(c))
                    && !best.conditions.iter().chain(&best.part).any(|k| k.column == c)
            }
            _ => false,
        })
        .count() as f32;
    Evidence([
        (unknown / 4.0).min(1.0),
        share,
        margin,
        weakest,
        mean,
        flag(best.assumed_measure),
        flag(!q.corrections.is_empty()),
        ((best.datasets.len() - 1) as f32 / 3.0).min(1.0),
        (partial / 3.0).min(1.0),
        (best.conditions.len() as f32 / 3.0).min(1.0),
        flag(curated),
        (unused / 3.0).min(1.0),
        flag(margin < 0.05),
        flag(best.agg == Aggregation::None),
        narrowest(best),
        flag(best.items.placed.iter().any(|p| p.item == Item::Dataset(best.root))),
        flag(best.x_grain.is_some() && !is_named(best.x)),
        flag(best.x_grain.is_none() && best.x.is_some() && !is_named(best.x)),
        flag(best.split.is_some()),
        flag(best.raw),
        flag(best.y.is_some_and(|y| y.dataset != best.root)),
        1.0 - axis_fit(best),
        (q.words.len() as f32 / 40.0).min(1.0),
        flag(best.x.is_some_and(|x| model.column(x).role == Role::Key)),
        (times_of(best, model) / 3.0).min(1.0),
        flag(best.agg == Aggregation::Count && best.y.is_some()),
        flag(best.datasets.iter().any(|k| model.datasets[*k].primary_key.is_empty()) && best.datasets.len() > 1),
        flag(unknown > 0.0 && best.conditions.is_empty()),
    ])
}

/// The smallest margin between the meaning taken and the next, over the columns and values in use.
fn narrowest(best: &Draft) -> f32 {
    best.items
        .placed
        .iter()
        .filter(|p| matches!(&p.item, Item::Column(c) | Item::Value(c, _) if best.uses(*c)))
        .map(|p| p.margin)
        .fold(1.0, f32::min)
}

/// How well the words fit the axis, where one was named.
fn axis_fit(best: &Draft) -> f32 {
    let Some(x) = best.x else { return 1.0 };
    let fits = best.items.placed.iter().filter(|p| p.item == Item::Column(x)).map(|p| p.score);
    fits.fold(None, |a: Option<f32>, b| Some(a.map_or(b, |a| a.max(b)))).unwrap_or(1.0).min(1.0)
}

/// Columns of the calendar that the axis could have been, where it is one.
fn times_of(best: &Draft, model: &SemanticModel) -> f32 {
    let temporal = |c: &crate::semantic::Column| c.value_type.is_temporal();
    match best.x {
        Some(x) if temporal(model.column(x)) => {
            (model.datasets[x.dataset].columns.iter().filter(|c| temporal(c)).count() as f32 - 1.0).max(0.0)
        }
        _ => 0.0,
    }
}

/// Probability that a reading with this evidence is right, 0..1, by the weights that were fitted for this
/// database, else by those shipped.
pub fn probability(e: &Evidence, fitted: Option<&[f32]>) -> f32 {
    let weights = fitted.filter(|w| w.len() == FEATURES + 1).unwrap_or(&WEIGHTS);
    sober(super::calibrate::logistic(weights, e))
}

/// From this fitted probability on 95 % of the answers to databases held out were right: it is called 0.9.
const SURE: f32 = 0.955;

/// The surest readings are called that: of those of questions written by somebody who had not seen how they are read,
/// fewer were right than on sets that the reading was made with.
const SUREST: f32 = 0.97;

/// The upper end of the scale, stretched so that 0.9 means what it should.
fn sober(p: f32) -> f32 {
    const UNTOUCHED: f32 = 0.85;
    if p <= UNTOUCHED {
        p
    } else if p < SURE {
        UNTOUCHED + (p - UNTOUCHED) * (0.9 - UNTOUCHED) / (SURE - UNTOUCHED)
    } else {
        0.9 + (p - SURE) * ((SUREST - 0.9) / (1.0 - SURE))
    }
}

/// The shipped weights: bias first.
pub fn shipped() -> &'static [f32; FEATURES + 1] {
    &WEIGHTS
}

/// Judges the best reading: answer, ask back, or refuse.
pub fn judge(q: &Question, best: &Draft, evidence: &Evidence, model: &SemanticModel) -> Verdict {
    let refuse = |reason: String| Verdict { status: Status::Refused, confidence: 0.1, reason };
    let clarify = |confidence: f32, reason: String| Verdict { status: Status::Clarify, confidence, reason };
    let unknown = best.unknown.len();
    let share_unknown = evidence.0[1];
    if let Some(head) = &best.unknown_head {
        let counts_it = best.agg == Aggregation::Count && best.y.is_none();
        let rows = is_anything(head)
            || Encoder::get().encode(head).cosine(&Encoder::get().encode(&model.datasets[best.root].name)) > 0.5;
        if counts_it && unknown > 0 && best.x.is_some() && !rows && (!names_root(best) || label_assumed(best)) {
            return clarify(0.3, format!("Nothing registered here is called \"{head}\", so it can't be counted."));
        }
        if counts_it && unknown > 0 && (best.x.is_none() || share_unknown > 0.6) {
            return refuse(format!("Nothing registered here is called \"{head}\"."));
        }
    }
    let sold = || best.x.is_some() && q.words.iter().any(|w| w.stem == "sell");
    let step_ranked = best.x_grain.is_some() && best.top_k.is_some() && best.root_has_measure(model);
    if !best.grounded
        && !best.raw
        && unknown == 0
        && !sold()
        && !step_ranked
        && q.cues.iter().any(|c| matches!(c.cue, Cue::Superlative(_)))
    {
        return clarify(0.2, "The question leaves open what is to be ranked.".into());
    }
    let asks = best.has_time || best.x.is_some() || !best.conditions.is_empty() || !best.assumed_measure;
    let enough =
        best.grounded || sells(q, best, model) || best.raw || q.has(Cue::Overview) || asks && best.x_grain.is_some();
    if !enough {
        let vague =
            q.words.iter().any(|w| w.is_any(&["numbers", "figures", "everything", "stats", "statistics", "data"]));
        if unknown == 0 && (best.has_time || vague) {
            return clarify(0.2, "The question leaves open what is wanted.".into());
        }
        return refuse("Nothing in the question names something that is registered here.".into());
    }
    if best.assumed_measure && unknown >= 1 && share_unknown >= 0.5 {
        return refuse(format!("Not understood: {}.", quoted_list(&best.unknown)));
    }
    if share_unknown > 0.7 && unknown >= 3 {
        return refuse(format!("Too little is understood; unknown: {}.", quoted_list(&best.unknown)));
    }
    if let Some(why) = &best.contradiction {
        return clarify(0.2, format!("The conditions exclude each other: {why}."));
    }
    if best.forks.len() > 1 {
        return clarify(0.4, format!("There are {} ways to join what is asked for; which is meant?", best.forks.len()));
    }
    if let Some(name) = &best.lost_name {
        return clarify(0.3, format!("Nothing registered here bears the name \"{name}\"."));
    }
    if let Some(word) = &best.lost_group {
        return clarify(0.3, format!("Nothing registered here is called \"{word}\", so nothing can be grouped by it."));
    }
    if let Some(word) = &best.lost_thing {
        return clarify(0.3, format!("Nothing registered here is called \"{word}\", and the question is about it."));
    }
    // A date that does not exist says better what is wrong: see `doubts`.
    if let Some(number) = best.lost_number.as_ref().filter(|_| q.times.notes.is_empty()) {
        return clarify(0.3, format!("What is to be {number} here? No registered name goes with that number."));
    }
    if let Some(word) = &best.changed_noun {
        return clarify(
            0.3,
            format!("Nothing registered here is called \"{word}\", and it changes what is asked for."),
        );
    }
    let confidence = probability(evidence, model.calibration.as_deref()).clamp(0.02, 0.99);
    let limited = !best.conditions.is_empty() || !best.part.is_empty() || !best.without.is_empty();
    if best.assumed_measure && !best.raw && best.x.is_none() && !limited {
        return clarify(confidence.min(0.5), "The question leaves open what is wanted.".into());
    }
    Verdict { status: Status::Ok, confidence, reason: String::new() }
}

/// "how much have we sold this quarter", "what did we earn": the verb names the measure of sales.
fn sells(q: &Question, best: &Draft, model: &SemanticModel) -> bool {
    let sales = |name: &str| crate::prompt::words_of(name).iter().any(|w| matches!(w.as_str(), "sales" | "revenue"));
    (best.has_time || best.x.is_some() && q.words.iter().any(|w| w.stem == "sell"))
        && (q.words.iter().any(|w| w.stem == "sell") || earns(&q.words))
        && best.y.is_some_and(|y| {
            let column = model.column(y);
            std::iter::once(&column.name).chain(&column.aliases).any(|n| sales(n))
        })
}

/// "how much did we make", "what have we earned".
fn earns(words: &[Word]) -> bool {
    let verb = |w: &Word| w.is_any(&["earn", "earned", "make", "made", "gross", "grossed"]);
    words.windows(2).any(|pair| pair[0].is_any(&["we", "i", "they"]) && verb(&pair[1]))
        || words.windows(3).any(|w| w[0].is_any(&["have", "has"]) && w[1].is("we") && verb(&w[2]))
}

/// True for nouns that mean no more than "rows".
fn is_anything(noun: &str) -> bool {
    const ANYTHING: &[&str] = &[
        "item",
        "record",
        "entry",
        "thing",
        "row",
        "case",
        "time",
        "people",
        "person",
        "one",
        "instance",
        "occurrence",
        "result",
        "total",
        "observation",
        "example",
        "datum",
        "element",
        "member",
        "event",
        "unit",
        "name",
    ];
    ANYTHING.contains(&noun) || ANYTHING.contains(&noun.trim_end_matches('s')) || noun == "entries"
}

/// True when the axis is the name of an entity that was named ("by department"), not a column.
fn label_assumed(best: &Draft) -> bool {
    best.x.is_some_and(|x| x.dataset == best.root && best.items.placed.iter().all(|p| p.item != Item::Column(x)))
}

fn names_root(best: &Draft) -> bool {
    best.items.placed.iter().any(|p| p.item == Item::Dataset(best.root))
}

fn quoted_list(words: &[String]) -> String {
    words.iter().take(5).map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
}
