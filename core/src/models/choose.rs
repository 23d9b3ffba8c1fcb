//! Which of several candidates a strategy takes, given what is expected of each.

use super::strategy::Strategy;

/// What is expected of one candidate for one prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prospect {
    /// 0 to 1.
    pub quality: f64,
    /// Outcomes the quality rests on.
    pub weight: f64,
    /// 0 to 100.
    pub match_score: f64,
    /// Weight of the match score in the balanced score, 0 to 1.
    pub match_weight: f64,
    /// Dollars a request, infinite when unknown.
    pub cost: f64,
    pub latency_ms: f64,
    /// Taken only when nothing else is left.
    pub fallback: bool,
}

/// How the uncertainty of expectations is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explore {
    /// Not at all.
    No,
    /// Thompson sampling: qualities are drawn from what is believed of them.
    Thompson,
    /// Upper confidence bound: the benefit of the doubt.
    Ucb,
}

/// Share of quality in the quality strategy's score; the match score has the rest.
const QUALITY_SHARE: f64 = 0.8;
/// Standard deviations of doubt that the upper confidence bound grants.
const BENEFIT_OF_DOUBT: f64 = 1.5;

/// A candidate's score under a strategy, 0 to 100, higher is better.
pub fn score(strategy: Strategy, p: &Prospect) -> f64 {
    match strategy {
        Strategy::Balanced => p.match_weight * p.match_score + (1.0 - p.match_weight) * 100.0 * p.quality,
        Strategy::Quality => 100.0 * QUALITY_SHARE * p.quality + (1.0 - QUALITY_SHARE) * p.match_score,
        Strategy::Speed => 100.0 / (1.0 + p.latency_ms / 1000.0),
        Strategy::Cost => 100.0 / (1.0 + p.cost * 1000.0),
    }
}

/// The candidates in order of preference: those that reach the share `floor` of the best expected
/// quality before the others, regular ones before fallbacks, then by score; ties keep their order.
/// The floor counts for every strategy when `floor_for_all`, else for cost alone.
pub fn order(strategy: Strategy, prospects: &[Prospect], floor: f64, floor_for_all: bool) -> Vec<usize> {
    let regular = |p: &&Prospect| !p.fallback;
    let best_of = |it: &mut dyn Iterator<Item = &Prospect>| it.map(|p| p.quality).fold(f64::NEG_INFINITY, f64::max);
    let mut best = best_of(&mut prospects.iter().filter(regular));
    if best == f64::NEG_INFINITY {
        best = best_of(&mut prospects.iter());
    }
    let floors = floor_for_all || strategy == Strategy::Cost;
    let poor = |p: &Prospect| floors && p.quality < floor * best;
    let mut order: Vec<usize> = (0..prospects.len()).collect();
    order.sort_by(|&a, &b| {
        let (x, y) = (&prospects[a], &prospects[b]);
        (x.fallback, poor(x))
            .cmp(&(y.fallback, poor(y)))
            .then(score(strategy, y).total_cmp(&score(strategy, x)))
            .then(y.quality.total_cmp(&x.quality))
    });
    order
}

/// The prospects as exploration sees them. `normal` gives standard normal draws.
pub fn explored(explore: Explore, prospects: &[Prospect], mut normal: impl FnMut() -> f64) -> Vec<Prospect> {
    let doubt = |p: &Prospect| (p.quality * (1.0 - p.quality)).max(0.01).sqrt() / (p.weight + 1.0).sqrt();
    prospects
        .iter()
        .map(|p| {
            let shift = match explore {
                Explore::No => 0.0,
                Explore::Thompson => normal() * doubt(p),
                Explore::Ucb => BENEFIT_OF_DOUBT * doubt(p),
            };
            Prospect { quality: (p.quality + shift).clamp(0.0, 1.0), ..*p }
        })
        .collect()
}

/// Standard normal draws from a seed (SplitMix64, Box and Muller): the same seed, the same draws.
pub fn normal_draws(mut seed: u64) -> impl FnMut() -> f64 {
    let mut uniform = move || {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    move || (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Prospect = Prospect {
        quality: 0.9,
        weight: 100.0,
        match_score: 50.0,
        match_weight: 0.6,
        cost: 0.01,
        latency_ms: 900.0,
        fallback: false,
    };
    const CHEAP: Prospect = Prospect { quality: 0.8, cost: 0.001, ..GOOD };
    const POOR: Prospect = Prospect { quality: 0.3, cost: 0.0001, latency_ms: 50.0, ..GOOD };

    #[test]
    fn each_strategy_takes_its_own() {
        let all = [GOOD, CHEAP, POOR];
        let first = |s, floor| order(s, &all, floor, false)[0];
        assert_eq!(first(Strategy::Quality, 0.85), 0);
        assert_eq!(first(Strategy::Cost, 0.85), 1);
        assert_eq!(first(Strategy::Cost, 0.0), 2);
        assert_eq!(first(Strategy::Speed, 0.85), 2);
        assert_eq!(order(Strategy::Speed, &all, 0.85, true)[2], 2);
    }

    #[test]
    fn fallbacks_come_last() {
        let all = [Prospect { fallback: true, ..GOOD }, POOR];
        assert_eq!(order(Strategy::Quality, &all, 0.85, true), vec![1, 0]);
    }

    #[test]
    fn the_unknown_gets_its_chance() {
        let unknown = Prospect { quality: 0.7, weight: 1.0, ..GOOD };
        let all = [Prospect { quality: 0.75, ..GOOD }, unknown];
        let ucb = explored(Explore::Ucb, &all, || 0.0);
        assert_eq!(order(Strategy::Quality, &ucb, 0.0, false)[0], 1);
        let mut draw = normal_draws(7);
        let wins = (0..1000)
            .filter(|_| order(Strategy::Quality, &explored(Explore::Thompson, &all, &mut draw), 0.0, false)[0] == 1)
            .count();
        assert!((250..650).contains(&wins), "{wins}");
    }

    #[test]
    fn draws_are_standard_normal() {
        let mut draw = normal_draws(42);
        let xs: Vec<f64> = (0..20_000).map(|_| draw()).collect();
        let mean = xs.iter().sum::<f64>() / 20_000.0;
        let variance = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
