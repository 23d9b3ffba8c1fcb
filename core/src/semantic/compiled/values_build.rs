//! Compiling stored values: a text pool, an automaton of whole values, and postings from words to values.

use std::collections::HashMap;

use super::container::{Kind, Sections, push};
use crate::prompt::{singular, words_of};
use crate::semantic::thesaurus::{demonym, spoken_codes};

/// Values of more words are prose, and not looked for.
pub(super) const MOST_WORDS: usize = 12;

/// Marks an item that is reached by a short form of the value ("Davao" for 'Davao City').
pub(super) const SHORT: u32 = 1 << 31;

/// Marks an item that is reached by what people say for the value ("female" for 'F').
pub(super) const SPOKEN: u32 = 1 << 30;

/// Sections of a container of values, in order.
pub(super) mod section {
    /// Eight numbers a column: see [`super::super::values::Head`].
    pub const COLUMNS: usize = 0;
    pub const COLUMN_NAMES: usize = 1;
    /// Where each value's text ends.
    pub const TEXT_ENDS: usize = 2;
    pub const TEXTS: usize = 3;
    /// Words of a value, singular, joined by nothing -> item, or place in `LISTS`.
    pub const WHOLE: usize = 4;
    pub const LISTS: usize = 5;
    /// Every word -> its posting list, and whether it occurs so or is only the singular of one that does.
    pub const WORDS: usize = 6;
    /// Where each posting list ends.
    pub const POSTING_ENDS: usize = 7;
    /// Ordinals of the values that hold a word, ascending.
    pub const POSTINGS: usize = 8;
    pub const COUNT: usize = 9;
}

/// Takes columns one after the other; a value's ordinal counts through all of them.
#[derive(Debug, Default)]
pub struct ValuesBuilder {
    columns: Vec<u8>,
    names: Vec<u8>,
    text_ends: Vec<u8>,
    texts: Vec<u8>,
    ordinals: u32,
    /// Keys of whole values, one after the other.
    keys: Vec<u8>,
    /// First bytes of a key (for sorting), its end in `keys`, its item.
    items: Vec<(u64, u32, u32)>,
    /// Word -> number. Singular forms come with their own number, others with that of their singular.
    words: HashMap<Box<str>, Word>,
    distinct: u32,
    /// For each value word in order: the word's number.
    said: Vec<u32>,
    /// How many of `said` belong to each value.
    said_by: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Word {
    number: u32,
    /// It occurs in a value so.
    occurs: bool,
}

impl ValuesBuilder {
    /// Adds a column with its values in the order in which they are numbered. `stamp` tells one state of them from another.
    pub fn column<'a>(
        &mut self,
        relation: u32,
        column: &str,
        stamp: u64,
        complete: bool,
        values: impl IntoIterator<Item = &'a str>,
    ) {
        let start = self.ordinals;
        let column_words = words_of(column);
        for value in values {
            self.value(value, &column_words);
        }
        let name = self.names.len() as u32;
        self.names.extend(column.as_bytes());
        for number in [
            relation,
            name,
            column.len() as u32,
            start,
            self.ordinals - start,
            u32::from(complete),
            stamp as u32,
            (stamp >> 32) as u32,
        ] {
            push(&mut self.columns, number);
        }
    }

    /// Values so far.
    pub fn len(&self) -> usize {
        self.ordinals as usize
    }

    pub fn is_empty(&self) -> bool {
        self.ordinals == 0
    }

    fn value(&mut self, text: &str, column: &[String]) {
        let ordinal = self.ordinals;
        self.ordinals += 1;
        self.texts.extend(text.as_bytes());
        push(&mut self.text_ends, self.texts.len() as u32);
        for said in spoken_codes(column, text).iter().copied().chain(demonym(text)) {
            let words = words_of(said);
            let parts: Vec<&str> = words.iter().map(|w| singular(w)).collect();
            self.key(&parts, ordinal | SPOKEN);
        }
        let words = words_of(text);
        if words.is_empty() || words.len() > MOST_WORDS {
            self.said_by.push(0);
            return;
        }
        for word in &words {
            let number = self.number(word);
            self.said.push(number);
        }
        self.said_by.push(words.len() as u8);
        let singulars: Vec<&str> = words.iter().map(|w| singular(w)).collect();
        self.key(&singulars, ordinal);
        if let [first, last] = singulars.as_slice()
            && is_generic(last)
            && first.len() >= 4
        {
            self.key(&[first], ordinal | SHORT);
        }
    }

    fn key(&mut self, parts: &[&str], item: u32) {
        let start = self.keys.len();
        parts.iter().for_each(|p| self.keys.extend(p.as_bytes()));
        let mut head = [0; 8];
        for (to, from) in head.iter_mut().zip(&self.keys[start..]) {
            *to = *from;
        }
        self.items.push((u64::from_be_bytes(head), self.keys.len() as u32, item));
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(known) = self.words.get_mut(word) {
            known.occurs = true;
            return known.number;
        }
        let base = singular(word);
        let number = match self.words.get(base) {
            Some(known) => known.number,
            None => {
                self.distinct += 1;
                self.words.insert(base.into(), Word { number: self.distinct - 1, occurs: base == word });
                self.distinct - 1
            }
        };
        if base != word {
            self.words.insert(word.into(), Word { number, occurs: true });
        }
        number
    }

    /// The compiled form. `key` names it.
    pub fn finish(mut self, key: u64) -> Sections {
        let mut parts = vec![Vec::new(); section::COUNT];
        let (whole, lists) = self.whole();
        parts[section::WHOLE] = whole;
        parts[section::LISTS] = lists;
        let (ends, postings) = self.postings();
        parts[section::POSTING_ENDS] = ends;
        parts[section::POSTINGS] = postings;
        self.said = Vec::new();
        let mut words: Vec<(Box<str>, Word)> = std::mem::take(&mut self.words).into_iter().collect();
        words.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        parts[section::WORDS] = automaton(
            words.iter().map(|(w, word)| (w.as_bytes(), u64::from(word.number) << 1 | u64::from(word.occurs))),
        );
        parts[section::COLUMNS] = self.columns;
        parts[section::COLUMN_NAMES] = self.names;
        parts[section::TEXT_ENDS] = self.text_ends;
        parts[section::TEXTS] = self.texts;
        Sections { kind: Kind::Values, key, parts }
    }

    fn whole(&mut self) -> (Vec<u8>, Vec<u8>) {
        let (keys, mut items) = (std::mem::take(&mut self.keys), std::mem::take(&mut self.items));
        // Keys lie one after the other: each begins where the one before it ends.
        let starts: Vec<u32> = std::iter::once(0).chain(items.iter().map(|(_, end, _)| *end)).collect();
        let mut order: Vec<(u64, u32)> = items.iter().enumerate().map(|(i, item)| (item.0, i as u32)).collect();
        let text = |i: u32| &keys[starts[i as usize] as usize..starts[i as usize + 1] as usize];
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| text(a.1).cmp(text(b.1))).then(a.1.cmp(&b.1)));
        let mut lists = Vec::new();
        let mut at = 0;
        let entries = std::iter::from_fn(|| {
            let &(_, first) = order.get(at)?;
            let key = text(first);
            let same = order[at..].iter().take_while(|(_, i)| text(*i) == key).count();
            let output = if same == 1 {
                u64::from(items[first as usize].2) << 1
            } else {
                let place = lists.len() as u64 / 4;
                push(&mut lists, same as u32);
                order[at..at + same].iter().for_each(|(_, i)| push(&mut lists, items[*i as usize].2));
                place << 1 | 1
            };
            at += same;
            Some((key, output))
        });
        let map = automaton(entries);
        items.clear();
        (map, lists)
    }

    /// Posting lists by word number.
    fn postings(&self) -> (Vec<u8>, Vec<u8>) {
        let mut ends = vec![0u32; self.distinct as usize + 1];
        // Counted first (a word twice in one value counts once), then placed.
        let each = |f: &mut dyn FnMut(u32, u32)| {
            let mut at = 0;
            for (ordinal, count) in self.said_by.iter().enumerate() {
                let words = &self.said[at..at + usize::from(*count)];
                for (i, word) in words.iter().enumerate() {
                    if !words[..i].contains(word) {
                        f(*word, ordinal as u32);
                    }
                }
                at += words.len();
            }
        };
        each(&mut |word, _| ends[word as usize + 1] += 1);
        for i in 1..ends.len() {
            ends[i] += ends[i - 1];
        }
        let total = ends.last().copied().unwrap_or(0) as usize;
        let mut next = ends.clone();
        let mut postings = vec![0u8; 4 * total];
        each(&mut |word, ordinal| {
            let place = &mut next[word as usize];
            postings[4 * *place as usize..][..4].copy_from_slice(&ordinal.to_le_bytes());
            *place += 1;
        });
        let ends = ends[1..].iter().flat_map(|e| e.to_le_bytes()).collect();
        (ends, postings)
    }
}

/// An automaton over sorted, distinct keys.
pub(super) fn automaton<'a>(entries: impl Iterator<Item = (&'a [u8], u64)>) -> Vec<u8> {
    let mut builder = fst::MapBuilder::memory();
    for (key, output) in entries {
        // Fails only where keys are out of order, and those are left out.
        let _ = builder.insert(key, output);
    }
    builder.into_inner().unwrap_or_default()
}

/// Second words that people leave out.
pub(super) fn is_generic(word: &str) -> bool {
    matches!(word, "city" | "province" | "region" | "county" | "state" | "island" | "store" | "inc" | "corp" | "ltd")
}
