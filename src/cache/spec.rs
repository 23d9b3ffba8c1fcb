//! Whole answers of `router_route`, as the bytes that are handed out.
//!
//! A hit is checked before it is used: the guard judges its statement anew, once for every connection and generation of
//! the model (a change of any registered relation, of a privilege or of a role is another generation), and the caller's
//! privileges on what it reads are looked up each time. Whatever is not in order makes it a miss.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use serde_json::Value;

use super::counters::{Event, count};
use super::key::Key;
use super::local::Local;
use super::{Layer, store};
use crate::error::Result;
use crate::pg::{JsonImage, facts};
use crate::telemetry::Led;
use crate::{guard, pg};

/// An answer that was given before.
#[derive(Debug)]
pub struct Hit {
    image: JsonImage,
    request_id: Range<usize>,
    cached: usize,
    /// Its statement, if it has one.
    pub sql: Option<String>,
    /// What the decision log says of it.
    pub record: Vec<u8>,
    /// What of it is on record in full.
    pub led: Led,
    /// Microseconds since 1970: the times in the question mean what they meant in between.
    holds: Range<i64>,
    expires: i64,
    /// Relations and columns that the statement reads.
    reads: Vec<(u32, Vec<i16>)>,
    /// Generation of the model in which this connection's guard judged it.
    judged: Cell<u64>,
}

/// Moments in which an answer holds whatever its times mean, as those with a given clock.
pub const ALWAYS: Range<i64> = i64::MIN..i64::MAX;

thread_local! {
    static LOCAL: RefCell<Local<Hit>> = const { RefCell::new(Local::new()) };
}

/// A question's place: the prompt as asked, the context as given, the time zone of the session or the setting.
pub fn key(prompt: &str, context: &str, zone: &str) -> Result<Option<Key>> {
    Key::new(Layer::Spec, prompt, &[context.as_bytes(), zone.as_bytes()])
}

/// The answer kept for a question, if it may be given now.
pub fn get(key: &Key) -> Result<Option<Rc<Hit>>> {
    let now = pg::statement_time();
    if let Some(hit) = LOCAL.with_borrow_mut(|local| local.get(&key.bytes))
        && hit.holds_at(now)
        && hit.is_cleared(key.generation)?
    {
        count(Layer::Spec, Event::LocalHit, 1);
        return Ok(Some(hit));
    }
    let Some((_, bytes)) = store::get(Layer::Spec, &key.bytes) else { return Ok(None) };
    let Some(mut hit) = Hit::decode(&bytes) else { return Ok(None) };
    if !hit.holds_at(now) {
        return Ok(None);
    }
    if let Some(sql) = &hit.sql {
        let verdict = guard::validate_qualified(sql)?;
        if !verdict.is_valid() {
            return Ok(None);
        }
        hit.reads = verdict.reads;
    }
    hit.judged.set(key.generation);
    let hit = Rc::new(hit);
    LOCAL.with_borrow_mut(|local| local.put(&key.bytes, Rc::clone(&hit), bytes.len()));
    Ok(Some(hit))
}

/// Relations that a statement reads, each with its columns.
pub type Reads = Vec<(u32, Vec<i16>)>;

/// Keeps a fresh answer: its JSON with `"cached": false`, its statement with what the guard found it to read, and what
/// the decision log says of it.
pub fn put(key: &Key, image: &JsonImage, sql: Option<(&str, Reads)>, record: Vec<u8>, holds: Range<i64>) {
    let (Some(request_id), Some(cached)) = (image.string_at("request_id"), image.entry_at("cached")) else { return };
    let Some(lifetime) = super::settings::lifetime(Layer::Spec) else { return };
    let mut image = image.clone();
    image.set_bool(cached, true);
    let now = pg::statement_time();
    let (sql, reads) = sql.map_or((None, Vec::new()), |(sql, reads)| (Some(sql.to_owned()), reads));
    let expires = now.saturating_add(lifetime);
    let judged = Cell::new(key.generation);
    let hit = Hit { image, request_id, cached, sql, record, led: Led::default(), holds, expires, reads, judged };
    let bytes = hit.encode();
    store::put(Layer::Spec, &key.bytes, &bytes, now);
    LOCAL.with_borrow_mut(|local| local.put(&key.bytes, Rc::new(hit), bytes.len()));
}

impl Hit {
    /// As the answer to another request.
    pub fn image(&self, request_id: &str) -> JsonImage {
        let mut image = self.image.clone();
        image.set_string(self.request_id.clone(), request_id);
        image
    }

    pub fn value(&self) -> Option<Value> {
        self.image.value()
    }

    fn holds_at(&self, now: i64) -> bool {
        self.holds.contains(&now) && now < self.expires
    }

    /// Judges the statement unless that was done in this generation, and looks up privileges.
    fn is_cleared(&self, generation: u64) -> Result<bool> {
        let Some(sql) = &self.sql else { return Ok(true) };
        if self.judged.get() != generation {
            if !guard::validate_qualified(sql)?.is_valid() {
                return Ok(false);
            }
            self.judged.set(generation);
        }
        Ok(self.reads.iter().all(|(relation, columns)| facts::forbidden_columns(*relation, columns).is_empty()))
    }

    /// Lengths and positions, the statement, the record, the image.
    fn encode(&self) -> Vec<u8> {
        let sql = self.sql.as_deref().unwrap_or_default();
        let mut out = Vec::with_capacity(FIXED + sql.len() + self.record.len() + self.image.bytes().len());
        for number in [self.holds.start, self.holds.end, self.expires] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let sql_length = self.sql.as_ref().map_or(u32::MAX, |sql| sql.len() as u32);
        let id = &self.request_id;
        for number in [id.start as u32, id.end as u32, self.cached as u32, sql_length, self.record.len() as u32] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(sql.as_bytes());
        out.extend_from_slice(&self.record);
        out.extend_from_slice(self.image.bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let long = |i: usize| Some(i64::from_le_bytes(bytes.get(8 * i..8 * i + 8)?.try_into().ok()?));
        let short = |i: usize| Some(u32::from_le_bytes(bytes.get(24 + 4 * i..28 + 4 * i)?.try_into().ok()?));
        let rest = bytes.get(FIXED..)?;
        let (sql, image) = match short(3)? {
            u32::MAX => (None, rest),
            length => {
                let (sql, image) = rest.split_at_checked(length as usize)?;
                (Some(std::str::from_utf8(sql).ok()?.to_owned()), image)
            }
        };
        let (record, image) = image.split_at_checked(short(4)? as usize)?;
        Some(Self {
            image: JsonImage::from_bytes(image.to_vec()),
            request_id: short(0)? as usize..short(1)? as usize,
            cached: short(2)? as usize,
            sql,
            record: record.to_vec(),
            led: Led::default(),
            holds: long(0)?..long(1)?,
            expires: long(2)?,
            reads: Vec::new(),
            judged: Cell::new(0),
        })
    }
}

/// Three longs and five shorts.
const FIXED: usize = 3 * 8 + 5 * 4;
