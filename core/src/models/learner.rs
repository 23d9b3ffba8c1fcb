//! What a model will probably deliver for a prompt, learned from recorded outcomes.
//!
//! Four estimates of a model's quality are averaged: its mean for the task type; its record on the
//! most similar prompts; and two ridge regressions over the prompt's vector and form, one around the
//! model's overall mean, one around its mean for the task type. Each errs in its own way: on public
//! outcome data the mean of the four is steadily better than any of them.

use std::collections::HashMap;

use super::ridge::{Standardised, solve};
use super::surface::SHAPE;
use crate::embed::DIMENSIONS;

/// Neighbours that are asked.
const NEIGHBOURS: usize = 100;
/// A neighbour's vote weighs similarity to this power.
const VOTE_POWER: i32 = 4;
/// Votes with which the task type's mean speaks among the neighbours.
const TABLE_VOTES: f64 = 0.5;
/// Outcomes with which a model's overall mean speaks for a task type.
const MEAN_OUTCOMES: f64 = 5.0;
/// Weight of the form beside the unit vector when similarity is judged.
const FORM_IN_SIMILARITY: f32 = 0.05;
/// The same in the regressions.
const FORM_IN_REGRESSION: f32 = 0.5;
/// Strength of the regressions' penalty.
const RIDGE: f64 = 30.0;
/// Fewer outcomes of a model fit no regression.
const LEAST_TO_FIT: usize = 40;
/// Outcomes a regression is fitted to at most, the latest ones.
const MOST_TO_FIT: usize = 6000;

/// A prompt as it is learned from: its unit vector in signed bytes, and its form.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptFeatures {
    /// The vector is `scale` times these.
    pub vector: Vec<i8>,
    pub scale: f32,
    pub form: [f32; SHAPE],
}

impl PromptFeatures {
    pub fn new(embedding: &[f32; DIMENSIONS], form: [f32; SHAPE]) -> Self {
        let largest = embedding.iter().fold(0f32, |m, x| m.max(x.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        Self { vector: embedding.iter().map(|x| (x / scale).round() as i8).collect(), scale, form }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let floats = std::iter::once(&self.scale).chain(&self.form).flat_map(|x| x.to_le_bytes());
        self.vector.iter().map(|x| x.cast_unsigned()).chain(floats).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (vector, floats) = bytes.split_at_checked(DIMENSIONS)?;
        let mut floats = floats.chunks_exact(4).filter_map(|c| Some(f32::from_le_bytes(*c.first_chunk::<4>()?)));
        let scale = floats.next().filter(|x| x.is_finite())?;
        let form: Vec<f32> = floats.filter(|x| x.is_finite()).collect();
        let vector = vector.iter().map(|x| x.cast_signed()).collect();
        Some(Self { vector, scale, form: form.try_into().ok()? })
    }

    /// The prompt's vector, as near as signed bytes tell it.
    pub fn unit_vector(&self) -> Vec<f32> {
        self.vector.iter().map(|&x| f32::from(x) * self.scale).collect()
    }

    fn cosine(&self, other: &Self) -> f32 {
        let dot: i32 = self.vector.iter().zip(&other.vector).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        dot as f32 * self.scale * other.scale
    }
}

/// What is expected of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// 0 to 1.
    pub quality: f64,
    /// Outcomes it rests on: those of the task type, and the votes of similar prompts.
    pub weight: f64,
    /// The estimates it is the mean of: by name, 0 to 1 (regressions may lie slightly beyond).
    pub parts: Vec<(&'static str, f64)>,
}

struct Prompt {
    features: PromptFeatures,
    task_type: u16,
    /// (model, quality 0 to 1).
    outcomes: Vec<(u16, f32)>,
}

#[derive(Default, Clone, Copy)]
struct Tally {
    sum: f64,
    count: f64,
}

/// Outcomes of prompts, and what was fitted to them.
#[derive(Default)]
pub struct Learner {
    prompts: Vec<Prompt>,
    by_hash: HashMap<Vec<u8>, usize>,
    models: Names,
    task_types: Names,
    overall: HashMap<u16, Tally>,
    typed: HashMap<(u16, u16), Tally>,
    outcomes: usize,
    fitted: Option<Fitted>,
}

#[derive(Default)]
struct Names(HashMap<String, u16>);

impl Names {
    fn id(&mut self, name: &str) -> u16 {
        let next = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

struct Fitted {
    /// Outcomes there were.
    outcomes: usize,
    forms: Standardised,
    /// Model -> centre of the features, weights around its mean, weights around the task type's mean.
    models: HashMap<u16, Regression>,
}

struct Regression {
    centre: Vec<f32>,
    overall: Vec<f32>,
    typed: Vec<f32>,
}

impl Learner {
    pub fn outcomes(&self) -> usize {
        self.outcomes
    }

    /// Learns one outcome; `hash` tells equal prompts.
    pub fn add(&mut self, hash: &[u8], features: &PromptFeatures, task_type: &str, model: &str, quality: f32) {
        let (model, task_type) = (self.models.id(model), self.task_types.id(task_type));
        let at = *self.by_hash.entry(hash.to_vec()).or_insert_with(|| {
            self.prompts.push(Prompt { features: features.clone(), task_type, outcomes: Vec::new() });
            self.prompts.len() - 1
        });
        self.prompts[at].outcomes.push((model, quality));
        for tally in [self.overall.entry(model).or_default(), self.typed.entry((model, task_type)).or_default()] {
            tally.sum += f64::from(quality);
            tally.count += 1.0;
        }
        self.outcomes += 1;
    }

    /// What to expect of each model for a prompt, `None` for those that nothing is known of.
    /// Fits anew once a tenth more outcomes are there than at the last time.
    pub fn expect(&mut self, prompt: &PromptFeatures, task_type: &str, models: &[&str]) -> Vec<Option<Expectation>> {
        self.refit();
        let task_type = self.task_types.id(task_type);
        let forms = self.fitted.as_ref().map(|f| &f.forms);
        let form = forms.map_or([0.0; SHAPE], |f| f.apply(&prompt.form));
        let votes = self.votes(prompt, &form);
        let expect = |name: &&str| {
            let model = *self.models.0.get(*name)?;
            let overall = self.overall.get(&model).filter(|t| t.count > 0.0)?;
            let mean = overall.sum / overall.count;
            let typed = self.typed.get(&(model, task_type)).copied().unwrap_or_default();
            let table = (typed.sum + MEAN_OUTCOMES * mean) / (typed.count + MEAN_OUTCOMES);
            let near = votes.get(&model).copied().unwrap_or_default();
            let similar = (near.sum + TABLE_VOTES * table) / (near.count + TABLE_VOTES);
            let mut parts = vec![("task_type", table), ("similar_prompts", similar)];
            if let Some(r) = self.fitted.as_ref().and_then(|f| f.models.get(&model)) {
                let x = regressors(prompt, &form);
                let at = |w: &[f32]| -> f64 {
                    x.iter().zip(&r.centre).zip(w).map(|((x, c), w)| f64::from((x - c) * w)).sum()
                };
                parts.push(("regression", mean + at(&r.overall)));
                parts.push(("regression_on_task_type", table + at(&r.typed)));
            }
            let quality = (parts.iter().map(|p| p.1).sum::<f64>() / parts.len() as f64).clamp(0.0, 1.0);
            Some(Expectation { quality, weight: typed.count + near.count, parts })
        };
        models.iter().map(expect).collect()
    }

    /// Per model: the votes of the most similar prompts.
    fn votes(&self, prompt: &PromptFeatures, form: &[f32; SHAPE]) -> HashMap<u16, Tally> {
        let forms = self.fitted.as_ref().map(|f| &f.forms);
        let scaled = |f: &[f32; SHAPE]| f.map(|x| x * FORM_IN_SIMILARITY);
        let own = scaled(form);
        let norm = |f: &[f32; SHAPE]| (1.0 + f.iter().map(|x| x * x).sum::<f32>()).sqrt();
        let own_norm = norm(&own);
        let mut near: Vec<(f32, usize)> = self
            .prompts
            .iter()
            .enumerate()
            .map(|(i, p)| {
                let other = scaled(&forms.map_or([0.0; SHAPE], |f| f.apply(&p.features.form)));
                let dot = prompt.cosine(&p.features) + own.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>();
                (dot / (own_norm * norm(&other)), i)
            })
            .collect();
        if near.len() > NEIGHBOURS {
            near.select_nth_unstable_by(NEIGHBOURS, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            near.truncate(NEIGHBOURS);
        }
        let mut votes: HashMap<u16, Tally> = HashMap::new();
        for (similarity, i) in near {
            let weight = f64::from(similarity.max(0.0)).powi(VOTE_POWER);
            for &(model, quality) in &self.prompts[i].outcomes {
                let tally = votes.entry(model).or_default();
                tally.sum += weight * f64::from(quality);
                tally.count += weight;
            }
        }
        votes
    }

    fn refit(&mut self) {
        let due =
            self.fitted.as_ref().is_none_or(|f| self.outcomes >= f.outcomes + (f.outcomes / 10).max(LEAST_TO_FIT));
        if !due {
            return;
        }
        let forms = Standardised::of(self.prompts.iter().map(|p| &p.features.form));
        // Models that answered the same prompts share a factorisation.
        let mut groups: HashMap<Vec<u32>, Vec<u16>> = HashMap::new();
        for &model in self.models.0.values() {
            let rows: Vec<u32> = (0u32..)
                .zip(&self.prompts)
                .filter(|(_, p)| p.outcomes.iter().any(|o| o.0 == model))
                .map(|(i, _)| i)
                .collect();
            if rows.len() >= LEAST_TO_FIT {
                groups.entry(rows[rows.len().saturating_sub(MOST_TO_FIT)..].to_vec()).or_default().push(model);
            }
        }
        let mut models = HashMap::new();
        for (rows, members) in groups {
            self.fit(&forms, &rows, &members, &mut models);
        }
        self.fitted = Some(Fitted { outcomes: self.outcomes, forms, models });
    }

    fn fit(&self, forms: &Standardised, rows: &[u32], members: &[u16], out: &mut HashMap<u16, Regression>) {
        let prompt = |&i: &u32| &self.prompts[i as usize];
        let features: Vec<Vec<f32>> =
            rows.iter().map(|i| regressors(&prompt(i).features, &forms.apply(&prompt(i).features.form))).collect();
        let mut targets = Vec::with_capacity(2 * members.len());
        for &model in members {
            let tally = self.overall.get(&model).copied().unwrap_or_default();
            let mean = tally.sum / tally.count.max(1.0);
            let quality = |p: &Prompt| {
                let own: Vec<f64> = p.outcomes.iter().filter(|o| o.0 == model).map(|o| f64::from(o.1)).collect();
                own.iter().sum::<f64>() / own.len().max(1) as f64
            };
            let table = |p: &Prompt| {
                let t = self.typed.get(&(model, p.task_type)).copied().unwrap_or_default();
                (t.sum + MEAN_OUTCOMES * mean) / (t.count + MEAN_OUTCOMES)
            };
            targets.push(rows.iter().map(|i| quality(prompt(i)) - mean).collect());
            targets.push(rows.iter().map(|i| quality(prompt(i)) - table(prompt(i))).collect());
        }
        let Some((centre, mut weights)) = solve(&features, &targets, RIDGE) else { return };
        for &model in members.iter().rev() {
            if let (Some(typed), Some(overall)) = (weights.pop(), weights.pop()) {
                out.insert(model, Regression { centre: centre.clone(), overall, typed });
            }
        }
    }
}

fn regressors(prompt: &PromptFeatures, form: &[f32; SHAPE]) -> Vec<f32> {
    let vector = prompt.vector.iter().map(|x| f32::from(*x) * prompt.scale);
    vector.chain(form.iter().map(|x| x * FORM_IN_REGRESSION)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn features(seed: usize) -> PromptFeatures {
        let mut v = [0f32; DIMENSIONS];
        v[seed % 7] = 1.0;
        v[20 + seed % 100] = 0.2;
        PromptFeatures::new(&v, [(seed % 3) as f32; SHAPE])
    }

    #[test]
    fn knows_nothing_at_first() {
        assert_eq!(Learner::default().expect(&features(1), "math", &["a"]), vec![None]);
    }

    #[test]
    fn one_outcome_counts_at_once() {
        let mut l = Learner::default();
        l.add(b"1", &features(1), "math", "good", 1.0);
        l.add(b"1", &features(1), "math", "bad", 0.0);
        let e = l.expect(&features(1), "math", &["good", "bad", "unknown"]);
        let quality = |i: usize| e[i].as_ref().map(|x| x.quality);
        assert!(quality(0) > quality(1));
        assert_eq!(quality(2), None);
    }

    #[test]
    fn content_decides_where_the_task_type_does_not() {
        let mut l = Learner::default();
        for i in 0..400usize {
            let strong_here = i % 7 < 3;
            l.add(&i.to_le_bytes(), &features(i), "general", "a", f32::from(u8::from(strong_here)));
            l.add(&i.to_le_bytes(), &features(i), "general", "b", f32::from(u8::from(!strong_here)));
        }
        for i in 1000..1020usize {
            let e = l.expect(&features(i), "general", &["a", "b"]);
            let better = e[0].as_ref().map(|x| x.quality) > e[1].as_ref().map(|x| x.quality);
            assert_eq!(better, i % 7 < 3, "{i}");
        }
    }

    proptest! {
        #[test]
        fn features_round_trip(seed in 0usize..1000) {
            let f = features(seed);
            prop_assert_eq!(PromptFeatures::from_bytes(&f.to_bytes()), Some(f));
        }

        #[test]
        fn foreign_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..290)) {
            prop_assert_eq!(PromptFeatures::from_bytes(&bytes), None);
        }
    }
}
