//! Spelling: a word that nobody knows becomes the word of the model it was meant to be.

use super::cues;
use crate::embed::Encoder;
use crate::entity::comparator_words;
use crate::prompt::{TokenKind, Word, is_stopword, singular, stem};
use crate::semantic::Lexicon;

/// Takes words that name nothing for another form of one that does ("director" for "directed by"), or for what the
/// schema writes for them ("appt" for "appointments").
pub fn relate(words: &mut [Word], lexicon: &Lexicon) -> Vec<(String, String)> {
    let mut related = Vec::new();
    // As said, before any was changed.
    let mut said: Option<Vec<String>> = None;
    for at in 0..words.len() {
        let word = &words[at];
        if word.kind != TokenKind::Word || word.norm.len() < 4 || !word.stem.is_ascii() {
            continue;
        }
        if is_stopword(&word.norm) || cues::is_cue_word(&word.norm) || lexicon.phrase_exists(&word.stem) {
            continue;
        }
        let said = said.get_or_insert_with(|| words.iter().map(|w| w.stem.clone()).collect());
        let word = &mut words[at];
        if lexicon.knows(&word.norm) {
            // Values may hold the word ("Driver 7"); where no name does, its abbreviation in one is meant besides.
            if !lexicon.names(&word.norm)
                && let Some(short) = lexicon.abbreviation(singular(&word.norm))
            {
                related.push((word.norm.clone(), short.clone()));
                word.stem = short;
            }
            continue;
        }
        // "the courses each teacher teaches": the teacher is named already.
        if let Some(root) = lexicon.same_root(&word.stem).filter(|r| said.iter().all(|s| s != r)) {
            related.push((word.norm.clone(), root.clone()));
            word.stem = root;
        } else if let Some(short) = lexicon.abbreviation(singular(&word.norm)) {
            related.push((word.norm.clone(), short.clone()));
            word.stem = short;
        }
    }
    related
}

/// Corrects words in place; returns what was changed, for the answer's `warnings`.
///
/// Words of the language (those that the encoder knows) are never touched, nor are words of the lexicon,
/// cues, stop words, numbers and quoted texts.
pub fn correct(words: &mut [Word], lexicon: &Lexicon) -> Vec<(String, String)> {
    let known = |word: &str| Encoder::get().knows(word);
    let mut corrections = Vec::new();
    for word in words.iter_mut().filter(|w| w.kind == TokenKind::Word) {
        let norm = word.norm.as_str();
        if norm.chars().count() > 24
            || is_stopword(norm)
            || lexicon.knows(norm)
            || cues::is_cue_word(norm)
            || known(norm)
        {
            continue;
        }
        // An inflection of a word that is known needs no correction.
        if lexicon.phrase_exists(&word.stem) || known(&word.stem) {
            continue;
        }
        let singular = norm.strip_suffix('s').filter(|s| s.len() >= 4);
        let named = || lexicon.correct(norm).or_else(|| singular.and_then(|s| lexicon.correct(s)));
        let Some(better) = named().or_else(|| closed_class(norm)) else { continue };
        corrections.push((word.norm.clone(), better.clone()));
        word.stem = stem(&better);
        word.norm = better;
    }
    corrections
}

/// The word of the closed classes ("every", "above") that a word of four letters or more is one slip away from, where
/// there is just one. A first letter is rarely wrong.
fn closed_class(norm: &str) -> Option<String> {
    if norm.chars().count() < 4 {
        return None;
    }
    let near = |word: &&str| {
        word.len() >= 4
            && word.as_bytes().first() == norm.as_bytes().first()
            && word.len().abs_diff(norm.len()) <= 1
            && strsim::osa_distance(word, norm) == 1
    };
    let mut found = cues::vocabulary().iter().map(String::as_str).chain(comparator_words()).filter(near);
    let first = found.next()?;
    found.all(|other| other == first).then(|| first.to_owned())
}
