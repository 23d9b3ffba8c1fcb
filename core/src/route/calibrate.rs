//! Fitting the confidence to answers whose rightness is known: a logistic regression that starts from, and is
//! held near, the weights it had.

use super::confidence::{Evidence, FEATURES, probability};

/// An answer's evidence, and whether the answer was right.
pub type Sample = (Evidence, bool);

/// How much a weight's distance from the prior costs: as much as about this many samples can outweigh.
const RIDGE: f64 = 8.0;
const ROUNDS: usize = 30;
const SIZE: usize = FEATURES + 1;

/// Sums up what a fit changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Bias first.
    pub weights: Vec<f32>,
    /// Mean distance between confidence and rightness over ten steps of confidence, before and after; 0..1.
    pub error_before: f32,
    pub error_after: f32,
}

/// Refits `prior` (bias first). `None` when the samples can't tell anything: too few, or all alike.
pub fn fit(prior: &[f32], samples: &[Sample], fewest: usize) -> Option<Fit> {
    let right = samples.iter().filter(|(_, right)| *right).count();
    if samples.len() < fewest || right == 0 || prior.len() != SIZE {
        return None;
    }
    let prior: Vec<f64> = prior.iter().map(|w| f64::from(*w)).collect();
    let mut w = prior.clone();
    for _ in 0..ROUNDS {
        let mut gradient = vec![0.0; SIZE];
        let mut hessian = vec![vec![0.0; SIZE]; SIZE];
        for (evidence, right) in samples {
            let x = row(evidence);
            let p = sigmoid(x.iter().zip(&w).map(|(x, w)| x * w).sum());
            let miss = p - f64::from(u8::from(*right));
            for i in 0..SIZE {
                gradient[i] += x[i] * miss;
                for j in 0..SIZE {
                    hessian[i][j] += x[i] * x[j] * p * (1.0 - p);
                }
            }
        }
        for i in 0..SIZE {
            gradient[i] += ridge(i) * (w[i] - prior[i]);
            hessian[i][i] += ridge(i);
        }
        let step = solve(hessian, gradient)?;
        let largest = step.iter().fold(0.0_f64, |a, s| a.max(s.abs()));
        if largest < 1e-6 {
            break;
        }
        // Where nearly all were called right, a full step overshoots: it is halved until it helps.
        let now = loss(&w, &prior, samples);
        let mut share = 1.0;
        let next = loop {
            let next: Vec<f64> = w.iter().zip(&step).map(|(w, s)| w - share * s).collect();
            if loss(&next, &prior, samples) <= now || share < 1e-4 {
                break next;
            }
            share /= 2.0;
        };
        w = next;
    }
    let weights: Vec<f32> = w.iter().map(|w| *w as f32).collect();
    if weights.iter().any(|w| !w.is_finite()) {
        return None;
    }
    let prior: Vec<f32> = prior.iter().map(|w| *w as f32).collect();
    Some(Fit { error_before: error(&prior, samples), error_after: error(&weights, samples), weights })
}

/// The bias follows the samples most readily: how often answers are right differs between databases.
fn ridge(weight: usize) -> f64 {
    if weight == 0 { RIDGE / 8.0 } else { RIDGE }
}

/// What is minimised: the samples' log loss, and the distance from the prior.
fn loss(w: &[f64], prior: &[f64], samples: &[Sample]) -> f64 {
    let misses: f64 = samples
        .iter()
        .map(|(evidence, right)| {
            let z: f64 = row(evidence).iter().zip(w).map(|(x, w)| x * w).sum();
            // ln(1 + e^-z) for what was right, of e^z for what was wrong, without overflow.
            let z = if *right { -z } else { z };
            z.max(0.0) + (-z.abs()).exp().ln_1p()
        })
        .sum();
    let far: f64 = w.iter().zip(prior).enumerate().map(|(i, (w, p))| ridge(i) * (w - p).powi(2)).sum();
    misses + far / 2.0
}

/// Expected calibration error over ten steps of equal width.
pub fn error(weights: &[f32], samples: &[Sample]) -> f32 {
    let mut bins = [(0.0_f32, 0.0_f32); 10];
    for (evidence, right) in samples {
        let p = probability(evidence, Some(weights));
        let bin = ((p * 10.0) as usize).min(9);
        bins[bin].0 += p;
        bins[bin].1 += f32::from(u8::from(*right));
    }
    bins.iter().map(|(p, right)| (p - right).abs()).sum::<f32>() / samples.len().max(1) as f32
}

/// The bare regression.
pub(super) fn logistic(weights: &[f32], e: &Evidence) -> f32 {
    let z = weights[0] + e.0.iter().zip(&weights[1..]).map(|(x, w)| x * w).sum::<f32>();
    1.0 / (1.0 + (-z).exp())
}

fn row(e: &Evidence) -> [f64; SIZE] {
    let mut x = [1.0; SIZE];
    for (x, e) in x[1..].iter_mut().zip(&e.0) {
        *x = f64::from(*e);
    }
    x
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Gaussian elimination with pivots; `None` for a singular system.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|i, j| a[*i][k].abs().total_cmp(&a[*j][k].abs()))?;
        a.swap(k, pivot);
        b.swap(k, pivot);
        if a[k][k].abs() < 1e-12 {
            return None;
        }
        for i in k + 1..n {
            let f = a[i][k] / a[k][k];
            let (above, below) = a.split_at_mut(i);
            for (x, pivot) in below[0][k..].iter_mut().zip(&above[k][k..]) {
                *x -= f * pivot;
            }
            b[i] -= f * b[k];
        }
    }
    for k in (0..n).rev() {
        let rest: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - rest) / a[k][k];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::super::confidence::shipped;
    use super::*;

    fn sample(unknown: f32, right: bool) -> Sample {
        let mut e = Evidence([0.0; FEATURES]);
        e.0[0] = unknown;
        e.0[2] = 1.0;
        e.0[3] = 1.0;
        e.0[4] = 1.0;
        (e, right)
    }

    #[test]
    fn a_database_where_answers_are_wrong_becomes_unsure() {
        let samples: Vec<Sample> = (0..60).map(|i| sample(0.0, i % 3 == 0)).collect();
        let before = probability(&samples[0].0, None);
        let fit = fit(shipped(), &samples, 20).unwrap();
        let after = probability(&samples[0].0, Some(&fit.weights));
        assert!(before > 0.7 && after < 0.5, "{before} {after}");
        assert!(fit.error_after < fit.error_before / 2.0, "{fit:?}");
    }

    #[test]
    fn what_goes_with_wrong_answers_is_learnt() {
        let samples: Vec<Sample> =
            (0..120).map(|i| if i % 2 == 0 { sample(1.0, false) } else { sample(0.0, true) }).collect();
        let fit = fit(shipped(), &samples, 20).unwrap();
        let p = |s: &Sample| probability(&s.0, Some(&fit.weights));
        assert!(p(&samples[1]) > p(&samples[0]) + 0.5);
    }

    #[test]
    fn too_few_or_none_right_teach_nothing() {
        assert_eq!(fit(shipped(), &[sample(0.0, true)], 20), None);
        let all_wrong: Vec<Sample> = (0..40).map(|_| sample(0.0, false)).collect();
        assert_eq!(fit(shipped(), &all_wrong, 20), None);
    }
}
