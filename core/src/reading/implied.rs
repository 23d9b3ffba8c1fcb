//! Columns that are meant without being named: "older than 20", "the heaviest", "at least 45 minutes".

use super::items::{Item, Placed};
use crate::entity::{Condition, Test};
use crate::prompt::{Word, words_of};
use crate::quickspec::Direction;
use crate::semantic::{Aggregation, ColumnRef, Role, SemanticModel};
use crate::time::Clock;

type Names = &'static [&'static str];

const AGE: Names = &["age"];
const HEIGHT: Names = &["height"];
const LENGTH: Names = &["length", "duration", "minutes", "min", "runtime"];
const PAY: Names = &["salary", "wage", "income", "pay", "earnings"];
const PRICE: Names = &["price", "cost", "fee", "charge"];
const SIZE: Names = &["size", "area", "capacity", "population", "square"];
const SPEED: Names = &["speed", "velocity", "mph", "kph"];
const WEIGHT: Names = &["weight", "kg", "mass"];

/// What a word says about the column that is compared.
const COMPARED: &[(&str, Names)] = &[
    ("older", AGE),
    ("younger", AGE),
    ("old", AGE),
    ("taller", HEIGHT),
    ("heavier", WEIGHT),
    ("lighter", WEIGHT),
    ("weigh", WEIGHT),
    ("weighs", WEIGHT),
    ("weighing", WEIGHT),
    ("longer", LENGTH),
    ("took", LENGTH),
    ("lasted", LENGTH),
    ("lasting", LENGTH),
    ("faster", SPEED),
    ("slower", SPEED),
    ("cost", PRICE),
    ("costs", PRICE),
    ("costing", PRICE),
    ("cheaper", PRICE),
    ("priced", PRICE),
    ("earn", PAY),
    ("earns", PAY),
    ("earning", PAY),
    ("paid", &["salary", "amount", "payment"]),
];

/// What the unit after a number says.
const UNITS: &[(&str, Names)] = &[
    ("minutes", &["minutes", "minute", "min", "mins", "duration"]),
    ("minute", &["minutes", "minute", "min", "mins", "duration"]),
    ("hours", &["hours", "hour", "duration"]),
    ("kg", WEIGHT),
    ("kilos", WEIGHT),
    ("kilograms", WEIGHT),
    ("pounds", WEIGHT),
    ("cm", &["cm", "height", "length", "width"]),
    ("km", &["km", "distance", "kilometers", "mileage"]),
    ("miles", &["miles", "distance", "mileage"]),
    ("dollars", PRICE),
    ("euros", PRICE),
    ("pesos", PRICE),
];

/// Superlatives of one quality: the columns that hold it, and which end is meant.
const EXTREMES: &[(&str, Names, Direction)] = &[
    ("heaviest", WEIGHT, Direction::Desc),
    ("lightest", WEIGHT, Direction::Asc),
    ("tallest", HEIGHT, Direction::Desc),
    ("longest", LENGTH, Direction::Desc),
    ("shortest", &["length", "duration", "height", "minutes", "min"], Direction::Asc),
    ("oldest", AGE, Direction::Desc),
    ("youngest", AGE, Direction::Asc),
    ("cheapest", PRICE, Direction::Asc),
    ("priciest", PRICE, Direction::Desc),
    ("expensive", PRICE, Direction::Desc),
    ("fastest", SPEED, Direction::Desc),
    ("slowest", SPEED, Direction::Asc),
    ("richest", &["income", "wealth", "salary", "worth"], Direction::Desc),
    ("largest", SIZE, Direction::Desc),
    ("biggest", SIZE, Direction::Desc),
    ("smallest", SIZE, Direction::Asc),
    ("paid", PAY, Direction::Desc),
];

/// True for words that imply a column by themselves: comparatives, superlatives, units.
pub fn implies_column(norm: &str) -> bool {
    COMPARED.iter().chain(UNITS).any(|(w, _)| *w == norm) || EXTREMES.iter().any(|(w, _, _)| *w == norm)
}

/// The column that the words around a comparison, or the unit after its number, speak of.
pub fn compared_column(words: &[Word], near: &[Word], model: &SemanticModel, root: usize) -> Option<ColumnRef> {
    let said = |list: &[Word], table: &[(&str, Names)]| {
        table.iter().find(|(w, _)| list.iter().any(|n| n.is(w))).map(|(_, names)| *names)
    };
    let names = said(words, COMPARED).or_else(|| said(near, UNITS))?;
    numeric_column(model, root, names)
}

/// The day of birth that "older than 30" speaks of where no age is kept: of the rows read, else of those named.
pub fn birth_column(
    words: &[Word],
    near: &[Word],
    items: &[Placed],
    model: &SemanticModel,
    root: usize,
) -> Option<ColumnRef> {
    let years = |w: &Word| w.is_any(&["older", "younger", "old", "aged", "age", "ages"]);
    if !words.iter().any(years) && !near.iter().any(years) {
        return None;
    }
    let named = items.iter().filter_map(|p| match p.item {
        Item::Dataset(d) => Some(d),
        _ => None,
    });
    std::iter::once(root).chain(named).find_map(|dataset| {
        let birth = |c: &crate::semantic::Column| {
            c.value_type.is_temporal()
                && words_of(&c.name)
                    .iter()
                    .any(|w| matches!(w.as_str(), "birth" | "birthday" | "birthdate" | "dob" | "born"))
        };
        let column = model.datasets[dataset].columns.iter().position(birth)?;
        Some(ColumnRef { dataset, column })
    })
}

/// Ages that were compared with a day of birth, as the days that they stand for.
pub fn days_of_ages(conditions: &mut [Condition], model: &SemanticModel, clock: &Clock) {
    let ago = |years: f64, days: i64| {
        let back = jiff::Span::new().try_years(years as i64).ok()?;
        let day = clock.now.date().checked_sub(back).ok()?.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
        Some(day.to_string())
    };
    for c in conditions.iter_mut().filter(|c| model.column(c.column).value_type.is_temporal()) {
        // Who is n years old was born after the day n + 1 years ago, and on that of n years ago at the latest.
        let (from, to) = match c.test {
            Test::Compare("gt", n) => (None, ago(n, 0)),
            Test::Compare("gte", n) => (None, ago(n, 1)),
            Test::Compare("lt", n) => (ago(n, 1), None),
            Test::Compare("lte", n) => (ago(n + 1.0, 1), None),
            Test::Between(low, high) => (ago(high + 1.0, 1), ago(low, 1)),
            _ => continue,
        };
        c.test = Test::Time { from, to };
    }
}

/// The column that a superlative speaks of when nothing else is measured ("the heaviest shipment").
pub fn extreme_column(words: &[Word], model: &SemanticModel, root: usize) -> Option<ColumnRef> {
    EXTREMES
        .iter()
        .filter(|(w, _, _)| words.iter().any(|n| n.is(w)))
        .find_map(|(_, names, _)| numeric_column(model, root, names))
}

/// The extreme itself, where a superlative has no noun ("the cheapest").
pub fn extreme_of(words: &[Word], model: &SemanticModel, root: usize) -> Option<(ColumnRef, Aggregation)> {
    let (_, names, dir) = EXTREMES.iter().find(|(w, _, _)| words.iter().any(|n| n.is(w)))?;
    let agg = if *dir == Direction::Desc { Aggregation::Max } else { Aggregation::Min };
    numeric_column(model, root, names).map(|column| (column, agg))
}

/// The root's number with one of these words in its name, earlier words first.
fn numeric_column(model: &SemanticModel, root: usize, names: Names) -> Option<ColumnRef> {
    let columns = &model.datasets[root].columns;
    let numeric = |c: &crate::semantic::Column| c.value_type.is_numeric() && c.role != Role::Key;
    let found = names
        .iter()
        .find_map(|name| columns.iter().position(|c| numeric(c) && words_of(&c.name).iter().any(|w| w == name)));
    found.map(|column| ColumnRef { dataset: root, column })
}
