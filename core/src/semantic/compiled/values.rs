//! Reading compiled values: by their whole words, by some of them, by number.

use super::container::{Bytes, Container, Corrupt, Kind, list, nth, u32_at};
use super::fuzzy;
use super::values_build::{SHORT, SPOKEN, section};
use super::walk::Walk;
use crate::prompt::{singular, words_of};

/// Values of any word of a phrase that are looked at; a phrase whose rarest word is commoner says too little.
const MOST_POSTINGS: usize = 4_096;

/// One column of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub relation: u32,
    name: (u32, u32),
    /// Ordinal of its first value.
    pub start: u32,
    pub count: u32,
    /// All distinct values are there.
    pub complete: bool,
    pub stamp: u64,
}

/// How a phrase names a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// By its words.
    Whole,
    /// By a short form.
    Short,
    /// By what people say for it.
    Spoken,
}

/// Compiled values of some columns.
#[derive(Debug, Clone)]
pub struct Values(Container);

/// A value that a phrase names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub ordinal: u32,
    pub by: Said,
}

impl Values {
    pub fn open(bytes: Bytes) -> Result<Self, Corrupt> {
        Container::open(bytes, Kind::Values).map(Self)
    }

    pub fn key(&self) -> u64 {
        self.0.key
    }

    pub fn column_count(&self) -> usize {
        self.0.section(section::COLUMNS).len() / 32
    }

    pub fn value_count(&self) -> usize {
        self.0.section(section::TEXT_ENDS).len() / 4
    }

    pub fn head(&self, column: usize) -> Head {
        let columns = self.0.section(section::COLUMNS);
        let n = |i| nth(columns, 8 * column + i);
        Head {
            relation: n(0),
            name: (n(1), n(2)),
            start: n(3),
            count: n(4),
            complete: n(5) != 0,
            stamp: u64::from(n(6)) | u64::from(n(7)) << 32,
        }
    }

    pub fn column_name(&self, head: &Head) -> &str {
        let (at, length) = (head.name.0 as usize, head.name.1 as usize);
        self.0
            .section(section::COLUMN_NAMES)
            .get(at..at + length)
            .and_then(|b| std::str::from_utf8(b).ok())
            .unwrap_or("")
    }

    /// The column that holds a value.
    pub(super) fn column_of(&self, ordinal: u32) -> usize {
        let columns = self.0.section(section::COLUMNS);
        let (mut low, mut high) = (0, self.column_count());
        while low + 1 < high {
            let middle = low.midpoint(high);
            if nth(columns, 8 * middle + 3) <= ordinal { low = middle } else { high = middle }
        }
        // Columns without values begin where the next one does: the last of them holds it.
        low
    }

    pub fn text(&self, ordinal: u32) -> &str {
        let ends = self.0.section(section::TEXT_ENDS);
        let start = if ordinal == 0 { 0 } else { nth(ends, ordinal as usize - 1) as usize };
        let end = nth(ends, ordinal as usize) as usize;
        self.0.section(section::TEXTS).get(start..end).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }

    /// A walk along the words of whole values.
    pub(super) fn walk(&self) -> Option<Walk<'_>> {
        Walk::start(self.0.section(section::WHOLE))
    }

    /// What a walk's output stands for.
    pub(super) fn items(&self, output: u64) -> impl Iterator<Item = Found> + '_ {
        let many = output & 1 == 1;
        let one = (!many).then_some((output >> 1) as u32);
        let place = if many { (output >> 1) as usize } else { usize::MAX / 8 };
        let found = |item: u32| {
            let by = match (item & SHORT, item & SPOKEN) {
                (0, 0) => Said::Whole,
                (_, 0) => Said::Short,
                _ => Said::Spoken,
            };
            Found { ordinal: item & !(SHORT | SPOKEN), by }
        };
        one.into_iter().chain(list(self.0.section(section::LISTS), place)).map(found)
    }

    pub(super) fn whole(&self, key: &str) -> impl Iterator<Item = Found> + '_ {
        let output = self.walk().and_then(|mut walk| if walk.push(key) { walk.output() } else { None });
        output.into_iter().flat_map(|o| self.items(o))
    }

    /// Values that hold these words (singular), one after the other, and more besides; ascending. Empty for
    /// phrases of words that are all too common to say anything. `numbers` are those of the words' posting lists.
    pub(super) fn holding(&self, words: &[&str], numbers: &[u32]) -> Vec<u32> {
        let mut lists: Vec<&[u8]> = numbers.iter().map(|number| self.postings(*number)).collect();
        lists.sort_unstable_by_key(|l| l.len());
        let Some((rarest, others)) = lists.split_first() else { return Vec::new() };
        if rarest.len() / 4 > MOST_POSTINGS {
            return Vec::new();
        }
        let holds = |list: &[u8], ordinal: u32| {
            let (mut low, mut high) = (0, list.len() / 4);
            while low < high {
                let middle = low.midpoint(high);
                if nth(list, middle) < ordinal { low = middle + 1 } else { high = middle }
            }
            nth(list, low) == ordinal && low < list.len() / 4
        };
        let ordinals = (0..rarest.len() / 4).map(|i| nth(rarest, i));
        ordinals.filter(|o| others.iter().all(|l| holds(l, *o)) && self.in_a_row(*o, words)).collect()
    }

    fn in_a_row(&self, ordinal: u32, words: &[&str]) -> bool {
        let own = words_of(self.text(ordinal));
        let own: Vec<&str> = own.iter().map(|w| singular(w)).collect();
        own.len() > words.len() && own.windows(words.len()).any(|w| w == words)
    }

    /// The number of a word's posting list, and whether some value holds the word as it is.
    fn word(&self, word: &str) -> Option<(u32, bool)> {
        let mut walk = Walk::start(self.0.section(section::WORDS))?;
        let output = if walk.push(word) { walk.output() } else { None }?;
        Some(((output >> 1) as u32, output & 1 == 1))
    }

    /// The number of a word's posting list.
    pub(super) fn posting_of(&self, word: &str) -> Option<u32> {
        self.word(word).map(|(number, _)| number)
    }

    fn postings(&self, number: u32) -> &[u8] {
        let ends = self.0.section(section::POSTING_ENDS);
        let start = if number == 0 { 0 } else { nth(ends, number as usize - 1) as usize };
        let end = nth(ends, number as usize) as usize;
        self.0.section(section::POSTINGS).get(4 * start..4 * end).unwrap_or(&[])
    }

    /// True when a value of a column that `shown` lets pass holds this word.
    pub(super) fn knows(&self, word: &str, shown: &dyn Fn(usize) -> bool) -> bool {
        self.word(word).is_some_and(|(number, occurs)| occurs && self.is_shown(number, shown))
    }

    fn is_shown(&self, number: u32, shown: &dyn Fn(usize) -> bool) -> bool {
        let postings = self.postings(number);
        let mut i = 0;
        while 4 * i < postings.len() {
            let column = self.column_of(u32_at(postings, 4 * i));
            if shown(column) {
                return true;
            }
            // On to the next column that holds it.
            let end = self.head(column).start + self.head(column).count;
            let (mut low, mut high) = (i + 1, postings.len() / 4);
            while low < high {
                let middle = low.midpoint(high);
                if nth(postings, middle) < end { low = middle + 1 } else { high = middle }
            }
            i = low;
        }
        false
    }

    /// Calls `found` with the words of shown values that are within `limit` edits of `word`.
    pub(super) fn near(
        &self,
        word: &str,
        limit: u8,
        shown: &dyn Fn(usize) -> bool,
        found: &mut dyn FnMut(&str) -> bool,
    ) {
        fuzzy::near(self.0.section(section::WORDS), word, limit, |w, output| {
            output & 1 == 0 || !self.is_shown((output >> 1) as u32, shown) || found(w)
        });
    }
}
