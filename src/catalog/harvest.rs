//! Distinct values of text columns, read with the caller's privileges and within bounds.

use std::collections::{BTreeSet, HashMap};

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::quote_identifier;
use router_core::semantic::{HarvestOption, ValueType};

use super::columns::CatalogColumn;
use super::subject::Subject;
use crate::error::Result;
use crate::pg;

/// Rows read first; a relation that has no more is small, and known whole.
const SMALL_ROWS: usize = 20_000;
/// Distinct values a column of a small relation may have.
const MAX_VALUES_SMALL: usize = 5_000;
/// Distinct values a column of any other relation may have.
const MAX_VALUES: usize = 1_000;
/// Characters; a column with a longer value holds prose, not names.
const MAX_LENGTH: usize = 200;
/// Bytes of all values of a column together.
const MAX_BYTES: usize = 1 << 20;
/// Rows of a large relation that are looked at, spread over it where the server can.
const SAMPLE_ROWS: f64 = 1_000_000.0;

/// The values of one column.
#[derive(Debug, PartialEq)]
pub struct Harvested {
    pub column: String,
    /// Sorted; never blank.
    pub values: Vec<String>,
    /// Every distinct value is there.
    pub complete: bool,
}

/// Harvests what `option` allows. The second part says, if so, why nothing was harvested.
pub fn harvest(
    subject: &Subject,
    columns: &[&CatalogColumn],
    option: HarvestOption,
) -> Result<(Vec<Harvested>, Option<String>)> {
    let texts: Vec<&CatalogColumn> =
        columns.iter().copied().filter(|c| c.readable && c.facts.value_type == ValueType::Text).collect();
    if texts.is_empty() || option == HarvestOption::Off {
        return Ok((Vec::new(), None));
    }
    if option == HarvestOption::Default
        && let Some(reason) = hindrance(subject)?
    {
        return Ok((Vec::new(), Some(reason)));
    }
    let (enums, texts): (Vec<_>, Vec<_>) = texts.into_iter().partition(|c| c.is_enum);
    let mut harvested = enum_labels(&enums)?;
    if !texts.is_empty() {
        harvested.extend(text_values(subject, &texts, option)?);
    }
    Ok((harvested, None))
}

/// Why not everybody who may read the relation would see the same values.
fn hindrance(subject: &Subject) -> Result<Option<String>> {
    pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let args = [DatumWithOid::from(subject.oid)];
            let row = client.select(include_str!("../../sql/catalog/harvest_hindrance.sql"), Some(1), &args)?;
            Ok(row.first().get_one::<String>()?)
        })
    })
}

fn enum_labels(columns: &[&CatalogColumn]) -> Result<Vec<Harvested>> {
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let types: Vec<pg_sys::Oid> = columns.iter().map(|c| c.base_type).collect();
    let labels = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let mut labels = HashMap::new();
            let args = [DatumWithOid::from(types)];
            for row in client.select(include_str!("../../sql/catalog/enum_labels.sql"), None, &args)? {
                if let (Some(oid), Some(values)) = (row.get::<pg_sys::Oid>(1)?, row.get::<Vec<String>>(2)?) {
                    labels.insert(oid.to_u32(), values);
                }
            }
            Ok(labels)
        })
    })?;
    let of = |c: &CatalogColumn| labels.get(&c.base_type.to_u32()).cloned().unwrap_or_default();
    Ok(columns.iter().map(|c| Harvested { column: c.facts.name.clone(), values: of(c), complete: true }).collect())
}

/// A column whose values are being collected.
struct Collecting<'a> {
    column: &'a str,
    values: BTreeSet<String>,
    bytes: usize,
}

impl Collecting<'_> {
    /// False once the column is not worth harvesting.
    fn take(&mut self, value: Option<&str>, bound: usize) -> bool {
        let Some(value) = value.filter(|v| !v.trim().is_empty() && !self.values.contains(*v)) else {
            return true;
        };
        self.bytes += value.len();
        self.values.insert(value.to_owned());
        self.values.len() <= bound && self.bytes <= MAX_BYTES && value.chars().count() <= MAX_LENGTH
    }

    fn done(self, complete: bool) -> Harvested {
        Harvested { column: self.column.to_owned(), values: self.values.into_iter().collect(), complete }
    }
}

fn text_values(subject: &Subject, columns: &[&CatalogColumn], option: HarvestOption) -> Result<Vec<Harvested>> {
    let asked = match option {
        HarvestOption::On { max_values } => max_values,
        _ => None,
    };
    let (first, small) = first_rows(subject, columns, asked.unwrap_or(MAX_VALUES_SMALL))?;
    if small {
        return Ok(first.into_iter().map(|c| c.done(true)).collect());
    }
    let bound = asked.unwrap_or(MAX_VALUES);
    let mut harvested = Vec::new();
    for column in first.iter().filter(|c| c.values.len() <= bound) {
        harvested.extend(all_rows(subject, column.column, bound)?);
    }
    Ok(harvested)
}

/// Collects from the first rows, all columns in one pass; true when there are no others.
fn first_rows<'a>(
    subject: &Subject,
    columns: &[&'a CatalogColumn],
    bound: usize,
) -> Result<(Vec<Collecting<'a>>, bool)> {
    const BATCH: usize = 2_000;
    let list: Vec<String> = columns.iter().map(|c| value_expression(&c.facts.name)).collect();
    let query = format!("SELECT {} FROM {} LIMIT {}", list.join(", "), subject.quoted_name(), SMALL_ROWS + 1);
    let mut collecting: Vec<Option<Collecting<'a>>> =
        columns.iter().map(|c| Some(Collecting { column: &c.facts.name, values: BTreeSet::new(), bytes: 0 })).collect();
    let mut rows = 0;
    Spi::connect(|client| {
        let mut cursor = client.try_open_cursor(query.as_str(), &[])?;
        loop {
            let batch = cursor.fetch(BATCH as i64)?;
            let fetched = batch.len();
            for row in batch {
                for (i, slot) in collecting.iter_mut().enumerate() {
                    if let Some(column) = slot
                        && !column.take(row.get::<&str>(i + 1)?, bound)
                    {
                        *slot = None;
                    }
                }
            }
            rows += fetched;
            if fetched < BATCH || collecting.iter().all(Option::is_none) {
                return Ok::<_, pgrx::spi::SpiError>(());
            }
        }
    })?;
    Ok((collecting.into_iter().flatten().collect(), rows <= SMALL_ROWS))
}

/// Collects one column from the whole relation, or from a sample of a large one.
fn all_rows(subject: &Subject, column: &str, bound: usize) -> Result<Option<Harvested>> {
    let sampled = subject.row_estimate > SAMPLE_ROWS && subject.can_be_sampled;
    let source = if sampled {
        let percent = 100.0 * SAMPLE_ROWS / subject.row_estimate;
        format!("{} TABLESAMPLE SYSTEM ({percent})", subject.quoted_name())
    } else {
        subject.quoted_name()
    };
    // Counted, to know whether the limit cut rows off.
    let query = format!(
        "SELECT pg_catalog.left(s.v, {}), pg_catalog.count(*) FROM \
         (SELECT {}::pg_catalog.text AS v FROM {source} LIMIT {}) s GROUP BY s.v LIMIT {}",
        MAX_LENGTH + 1,
        quote_identifier(column),
        SAMPLE_ROWS as i64 + 1,
        bound + 2, // one for null, one to see that there are too many
    );
    let mut collecting = Collecting { column, values: BTreeSet::new(), bytes: 0 };
    let mut rows = 0.0;
    let taken = Spi::connect(|client| {
        for row in client.select(query.as_str(), None, &[])? {
            rows += row.get::<i64>(2)?.unwrap_or(0) as f64;
            if !collecting.take(row.get::<&str>(1)?, bound) {
                return Ok::<_, pgrx::spi::SpiError>(false);
            }
        }
        Ok(true)
    })?;
    Ok(taken.then(|| collecting.done(!sampled && rows <= SAMPLE_ROWS)))
}

/// A column as text, cut just beyond the bound on length.
fn value_expression(column: &str) -> String {
    format!("pg_catalog.left({}::pg_catalog.text, {})", quote_identifier(column), MAX_LENGTH + 1)
}
