//! Ratings and choices: what people say of the answers they got.

use pgrx::JsonB;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use router_core::quickspec::QuickSpec;
use router_core::similarity::normalise;
use serde_json::Value;

use super::store::{Entry, keep};
use crate::asking::{Turn, turn};
use crate::error::{Error, Result};
use crate::pg;
use crate::worker::JobContext;

/// From this rating on an answer is worth remembering.
const GOOD: i32 = 4;

/// Keeps a rating of an answer this connection got, and moves the success score of the question behind it.
/// A good rating of a new question makes it known, for the role that gave it.
pub fn rate(request_id: &str, rating: i32, comment: Option<&str>) -> Result<()> {
    if !(1..=5).contains(&rating) {
        return Err(Error::invalid(format!("the rating is {rating}, not 1 to 5")));
    }
    let turn = known(request_id)?;
    pg::refuse_if_read_only(c"router_feedback()");
    let spec = turn.spec.as_ref().map(to_json).transpose()?;
    let who = pg::role_name(pg::current_user());
    let touched = pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let args: [DatumWithOid; 6] = [
                request_id.into(),
                turn.prompt.as_str().into(),
                spec.clone().map(JsonB).into(),
                (rating as i16).into(),
                comment.into(),
                who.as_str().into(),
            ];
            let sql = "INSERT INTO router.feedback (request_id, prompt, quickspec, rating, comment, created_by) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
            client.update(sql, None, &args)?;
            let args: [DatumWithOid; 3] =
                [normalise(&turn.prompt).into(), spec.clone().map(JsonB).into(), rating.into()];
            Ok(client.update(include_str!("../../sql/similarity/rate.sql"), None, &args)?.len())
        })
    })?;
    if let (0, GOOD.., Some(spec)) = (touched, rating, &spec) {
        keep(&Entry {
            prompt: &turn.prompt,
            spec: Some(spec),
            intent: None,
            success_score: if rating == 5 { 0.9 } else { 0.75 },
            source: "feedback",
        })?;
    }
    Ok(())
}

/// Makes one of an answer's alternatives (counted from 1) the answer to its question, for the role that chose.
pub fn choose(request_id: &str, alternative: i32) -> Result<i64> {
    let turn = known(request_id)?;
    let picked = usize::try_from(alternative).ok().and_then(|n| turn.alternatives.get(n.checked_sub(1)?));
    let Some(spec) = picked else {
        return Err(Error::out_of_range(format!(
            "the answer has {} alternatives, there is no number {alternative}",
            turn.alternatives.len()
        )));
    };
    keep(&Entry {
        prompt: &turn.prompt,
        spec: Some(&to_json(spec)?),
        intent: None,
        success_score: 1.0,
        source: "chosen",
    })
}

fn known(request_id: &str) -> Result<Turn> {
    turn(request_id).ok_or_else(|| {
        Error::not_found(format!("no answer {request_id:?} in this connection"))
            .with_hint("pass the request_id of one of the last answers of this connection")
    })
}

fn to_json(spec: &QuickSpec) -> Result<Value> {
    serde_json::to_value(spec).map_err(|e| Error::invalid(format!("the spec can't be written as JSON: {e}")))
}

/// For the worker: counts how often stored questions answered, from the decision log. Asking itself never writes.
pub fn count_uses(_context: &JobContext) -> Result<()> {
    Spi::connect_mut(|client| {
        client.update(include_str!("../../sql/similarity/count_uses.sql"), None, &[])?;
        Ok(())
    })
}
