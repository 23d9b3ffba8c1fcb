//! The measure of a reading: y and how it is aggregated.

use super::averages::{average_of_steps, divisor, per_entity};
use super::conditions::key_of;
use super::cues::Cue;
use super::draft::{Draft, Scene};
use super::entities::entity_of_root;
use super::implied::extreme_column;
use super::items::{Item, Placed};
use super::question::Question;
use super::roles::{Counted, Named, Roles, Superlative, is_measure, names_key, only_measure};
use super::steps::Bins;
use crate::quickspec::Chart;
use crate::semantic::{Aggregation, ColumnRef, Layer, Role, SemanticModel, ValueType};

/// y and its aggregation.
pub(super) fn measure(d: &mut Draft, scene: &Scene<'_>) {
    let Scene { q, model, roles, placed } = *scene;
    let numeric = |n: &Named| model.column(n.column).value_type.is_numeric();
    let mut pair: Vec<&Named> = roles.plains.iter().chain(&roles.groups).filter(|n| numeric(n)).collect();
    if q.has(Cue::Correlate) {
        // "between the number of customers and the average basket", of columns that hold them.
        let counted = roles.counts.iter().filter_map(|c| match c {
            Counted::Column { named, .. } => Some(named),
            _ => None,
        });
        let held = roles.measures.iter().map(|(named, _)| named).chain(counted);
        pair.extend(held.filter(|n| numeric(n) && is_measure(model, n.column)));
    }
    pair.sort_by_key(|n| n.item);
    let cue_at = correlate_item(placed);
    if pair.iter().filter(|n| n.item > cue_at).count() >= 2 {
        pair.retain(|n| n.item > cue_at);
    }
    let two_measures = pair.iter().filter(|n| is_measure(model, n.column)).count() >= 2;
    let against = q.has(Cue::Correlate)
        || set_against(scene)
        || d.chart == Some(Chart::Scatter)
        || q.has(Cue::Compare) && two_measures;
    let both_held = q.has(Cue::Correlate) && two_measures && pair.len() == 2;
    if against && pair.len() >= 2 && (both_held || roles.measures.is_empty() && roles.counts.is_empty()) {
        d.x = Some(pair[0].column);
        d.y = Some(pair[1].column);
        d.agg = Aggregation::None;
        d.transform = None;
        return;
    }
    if let Some(column) =
        spread(q, roles, placed, model).filter(|_| roles.measures.is_empty() && roles.counts.is_empty())
    {
        // "distribution of the duration": how often each occurs.
        d.x = Some(column);
        let uneven = model.column(column).value_type == ValueType::Decimal;
        d.bins = said_bins(q, placed).or(uneven.then_some(Bins::Auto));
        d.agg = Aggregation::Count;
        return;
    }
    if q.words.iter().any(|w| w.is("ratio")) && roles.measures.is_empty() && two_measures {
        let mut both = pair.iter().filter(|n| is_measure(model, n.column)).map(|n| n.column);
        (d.y, d.per) = (both.next(), both.next());
        d.agg = Aggregation::Sum;
        return;
    }
    if let Some(named) = did(scene).filter(|_| roles.measures.is_empty() && roles.counts.is_empty()) {
        d.y = Some(named.column);
        d.agg = model.column(named.column).default_agg;
        return;
    }
    if let Some(column) = stepped(q, roles, placed, model) {
        // "transactions by price range": the number right before the steps is cut into them.
        (d.x, d.bins) = (Some(column), said_bins(q, placed));
    }
    let roles = &without_steps(roles, d.x);
    if let Some(key) = per_entity(d, scene) {
        // "the average number of tickets per customer": so many, over the customers who have some.
        (d.agg, d.y, d.per) = (Aggregation::Count, None, Some(key));
        return;
    }
    if let Some((named, agg)) = roles.measures.first() {
        d.y = Some(named.column);
        d.agg = *agg;
        average_of_steps(d, scene);
        return;
    }
    if let Some(counted) = roles.counts.first() {
        d.agg = Aggregation::Count;
        if let Counted::Dataset { dataset, distinct: true } = counted
            && let Some(key) = key_of(model, *dataset, d.root)
        {
            // "how many different products": each once, however often it occurs.
            d.y = Some(key);
            d.agg = Aggregation::CountDistinct;
            return;
        }
        if let Counted::Column { named, distinct, alias } = counted {
            let column = model.column(named.column);
            // Columns that hold counts already are added up.
            let tallies = column.value_type.is_numeric() && holds_counts(&column.name);
            let totals = column.value_type.is_numeric()
                && column.role == Role::Measure
                && q.cues.iter().any(|c| c.cue == Cue::Count && q.words[c.words.clone()].iter().any(|w| w.is("total")));
            // "how many tonnes": an amount named in the plural, right there, has no number of its own but its sum.
            let asked = q
                .cues
                .iter()
                .find(|c| c.cue == Cue::Count && q.words[c.words.clone()].last().is_some_and(|w| w.is("many")));
            let at = &placed[named.item];
            let amount = column.role == Role::Measure
                && column.value_type.is_numeric()
                && column.default_agg == Aggregation::Sum
                && at.score >= 0.9
                && asked.is_some_and(|c| c.words.end == at.words.start)
                && q.words[at.words.end - 1].norm.ends_with('s');
            if (tallies || amount) && !*distinct
                || totals
                || column.role == Role::Measure
                    && column.value_type.is_numeric()
                    && column.default_agg == Aggregation::Sum
                    && *alias
                || column.role == Role::Measure
                    && column.default_agg == Aggregation::Sum
                    && model.datasets[d.root].layer == Layer::Gold
            {
                d.y = Some(named.column);
                d.agg = Aggregation::Sum;
                return;
            }
            // "how many cities are there": of a column with words for values, where people said what columns mean.
            let kinds = column.role == Role::Dimension && column.value_type == ValueType::Text && d.chart.is_none();
            let entity = *alias || kinds || column.role == Role::Key && model.datasets[d.root].primary_key.len() != 1;
            let axis_elsewhere = !roles.groups.is_empty() || roles.grain.is_some() || roles.plains.is_empty();
            let named_key = *alias && column.role == Role::Key;
            if *distinct || (entity && !column.unique && (axis_elsewhere || named_key) && named_by_person(d, model)) {
                d.agg = Aggregation::CountDistinct;
            }
            d.y = Some(named.column);
        }
        return;
    }
    if let Some(named) = roles.axis_y.filter(numeric) {
        d.y = Some(named.column);
        d.agg = Aggregation::None;
        return;
    }
    if roles.plains.len() == 1 && roles.superlative.is_none() && roles.groups.is_empty() && counts_dates(scene) {
        // "check-ins per month": how many there were.
        d.agg = Aggregation::Count;
        return;
    }
    // A measure after "by": "top brands by sales".
    let by = roles
        .groups
        .iter()
        .find(|n| is_measure(model, n.column) && (roles.superlative.is_some() || !roles.plains.is_empty()));
    let small = model.datasets[d.root].rows <= 1000;
    let pair_of_rows = small
        && q.grains.is_empty()
        && roles.plains.len() >= 2
        && roles.groups.is_empty()
        && roles.superlative.is_none()
        && roles.bare_aggregate.is_none();
    let plain = roles.plains.iter().find(|n| is_measure(model, n.column)).filter(|_| !pair_of_rows);
    let chosen = if roles.superlative.is_some() { by.or(plain) } else { plain.or(by) };
    if let Some(named) = chosen {
        d.per = divisor(q, model, roles, placed, named);
        d.y = Some(named.column);
        d.agg = model.column(named.column).default_agg;
        if let Some(agg) = roles.bare_aggregate {
            d.agg = agg;
        }
        return;
    }
    // "the provinces with the most transactions": what a key's name stands for is counted.
    if let Some(named) = roles.superlative.and_then(|s| {
        let next = placed[s.item + 1..].iter().position(|p| p.item != Item::Filler)?;
        roles.plains.iter().find(|n| n.item == s.item + 1 + next)
    }) && roles.superlative.is_some_and(|s| q.words[placed[s.item].words.clone()].iter().any(|w| w.is_any(MOST)))
        && names_key(model, named.column)
        && !entity_of_root(model, d.root, named.column)
    {
        d.y = Some(named.column);
        d.agg = Aggregation::CountDistinct;
        return;
    }
    if let Some(s) = roles.superlative
        && q.words[placed[s.item].words.clone()].iter().all(|w| w.is_any(MOST) || w.is("the"))
        && placed[s.item + 1..].iter().find(|p| p.item != Item::Filler).is_some_and(|p| p.item == Item::Dataset(d.root))
    {
        // "which channel has the most line items": how many they are.
        (d.y, d.agg) = (None, Aggregation::Count);
        return;
    }
    if let Some(s) = roles.superlative
        && says_frequent(q, placed, &s)
    {
        // "the least used payment method", "which method is used most": how often it occurs.
        (d.y, d.agg) = (None, Aggregation::Count);
        return;
    }
    if let Some(s) = roles.superlative {
        let said = &placed[s.item].words;
        let after = (said.end + 1).min(q.words.len());
        if let Some(c) = extreme_column(&q.words[said.start..after], model, d.root).filter(|_| {
            // "cheapest product" can only mean its price.
            roles.datasets.contains(&d.root) || q.words[said.clone()].iter().any(|w| w.is_any(PRICED))
        }) {
            d.y = Some(c);
            d.agg = model.column(c).default_agg;
            return;
        }
    }
    if let Some(dataset) = roles.datasets.first()
        && d.transform.is_some()
        && names_money(&model.datasets[*dataset].name)
        && let Some(c) = only_measure(model, *dataset)
    {
        // "monthly growth of payments": of what was paid.
        d.y = Some(c);
        d.agg = Aggregation::Sum;
        return;
    }
    // "transactions not paid in cash": a key's noun stands for what it identifies.
    let aliased = |n: &&Named| names_key(model, n.column);
    if let Some(named) = roles.plains.iter().find(aliased).filter(|n| {
        let listing =
            q.words.first().is_some_and(|w| w.is_any(&["list", "name", "names", "what", "which", "give", "find"]));
        !q.has(Cue::Raw) && roles.superlative.is_none() && !(listing && entity_of_root(model, d.root, n.column))
    }) {
        d.y = Some(named.column);
        d.agg = Aggregation::CountDistinct;
        return;
    }
    if roles.plains.len() >= 2 && roles.groups.is_empty() && roles.superlative.is_none() {
        // Two listed columns, the second of which is a number: rows as they are.
        if let Some(second) =
            roles.plains.iter().skip(1).find(|n| numeric(n)).or(roles.plains.first().filter(|n| numeric(n)))
        {
            d.y = Some(second.column);
            d.agg = Aggregation::None;
            return;
        }
    }
    d.assumed_measure = true;
    let shape = q.has(Cue::Count)
        || q.cues
            .iter()
            .any(|c| c.cue == Cue::Chart(Chart::Bar) && q.words[c.words.clone()].iter().any(|w| w.is("histogram")));
    let distribution = q.words.iter().any(|w| w.is_any(&["distribution", "frequency", "histogram"]))
        || q.has(Cue::Composition) && !named_by_person(d, model);
    let of_rows = !roles.datasets.is_empty() && roles.superlative.is_none();
    if !shape
        && !distribution
        && !of_rows
        && let Some(c) = primary_measure(model, d.root)
    {
        d.y = Some(c);
        // "average line value": however it is called, its average.
        d.agg = roles.bare_aggregate.unwrap_or(model.column(c).default_agg);
    }
}

/// "total cost against revenue": two measures.
fn set_against(scene: &Scene<'_>) -> bool {
    let Scene { q, model, placed, .. } = *scene;
    let measure = |p: &Placed| matches!(p.item, Item::Column(c) if is_measure(model, c));
    placed
        .windows(3)
        .any(|w| measure(&w[0]) && measure(&w[2]) && q.words[w[1].words.clone()].iter().all(|w| w.is("against")))
}

/// "what did we spend on promotions": the measure as a verb; all of it is asked for.
pub(super) fn did(scene: &Scene<'_>) -> Option<Named> {
    let Scene { q, model, roles, placed } = *scene;
    let verb = |n: &&Named| {
        let at = placed[n.item].words.start;
        at > 0 && q.words[at - 1].is_any(&["we", "they", "i"]) && is_measure(model, n.column)
    };
    roles.plains.iter().find(verb).copied()
}

/// "the most frequent", "the least used": how often is what ranks.
pub(super) fn says_frequent(q: &Question, placed: &[Placed], s: &Superlative) -> bool {
    let said = &placed[s.item].words;
    let often = |w: &crate::prompt::Word| w.is_any(&["used", "common", "commonly", "frequent", "frequently", "often"]);
    [Some(said.end), said.start.checked_sub(1)].into_iter().flatten().any(|w| q.words.get(w).is_some_and(often))
}

/// "check-ins", "departures": a date's name in the plural counts what happened then.
fn counts_dates(scene: &Scene<'_>) -> bool {
    let Scene { q, model, roles, placed } = *scene;
    let Some(n) = roles.plains.first() else { return false };
    let said = &placed[n.item].words;
    let written = q.tokens[q.words[said.end - 1].token].text.to_lowercase();
    let column = model.column(n.column);
    let plural = written.ends_with('s') && !column.name.to_lowercase().ends_with('s');
    let leads = placed[..n.item].iter().all(|p| matches!(p.item, Item::Filler | Item::Grain(_)));
    column.value_type.is_temporal() && plural && leads && !matches!(written.as_str(), "dates" | "times" | "days")
}

/// Superlatives that speak of a price, whatever they stand before.
const PRICED: &[&str] = &["cheapest", "priciest", "expensive"];

/// Superlatives of numbers of things.
pub(super) const MOST: &[&str] = &["most", "fewest", "least"];

/// The item of the word that sets two columns against each other, else 0.
fn correlate_item(placed: &[Placed]) -> usize {
    placed.iter().rposition(|p| matches!(p.item, Item::Cue(Cue::Correlate))).unwrap_or(0)
}

/// The number whose spread is asked for: "distribution of X", "histogram of X in steps of 5", X alone.
fn spread(q: &Question, roles: &Roles, placed: &[Placed], model: &SemanticModel) -> Option<ColumnRef> {
    let binned = said_bins(q, placed).is_some();
    let asked = binned || q.words.iter().any(|w| w.is_any(&["distribution", "histogram", "spread"]));
    let mut named = roles.plains.iter().chain(&roles.groups);
    let (Some(one), None) = (named.next(), named.next()) else { return None };
    let column = model.column(one.column);
    let numeric = column.value_type.is_numeric() && column.role != Role::Key;
    let by = roles.groups.iter().any(|g| g.item == one.item) && !binned;
    let other = roles.grain.is_some() || roles.bare_aggregate.is_some() || placed.is_empty();
    (asked && numeric && !by && !other && roles.superlative.is_none()).then_some(one.column)
}

/// The number whose steps are grouped by, beside something else that is counted or measured.
fn stepped(q: &Question, roles: &Roles, placed: &[Placed], model: &SemanticModel) -> Option<ColumnRef> {
    said_bins(q, placed)?;
    let steps = placed.iter().position(|p| p.item == Item::Cue(Cue::Bins))?;
    let before = placed[..steps].iter().rposition(|p| p.item != Item::Filler)?;
    let column = match placed[before].item {
        Item::Column(c) if model.column(c).value_type.is_numeric() && model.column(c).role != Role::Key => c,
        _ => return None,
    };
    let grouped = roles.groups.iter().any(|n| n.item == before) && super::conditions::grouped(placed, before);
    grouped.then_some(column)
}

/// The roles without the number that is cut into steps.
fn without_steps(roles: &Roles, x: Option<ColumnRef>) -> Roles {
    let mut rest = roles.clone();
    rest.groups.retain(|n| Some(n.column) != x);
    rest
}

/// The steps that the question says, unless a name took their words ("price range" as a column).
pub(super) fn said_bins(q: &Question, placed: &[Placed]) -> Option<Bins> {
    q.bins.filter(|_| placed.iter().any(|p| p.item == Item::Cue(Cue::Bins)))
}

/// True for datasets of sums of money: payments, sales, expenses.
fn names_money(name: &str) -> bool {
    crate::prompt::words_of(name).last().is_some_and(|w| {
        matches!(
            crate::prompt::stem(w).as_str(),
            "payment" | "sale" | "expens" | "donat" | "purchas" | "deposit" | "withdraw"
        )
    })
}

/// True for names like `room_count`, `num_employees`, `total_passengers`.
fn holds_counts(name: &str) -> bool {
    crate::prompt::words_of(name)
        .iter()
        .any(|w| matches!(w.as_str(), "count" | "num" | "number" | "total" | "qty" | "quantity" | "cnt"))
        && !name.to_lowercase().ends_with("number")
}

/// True when somebody gave this dataset's columns names of their own: it was curated, not only registered.
fn named_by_person(d: &Draft, model: &SemanticModel) -> bool {
    model.datasets[d.root].columns.iter().any(|c| !c.aliases.is_empty())
}

/// The measure that a question without one is about: the first additive one that is an amount.
pub fn primary_measure(model: &SemanticModel, root: usize) -> Option<ColumnRef> {
    let dataset = &model.datasets[root];
    let money = |name: &str| {
        let name = name.to_lowercase();
        ["sales", "revenue", "turnover", "amount", "spend", "total"].iter().any(|w| name.contains(w))
    };
    let sums =
        |c: &&(usize, &crate::semantic::Column)| c.1.role == Role::Measure && c.1.default_agg == Aggregation::Sum;
    let all: Vec<(usize, &crate::semantic::Column)> = dataset.columns.iter().enumerate().collect();
    all.iter().filter(sums).find(|(_, c)| money(&c.name)).map(|(i, _)| ColumnRef { dataset: root, column: *i })
}

pub(super) fn numeric_measure(model: &SemanticModel, c: ColumnRef) -> bool {
    is_measure(model, c) && model.column(c).value_type == ValueType::Decimal
}
