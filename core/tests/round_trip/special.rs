//! Questions of one special kind each.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::everyday::{Case, plural, said};
use crate::schema::{Dice, Table};

type Want = BTreeMap<&'static str, Value>;

/// Fills in what is wanted; the kind's name, and the question.
type Kind = fn(&mut Dice, &Parts<'_>, &mut Want) -> (&'static str, String);

/// The names that a question is made of.
struct Parts<'a> {
    table: &'a Table,
    /// A dimension, its name in words and two of its values.
    dimension: &'a str,
    by: String,
    values: [&'a str; 2],
    /// Another dimension.
    other: &'a str,
    other_value: &'a str,
    /// Both measures, and their names in words.
    measures: [&'a str; 2],
    named: [String; 2],
}

fn parts<'a>(dice: &mut Dice, table: &'a Table) -> Parts<'a> {
    let d = dice.roll(3);
    let (dimension, values) = &table.dimensions[d];
    let (other, others) = &table.dimensions[(d + 1 + dice.roll(2)) % 3];
    let first = dice.roll(values.len());
    let m = dice.roll(2);
    let measures = [table.measures[m].as_str(), table.measures[1 - m].as_str()];
    Parts {
        table,
        dimension,
        by: said(dimension),
        values: [&values[first], &values[(first + 1) % values.len()]],
        other,
        other_value: &others[dice.roll(others.len())],
        measures,
        named: measures.map(said),
    }
}

/// A question of a random kind.
pub fn case(dice: &mut Dice, tables: &[Table]) -> Case {
    let table = &tables[dice.roll(tables.len())];
    let p = parts(dice, table);
    let mut want = Want::from([("dataset", json!(format!("app.{}", table.name))), ("filters", json!({}))]);
    const KINDS: [Kind; 23] = [
        missing,
        affix,
        either,
        between,
        ratio,
        growth,
        moving,
        cumulative,
        correlation,
        share,
        calendar,
        distinct,
        steps,
        lookup,
        which,
        sorted,
        series,
        years,
        beside,
        none_of,
        having,
        within,
        side_by_side,
    ];
    let (kind, prompt) = KINDS[dice.roll(KINDS.len())](dice, &p, &mut want);
    Case { kinds: vec![kind], prompt, want }
}

fn put(want: &mut Want, fields: Value) {
    const NAMES: [&str; 20] = [
        "x",
        "y",
        "agg",
        "moreMeasures",
        "per",
        "splitBy",
        "splitGrain",
        "timeGrain",
        "cyclic",
        "bin",
        "bins",
        "autoBin",
        "topK",
        "topPer",
        "orderBy",
        "having",
        "normalize",
        "transform",
        "window",
        "columns",
    ];
    for (name, value) in fields.as_object().unwrap() {
        want.insert(NAMES.iter().find(|n| *n == name).unwrap(), value.clone());
    }
}

fn filter(want: &mut Want, column: &str, test: Value) {
    want.insert("filters", Value::Object(Map::from_iter([(column.to_owned(), test)])));
}

/// The rows counted, or a measure added up: what most kinds start from.
fn figure(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> String {
    if dice.chance(30) {
        put(want, json!({"agg": "count"}));
        return format!("number of {}", plural(&p.table.name));
    }
    total(dice, p, want)
}

fn total(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> String {
    put(want, json!({"agg": "sum", "y": p.measures[0]}));
    format!("{}{}", dice.of(&["total ", "", "sum of "]), p.named[0])
}

fn missing(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let (words, missing) = [
        (format!("where {} is missing", p.by), true),
        (format!("where the {} is null", p.by), true),
        (format!("without a {}", p.by), true),
        (format!("with no {}", p.by), true),
        (format!("where {} is not null", p.by), false),
        (format!("where the {} is not empty", p.by), false),
    ][dice.roll(6)]
    .clone();
    filter(want, p.dimension, json!({ "is_null": missing }));
    ("null test", format!("{figure} {words}"))
}

fn affix(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let value = p.values[0];
    let (kind, words, text, pattern) = match dice.roll(3) {
        0 => ("starts with", dice.of(&["starts with", "begins with"]), &value[..3], format!("{}%", &value[..3])),
        1 => {
            let end = &value[value.len() - 3..];
            ("ends with", dice.of(&["ends with", "ends in"]), end, format!("%{end}"))
        }
        _ => ("contains", dice.of(&["contains", "includes"]), &value[1..4], format!("%{}%", &value[1..4])),
    };
    filter(want, p.dimension, json!({ "ilike": pattern.to_uppercase() }));
    (kind, format!("{figure} {} {} {words} \"{}\"", dice.of(&["whose", "where"]), p.by, text.to_uppercase()))
}

fn either(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let [a, b] = p.values;
    if dice.chance(50) {
        filter(want, p.dimension, json!([a, b]));
        return ("or, one column", format!("{figure} where {} is {a} or {b}", p.by));
    }
    let alternative = |column: &str, value: &str| Value::Object(Map::from_iter([(column.to_owned(), json!(value))]));
    filter(want, "any_of", json!([alternative(p.dimension, a), alternative(p.other, p.other_value)]));
    ("or, two columns", format!("{figure} where {} is {a} or {} is {}", p.by, said(p.other), p.other_value))
}

fn between(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let low = 10 * (1 + dice.roll(20));
    let high = low + 10 * (1 + dice.roll(20));
    filter(want, p.measures[1], json!({ "between": [low, high] }));
    ("between", format!("{figure} with {} between {low} and {high}", p.named[1]))
}

fn ratio(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    put(want, json!({"agg": "sum", "y": p.measures[0], "per": p.measures[1]}));
    let [a, b] = &p.named;
    let mut prompt = format!("{}ratio of {a} to {b}", dice.of(&["", "what is the "]));
    if dice.chance(60) {
        put(want, json!({"x": p.dimension}));
        prompt += &format!(" by {}", p.by);
    }
    ("ratio", prompt)
}

fn over_time(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> &'static str {
    let grain = dice.of(&["month", "quarter", "year", "week"]);
    put(want, json!({"x": p.table.time, "timeGrain": grain}));
    ["month", "quarter", "year", "week"].into_iter().find(|g| *g == grain).unwrap()
}

fn growth(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let grain = over_time(dice, p, want);
    put(want, json!({"agg": "sum", "y": p.measures[0], "transform": "growth"}));
    let measure = &p.named[0];
    let prompt = match dice.roll(4) {
        0 if grain != "year" => format!("{grain} over {grain} growth of {measure}"),
        1 => format!("{measure} growth by {grain}"),
        2 => format!("growth rate of {measure} per {grain}"),
        _ => format!("percent change in total {measure} by {grain}"),
    };
    ("growth", prompt)
}

fn moving(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let grain = over_time(dice, p, want);
    let window = 2 + dice.roll(11);
    put(want, json!({"agg": "sum", "y": p.measures[0], "transform": "moving_average", "window": window}));
    (
        "moving average",
        format!(
            "{window}{}{grain} {} average of {}",
            dice.of(&["-", " "]),
            dice.of(&["moving", "rolling"]),
            p.named[0]
        ),
    )
}

fn cumulative(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let grain = over_time(dice, p, want);
    put(want, json!({"agg": "sum", "y": p.measures[0], "transform": "cumulative"}));
    ("cumulative", format!("{} {} by {grain}", dice.of(&["cumulative", "running total of"]), p.named[0]))
}

fn correlation(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    put(want, json!({"agg": "none", "x": p.measures[0], "y": p.measures[1]}));
    let [a, b] = &p.named;
    let lead = dice.of(&["correlation between", "relationship between", "how are correlated", "scatter plot of"]);
    let lead = if lead == "how are correlated" { "show the correlation of" } else { lead };
    ("correlation", format!("{lead} {a} and {b}"))
}

fn share(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want).replace("number of ", "");
    put(want, json!({"x": p.dimension, "normalize": true}));
    ("share", format!("{} {figure} by {}", dice.of(&["share of", "percentage of"]), p.by))
}

fn calendar(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    if dice.chance(60) {
        put(want, json!({"x": p.table.time, "timeGrain": "weekday"}));
        return ("weekday", format!("{figure} by {}", dice.of(&["weekday", "day of the week"])));
    }
    put(want, json!({"x": p.table.time, "timeGrain": "month", "cyclic": true}));
    ("month of the year", format!("{figure} by month of the year"))
}

fn distinct(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    put(want, json!({"agg": "count_distinct", "y": p.dimension}));
    let lead = dice.of(&["how many different", "number of distinct", "count of unique"]);
    let mut prompt = format!("{lead} {}", plural(&p.by));
    if dice.chance(50) {
        put(want, json!({"x": p.other}));
        prompt += &format!(" per {}", said(p.other));
    }
    ("distinct count", prompt)
}

fn steps(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    put(want, json!({"agg": "count", "x": p.measures[0]}));
    let lead = dice.of(&["distribution of", "histogram of"]);
    let measure = &p.named[0];
    let n = 2 + dice.roll(30);
    match dice.roll(4) {
        0 => {
            put(want, json!({"autoBin": true}));
            ("distribution", format!("{lead} {measure}"))
        }
        1 => {
            put(want, json!({"autoBin": true}));
            ("ranges", format!("number of {} by {measure} range", plural(&p.table.name)))
        }
        2 => {
            put(want, json!({"bins": n}));
            ("number of bins", format!("{lead} {measure} in {n} bins"))
        }
        _ => {
            put(want, json!({"bin": 10.0 * n as f64}));
            ("width of bins", format!("{lead} {measure} in bins of {}", 10 * n))
        }
    }
}

fn lookup(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    put(want, json!({"agg": "none", "columns": [p.dimension, p.other]}));
    let n = 10 * (1 + dice.roll(50));
    filter(want, p.measures[0], json!({ "gt": n }));
    let (table, by, other) = (plural(&p.table.name), &p.by, said(p.other));
    let lead = dice.of(&["list", "show", "give me"]);
    ("lookup", format!("{lead} the {by} and {other} of {table} with {} over {n}", p.named[0]))
}

fn which(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let least = dice.chance(40);
    put(want, json!({"x": p.dimension, "topK": 1, "orderBy": {"by": "y", "dir": if least { "asc" } else { "desc" }}}));
    let end = if least { "lowest" } else { "highest" };
    if dice.chance(30) {
        put(want, json!({"agg": "count"}));
        return (
            "which",
            format!("which {} has the {} {}", p.by, if least { "fewest" } else { "most" }, plural(&p.table.name)),
        );
    }
    put(want, json!({"agg": "sum", "y": p.measures[0]}));
    ("which", format!("which {} has the {end} total {}", p.by, p.named[0]))
}

fn sorted(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let (words, by, dir) = [
        (format!("sorted by {} in descending order", p.by), "x", "desc"),
        (format!("ordered by {} ascending", p.by), "x", "asc"),
        ("from highest to lowest".to_owned(), "y", "desc"),
        ("in ascending order of the y axis".to_owned(), "y", "asc"),
    ][dice.roll(4)]
    .clone();
    put(want, json!({"x": p.dimension, "orderBy": {"by": by, "dir": dir}}));
    ("sorted", format!("{figure} by {}, {words}", p.by))
}

fn series(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let grain = over_time(dice, p, want);
    put(want, json!({"splitBy": p.dimension}));
    let words = [
        format!("by {grain} and {}", p.by),
        format!("by {grain} for each {}", p.by),
        format!("per {grain} split by {}", p.by),
    ];
    ("series over time", format!("{figure} {}", words[dice.roll(3)]))
}

fn years(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let time = &p.table.time;
    put(want, json!({"x": time, "timeGrain": "month", "splitBy": time, "splitGrain": "year"}));
    ("year over year", format!("{figure} by month, {}", dice.of(&["year over year", "year on year", "YoY"])))
}

fn beside(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let [a, b] = p.values;
    put(want, json!({"x": p.dimension, "agg": "sum", "y": p.measures[0]}));
    filter(want, p.dimension, json!([a, b]));
    (
        "compared",
        format!(
            "compare total {} {} {a} {} {b}",
            p.named[0],
            dice.of(&["of", "for"]),
            dice.of(&["and", "with", "versus"])
        ),
    )
}

fn none_of(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let figure = figure(dice, p, want);
    let [a, b] = p.values;
    put(want, json!({"x": p.other}));
    filter(want, p.dimension, json!({ "not_in": [a, b] }));
    (
        "none of a list",
        format!("{figure} by {} {} {a} and {b}", said(p.other), dice.of(&["excluding", "except", "without"])),
    )
}

fn having(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let n = 2 + dice.roll(100);
    let (op, words) =
        [("gt", "more than"), ("gte", "at least"), ("lt", "fewer than"), ("lte", "at most")][dice.roll(4)];
    put(want, json!({"x": p.dimension, "having": { op: n }}));
    let lead = dice.of(&["", "list the ", "which "]);
    if dice.chance(50) {
        put(want, json!({"agg": "count"}));
        let have = if lead == "which " { "have" } else { "with" };
        return ("having a count", format!("{lead}{} {have} {words} {n} {}", plural(&p.by), plural(&p.table.name)));
    }
    put(want, json!({"agg": "sum", "y": p.measures[0]}));
    let have = if lead == "which " { "have a" } else { "with a" };
    ("having a total", format!("{lead}{} {have} total {} of {words} {n}", plural(&p.by), p.named[0]))
}

fn within(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let least = dice.chance(35);
    let k = 2 + dice.roll(8);
    let end = if least { "bottom" } else { "top" };
    put(want, json!({"topK": k, "orderBy": {"by": "y", "dir": if least { "asc" } else { "desc" }}}));
    let (by, group) = (&p.by, said(p.other));
    if dice.chance(40) {
        let grain = over_time(dice, p, want);
        put(want, json!({"splitBy": p.dimension, "topPer": "x"}));
        let figure = figure(dice, p, want);
        let prompt = match dice.roll(3) {
            0 => format!("{end} {k} {} in each {grain} by {figure}", plural(by)),
            1 => format!("for every {grain} the {end} {k} {} by {figure}", plural(by)),
            _ => {
                put(want, json!({"topK": 1}));
                let highest = if least { "lowest" } else { "highest" };
                let figure = total(dice, p, want);
                format!("which {by} had the {highest} {figure} in each {grain}")
            }
        };
        return ("ranking within steps", prompt);
    }
    put(want, json!({"x": p.dimension, "splitBy": p.other, "topPer": "series"}));
    let figure = figure(dice, p, want);
    let prompt = match dice.roll(4) {
        0 => format!("{end} {k} {} in each {group} by {figure}", plural(by)),
        1 => format!("the {end} {k} {} per {group} by {figure}", plural(by)),
        2 => format!("for each {group} show the {end} {k} {} by {figure}", plural(by)),
        _ => {
            put(want, json!({"topK": 1}));
            format!("{} {by} for every {group} by {figure}", if least { "worst" } else { "best" })
        }
    };
    ("ranking within groups", prompt)
}

fn side_by_side(dice: &mut Dice, p: &Parts<'_>, want: &mut Want) -> (&'static str, String) {
    let [a, b] = &p.named;
    let (first, second) = (p.measures[0], p.measures[1]);
    let also = |y: &str, agg: &str| json!([{"y": y, "agg": agg}]);
    let rows = format!("number of {}", plural(&p.table.name));
    let list = match dice.roll(6) {
        0 => {
            put(want, json!({"y": first, "agg": "sum", "moreMeasures": also(second, "sum")}));
            format!("{a} and {b}")
        }
        1 => {
            put(want, json!({"y": first, "agg": "sum", "moreMeasures": also(second, "avg")}));
            format!("total {a} and average {b}")
        }
        2 => {
            put(want, json!({"y": first, "agg": "min", "moreMeasures": also(first, "max")}));
            format!("{} {a}", dice.of(&["min and max", "minimum and maximum", "lowest and highest"]))
        }
        3 => {
            put(want, json!({"agg": "count", "moreMeasures": also(first, "sum")}));
            format!("{rows} and total {a}")
        }
        4 => {
            put(want, json!({"y": first, "agg": "avg", "moreMeasures": [{"agg": "count"}]}));
            format!("average {a} and {rows}")
        }
        _ => {
            let more = json!([{"y": second, "agg": "sum"}, {"agg": "count"}]);
            put(want, json!({"y": first, "agg": "sum", "moreMeasures": more}));
            format!("total {a}, total {b} and {rows}")
        }
    };
    match dice.roll(3) {
        0 => {
            let grain = over_time(dice, p, want);
            ("measures side by side over time", format!("{list} {} {grain}", dice.of(&["by", "per", "for each"])))
        }
        1 => {
            put(want, json!({"x": p.dimension}));
            let (words, range) = crate::everyday::period(dice);
            filter(want, &p.table.time, range);
            ("measures side by side in a period", format!("{list} by {} {words}", p.by))
        }
        _ => {
            put(want, json!({"x": p.dimension}));
            ("measures side by side", format!("{list} {} {}", dice.of(&["by", "per", "for each"]), p.by))
        }
    }
}
