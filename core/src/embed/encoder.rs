//! Mean pooling of int8 rows that stay where they are, in the library's read-only image.

use super::vocabulary::longest_piece;
use super::wordpiece::piece_ids;

include!(concat!(env!("OUT_DIR"), "/model.rs"));

/// Length of every vector.
pub const DIMENSIONS: usize = 256;

/// Word pieces beyond these change nothing.
const MAX_PIECES: usize = 512;

static MODEL: &[u8] = include_bytes!("../../../data/encoder/model.safetensors");

/// A unit vector, or all zeros when the text holds nothing that can be embedded.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(pub [f32; DIMENSIONS]);

impl Embedding {
    pub const ZERO: Self = Self([0.0; DIMENSIONS]);

    /// No embedding: compare it with nothing.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|x| *x == 0.0)
    }

    /// Cosine similarity, -1 to 1; 0 when either is the zero vector.
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// The encoder. It holds no state: the vectors and the vocabulary lie in the library image.
#[derive(Debug)]
pub struct Encoder(());

impl Encoder {
    pub fn get() -> &'static Self {
        static ENCODER: Encoder = Encoder(());
        &ENCODER
    }

    /// The word pieces' ids, `[UNK]` dropped, at most 512.
    pub fn piece_ids(&self, text: &str) -> Vec<u16> {
        piece_ids(text, MAX_PIECES)
    }

    /// True for a word of the language: folded, of four letters or more, known as a whole.
    pub fn knows(&self, word: &str) -> bool {
        // Such a word is cut as it stands, and is one piece if its longest piece is all of it.
        word.len() > 3
            && word.bytes().all(|b| b.is_ascii_lowercase())
            && longest_piece(word, false).is_some_and(|(_, length)| length == word.len())
    }

    /// True for words that every text is full of: pieces are numbered by how often they are met.
    pub fn is_common(&self, word: &str) -> bool {
        const OFTEN: u16 = 5000;
        matches!(self.piece_ids(word).as_slice(), [id] if *id < OFTEN)
    }

    /// Tens of microseconds for a prompt; time grows with the length of the text up to 512 pieces.
    pub fn encode(&self, text: &str) -> Embedding {
        let mut sum = [0f32; DIMENSIONS];
        for id in self.piece_ids(text) {
            let id = usize::from(id);
            let scale = MODEL[SCALES][4 * id..].first_chunk::<4>().map_or(0.0, |b| f32::from_le_bytes(*b));
            let row = &MODEL[EMBEDDINGS][DIMENSIONS * id..DIMENSIONS * (id + 1)];
            for (sum, byte) in sum.iter_mut().zip(row) {
                *sum += f32::from(byte.cast_signed()) * scale;
            }
        }
        // The mean's divisor goes away with the scaling to unit length.
        let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        if norm > 0.0 {
            sum.iter_mut().for_each(|x| *x /= norm);
            Embedding(sum)
        } else {
            Embedding::ZERO
        }
    }
}

const _: () = assert!(EMBEDDINGS.end - EMBEDDINGS.start == ROWS * DIMENSIONS && SCALES.end - SCALES.start == ROWS * 4);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Reference {
        text: String,
        token_ids: Vec<u16>,
        vector: Vec<f32>,
    }

    #[test]
    fn conforms_to_the_reference() -> Result<(), Box<dyn std::error::Error>> {
        let references: Vec<Reference> = serde_json::from_str(include_str!("../../../data/encoder/reference.json"))?;
        assert_eq!(references.len(), 7);
        for reference in references {
            let encoder = Encoder::get();
            assert_eq!(encoder.piece_ids(&reference.text), reference.token_ids, "{:?}", reference.text);
            let got = encoder.encode(&reference.text);
            if reference.token_ids.is_empty() {
                assert!(got.is_zero());
            } else {
                let mut want = Embedding::ZERO;
                want.0.copy_from_slice(&reference.vector);
                assert!(got.cosine(&want) >= 0.9999, "{:?}: {}", reference.text, got.cosine(&want));
            }
        }
        Ok(())
    }

    #[test]
    fn similar_questions_are_near() {
        let of = |text: &str| Encoder::get().encode(text);
        let (a, b, c) = (of("sales by region"), of("regional revenue"), of("reset my password"));
        assert!(a.cosine(&b) > a.cosine(&c) + 0.3);
    }

    proptest! {
        #[test]
        fn a_known_word_is_one_piece(word in "[a-z]{4,12}|sales|region|brands|transaction|unbelievable") {
            prop_assert_eq!(Encoder::get().knows(&word), Encoder::get().piece_ids(&word).len() == 1);
        }

        #[test]
        fn unit_or_zero(text in "\\PC{0,300}") {
            let e = Encoder::get().encode(&text);
            prop_assert!(e.is_zero() || (e.cosine(&e) - 1.0).abs() < 1e-3);
        }
    }
}
