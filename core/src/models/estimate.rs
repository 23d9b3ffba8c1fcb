//! From counts to expectations: what an assignment will probably deliver.
//!
//! Every estimate is a shrunk mean, (sum + k * prior) / (weight + k): little evidence stays near the
//! prior, much evidence outweighs it. Priors form a chain: match score -> the assignment's record
//! over all task types -> its record for the task type.

/// Pseudo-requests with which the match score speaks for an unmeasured assignment.
const PRIOR_REQUESTS: f64 = 4.0;
/// Pseudo-requests with which the record over all task types speaks for one task type.
const OVERALL_REQUESTS: f64 = 8.0;
/// Measurements with which the expected latency speaks.
const PRIOR_LATENCIES: f64 = 4.0;
/// Pseudo-requests with which a cost hint speaks.
const PRIOR_COSTS: f64 = 4.0;
/// Latency expected of an unmeasured assignment with match score 50, in milliseconds.
const USUAL_LATENCY_MS: f64 = 1500.0;
/// Share of expected quality in the quality strategy's score; the match score has the rest.
const QUALITY_SHARE: f64 = 0.8;

/// What happened: time-decayed sums, so that old evidence fades.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence {
    /// Decayed number of outcomes.
    pub weight: f64,
    /// Decayed number of successes.
    pub success: f64,
    /// Decayed sum of quality, 0 to 1 each; a success counts 1 where no quality was told.
    pub quality: f64,
    /// 95th percentile of latency in milliseconds and how many measurements it rests on.
    pub p95: Option<(f64, f64)>,
    /// Mean cost of a request in dollars and how many measurements it rests on.
    pub cost: Option<(f64, f64)>,
}

/// What is known before anything happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hints {
    /// Match score, 0 to 100.
    pub match_score: f64,
    /// Weight of the match score in the balanced score, 0 to 1; success has the rest.
    pub match_weight: f64,
    /// Expected cost of a request in dollars.
    pub cost: Option<f64>,
    /// Expected latency in milliseconds.
    pub latency_ms: Option<f64>,
}

/// The figures by which assignments are ordered. Rounded, so that one more outcome rarely changes
/// them: an unchanged rank spares five index entries on each update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranks {
    /// 0 to 100, higher is better.
    pub quality: f32,
    /// 0 to 100, higher is better.
    pub balanced: f32,
    /// Milliseconds, lower is better.
    pub latency_ms: f32,
    /// Dollars a request, lower is better; infinite when unknown.
    pub cost: f32,
}

/// Expected success (0 to 1) over all task types.
pub fn overall_success(match_score: f64, overall: &Evidence) -> f64 {
    shrink(overall.success, overall.weight, match_score / 100.0, PRIOR_REQUESTS)
}

/// Expected success (0 to 1) for one task type.
pub fn smoothed_success(match_score: f64, overall: &Evidence, typed: &Evidence) -> f64 {
    shrink(typed.success, typed.weight, overall_success(match_score, overall), OVERALL_REQUESTS)
}

/// The ranks of an assignment for one task type.
pub fn ranks(hints: &Hints, overall: &Evidence, typed: &Evidence) -> Ranks {
    let success = smoothed_success(hints.match_score, overall, typed);
    let quality = shrink(typed.quality, typed.weight, overall_success(hints.match_score, overall), OVERALL_REQUESTS);
    let w = hints.match_weight.clamp(0.0, 1.0);
    Ranks {
        quality: to_grid(100.0 * QUALITY_SHARE * quality + (1.0 - QUALITY_SHARE) * hints.match_score, 0.05),
        balanced: to_grid(w * hints.match_score + (1.0 - w) * 100.0 * success, 0.05),
        latency_ms: three_digits(latency(hints, overall, typed)),
        cost: cost(hints, typed).map_or(f32::INFINITY, three_digits),
    }
}

/// Expected 95th percentile: the measured one, shrunk on the logarithmic scale, where latencies are
/// nearly normal. Without a hint a better match is expected to be somewhat faster.
fn latency(hints: &Hints, overall: &Evidence, typed: &Evidence) -> f64 {
    let usual = hints.latency_ms.unwrap_or(USUAL_LATENCY_MS * (1.5 - hints.match_score / 100.0));
    let general = log_shrink(overall.p95, usual);
    log_shrink(typed.p95, general)
}

fn cost(hints: &Hints, typed: &Evidence) -> Option<f64> {
    match (typed.cost, hints.cost) {
        (Some((mean, n)), Some(hint)) => Some(shrink(mean * n, n, hint, PRIOR_COSTS)),
        (Some((mean, _)), None) => Some(mean),
        (None, hint) => hint,
    }
}

fn shrink(sum: f64, weight: f64, prior: f64, strength: f64) -> f64 {
    (sum + strength * prior) / (weight + strength)
}

fn log_shrink(measured: Option<(f64, f64)>, prior: f64) -> f64 {
    let prior = prior.max(1.0);
    measured.map_or(prior, |(p95, n)| shrink(p95.max(1.0).ln() * n, n, prior.ln(), PRIOR_LATENCIES).exp())
}

fn to_grid(x: f64, step: f64) -> f32 {
    ((x / step).round() * step) as f32
}

/// Rounds to three significant digits.
fn three_digits(x: f64) -> f32 {
    if x <= 0.0 || !x.is_finite() {
        return x as f32;
    }
    let unit = 10f64.powf(x.log10().floor() - 2.0);
    ((x / unit).round() * unit) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINTS: Hints = Hints { match_score: 80.0, match_weight: 0.6, cost: None, latency_ms: None };

    fn seen(success: f64, weight: f64) -> Evidence {
        Evidence { weight, success, quality: success, ..Evidence::default() }
    }

    #[test]
    fn the_unmeasured_lives_on_its_match_score() {
        let r = ranks(&HINTS, &Evidence::default(), &Evidence::default());
        assert_eq!((r.balanced, r.quality), (80.0, 80.0));
        assert!(r.cost.is_infinite());
    }

    #[test]
    fn balanced_is_sixty_forty_once_measured() {
        let much = seen(9_000.0, 10_000.0);
        let r = ranks(&HINTS, &much, &Evidence::default());
        assert!((r.balanced - (0.6 * 80.0 + 0.4 * 90.0)).abs() < 0.11, "{r:?}");
    }

    #[test]
    fn the_task_types_own_record_outweighs_the_general_one() {
        let r = ranks(&HINTS, &seen(900.0, 1000.0), &seen(10.0, 200.0));
        assert!(r.quality < 40.0, "{r:?}");
    }

    #[test]
    fn measured_cost_and_latency_win_over_hints() {
        let hints = Hints { cost: Some(0.5), latency_ms: Some(100.0), ..HINTS };
        let typed = Evidence { p95: Some((900.0, 500.0)), cost: Some((0.01, 500.0)), ..Evidence::default() };
        let r = ranks(&hints, &Evidence::default(), &typed);
        assert!(r.latency_ms > 850.0 && r.latency_ms < 900.0, "{r:?}");
        assert!(r.cost < 0.02, "{r:?}");
    }

    #[test]
    fn rounding_keeps_three_digits() {
        assert_eq!(three_digits(0.000123456), 0.000123);
        assert_eq!(three_digits(98_765.0), 98_800.0);
        assert_eq!(three_digits(0.0), 0.0);
    }
}
