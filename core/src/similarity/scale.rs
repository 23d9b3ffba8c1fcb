//! Cosines of different encoders on one scale.

/// How an encoder's cosines become scores of the decision matrix, 0..1: the chance that a past question with equal
/// slots serves a new one. Between the knots it is linear.
///
/// The slots decide, so the chance is high already where the words merely touch; what lies below is another topic
/// whose slots agree by accident. By the labelled pairs of `tests/similar_pairs_*.rs`, which measure it again at every
/// run, nine in ten of the questions that a past one serves have a cosine above 0.39 to 0.48 with it, and half of those
/// about other subjects one below 0.15 to 0.19: the knots at 0.35 and 0.25 lie between.
const LOCAL: [(f64, f64); 5] = [(-1.0, 0.0), (0.1, 0.3), (0.25, 0.6), (0.35, 0.86), (1.0, 0.99)];

/// The cosine of an encoder as one of the local encoder: `offset + factor * cosine`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub offset: f64,
    pub factor: f64,
}

impl Scale {
    /// The local encoder's own, and any encoder's that nothing is known of yet.
    pub const IDENTITY: Self = Self { offset: 0.0, factor: 1.0 };

    /// -1 to 1 on the local encoder's scale.
    pub fn to_local(self, cosine: f64) -> f64 {
        (self.offset + self.factor * cosine).clamp(-1.0, 1.0)
    }

    /// 0 to 1 on the scale of the decision matrix.
    pub fn score(self, cosine: f64) -> f64 {
        let x = self.to_local(cosine);
        let above = LOCAL.iter().position(|(at, _)| *at >= x).unwrap_or(LOCAL.len() - 1).max(1);
        let ((x0, y0), (x1, y1)) = (LOCAL[above - 1], LOCAL[above]);
        y0 + (y1 - y0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
    }

    /// From cosines of the same pairs of questions by this encoder and by the local one: the middle and the upper
    /// end of both are laid over each other. `None` with fewer than `FEWEST_PAIRS`, or if all are alike.
    pub fn fit(pairs: &[(f64, f64)]) -> Option<Self> {
        if pairs.len() < FEWEST_PAIRS {
            return None;
        }
        let (mut own, mut local): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        own.sort_unstable_by(f64::total_cmp);
        local.sort_unstable_by(f64::total_cmp);
        let at = |list: &[f64], share: f64| list[((list.len() - 1) as f64 * share) as usize];
        let (low, high) = (at(&own, 0.5), at(&own, 0.98));
        let factor = (at(&local, 0.98) - at(&local, 0.5)) / (high - low);
        (factor.is_finite() && factor > 0.0).then(|| Self { offset: at(&local, 0.5) - factor * low, factor })
    }
}

/// Pairs that `Scale::fit` needs.
pub const FEWEST_PAIRS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_rises() {
        let scores: Vec<f64> = (-10..=10).map(|k| Scale::IDENTITY.score(f64::from(k) / 10.0)).collect();
        assert!(scores.windows(2).all(|w| w[0] <= w[1]), "{scores:?}");
        assert!((Scale::IDENTITY.score(1.0) - 0.99).abs() < 1e-9);
        assert_eq!(Scale::IDENTITY.score(-1.0), 0.0);
    }

    #[test]
    fn another_encoder_is_laid_over_the_local_one() {
        // An encoder whose cosines lie between 0.7 and 0.9 where the local one's lie between 0.0 and 1.0.
        let pairs: Vec<(f64, f64)> = (0..500).map(|k| f64::from(k) / 500.0).map(|x| (0.7 + 0.2 * x, x)).collect();
        let scale = Scale::fit(&pairs).unwrap_or(Scale::IDENTITY);
        for x in [0.1, 0.5, 0.9] {
            assert!((scale.to_local(0.7 + 0.2 * x) - x).abs() < 0.01);
        }
        assert_eq!(Scale::fit(&pairs[..10]), None);
        assert_eq!(Scale::fit(&[(0.5, 0.5); 300]), None);
    }
}
