//! Latency quantiles in about a hundred bytes.
//!
//! Logarithmic buckets as in DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable
//! quantile sketch with relative-error guarantees", VLDB 2019): a quantile is off by at most 5 %.
//! Once [`AGED_AT`] measurements are held, all counts are halved, so that the sketch follows what
//! happened lately and never grows.

use thiserror::Error;

/// The largest latency told apart: one day, in milliseconds. Longer ones count as this.
pub const MAX_LATENCY_MS: f64 = 86_400_000.0;

/// Ratio of a bucket's upper to its lower bound, for a relative error of 5 %: (1 + e) / (1 - e).
const GAMMA: f64 = 1.05 / 0.95;
/// Measurements held before the counts are halved.
const AGED_AT: u32 = 4096;
const FORMAT: u8 = 1;

/// Counts per latency bucket. Serialised sparsely: a format byte, then (bucket, count) pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LatencySketch {
    /// (bucket, count > 0), ascending by bucket.
    buckets: Vec<(u8, u16)>,
}

#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a latency sketch of a known format")]
pub struct SketchError;

impl LatencySketch {
    /// Counts one measurement.
    pub fn add(&mut self, latency_ms: f64) {
        let bucket = bucket_of(latency_ms);
        match self.buckets.binary_search_by_key(&bucket, |b| b.0) {
            Ok(i) => self.buckets[i].1 += 1,
            Err(i) => self.buckets.insert(i, (bucket, 1)),
        }
        self.age();
    }

    /// Adds another sketch's counts.
    pub fn merge(&mut self, other: &Self) {
        for &(bucket, count) in &other.buckets {
            match self.buckets.binary_search_by_key(&bucket, |b| b.0) {
                Ok(i) => self.buckets[i].1 += count,
                Err(i) => self.buckets.insert(i, (bucket, count)),
            }
        }
        self.age();
    }

    /// Measurements held (after ageing).
    pub fn count(&self) -> u32 {
        self.buckets.iter().map(|b| u32::from(b.1)).sum()
    }

    /// The q-quantile in milliseconds, `None` when nothing was measured. `q` is clamped to 0..=1.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = (q.clamp(0.0, 1.0) * f64::from(total - 1)).floor();
        let mut seen = 0.0;
        for &(bucket, count) in &self.buckets {
            seen += f64::from(count);
            if seen > rank {
                return Some(value_of(bucket));
            }
        }
        self.buckets.last().map(|b| value_of(b.0))
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + 3 * self.buckets.len());
        out.push(FORMAT);
        for &(bucket, count) in &self.buckets {
            out.push(bucket);
            out.extend_from_slice(&count.to_le_bytes());
        }
        out
    }

    /// Reads what [`Self::to_bytes`] wrote; no bytes are the empty sketch.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SketchError> {
        let Some((&format, pairs)) = bytes.split_first() else { return Ok(Self::default()) };
        if format != FORMAT || pairs.len() % 3 != 0 {
            return Err(SketchError);
        }
        let buckets: Vec<(u8, u16)> = pairs.chunks_exact(3).map(|c| (c[0], u16::from_le_bytes([c[1], c[2]]))).collect();
        let ascending = buckets.windows(2).all(|w| w[0].0 < w[1].0);
        let sane = buckets.iter().all(|b| b.1 > 0 && u32::from(b.1) <= AGED_AT);
        if ascending && sane { Ok(Self { buckets }) } else { Err(SketchError) }
    }

    fn age(&mut self) {
        while self.count() >= AGED_AT {
            for b in &mut self.buckets {
                b.1 /= 2;
            }
            self.buckets.retain(|b| b.1 > 0);
        }
    }
}

/// Bucket 0 holds up to one millisecond, bucket i up to GAMMA^i.
fn bucket_of(latency_ms: f64) -> u8 {
    let ms = if latency_ms.is_nan() { 0.0 } else { latency_ms.clamp(0.0, MAX_LATENCY_MS) };
    if ms <= 1.0 { 0 } else { (ms.ln() / GAMMA.ln()).ceil().min(255.0) as u8 }
}

/// The value within 5 % of everything in the bucket.
fn value_of(bucket: u8) -> f64 {
    if bucket == 0 { 1.0 } else { 2.0 * GAMMA.powi(i32::from(bucket)) / (GAMMA + 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_fits_the_buckets() {
        assert!(bucket_of(MAX_LATENCY_MS) < 255);
        assert_eq!(bucket_of(f64::NAN), 0);
        assert_eq!(LatencySketch::default().quantile(0.5), None);
    }

    #[test]
    fn refuses_foreign_bytes() {
        assert_eq!(LatencySketch::from_bytes(b"hello"), Err(SketchError));
        assert_eq!(LatencySketch::from_bytes(&[1, 9, 1, 0, 3, 1, 0]), Err(SketchError));
        assert_eq!(LatencySketch::from_bytes(&[]), Ok(LatencySketch::default()));
    }

    #[test]
    fn follows_what_happened_lately() {
        let mut s = LatencySketch::default();
        for _ in 0..4000 {
            s.add(100.0);
        }
        for _ in 0..20_000 {
            s.add(1000.0);
        }
        let median = s.quantile(0.5).unwrap_or_default();
        assert!((median - 1000.0).abs() < 60.0, "{median}");
        assert!(s.count() < AGED_AT);
    }

    proptest! {
        #[test]
        fn a_quantile_is_within_five_percent(mut xs in prop::collection::vec(1.0..1e7f64, 1..500), q in 0.0..=1.0f64) {
            let mut s = LatencySketch::default();
            for &x in &xs { s.add(x); }
            xs.sort_by(f64::total_cmp);
            let exact = xs[(q * (xs.len() - 1) as f64).floor() as usize];
            let found = s.quantile(q).unwrap_or_default();
            prop_assert!((found - exact).abs() <= 0.0501 * exact, "{} for {}", found, exact);
        }

        #[test]
        fn merging_is_adding(a in prop::collection::vec(0.0..1e6f64, 0..200), b in prop::collection::vec(0.0..1e6f64, 0..200)) {
            let (mut x, mut y, mut both) = (LatencySketch::default(), LatencySketch::default(), LatencySketch::default());
            for &v in &a { x.add(v); both.add(v); }
            for &v in &b { y.add(v); both.add(v); }
            x.merge(&y);
            prop_assert_eq!(&x, &both);
            prop_assert_eq!(LatencySketch::from_bytes(&both.to_bytes()), Ok(both));
        }
    }
}
