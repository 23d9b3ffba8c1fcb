//! Teaching: a question with its spec, an example of an intent, or both.

use pgrx::PgBuiltInOids;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::quickspec::{QuickSpec, SCHEMA};
use router_core::route::INTENTS;
use router_core::sql::{SqlClock, build};
use serde_json::Value;

use super::store::{Entry, keep};
use crate::error::{Error, Result};
use crate::models::plan::Plan;
use crate::{catalog, guc, pg};

/// Characters of an intent's name.
const MAX_INTENT: usize = 100;

/// Stores a question with its spec (checked against what the caller may see), its intent, or both. What the
/// owner of the dataset or an administrator teaches holds for everybody, what others teach for themselves.
/// Examples of a user's own intent need not be about registered data: a spec over an unknown relation is then
/// left out, with a warning.
pub fn teach(prompt: &str, spec: Option<&Value>, intent: Option<&str>) -> Result<i64> {
    check_prompt(prompt)?;
    let intent = intent.map(str::trim).filter(|i| !i.is_empty());
    if intent.is_some_and(|i| i.chars().count() > MAX_INTENT) {
        return Err(Error::invalid(format!("the intent's name is longer than {MAX_INTENT} characters")));
    }
    if spec.is_none() && intent.is_none() {
        return Err(Error::invalid("there is nothing to teach: neither a spec nor an intent").with_hint(
            "router_teach('sales by region', spec => '{...}') or router_teach('hi there', NULL, 'greeting')",
        ));
    }
    let checked = match spec.map(check_spec).transpose() {
        Err(Unfit::NoDataset(name)) if intent.is_some_and(|i| !INTENTS.contains(&i)) => {
            pgrx::warning!(
                "relation \"{name}\" is not registered: the question is kept as an example of its intent, without the spec"
            );
            None
        }
        checked => checked?,
    };
    let for_all = catalog::is_admin()? || checked.as_ref().is_some_and(|(_, owned)| *owned);
    let stored = checked.map(|(spec, _)| spec);
    keep(&Entry {
        prompt,
        spec: stored.as_ref(),
        intent,
        success_score: 1.0,
        source: if for_all { "taught" } else { "chosen" },
    })
}

pub(super) fn check_prompt(prompt: &str) -> Result<()> {
    if prompt.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::invalid("the question is blank").with_hint("teach a question in plain words"));
    }
    let (length, limit) = (prompt.chars().count(), guc::max_query_length());
    if length > limit {
        return Err(Error::invalid(format!("the question has {length} characters, more than {limit}"))
            .with_hint("shorten it; the limit is router.max_query_length"));
    }
    Ok(())
}

/// Why a spec can't be taught.
pub(super) enum Unfit {
    NoDataset(String),
    Wrong(Error),
}

impl From<Error> for Unfit {
    fn from(e: Error) -> Self {
        Self::Wrong(e)
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::NoDataset(name) => catalog::not_registered(&name),
            Unfit::Wrong(e) => e,
        }
    }
}

/// The spec, its shape checked but not whether it fits anything.
pub(super) fn parse_spec(spec: &Value) -> Result<QuickSpec> {
    let parsed: QuickSpec = serde_json::from_value(spec.clone()).map_err(|e| wrong(&e.to_string()))?;
    if parsed.schema != SCHEMA {
        return Err(wrong(&format!("its \"schema\" is {:?}", parsed.schema)));
    }
    Ok(parsed)
}

fn wrong(why: &str) -> Error {
    Error::invalid(format!("the spec is no {SCHEMA}: {why}"))
        .with_hint("take the \"spec\" of an answer of router_route() and change it")
}

/// The spec in its own form, and whether the caller owns its dataset. It must build over what the caller may see.
pub(super) fn check_spec(spec: &Value) -> std::result::Result<(Value, bool), Unfit> {
    let parsed = parse_spec(spec)?;
    let loaded = catalog::model()?;
    let Some(root) = loaded.model.dataset_index(&parsed.dataset) else {
        return Err(Unfit::NoDataset(parsed.dataset));
    };
    let clock = SqlClock { timezone: "UTC".to_owned(), week_start: guc::week_start() };
    build(&parsed, &loaded.model, &clock).map_err(|e| {
        Error::invalid(format!("the spec does not fit {}: {e}", parsed.dataset))
            .with_hint("SELECT router_route(...)->'spec' shows specs that fit")
    })?;
    let owned = owns(loaded.model.datasets[root].oid)?;
    let stored = serde_json::to_value(&parsed).map_err(|e| wrong(&e.to_string()))?;
    Ok((stored, owned))
}

thread_local! {
    static OWNS: Plan = Plan::new(
        "SELECT pg_has_role($1, relowner, 'USAGE') FROM pg_class WHERE oid = $2",
        &[PgBuiltInOids::OIDOID, PgBuiltInOids::OIDOID],
    );
}

/// The current user has the rights of the relation's owner.
fn owns(relation: u32) -> Result<bool> {
    let caller = pg::current_user();
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            OWNS.with(|plan| {
                let args: [DatumWithOid; 2] = [caller.into(), pg_sys::Oid::from_u32(relation).into()];
                let mut rows = plan.select(client, &args)?;
                Ok(rows.next().map(|row| row.get::<bool>(1)).transpose()?.flatten().unwrap_or(false))
            })
        })
    })
}
