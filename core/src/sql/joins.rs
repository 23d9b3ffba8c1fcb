//! FROM, its joins, and what the joins do to the number of rows.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::build::aggregate_of;
use super::filter::{Resolved, SpecError};
use super::quote::quote_identifier;
use crate::quickspec::QuickSpec;
use crate::semantic::{Aggregation, ColumnRef, Path, SemanticModel, paths_via};

/// FROM and its joins, with the column names that hold in it.
pub(super) struct From<'a> {
    model: &'a SemanticModel,
    root: usize,
    via: Vec<ColumnRef>,
    /// From the root; most statements join nothing.
    paths: OnceCell<HashMap<usize, Path>>,
    /// Datasets in the order they were joined.
    joined: Vec<usize>,
    clauses: Vec<(usize, usize, usize)>,
}

impl<'a> From<'a> {
    /// `via` names the references to prefer.
    pub fn new(model: &'a SemanticModel, root: usize, via: &[String]) -> Result<Self, SpecError> {
        let (joined, clauses) = (vec![root], Vec::new());
        let mut from = Self { model, root, via: Vec::new(), paths: OnceCell::new(), joined, clauses };
        from.via = via.iter().map(|name| from.locate(name)).collect::<Result<_, _>>()?;
        Ok(from)
    }

    fn path(&self, dataset: usize) -> Option<&Path> {
        self.paths.get_or_init(|| paths_via(self.model, self.root, &self.via)).get(&dataset)
    }

    pub fn join(&mut self, dataset: usize) -> Result<(), SpecError> {
        let steps = self.path(dataset).ok_or_else(|| self.unreachable(dataset))?.steps.clone();
        for step in steps {
            if !self.joined.contains(&step.to) {
                self.joined.push(step.to);
                self.clauses.push((step.relationship, step.from, step.to));
            }
        }
        Ok(())
    }

    /// The column, its dataset joined.
    pub fn find(&mut self, name: &str) -> Result<ColumnRef, SpecError> {
        let found = self.locate(name)?;
        if found.dataset != self.root {
            self.join(found.dataset)?;
        }
        Ok(found)
    }

    /// A plain name of the root's, else `schema.table.column`.
    fn locate(&self, name: &str) -> Result<ColumnRef, SpecError> {
        let root = &self.model.datasets[self.root];
        if let Some(column) = root.column_index(name) {
            return Ok(ColumnRef { dataset: self.root, column });
        }
        // Names may hold dots themselves.
        let parts = name.match_indices('.').map(|(at, _)| (&name[..at], &name[at + 1..]));
        let found = parts.filter_map(|(of, name)| {
            let dataset = self.model.datasets.called(of)?;
            Some(ColumnRef { dataset, column: self.model.datasets[dataset].column_index(name)? })
        });
        found
            .min_by_key(|c| c.dataset)
            .ok_or_else(|| SpecError::UnknownColumn { dataset: root.full_name(), column: name.to_owned() })
    }

    pub fn resolve(&mut self, name: &str) -> Result<Resolved<'a>, SpecError> {
        let r = self.find(name)?;
        Ok(Resolved { sql: self.column_sql(r), column: self.model.column(r) })
    }

    /// A column of a dataset that is joined.
    pub fn column_sql(&self, c: ColumnRef) -> String {
        let quoted = quote_identifier(&self.model.column(c).name);
        if self.joined.len() == 1 { quoted } else { format!("{}.{quoted}", self.alias(c.dataset)) }
    }

    pub fn root(&self) -> usize {
        self.root
    }

    fn alias(&self, dataset: usize) -> String {
        format!("t{}", self.joined.iter().position(|k| *k == dataset).unwrap_or_default() + 1)
    }

    pub fn sql(&self) -> String {
        let table = |k: usize| {
            let d = &self.model.datasets[k];
            format!("{}.{}", quote_identifier(&d.schema), quote_identifier(&d.name))
        };
        if self.joined.len() == 1 {
            return table(self.root);
        }
        let mut sql = format!("{} AS t1", table(self.root));
        for (relationship, from, to) in &self.clauses {
            let on = self.on(*relationship, (*from, &self.alias(*from)), (*to, &self.alias(*to)));
            sql.push_str(&format!(" JOIN {} AS {} ON {on}", table(*to), self.alias(*to)));
        }
        sql
    }

    /// The condition that joins two datasets, each called by its alias.
    fn on(&self, relationship: usize, (from, ours): (usize, &str), (to, theirs): (usize, &str)) -> String {
        let r = &self.model.relationships[relationship];
        let (a, b) = if r.from == from { (&r.from_columns, &r.to_columns) } else { (&r.to_columns, &r.from_columns) };
        let column = |k: usize, c: usize| quote_identifier(&self.model.datasets[k].columns[c].name);
        let pairs = a.iter().zip(b).map(|(a, b)| format!("{ours}.{} = {theirs}.{}", column(from, *a), column(to, *b)));
        pairs.collect::<Vec<_>>().join(" AND ")
    }

    /// The condition that a row of the root has no row of `dataset`, by the way that would join it.
    pub fn none_of(&self, dataset: usize) -> Result<String, SpecError> {
        let table = |k: usize| {
            let d = &self.model.datasets[k];
            format!("{}.{}", quote_identifier(&d.schema), quote_identifier(&d.name))
        };
        let own =
            if self.joined.len() == 1 { quote_identifier(&self.model.datasets[self.root].name) } else { "t1".into() };
        let path = self.path(dataset).filter(|p| !p.steps.is_empty()).ok_or_else(|| self.unreachable(dataset))?;
        let mut from = String::new();
        let mut joined = String::new();
        for (i, step) in path.steps.iter().enumerate() {
            let (before, alias) = (if i == 0 { own.clone() } else { format!("n{i}") }, format!("n{}", i + 1));
            let on = self.on(step.relationship, (step.from, &before), (step.to, &alias));
            if i == 0 {
                from = format!("{} AS {alias}", table(step.to));
                joined = on;
            } else {
                from.push_str(&format!(" JOIN {} AS {alias} ON {on}", table(step.to)));
            }
        }
        Ok(format!("NOT EXISTS (SELECT 1 FROM {from} WHERE {joined})"))
    }

    fn unreachable(&self, dataset: usize) -> SpecError {
        SpecError::Unreachable {
            from: self.model.datasets[self.root].full_name(),
            to: self.model.datasets[dataset].full_name(),
        }
    }

    /// How to measure every row once, when a join makes several of it: rows of the measured dataset are told
    /// apart by its primary key. `None` when nothing multiplies, when nothing would change (minimum, maximum,
    /// distinct), or when there is no key.
    pub fn once(&mut self, spec: &QuickSpec) -> Result<Option<Once>, SpecError> {
        if !matches!(spec.agg, Aggregation::Sum | Aggregation::Avg | Aggregation::Median | Aggregation::Count) {
            return Ok(None);
        }
        // Without a column it is the joined rows themselves that are counted.
        let Some(y) = spec.y.as_deref().map(|name| self.find(name)).transpose()? else { return Ok(None) };
        let measured = y.dataset;
        let Some(key) = self.each_once(measured) else { return Ok(None) };
        let own = self.model.datasets[measured].primary_key == [y.column];
        if spec.agg == Aggregation::Count {
            // Counted by its key a row counts once; another column counts wherever it stands.
            return Ok(own.then_some(Once { key, value: None }));
        }
        Ok(Some(Once { value: Some(self.column_sql(y)), key }))
    }

    /// What tells the rows of `measured` apart, when some join makes several of one and there is a key.
    pub fn each_once(&self, measured: usize) -> Option<Vec<String>> {
        let key = &self.model.datasets[measured].primary_key;
        let columns = key.iter().map(|k| self.column_sql(ColumnRef { dataset: measured, column: *k }));
        (!key.is_empty() && self.multiplies(measured)).then(|| columns.collect())
    }

    /// True when some join makes several rows of one row of `measured`.
    fn multiplies(&self, measured: usize) -> bool {
        let mut reached = vec![measured];
        while let Some((many, next)) = self.clauses.iter().find_map(|(relationship, a, b)| {
            let (at, next) = match (reached.contains(a), reached.contains(b)) {
                (true, false) => (*a, *b),
                (false, true) => (*b, *a),
                _ => return None,
            };
            Some((
                self.model.relationships[*relationship].to == at
                    && self.model.relationships[*relationship].from == next,
                next,
            ))
        }) {
            if many {
                return true;
            }
            reached.push(next);
        }
        false
    }
}

/// A measure taken over distinct rows.
pub(super) struct Once {
    /// The columns that tell the measured rows apart.
    key: Vec<String>,
    /// What is measured; `None` when counting the keys says it all.
    pub value: Option<String>,
}

impl Once {
    /// The aggregate of the outer query.
    pub fn aggregate(&self, agg: Aggregation) -> String {
        match (&self.value, agg) {
            (None, _) => format!("count(DISTINCT {})", self.key[0]),
            (Some(_), agg) => aggregate_of(agg, Some("measured")),
        }
    }

    /// The distinct rows: key, measure and axes.
    pub fn rows(
        &self,
        x: Option<&str>,
        split: Option<&str>,
        day: Option<&str>,
        from: &str,
        condition: Option<&str>,
    ) -> String {
        let mut select = self.key.clone();
        select.extend(self.value.iter().map(|v| format!("{v} AS measured")));
        select.extend(x.map(|x| format!("{x} AS x_axis")));
        select.extend(split.map(|s| format!("{s} AS series")));
        select.extend(day.map(|d| format!("{d} AS day")));
        let condition = condition.map(|c| format!(" WHERE {c}")).unwrap_or_default();
        format!("SELECT DISTINCT {} FROM {from}{condition}", select.join(", "))
    }
}
