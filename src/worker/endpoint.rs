//! Rows to orders: the endpoint, model and prices that a call needs.

use std::thread::LocalKey;

use pgrx::PgBuiltInOids;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::remote::{Output, embeddings_request};
use serde_json::Value;

use super::call::{Kind, Order};
use super::settings;
use crate::error::{Error, Result};
use crate::models::plan::Plan;
use crate::pg;
use crate::pg::worker::endpoints::{self, Known};

/// An agent's endpoint for one of its models.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub agent_id: String,
    pub model_id: String,
    pub base_url: String,
    pub output: Output,
    secret_name: Option<String>,
    daily_budget: Option<f64>,
    max_in_flight: Option<usize>,
    input_price: f64,
    output_price: f64,
}

thread_local! {
    static ENDPOINT: Plan = Plan::new(
        include_str!("../../sql/worker/endpoint.sql"),
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::TEXTOID],
    );
    static FOR_EMBEDDINGS: Plan =
        Plan::new(include_str!("../../sql/worker/embedding_endpoint.sql"), &[PgBuiltInOids::TEXTOID]);
}

/// `None` for an agent that is gone, or has no address.
pub fn find(agent_id: &str, model_id: &str) -> Result<Option<Endpoint>> {
    look_up(&ENDPOINT, &[agent_id.into(), model_id.into()], model_id)
}

fn look_up(plan: &'static LocalKey<Plan>, values: &[DatumWithOid<'_>], model_id: &str) -> Result<Option<Endpoint>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let rows = plan.with(|plan| plan.select(client, values))?;
            let Some(row) = rows.into_iter().next() else { return Ok(None) };
            let (Some(agent_id), Some(base_url)) = (row.get::<String>(1)?, row.get::<String>(2)?) else {
                return Ok(None);
            };
            let json_schema = row.get::<String>(8)?.as_deref() == Some("json_schema");
            Ok(Some(Endpoint {
                agent_id,
                model_id: model_id.to_owned(),
                base_url,
                output: if json_schema { Output::JsonSchema } else { Output::Function },
                secret_name: row.get(3)?,
                daily_budget: row.get(4)?,
                max_in_flight: row.get::<i32>(5)?.and_then(|n| usize::try_from(n).ok()),
                input_price: row.get::<f64>(6)?.unwrap_or(0.0),
                output_price: row.get::<f64>(7)?.unwrap_or(0.0),
            }))
        })
    })
}

impl Endpoint {
    /// An order of `body` at this endpoint.
    pub fn order(self, kind: Kind, request_id: &str, body: Value) -> Order {
        Order {
            kind,
            request_id: request_id.to_owned(),
            agent_id: self.agent_id,
            base_url: self.base_url,
            secret_name: self.secret_name,
            model_id: self.model_id,
            body,
            input_price: self.input_price,
            output_price: self.output_price,
            daily_budget: self.daily_budget,
            max_in_flight: self.max_in_flight,
            recommendation: None,
            prompt: String::new(),
            shadow: None,
        }
    }
}

/// The model `router.embedding_model`.
pub fn embedding_model() -> Result<String> {
    settings::embedding_model()
        .ok_or_else(|| Error::invalid("no endpoint for embeddings is chosen").with_hint("set router.embedding_model"))
}

/// An order for the embeddings of texts.
pub fn for_embeddings(model: String, request_id: &str, texts: &[String]) -> Result<Order> {
    let nobody = || {
        Error::not_found(format!("no active agent with an address serves model \"{model}\""))
            .with_hint("SELECT router_assign(agent, model)")
    };
    let endpoint = look_up(&FOR_EMBEDDINGS, &[model.as_str().into()], &model)?.ok_or_else(nobody)?;
    Ok(endpoint.order(Kind::Embed, request_id, embeddings_request(&model, texts)))
}

/// Every agent with an address, and what is known of its endpoint.
pub fn all() -> Result<Vec<(String, String, Known)>> {
    let sql = "SELECT agent_id, base_url FROM router.agents WHERE base_url IS NOT NULL ORDER BY 1";
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let mut found = Vec::new();
            for row in client.select(sql, None, &[])? {
                if let (Some(agent), Some(url)) = (row.get::<String>(1)?, row.get::<String>(2)?) {
                    let known = endpoints::known(endpoints::key(&url));
                    found.push((agent, url, known));
                }
            }
            Ok(found)
        })
    })
}
