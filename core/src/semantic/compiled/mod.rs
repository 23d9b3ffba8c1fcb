//! The semantic model compiled: flat tables and automata that are read in place, so that any number of processes share
//! one copy, and a million values cost none of them memory of its own.
//!
//! Names (datasets, columns, what people call them) and values (what columns hold) are compiled apart: teaching a
//! synonym leaves the values as they are. What a role may not see is left out when something is looked up.

mod container;
mod fuzzy;
mod lookups;
mod names;
mod names_build;
mod phrases;
mod place;
mod spans;
mod values;
mod values_build;
mod view;
mod walk;

#[cfg(test)]
mod tests;

pub use container::{Bytes, Corrupt, FORMAT, Sections, verify};
pub use names::Names;
pub use names_build::compile_names;
pub use values::{Head, Values};
pub use values_build::ValuesBuilder;
pub use view::{Compiled, Shown, View};

pub(super) use lookups::WordLookups;
pub(super) use spans::Spans;

/// In sections: an entry that names no value.
const NO_VALUE: u32 = u32::MAX;

/// Where a phrase comes from: how far it is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Source {
    Name = 1,
    /// Registered by a person.
    Alias,
    /// The dataset's name and the column's together ("student name").
    Qualified,
    /// The column's name without the dataset's ("name" for party.party_name).
    Unqualified,
    Comment,
    Value,
    ValueAlias,
    /// Some of the words of the name.
    Partial,
    /// No word of the name, but a word that is spoken of alike. Never stored.
    Similar,
}

impl Source {
    fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Name,
            2 => Self::Alias,
            3 => Self::Qualified,
            4 => Self::Unqualified,
            5 => Self::Comment,
            6 => Self::Value,
            7 => Self::ValueAlias,
            _ => Self::Partial,
        }
    }
}
