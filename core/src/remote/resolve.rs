//! A model's draft against the semantic model: every name is looked up, every value must come from the question or
//! from the data, time is read by our own clock. What is left is a QuickSpec like any other.

use serde_json::{Map, Value, json};

use super::draft::{Draft, DraftError, FilterDraft, Op, Order};
use crate::prompt::{fold, tokenize};
use crate::quickspec::{Chart, Direction, Measure, OrderBy, OrderTarget, QuickSpec, SCHEMA, TopPer};
use crate::reading::{merge_filters, test_for};
use crate::semantic::{Aggregation, Column, ColumnRef, Path, Role, SemanticModel, ValueType, paths_from};
use crate::time::{Clock, Grain, find};

/// What a draft came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    pub spec: QuickSpec,
    /// How the period was read, for people.
    pub period: Option<String>,
}

/// Looks a draft up. `scope` says which datasets the question is asked over.
pub fn resolve(
    draft: &Draft,
    prompt: &str,
    model: &SemanticModel,
    scope: &[bool],
    clock: &Clock,
) -> Result<Resolution, DraftError> {
    let root =
        model.dataset_index(&draft.dataset).filter(|k| scope.get(*k) == Some(&true)).ok_or(DraftError::Dataset)?;
    let names = Names { model, root, paths: paths_from(model, root), scope };
    let measure = draft.measure.as_deref().map(|name| names.find(name)).transpose()?;
    let agg = aggregation(draft.aggregation, measure.map(|m| model.column(m)))?;
    let more = draft.more_measures.iter().map(|m| {
        let column = m.measure.as_deref().map(|name| names.find(name)).transpose()?;
        let agg = aggregation(m.aggregation, column.map(|c| model.column(c)))?;
        Ok(Measure { y: column.map(|c| names.name(c)), agg })
    });
    let more_measures: Vec<Measure> = more.collect::<Result<_, DraftError>>()?;
    let axes: Vec<ColumnRef> = draft.dimensions.iter().map(|name| names.find(name)).collect::<Result<_, _>>()?;
    if axes.iter().any(|c| model.column(*c).value_type == ValueType::Json) {
        return Err(DraftError::Spec("nothing can be grouped by a json column".into()));
    }
    let mut filters = Map::new();
    for filter in &draft.filters {
        let column = names.find(&filter.column)?;
        merge_filters(&mut filters, names.name(column), condition(filter, (model, column), prompt)?);
    }
    let grain = draft.time.as_ref().and_then(|t| t.grain);
    let said = draft.time.as_ref().and_then(|t| t.expression.as_deref()).filter(|e| !e.trim().is_empty());
    let period = said.map(|said| period(said, prompt, &names, clock, &mut filters)).transpose()?;
    let temporal = |c: &ColumnRef| model.column(*c).value_type.is_temporal();
    let (x, split) = (axes.first().copied(), axes.get(1).copied());
    let time_axis = x.is_some_and(|x| temporal(&x));
    let order_by = match (draft.order, time_axis) {
        // Within each of something it is figures that are ranked.
        (None, _) if draft.limit_per.is_some() => Some(OrderBy { by: OrderTarget::Y, dir: Direction::Desc }),
        (Some(order), _) => Some(OrderBy { by: OrderTarget::Y, dir: direction(order) }),
        (None, true) => Some(OrderBy { by: OrderTarget::X, dir: Direction::Asc }),
        (None, false) => None,
    };
    let top_per = match draft.limit_per.as_ref().and_then(|name| draft.dimensions.iter().position(|d| d == name)) {
        Some(at) if draft.dimensions.len() == 2 && x != split => Some([TopPer::X, TopPer::Series][at]),
        Some(_) => return Err(DraftError::Spec("a limit within each of one dimension ranks another".into())),
        None => None,
    };
    let spec = QuickSpec {
        schema: SCHEMA.to_owned(),
        dataset: model.datasets[root].full_name(),
        joins: Vec::new(),
        x: x.map(|c| names.name(c)),
        y: measure.map(|c| names.name(c)),
        agg,
        more_measures,
        per: None,
        per_grain: None,
        chart: match (x, time_axis) {
            (None, _) => Chart::Table,
            (Some(_), true) if draft.limit_per.is_none() => Chart::Line,
            (Some(_), _) => Chart::Bar,
        },
        split_by: split.map(|c| names.name(c)),
        split_grain: split.filter(|c| temporal(c)).map(|_| grain.unwrap_or(Grain::Month)),
        filters,
        part: Map::new(),
        having: None,
        count_groups: false,
        time_grain: time_axis.then(|| grain.unwrap_or(Grain::Month)),
        order_by: order_by.filter(|_| x.is_some()),
        top_k: draft.limit.filter(|_| x.is_some()),
        top_per,
        normalize: false,
        transform: None,
        columns: Vec::new(),
        confidence_bands: None,
        model_version: None,
        cyclic: false,
        bin: None,
        bins: None,
        without: Vec::new(),
        auto_bin: false,
        via: Vec::new(),
        window: None,
    };
    Ok(Resolution { spec, period })
}

/// The names that hold in a spec over one dataset.
struct Names<'a> {
    model: &'a SemanticModel,
    root: usize,
    paths: std::collections::HashMap<usize, Path>,
    scope: &'a [bool],
}

impl Names<'_> {
    /// A column of the dataset by its plain name, or of a related one by its full name.
    fn find(&self, name: &str) -> Result<ColumnRef, DraftError> {
        let root = &self.model.datasets[self.root];
        let unknown = || DraftError::Column(root.full_name());
        let own = |name: &str| root.column_index(name).map(|column| ColumnRef { dataset: self.root, column });
        if let Some(column) = own(name) {
            return Ok(column);
        }
        let (dataset, column) = name.rsplit_once('.').ok_or_else(unknown)?;
        if dataset == root.full_name() || dataset == root.name {
            return own(column).ok_or_else(unknown);
        }
        let at = self.model.dataset_index(dataset).ok_or_else(unknown)?;
        if self.scope.get(at) != Some(&true) || !self.paths.contains_key(&at) {
            return Err(unknown());
        }
        let column = self.model.datasets[at].column_index(column).ok_or_else(unknown)?;
        Ok(ColumnRef { dataset: at, column })
    }

    fn name(&self, c: ColumnRef) -> String {
        crate::reading::column_name(self.model, self.root, c)
    }
}

/// The aggregation, if it makes sense for the column.
fn aggregation(said: Option<Aggregation>, measure: Option<&Column>) -> Result<Aggregation, DraftError> {
    let Some(column) = measure else {
        return match said {
            None | Some(Aggregation::Count) => Ok(Aggregation::Count),
            Some(_) => Err(DraftError::Spec("an aggregation without a measure".into())),
        };
    };
    let agg = said.unwrap_or(match column.role {
        Role::Measure => column.default_agg,
        _ => Aggregation::CountDistinct,
    });
    let numeric = column.value_type.is_numeric();
    let ordered = numeric || column.value_type.is_temporal() || column.value_type == ValueType::Text;
    match agg {
        Aggregation::Sum | Aggregation::Avg | Aggregation::Median if !numeric || column.role == Role::Key => {
            Err(DraftError::Spec(format!("{} can't be added up", column.name)))
        }
        Aggregation::Min | Aggregation::Max if !ordered => {
            Err(DraftError::Spec(format!("{} has no order", column.name)))
        }
        Aggregation::None => Err(DraftError::Spec("no aggregation".into())),
        agg => Ok(agg),
    }
}

fn direction(order: Order) -> Direction {
    match order {
        Order::Asc => Direction::Asc,
        Order::Desc => Direction::Desc,
    }
}

/// A filter as a spec's condition.
fn condition(filter: &FilterDraft, of: (&SemanticModel, ColumnRef), prompt: &str) -> Result<Value, DraftError> {
    let column = of.0.column(of.1);
    let one = |value: &Value| value_of(value, of, prompt);
    let list =
        |value: &Value| -> Result<Vec<Value>, DraftError> { value.as_array().into_iter().flatten().map(one).collect() };
    let text = !(column.value_type.is_numeric() || column.value_type.is_temporal());
    Ok(match filter.op {
        Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::Between if text => {
            return Err(DraftError::Spec(format!("{} is no quantity", column.name)));
        }
        Op::Eq => one(&filter.value)?,
        Op::Ne => json!({"ne": one(&filter.value)?}),
        Op::Gt => json!({"gt": one(&filter.value)?}),
        Op::Gte => json!({"gte": one(&filter.value)?}),
        Op::Lt => json!({"lt": one(&filter.value)?}),
        Op::Lte => json!({"lte": one(&filter.value)?}),
        Op::In => Value::Array(list(&filter.value)?),
        Op::NotIn => json!({"not_in": list(&filter.value)?}),
        Op::Between => json!({"between": list(&filter.value)?}),
    })
}

/// A value as it is stored. A model may not bring in values of its own: the data has it, or the question says it.
fn value_of(value: &Value, (model, c): (&SemanticModel, ColumnRef), prompt: &str) -> Result<Value, DraftError> {
    let column = model.column(c);
    let unknown = || DraftError::Value(column.name.clone());
    match value {
        Value::Bool(_) if column.value_type == ValueType::Boolean => Ok(value.clone()),
        Value::Number(n) if column.value_type.is_numeric() => {
            let said = n.as_f64().is_some_and(|n| numbers(prompt).any(|said| (said - n).abs() <= 1e-9 * n.abs()));
            if said { Ok(value.clone()) } else { Err(unknown()) }
        }
        Value::String(text) if column.value_type.is_numeric() => match text.trim().parse::<f64>() {
            Ok(n) if numbers(prompt).any(|said| (said - n).abs() <= 1e-9 * n.abs()) => Ok(json!(n)),
            _ => Err(unknown()),
        },
        Value::String(text) => {
            let folded = fold(text.trim());
            match model.value_called(c, text.trim()) {
                Some(stored) => Ok(json!(stored)),
                None if column.harvested_all => Err(unknown()),
                None if !folded.is_empty() && says(prompt, &folded) => Ok(json!(text.trim())),
                None => Err(unknown()),
            }
        }
        _ => Err(DraftError::Spec(format!("a value does not fit {}", column.name))),
    }
}

/// The numbers of the question; "5k" and "2 million" are the local reading's business.
fn numbers(prompt: &str) -> impl Iterator<Item = f64> {
    tokenize(prompt).into_iter().filter_map(|token| token.number)
}

/// Whether the question has these words, whole.
fn says(prompt: &str, folded: &str) -> bool {
    let prompt = fold(prompt);
    prompt.match_indices(folded).any(|(at, found)| {
        let before = prompt[..at].chars().next_back();
        let after = prompt[at + found.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// Adds the period's conditions, and says how it was read.
fn period(
    said: &str,
    prompt: &str,
    names: &Names<'_>,
    clock: &Clock,
    filters: &mut Map<String, Value>,
) -> Result<String, DraftError> {
    let root = &names.model.datasets[names.root];
    if !says(prompt, &fold(said.trim())) {
        return Err(DraftError::Time);
    }
    let at = root.time_column.or_else(|| root.columns.iter().position(|c| c.value_type.is_temporal()));
    let column = ColumnRef { dataset: names.root, column: at.ok_or(DraftError::Time)? };
    let found = find(&tokenize(said), clock);
    let [one] = found.as_slice() else { return Err(DraftError::Time) };
    let test = test_for(names.model, column, &one.range, clock).ok_or(DraftError::Time)?;
    merge_filters(filters, names.name(column), test.to_json());
    Ok(one.reading.clone())
}
