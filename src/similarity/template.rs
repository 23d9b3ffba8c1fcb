//! Keyword templates: `router.templates`.

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::quickspec::QuickSpec;
use router_core::route::Answer;
use router_core::semantic::SemanticModel;
use router_core::similarity::{example, fill, slots};
use serde_json::Value;

use super::teach::{check_spec, parse_spec};
use crate::error::{Error, Result};
use crate::models::plan::Plan;
use crate::{catalog, pg};

/// Templates looked at for one question.
const MOST: usize = 10_000;

/// Adds or replaces a template. For the owner of its dataset and for administrators: it holds for everybody.
pub fn define(name: &str, patterns: &[String], spec: &Value) -> Result<()> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("the template's name is blank"));
    }
    let patterns: Vec<String> = patterns.iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect();
    if patterns.is_empty() {
        return Err(Error::invalid("the template has no patterns")
            .with_hint("give the words that ask for it: ARRAY['sales overview', 'how are sales']"));
    }
    let parsed = parse_spec(spec)?;
    let (_, owned) = check_spec(&to_value(&filled(&parsed)?)?)?;
    check_slots(&patterns, spec)?;
    let spec = to_value(&parsed)?;
    if !owned && !catalog::is_admin()? {
        return Err(Error::denied("only the owner of the template's dataset or a router administrator may define it")
            .with_hint("router_teach() teaches a question for yourself"));
    }
    let who = pg::role_name(pg::current_user());
    pg::refuse_if_read_only(c"router_template()");
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let args: [DatumWithOid; 4] = [name.into(), patterns.into(), JsonB(spec).into(), who.as_str().into()];
            let sql = "INSERT INTO router.templates (name, patterns, quickspec, created_by) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (name) DO UPDATE SET patterns = EXCLUDED.patterns, quickspec = EXCLUDED.quickspec, \
                       created_by = EXCLUDED.created_by";
            client.update(sql, None, &args)?;
            Ok(())
        })
    })
}

thread_local! {
    static ALL: Plan = Plan::new("SELECT name, patterns, quickspec FROM router.templates ORDER BY name", &[]);
}

/// Every template: name, patterns, spec.
pub fn all() -> Result<Vec<(String, Vec<String>, QuickSpec)>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            ALL.with(|plan| {
                let mut all = Vec::new();
                for row in plan.select(client, &[])?.take(MOST) {
                    if let (Some(name), Some(patterns), Some(spec)) =
                        (row.get::<String>(1)?, row.get::<Vec<Option<String>>>(2)?, row.get::<JsonB>(3)?)
                        && let Ok(spec) = serde_json::from_value(spec.0)
                    {
                        all.push((name, patterns.into_iter().flatten().collect(), spec));
                    }
                }
                Ok(all)
            })
        })
    })
}

/// The templates that a question asks for, the one that explains most words first: name and spec, slots filled.
/// `reading` is the router's own.
pub fn templates_for(prompt: &str, reading: &Answer, model: &SemanticModel) -> Result<Vec<(String, QuickSpec)>> {
    let mut found: Vec<(usize, String, QuickSpec)> = all()?
        .into_iter()
        .filter_map(|(name, patterns, spec)| {
            let best = patterns.iter().filter_map(|p| fill(p, &spec, prompt, reading, model));
            best.max_by_key(|(words, _)| *words).map(|(words, spec)| (words, name, spec))
        })
        .collect();
    found.sort_by_key(|(words, _, _)| std::cmp::Reverse(*words));
    Ok(found.into_iter().map(|(_, name, spec)| (name, spec)).collect())
}

fn to_value(spec: &QuickSpec) -> Result<Value> {
    serde_json::to_value(spec).map_err(|e| Error::invalid(format!("the spec can't be written as JSON: {e}")))
}

/// The spec as it could come out, or as it is when its dataset is unknown: checking it then says so.
fn filled(spec: &QuickSpec) -> Result<QuickSpec> {
    let loaded = catalog::model()?;
    let dataset = loaded.model.dataset_index(&spec.dataset).map(|i| &loaded.model.datasets[i]);
    Ok(dataset.map_or_else(|| spec.clone(), |d| example(spec, d)))
}

/// A slot of the spec that no pattern fills would leave the template without an answer for ever.
fn check_slots(patterns: &[String], spec: &Value) -> Result<()> {
    let mut wanted = Vec::new();
    let mut look = |value: &Value| {
        if let Some(name) = value.as_str().and_then(|s| s.strip_prefix('{')).and_then(|s| s.strip_suffix('}')) {
            wanted.push(name.to_owned());
        }
    };
    ["x", "y", "splitBy"].iter().filter_map(|key| spec.get(key)).for_each(&mut look);
    spec.get("filters").and_then(Value::as_object).into_iter().flat_map(|f| f.values()).for_each(&mut look);
    match wanted.iter().find(|name| !patterns.iter().any(|p| slots(p).contains(name))) {
        Some(name) => Err(Error::invalid(format!("the spec has a slot {{{name}}} that no pattern names"))
            .with_hint(format!("write it into a pattern: 'overview of {{{name}}}'"))),
        None => Ok(()),
    }
}
