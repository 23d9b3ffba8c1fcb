//! QuickSpec to SQL, and the syntax guard.

mod build;
mod filter;
mod joins;
mod measures;
mod quote;
pub mod regex_risk;
pub mod second_opinion;
mod steps;
pub mod syntax_guard;
mod within;

pub use build::{SqlClock, build};
pub use filter::SpecError;
pub use quote::{quote_identifier, quote_literal};
