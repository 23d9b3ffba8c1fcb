//! Decision matrix, layers, fallback chain, confidence.
