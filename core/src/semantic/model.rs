//! Datasets, columns, relationships: plain data, loaded by the caller, never changed here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::compiled::View;
use super::{Datasets, Relationships};
use crate::prompt::fold;

/// How a column's values behave, independent of the exact SQL type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    Integer,
    /// numeric, real, double precision, money.
    Decimal,
    Text,
    Boolean,
    Date,
    /// timestamp without time zone.
    Timestamp,
    /// timestamp with time zone.
    TimestampTz,
    /// time of day.
    Time,
    Uuid,
    Json,
    Other,
}

impl ValueType {
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    /// True for types that lie on the calendar.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::TimestampTz)
    }
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Groups and filters.
    Dimension,
    /// Is aggregated.
    Measure,
    /// Lies on the calendar.
    Time,
    /// Identifies rows (primary key, foreign key, `*_id`): counted distinct, never summed.
    Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    Sum,
    Avg,
    Median,
    Count,
    CountDistinct,
    Min,
    Max,
    None,
}

impl Aggregation {
    /// The average and the median: what is usual, and no sum of parts.
    pub fn is_middle(self) -> bool {
        matches!(self, Self::Avg | Self::Median)
    }
}

/// The layers of a warehouse; decides `topK` and which dataset serves which question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Raw rows.
    Bronze,
    /// Cleaned rows.
    #[default]
    Silver,
    /// Aggregates.
    Gold,
    /// Predictions.
    Platinum,
}

/// A stored value of a text column, with the other names people give it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HarvestedValue {
    pub stored: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The SQL type as the server spells it, for display and casts (`numeric(12,2)`).
    pub sql_type: String,
    pub value_type: ValueType,
    pub role: Role,
    /// Aggregation used when the question names none.
    pub default_agg: Aggregation,
    /// Other names, registered by people.
    #[serde(default)]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub comment: Option<String>,
    pub nullable: bool,
    /// A unique index or key covers this column alone.
    pub unique: bool,
    /// Distinct values of the column, harvested (possibly cut: see `harvested_all`). In a model that is read from
    /// its compiled form, only those of columns with few of them: see [`SemanticModel::value`].
    #[serde(default)]
    pub values: Vec<HarvestedValue>,
    /// `values` holds every distinct value.
    #[serde(default)]
    pub harvested_all: bool,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Dataset {
    pub schema: String,
    pub name: String,
    /// The relation's OID in the database it was loaded from; opaque here.
    pub oid: u32,
    pub layer: Layer,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub comment: Option<String>,
    /// Other names of the dataset.
    #[serde(default)]
    pub aliases: Vec<String>,
    pub columns: Vec<Column>,
    /// Index into `columns` of the default time axis.
    #[serde(default)]
    pub time_column: Option<usize>,
    /// Indexes of the primary key's columns.
    #[serde(default)]
    pub primary_key: Vec<usize>,
    /// Row estimate from the catalogs.
    #[serde(default)]
    pub rows: u64,
}

impl Dataset {
    /// `schema.name`, unquoted: the name used in specs and answers.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

/// Many rows of `from` belong to one row of `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationship {
    /// Index of the dataset on the many side.
    pub from: usize,
    pub from_columns: Vec<usize>,
    /// Index of the dataset on the one side.
    pub to: usize,
    pub to_columns: Vec<usize>,
}

/// A column of a dataset of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ColumnRef {
    pub dataset: usize,
    pub column: usize,
}

/// Everything registered in a database that one caller may see.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SemanticModel {
    /// Grows with every change of the registration or of what was taught.
    pub version: u64,
    pub datasets: Datasets,
    pub relationships: Relationships,
    /// Weights of the confidence as fitted to this database's own answers, bias first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Vec<f32>>,
}

/// Values of a column that a test is tried on.
const MOST_LOOKED_AT: usize = 5_000;

impl SemanticModel {
    /// What a view of a compiled model shows.
    pub fn over(view: Arc<View>) -> Self {
        Self {
            version: view.compiled().names.version(),
            relationships: view.relationships().into(),
            datasets: Datasets::over(view),
            calibration: None,
        }
    }

    pub fn dataset_index(&self, full_name: &str) -> Option<usize> {
        self.datasets.called(full_name)
    }

    pub fn column(&self, r: ColumnRef) -> &Column {
        &self.datasets[r.dataset].columns[r.column]
    }

    /// The stored value numbered `v` of a column; empty when there is none such.
    pub fn value(&self, c: ColumnRef, v: u32) -> String {
        self.datasets.value(c, v).unwrap_or_default()
    }

    /// Values of a column that are known, numbered from 0.
    pub fn value_count(&self, c: ColumnRef) -> usize {
        self.datasets.value_count(c)
    }

    /// True when one of a column's values (of many, one of the first few thousand) passes `test`.
    pub fn any_value(&self, c: ColumnRef, test: impl Fn(&str) -> bool) -> bool {
        match self.datasets.view() {
            Some(view) => view.first_values(c, MOST_LOOKED_AT).into_iter().any(test),
            None => self.column(c).values.iter().any(|v| test(&v.stored)),
        }
    }

    /// The stored value that is written like `text` or has it as another name, letter case and accents aside.
    pub fn value_called(&self, c: ColumnRef, text: &str) -> Option<String> {
        let wanted = fold(text);
        self.stored_form(c, text).or_else(|| match self.datasets.view() {
            Some(view) => view.value_called(c, &wanted),
            None => {
                let named = |v: &&HarvestedValue| v.aliases.iter().any(|a| fold(a) == wanted);
                self.column(c).values.iter().find(named).map(|v| v.stored.clone())
            }
        })
    }

    /// The stored spelling of a value that is written like `text`, letter case and accents aside.
    pub fn stored_form(&self, c: ColumnRef, text: &str) -> Option<String> {
        let wanted = fold(text);
        match self.datasets.view() {
            Some(view) => view.stored_form(c, &wanted),
            None => self.column(c).values.iter().find(|v| fold(&v.stored) == wanted).map(|v| v.stored.clone()),
        }
    }
}
