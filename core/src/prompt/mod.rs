//! The prompt as the rest of the brain sees it: validated, normalised, cut into tokens.

mod token;

pub use token::{Token, TokenKind, tokenize};
