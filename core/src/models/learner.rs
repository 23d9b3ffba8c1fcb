//! What a model will probably deliver for a prompt, learned from recorded outcomes.
//!
//! Four estimates of a model's quality are averaged: its mean for the task type; its record on the
//! most similar prompts; and two ridge regressions over the prompt's vector and form, one around the
//! model's overall mean, one around its mean for the task type. Each errs in its own way: on public
//! outcome data the mean of the four is steadily better than any of them.
//!
//! Means and regressions are small and kept as [`Knowledge`]; similar prompts are looked up for each prompt.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::fit::Fitted;
use super::prompt::PromptFeatures;
use super::surface::SHAPE;

/// Neighbours that are asked.
const NEIGHBOURS: usize = 100;
/// Prompts near by their vectors alone among which the neighbours are: their form counts too.
pub const NEAR_BY_VECTOR: usize = 128;
/// A neighbour's vote weighs similarity to this power.
const VOTE_POWER: i32 = 4;
/// Votes with which the task type's mean speaks among the neighbours.
const TABLE_VOTES: f64 = 0.5;
/// Outcomes with which a model's overall mean speaks for a task type.
const MEAN_OUTCOMES: f64 = 5.0;
/// Weight of the form beside the unit vector when similarity is judged.
const FORM_IN_SIMILARITY: f32 = 0.05;

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

#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub sum: f64,
    pub count: f64,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    pub fn mean(self) -> f64 {
        self.sum / self.count.max(1.0)
    }
}

/// Sums and numbers of qualities (0 to 1) by model and task type.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tallies(BTreeMap<String, BTreeMap<String, Tally>>);

impl Tallies {
    pub fn add(&mut self, model: &str, task_type: &str, tally: Tally) {
        let of_model = self.0.entry(model.to_owned()).or_default();
        of_model.entry(task_type.to_owned()).or_default().add(tally);
    }

    pub fn merge(&mut self, others: &Self) {
        for (model, types) in &others.0 {
            for (task_type, tally) in types {
                self.add(model, task_type, *tally);
            }
        }
    }

    /// Over all task types.
    pub fn overall(&self, model: &str) -> Tally {
        let mut all = Tally::default();
        self.0.get(model).into_iter().flat_map(BTreeMap::values).for_each(|tally| all.add(*tally));
        all
    }

    pub fn typed(&self, model: &str, task_type: &str) -> Tally {
        self.0.get(model).and_then(|types| types.get(task_type)).copied().unwrap_or_default()
    }

    /// A model's mean for a task type, drawn towards its overall mean where outcomes are few.
    pub fn table(&self, model: &str, task_type: &str) -> f64 {
        let typed = self.typed(model, task_type);
        (typed.sum + MEAN_OUTCOMES * self.overall(model).mean()) / (typed.count + MEAN_OUTCOMES)
    }
}

/// A recorded prompt near the one asked for, and its outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    pub features: PromptFeatures,
    /// (model, quality 0 to 1).
    pub outcomes: Vec<(String, f32)>,
}

/// What is kept of recorded outcomes, beside the outcomes themselves.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Knowledge {
    pub tallies: Tallies,
    pub fitted: Fitted,
}

impl Knowledge {
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

/// What is known when a prompt is asked for.
pub struct Basis<'a> {
    pub tallies: &'a Tallies,
    pub fitted: &'a Fitted,
    /// The prompts nearest by their vectors.
    pub near: &'a [Neighbour],
}

impl<'a> Basis<'a> {
    /// What to expect of each model for a prompt, `None` for those that nothing is known of.
    pub fn expect(&self, prompt: &PromptFeatures, task_type: &str, models: &[&str]) -> Vec<Option<Expectation>> {
        let votes = self.votes(prompt);
        let expect = |model: &&str| {
            let overall = self.tallies.overall(model);
            if overall.count <= 0.0 {
                return None;
            }
            let typed = self.tallies.typed(model, task_type);
            let table = self.tallies.table(model, task_type);
            let voted = votes.get(model).copied().unwrap_or_default();
            let similar = (voted.sum + TABLE_VOTES * table) / (voted.count + TABLE_VOTES);
            let mut parts = vec![("task_type", table), ("similar_prompts", similar)];
            if let Some((around_mean, around_table)) = self.fitted.deviations(model, prompt) {
                parts.push(("regression", overall.mean() + around_mean));
                parts.push(("regression_on_task_type", table + around_table));
            }
            let quality = (parts.iter().map(|p| p.1).sum::<f64>() / parts.len() as f64).clamp(0.0, 1.0);
            Some(Expectation { quality, weight: typed.count + voted.count, parts })
        };
        models.iter().map(expect).collect()
    }

    /// Per model: the votes of the most similar prompts.
    fn votes(&self, prompt: &PromptFeatures) -> HashMap<&'a str, Tally> {
        let scaled = |p: &PromptFeatures| self.fitted.form(&p.form).map(|x| x * FORM_IN_SIMILARITY);
        let norm = |f: &[f32; SHAPE]| (1.0 + f.iter().map(|x| x * x).sum::<f32>()).sqrt();
        let own = scaled(prompt);
        let similarity = |n: &Neighbour| {
            let other = scaled(&n.features);
            let dot = prompt.cosine(&n.features) + own.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>();
            dot / (norm(&own) * norm(&other))
        };
        let mut ranked: Vec<(f32, &'a Neighbour)> = self.near.iter().map(|n| (similarity(n), n)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut votes: HashMap<&str, Tally> = HashMap::new();
        for (similarity, neighbour) in ranked.into_iter().take(NEIGHBOURS) {
            let weight = f64::from(similarity.max(0.0)).powi(VOTE_POWER);
            for (model, quality) in &neighbour.outcomes {
                let vote = Tally { sum: weight * f64::from(*quality), count: weight };
                votes.entry(model).or_default().add(vote);
            }
        }
        votes
    }
}

#[cfg(test)]
mod tests {
    use super::super::fit::Sample;
    use super::*;
    use crate::embed::DIMENSIONS;

    fn features(seed: usize) -> PromptFeatures {
        let mut v = [0f32; DIMENSIONS];
        v[seed % 7] = 1.0;
        v[20 + seed % 100] = 0.2;
        PromptFeatures::new(&v, [(seed % 3) as f32; SHAPE])
    }

    fn learned(outcomes: &[(usize, &str, &str, f32)]) -> (Knowledge, Vec<Neighbour>) {
        let (mut sample, mut tallies, mut near) = (Sample::default(), Tallies::default(), Vec::new());
        for &(seed, task_type, model, quality) in outcomes {
            sample.add(&seed.to_le_bytes(), &features(seed), task_type, model, quality);
            tallies.add(model, task_type, Tally { sum: quality.into(), count: 1.0 });
            near.push(Neighbour { features: features(seed), outcomes: vec![(model.to_owned(), quality)] });
        }
        (Knowledge { fitted: sample.fit(), tallies }, near)
    }

    fn basis<'a>(knowledge: &'a Knowledge, near: &'a [Neighbour]) -> Basis<'a> {
        Basis { tallies: &knowledge.tallies, fitted: &knowledge.fitted, near }
    }

    #[test]
    fn knows_nothing_at_first() {
        assert_eq!(basis(&Knowledge::default(), &[]).expect(&features(1), "math", &["a"]), vec![None]);
    }

    #[test]
    fn one_outcome_counts_at_once() {
        let (knowledge, near) = learned(&[(1, "math", "good", 1.0), (1, "math", "bad", 0.0)]);
        let e = basis(&knowledge, &near).expect(&features(1), "math", &["good", "bad", "unknown"]);
        let quality = |i: usize| e[i].as_ref().map(|x| x.quality);
        assert!(quality(0) > quality(1));
        assert_eq!(quality(2), None);
    }

    #[test]
    fn content_decides_where_the_task_type_does_not() {
        let strong_here = |i: usize| f32::from(u8::from(i % 7 < 3));
        let outcomes: Vec<_> = (0..400)
            .flat_map(|i| [(i, "general", "a", strong_here(i)), (i, "general", "b", 1.0 - strong_here(i))])
            .collect();
        let (knowledge, mut near) = learned(&outcomes);
        for i in 1000..1020usize {
            near.sort_by(|a, b| features(i).cosine(&b.features).total_cmp(&features(i).cosine(&a.features)));
            for neighbours in [&near[..NEAR_BY_VECTOR], &near[..0]] {
                let e = basis(&knowledge, neighbours).expect(&features(i), "general", &["a", "b"]);
                let better = e[0].as_ref().map(|x| x.quality) > e[1].as_ref().map(|x| x.quality);
                assert_eq!(better, i % 7 < 3, "{i}");
            }
        }
    }

    #[test]
    fn knowledge_is_kept_as_bytes() {
        let outcomes: Vec<_> = (0..60).map(|i| (i, "math", "a", (i % 2) as f32)).collect();
        let (knowledge, _) = learned(&outcomes);
        assert!(knowledge.fitted.deviations("a", &features(3)).is_some());
        assert_eq!(Knowledge::from_bytes(&knowledge.to_bytes()), Some(knowledge));
        assert_eq!(Knowledge::from_bytes(b"\xff\xff\xff"), None);
    }

    #[test]
    fn tallies_add_up() {
        let mut one = Tallies::default();
        one.add("m", "math", Tally { sum: 1.0, count: 2.0 });
        let mut both = one.clone();
        both.merge(&one);
        both.add("m", "coding", Tally { sum: 0.0, count: 4.0 });
        assert_eq!(both.typed("m", "math"), Tally { sum: 2.0, count: 4.0 });
        assert_eq!(both.overall("m"), Tally { sum: 2.0, count: 8.0 });
        assert_eq!(both.overall("other"), Tally::default());
    }
}
