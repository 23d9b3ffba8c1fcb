//! QuickSpec to SQL, and the syntax guard.
