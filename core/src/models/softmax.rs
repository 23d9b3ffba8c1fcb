//! Softmax regression: the classifier of task types, small enough to be read whole.

/// Weights of a linear classifier, `classes` rows of `features` weights and a bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Softmax {
    pub classes: usize,
    pub features: usize,
    /// Row by row; the bias is the last of each row.
    pub weights: Vec<f32>,
}

impl Softmax {
    pub fn zero(classes: usize, features: usize) -> Self {
        Self { classes, features, weights: vec![0.0; classes * (features + 1)] }
    }

    /// The probability of each class. Features beyond those known count nothing.
    pub fn predict(&self, x: &[f32]) -> Vec<f64> {
        let logit = |row: &[f32]| {
            let (bias, weights) = row.split_last().unwrap_or((&0.0, &[]));
            f64::from(*bias) + weights.iter().zip(x).map(|(w, v)| f64::from(w * v)).sum::<f64>()
        };
        let logits: Vec<f64> = self.weights.chunks(self.features + 1).map(logit).collect();
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exp: Vec<f64> = logits.iter().map(|l| (l - top).exp()).collect();
        let sum: f64 = exp.iter().sum();
        exp.into_iter().map(|e| e / sum).collect()
    }

    /// Fits by gradient descent with momentum on the regularised log loss. `weight` weighs each row;
    /// `ridge` is the strength of the penalty on the weights, not the biases, per unit of row weight.
    pub fn fit(rows: &[(Vec<f32>, usize, f32)], classes: usize, ridge: f32, steps: usize) -> Self {
        let features = rows.first().map_or(0, |r| r.0.len());
        let mut model = Self::zero(classes, features);
        let total: f32 = rows.iter().map(|r| r.2).sum::<f32>().max(1e-9);
        let mut velocity = vec![0f32; model.weights.len()];
        let (rate, momentum) = (1.0, 0.95);
        for _ in 0..steps {
            let mut gradient = vec![0f32; model.weights.len()];
            for (x, class, weight) in rows {
                for (c, p) in model.predict(x).into_iter().enumerate() {
                    let error = (p as f32 - f32::from(u8::from(c == *class))) * weight / total;
                    let row = &mut gradient[c * (features + 1)..(c + 1) * (features + 1)];
                    for (g, v) in row.iter_mut().zip(x.iter().chain([&1.0])) {
                        *g += error * v;
                    }
                }
            }
            for (i, (w, v)) in model.weights.iter_mut().zip(&mut velocity).enumerate() {
                let bias = i % (features + 1) == features;
                let slope = gradient[i] + if bias { 0.0 } else { ridge * *w };
                *v = momentum * *v - rate * (1.0 - momentum) * slope;
                *w += *v * 4.0;
            }
        }
        model
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let head = [self.classes as u32, self.features as u32];
        let head = head.iter().flat_map(|n| n.to_le_bytes());
        head.chain(self.weights.iter().flat_map(|w| w.to_le_bytes())).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` when sizes don't agree.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| bytes.get(at..at + 4)?.first_chunk::<4>().copied();
        let classes = u32::from_le_bytes(number(0)?) as usize;
        let features = u32::from_le_bytes(number(4)?) as usize;
        let weights: Vec<f32> =
            bytes.get(8..)?.chunks_exact(4).filter_map(|c| Some(f32::from_le_bytes(*c.first_chunk::<4>()?))).collect();
        (weights.len() == classes.checked_mul(features + 1)?).then_some(Self { classes, features, weights })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_what_can_be_learned() {
        let row = |x: f32, y: f32| (vec![x, y], usize::from(x + y > 0.0), 1.0);
        let rows: Vec<_> =
            (-10..10).flat_map(|x| (-10..10).map(move |y| row(x as f32 / 5.0, y as f32 / 5.0))).collect();
        let model = Softmax::fit(&rows, 2, 1e-4, 300);
        let right = rows.iter().filter(|r| (model.predict(&r.0)[1] > 0.5) == (r.1 == 1)).count();
        assert!(right as f64 > 0.95 * rows.len() as f64, "{right} of {}", rows.len());
        assert_eq!(Softmax::from_bytes(&model.to_bytes()), Some(model));
        assert_eq!(Softmax::from_bytes(&[1, 2, 3]), None);
    }
}
