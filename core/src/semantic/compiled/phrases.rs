//! What people may call a dataset, a column or a value: every phrase with what it names.

use std::collections::HashMap;

use super::container::push;
use super::names_build::section;
use super::place::Place;
use super::values_build::{MOST_WORDS, automaton, is_generic};
use super::{NO_VALUE, Source};
use crate::prompt::{expand_words, is_stopword, singular, stem, words_of};
use crate::semantic::thesaurus::synonyms;
use crate::semantic::{Column, Dataset, ValueType, label_of};

/// Values of one column that part of an alias may stand for.
const MOST_PARTIAL_VALUES: usize = 24;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    place: Place,
    value: u32,
    source: Source,
    score: f32,
}

/// Collects phrases; [`Phrases::write`] compiles them.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    phrases: HashMap<String, Vec<Entry>>,
    aliases: HashMap<String, Vec<Entry>>,
    /// Stems of a column's name -> the columns called so.
    shapes: HashMap<Vec<String>, Vec<Place>>,
    words: HashMap<String, Vec<Place>>,
}

impl Phrases {
    pub fn dataset(&mut self, d: usize, dataset: &Dataset) {
        let place = Place::of_dataset(d);
        let dataset_words = words_of(&dataset.name);
        self.name(&dataset.name, place, Source::Name, 0.9);
        let singular_words: Vec<String> = dataset_words.iter().map(|w| singular(w).to_owned()).collect();
        self.synonyms(&singular_words, place, Source::Name, false);
        let has_name = dataset.columns.iter().any(|c| c.name.eq_ignore_ascii_case("name"));
        let label = label_of(dataset).filter(|_| !has_name);
        if let Some(column) = label.filter(|c| dataset.columns[*c].name.to_lowercase().ends_with("name")) {
            // "the names of doctors" kept as full_name.
            self.add(&["name".to_owned()], Place::column(d, column), Source::Unqualified, 0.9);
        }
        let dates = dataset.columns.iter().filter(|c| c.value_type.is_temporal()).count();
        if let Some(column) = dataset.time_column.filter(|_| dates == 1) {
            self.add(&["date".to_owned()], Place::column(d, column), Source::Partial, 0.6);
        }
        for alias in dataset.aliases.iter().chain(&dataset.label) {
            self.name(alias, place, Source::Alias, 0.9);
        }
        for name in dataset.label.iter().chain([&dataset.name]) {
            // "line items" for "Sales line items", "campaigns" for "ces_feature_campaigns".
            let words = words_of(name);
            for start in 1..words.len() {
                if words[start..].iter().all(|w| is_stopword(w)) {
                    break;
                }
                self.add(&words[start..], place, Source::Partial, 0.75);
                let mut one = words[start..].to_vec();
                if let Some(last) = one.last_mut().filter(|w| singular(w) != w.as_str() && words.len() - start > 1) {
                    *last = singular(last).to_owned();
                    self.add(&one, place, Source::Partial, 0.75);
                }
            }
        }
        for (c, column) in dataset.columns.iter().enumerate() {
            self.column(Place::column(d, c), column, &dataset_words);
        }
    }

    fn column(&mut self, place: Place, column: &Column, dataset_words: &[String]) {
        self.column_name(place, &column.name, dataset_words, column.value_type.is_temporal());
        if column.value_type == ValueType::Integer && !column.name.to_lowercase().ends_with("id") {
            // "major id": the number that a column called major holds.
            self.name(&format!("{} id", column.name), place, Source::Name, 0.85);
        }
        for alias in &column.aliases {
            self.name(alias, place, Source::Alias, 1.0);
        }
        if let Some(comment) = column.comment.as_deref().filter(|c| c.len() <= 60) {
            self.name(comment, place, Source::Comment, 0.8);
        }
    }

    fn column_name(&mut self, place: Place, name: &str, dataset_words: &[String], temporal: bool) {
        self.name(name, place, Source::Name, 1.0);
        let mut words = expand_words(&words_of(name));
        self.synonyms(&words, place, Source::Name, temporal);
        if words.len() > 1 {
            for w in &mut words {
                // "apt_number" in "apartments", "stu_fname" in "student".
                if let Some(long) = dataset_words.iter().find(|d| abbreviates(w, d)) {
                    w.clone_from(long);
                }
            }
            if let (Some(initial), Some(head)) = (words.first(), dataset_words.last())
                && initial.len() == 1
                && head.starts_with(initial.as_str())
                && !matches!(initial.as_str(), "f" | "l" | "m")
            {
                // "g_name" of genres; initials of first, last and middle names are left alone.
                words[0].clone_from(head);
            }
            self.add(&words, place, Source::Name, 0.98);
        }
        if words.len() > 1 && words.last().is_some_and(|w| w == "id") {
            // A department's id is its number to people.
            for other in ["number", "code", "identifier"] {
                let mut said = words.clone();
                if let Some(last) = said.last_mut() {
                    other.clone_into(last);
                }
                self.add(&said, place, Source::Name, 0.85);
            }
        }
        let stems: Vec<String> = words.iter().map(|w| stem(w)).collect();
        let dataset_stems: Vec<String> = dataset_words.iter().map(|w| stem(w)).collect();
        // "name" for party.party_name; "party name" for party.name.
        let head = dataset_stems.last();
        let prefixed = stems.len() > 1 && (stems.starts_with(&dataset_stems) || stems.first() == head);
        if prefixed {
            let cut = if stems.starts_with(&dataset_stems) { dataset_stems.len() } else { 1 };
            if cut < words.len() {
                self.add(&words[cut..], place, Source::Unqualified, 0.93);
                self.synonyms(&words[cut..], place, Source::Unqualified, temporal);
            }
        } else if let Some(last) = dataset_words.last() {
            let mut qualified = dataset_words.to_vec();
            qualified.extend(words.iter().cloned());
            self.add(&qualified, place, Source::Qualified, 1.0);
            if dataset_words.len() > 1 {
                let mut by_head = vec![last.clone()];
                by_head.extend(words.iter().cloned());
                self.add(&by_head, place, Source::Qualified, 0.98);
            }
        }
        self.shapes.entry(stems).or_default().push(place);
    }

    /// The same name with one of its words, or all of them, said otherwise.
    fn synonyms(&mut self, words: &[String], place: Place, source: Source, temporal: bool) {
        let whole = words.join(" ");
        for other in synonyms(&whole) {
            self.add(&words_of(other), place, source, 0.85);
        }
        for (i, word) in words.iter().enumerate().filter(|_| words.len() > 1) {
            let day = (temporal && word == "date").then_some("day");
            for other in synonyms(word).chain(day) {
                let mut said = words.to_vec();
                said.splice(i..=i, words_of(other));
                self.add(&said, place, source, 0.85);
            }
        }
    }

    fn name(&mut self, phrase: &str, place: Place, source: Source, score: f32) {
        let words = words_of(phrase);
        self.add(&words, place, source, score);
        let expanded = expand_words(&words);
        if expanded != words {
            self.add(&expanded, place, source, score - 0.01);
        }
    }

    /// Another name of a value, or a value that no column holds yet.
    pub fn value(&mut self, place: Place, value: u32, text: &str, source: Source, score: f32) {
        let words = words_of(text);
        if words.is_empty() || words.len() > MOST_WORDS {
            return;
        }
        self.learn(&words, place);
        let parts: Vec<&str> = words.iter().map(|w| singular(w)).collect();
        insert(&mut self.aliases, parts.concat(), Entry { place, value, source, score });
        if let [first, last] = parts.as_slice()
            && is_generic(last)
            && first.len() >= 4
        {
            let short = Entry { place, value, source: Source::Partial, score: 0.8 };
            insert(&mut self.aliases, (*first).to_owned(), short);
        }
        for length in 2..parts.len().min(4) {
            for part in parts.windows(length) {
                let list = self.aliases.entry(part.concat()).or_default();
                let of_column = list.iter().filter(|e| e.place == place).count();
                if of_column < MOST_PARTIAL_VALUES && list.iter().all(|e| (e.place, e.value) != (place, value)) {
                    list.push(Entry { place, value, source: Source::Partial, score: 0.8 });
                }
            }
        }
    }

    fn learn(&mut self, words: &[String], place: Place) {
        for w in words {
            match self.words.get_mut(w) {
                Some(said) if said.last() == Some(&place) => {}
                Some(said) => said.push(place),
                None => {
                    self.words.insert(w.clone(), vec![place]);
                }
            }
        }
    }

    fn add(&mut self, words: &[String], place: Place, source: Source, score: f32) {
        if words.is_empty() || words.len() > MOST_WORDS {
            return;
        }
        self.learn(words, place);
        let stems: String = words.iter().map(|w| stem(w)).collect();
        let joined = stem(&words.concat());
        let entry = Entry { place, value: NO_VALUE, source, score };
        if joined != stems {
            insert(&mut self.phrases, joined, Entry { score: score - 0.01, ..entry });
        }
        insert(&mut self.phrases, stems, entry);
    }

    pub fn write(self, parts: &mut [Vec<u8>]) {
        let mut entries = Vec::new();
        for (map, section) in [(self.phrases, section::PHRASES), (self.aliases, section::ALIASES)] {
            let mut listed: Vec<(String, Vec<Entry>)> = map.into_iter().collect();
            listed.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            parts[section] = automaton(listed.iter().map(|(key, list)| {
                let at = entries.len() as u64 / 4;
                push(&mut entries, list.len() as u32);
                for e in list {
                    push(&mut entries, e.place.raw());
                    push(&mut entries, e.value);
                    push(&mut entries, u32::from(e.source as u8) << 16 | (e.score * 1000.0).round() as u32);
                }
                (key.as_bytes(), at)
            }));
        }
        parts[section::ENTRIES] = entries;
        let mut lists = Vec::new();
        let mut listed = |items: &mut dyn Iterator<Item = u32>| {
            let at = lists.len() / 4;
            push(&mut lists, 0);
            let mut count = 0u32;
            for item in items {
                push(&mut lists, item);
                count += 1;
            }
            lists[4 * at..4 * at + 4].copy_from_slice(&count.to_le_bytes());
            at as u32
        };
        // In the order of their first column, so that what is compiled twice is the same.
        let mut shapes: Vec<(Vec<String>, Vec<Place>)> = self.shapes.into_iter().collect();
        shapes.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        let mut by_stem: HashMap<&str, Vec<u32>> = HashMap::new();
        for (s, (stems, places)) in shapes.iter().enumerate() {
            for stem in stems {
                parts[section::SHAPE_STEMS].extend(stem.as_bytes());
                parts[section::SHAPE_STEMS].push(0);
                let list = by_stem.entry(stem).or_default();
                if list.last() != Some(&(s as u32)) {
                    list.push(s as u32);
                }
            }
            let end = parts[section::SHAPE_STEMS].len() as u32;
            push(&mut parts[section::SHAPES], end);
            push(&mut parts[section::SHAPES], listed(&mut places.iter().map(|p| p.raw())));
        }
        let mut by_stem: Vec<(&str, Vec<u32>)> = by_stem.into_iter().collect();
        by_stem.sort_unstable();
        parts[section::STEMS] = automaton(
            by_stem.iter().map(|(stem, shapes)| (stem.as_bytes(), u64::from(listed(&mut shapes.iter().copied())))),
        );
        let mut words: Vec<(String, Vec<Place>)> = self.words.into_iter().collect();
        words.sort_unstable();
        parts[section::WORDS] = automaton(
            words.iter().map(|(word, said)| (word.as_bytes(), u64::from(listed(&mut said.iter().map(|p| p.raw()))))),
        );
        parts[section::LISTS] = lists;
    }
}

fn insert(map: &mut HashMap<String, Vec<Entry>>, key: String, entry: Entry) {
    let list = map.entry(key).or_default();
    // What one place is called comes one after the other: no need to look through the others' entries.
    let own = list.iter_mut().rev().take_while(|e| e.place.dataset() == entry.place.dataset());
    match own.into_iter().find(|e| (e.place, e.value) == (entry.place, entry.value)) {
        Some(old) if old.score >= entry.score => {}
        Some(old) => *old = entry,
        None => list.push(entry),
    }
}

/// True when `short` is cut out of `long`: same first letter, its letters in order, clearly shorter.
fn abbreviates(short: &str, long: &str) -> bool {
    if short.len() < 3 || short.len() + 3 > long.len() || short.chars().next() != long.chars().next() {
        return false;
    }
    let mut rest = long.chars();
    long.starts_with(short) || short.len() <= 4 && short.chars().all(|c| rest.any(|l| l == c))
}
