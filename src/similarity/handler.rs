//! A user's own steps of the fallback chain: `router.handlers`.

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::models::plan::Plan;
use crate::{guc, pg};

/// A function that proposes answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    pub name: String,
    /// Its place in the chain: lower comes first.
    pub priority: i32,
    /// `schema.name`, quoted where need be.
    function: String,
}

/// Adds or replaces a handler, or with no function takes it out. Whoever asks runs the function: superusers only.
pub fn define(name: &str, priority: i32, function: Option<pg_sys::Oid>) -> Result<()> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("the handler's name is blank"));
    }
    if !pg::is_superuser() {
        return Err(Error::denied("only superusers may define handlers").with_hint("everybody who asks runs them"));
    }
    pg::refuse_if_read_only(c"router_handler()");
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let Some(oid) = function else {
                let gone = client.update("DELETE FROM router.handlers WHERE name = $1", None, &[name.into()])?.len();
                return if gone == 0 { Err(Error::not_found(format!("there is no handler {name:?}"))) } else { Ok(()) };
            };
            let sql = include_str!("../../sql/similarity/handler_function.sql");
            let row = client
                .select(sql, Some(1), &[oid.into()])?
                .next()
                .map(|row| Ok::<_, Error>((row.get::<String>(1)?, row.get::<bool>(2)?)));
            let Some((Some(function), fits)) = row.transpose()? else {
                return Err(Error::not_found("there is no such function"));
            };
            if fits != Some(true) {
                return Err(Error::invalid(format!("{function} is no f(prompt text, context jsonb) RETURNS jsonb"))
                    .with_hint("it returns a QuickSpec@1, {\"spec\": ..., \"confidence\": ...}, or null for nothing"));
            }
            let args: [DatumWithOid; 4] = [name.into(), priority.into(), function.into(), who.as_str().into()];
            let sql = "INSERT INTO router.handlers (name, priority, function, created_by) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (name) DO UPDATE SET priority = EXCLUDED.priority, function = EXCLUDED.function, \
                       created_by = EXCLUDED.created_by";
            client.update(sql, None, &args)?;
            Ok(())
        })
    })
}

thread_local! {
    static ALL: Plan = Plan::new("SELECT name, priority, function FROM router.handlers ORDER BY priority, name", &[]);
}

/// Every handler, in order.
pub fn handlers() -> Result<Vec<Handler>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            ALL.with(|plan| {
                let mut all = Vec::new();
                for row in plan.select(client, &[])? {
                    all.push(Handler {
                        name: row.get(1)?.unwrap_or_default(),
                        priority: row.get(2)?.unwrap_or_default(),
                        function: row.get(3)?.unwrap_or_default(),
                    });
                }
                Ok(all)
            })
        })
    })
}

impl Handler {
    /// What it says to a prompt, with the caller's own rights, unable to write, under `router.statement_timeout`; or
    /// why it can't be asked. The name was quoted by the server when it was defined.
    pub fn ask(&self, prompt: &str, context: &Value) -> std::result::Result<Option<Value>, String> {
        let sql = format!("SELECT {}($1, $2)", self.function);
        let answer = pg::run::read_only(guc::statement_timeout(), || {
            Spi::get_one_with_args::<JsonB>(&sql, &[prompt.into(), JsonB(context.clone()).into()])
        });
        match answer {
            Ok(Ok(reply)) => Ok(reply.map(|r| r.0)),
            Ok(Err(e)) => Err(e.to_string()),
            Err(failure) => Err(failure.message),
        }
    }
}
