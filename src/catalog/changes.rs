//! The log of changes: how often and when something was taught.

use crate::error::Result;
use crate::pg::table::{Moment, Table};

/// What the rows of `router.semantic_changes` come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// The semantic version.
    pub count: i64,
    /// Two states of the model are the same only if this is.
    pub mark: i64,
    /// Microseconds since 2000; tells a state from another with as many changes, after a dump was restored.
    pub latest: i64,
}

/// As the active snapshot sees them.
pub fn read() -> Result<Changes> {
    let table = Table::open_to_read(c"semantic_changes")?;
    let changed_at = table.column::<Moment>(c"changed_at")?;
    let (changes, mark) = (table.column::<i64>(c"changes")?, table.column::<i64>(c"mark")?);
    let mut found = Changes::default();
    table.each(|row| {
        found.count = found.count.saturating_add(row.get(changes).unwrap_or(0));
        found.mark ^= row.get(mark).unwrap_or(0);
        found.latest = found.latest.max(row.get(changed_at).map_or(0, |at| at.0));
    });
    Ok(found)
}
