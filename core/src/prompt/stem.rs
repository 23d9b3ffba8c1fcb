//! Inflected forms to one stem, so that "categories", "category" and "Category's" meet.

use std::cell::RefCell;

use rust_stemmers::{Algorithm, Stemmer};

use super::stopwords::stem_of_stopword;

thread_local! {
    static ENGLISH: RefCell<Stemmer> = RefCell::new(Stemmer::create(Algorithm::English));
}

/// Plurals that no rule reaches.
const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"),
    ("persons", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("ids", "id"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("mice", "mouse"),
    ("geese", "goose"),
    ("indices", "index"),
    ("criteria", "criterion"),
    ("matrices", "matrix"),
    ("analyses", "analysis"),
    ("statuses", "status"),
    ("bought", "buy"),
    ("sold", "sell"),
    ("paid", "pay"),
    ("spent", "spend"),
    ("taught", "teach"),
    ("won", "win"),
    ("older", "old"),
    ("oldest", "old"),
];

/// The stem of a folded word (Snowball English, with irregular plurals).
pub fn stem(norm: &str) -> String {
    let word = norm.trim_end_matches("'s").trim_end_matches("\u{2019}s").trim_end_matches('\'');
    stem_of_stopword(word, || worked_out(word)).map_or_else(|| worked_out(word), str::to_owned)
}

fn worked_out(word: &str) -> String {
    if let Some((_, base)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return ENGLISH.with_borrow(|s| s.stem(base).into_owned());
    }
    // Short words and codes are names: stemming them invents collisions ("ncr", "us").
    if word.len() <= 3 || !word.is_ascii() || word.bytes().any(|b| b.is_ascii_digit()) {
        return word.to_owned();
    }
    ENGLISH.with_borrow(|s| s.stem(word).into_owned())
}

/// A folded word without its plural ending: all the inflection that names of things show.
pub fn singular(norm: &str) -> &str {
    let cut = norm.strip_suffix("'s").unwrap_or(norm);
    match cut.strip_suffix('s') {
        Some(base) if base.len() >= 3 && !base.ends_with('s') && !base.ends_with('u') && !base.ends_with('i') => base,
        _ => cut,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn inflections_meet() {
        for (a, b) in [("categories", "category"), ("people", "person"), ("brand's", "brands"), ("cities", "city")] {
            assert_eq!(stem(a), stem(b));
        }
        assert_eq!(stem("ncr"), "ncr");
    }
}
