//! The prompt as the rest of the brain sees it: validated, normalised, cut into tokens.

mod asides;
mod foreign;
mod identifier;
mod language;
mod stem;
mod stopwords;
mod table;
mod token;
mod word;

pub use asides::without_asides;
pub use foreign::{language_name, to_english};
pub use identifier::{abbreviates, expanded as expand_words, words as words_of};
pub use language::{Language, identify};
pub use stem::{singular, stem};
pub use stopwords::{is_determiner, is_stopword};
pub(crate) use table::{Table, WordSet};
pub use token::{Token, TokenKind, fold, tokenize};
pub use word::{Word, split_words};
