//! The local intent classifier: fitted from taught questions, calibrated, honest about what is out of scope.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::softmax::{Features, Softmax, softmax};
use crate::embed::{DIMENSIONS, Encoder};
use crate::prompt::tokenize;

/// The label under which what fits no intent is reported, and may be taught.
pub const OUT_OF_SCOPE: &str = "out_of_scope";

/// Hash buckets of words and word pairs.
const BUCKETS: usize = 2048;
/// Of the cross-validation.
const FOLDS: usize = 3;
/// Share of held-out in-scope questions that the scope's limit keeps.
const KEPT_IN_SCOPE: f32 = 0.92;
/// Fewer questions of a class teach nothing.
pub const FEWEST_EXAMPLES: usize = 2;

/// A trained classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentModel {
    pub labels: Vec<String>,
    softmax: Softmax,
    /// Makes the probabilities calibrated.
    temperature: f32,
    /// Logistic regression of "in scope" over what `scope_features` gives, with a constant last.
    scope: [f32; 4],
}

/// What training found, for the person who trains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingReport {
    pub questions: usize,
    pub intents: usize,
    /// Share of questions whose intent was found while they were held out.
    pub accuracy: f64,
    /// Expected calibration error of the held-out confidences, ten bins.
    pub calibration_error: f64,
    /// Of questions of intents that were held out altogether: share recognised as out of scope.
    pub out_of_scope_recall: f64,
    /// Share of held-out in-scope questions kept in scope.
    pub in_scope_kept: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainingError {
    #[error("only {0} intents have {FEWEST_EXAMPLES} or more questions; at least 2 are needed")]
    TooFewIntents(usize),
}

/// Words and the sentence vector of a text; `None` when nothing in it can be embedded.
fn features(text: &str) -> Option<Features> {
    let embedding = Encoder::get().encode(text);
    if embedding.is_zero() {
        return None;
    }
    let words: Vec<String> =
        tokenize(text).into_iter().filter(|t| !t.norm.is_empty()).map(|t| t.norm).take(64).collect();
    let mut hashed: HashMap<u32, f32> = HashMap::new();
    let mut add = |parts: &[&str], weight: f32| {
        let hash = parts
            .iter()
            .flat_map(|p| p.bytes().chain([0]))
            .fold(0x811c_9dc5u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
        *hashed.entry(hash % BUCKETS as u32).or_default() += weight;
    };
    for (k, word) in words.iter().enumerate() {
        add(&[word], 1.0);
        if let Some(next) = words.get(k + 1) {
            add(&[word, next], 0.7);
        }
    }
    let norm = hashed.values().map(|w| w * w).sum::<f32>().sqrt().max(1e-6);
    let mut words: Vec<(u32, f32)> = hashed.into_iter().map(|(bucket, w)| (bucket, w / norm)).collect();
    words.sort_unstable_by_key(|(bucket, _)| *bucket);
    Some(Features { dense: embedding.0.to_vec(), words })
}

/// How far a question is inside what is known: highest logit, its lead, and the certainty of the softmax.
fn scope_features(logits: &[f32], temperature: f32) -> [f32; 3] {
    let (mut first, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for &l in logits {
        if l > first {
            (first, second) = (l, first);
        } else if l > second {
            second = l;
        }
    }
    let top = softmax(logits, temperature).into_iter().fold(0.0, f32::max);
    [first, (first - second).min(20.0), top]
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl IntentModel {
    /// Fits `(question, intent)` pairs. Intents of one question are left out; questions labelled
    /// `out_of_scope` (or `oos`) sharpen the limit of the scope and are no intent themselves.
    pub fn train(examples: &[(String, String)]) -> Result<(Self, TrainingReport), TrainingError> {
        let outside = |label: &str| label == OUT_OF_SCOPE || label == "oos";
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (_, label) in examples.iter().filter(|(_, l)| !outside(l)) {
            *counts.entry(label).or_default() += 1;
        }
        let mut labels: Vec<String> =
            counts.iter().filter(|(_, n)| **n >= FEWEST_EXAMPLES).map(|(l, _)| (*l).to_owned()).collect();
        labels.sort_unstable();
        if labels.len() < 2 {
            return Err(TrainingError::TooFewIntents(labels.len()));
        }
        let index: HashMap<&str, usize> = labels.iter().enumerate().map(|(i, l)| (l.as_str(), i)).collect();
        let mut inside = Vec::new();
        let mut strangers = Vec::new();
        for (text, label) in examples {
            let Some(x) = features(text) else { continue };
            match index.get(label.as_str()) {
                Some(class) => inside.push((x, *class)),
                None if outside(label) => strangers.push(x),
                None => {}
            }
        }
        let held_out = cross_validate(&inside, labels.len());
        let temperature = fit_temperature(&held_out);
        let fit = fit_all(&inside, labels.len());
        let outsiders = held_out_classes(&inside, labels.len());
        let mut negatives: Vec<[f32; 3]> = outsiders.iter().map(|l| scope_features(l, temperature)).collect();
        // What people say is outside counts more than what was made so.
        for x in &strangers {
            let row = scope_features(&fit.logits(x), temperature);
            negatives.extend(std::iter::repeat_n(row, 5));
        }
        let positives: Vec<[f32; 3]> = held_out.iter().map(|(l, _)| scope_features(l, temperature)).collect();
        let scope = fit_scope(&positives, &negatives);
        let model = Self { labels, softmax: fit, temperature, scope };
        let report = model.report(&held_out, &positives, &negatives);
        Ok((model, report))
    }

    /// The intents by probability, highest first, `out_of_scope` among them. Probabilities sum to 1.
    /// Only `out_of_scope` when nothing in the text can be embedded.
    pub fn classify(&self, text: &str) -> Vec<(&str, f64)> {
        let Some(x) = features(text) else { return vec![(OUT_OF_SCOPE, 1.0)] };
        let logits = self.softmax.logits(&x);
        let inside = f64::from(self.in_scope(&scope_features(&logits, self.temperature)));
        let mut ranked: Vec<(&str, f64)> = self
            .labels
            .iter()
            .map(String::as_str)
            .zip(softmax(&logits, self.temperature).into_iter().map(|p| f64::from(p) * inside))
            .collect();
        ranked.push((OUT_OF_SCOPE, 1.0 - inside));
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        // Out of scope wins when it is likelier than not, whatever the classes' shares.
        if inside < 0.5
            && let Some(at) = ranked.iter().position(|(l, _)| *l == OUT_OF_SCOPE)
        {
            let row = ranked.remove(at);
            ranked.insert(0, row);
        } else if let Some(at) =
            ranked.iter().position(|(l, _)| *l == OUT_OF_SCOPE).filter(|at| *at == 0 && ranked.len() > 1)
        {
            ranked.swap(at, 1);
        }
        ranked
    }

    fn in_scope(&self, f: &[f32; 3]) -> f32 {
        logistic(self.scope[0] * f[0] + self.scope[1] * f[1] + self.scope[2] * f[2] + self.scope[3])
    }

    fn report(&self, held_out: &[(Vec<f32>, usize)], inside: &[[f32; 3]], outside: &[[f32; 3]]) -> TrainingReport {
        let mut bins = [(0usize, 0f64, 0f64); 10];
        let mut right = 0;
        for (logits, class) in held_out {
            let p = softmax(logits, self.temperature);
            let (best, top) = argmax(&p);
            right += usize::from(best == *class);
            let bin = &mut bins[((top * 10.0) as usize).min(9)];
            *bin = (bin.0 + 1, bin.1 + f64::from(top), bin.2 + f64::from(u8::from(best == *class)));
        }
        let n = held_out.len().max(1) as f64;
        let share = |rows: &[[f32; 3]], kept: bool| {
            rows.iter().filter(|f| (self.in_scope(f) >= 0.5) == kept).count() as f64 / rows.len().max(1) as f64
        };
        TrainingReport {
            questions: held_out.len(),
            intents: self.labels.len(),
            accuracy: right as f64 / n,
            calibration_error: bins.iter().map(|(_, sure, good)| (sure - good).abs()).sum::<f64>() / n,
            out_of_scope_recall: share(outside, false),
            in_scope_kept: share(inside, true),
        }
    }

    /// The model as bytes, for storage: see `from_bytes`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let s = &self.softmax;
        let numbers = [&[self.temperature][..], &self.scope, &s.bias, &s.dense, &s.words];
        numbers.iter().flat_map(|list| list.iter().flat_map(|x| x.to_le_bytes())).collect()
    }

    /// `None` when the bytes are not what `to_bytes` gives for that many labels.
    pub fn from_bytes(labels: Vec<String>, bytes: &[u8]) -> Option<Self> {
        let classes = labels.len();
        let expected = 1 + 4 + classes * (1 + DIMENSIONS + BUCKETS);
        if bytes.len() != 4 * expected || classes == 0 {
            return None;
        }
        let mut numbers = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let mut take = |n: usize| -> Vec<f32> { numbers.by_ref().take(n).collect() };
        let (temperature, scope) = (take(1)[0], take(4));
        let (bias, dense, words) = (take(classes), take(classes * DIMENSIONS), take(classes * BUCKETS));
        let softmax = Softmax { classes, dimensions: DIMENSIONS, dense, bias, words };
        Some(Self { labels, softmax, temperature, scope: [scope[0], scope[1], scope[2], scope[3]] })
    }
}

fn argmax(p: &[f32]) -> (usize, f32) {
    p.iter().copied().enumerate().fold((0, f32::NEG_INFINITY), |best, x| if x.1 > best.1 { x } else { best })
}

type Example = (Features, usize);

fn fit_all(examples: &[Example], classes: usize) -> Softmax {
    let (x, y): (Vec<&Features>, Vec<usize>) = examples.iter().map(|(x, y)| (x, *y)).unzip();
    Softmax::fit(&x, &y, classes, DIMENSIONS, BUCKETS)
}

/// Logits of every example from a model that has not seen it.
fn cross_validate(examples: &[Example], classes: usize) -> Vec<(Vec<f32>, usize)> {
    let mut out = Vec::with_capacity(examples.len());
    for fold in 0..FOLDS {
        let (x, y): (Vec<&Features>, Vec<usize>) =
            examples.iter().enumerate().filter(|(i, _)| i % FOLDS != fold).map(|(_, (x, y))| (x, *y)).unzip();
        let model = Softmax::fit(&x, &y, classes, DIMENSIONS, BUCKETS);
        out.extend(
            examples.iter().enumerate().filter(|(i, _)| i % FOLDS == fold).map(|(_, (x, y))| (model.logits(x), *y)),
        );
    }
    out
}

/// Logits of questions whose whole intent the model has not seen: what "out of scope" looks like.
fn held_out_classes(examples: &[Example], classes: usize) -> Vec<Vec<f32>> {
    let folds = 2;
    if classes < 4 {
        return Vec::new();
    }
    let mut out = Vec::new();
    for fold in 0..folds {
        let (x, y): (Vec<&Features>, Vec<usize>) =
            examples.iter().filter(|(_, y)| y % folds != fold).map(|(x, y)| (x, *y)).unzip();
        let model = Softmax::fit(&x, &y, classes, DIMENSIONS, BUCKETS);
        out.extend(examples.iter().filter(|(_, y)| y % folds == fold).map(|(x, _)| model.logits(x)));
    }
    out
}

/// The temperature with the least log loss on held-out examples.
fn fit_temperature(held_out: &[(Vec<f32>, usize)]) -> f32 {
    let loss = |t: f32| -> f32 { held_out.iter().map(|(l, y)| -softmax(l, t)[*y].max(1e-9).ln()).sum() };
    (1..=30)
        .map(|k| 0.1 * k as f32 + 0.1)
        .map(|t| (loss(t), t))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(1.0, |(_, t)| t)
}

/// In scope or not, by logistic regression with both sides weighing the same. Without examples of the
/// outside everything is in scope.
fn fit_scope(inside: &[[f32; 3]], outside: &[[f32; 3]]) -> [f32; 4] {
    if outside.is_empty() || inside.is_empty() {
        return [0.0, 0.0, 0.0, 4.0];
    }
    let rows = || {
        let weigh = |n: usize| 0.5 / n as f32;
        inside
            .iter()
            .map(move |f| (f, 1.0, weigh(inside.len())))
            .chain(outside.iter().map(move |f| (f, 0.0, weigh(outside.len()))))
    };
    let mut w = [0f32; 4];
    let mut seen = [1e-3f32; 4];
    for _ in 0..600 {
        let mut g = [0f32; 4];
        for (f, y, weight) in rows() {
            let x = [f[0] / 10.0, f[1] / 5.0, f[2], 1.0];
            let p = logistic(w.iter().zip(&x).map(|(w, x)| w * x).sum());
            g.iter_mut().zip(&x).for_each(|(g, x)| *g += weight * (p - y) * x);
        }
        for k in 0..4 {
            seen[k] += g[k] * g[k];
            w[k] -= 0.5 * g[k] / seen[k].sqrt();
        }
    }
    let mut scope = [w[0] / 10.0, w[1] / 5.0, w[2], w[3]];
    // Most questions that are asked are in scope, and unseen intents are harder to tell apart than strangers:
    // the limit is put where few held-out questions are lost.
    let mut inner: Vec<f32> =
        inside.iter().map(|f| scope[0] * f[0] + scope[1] * f[1] + scope[2] * f[2] + scope[3]).collect();
    inner.sort_unstable_by(f32::total_cmp);
    let limit = inner[(inner.len() as f32 * (1.0 - KEPT_IN_SCOPE)) as usize];
    scope[3] -= limit.min(0.0);
    scope
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<(String, String)> {
        let sets = [
            (
                "billing",
                [
                    "why was I charged twice",
                    "refund my invoice",
                    "my bill is wrong",
                    "charge on my card",
                    "send me the invoice",
                ],
            ),
            (
                "weather",
                [
                    "is it raining today",
                    "weather in Manila",
                    "how hot is it outside",
                    "will it snow",
                    "temperature tomorrow",
                ],
            ),
            (
                "music",
                ["play a song", "turn the music up", "next track please", "who sings this song", "play some jazz"],
            ),
            (
                "travel",
                [
                    "book a flight to Cebu",
                    "find a hotel",
                    "train to Vienna",
                    "cancel my flight",
                    "a room for two nights",
                ],
            ),
        ];
        sets.iter().flat_map(|(label, texts)| texts.iter().map(|t| ((*t).to_owned(), (*label).to_owned()))).collect()
    }

    #[test]
    fn learns_classifies_and_survives_storage() -> Result<(), TrainingError> {
        let (model, report) = IntentModel::train(&examples())?;
        assert_eq!((report.intents, report.questions), (4, 20));
        assert_eq!(model.softmax.classes, 4);
        for (text, label) in examples() {
            let ranked = model.classify(&text);
            let best = ranked.iter().find(|(l, _)| *l != OUT_OF_SCOPE).map(|(l, _)| *l);
            assert_eq!(best, Some(label.as_str()), "{text}");
            let sum: f64 = ranked.iter().map(|(_, p)| p).sum();
            assert!((sum - 1.0).abs() < 1e-3);
        }
        assert_eq!(model.classify("\u{1F600}"), [(OUT_OF_SCOPE, 1.0)]);
        let back = IntentModel::from_bytes(model.labels.clone(), &model.to_bytes());
        assert_eq!(back.as_ref(), Some(&model));
        assert_eq!(IntentModel::from_bytes(model.labels.clone(), &[1, 2, 3]), None);
        Ok(())
    }

    #[test]
    fn one_intent_is_too_few() {
        let one = [("a question".to_owned(), "x".to_owned()), ("another question".to_owned(), "x".to_owned())];
        assert_eq!(IntentModel::train(&one).err(), Some(TrainingError::TooFewIntents(1)));
    }
}
