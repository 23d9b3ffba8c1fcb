//! What passes through the ring, in few bytes and without copies of its text.

use serde::{Deserialize, Serialize};

/// What happened to one question, or what went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)] // written at once, never kept
pub enum Record<'a> {
    #[serde(borrow)]
    Decision(Decision<'a>),
    #[serde(borrow)]
    Failure(Failure<'a>),
    Repeat(Repeat),
}

/// The same question, answered the same, by the same role as before: all else is as in the decision on that one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Repeat {
    /// The request id of a decision that was queued before this one and said that [`Decision::leads`].
    pub of: [u8; 16],
    pub request_id: [u8; 16],
    /// Microseconds since 1970-01-01 UTC.
    pub decided_at: i64,
    pub total_us: u32,
}

const WEEK: i64 = 7 * 86_400 * 1_000_000;
/// Monday, 1969-12-29, in microseconds since 1970.
const A_MONDAY: i64 = -3 * 86_400 * 1_000_000;

impl Repeat {
    /// Whether this decision and another fall in the same week from Monday on, in UTC: the log is kept, and dropped, by
    /// weeks.
    pub fn is_in_week_of(&self, first: &Decision<'_>) -> bool {
        let week = |time: i64| (time - A_MONDAY).div_euclid(WEEK);
        week(self.decided_at) == week(first.decided_at)
    }
}

/// How one question was routed. Fields that hold JSON are its text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Decision<'a> {
    pub request_id: [u8; 16],
    /// Microseconds since 1970-01-01 UTC.
    pub decided_at: i64,
    pub role: &'a str,
    /// Why what quotes the prompt may be missing: the setting that held.
    pub hash_prompt: bool,
    pub prompt: Option<&'a str>,
    /// JSON.
    pub context: Option<&'a str>,
    pub status: &'a str,
    pub source: &'a str,
    pub intent: &'a str,
    /// 0 to 1.
    pub confidence: f32,
    pub layer: Option<&'a str>,
    pub dataset: Option<&'a str>,
    /// JSON.
    pub spec: Option<&'a str>,
    pub sql: Option<&'a str>,
    /// JSON.
    pub candidates: Option<&'a str>,
    /// JSON.
    pub steps: Option<&'a str>,
    /// SQLSTATE.
    pub error: Option<&'a str>,
    pub cached: bool,
    pub total_us: u32,
    /// Steps with their microseconds.
    pub timings: Vec<(&'a str, u32)>,
    /// What "now" meant: ISO 8601 with the zone.
    pub clock: &'a str,
    /// JSON.
    pub settings: &'a str,
    pub semantic_version: u64,
    pub fingerprint: u64,
    /// Repeats of it may follow.
    pub leads: bool,
}

impl<'a> Decision<'a> {
    /// The decision on a repeat of this one.
    pub fn repeated(&self, repeat: &Repeat) -> Decision<'a> {
        Decision {
            request_id: repeat.request_id,
            decided_at: repeat.decided_at,
            total_us: repeat.total_us,
            leads: false,
            ..self.clone()
        }
    }
}

/// Something that went wrong, and what was done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure<'a> {
    /// Microseconds since 1970-01-01 UTC.
    pub occurred_at: i64,
    pub request_id: Option<[u8; 16]>,
    pub role: &'a str,
    pub operation: &'a str,
    pub kind: &'a str,
    pub sqlstate: &'a str,
    pub message: &'a str,
    pub recoverable: bool,
    pub recovery: Option<&'a str>,
    pub recovered: bool,
}

impl<'a> Record<'a> {
    /// The bytes; `None` only if there is no memory for them.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_extend(self, Vec::with_capacity(1024)).ok()
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_repeat_is_short_and_brings_the_rest_back() {
        let first =
            Decision { prompt: Some("total sales"), cached: true, leads: true, total_us: 9, ..Decision::default() };
        let repeat = Repeat { of: first.request_id, request_id: [7; 16], decided_at: 1 << 50, total_us: 5 };
        let bytes = Record::Repeat(repeat).to_bytes().unwrap();
        assert!(bytes.len() < 64);
        assert_eq!(Record::from_bytes(&bytes), Some(Record::Repeat(repeat)));
        let whole = first.repeated(&repeat);
        let expected =
            Decision { request_id: [7; 16], decided_at: 1 << 50, total_us: 5, leads: false, ..first.clone() };
        assert_eq!(whole, expected);
    }

    #[test]
    fn weeks_begin_on_mondays_in_utc() {
        let at = |time: &str| time.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let same = |first: &str, later: &str| {
            let repeat = Repeat { of: [0; 16], request_id: [7; 16], decided_at: at(later), total_us: 5 };
            repeat.is_in_week_of(&Decision { decided_at: at(first), ..Decision::default() })
        };
        assert!(same("2026-11-23T00:00:00Z", "2026-11-29T23:59:59Z"));
        assert!(!same("2026-11-29T23:59:59Z", "2026-11-30T00:00:00Z"));
        assert!(same("1969-12-29T00:00:00Z", "1970-01-04T23:59:59Z"));
        assert!(!same("1969-12-28T23:59:59Z", "1969-12-29T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn comes_back_as_it_went(prompt in proptest::option::of(".*"), spec in ".*", id: [u8; 16], us: u32, version: u64) {
            let record = Record::Decision(Decision {
                request_id: id,
                prompt: prompt.as_deref(),
                spec: Some(&spec),
                total_us: us,
                timings: vec![("read", us / 2)],
                semantic_version: version,
                ..Decision::default()
            });
            let bytes = record.to_bytes().unwrap();
            prop_assert_eq!(Record::from_bytes(&bytes), Some(record));
        }

        #[test]
        fn foreign_bytes_are_refused_or_read_but_never_panic(bytes: Vec<u8>) {
            let _ = Record::from_bytes(&bytes);
        }
    }
}
