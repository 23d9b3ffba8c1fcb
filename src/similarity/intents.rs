//! The local intent classifier: fitted from what was taught, kept in the database, one copy a backend.

use std::cell::RefCell;
use std::rc::Rc;

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::intent::{FEWEST_EXAMPLES, IntentModel, TrainingError};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::{catalog, pg};

/// The most recent questions that are learned from.
const MOST_QUESTIONS: i64 = 50_000;

thread_local! {
    /// The newest model's id and the model.
    static LOADED: RefCell<Option<(i64, Rc<IntentModel>)>> = const { RefCell::new(None) };
}

/// Fits a classifier to the taught questions that name an intent, and puts it into use. Returns the report of
/// the cross-validation.
pub fn train() -> Result<Value> {
    if !catalog::is_admin()? {
        return Err(Error::denied("only router administrators may train the intent classifier"));
    }
    pg::refuse_if_read_only(c"router_train()");
    let who = pg::role_name(pg::current_user());
    let examples = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let sql = "SELECT original_query, intent_category FROM router.query_embeddings \
                       WHERE intent_category IS NOT NULL AND encoder = 'minilm-static-256' AND source IN ('taught', 'mined') ORDER BY id DESC LIMIT $1";
            let mut examples = Vec::new();
            for row in client.select(sql, None, &[MOST_QUESTIONS.into()])? {
                if let (Some(text), Some(intent)) = (row.get::<String>(1)?, row.get::<String>(2)?) {
                    examples.push((text, intent));
                }
            }
            Ok(examples)
        })
    })?;
    let (model, report) = IntentModel::train(&examples).map_err(|e| match e {
        TrainingError::TooFewIntents(_) => Error::invalid(e.to_string()).with_hint(format!(
            "teach {FEWEST_EXAMPLES} or more questions of each intent: SELECT router_teach('hi there', NULL, 'greeting')"
        )),
    })?;
    let report = json!(report);
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let args: [DatumWithOid; 4] = [
                model.labels.clone().into(),
                model.to_bytes().into(),
                JsonB(report.clone()).into(),
                who.as_str().into(),
            ];
            let sql = "INSERT INTO router.intent_models (labels, weights, report, trained_by) VALUES ($1, $2, $3, $4)";
            client.update(sql, None, &args)?;
            Ok(())
        })
    })?;
    Ok(report)
}

/// The intents of a prompt by probability, highest first. Raises when nothing was trained.
pub fn classify(prompt: &str, most: usize) -> Result<Vec<(String, f64)>> {
    let Some(model) = newest()? else {
        return Err(Error::not_found("no intent classifier has been trained")
            .with_hint("teach examples by router_teach(question, spec, intent), then SELECT router_train()"));
    };
    Ok(model.classify(prompt).into_iter().take(most).map(|(label, p)| (label.to_owned(), p)).collect())
}

fn newest() -> Result<Option<Rc<IntentModel>>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let id =
                client.select("SELECT max(id) FROM router.intent_models", Some(1), &[])?.first().get_one::<i64>()?;
            let Some(id) = id else { return Ok(None) };
            if let Some(model) =
                LOADED.with_borrow(|l| l.as_ref().filter(|(at, _)| *at == id).map(|(_, m)| Rc::clone(m)))
            {
                return Ok(Some(model));
            }
            let sql = "SELECT labels, weights FROM router.intent_models WHERE id = $1";
            let Some(row) = client.select(sql, Some(1), &[id.into()])?.next() else { return Ok(None) };
            let (labels, weights) = (row.get::<Vec<String>>(1)?, row.get::<Vec<u8>>(2)?);
            let model = labels.zip(weights).and_then(|(labels, bytes)| IntentModel::from_bytes(labels, &bytes));
            let Some(model) = model.map(Rc::new) else {
                return Err(Error::invalid(format!("the intent classifier {id} is damaged"))
                    .with_hint("fit it again: SELECT router_train()"));
            };
            LOADED.set(Some((id, Rc::clone(&model))));
            Ok(Some(model))
        })
    })
}
