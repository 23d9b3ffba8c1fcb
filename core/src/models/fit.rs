//! Regressions of a model's quality over prompts, fitted to recorded outcomes.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::learner::{Tallies, Tally};
use super::prompt::PromptFeatures;
use super::ridge::{Standardised, solve};
use super::surface::SHAPE;

/// Weight of the form beside the unit vector.
const FORM_IN_REGRESSION: f32 = 0.5;
/// Strength of the regressions' penalty.
const RIDGE: f64 = 30.0;
/// Fewer outcomes of a model fit no regression.
pub const LEAST_TO_FIT: usize = 40;
/// Prompts a regression is fitted to at most, the latest ones.
const MOST_TO_FIT: usize = 6000;

/// Outcomes that regressions are to be fitted to.
#[derive(Default)]
pub struct Sample {
    prompts: Vec<Prompt>,
    by_hash: HashMap<Vec<u8>, usize>,
    models: Names,
    task_types: Names,
    tallies: Tallies,
    outcomes: usize,
}

struct Prompt {
    features: PromptFeatures,
    task_type: u16,
    /// (model, quality 0 to 1).
    outcomes: Vec<(u16, f32)>,
}

#[derive(Default)]
struct Names {
    ids: HashMap<String, u16>,
    names: Vec<String>,
}

impl Names {
    fn id(&mut self, name: &str) -> u16 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.ids.insert(name.to_owned(), id);
        self.names.push(name.to_owned());
        id
    }

    fn name(&self, id: u16) -> &str {
        self.names.get(usize::from(id)).map_or("", String::as_str)
    }
}

/// Regressions by model, and the scale of the features of form.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    forms: Option<Standardised>,
    models: BTreeMap<String, Regression>,
}

/// The centre of the features, weights around the model's mean, weights around its mean for the task type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Regression {
    centre: Vec<f32>,
    overall: Vec<f32>,
    typed: Vec<f32>,
}

impl Fitted {
    /// Features of form brought to one scale; zeros before anything was fitted.
    pub fn form(&self, form: &[f32; SHAPE]) -> [f32; SHAPE] {
        self.forms.as_ref().map_or([0.0; SHAPE], |forms| forms.apply(form))
    }

    /// By how much a model's quality should differ for a prompt from its mean, and from its mean for the task type.
    pub fn deviations(&self, model: &str, prompt: &PromptFeatures) -> Option<(f64, f64)> {
        let regression = self.models.get(model)?;
        let x = regressors(prompt, &self.form(&prompt.form));
        let at = |weights: &[f32]| -> f64 {
            x.iter().zip(&regression.centre).zip(weights).map(|((x, c), w)| f64::from((x - c) * w)).sum()
        };
        Some((at(&regression.overall), at(&regression.typed)))
    }
}

impl Sample {
    pub fn outcomes(&self) -> usize {
        self.outcomes
    }

    /// Adds one outcome, the older ones first; `hash` tells equal prompts.
    pub fn add(&mut self, hash: &[u8], features: &PromptFeatures, task_type: &str, model: &str, quality: f32) {
        self.tallies.add(model, task_type, Tally { sum: quality.into(), count: 1.0 });
        let (model, task_type) = (self.models.id(model), self.task_types.id(task_type));
        let at = *self.by_hash.entry(hash.to_vec()).or_insert_with(|| {
            self.prompts.push(Prompt { features: features.clone(), task_type, outcomes: Vec::new() });
            self.prompts.len() - 1
        });
        self.prompts[at].outcomes.push((model, quality));
        self.outcomes += 1;
    }

    pub fn fit(&self) -> Fitted {
        let forms = Standardised::of(self.prompts.iter().map(|p| &p.features.form));
        // Models that answered the same prompts share a factorisation.
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); self.models.names.len()];
        for (i, prompt) in (0u32..).zip(&self.prompts) {
            for &(model, _) in &prompt.outcomes {
                if let Some(of_model) = rows.get_mut(usize::from(model))
                    && of_model.last() != Some(&i)
                {
                    of_model.push(i);
                }
            }
        }
        let mut groups: BTreeMap<&[u32], Vec<u16>> = BTreeMap::new();
        for (model, rows) in (0u16..).zip(&rows) {
            if rows.len() >= LEAST_TO_FIT {
                groups.entry(&rows[rows.len().saturating_sub(MOST_TO_FIT)..]).or_default().push(model);
            }
        }
        let mut fitted = Fitted { forms: Some(forms), models: BTreeMap::new() };
        for (rows, members) in groups {
            self.fit_group(rows, &members, &mut fitted);
        }
        fitted
    }

    fn fit_group(&self, rows: &[u32], members: &[u16], fitted: &mut Fitted) {
        let prompt = |&i: &u32| &self.prompts[i as usize];
        let features: Vec<Vec<f32>> =
            rows.iter().map(|i| regressors(&prompt(i).features, &fitted.form(&prompt(i).features.form))).collect();
        let mut targets = Vec::with_capacity(2 * members.len());
        for &model in members {
            let name = self.models.name(model);
            let mean = self.tallies.overall(name).mean();
            let tables: Vec<f64> = self.task_types.names.iter().map(|t| self.tallies.table(name, t)).collect();
            let quality = |p: &Prompt| {
                let own: Vec<f64> = p.outcomes.iter().filter(|o| o.0 == model).map(|o| f64::from(o.1)).collect();
                own.iter().sum::<f64>() / own.len().max(1) as f64
            };
            let table = |p: &Prompt| tables.get(usize::from(p.task_type)).copied().unwrap_or(mean);
            targets.push(rows.iter().map(|i| quality(prompt(i)) - mean).collect());
            targets.push(rows.iter().map(|i| quality(prompt(i)) - table(prompt(i))).collect());
        }
        let Some((centre, mut weights)) = solve(&features, &targets, RIDGE) else { return };
        for &model in members.iter().rev() {
            if let (Some(typed), Some(overall)) = (weights.pop(), weights.pop()) {
                let regression = Regression { centre: centre.clone(), overall, typed };
                fitted.models.insert(self.models.name(model).to_owned(), regression);
            }
        }
    }
}

fn regressors(prompt: &PromptFeatures, form: &[f32; SHAPE]) -> Vec<f32> {
    let vector = prompt.vector.iter().map(|x| f32::from(*x) * prompt.scale);
    vector.chain(form.iter().map(|x| x * FORM_IN_REGRESSION)).collect()
}
