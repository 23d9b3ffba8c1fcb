//! Phrases that compare: "more than", "at least", "is not", "starts with".

use std::ops::Range;
use std::sync::OnceLock;

use crate::prompt::{Table, Word, split_words, tokenize};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Ne,
    /// Two numbers follow, both included.
    Between,
    StartsWith,
    EndsWith,
    Contains,
    NotContains,
    IsNull,
    NotNull,
}

/// Phrases by their first word: the words after it.
type Phrases = Table<String, Vec<(Vec<String>, Comparator)>>;

/// All comparators, longest first at each place, non-overlapping, in order.
pub fn find_comparators(words: &[Word]) -> Vec<(Range<usize>, Comparator)> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let after = &words[i + 1..];
        let stands = |rest: &[String]| after.len() >= rest.len() && rest.iter().zip(after).all(|(p, w)| *p == w.norm);
        let opened = table().get(words[i].norm.as_str());
        let hit = opened.into_iter().flatten().filter(|(rest, _)| stands(rest)).max_by_key(|(rest, _)| rest.len());
        match hit {
            Some((rest, comparator)) => {
                let end = i + 1 + rest.len();
                found.push((i..end, *comparator));
                i = end;
            }
            None => i += 1,
        }
    }
    found
}

/// The words that comparators are made of.
pub fn comparator_words() -> impl Iterator<Item = &'static str> {
    let rest = |(words, _): &'static (Vec<String>, Comparator)| words.iter().map(String::as_str);
    table()
        .iter()
        .flat_map(move |(first, phrases)| std::iter::once(first.as_str()).chain(phrases.iter().flat_map(rest)))
}

fn table() -> &'static Phrases {
    static TABLE: OnceLock<Phrases> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Phrases::default();
        for (comparator, phrases) in PHRASES {
            for phrase in phrases.split(" | ") {
                let mut words = split_words(&tokenize(phrase)).into_iter().map(|w| w.norm);
                if let Some(first) = words.next() {
                    table.entry(first).or_default().push((words.collect(), *comparator));
                }
            }
        }
        table
    })
}

const PHRASES: &[(Comparator, &str)] = &[
    (
        Comparator::Gt,
        "more than | greater than | over | above | exceeding | exceeds | exceed | higher than | larger than | bigger than | older than | longer than | taller than | heavier than | better than | > | bigger | mahigit sa | higit sa | mahigit | costing more than",
    ),
    (
        Comparator::Gte,
        "at least | no less than | not less than | greater than or equal to | more than or equal to | a minimum of | > = | >= | from at least | or more than | not below | not under | hindi bababa sa",
    ),
    (
        Comparator::Lt,
        "less than | below | under | fewer than | lower than | smaller than | younger than | shorter than | cheaper than | lighter than | < | mababa sa",
    ),
    (
        Comparator::Lte,
        "at most | no more than | not more than | less than or equal to | lower than or equal to | up to | a maximum of | < = | <= | not above | not over | hindi hihigit sa",
    ),
    (
        Comparator::Between,
        "between | aged | aged between | aged from | ages | in the range of | ranging from | in the range from | in the range | ranges from | within the range of | range from | is in the range of | priced from",
    ),
    (Comparator::Eq, "equal to | equals | equal | is equal to | = | is exactly | exactly"),
    (
        Comparator::Ne,
        "not equal to | does not equal to | does not equal | is not equal to | do not equal to | not equal | ! = | != | < > | <> | differs from",
    ),
    (
        Comparator::StartsWith,
        "starts with | start with | starting with | begins with | begin with | beginning with | starting with the letter | starts with the letter | begins with the letter",
    ),
    (Comparator::EndsWith, "ends with | end with | ending with | ending in | ends in | ends with the letter"),
    (
        Comparator::NotContains,
        "does not contain | do not contain | not containing | does not include | doesn't contain | does not contain the letter | not contain | does not have the letter | without the letter | without the letters | does not have the word",
    ),
    (
        Comparator::Contains,
        "contains | contain | containing | contains the letter | containing the letter | has the letter | have the letter | has the letters | have the letters | with the letters | containing the letters | like | includes | includes the letter | includes the word | contains the word | containing the word | contains the substring | containing the substring | has the substring | with the letter | with the word | have the substring",
    ),
    (
        Comparator::NotNull,
        "is not null | not null | is not empty | are not null | is known | is present | is not missing",
    ),
    (
        Comparator::IsNull,
        "is null | are null | is empty | is missing | are missing | is unknown | is not known | is not set | is blank",
    ),
];
