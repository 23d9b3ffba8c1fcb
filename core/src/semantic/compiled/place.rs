//! A dataset or one of its columns, in one number.

/// Columns have twelve bits: PostgreSQL has 1,600 a table.
const COLUMNS: u32 = 1 << 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place(u32);

impl Place {
    /// In sections: no place.
    pub const NONE: u32 = u32::MAX;

    pub fn of_dataset(dataset: usize) -> Self {
        Self(dataset as u32 * COLUMNS + COLUMNS - 1)
    }

    pub fn column(dataset: usize, column: usize) -> Self {
        Self(dataset as u32 * COLUMNS + (column as u32).min(COLUMNS - 2))
    }

    pub fn raw(self) -> u32 {
        self.0
    }

    pub fn from_raw(raw: u32) -> Option<Self> {
        (raw != Self::NONE).then_some(Self(raw))
    }

    pub fn dataset(self) -> usize {
        (self.0 / COLUMNS) as usize
    }

    /// `None` for the dataset itself.
    pub fn column_index(self) -> Option<usize> {
        let column = self.0 % COLUMNS;
        (column != COLUMNS - 1).then_some(column as usize)
    }
}
