//! The static encoder: text to unit vector, in-process.
