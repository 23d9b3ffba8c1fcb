//! QuickSpec to SQL, and the syntax guard.

pub mod regex_risk;
pub mod syntax_guard;
