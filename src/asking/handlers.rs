//! A handler's step: its reply is a draft like any other, checked against what the caller may see.

use router_core::quickspec::{QuickSpec, SCHEMA};
use router_core::route::{Answer, answer_known};
use serde_json::Value;

use super::chain::Asked;
use crate::similarity::Handler;

/// Of a handler that does not say how sure it is.
const CONFIDENCE: f32 = 0.75;

/// What a handler proposes; why there is nothing that could be taken goes into the warnings.
pub fn propose(asked: &Asked<'_>, handler: &Handler, warnings: &mut Vec<String>) -> Option<Answer> {
    let proposed = handler.ask(asked.prompt, asked.given).and_then(|reply| match reply {
        None | Some(Value::Null) => Ok(None),
        Some(reply) => draft(asked, handler, reply).map(Some),
    });
    proposed.unwrap_or_else(|why| {
        warnings.push(format!("handler \"{}\" gave no answer: {why}", handler.name));
        None
    })
}

fn draft(asked: &Asked<'_>, handler: &Handler, reply: Value) -> Result<Answer, String> {
    let confidence = match reply.get("confidence") {
        None => CONFIDENCE,
        Some(said) => said
            .as_f64()
            .filter(|c| (0.0..=1.0).contains(c))
            .ok_or_else(|| format!("its confidence is {said}, not a number from 0 to 1"))? as f32,
    };
    let spec = reply.get("spec").cloned().unwrap_or(reply);
    let spec: QuickSpec = serde_json::from_value(spec).map_err(|e| format!("it returned no {SCHEMA}: {e}"))?;
    if spec.schema != SCHEMA {
        return Err(format!("it returned {:?}, not {SCHEMA}", spec.schema));
    }
    let dataset = spec.dataset.clone();
    let why = format!("handler \"{}\"", handler.name);
    answer_known(spec, &asked.known.model, asked.context, "handler", confidence, &why)
        .ok_or_else(|| format!("its spec does not fit what you may read of {dataset}"))
}
