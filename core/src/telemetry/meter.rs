//! How long an operation takes and how often it fails, counted over words that many processes share.
//!
//! The buckets are those of H2Histogram (as in HdrHistogram: linear within each power of two), 32 a power of two, so
//! that a quantile is off by at most 3.1 %. Counting is two additions and needs no lock; reading is left to the crate
//! `histogram`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use histogram::Histogram;

/// Buckets a power of two are 2^GROUPING.
const GROUPING: u32 = 5;
/// Nanoseconds up to 2^40, which is 18 minutes; what takes longer counts as that.
const MAX_POWER: u32 = 40;
const BUCKETS: usize = ((MAX_POWER - GROUPING + 1) << GROUPING) as usize;

/// Seconds of a window; "lately" is this window and the one before.
const WINDOW: u64 = 300;

/// A tally is: calls, failures, nanoseconds, buckets.
const TALLY_WORDS: usize = 3 + BUCKETS;
/// Words of a meter: a tally since the start, and two windows with the number of the window each holds.
pub const METER_WORDS: usize = TALLY_WORDS + 2 * (1 + TALLY_WORDS);

/// One operation's counters.
#[derive(Clone, Copy)]
pub struct Meter<'a>(&'a [AtomicU64]);

/// What was counted. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    pub calls: u64,
    pub failures: u64,
    pub total_ms: f64,
    /// Calls by bucket, for quantiles and cumulative counts.
    buckets: Vec<u64>,
}

impl<'a> Meter<'a> {
    /// `None` when there are too few words.
    pub fn new(words: &'a [AtomicU64]) -> Option<Self> {
        words.get(..METER_WORDS).map(Self)
    }

    /// Counts one call. `now` is in seconds since any fixed moment.
    pub fn count(&self, nanos: u64, failed: bool, now: u64) {
        tally(&self.0[..TALLY_WORDS], nanos, failed);
        let number = now / WINDOW;
        let window = self.window(number);
        let holds = window[0].load(Relaxed);
        if holds != number && window[0].compare_exchange(holds, number, Relaxed, Relaxed).is_ok() {
            window[1..].iter().for_each(|word| word.store(0, Relaxed));
        }
        tally(&window[1..], nanos, failed);
    }

    /// Everything since the words were zeroed.
    pub fn total(&self) -> Summary {
        Summary::read(&self.0[..TALLY_WORDS])
    }

    /// The last five to ten minutes.
    pub fn lately(&self, now: u64) -> Summary {
        let number = now / WINDOW;
        let mut sum = Summary::default();
        for wanted in [number, number.saturating_sub(1)] {
            let window = self.window(wanted);
            if window[0].load(Relaxed) == wanted {
                sum.add(&Summary::read(&window[1..]));
            }
        }
        sum
    }

    fn window(&self, number: u64) -> &'a [AtomicU64] {
        let start = TALLY_WORDS + (number % 2) as usize * (1 + TALLY_WORDS);
        &self.0[start..=start + TALLY_WORDS]
    }
}

fn tally(words: &[AtomicU64], nanos: u64, failed: bool) {
    words[0].fetch_add(1, Relaxed);
    if failed {
        words[1].fetch_add(1, Relaxed);
    }
    words[2].fetch_add(nanos, Relaxed);
    words[3 + bucket(nanos)].fetch_add(1, Relaxed);
}

/// Below 2^GROUPING * 2 a bucket a value; above, with `shift` bits dropped, a block of 2^GROUPING buckets for each
/// further power of two.
fn bucket(nanos: u64) -> usize {
    let value = nanos.min((1 << MAX_POWER) - 1);
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(GROUPING + 1);
    ((u64::from(shift) << GROUPING) + (value >> shift)) as usize
}

impl Summary {
    fn read(words: &[AtomicU64]) -> Self {
        let at = |i: usize| words[i].load(Relaxed);
        Self {
            calls: at(0),
            failures: at(1),
            total_ms: at(2) as f64 / 1e6,
            buckets: words[3..].iter().map(|word| word.load(Relaxed)).collect(),
        }
    }

    /// Adds another summary's counts.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.total_ms += other.total_ms;
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            self.buckets.iter_mut().zip(&other.buckets).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// `None` when nothing was counted.
    pub fn average_ms(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.total_ms / self.calls as f64)
    }

    /// Calls that did not fail, 0 to 1; `None` when nothing was counted.
    pub fn success_rate(&self) -> Option<f64> {
        (self.calls > 0).then(|| 1.0 - self.failures.min(self.calls) as f64 / self.calls as f64)
    }

    /// The q-quantiles (each 0 to 1) in milliseconds; `None` when nothing was counted.
    pub fn quantiles_ms<const N: usize>(&self, q: [f64; N]) -> Option<[f64; N]> {
        let histogram = Histogram::from_buckets(GROUPING as u8, MAX_POWER as u8, self.buckets.clone()).ok()?;
        let mut found = [0.0; N];
        for (slot, q) in found.iter_mut().zip(q) {
            let bucket = histogram.quantile_bucket(q).ok()??;
            *slot = (bucket.start() as f64 + bucket.end() as f64) / 2e6;
        }
        Some(found)
    }

    /// Calls that took at most so many milliseconds, give or take a bucket.
    pub fn calls_within(&self, ms: f64) -> u64 {
        let bound = bucket((ms * 1e6) as u64);
        self.buckets.iter().take(bound + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words() -> Vec<AtomicU64> {
        (0..METER_WORDS).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn buckets_are_those_of_the_crate() {
        for value in (0..40).flat_map(|p| [(1u64 << p) - 1, 1 << p, (1 << p) + (1 << p) / 3]) {
            let mut theirs = Histogram::new(GROUPING as u8, MAX_POWER as u8).unwrap();
            theirs.increment(value).unwrap();
            assert_eq!(theirs.as_slice().iter().position(|n| *n == 1), Some(bucket(value)), "{value}");
            assert_eq!(theirs.as_slice().len(), BUCKETS);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn lately_forgets_and_total_does_not() {
        let words = words();
        let meter = Meter::new(&words).unwrap();
        meter.count(1_000_000, false, 10);
        meter.count(1_000_000, true, WINDOW + 10);
        assert_eq!(meter.lately(WINDOW + 20).calls, 2);
        assert_eq!(meter.lately(2 * WINDOW).calls, 1);
        assert_eq!(meter.lately(5 * WINDOW).calls, 0);
        meter.count(2_000_000, false, 5 * WINDOW);
        assert_eq!(meter.lately(5 * WINDOW).calls, 1);
        let total = meter.total();
        assert_eq!((total.calls, total.failures), (3, 1));
        assert!((total.average_ms().unwrap() - 4.0 / 3.0).abs() < 1e-9);
        assert!((total.success_rate().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_counted_is_nothing_known() {
        let words = words();
        let total = Meter::new(&words).unwrap().total();
        assert_eq!((total.average_ms(), total.success_rate(), total.quantiles_ms([0.5])), (None, None, None));
        assert!(Meter::new(&words[1..]).is_none());
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_bucket(mut nanos in prop::collection::vec(0u64..1 << 39, 1..300), q in 0.0..=1.0f64) {
            let words = words();
            let meter = Meter::new(&words).unwrap();
            nanos.iter().for_each(|n| meter.count(*n, false, 0));
            nanos.sort_unstable();
            let found = meter.total().quantiles_ms([q]).unwrap()[0] * 1e6;
            // The crate's rank is the nearest; either neighbour is a fair reading of a quantile.
            let at = q * nanos.len() as f64;
            let low = nanos[(at.floor() as usize).saturating_sub(1)] as f64;
            let high = nanos[(at.ceil() as usize).min(nanos.len() - 1)] as f64;
            prop_assert!(found >= low * 0.965 - 1.0 && found <= high * 1.035 + 1.0, "{found} not in {low}..{high}");
        }

        #[test]
        fn cumulative_counts_grow_to_all(nanos in prop::collection::vec(0u64..1 << 34, 1..100)) {
            let words = words();
            let meter = Meter::new(&words).unwrap();
            nanos.iter().for_each(|n| meter.count(*n, false, 0));
            let total = meter.total();
            let within: Vec<u64> = [0.01, 0.1, 1.0, 10.0, 20_000.0].map(|ms| total.calls_within(ms)).to_vec();
            prop_assert!(within.is_sorted());
            prop_assert_eq!(within.last().copied(), Some(nanos.len() as u64));
        }
    }
}
