//! `router_suggest`: what somebody may want to ask, over what they may see.

use std::collections::HashSet;

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::{JsonB, PgBuiltInOids};
use router_core::route::{Answer, Context, Status, answer_known, ask};
use router_core::similarity::{has_open_slots, normalise, suggest as candidates};

use super::template;
use crate::catalog::RoleModel;
use crate::error::Result;
use crate::models::plan::Plan;
use crate::pg;

/// A row of `router_suggest`.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggested {
    pub text: String,
    /// `asked`, `template`, or a kind of `router_core::similarity::Suggestion`.
    pub kind: &'static str,
    pub dataset: Option<String>,
    /// How sure its answer is, 0..1.
    pub confidence: f32,
}

/// Candidates of the model that are read for one call: each costs about as much as a question.
const MOST_READ: usize = 60;
/// Less sure candidates are not offered.
const SURE: f32 = 0.5;

thread_local! {
    static ASKED: Plan = Plan::new(
        include_str!("../../sql/similarity/asked_before.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID],
    );
}

/// Completions and example questions: what was asked before and ended well, templates, then what the model offers.
pub fn suggest(prefix: &str, known: &RoleModel, context: &Context, most: usize) -> Result<Vec<Suggested>> {
    let Ok(scope) = context.scope(&known.model) else { return Ok(Vec::new()) };
    let in_scope = |dataset: &str| known.model.dataset_index(dataset).is_some_and(|d| scope[d]);
    let mut found: Vec<Suggested> = asked_before(prefix, known, context)?;
    let begun = normalise(prefix);
    for (_, patterns, spec) in template::all()? {
        let Some(pattern) = patterns.iter().find(|p| normalise(p).starts_with(&begun)) else { continue };
        if in_scope(&spec.dataset) && !has_open_slots(&spec) {
            let dataset = Some(spec.dataset);
            found.push(Suggested { text: pattern.clone(), kind: "template", dataset, confidence: 0.6 });
        }
    }
    let offered: Vec<_> = candidates(prefix, &known.model).into_iter().filter(|s| in_scope(&s.dataset)).collect();
    for s in offered.into_iter().take(MOST_READ) {
        if found.len() >= 2 * most {
            break;
        }
        let Ok(answer) = ask(&s.text, &known.model, known.lexicon(), context) else { continue };
        let answered = answer.status == Status::Ok && answer.confidence > SURE;
        // A name completed may not be a question yet: it is offered if typing on makes it one.
        let name_only = s.kind != "example" && answer.status == Status::Clarify && !answer.entities.is_empty();
        if answered || name_only {
            let dataset = answer.dataset.or(Some(s.dataset));
            found.push(Suggested { text: s.text, kind: s.kind, dataset, confidence: answer.confidence });
        }
    }
    let mut seen = HashSet::new();
    found.retain(|s| normalise(&s.text) != begun && seen.insert(normalise(&s.text)));
    found.truncate(most);
    Ok(found)
}

fn asked_before(prefix: &str, known: &RoleModel, context: &Context) -> Result<Vec<Suggested>> {
    let begun: String = normalise(prefix).chars().take(100).collect();
    let who = pg::role_name(pg::current_user());
    let rows = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            ASKED.with(|plan| {
                let args: [DatumWithOid; 2] = [begun.as_str().into(), who.as_str().into()];
                let mut rows = Vec::new();
                for row in plan.select(client, &args)? {
                    if let (Some(text), Some(spec)) = (row.get::<String>(1)?, row.get::<JsonB>(2)?) {
                        rows.push((text, spec.0, row.get::<f64>(3)?.unwrap_or(1.0)));
                    }
                }
                Ok(rows)
            })
        })
    })?;
    let answer = |spec| -> Option<Answer> {
        answer_known(serde_json::from_value(spec).ok()?, &known.model, context, "similarity", 0.9, "")
    };
    Ok(rows
        .into_iter()
        .filter_map(|(text, spec, score)| {
            let dataset = answer(spec)?.dataset;
            Some(Suggested { text, kind: "asked", dataset, confidence: score as f32 })
        })
        .collect())
}
