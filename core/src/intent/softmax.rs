//! Multinomial logistic regression over sparse-plus-dense features, fitted by mini-batch Adagrad.

/// One example: the sentence vector and hashed words, both short.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Features {
    pub dense: Vec<f32>,
    /// Bucket and weight.
    pub words: Vec<(u32, f32)>,
}

/// Weights of every class: `dense` row by row, `words` bucket by bucket (all classes of a bucket side by side).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Softmax {
    pub classes: usize,
    pub dimensions: usize,
    pub dense: Vec<f32>,
    pub bias: Vec<f32>,
    pub words: Vec<f32>,
}

/// Passes over the examples: more no longer helps in cross-validation.
const EPOCHS: usize = 12;
const BATCH: usize = 16;
const RATE: f32 = 0.35;
/// Of the word weights: they are many, so they are held back more.
const WORD_RATE: f32 = 0.15;
const DECAY: f32 = 1e-5;

impl Softmax {
    fn new(classes: usize, dimensions: usize, buckets: usize) -> Self {
        Self {
            classes,
            dimensions,
            dense: vec![0.0; classes * dimensions],
            bias: vec![0.0; classes],
            words: vec![0.0; classes * buckets],
        }
    }

    /// Fits the classes `labels[i]` of `examples[i]`. Deterministic: the same input gives the same weights.
    pub fn fit(examples: &[&Features], labels: &[usize], classes: usize, dimensions: usize, buckets: usize) -> Self {
        let mut model = Self::new(classes, dimensions, buckets);
        let mut dense_seen = vec![1e-3f32; classes * dimensions];
        let mut word_seen = vec![1e-3f32; classes * buckets];
        let mut bias_seen = vec![1e-3f32; classes];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut random = 0x9E37_79B9_7F4A_7C15u64;
        let mut gradient = vec![0f32; classes * dimensions];
        for _ in 0..EPOCHS {
            shuffle(&mut order, &mut random);
            for batch in order.chunks(BATCH) {
                gradient.fill(0.0);
                let mut bias = vec![0f32; classes];
                let scale = 1.0 / batch.len() as f32;
                for &i in batch {
                    let mut p = model.probabilities(examples[i], 1.0);
                    p[labels[i]] -= 1.0;
                    for (c, error) in p.iter().enumerate() {
                        bias[c] += error * scale;
                        if error.abs() > 1e-4 {
                            let row = &mut gradient[c * dimensions..(c + 1) * dimensions];
                            row.iter_mut().zip(&examples[i].dense).for_each(|(g, x)| *g += error * scale * x);
                        }
                    }
                    // Words are few: their weights are moved at once.
                    for &(bucket, weight) in &examples[i].words {
                        let at = bucket as usize * classes;
                        for (c, error) in p.iter().enumerate().filter(|(_, e)| e.abs() > 1e-3) {
                            step(&mut model.words[at + c], &mut word_seen[at + c], error * weight * scale, WORD_RATE);
                        }
                    }
                }
                for ((w, seen), g) in model.dense.iter_mut().zip(&mut dense_seen).zip(&gradient) {
                    step(w, seen, g + DECAY * *w, RATE);
                }
                for ((w, seen), g) in model.bias.iter_mut().zip(&mut bias_seen).zip(&bias) {
                    step(w, seen, *g, RATE);
                }
            }
        }
        model
    }

    /// Before the softmax.
    pub fn logits(&self, x: &Features) -> Vec<f32> {
        let mut out = self.bias.clone();
        for (c, logit) in out.iter_mut().enumerate() {
            let row = &self.dense[c * self.dimensions..(c + 1) * self.dimensions];
            *logit += row.iter().zip(&x.dense).map(|(w, x)| w * x).sum::<f32>();
        }
        for &(bucket, weight) in &x.words {
            let at = bucket as usize * self.classes;
            out.iter_mut().zip(&self.words[at..at + self.classes]).for_each(|(l, w)| *l += w * weight);
        }
        out
    }

    /// Above 0, summing to 1; a temperature above 1 makes them less sure.
    pub fn probabilities(&self, x: &Features, temperature: f32) -> Vec<f32> {
        softmax(&self.logits(x), temperature)
    }
}

pub(super) fn softmax(logits: &[f32], temperature: f32) -> Vec<f32> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut p: Vec<f32> = logits.iter().map(|l| ((l - top) / temperature).exp()).collect();
    let sum: f32 = p.iter().sum();
    p.iter_mut().for_each(|p| *p /= sum.max(f32::MIN_POSITIVE));
    p
}

fn step(weight: &mut f32, seen: &mut f32, gradient: f32, rate: f32) {
    *seen += gradient * gradient;
    *weight -= rate * gradient / seen.sqrt();
}

/// Fisher-Yates by xorshift.
fn shuffle(order: &mut [usize], random: &mut u64) {
    for k in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        order.swap(k, (*random % (k as u64 + 1)) as usize);
    }
}
