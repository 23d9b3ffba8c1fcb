//! The language model's step: what it proposes besides the router's own reading.
//!
//! The worker asks it; this side chooses the model, says how little it is told, and believes nothing of the reply
//! that was not looked up: names in the semantic model, values in the question or the data, time by the own clock.
//! What is left is a spec like any other, built and guarded like any other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::time::{Duration, Instant};

use router_core::quickspec::QuickSpec;
use router_core::remote::{Draft, Resolution, Weighed, chat_request, resolve, weigh};
use router_core::route::{Alternative, Answer, INTENTS, Status, answer_known};
use router_core::telemetry::ErrorKind;
use serde_json::{Value, json};

use super::chain::Asked;
use crate::error::Result;
use crate::models::content;
use crate::pg;
use crate::pg::worker::endpoints;
use crate::telemetry::settings::Prompts;
use crate::telemetry::{self, Operation};
use crate::worker::endpoint::{self, Endpoint};
use crate::worker::settings::{self, Llm};
use crate::worker::{Kind, Shadow, client, readings};

/// Models that are looked at before the step gives up: those whose endpoint is left alone are passed over.
const MODELS: usize = 3;

/// Asked before the router's own reading may answer.
pub fn is_primary() -> bool {
    settings::llm() == Llm::Primary
}

/// Asked when nothing local is sure.
pub fn is_fallback() -> bool {
    settings::llm() == Llm::Fallback
}

/// What the model answers, checked like any spec (`answer_known`), or nothing. `local` is the router's own reading;
/// why there is nothing (off, late, unreadable) goes into its steps. Where both readings are worth something and
/// differ, `local` becomes a question back.
pub fn propose(asked: &Asked<'_>, local: &mut Answer) -> Result<Option<Answer>> {
    if asked.is_follow_up() {
        return Ok(None);
    }
    let Some(scope) = scope(asked) else { return Ok(None) };
    let (endpoint, recommendation) = match choose(asked.prompt)? {
        Ok(chosen) => chosen,
        Err(why) => {
            asked.unheard.set(true);
            return Ok(nothing(local, why));
        }
    };
    let told = told(asked, &endpoint, &scope);
    let (agent, model) = (endpoint.agent_id.clone(), endpoint.model_id.clone());
    let mut order = endpoint.order(Kind::Classify, asked.request_id, told);
    order.recommendation = Some(recommendation);
    order.prompt = asked.prompt.to_owned();
    let started = Instant::now();
    let called = client::call(&order, time_left(asked.began.elapsed()));
    telemetry::measured(Operation::LanguageModel, started.elapsed(), called.is_err());
    let how = if called.as_ref().is_err_and(|absence| absence.is_unsent()) { "not sent" } else { "sent" };
    local.steps.push(("language_model", format!("{how} to model {model} of agent {agent}: {}", order.body)));
    let answer = match called {
        Ok(answer) => answer,
        Err(absence) => {
            asked.unheard.set(true);
            failed(absence.text());
            return Ok(nothing(local, absence.text().to_owned()));
        }
    };
    local.steps.push((
        "language_model",
        format!("answered after {:.0} ms, {} attempt(s): {}", answer.latency_ms, answer.attempts, answer.content),
    ));
    let read = Draft::parse(&answer.content).and_then(|draft| {
        let resolution = resolve(&draft, asked.prompt, &asked.known.model, &scope, &asked.context.clock)?;
        Ok((draft, resolution))
    });
    match read {
        Ok((draft, resolution)) => Ok(take(asked, local, &draft, resolution, &model)),
        Err(refused) => {
            failed(&refused.to_string());
            Ok(nothing(local, refused.to_string()))
        }
    }
}

/// Has a model read the question later, where something may be learned of it: all of them in the mode `shadow`, else
/// those that the router is unsure of and no model could be asked about. Nobody waits.
pub fn learn(asked: &Asked<'_>, answer: &Answer) -> Result<()> {
    let unsure = answer.status != Status::Ok || answer.confidence <= super::settings::thresholds().intent;
    let wanted = match settings::llm() {
        Llm::Off => false,
        Llm::Shadow => true,
        Llm::Fallback | Llm::Primary => unsure && asked.unheard.get(),
    };
    // What a person taught needs no model; a question that is not to be kept can't be asked later.
    let known = answer.source == "similarity" || answer.refuses_to_write();
    if !wanted || known || asked.is_follow_up() || telemetry::settings::prompts() != Prompts::Full {
        return Ok(());
    }
    if was_left(asked) {
        return Ok(());
    }
    let Some(scope) = scope(asked) else { return Ok(()) };
    let Some((endpoint, recommendation)) = for_later(asked.prompt)? else { return Ok(()) };
    let told = told(asked, &endpoint, &scope);
    let mut order = endpoint.order(Kind::Classify, asked.request_id, told);
    order.recommendation = Some(recommendation);
    order.prompt = asked.prompt.to_owned();
    order.shadow = Some(Shadow {
        role: pg::role_name(pg::current_user()),
        context: asked.given.clone(),
        spec: json!(answer.spec),
        confidence: answer.confidence,
        unsure,
    });
    readings::ask_later(&order)
}

/// Questions that this session remembers to have left, and for how long: one that is asked over and over costs a
/// look here.
const REMEMBERED: usize = 64;
const AGAIN_AFTER: Duration = Duration::from_secs(600);

thread_local! {
    static LEFT: RefCell<VecDeque<(u64, Instant)>> = const { RefCell::new(VecDeque::new()) };
}

/// Whether this session has left the question not long ago, under the same role and model; if not, it has now.
fn was_left(asked: &Asked<'_>) -> bool {
    let who = (pg::current_user().to_u32(), asked.known.fingerprint, asked.known.model.version);
    let key = BuildHasherDefault::<DefaultHasher>::default().hash_one((who, asked.prompt, asked.given.to_string()));
    LEFT.with_borrow_mut(|left| {
        left.retain(|(_, at)| at.elapsed() < AGAIN_AFTER);
        let known = left.iter().any(|(other, _)| *other == key);
        if !known {
            left.truncate(REMEMBERED - 1);
            left.push_front((key, Instant::now()));
        }
        known
    })
}

/// The part of `router.llm_timeout` that a model has: what the question has taken until now is gone, and twice as much
/// (a tenth of the limit at least) is set aside for the answer after a wait in vain: it tells how busy the server is.
fn time_left(gone: Duration) -> Duration {
    let limit = settings::llm_timeout();
    let aside = (gone * 2).clamp(limit / 10, limit / 2);
    limit.saturating_sub(gone + aside)
}

fn scope(asked: &Asked<'_>) -> Option<Vec<bool>> {
    asked.context.scope(&asked.known.model).ok()
}

fn told(asked: &Asked<'_>, endpoint: &Endpoint, scope: &[bool]) -> Value {
    let share = settings::llm_share();
    chat_request(&endpoint.model_id, asked.prompt, &asked.known.model, scope, share, endpoint.output).0
}

/// On record: the model did not classify the question, its words do.
fn failed(why: &str) {
    let kind = ErrorKind::ClassificationFailed;
    telemetry::log_failure(Operation::LanguageModel, kind, kind.sqlstate(), why, true);
}

fn nothing(local: &mut Answer, why: String) -> Option<Answer> {
    local.steps.push(("language_model", format!("nothing: {why}")));
    None
}

/// The model to read a question later. One whose endpoint is left alone for now may be back then.
fn for_later(prompt: &str) -> Result<Option<(Endpoint, Value)>> {
    match choose(prompt)? {
        Ok(chosen) => Ok(Some(chosen)),
        Err(_) => choose_by(prompt, |_| true).map(std::result::Result::ok),
    }
}

/// The model for this question, with what the model router said of it; else why there is none.
fn choose(prompt: &str) -> Result<std::result::Result<(Endpoint, Value), String>> {
    choose_by(prompt, |endpoint| endpoints::would_admit(endpoints::key(&endpoint.base_url)))
}

fn choose_by(
    prompt: &str,
    suits: impl Fn(&Endpoint) -> bool,
) -> Result<std::result::Result<(Endpoint, Value), String>> {
    let strategy = settings::llm_strategy();
    let mut excluded: Vec<String> = Vec::new();
    let mut why = "no model serves questions (router_assignments() shows what is there)".to_owned();
    for _ in 0..MODELS {
        let options = content::Options::read(&json!({ "exclude": excluded }))?;
        // Nobody for the kind of question that this is: whoever serves anything.
        let recommended = content::recommend_for(prompt, strategy, &options).or_else(|_| {
            let options = content::Options::read(&json!({ "exclude": excluded, "task_type": "general" }))?;
            content::recommend_for(prompt, strategy, &options)
        });
        let Ok(pgrx::JsonB(recommendation)) = recommended else { return Ok(Err(why)) };
        let name = |key: &str| recommendation.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(agent), Some(model)) = (name("agent_id"), name("model_id")) else { return Ok(Err(why)) };
        match endpoint::find(&agent, &model)? {
            Some(endpoint) if suits(&endpoint) => {
                return Ok(Ok((endpoint, chosen_only(recommendation))));
            }
            Some(_) => why = format!("agent {agent} has failed too often and is left alone for a while"),
            None => why = format!("agent {agent} has no base_url"),
        }
        excluded.push(model);
    }
    Ok(Err(why))
}

/// Other candidates don't fit the slot, and the decision is about the chosen one.
fn chosen_only(mut recommendation: Value) -> Value {
    let id = recommendation.get("assignment_id").cloned();
    if let Some(candidates) = recommendation.get_mut("candidates").and_then(Value::as_array_mut) {
        candidates.retain(|candidate| candidate.get("assignment_id") == id.as_ref());
    }
    recommendation
}

/// The model's reading as an answer, as sure as both readings together are.
fn take(asked: &Asked<'_>, local: &mut Answer, draft: &Draft, resolution: Resolution, model: &str) -> Option<Answer> {
    let own: Option<(QuickSpec, f32)> = local.spec.clone().map(|spec| (spec, local.confidence));
    let weighed =
        weigh(own.as_ref().map(|(spec, confidence)| (spec, *confidence)), &resolution.spec, draft.confidence as f32);
    let why = match &resolution.period {
        Some(period) => format!("read by model {model}; {period}"),
        None => format!("read by model {model}"),
    };
    let confidence = match weighed {
        Weighed::Take(confidence) => confidence,
        Weighed::Ask => local.confidence,
    };
    let spec = resolution.spec;
    let Some(answer) = answer_known(spec, &asked.known.model, asked.context, "intent", confidence, &why) else {
        return nothing(local, "its reading can't be answered".to_owned());
    };
    if weighed == Weighed::Ask {
        ask_back(local, answer, model);
        return None;
    }
    let intent = INTENTS.iter().find(|known| **known == draft.intent).copied().unwrap_or(answer.intent);
    let mut steps = local.steps.clone();
    steps.extend(answer.steps);
    Some(Answer {
        intent,
        entities: local.entities.clone(),
        warnings: [local.warnings.clone(), answer.warnings].concat(),
        steps,
        ..answer
    })
}

/// Two readings, and none of them sure enough to pass over the other.
fn ask_back(local: &mut Answer, remote: Answer, model: &str) {
    let (Some(own), Some(other)) = (local.spec.clone(), remote.spec) else { return };
    local.status = Status::Clarify;
    local.sql = None;
    local.alternatives = vec![
        Alternative { spec: own, difference: format!("the router's own reading: {}", local.explain) },
        Alternative { spec: other, difference: format!("the reading of model {model}: {}", remote.explain) },
    ];
    local.explain = "The question can be read in two ways; which is meant?".to_owned();
    local.steps.push(("language_model", "it reads the question differently: asking back".to_owned()));
}
