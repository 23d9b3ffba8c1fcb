//! How long to wait before the next attempt.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// The first wait, milliseconds; doubled with each attempt, up to the most.
const FIRST: u64 = 100;
const MOST: u64 = 10_000;
/// The longest that an endpoint is believed to want us to wait, milliseconds.
const LONGEST_ASKED: u64 = 3_600_000;

/// Milliseconds to wait after `failed` (1 or more) attempts. `draw` is uniform in [0, 1): half of the wait is left
/// to chance, so that callers that failed together don't come back together. Never earlier than the endpoint asked.
pub fn delay(failed: u32, asked: Option<u64>, draw: f64) -> u64 {
    let full = FIRST.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(MOST);
    let own = (full as f64 * (0.5 + 0.5 * draw.clamp(0.0, 1.0))) as u64;
    match asked {
        // A little later than asked, each in its own moment.
        Some(asked) => asked.saturating_add(own / 4 + 10),
        None => own,
    }
}

/// The `Retry-After` header in milliseconds from now: seconds (fractions too), or a date.
pub fn retry_after(header: &str, now: Timestamp) -> Option<u64> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0)
            .then(|| (seconds.min(LONGEST_ASKED as f64 / 1000.0) * 1000.0).ceil() as u64);
    }
    let at = DateTimeParser::new().parse_timestamp(header).ok()?;
    let millis = (at.as_millisecond() - now.as_millisecond()).max(0);
    u64::try_from(millis).ok().map(|ms| ms.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_jittered_and_end() {
        for failed in 1..40 {
            let (low, high) = (delay(failed, None, 0.0), delay(failed, None, 0.999));
            assert!(low < high && high <= MOST, "{failed}: {low}..{high}");
            assert!(low >= delay(failed.saturating_sub(1).max(1), None, 0.0));
        }
    }

    #[test]
    fn never_before_the_endpoint_wants_it() {
        assert!(delay(1, Some(2_000), 0.0) > 2_000);
        assert!(delay(9, Some(0), 0.5) < MOST);
    }

    #[test]
    fn reads_seconds_and_dates() {
        let now: Timestamp = "2025-03-15T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after("2", now), Some(2_000));
        assert_eq!(retry_after(" 0.5 ", now), Some(500));
        assert_eq!(retry_after("Sat, 15 Mar 2025 10:00:30 GMT", now), Some(30_000));
        assert_eq!(retry_after("Sat, 15 Mar 2025 09:00:30 GMT", now), Some(0));
        assert_eq!(retry_after("99999999999", now), Some(LONGEST_ASKED));
        for odd in ["", "-1", "soon", "NaN", "inf"] {
            assert_eq!(retry_after(odd, now), None, "{odd}");
        }
    }
}
