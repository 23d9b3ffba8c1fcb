//! The compiled lexicon: every phrase that may name a dataset, a column or a value.

use std::collections::HashMap;

use super::thesaurus::{demonym, spoken_codes, synonyms};
use super::{ColumnRef, SemanticModel, ValueType, label_column};
use crate::prompt::{expand_words, is_stopword, stem, words_of};

/// What a phrase names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    Dataset(usize),
    Column(ColumnRef),
    /// A stored value of a column: index into its `values`.
    Value(ColumnRef, u32),
}

impl Meaning {
    pub fn dataset(self) -> usize {
        match self {
            Self::Dataset(d) => d,
            Self::Column(c) | Self::Value(c, _) => c.dataset,
        }
    }
}

/// Where a phrase comes from: how far it is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Name,
    /// Registered by a person.
    Alias,
    /// The dataset's name and the column's together ("student name").
    Qualified,
    /// The column's name without the dataset's ("name" for party.party_name).
    Unqualified,
    Comment,
    Value,
    ValueAlias,
    /// Some of the words of the name.
    Partial,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub meaning: Meaning,
    pub source: Source,
    pub score: f32,
}

/// A column's name as stems, for partial matches.
#[derive(Debug)]
pub(super) struct ColumnWords {
    pub column: ColumnRef,
    pub stems: Vec<String>,
}

/// Phrases of a semantic model, compiled for matching. Build once per model version.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Stems of a phrase joined by nothing -> what it names.
    phrases: HashMap<String, Vec<Entry>>,
    /// Values by their words, singular, joined by nothing: stemming would make "living" of 'Lively'.
    values: HashMap<String, Vec<Entry>>,
    pub(super) columns: Vec<ColumnWords>,
    /// Stem -> indexes into `columns`.
    pub(super) by_stem: HashMap<String, Vec<u32>>,
    /// Folded words of all phrases, for spelling correction, by length.
    vocabulary: HashMap<usize, Vec<String>>,
    known: std::collections::HashSet<String>,
    /// Longest phrase in words.
    pub(super) longest: usize,
}

/// Values that one part of a name may stand for.
const MOST_PARTIAL_VALUES: usize = 24;

/// Words of names that say little on their own.
pub(super) fn word_weight(stem: &str) -> f32 {
    match stem {
        "id" | "name" | "code" | "number" | "type" | "date" | "detail" | "descript" | "valu" | "time" | "other"
        | "of" | "the" | "in" | "is" | "no" | "key" | "titl" | "text" | "kind" => 0.4,
        "total" | "averag" | "maximum" | "minimum" | "count" | "first" | "last" => 0.6,
        _ => 1.0,
    }
}

impl Lexicon {
    pub fn build(model: &SemanticModel) -> Self {
        let mut lexicon = Self::default();
        for (d, dataset) in model.datasets.iter().enumerate() {
            let meaning = Meaning::Dataset(d);
            let dataset_words = words_of(&dataset.name);
            lexicon.add_name(&dataset.name, meaning, Source::Name, 0.9);
            let singular_words: Vec<String> = dataset_words.iter().map(|w| singular(w).to_owned()).collect();
            lexicon.add_synonyms(&singular_words, meaning, Source::Name, false);
            let has_name = dataset.columns.iter().any(|c| c.name.eq_ignore_ascii_case("name"));
            if let Some(column) =
                label_column(model, d).filter(|c| !has_name && model.column(*c).name.to_lowercase().ends_with("name"))
            {
                // "the names of doctors" kept as full_name.
                lexicon.add(&["name".to_owned()], Meaning::Column(column), Source::Unqualified, 0.9);
            }
            let dates = dataset.columns.iter().filter(|c| c.value_type.is_temporal()).count();
            if let Some(column) = dataset.time_column.filter(|_| dates == 1) {
                let meaning = Meaning::Column(ColumnRef { dataset: d, column });
                lexicon.add(&["date".to_owned()], meaning, Source::Partial, 0.6);
            }
            for alias in dataset.aliases.iter().chain(&dataset.label) {
                lexicon.add_name(alias, meaning, Source::Alias, 0.9);
            }
            for name in dataset.label.iter().chain([&dataset.name]) {
                // "line items" for "Sales line items", "campaigns" for "ces_feature_campaigns".
                let words = words_of(name);
                for start in 1..words.len() {
                    if words[start..].iter().all(|w| is_stopword(w)) {
                        break;
                    }
                    lexicon.add(&words[start..], meaning, Source::Partial, 0.75);
                }
            }
            for (c, column) in dataset.columns.iter().enumerate() {
                let r = ColumnRef { dataset: d, column: c };
                lexicon.add_column(r, &column.name, &dataset_words, column.value_type.is_temporal());
                if column.value_type == ValueType::Integer && !column.name.to_lowercase().ends_with("id") {
                    // "major id": the number that a column called major holds.
                    lexicon.add_name(&format!("{} id", column.name), Meaning::Column(r), Source::Name, 0.85);
                }
                for alias in &column.aliases {
                    lexicon.add_name(alias, Meaning::Column(r), Source::Alias, 1.0);
                }
                if let Some(comment) = column.comment.as_deref().filter(|c| c.len() <= 60) {
                    lexicon.add_name(comment, Meaning::Column(r), Source::Comment, 0.8);
                }
                let column_words = words_of(&column.name);
                for (v, value) in column.values.iter().enumerate() {
                    let meaning = Meaning::Value(r, v as u32);
                    lexicon.add_value(&value.stored, meaning, Source::Value, 1.0);
                    for said in spoken_codes(&column_words, &value.stored).iter().copied().chain(demonym(&value.stored))
                    {
                        lexicon.add_value(said, meaning, Source::ValueAlias, 0.9);
                    }
                    for alias in &value.aliases {
                        lexicon.add_value(alias, meaning, Source::ValueAlias, 0.97);
                    }
                }
            }
        }
        lexicon
    }

    pub(super) fn phrase(&self, key: &str) -> &[Entry] {
        self.phrases.get(key).map_or(&[], Vec::as_slice)
    }

    /// True when something is named exactly so; `key` is a stem or stems joined.
    pub fn phrase_exists(&self, key: &str) -> bool {
        self.phrases.contains_key(key) || self.by_stem.contains_key(key) || self.values.contains_key(key)
    }

    /// True when some phrase holds this folded word.
    pub fn knows(&self, norm: &str) -> bool {
        self.known.contains(norm)
    }

    /// The word of the lexicon that a misspelt word most likely stands for: one slip for words of four
    /// letters and more, two for eight and more, and only when no other word is as near.
    pub fn correct(&self, norm: &str) -> Option<&str> {
        let length = norm.chars().count();
        if length < 4 || norm.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let limit = if length >= 8 { 2 } else { 1 };
        let mut best: Option<(usize, &str)> = None;
        let mut tied = false;
        for near in length.saturating_sub(limit)..=length + limit {
            for word in self.vocabulary.get(&near).map_or(&[][..], Vec::as_slice) {
                let distance = strsim::osa_distance(norm, word);
                // The first letter is rarely wrong: a slip there counts double.
                let distance = distance + usize::from(word.chars().next() != norm.chars().next());
                if distance > limit {
                    continue;
                }
                match best {
                    Some((d, _)) if d < distance => {}
                    Some((d, w)) if d == distance && w != word => tied = stem(w) != stem(word),
                    _ => {
                        best = Some((distance, word));
                        tied = false;
                    }
                }
            }
        }
        best.filter(|_| !tied).map(|(_, w)| w)
    }

    fn add_column(&mut self, r: ColumnRef, name: &str, dataset_words: &[String], temporal: bool) {
        let meaning = Meaning::Column(r);
        self.add_name(name, meaning, Source::Name, 1.0);
        let mut words = expand_words(&words_of(name));
        self.add_synonyms(&words, meaning, Source::Name, temporal);
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
            self.add(&words, meaning, Source::Name, 0.98);
        }
        if words.len() > 1 && words.last().is_some_and(|w| w == "id") {
            // A department's id is its number to people.
            for other in ["number", "code", "identifier"] {
                let mut said = words.clone();
                if let Some(last) = said.last_mut() {
                    other.clone_into(last);
                }
                self.add(&said, meaning, Source::Name, 0.85);
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
                self.add(&words[cut..], meaning, Source::Unqualified, 0.93);
                self.add_synonyms(&words[cut..], meaning, Source::Unqualified, temporal);
            }
        } else if let Some(last) = dataset_words.last() {
            let mut qualified = dataset_words.to_vec();
            qualified.extend(words.iter().cloned());
            self.add(&qualified, meaning, Source::Qualified, 1.0);
            if dataset_words.len() > 1 {
                let mut by_head = vec![last.clone()];
                by_head.extend(words.iter().cloned());
                self.add(&by_head, meaning, Source::Qualified, 0.98);
            }
        }
        let index = self.columns.len() as u32;
        for s in &stems {
            let list = self.by_stem.entry(s.clone()).or_default();
            if list.last() != Some(&index) {
                list.push(index);
            }
        }
        self.columns.push(ColumnWords { column: r, stems });
    }

    /// The same name with one of its words, or all of them, said otherwise.
    fn add_synonyms(&mut self, words: &[String], meaning: Meaning, source: Source, temporal: bool) {
        let whole = words.join(" ");
        for other in synonyms(&whole) {
            self.add(&words_of(other), meaning, source, 0.85);
        }
        for (i, word) in words.iter().enumerate().filter(|_| words.len() > 1) {
            let day = (temporal && word == "date").then_some("day");
            for other in synonyms(word).chain(day) {
                let mut said = words.to_vec();
                said.splice(i..=i, words_of(other));
                self.add(&said, meaning, source, 0.85);
            }
        }
    }

    fn add_name(&mut self, phrase: &str, meaning: Meaning, source: Source, score: f32) {
        let words = words_of(phrase);
        self.add(&words, meaning, source, score);
        let expanded = expand_words(&words);
        if expanded != words {
            self.add(&expanded, meaning, source, score - 0.01);
        }
    }

    fn add_value(&mut self, text: &str, meaning: Meaning, source: Source, score: f32) {
        let words = words_of(text);
        if words.is_empty() || words.len() > 12 {
            return;
        }
        self.longest = self.longest.max(words.len());
        self.learn(&words);
        let parts: Vec<&str> = words.iter().map(|w| singular(w)).collect();
        insert(&mut self.values, parts.concat(), Entry { meaning, source, score });
        // "corned beef" for 'CDO Corned Beef 210g': part of a long name stands for every value that holds it.
        let generic = |w: &str| {
            matches!(
                w,
                "city" | "province" | "region" | "county" | "state" | "island" | "store" | "inc" | "corp" | "ltd"
            )
        };
        if let [first, last] = parts.as_slice()
            && generic(last)
            && first.len() >= 4
        {
            // "Davao" for 'Davao City'.
            insert(&mut self.values, (*first).to_owned(), Entry { meaning, source: Source::Partial, score: 0.8 });
        }
        for length in 2..parts.len().min(4) {
            for part in parts.windows(length) {
                let list = self.values.entry(part.concat()).or_default();
                if list.len() < MOST_PARTIAL_VALUES && list.iter().all(|e| e.meaning != meaning) {
                    list.push(Entry { meaning, source: Source::Partial, score: 0.8 });
                }
            }
        }
    }

    pub(super) fn value(&self, key: &str) -> &[Entry] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    /// A part of some column's name that comes from the same root as a word nobody knows: "direct" of
    /// `directed_by` for "director". The longest common beginning wins; two as long decide nothing.
    pub fn same_root(&self, stem: &str) -> Option<&str> {
        let shared = |other: &str| stem.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let mut best: Option<(usize, &str)> = None;
        let mut tied = false;
        for other in self.by_stem.keys() {
            let n = shared(other);
            let rest = stem.len().max(other.len()) - n;
            if n < 5 || rest > 4 || rest * 2 > n || stem.len().min(other.len()) - n > 1 {
                continue;
            }
            match best {
                Some((b, _)) if b > n => {}
                Some((b, _)) if b == n => tied = true,
                _ => {
                    best = Some((n, other));
                    tied = false;
                }
            }
        }
        best.filter(|_| !tied).map(|(_, w)| w)
    }

    /// Words for spelling correction.
    fn learn(&mut self, words: &[String]) {
        for w in words {
            if self.known.insert(w.clone()) && w.chars().count() >= 4 {
                self.vocabulary.entry(w.chars().count()).or_default().push(w.clone());
            }
        }
    }

    fn add(&mut self, words: &[String], meaning: Meaning, source: Source, score: f32) {
        if words.is_empty() || words.len() > 12 {
            return;
        }
        self.longest = self.longest.max(words.len());
        self.learn(words);
        let stems: String = words.iter().map(|w| stem(w)).collect();
        let joined = stem(&words.concat());
        let entry = Entry { meaning, source, score };
        if joined != stems {
            self.insert(joined, Entry { score: score - 0.01, ..entry });
        }
        self.insert(stems, entry);
    }

    fn insert(&mut self, key: String, entry: Entry) {
        insert(&mut self.phrases, key, entry);
    }
}

fn insert(map: &mut HashMap<String, Vec<Entry>>, key: String, entry: Entry) {
    let list = map.entry(key).or_default();
    match list.iter_mut().find(|e| e.meaning == entry.meaning) {
        Some(old) if old.score >= entry.score => {}
        Some(old) => *old = entry,
        None => list.push(entry),
    }
}

/// A word without its plural ending: all the inflection that names of things show.
pub(super) fn singular(norm: &str) -> &str {
    let cut = norm.strip_suffix("'s").unwrap_or(norm);
    match cut.strip_suffix('s') {
        Some(base) if base.len() >= 3 && !base.ends_with('s') && !base.ends_with('u') && !base.ends_with('i') => base,
        _ => cut,
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
