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

/// Least squares with a penalty on centred features, one solution per target. What comes of the rows is kept, not the
/// rows: they are added one by one.
pub struct NormalEquations {
    rows: f64,
    /// Sums of the features.
    sum: Vec<f64>,
    /// Sums of their products: the lower triangle, row by row.
    gram: Vec<f64>,
    /// Per target: its sum, and those of its products with the features.
    targets: Vec<(f64, Vec<f64>)>,
    /// Rows that are not in the Gram matrix yet.
    waiting: Vec<f64>,
}

/// Rows that are added to the Gram matrix together: it is read and written once for all of them.
const AT_ONCE: usize = 4;

impl NormalEquations {
    pub fn new(features: usize, targets: usize) -> Self {
        Self {
            rows: 0.0,
            sum: vec![0.0; features],
            gram: vec![0.0; features * features],
            targets: vec![(0.0, vec![0.0; features]); targets],
            waiting: Vec::with_capacity(AT_ONCE * features),
        }
    }

    /// Adds a row, with a value for each target.
    pub fn add(&mut self, features: &[f32], values: impl Iterator<Item = f64>) {
        let features: Vec<f64> = features.iter().map(|&x| x.into()).collect();
        self.rows += 1.0;
        add_scaled(&mut self.sum, 1.0, &features);
        for ((sum, products), value) in self.targets.iter_mut().zip(values) {
            *sum += value;
            add_scaled(products, value, &features);
        }
        self.waiting.extend_from_slice(&features);
        if self.waiting.len() >= AT_ONCE * self.sum.len() {
            self.add_waiting();
        }
    }

    fn add_waiting(&mut self) {
        let d = self.sum.len();
        let rows: Vec<&[f64]> = self.waiting.chunks_exact(d).collect();
        for i in 0..d {
            let gram = self.gram[i * d..=i * d + i].iter_mut();
            match rows[..] {
                [a, b, c, e] => {
                    for ((((g, aj), bj), cj), ej) in gram.zip(a).zip(b).zip(c).zip(e) {
                        *g += a[i] * aj + b[i] * bj + c[i] * cj + e[i] * ej;
                    }
                }
                ref few => {
                    for (j, g) in gram.enumerate() {
                        *g += few.iter().map(|x| x[i] * x[j]).sum::<f64>();
                    }
                }
            }
        }
        self.waiting.clear();
    }

    /// Of the products, what is around the means; with penalty `ridge`. `None` when there is nothing to fit.
    pub fn factor(mut self, ridge: f64) -> Option<Factored> {
        self.add_waiting();
        let (n, d) = (self.rows, self.sum.len());
        if n == 0.0 {
            return None;
        }
        let mean: Vec<f64> = self.sum.iter().map(|s| s / n).collect();
        for i in 0..d {
            add_scaled(&mut self.gram[i * d..=i * d + i], -n * mean[i], &mean[..=i]);
            self.gram[i * d + i] += ridge;
        }
        for (sum, products) in &mut self.targets {
            add_scaled(products, -*sum, &mean);
        }
        cholesky(&mut self.gram, d)?;
        Some(Factored { mean, factor: self.gram, targets: self.targets.into_iter().map(|t| t.1).collect() })
    }
}

/// Equations whose solutions are a few steps away.
pub struct Factored {
    mean: Vec<f64>,
    factor: Vec<f64>,
    targets: std::collections::VecDeque<Vec<f64>>,
}

impl Factored {
    /// The means of the features.
    pub fn centre(&self) -> Vec<f32> {
        self.mean.iter().map(|&m| m as f32).collect()
    }

    /// The weights for the next target.
    pub fn next_solution(&mut self) -> Option<Vec<f32>> {
        let weights = substitute(&self.factor, self.mean.len(), self.targets.pop_front()?);
        Some(weights.into_iter().map(|w| w as f32).collect())
    }
}

fn add_scaled(to: &mut [f64], scale: f64, x: &[f64]) {
    for (t, x) in to.iter_mut().zip(x) {
        *t += scale * x;
    }
}

/// In several sums at a time, as the processor would have it.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0f64; 8];
    for (a, b) in a.iter().zip(b) {
        for ((s, a), b) in sums.iter_mut().zip(a).zip(b) {
            *s += a * b;
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

/// Replaces the lower triangle by its Cholesky factor; `None` if it is not positive definite.
fn cholesky(a: &mut [f64], d: usize) -> Option<()> {
    for i in 0..d {
        for j in 0..=i {
            let (before, row) = a.split_at_mut(i * d);
            let other = if j < i { &before[j * d..j * d + j] } else { &[] };
            if j < i {
                row[j] = (row[j] - dot(&row[..j], other)) / before[j * d + j];
            } else {
                let pivot = row[i] - dot(&row[..i], &row[..i]);
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
        b[i] = (b[i] - dot(&l[i * d..i * d + i], &b[..i])) / l[i * d + i];
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
    use proptest::prelude::*;

    fn solutions(rows: &[(Vec<f32>, Vec<f64>)], ridge: f64) -> Option<(Vec<f32>, Vec<Vec<f32>>)> {
        let (features, targets) = rows.first().map_or((1, 1), |(x, y)| (x.len(), y.len()));
        let mut equations = NormalEquations::new(features, targets);
        for (x, y) in rows {
            equations.add(x, y.iter().copied());
        }
        let mut factored = equations.factor(ridge)?;
        Some((factored.centre(), std::iter::from_fn(|| factored.next_solution()).collect()))
    }

    #[test]
    fn recovers_a_line() {
        let rows: Vec<_> = (0..50u8)
            .map(|i| (f32::from(i) / 10.0, f32::from(i % 5)))
            .map(|(a, b)| (vec![a, b], vec![f64::from(2.0 * a - 0.5 * b)]))
            .collect();
        let w = solutions(&rows, 1e-6).unwrap_or_default().1.remove(0);
        assert!((w[0] - 2.0).abs() < 1e-3 && (w[1] + 0.5).abs() < 1e-3, "{w:?}");
    }

    #[test]
    fn nothing_to_fit() {
        assert_eq!(solutions(&[], 1.0), None);
    }

    proptest! {
        /// Where the penalised sum of squares is least, its gradient is zero.
        #[test]
        fn no_other_weights_fit_better(
            rows in prop::collection::vec((prop::collection::vec(-3f32..3.0, 11), prop::collection::vec(-1.0..1.0, 2)), 1..40),
            ridge in 0.1..50.0,
        ) {
            let rows: Vec<(Vec<f32>, Vec<f64>)> = rows;
            let n = rows.len() as f64;
            let (centre, weights) = solutions(&rows, ridge).unwrap_or_default();
            prop_assert_eq!(weights.len(), 2);
            for (k, w) in weights.iter().enumerate() {
                let mean = rows.iter().map(|(_, y)| y[k]).sum::<f64>() / n;
                let centred = |x: &[f32]| -> Vec<f64> { x.iter().zip(&centre).map(|(x, c)| f64::from(x - c)).collect() };
                let mut gradient: Vec<f64> = w.iter().map(|w| ridge * f64::from(*w)).collect();
                for (x, y) in &rows {
                    let x = centred(x);
                    let error = x.iter().zip(w).map(|(x, w)| x * f64::from(*w)).sum::<f64>() - (y[k] - mean);
                    add_scaled(&mut gradient, error, &x);
                }
                prop_assert!(gradient.iter().all(|g| g.abs() < 1e-3 * (1.0 + ridge)), "{:?}", gradient);
            }
        }
    }
}
