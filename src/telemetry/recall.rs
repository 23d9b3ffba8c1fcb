//! Finding an answer again by its request id, in whatever session it was given.

use pgrx::JsonB;
use pgrx::datum::Uuid;
use pgrx::prelude::*;
use router_core::telemetry::Record;
use serde_json::Value;

use super::memory;
use super::question::uuid_bytes;
use crate::error::Result;
use crate::pg;

/// Bytes copied at a time, under the lock that callers need.
const STEP_BYTES: usize = 64 * 1024;

/// What the log says of one question.
pub struct Recalled {
    pub prompt: String,
    pub spec: Option<Value>,
    /// Other readings, as in the answer.
    pub candidates: Option<Value>,
}

/// The question of the current user with this request id, if it is on record with its prompt: in the log, or still
/// waiting to be written there.
pub fn recall(request_id: &str) -> Result<Option<Recalled>> {
    let id = uuid_bytes(request_id);
    if id == [0; 16] {
        return Ok(None);
    }
    let role = pg::role_name(pg::current_user());
    match waiting(id, &role) {
        Waiting::Found(found) => Ok(Some(found)),
        Waiting::No => written(id, &role),
        Waiting::Repeat(of) => match waiting(of, &role) {
            Waiting::Found(found) => Ok(Some(found)),
            _ => written(of, &role),
        },
    }
}

enum Waiting {
    Found(Recalled),
    /// The same as another request.
    Repeat([u8; 16]),
    No,
}

fn waiting(id: [u8; 16], role: &str) -> Waiting {
    let json = |text: Option<&str>| serde_json::from_str(text?).ok();
    let mut from = 0;
    loop {
        let batch = memory::take(pg::process::database(), from, STEP_BYTES);
        if batch.records.is_empty() {
            return Waiting::No;
        }
        for bytes in &batch.records {
            match Record::from_bytes(bytes) {
                Some(Record::Repeat(repeat)) if repeat.request_id == id => return Waiting::Repeat(repeat.of),
                Some(Record::Decision(d)) if d.request_id == id && d.role == role && !d.hash_prompt => {
                    let Some(prompt) = d.prompt else { return Waiting::No };
                    let (spec, candidates) = (json(d.spec), json(d.candidates));
                    return Waiting::Found(Recalled { prompt: prompt.to_owned(), spec, candidates });
                }
                _ => {}
            }
        }
        from = batch.end;
    }
}

fn written(id: [u8; 16], role: &str) -> Result<Option<Recalled>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let sql = "SELECT prompt, spec, candidates FROM router.decisions \
                       WHERE request_id = $1 AND role_name = $2 AND prompt IS NOT NULL LIMIT 1";
            let mut rows = client.select(sql, Some(1), &[Uuid::from_bytes(id).into(), role.into()])?;
            let Some(row) = rows.next() else { return Ok(None) };
            let json = |i| row.get::<JsonB>(i).map(|json| json.map(|j| j.0));
            Ok(Some(Recalled { prompt: row.get(1)?.unwrap_or_default(), spec: json(2)?, candidates: json(3)? }))
        })
    })
}
