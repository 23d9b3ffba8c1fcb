//! Recommendation for a prompt: the task type's record, similar prompts and a fitted model together.

use pgrx::JsonB;
use pgrx::datum::{DatumWithOid, Uuid};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::embed::Encoder;
use router_core::models::{Expectation, Explore, PromptFeatures, Prospect, Strategy, choose, shape, task_type_of};
use serde_json::{Map, Value, json};

use super::learning::Evidence;
use super::plan::Plan;
use super::recommend::{nothing_suitable, remember};
use super::settings;
use crate::error::{Error, Result};
use crate::pg;

/// Outcomes of a model with which its general record speaks beside what was learned of the prompt.
const RECORD_OUTCOMES: f64 = 5.0;
/// Draws from which the probability of a sampled choice is estimated.
const DRAWS: usize = 200;
/// The longest prompt that is looked at, in bytes; what follows changes nothing.
const LONGEST: usize = 16 * 1024;

thread_local! {
    static CANDIDATES: Plan = Plan::new(
        include_str!("../../sql/models/query/candidates.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::FLOAT8OID, PgBuiltInOids::FLOAT8OID, PgBuiltInOids::TEXTARRAYOID,
          PgBuiltInOids::BOOLOID],
    );
}

/// What a caller may ask for beyond a strategy.
pub struct Options {
    task_type: Option<String>,
    quality_floor: Option<f64>,
    max_cost: Option<f64>,
    max_latency_ms: Option<f64>,
    exclude: Option<Vec<String>>,
    explore: Explore,
    log: bool,
    request_id: Option<String>,
}

impl Options {
    /// Reads the options; an unknown key or a value of the wrong kind is an error.
    pub fn read(json: &Value) -> Result<Self> {
        let map = json.as_object().ok_or_else(|| Error::invalid("options must be a JSON object"))?;
        let known =
            ["task_type", "quality_floor", "max_cost", "max_latency_ms", "exclude", "explore", "log", "request_id"];
        if let Some(key) = map.keys().find(|k| !known.contains(&k.as_str())) {
            return Err(Error::invalid(format!("unknown option \"{key}\""))
                .with_hint(format!("known are {}", known.join(", "))));
        }
        let wrong = |key: &str, what: &str| Error::invalid(format!("option \"{key}\" must be {what}"));
        let given = |key: &str| map.get(key).filter(|v| !v.is_null());
        let number = |key: &str| -> Result<Option<f64>> {
            given(key)
                .map(|v| v.as_f64().filter(|x| *x >= 0.0).ok_or_else(|| wrong(key, "a number of zero or more")))
                .transpose()
        };
        let text = |key: &str| -> Result<Option<String>> {
            given(key).map(|v| v.as_str().map(str::to_owned).ok_or_else(|| wrong(key, "a string"))).transpose()
        };
        let names = |v: &Value| -> Option<Vec<String>> {
            v.as_array()?.iter().map(|x| x.as_str().map(str::to_owned)).collect()
        };
        let quality_floor = number("quality_floor")?;
        if quality_floor.is_some_and(|f| f > 1.0) {
            return Err(wrong("quality_floor", "a share of the best expected quality, 0 to 1"));
        }
        Ok(Self {
            task_type: text("task_type")?,
            quality_floor,
            max_cost: number("max_cost")?,
            max_latency_ms: number("max_latency_ms")?,
            exclude: given("exclude")
                .map(|v| names(v).ok_or_else(|| wrong("exclude", "an array of model ids")))
                .transpose()?,
            explore: match text("explore")?.as_deref() {
                None | Some("no") => Explore::No,
                Some("thompson") => Explore::Thompson,
                Some("ucb") => Explore::Ucb,
                Some(_) => return Err(wrong("explore", "\"thompson\", \"ucb\" or \"no\"")),
            },
            log: match given("log") {
                None => false,
                Some(v) => v.as_bool().ok_or_else(|| wrong("log", "true or false"))?,
            },
            request_id: text("request_id")?,
        })
    }
}

impl Options {
    /// Whether the options leave out assignments that would do otherwise.
    fn restrict(&self) -> bool {
        self.max_cost.is_some() || self.max_latency_ms.is_some() || self.exclude.as_ref().is_some_and(|e| !e.is_empty())
    }
}

struct Candidate {
    agent_id: String,
    model_id: String,
    assignment_id: Uuid,
    prospect: Prospect,
    expectation: Option<Expectation>,
    on_trial: bool,
}

/// What is learned from of a prompt.
pub fn features(prompt: &str) -> (PromptFeatures, &'static str, f64) {
    let prompt = &prompt[..prompt.floor_char_boundary(LONGEST)];
    let embedding = Encoder::get().encode(prompt);
    let (task_type, confidence) = task_type_of(prompt, &embedding);
    (PromptFeatures::new(&embedding.0, shape(prompt)), task_type, confidence)
}

/// Chooses for a prompt, and says why.
pub fn recommend_for(prompt: &str, strategy: Strategy, options: &Options) -> Result<JsonB> {
    let (features, guessed, confidence) = features(prompt);
    let (task_type, confidence) = match &options.task_type {
        Some(named) => (named.trim(), 1.0),
        None => (guessed, confidence),
    };
    let answer = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let evidence = Evidence::of(client, &features)?;
            let known = |models: &[&str]| evidence.expect(&features, task_type, models);
            let (candidates, random) = candidates(client, task_type, known, options, false)?;
            let prospects: Vec<Prospect> = candidates.iter().map(|c| c.prospect).collect();
            let floor = options.quality_floor.unwrap_or_else(settings::quality_floor);
            let order = |p: &[Prospect]| choose::order(strategy, p, floor, options.quality_floor.is_some());
            let mut draw = choose::normal_draws(random.to_bits());
            let seen = choose::explored(options.explore, &prospects, &mut draw);
            let ranking = order(&seen);
            let share = if ranking.is_empty() { 1.0 } else { settings::exploration_rate() };
            let trials = match share {
                0.0 => Vec::new(),
                _ => self::candidates(client, task_type, known, options, true)?.0,
            };
            // As in sp_get_routing_recommendation: a share goes to one of those on trial, whoever they are.
            let turn = trial_turn(share, trials.len(), pg::random());
            let first = match ranking.first() {
                Some(&first) => first,
                None if turn.is_some() => 0,
                None if options.restrict() => {
                    return Err(Error::new(
                        PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                        format!("no healthy assignment for task type \"{task_type}\" is within the options"),
                    )
                    .with_hint("raise max_cost or max_latency_ms, exclude less, or name another task type"));
                }
                None => return Err(nothing_suitable(client, task_type)),
            };
            let propensity = match options.explore {
                Explore::Thompson => {
                    let wins = (0..DRAWS).filter(|_| {
                        order(&choose::explored(Explore::Thompson, &prospects, &mut draw)).first() == Some(&first)
                    });
                    (wins.count() + 1) as f64 / (DRAWS + 1) as f64
                }
                _ => 1.0,
            };
            let (best, propensity) = match turn {
                Some(turn) => (&trials[turn], share / trials.len() as f64),
                None if trials.is_empty() => (&candidates[first], propensity),
                None => (&candidates[first], propensity * (1.0 - share)),
            };
            let mut answer = Map::new();
            let mut put = |key: &str, value: Value| drop(answer.insert(key.to_owned(), value));
            put("agent_id", json!(best.agent_id));
            put("model_id", json!(best.model_id));
            put("assignment_id", json!(best.assignment_id.to_string()));
            put("task_type", json!(task_type));
            put("task_type_confidence", json!(hundredths(confidence)));
            put("strategy", json!(strategy.name()));
            put("score", json!(choose::score(strategy, &best.prospect)));
            put("propensity", json!(propensity));
            put("reason", json!(reason(strategy, task_type, best, candidates.len(), trials.len())));
            let ranked = ranking.iter().map(|&i| &candidates[i]).chain(&trials);
            put("candidates", ranked.map(|c| describe(strategy, c)).collect());
            remember(best.assignment_id, propensity);
            Ok(Value::Object(answer))
        })
    })?;
    if options.log { log(answer, options).map(JsonB) } else { Ok(JsonB(answer)) }
}

fn candidates(
    client: &SpiClient<'_>,
    task_type: &str,
    expect: impl Fn(&[&str]) -> Vec<Option<Expectation>>,
    options: &Options,
    on_trial: bool,
) -> Result<(Vec<Candidate>, f64)> {
    let values: [DatumWithOid; 5] = [
        task_type.into(),
        options.max_cost.into(),
        options.max_latency_ms.into(),
        options.exclude.clone().into(),
        on_trial.into(),
    ];
    let mut random = 0.5;
    let mut out = Vec::new();
    for row in CANDIDATES.with(|p| p.select(client, &values))? {
        let (Some(agent_id), Some(model_id), Some(assignment_id)) = (row.get(1)?, row.get(2)?, row.get(3)?) else {
            continue;
        };
        let float = |i: usize| -> Result<f64> { Ok(row.get::<f64>(i)?.unwrap_or(0.0)) };
        let real = |i: usize| -> Result<f64> { Ok(row.get::<f32>(i)?.unwrap_or(0.0).into()) };
        let match_score = float(8)?;
        // The rank mixes in the match score; what is left is the expected quality.
        let quality = ((real(5)? - 0.2 * match_score) / 80.0).clamp(0.0, 1.0);
        random = float(11)?;
        let prospect = Prospect {
            quality,
            weight: float(10)?,
            match_score,
            match_weight: float(9)?,
            cost: real(7)?,
            latency_ms: real(6)?,
            fallback: row.get::<i16>(4)? == Some(1),
        };
        out.push(Candidate { agent_id, model_id, assignment_id, prospect, expectation: None, on_trial });
    }
    let models: Vec<&str> = out.iter().map(|c| c.model_id.as_str()).collect();
    let expected = expect(&models);
    for (candidate, expectation) in out.iter_mut().zip(expected) {
        if let Some(e) = &expectation {
            let p = &mut candidate.prospect;
            p.quality = (e.weight * e.quality + RECORD_OUTCOMES * p.quality) / (e.weight + RECORD_OUTCOMES);
            p.weight = p.weight.max(e.weight);
        }
        candidate.expectation = expectation;
    }
    Ok((out, random))
}

fn describe(strategy: Strategy, c: &Candidate) -> Value {
    let p = &c.prospect;
    let mut parts = Map::new();
    for (name, value) in c.expectation.iter().flat_map(|e| &e.parts) {
        parts.insert((*name).to_owned(), json!(hundredths(*value)));
    }
    json!({
        "agent_id": c.agent_id,
        "model_id": c.model_id,
        "assignment_id": c.assignment_id.to_string(),
        "score": choose::score(strategy, p),
        "scores": Strategy::ALL.iter().map(|s| (s.name().to_owned(), json!(hundredths(choose::score(*s, p))))).collect::<Map<_, _>>(),
        "quality": p.quality,
        "cost": p.cost.is_finite().then_some(p.cost),
        "latency_ms": p.latency_ms,
        "match_score": p.match_score,
        "evidence": hundredths(p.weight),
        "estimates": parts,
        "fallback": p.fallback,
        "testing": c.on_trial,
    })
}

/// Which of `n` assignments on trial has its turn, for a random number from 0 to 1 (not 1).
fn trial_turn(share: f64, n: usize, random: f64) -> Option<usize> {
    (n > 0 && random < share).then(|| ((random / share * n as f64) as usize).min(n - 1))
}

fn reason(strategy: Strategy, task_type: &str, best: &Candidate, of: usize, on_trial: usize) -> String {
    if best.on_trial {
        return format!(
            "on trial for {task_type}: one of {on_trial} that share router.exploration_rate of the requests"
        );
    }
    let p = &best.prospect;
    let quality = (p.quality * 100.0).round();
    let why = match strategy {
        Strategy::Balanced => format!("match score {} and expected quality {quality} %", p.match_score),
        Strategy::Quality => format!("the highest expected quality, {quality} %"),
        Strategy::Speed => format!("the lowest expected latency, {} ms", p.latency_ms.round()),
        Strategy::Cost => format!("the cheapest that is good enough, expected quality {quality} %"),
    };
    let basis = if best.expectation.is_some() { "similar prompts" } else { "no recorded prompt of this model yet" };
    let last = if p.fallback { "; a fallback, as nothing else may serve" } else { "" };
    format!("{}: {why}, for {task_type} among {of}; basis: {basis}{last}", strategy.name())
}

/// Writes the decision down and adds its id.
fn log(mut answer: Value, options: &Options) -> Result<Value> {
    let id = pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let values = [JsonB(answer.clone()).into(), options.request_id.as_deref().into()];
            Ok(client
                .update(include_str!("../../sql/models/query/log_decision.sql"), None, &values)?
                .first()
                .get_one::<Uuid>()?)
        })
    })?;
    answer["decision_id"] = json!(id.map(|id| id.to_string()));
    Ok(answer)
}

fn hundredths(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}
