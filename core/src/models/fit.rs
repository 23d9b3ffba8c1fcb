//! Regressions of a model's quality over prompts, fitted to recorded outcomes.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::learner::{Tallies, Tally};
use super::prompt::PromptFeatures;
use super::ridge::{Factored, NormalEquations, Standardised};
use super::surface::SHAPE;
use crate::embed::DIMENSIONS;

/// Weight of the form beside the unit vector.
const FORM_IN_REGRESSION: f32 = 0.5;
/// Strength of the regressions' penalty.
const RIDGE: f64 = 30.0;
/// Fewer outcomes of a model fit no regression.
pub const LEAST_TO_FIT: usize = 40;
/// Prompts a regression is fitted to at most, the latest ones.
const MOST_TO_FIT: usize = 6000;
/// Multiplications of a step of [`Fitting`]: a millisecond or two.
const A_STEP: usize = 4_000_000;

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

    pub fn fit(self) -> Fitted {
        let mut fitting = self.fitting();
        while !fitting.step() {}
        fitting.into_fitted()
    }

    pub fn fitting(mut self) -> Fitting {
        let forms = Standardised::of(self.prompts.iter().map(|p| &p.features.form));
        let mut answered: Vec<Vec<u32>> = vec![Vec::new(); self.models.names.len()];
        for (i, prompt) in (0u32..).zip(&self.prompts) {
            for &(model, _) in &prompt.outcomes {
                if let Some(by_model) = answered.get_mut(usize::from(model))
                    && by_model.last() != Some(&i)
                {
                    by_model.push(i);
                }
            }
        }
        // Models that answered the same prompts share a factorisation.
        let mut groups: BTreeMap<Vec<u32>, Vec<u16>> = BTreeMap::new();
        for (model, mut prompts) in (0u16..).zip(answered) {
            prompts.drain(..prompts.len().saturating_sub(MOST_TO_FIT));
            if prompts.len() >= LEAST_TO_FIT {
                groups.entry(prompts).or_default().push(model);
            }
        }
        self.by_hash = HashMap::new();
        let fitted = Fitted { forms: Some(forms), models: BTreeMap::new() };
        Fitting { sample: self, groups: groups.into_iter().collect(), group: None, fitted }
    }
}

/// A fit under way, step by step: whoever fits has other things to do, too.
pub struct Fitting {
    sample: Sample,
    /// Those not begun: prompts, and the models that answered them.
    groups: Vec<(Vec<u32>, Vec<u16>)>,
    group: Option<Group>,
    fitted: Fitted,
}

/// Models that answered the same prompts.
struct Group {
    models: Vec<GroupModel>,
    /// Where a model is among them.
    places: HashMap<u16, usize>,
    /// Prompts, the last ones first to be added.
    prompts: Vec<u32>,
    equations: Equations,
}

enum Equations {
    Growing(NormalEquations),
    Solving(Factored),
}

struct GroupModel {
    id: u16,
    mean: f64,
    /// By task type.
    tables: Vec<f64>,
}

impl Fitting {
    /// Does some milliseconds' work at most; true once nothing is left.
    pub fn step(&mut self) -> bool {
        let Some(mut group) = self.group.take() else {
            self.group = self.groups.pop().map(|(prompts, models)| Group::new(&self.sample, prompts, &models));
            return self.group.is_none();
        };
        let a_row = REGRESSORS * (REGRESSORS / 2 + 2 * group.models.len());
        group.equations = match group.equations {
            Equations::Growing(mut equations) if !group.prompts.is_empty() => {
                let rows = (A_STEP / a_row).clamp(1, group.prompts.len());
                for at in group.prompts.split_off(group.prompts.len() - rows) {
                    if let Some(prompt) = self.sample.prompts.get(at as usize) {
                        let form = self.fitted.form(&prompt.features.form);
                        let values = targets(&group.models, &group.places, prompt);
                        equations.add(&regressors(&prompt.features, &form), values.into_iter());
                    }
                }
                Equations::Growing(equations)
            }
            Equations::Growing(equations) => match equations.factor(RIDGE) {
                Some(factored) => Equations::Solving(factored),
                None => return false,
            },
            Equations::Solving(mut factored) => {
                let solved = A_STEP / (4 * REGRESSORS * REGRESSORS);
                for model in group.models.drain(..solved.min(group.models.len())) {
                    if let (Some(overall), Some(typed)) = (factored.next_solution(), factored.next_solution()) {
                        let regression = Regression { centre: factored.centre(), overall, typed };
                        self.fitted.models.insert(self.sample.models.name(model.id).to_owned(), regression);
                    }
                }
                if group.models.is_empty() {
                    return false;
                }
                Equations::Solving(factored)
            }
        };
        self.group = Some(group);
        false
    }

    /// What was fitted, once [`Self::step`] has nothing left.
    pub fn into_fitted(self) -> Fitted {
        self.fitted
    }
}

impl Group {
    fn new(sample: &Sample, prompts: Vec<u32>, models: &[u16]) -> Self {
        let places = models.iter().enumerate().map(|(place, &id)| (id, place)).collect();
        let models: Vec<GroupModel> = models
            .iter()
            .map(|&id| {
                let name = sample.models.name(id);
                let tables = sample.task_types.names.iter().map(|t| sample.tallies.table(name, t)).collect();
                GroupModel { id, mean: sample.tallies.overall(name).mean(), tables }
            })
            .collect();
        let equations = Equations::Growing(NormalEquations::new(REGRESSORS, 2 * models.len()));
        Self { models, places, prompts, equations }
    }
}

/// Per model: by how much a prompt's quality differs from its mean, and from its mean for the task type.
fn targets(models: &[GroupModel], places: &HashMap<u16, usize>, prompt: &Prompt) -> Vec<f64> {
    let mut qualities = vec![Tally::default(); models.len()];
    for (model, quality) in &prompt.outcomes {
        if let Some(tally) = places.get(model).and_then(|&place| qualities.get_mut(place)) {
            tally.add(Tally { sum: f64::from(*quality), count: 1.0 });
        }
    }
    let deviations = |(model, quality): (&GroupModel, &Tally)| {
        let table = model.tables.get(usize::from(prompt.task_type)).copied().unwrap_or(model.mean);
        [quality.mean() - model.mean, quality.mean() - table]
    };
    models.iter().zip(&qualities).flat_map(deviations).collect()
}

/// Length of the vector and form together.
const REGRESSORS: usize = DIMENSIONS + SHAPE;

fn regressors(prompt: &PromptFeatures, form: &[f32; SHAPE]) -> Vec<f32> {
    let vector = prompt.vector.iter().map(|x| f32::from(*x) * prompt.scale);
    vector.chain(form.iter().map(|x| x * FORM_IN_REGRESSION)).collect()
}
