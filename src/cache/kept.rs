//! Parts of an answer that are dear to make: vectors of a remote encoder, similar questions found.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::Key;
use super::{Layer, store};
use crate::error::Result;
use crate::pg;

/// What is kept for `label` and whatever else it depends on, or what `make` makes, which is then kept. An error is
/// not; nor is what `worth` says no to.
pub fn kept<T: Serialize + DeserializeOwned>(
    layer: Layer,
    label: &str,
    rest: &[&[u8]],
    worth: impl FnOnce(&T) -> bool,
    make: impl FnOnce() -> Result<T>,
) -> Result<T> {
    // A vector hangs on the text alone, not on anything read.
    let reads = layer != Layer::Embedding;
    let key = match reads {
        true if pg::snapshot_is_fixed() => None,
        true => Key::new(layer, label, rest)?,
        false => Key::of_text(layer, label, rest),
    };
    let Some(key) = key else { return make() };
    if let Some((_, bytes)) = store::get(layer, &key.bytes)
        && let Ok(value) = serde_json::from_slice(&bytes)
    {
        return Ok(value);
    }
    let value = if reads { pg::with_latest_snapshot(make)? } else { make()? };
    if worth(&value)
        && let Ok(bytes) = serde_json::to_vec(&value)
    {
        store::put(layer, &key.bytes, &bytes, pg::statement_time());
    }
    Ok(value)
}
