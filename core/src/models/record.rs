//! What is counted of an assignment, and the arithmetic of one more outcome.

use super::estimate::{Evidence, overall_success};
use super::health::opens_circuit;
use super::sketch::LatencySketch;

/// The quantile by which latency is judged.
const JUDGED_QUANTILE: f64 = 0.95;
/// Ranks follow when expected success has moved by more than this.
const SUCCESS_MOVED: f64 = 0.0025;
/// The same for the latency, as a share.
const LATENCY_MOVED: f64 = 0.03;
/// With few requests the latency is judged at each, then at every sixteenth.
const FEW_REQUESTS: i64 = 64;
const JUDGED_EVERY: i64 = 16;

/// Whether the latest `added` of so many requests are a reason to look at what they add up to.
pub fn is_time_to_judge(requests: i64, added: i64) -> bool {
    requests <= FEW_REQUESTS || requests % JUDGED_EVERY < added
}

/// Microseconds since any fixed moment.
pub type Micros = i64;

/// How one request went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    pub success: bool,
    /// 0 to 1.
    pub quality: f64,
    /// `None`: unknown.
    pub latency_ms: Option<f64>,
    /// Dollars; `None`: unknown.
    pub cost: Option<f64>,
    pub at: Micros,
}

/// Sums whose parts fade with time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Recent {
    pub weight: f64,
    pub success: f64,
    pub quality: f64,
    pub at: Option<Micros>,
}

impl Recent {
    /// Adds an outcome; what was there fades by `decay` a second. The time kept never stands still or goes back, so
    /// that it tells one state from the next.
    fn add(&mut self, seen: &Seen, decay: f64) {
        let at = self.at.map_or(seen.at, |before| seen.at.max(before + 1));
        let kept = self.at.map_or(1.0, |before| (-decay * (at - before) as f64 / 1e6).exp());
        self.weight = self.weight * kept + 1.0;
        self.success = self.success * kept + if seen.success { 1.0 } else { 0.0 };
        self.quality = self.quality * kept + seen.quality;
        self.at = Some(at);
    }
}

/// An assignment's record over all task types.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// 0 to 100.
    pub match_score: f64,
    pub requests: i64,
    pub successes: i64,
    /// Requests whose latency is unknown.
    pub untimed: i64,
    /// Mean of the known ones.
    pub mean_latency_ms: f64,
    pub recent: Recent,
    pub latencies: LatencySketch,
    /// Failures in a row.
    pub failure_run: i32,
    pub circuit_open_until: Option<Micros>,
    /// Expected success and latency by which the assignment was last ranked.
    pub ranked_success: f32,
    pub ranked_latency_ms: f32,
}

impl Record {
    /// Counts an outcome: evidence fades by `decay` a second, and a circuit opens for `cooldown`. True when the
    /// assignment has to be ranked anew.
    pub fn add(&mut self, seen: &Seen, decay: f64, cooldown: Micros) -> bool {
        self.recent.add(seen, decay);
        self.failure_run = if seen.success { 0 } else { self.failure_run.saturating_add(1) };
        let run = self.failure_run.unsigned_abs();
        self.requests += 1;
        if seen.success {
            self.successes += 1;
            self.circuit_open_until = None;
        } else if opens_circuit(run, self.successes as f64, self.requests as f64, self.match_score / 100.0) {
            self.circuit_open_until = Some(seen.at + cooldown);
        }
        match seen.latency_ms {
            None => self.untimed += 1,
            Some(ms) => {
                self.mean_latency_ms += (ms - self.mean_latency_ms) / (self.requests - self.untimed).max(1) as f64;
                self.latencies.add(ms);
            }
        }
        self.moved()
    }

    /// Takes note of what the assignment is to be ranked by, if that differs from the last time by enough to matter.
    fn moved(&mut self) -> bool {
        let general = Evidence { weight: self.recent.weight, success: self.recent.success, ..Evidence::default() };
        let expected = overall_success(self.match_score, &general);
        let before = f64::from(self.ranked_latency_ms);
        let p95 = if is_time_to_judge(self.requests, 1) {
            self.latencies.quantile(JUDGED_QUANTILE).unwrap_or(0.0)
        } else {
            before
        };
        let moved = (expected - f64::from(self.ranked_success)).abs() > SUCCESS_MOVED
            || (p95 - before).abs() > LATENCY_MOVED * before;
        if moved {
            (self.ranked_success, self.ranked_latency_ms) = (expected as f32, p95 as f32);
        }
        moved
    }

    /// Hundredths of a percent, rounded.
    pub fn success_rate(&self) -> i64 {
        (self.successes * 10_000 + self.requests / 2) / self.requests.max(1)
    }
}

/// An assignment's record for one task type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TypedRecord {
    pub requests: i64,
    pub successes: i64,
    pub recent: Recent,
    pub latencies: LatencySketch,
    /// Dollars, and of how many requests.
    pub cost_total: f64,
    pub cost_count: i64,
    /// Dollars of the month with the number `month`.
    pub month_cost: f64,
    pub month: i32,
}

impl TypedRecord {
    /// Counts an outcome in the month with the number `month`; evidence fades by `decay` a second.
    pub fn add(&mut self, seen: &Seen, decay: f64, month: i32) {
        self.recent.add(seen, decay);
        self.requests += 1;
        self.successes += i64::from(seen.success);
        if let Some(ms) = seen.latency_ms {
            self.latencies.add(ms);
        }
        if let Some(cost) = seen.cost {
            self.cost_total += cost;
            self.cost_count += 1;
            if self.month != month {
                (self.month, self.month_cost) = (month, 0.0);
            }
            self.month_cost += cost;
        }
    }

    /// Whether ranks have to follow the outcomes just added. One more success among many moves nothing; a failure may,
    /// at once.
    pub fn moves_ranks(&self, added: &[Seen]) -> bool {
        added.iter().any(|seen| !seen.success) || is_time_to_judge(self.requests, added.len() as i64)
    }

    pub fn evidence(&self) -> Evidence {
        Evidence {
            weight: self.recent.weight,
            success: self.recent.success,
            quality: self.recent.quality,
            p95: judged_latency(&self.latencies),
            cost: (self.cost_count > 0).then(|| (self.cost_total / self.cost_count as f64, self.cost_count as f64)),
        }
    }
}

/// The latency by which an assignment is judged, and how many measurements it rests on.
pub fn judged_latency(latencies: &LatencySketch) -> Option<(f64, f64)> {
    latencies.quantile(JUDGED_QUANTILE).map(|ms| (ms, latencies.count().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Micros = 3_600_000_000;
    /// Half after an hour.
    const DECAY: f64 = std::f64::consts::LN_2 / 3600.0;

    fn seen(success: bool, latency_ms: Option<f64>, at: Micros) -> Seen {
        Seen { success, quality: if success { 1.0 } else { 0.0 }, latency_ms, cost: None, at }
    }

    fn fresh() -> Record {
        Record {
            match_score: 90.0,
            requests: 0,
            successes: 0,
            untimed: 0,
            mean_latency_ms: 0.0,
            recent: Recent::default(),
            latencies: LatencySketch::default(),
            failure_run: 0,
            circuit_open_until: None,
            ranked_success: 0.9,
            ranked_latency_ms: 0.0,
        }
    }

    #[test]
    fn old_evidence_fades() {
        let mut r = fresh();
        r.add(&seen(true, None, 0), DECAY, 0);
        r.add(&seen(false, None, HOUR), DECAY, 0);
        assert!((r.recent.weight - 1.5).abs() < 1e-9 && (r.recent.success - 0.5).abs() < 1e-9, "{r:?}");
        assert_eq!((r.requests, r.successes, r.success_rate()), (2, 1, 5000));
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_does_no_harm() {
        let mut r = fresh();
        for at in [5, 5, 1] {
            r.add(&seen(true, None, at), DECAY, 0);
        }
        assert_eq!(r.recent.at, Some(7));
        assert!((r.recent.weight - 3.0).abs() < 1e-6);
    }

    #[test]
    fn failures_open_the_circuit_and_a_success_closes_it() {
        let mut r = fresh();
        for _ in 0..100 {
            r.add(&seen(true, Some(10.0), 0), 0.0, HOUR);
        }
        for n in 1..=5 {
            r.add(&seen(false, Some(10.0), n), 0.0, HOUR);
            assert_eq!(r.circuit_open_until.is_some(), n >= 5, "after {n}");
        }
        assert_eq!(r.circuit_open_until, Some(5 + HOUR));
        r.add(&seen(true, Some(10.0), 6), 0.0, HOUR);
        assert_eq!((r.circuit_open_until, r.failure_run), (None, 0));
    }

    #[test]
    fn ranks_are_left_alone_while_nothing_moves() {
        let mut r = fresh();
        let moved = (0..5000).filter(|_| r.add(&seen(true, Some(100.0), 0), 0.0, HOUR)).count();
        assert!((1..60).contains(&moved), "{moved}");
        assert!(r.ranked_success > 0.99 && (r.ranked_latency_ms - 100.0).abs() < 5.0, "{r:?}");
    }

    #[test]
    fn ranks_follow_few_outcomes_and_failures_at_once_and_others_now_and_then() {
        let good = [seen(true, None, 0)];
        let mut t = TypedRecord::default();
        let followed = (0..1000)
            .filter(|_| {
                t.add(&good[0], 0.0, 0);
                t.moves_ranks(&good)
            })
            .count();
        assert_eq!(followed as i64, FEW_REQUESTS + (1000 - FEW_REQUESTS) / JUDGED_EVERY);
        assert!(t.moves_ranks(&[seen(false, None, 0)]));
        assert!(t.moves_ranks(&[good[0]; JUDGED_EVERY as usize]), "many at once pass one that is judged");
    }

    #[test]
    fn the_cost_of_a_month_starts_anew() {
        let mut t = TypedRecord::default();
        let paid = |cost| Seen { cost: Some(cost), ..seen(true, None, 0) };
        t.add(&paid(2.0), 0.0, 7);
        t.add(&paid(3.0), 0.0, 7);
        t.add(&paid(1.0), 0.0, 8);
        assert_eq!((t.cost_total, t.cost_count, t.month_cost, t.month), (6.0, 3, 1.0, 8));
    }

    proptest! {
        #[test]
        fn the_mean_is_the_mean(xs in prop::collection::vec(prop::option::of(0.0..1e6f64), 1..200)) {
            let mut r = fresh();
            for (i, x) in xs.iter().enumerate() {
                r.add(&seen(i % 3 > 0, *x, i as Micros), 0.0, HOUR);
            }
            let known: Vec<f64> = xs.iter().flatten().copied().collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            prop_assert!((r.mean_latency_ms - mean).abs() <= 1e-9 * (1.0 + mean));
            prop_assert_eq!(r.requests - r.untimed, known.len() as i64);
            prop_assert_eq!(r.successes, (0..xs.len()).filter(|i| i % 3 > 0).count() as i64);
        }
    }
}
