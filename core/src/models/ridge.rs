//! Ridge regression in closed form, for a few hundred features.

use serde::{Deserialize, Serialize};

use super::surface::SHAPE;

/// Means and deviations that bring features of form to one scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standardised {
    mean: [f32; SHAPE],
    deviation: [f32; SHAPE],
}

/// Standardised features are cut at so many deviations.
const CUT: f32 = 3.0;

impl Standardised {
    pub fn of<'a>(forms: impl Iterator<Item = &'a [f32; SHAPE]> + Clone) -> Self {
        let n = forms.clone().count().max(1) as f32;
        let mut mean = [0f32; SHAPE];
        for form in forms.clone() {
            for (m, x) in mean.iter_mut().zip(form) {
                *m += x / n;
            }
        }
        let mut deviation = [0f32; SHAPE];
        for form in forms {
            for (d, (x, m)) in deviation.iter_mut().zip(form.iter().zip(&mean)) {
                *d += (x - m) * (x - m) / n;
            }
        }
        Self { mean, deviation: deviation.map(f32::sqrt) }
    }

    pub fn apply(&self, form: &[f32; SHAPE]) -> [f32; SHAPE] {
        let mut out = [0f32; SHAPE];
        for (i, o) in out.iter_mut().enumerate() {
            if self.deviation[i] > 1e-6 {
                *o = ((form[i] - self.mean[i]) / self.deviation[i]).clamp(-CUT, CUT);
            }
        }
        out
    }
}

/// Least squares with penalty `ridge` on centred features, one solution per target. Returns the
/// features' means and the weights; `None` when there is nothing to fit.
pub fn solve(features: &[Vec<f32>], targets: &[Vec<f64>], ridge: f64) -> Option<(Vec<f32>, Vec<Vec<f32>>)> {
    let d = features.first()?.len();
    let n = features.len() as f64;
    let mut mean = vec![0f64; d];
    for x in features {
        for (m, v) in mean.iter_mut().zip(x) {
            *m += f64::from(*v) / n;
        }
    }
    let mut gram = vec![0f64; d * d];
    let mut right = vec![vec![0f64; d]; targets.len()];
    let mut centred = vec![vec![0f64; d]; AT_ONCE];
    for (block, rows) in features.chunks(AT_ONCE).enumerate() {
        for (x, row) in centred.iter_mut().zip(rows) {
            for ((x, v), m) in x.iter_mut().zip(row).zip(&mean) {
                *x = f64::from(*v) - m;
            }
        }
        add_products(&mut gram, d, &centred[..rows.len()]);
        for (k, x) in centred.iter().take(rows.len()).enumerate() {
            for (r, t) in right.iter_mut().zip(targets) {
                let y = t.get(block * AT_ONCE + k).copied().unwrap_or(0.0);
                for (r, x) in r.iter_mut().zip(x) {
                    *r += y * x;
                }
            }
        }
    }
    for i in 0..d {
        gram[i * d + i] += ridge;
    }
    cholesky(&mut gram, d)?;
    let weights = right.into_iter().map(|b| substitute(&gram, d, b).into_iter().map(|w| w as f32).collect());
    let weights = weights.collect();
    Some((mean.into_iter().map(|m| m as f32).collect(), weights))
}

/// Rows that are added to the Gram matrix together: it is read and written once for all of them.
const AT_ONCE: usize = 4;

/// Adds the rows' products to the lower triangle of the Gram matrix, row by row.
fn add_products(gram: &mut [f64], d: usize, rows: &[Vec<f64>]) {
    for i in 0..d {
        let gram = gram[i * d..=i * d + i].iter_mut();
        match rows {
            [a, b, c, e] => {
                for ((((g, aj), bj), cj), ej) in gram.zip(a).zip(b).zip(c).zip(e) {
                    *g += a[i] * aj + b[i] * bj + c[i] * cj + e[i] * ej;
                }
            }
            few => {
                for (j, g) in gram.enumerate() {
                    *g += few.iter().map(|x| x[i] * x[j]).sum::<f64>();
                }
            }
        }
    }
}

/// Replaces the lower triangle by its Cholesky factor; `None` if it is not positive definite.
fn cholesky(a: &mut [f64], d: usize) -> Option<()> {
    for i in 0..d {
        for j in 0..=i {
            let (before, row) = a.split_at_mut(i * d);
            let other = if j < i { &before[j * d..j * d + j] } else { &[] };
            if j < i {
                let sum: f64 = row[..j].iter().zip(other).map(|(p, q)| p * q).sum();
                row[j] = (row[j] - sum) / before[j * d + j];
            } else {
                let sum: f64 = row[..i].iter().map(|p| p * p).sum();
                let pivot = row[i] - sum;
                if pivot <= 0.0 || !pivot.is_finite() {
                    return None;
                }
                row[i] = pivot.sqrt();
            }
        }
    }
    Some(())
}

/// Solves L L' w = b.
fn substitute(l: &[f64], d: usize, mut b: Vec<f64>) -> Vec<f64> {
    for i in 0..d {
        let sum: f64 = l[i * d..i * d + i].iter().zip(&b).map(|(p, q)| p * q).sum();
        b[i] = (b[i] - sum) / l[i * d + i];
    }
    for i in (0..d).rev() {
        let sum: f64 = (i + 1..d).map(|k| l[k * d + i] * b[k]).sum();
        b[i] = (b[i] - sum) / l[i * d + i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovers_a_line() {
        let features: Vec<Vec<f32>> = (0..50).map(|i| vec![i as f32 / 10.0, (i % 5) as f32]).collect();
        let target: Vec<f64> = features.iter().map(|x| 2.0 * f64::from(x[0]) - 0.5 * f64::from(x[1])).collect();
        let solved = solve(&features, &[target], 1e-6).map(|s| s.1);
        let w = solved.unwrap_or_default().remove(0);
        assert!((w[0] - 2.0).abs() < 1e-3 && (w[1] + 0.5).abs() < 1e-3, "{w:?}");
    }

    #[test]
    fn nothing_to_fit() {
        assert_eq!(solve(&[], &[], 1.0), None);
    }
}
