//! What the compiled model says of single words: looked up once for all the spans that a word is in.

use std::cell::OnceCell;

use super::view::View;
use crate::prompt::words_of;

/// A word of the prompt.
pub(in crate::semantic) struct WordLookups<'a> {
    view: &'a View,
    pub(super) stem: &'a str,
    pub(super) singular: &'a str,
    parts: Parts<'a>,
    shapes: OnceCell<Option<usize>>,
    /// By segment, then by part.
    postings: OnceCell<Vec<Option<u32>>>,
}

/// The words of a singular as values are cut: "330ml" is two words there.
enum Parts<'a> {
    Whole(&'a str),
    Cut(Vec<String>),
}

impl<'a> WordLookups<'a> {
    pub fn new(view: &'a View, stem: &'a str, singular: &'a str) -> Self {
        let is_whole = !singular.is_empty() && singular.bytes().all(|b| b.is_ascii_lowercase());
        let parts = if is_whole { Parts::Whole(singular) } else { Parts::Cut(words_of(singular)) };
        Self { view, stem, singular, parts, shapes: OnceCell::new(), postings: OnceCell::new() }
    }

    pub(super) fn part_count(&self) -> usize {
        match &self.parts {
            Parts::Whole(_) => 1,
            Parts::Cut(parts) => parts.len(),
        }
    }

    pub(super) fn part(&self, i: usize) -> &str {
        match &self.parts {
            Parts::Whole(part) => part,
            Parts::Cut(parts) => &parts[i],
        }
    }

    /// Where the list of the shapes of column names with its stem lies.
    pub(super) fn shapes(&self) -> Option<usize> {
        *self.shapes.get_or_init(|| self.view.compiled.names.shapes_of(self.stem))
    }

    /// The number of a part's posting list in a segment of values.
    pub(super) fn posting(&self, segment: usize, part: usize) -> Option<u32> {
        let count = self.part_count();
        let looked_up = self.postings.get_or_init(|| {
            let segments = self.view.compiled.values.iter();
            segments.flat_map(|values| (0..count).map(|i| values.posting_of(self.part(i)))).collect()
        });
        looked_up.get(segment * count + part).copied().flatten()
    }
}
