//! A prompt as it is learned from.

use super::surface::SHAPE;
use crate::embed::DIMENSIONS;

/// A prompt as it is learned from: its unit vector in signed bytes, and its form.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptFeatures {
    /// The vector is `scale` times these.
    pub vector: Vec<i8>,
    pub scale: f32,
    pub form: [f32; SHAPE],
}

impl PromptFeatures {
    pub fn new(embedding: &[f32; DIMENSIONS], form: [f32; SHAPE]) -> Self {
        let largest = embedding.iter().fold(0f32, |m, x| m.max(x.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        Self { vector: embedding.iter().map(|x| (x / scale).round() as i8).collect(), scale, form }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let floats = std::iter::once(&self.scale).chain(&self.form).flat_map(|x| x.to_le_bytes());
        self.vector.iter().map(|x| x.cast_unsigned()).chain(floats).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (vector, floats) = bytes.split_at_checked(DIMENSIONS)?;
        let mut floats = floats.chunks_exact(4).filter_map(|c| Some(f32::from_le_bytes(*c.first_chunk::<4>()?)));
        let scale = floats.next().filter(|x| x.is_finite())?;
        let form: Vec<f32> = floats.filter(|x| x.is_finite()).collect();
        let vector = vector.iter().map(|x| x.cast_signed()).collect();
        Some(Self { vector, scale, form: form.try_into().ok()? })
    }

    /// Nothing in the prompt could be embedded: it is near no other.
    pub fn is_zero(&self) -> bool {
        self.vector.iter().all(|&x| x == 0)
    }

    /// The prompt's vector, as near as signed bytes tell it.
    pub fn unit_vector(&self) -> Vec<f32> {
        self.vector.iter().map(|&x| f32::from(x) * self.scale).collect()
    }

    pub fn cosine(&self, other: &Self) -> f32 {
        let dot: i32 = self.vector.iter().zip(&other.vector).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        dot as f32 * self.scale * other.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn features_round_trip(seed in 0usize..1000) {
            let mut v = [0f32; DIMENSIONS];
            v[seed % 7] = 1.0;
            v[20 + seed % 100] = 0.2;
            let f = PromptFeatures::new(&v, [(seed % 3) as f32; SHAPE]);
            prop_assert_eq!(PromptFeatures::from_bytes(&f.to_bytes()), Some(f));
        }

        #[test]
        fn foreign_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..290)) {
            prop_assert_eq!(PromptFeatures::from_bytes(&bytes), None);
        }
    }
}
