//! Keyword templates: `router.templates`.

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::similarity::matched_words;
use serde_json::Value;

use super::teach::check_spec;
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
    let (spec, owned) = check_spec(spec)?;
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

/// The templates that a prompt asks for, the one that explains most words first: name and spec.
pub fn templates_for(prompt: &str) -> Result<Vec<(String, Value)>> {
    let mut found = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            ALL.with(|plan| {
                let mut found = Vec::new();
                for row in plan.select(client, &[])?.take(MOST) {
                    let (Some(name), Some(patterns), Some(spec)) =
                        (row.get::<String>(1)?, row.get::<Vec<Option<String>>>(2)?, row.get::<JsonB>(3)?)
                    else {
                        continue;
                    };
                    let words = patterns.iter().flatten().filter_map(|p| matched_words(p, prompt)).max();
                    found.extend(words.map(|words| (words, name, spec.0)));
                }
                Ok(found)
            })
        })
    })?;
    found.sort_by_key(|(words, _, _)| std::cmp::Reverse(*words));
    Ok(found.into_iter().map(|(_, name, spec)| (name, spec)).collect())
}
