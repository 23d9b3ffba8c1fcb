//! Automatic assignment: every active agent with every active model, scored, then assigned.

use std::collections::{BTreeMap, HashSet};

use pgrx::datum::Uuid;
use pgrx::prelude::*;
use pgrx::{AnyNumeric, JsonB};
use router_core::models::{
    AgentSlots, CapabilityError, Method, Offer, Requirement, assign, capability_fit, capability_score,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::pg;

/// One thing that was done, or would be.
pub struct Step {
    pub action: String,
    pub agent_id: String,
    pub model_id: String,
    /// None for a new pair of a dry run.
    pub assignment_id: Option<Uuid>,
    pub match_score: Option<AnyNumeric>,
    pub overlap: Option<JsonB>,
}

#[derive(Deserialize)]
struct Inventory {
    agents: Vec<Agent>,
    models: Vec<Model>,
    task_types: BTreeMap<String, Value>,
    kept: Vec<Kept>,
}

#[derive(Deserialize)]
struct Agent {
    id: String,
    name: String,
    capacity: usize,
    requirements: Value,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    name: String,
    #[serde(flatten)]
    offer: Map<String, Value>,
}

/// An assignment that somebody decided on: it stays, and takes its room.
#[derive(Deserialize)]
struct Kept {
    agent: String,
    model: String,
    serves: bool,
}

/// Any number, as long as nothing else in the database uses it: serialises runs.
const LOCK: i64 = 0x726f_7574_6572_0001;

/// Assigns models to agents. Manual, overridden, fallback and trial assignments stay as they are;
/// automatic ones that are not wanted any more become INACTIVE. A second run changes nothing.
pub fn auto_assign(method: Method, dry_run: bool) -> Result<Vec<Step>> {
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            if !dry_run {
                client.update("SELECT pg_advisory_xact_lock($1)", None, &[LOCK.into()])?;
            }
            let loaded = client
                .update(include_str!("../../sql/models/query/load_agents.sql"), None, &[])?
                .first()
                .get_one::<JsonB>()?
                .ok_or_else(|| Error::invalid("the agents could not be read"))?;
            let inventory: Inventory = serde_json::from_value(loaded.0)
                .map_err(|e| Error::invalid(format!("agents or models are not as expected: {e}")))?;
            let pairs = pairs(method, &inventory)?;
            let rows = client.update(
                "SELECT * FROM router.apply_assignments($1, $2, $3)",
                None,
                &[JsonB(Value::Array(pairs)).into(), method.name().into(), dry_run.into()],
            )?;
            rows.map(|row| {
                let text = |i: usize| -> Result<String> { Ok(row.get::<String>(i)?.unwrap_or_default()) };
                Ok(Step {
                    action: text(1)?,
                    agent_id: text(2)?,
                    model_id: text(3)?,
                    assignment_id: row.get(4)?,
                    match_score: row.get(5)?,
                    overlap: row.get(6)?,
                })
            })
            .collect()
        })
    })
}

fn pairs(method: Method, inventory: &Inventory) -> Result<Vec<Value>> {
    let offers: Vec<Offer> = inventory
        .models
        .iter()
        .map(|m| Offer::from_json(&Value::Object(m.offer.clone())).map_err(|e| bad("model", &m.id, &e)))
        .collect::<Result<_>>()?;
    let kept: HashSet<(&str, &str)> = inventory.kept.iter().map(|k| (k.agent.as_str(), k.model.as_str())).collect();
    let taken: HashSet<&str> =
        inventory.kept.iter().filter(|k| k.serves && method != Method::All).map(|k| k.model.as_str()).collect();
    let mut slots = Vec::with_capacity(inventory.agents.len());
    let mut asked_by = Vec::with_capacity(inventory.agents.len());
    for agent in &inventory.agents {
        let asked = requirements(agent, &inventory.task_types)?;
        let scores = inventory.models.iter().zip(&offers).map(|(model, offer)| {
            let free = !kept.contains(&(agent.id.as_str(), model.id.as_str())) && !taken.contains(model.id.as_str());
            if free { fit(&asked, offer) } else { 0.0 }
        });
        let used = inventory.kept.iter().filter(|k| k.serves && k.agent == agent.id).count();
        slots.push(AgentSlots { capacity: agent.capacity.saturating_sub(used), scores: scores.collect() });
        asked_by.push(asked);
    }
    let pair = |p: router_core::models::Assigned| {
        let (agent, model) = (&inventory.agents[p.agent], &inventory.models[p.model]);
        json!({
            "agent_id": agent.id, "agent_name": agent.name, "model_id": model.id, "model_name": model.name,
            "capabilities": capabilities(agent, model),
            "overlap": overlap(&asked_by[p.agent], &offers[p.model]),
            "score": (p.score * 100.0).round() / 100.0,
        })
    };
    Ok(assign(method, &slots).into_iter().map(pair).collect())
}

/// What an agent asks: its own requirements, and those of the task types it names. An agent that asks
/// for nothing is measured by all task types.
fn requirements(agent: &Agent, task_types: &BTreeMap<String, Value>) -> Result<Vec<(String, Requirement)>> {
    let own = agent.requirements.as_object().cloned().unwrap_or_default();
    let named: Option<Vec<&str>> =
        own.get("task_types").and_then(Value::as_array).map(|l| l.iter().filter_map(Value::as_str).collect());
    let mut asked = Vec::new();
    if own.keys().any(|k| k != "task_types") {
        let r = Requirement::from_json(&agent.requirements).map_err(|e| bad("agent", &agent.id, &e))?;
        asked.push(("agent".to_owned(), r));
    }
    if asked.is_empty() || named.is_some() {
        for (name, json) in task_types {
            if named.as_ref().is_none_or(|n| n.contains(&name.as_str())) {
                let r = Requirement::from_json(json).map_err(|e| bad("task type", name, &e))?;
                asked.push((name.clone(), r));
            }
        }
    }
    Ok(asked)
}

/// The mean over all that is asked.
fn fit(asked: &[(String, Requirement)], offer: &Offer) -> f64 {
    asked.iter().map(|(_, r)| capability_fit(r, offer)).sum::<f64>() / asked.len().max(1) as f64
}

/// The breakdown of all that is asked.
fn overlap(asked: &[(String, Requirement)], offer: &Offer) -> Value {
    let part = |(name, r): &(String, Requirement)| {
        (name.clone(), serde_json::to_value(capability_score(r, offer)).unwrap_or_default())
    };
    Value::Object(asked.iter().map(part).collect())
}

/// The capabilities of a pair: the model's, flat, with the agent's task types and the model's prices.
fn capabilities(agent: &Agent, model: &Model) -> Value {
    let mut out = model.offer.get("capabilities").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(types) = agent.requirements.get("task_types").filter(|t| t.is_array()) {
        out.insert("task_types".to_owned(), types.clone());
    }
    for key in ["input_price", "output_price", "latency_ms", "context_window"] {
        if let Some(value) = model.offer.get(key) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(out)
}

fn bad(what: &str, id: &str, e: &CapabilityError) -> Error {
    Error::invalid(format!("{what} \"{id}\": {e}"))
}
