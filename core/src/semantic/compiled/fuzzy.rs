//! Words near a misspelt one, found by walking the automaton of all words beside a table of edit distances.

use fst::{Automaton, IntoStreamer, Streamer};

/// Bytes of the longest word that is corrected.
pub(super) const LONGEST: usize = 24;

/// Accepts words within `limit` edits (insertion, deletion, substitution, transposition of neighbours) of `word`,
/// other than `word` itself. A slip in the first letter counts double: it is rarely wrong.
struct Near<'a> {
    word: &'a [u8],
    limit: u8,
}

type Row = [u8; LONGEST + 1];

/// Two rows of the table, since a transposition looks back two.
#[derive(Clone, Copy)]
struct Rows {
    before: Row,
    now: Row,
    last: u8,
    depth: u8,
    first_wrong: bool,
    dead: bool,
}

impl Automaton for Near<'_> {
    type State = Rows;

    fn start(&self) -> Rows {
        let mut now = [0; LONGEST + 1];
        for (i, cell) in now.iter_mut().enumerate() {
            *cell = i as u8;
        }
        Rows { before: [u8::MAX / 2; LONGEST + 1], now, last: 0, depth: 0, first_wrong: false, dead: false }
    }

    fn is_match(&self, s: &Rows) -> bool {
        let distance = s.now[self.word.len()];
        !s.dead && distance > 0 && distance + u8::from(s.first_wrong) <= self.limit
    }

    fn can_match(&self, s: &Rows) -> bool {
        !s.dead
    }

    fn accept(&self, s: &Rows, byte: u8) -> Rows {
        let mut next = *s;
        // A code is no misspelt word.
        if s.dead || byte.is_ascii_digit() || usize::from(s.depth) >= LONGEST + 4 {
            next.dead = true;
            return next;
        }
        next.first_wrong = s.first_wrong || (s.depth == 0 && self.word.first() != Some(&byte));
        next.before = s.now;
        next.last = byte;
        next.depth = s.depth + 1;
        next.now[0] = s.now[0].saturating_add(1);
        let mut least = next.now[0];
        for (i, &w) in self.word.iter().enumerate() {
            let mut cell = (s.now[i] + u8::from(w != byte)).min(s.now[i + 1] + 1).min(next.now[i] + 1);
            if i > 0 && s.depth > 0 && w == s.last && self.word[i - 1] == byte {
                cell = cell.min(s.before[i - 1] + 1);
            }
            next.now[i + 1] = cell;
            least = least.min(cell);
        }
        next.dead = least + u8::from(next.first_wrong) > self.limit;
        next
    }
}

/// Calls `found` with every word of `words` within `limit` edits of `word`, and its output, until it says no.
pub(super) fn near(words: &[u8], word: &str, limit: u8, mut found: impl FnMut(&str, u64) -> bool) {
    if word.is_empty() || word.len() > LONGEST {
        return;
    }
    let Ok(map) = fst::Map::new(words) else { return };
    let mut stream = map.search(Near { word: word.as_bytes(), limit }).into_stream();
    while let Some((key, output)) = stream.next() {
        if let Ok(key) = std::str::from_utf8(key)
            && !found(key, output)
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(words: &[String], word: &str, limit: u8) -> Vec<String> {
        let mut sorted: Vec<&String> = words.iter().collect();
        sorted.sort();
        sorted.dedup();
        let map = fst::Map::from_iter(sorted.iter().map(|w| (w.as_str(), 0))).unwrap();
        let mut found = Vec::new();
        near(map.as_fst().as_bytes(), word, limit, |w, _| {
            found.push(w.to_owned());
            true
        });
        found
    }

    proptest! {
        /// The walk finds exactly what comparing with every word finds.
        #[test]
        fn as_comparing_with_every_word(
            words in proptest::collection::vec("[a-d]{1,8}", 1..40), word in "[a-d]{2,8}", limit in 1u8..3,
        ) {
            let mut want: Vec<String> = words.iter().filter(|w| {
                let wrong = usize::from(w.as_bytes()[0] != word.as_bytes()[0]);
                let d = strsim::osa_distance(w, &word);
                d > 0 && d + wrong <= usize::from(limit)
            }).cloned().collect();
            want.sort();
            want.dedup();
            prop_assert_eq!(matches(&words, &word, limit), want);
        }
    }

    #[test]
    fn codes_are_no_corrections() {
        let words = ["brand1".to_owned(), "brands".to_owned()];
        assert_eq!(matches(&words, "brand", 1), ["brands"]);
    }
}
