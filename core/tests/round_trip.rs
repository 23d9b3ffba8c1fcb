//! Questions made from specs are read back to them: random schemas, random values, several wordings.
//!
//! `ROUND_TRIP_SEED` and `ROUND_TRIP_CASES` choose other questions; what is misread is printed by kind.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use router_core::route::{Context, ask};
use router_core::semantic::{Lexicon, SemanticModel};
use router_core::time::{Clock, Weekday};
use serde_json::{Map, Value, json};

/// A small generator of its own (SplitMix64), so that a seed gives the same questions everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.roll(list.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    /// Different items of a list.
    fn some<'a>(&mut self, list: &[&'a str], count: usize) -> Vec<&'a str> {
        let mut rest = list.to_vec();
        (0..count).map(|_| rest.remove(self.roll(rest.len()))).collect()
    }

    fn name(&mut self) -> String {
        const PARTS: [&str; 20] = [
            "bar", "cel", "dor", "fen", "gal", "hul", "jor", "kel", "lum", "mir", "nol", "pal", "quo", "ras", "sim",
            "tor", "vel", "wyn", "yor", "zan",
        ];
        let word = |dice: &mut Self| {
            let mut word = format!("{}{}a", dice.of(&PARTS), dice.of(&PARTS));
            if let Some(first) = word.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            word
        };
        let first = word(self);
        if self.chance(30) { format!("{first} {}", word(self)) } else { first }
    }
}

const ENTITIES: [&str; 14] = [
    "invoice",
    "shipment",
    "appointment",
    "ticket",
    "booking",
    "contract",
    "flight",
    "donation",
    "inspection",
    "subscription",
    "repair",
    "delivery",
    "claim",
    "loan",
];
const DIMENSIONS: [&str; 14] = [
    "carrier",
    "warehouse",
    "department",
    "clinic",
    "supplier",
    "country",
    "district",
    "segment",
    "category",
    "priority",
    "channel",
    "material",
    "airline",
    "branch",
];
const MEASURES: [&str; 12] = [
    "cost", "weight", "fare", "premium", "tax", "distance", "revenue", "fuel", "volume", "profit", "freight", "payment",
];
const SECOND: [&str; 6] = ["net", "gross", "planned", "actual", "billed", "insured"];
const TIMES: [&str; 4] = ["created_on", "shipped_at", "booking_date", "closed_on"];

struct Table {
    name: String,
    dimensions: Vec<(String, Vec<String>)>,
    /// Column, and whether it adds up by itself.
    measures: Vec<String>,
    time: String,
}

/// Tables of one schema; no two have a measure of the same name.
fn schema(dice: &mut Dice) -> (SemanticModel, Vec<Table>) {
    let names = dice.some(&ENTITIES, 2);
    let mut measures = dice.some(&MEASURES, 6);
    let mut taken: Vec<String> = Vec::new();
    let tables: Vec<Table> = names
        .into_iter()
        .map(|name| Table {
            name: format!("{name}{}", if dice.chance(60) { "s" } else { "" }).replace("deliverys", "deliveries"),
            dimensions: dice
                .some(&DIMENSIONS, 3)
                .into_iter()
                .map(|d| {
                    let column = if dice.chance(20) { format!("{d}_name") } else { d.to_owned() };
                    // A value of two columns could mean either.
                    let mut values: Vec<String> = (0..6).map(|_| dice.name()).filter(|n| !taken.contains(n)).collect();
                    values.sort();
                    values.dedup();
                    taken.extend(values.iter().cloned());
                    (column, values)
                })
                .collect(),
            measures: (0..2)
                .map(|_| {
                    let measure = measures.pop().unwrap();
                    if dice.chance(40) { format!("{}_{measure}", dice.of(&SECOND)) } else { measure.to_owned() }
                })
                .collect(),
            time: dice.of(&TIMES).to_owned(),
        })
        .collect();
    let column = |name: &str, sql: &str, value: &str, role: &str, agg: &str, values: &[String]| {
        json!({"name": name, "sql_type": sql, "value_type": value, "role": role, "default_agg": agg, "nullable": true,
            "unique": role == "key", "harvested_all": true,
            "values": values.iter().map(|v| json!({"stored": v})).collect::<Vec<_>>()})
    };
    let datasets: Vec<Value> = tables
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let mut columns = vec![column("id", "integer", "integer", "key", "count_distinct", &[])];
            columns.extend(t.dimensions.iter().map(|(d, v)| column(d, "text", "text", "dimension", "count", v)));
            columns.extend(t.measures.iter().map(|m| column(m, "numeric", "decimal", "measure", "sum", &[])));
            columns.push(column(&t.time, "date", "date", "time", "count", &[]));
            json!({"schema": "app", "name": t.name, "oid": i + 1, "layer": "silver", "rows": 1000, "primary_key": [0],
                "time_column": columns.len() - 1, "columns": columns})
        })
        .collect();
    let model = json!({"version": 1, "datasets": datasets, "relationships": []});
    (serde_json::from_value(model).unwrap(), tables)
}

/// What a question asks for, in the fields of a QuickSpec, and the question.
#[derive(Debug)]
struct Case {
    kind: String,
    prompt: String,
    want: BTreeMap<&'static str, Value>,
}

fn said(column: &str) -> String {
    column.replace('_', " ")
}

fn plural(name: &str) -> String {
    if name.ends_with('s') {
        name.to_owned()
    } else if let Some(base) = name.strip_suffix('y') {
        format!("{base}ies")
    } else {
        format!("{name}s")
    }
}

/// A period in words, and its half-open range, on Saturday, 15 March 2025.
fn period(dice: &mut Dice) -> (&'static str, Value) {
    let all: [(&str, Option<&str>, Option<&str>); 9] = [
        ("in 2024", Some("2024-01-01"), Some("2025-01-01")),
        ("in Q3 2024", Some("2024-07-01"), Some("2024-10-01")),
        ("last month", Some("2025-02-01"), Some("2025-03-01")),
        ("last year", Some("2024-01-01"), Some("2025-01-01")),
        ("in the last 30 days", Some("2025-02-13"), Some("2025-03-15")),
        ("since January 2024", Some("2024-01-01"), None),
        ("before June 2024", None, Some("2024-06-01")),
        ("between March and May 2024", Some("2024-03-01"), Some("2024-06-01")),
        ("yesterday", Some("2025-03-14"), Some("2025-03-15")),
    ];
    let (words, from, to) = all[dice.roll(all.len())];
    let mut range = Map::new();
    range.extend(from.map(|f| ("gte".to_owned(), json!(f))));
    range.extend(to.map(|t| ("lt".to_owned(), json!(t))));
    (words, Value::Object(range))
}

fn case(dice: &mut Dice, tables: &[Table]) -> Case {
    let t = &tables[dice.roll(tables.len())];
    let mut kind = Vec::new();
    let mut want: BTreeMap<&'static str, Value> = BTreeMap::new();
    want.insert("dataset", json!(format!("app.{}", t.name)));
    let mut filters = Map::new();
    let mut used: Vec<&str> = Vec::new();
    let shape = dice.roll(5);

    // What is measured.
    let (measure, counted) = if dice.chance(25) {
        want.insert("agg", json!("count"));
        kind.push("count");
        (dice.of(&["number of ", "count of ", "how many "]).to_owned() + &plural(&t.name), true)
    } else {
        let column = &t.measures[dice.roll(2)];
        used.push(column);
        want.insert("y", json!(column));
        let (agg, words): (&str, &[&str]) = match dice.roll(6) {
            0..3 => ("sum", &["total ", "sum of ", "", "the total "]),
            3 => ("avg", &["average ", "mean "]),
            // "top 5 by lowest cost" could as well rank upwards.
            4 => ("min", if shape == 2 { &["minimum "] } else { &["minimum ", "lowest "] }),
            _ => ("max", if shape == 2 { &["maximum "] } else { &["maximum ", "highest "] }),
        };
        want.insert("agg", json!(agg));
        kind.push(agg);
        (dice.of(words).to_owned() + &said(column), false)
    };

    // Where and when.
    let mut conditions = String::new();
    if dice.chance(45) {
        let (column, values) = &t.dimensions[dice.roll(3)];
        used.push(column);
        let first = &values[dice.roll(values.len())];
        match dice.roll(4) {
            0 => {
                kind.push("where-is");
                conditions += &format!(" where {} is {first}", said(column));
                filters.insert(column.clone(), json!(first));
            }
            1 if values.len() > 1 => {
                kind.push("either");
                let second = values.iter().find(|v| *v != first).unwrap();
                conditions += &format!(" for {first} and {second}");
                filters.insert(column.clone(), json!([first, second]));
                if shape == 1 {
                    // Set side by side over time: two lines.
                    want.insert("splitBy", json!(column));
                }
            }
            2 => {
                kind.push("not");
                conditions += &format!(" excluding {first}");
                filters.insert(column.clone(), json!({ "ne": first }));
            }
            _ => {
                kind.push("value");
                conditions += &format!(" {} {first}", dice.of(&["in", "for", "of"]));
                filters.insert(column.clone(), json!(first));
            }
        }
    }
    let other: Vec<&String> = t.measures.iter().filter(|m| !used.contains(&m.as_str())).collect();
    if dice.chance(20) {
        let column = other[dice.roll(other.len())];
        used.push(column);
        let n = 10 * (1 + dice.roll(50));
        let (op, words) =
            [("gt", "over"), ("gte", "of at least"), ("lt", "below"), ("gt", "greater than")][dice.roll(4)];
        kind.push("compare");
        conditions += &format!(" with {} {words} {n}", said(column));
        filters.insert(column.clone(), json!({ op: n }));
    }
    let when = dice.chance(35).then(|| period(dice));
    if let Some((_, range)) = &when {
        kind.push("period");
        filters.insert(t.time.clone(), range.clone());
    }
    let when = when.map(|(words, _)| format!(" {words}")).unwrap_or_default();

    // By what.
    let free: Vec<&(String, Vec<String>)> = t.dimensions.iter().filter(|(d, _)| !used.contains(&d.as_str())).collect();
    let x = free[dice.roll(free.len())].0.clone();
    let prompt = match shape {
        0 => {
            kind.push("one number");
            let lead = if counted { "" } else { dice.of(&["what is the ", "show ", "", "give me the "]) };
            format!("{lead}{measure}{conditions}{when}")
        }
        1 => {
            kind.push("over time");
            let (grain, words): (&str, &[&str]) = [
                ("month", &[" by month", " per month", " for each month"][..]),
                ("quarter", &[" by quarter", " per quarter"][..]),
                ("year", &[" by year", " per year"][..]),
                ("week", &[" by week", " per week"][..]),
            ][dice.roll(4)];
            want.insert("x", json!(t.time));
            want.insert("timeGrain", json!(grain));
            format!("{measure}{}{conditions}{when}", dice.of(words))
        }
        2 if !measure.starts_with("how many") => {
            let k = 2 + dice.roll(9);
            let least = dice.chance(35);
            kind.push(if least { "bottom" } else { "top" });
            want.insert("x", json!(x));
            want.insert("topK", json!(k));
            want.insert("orderBy", json!({"by": "y", "dir": if least { "asc" } else { "desc" }}));
            let end = if least { "bottom" } else { "top" };
            format!("{end} {k} {} by {measure}{conditions}{when}", plural(&said(&x)))
        }
        3 if free.len() > 1 => {
            kind.push("two dimensions");
            let split = free.iter().map(|(d, _)| d).find(|d| **d != x).unwrap();
            want.insert("x", json!(x));
            want.insert("splitBy", json!(split));
            format!("{measure} by {} and {}{conditions}{when}", said(&x), said(split))
        }
        _ => {
            kind.push("by");
            want.insert("x", json!(x));
            let by = dice.of(&["by", "per", "for each"]);
            format!("{measure} {by} {}{conditions}{when}", said(&x))
        }
    };
    want.insert("filters", Value::Object(filters));
    Case { kind: kind.join(" "), prompt, want }
}

/// The fields that differ, with what was read.
fn differences(want: &BTreeMap<&'static str, Value>, got: &Value) -> Vec<String> {
    ["dataset", "x", "y", "agg", "splitBy", "timeGrain", "topK", "orderBy", "filters"]
        .into_iter()
        .filter_map(|field| {
            let wanted = want.get(field).cloned().unwrap_or(Value::Null);
            let read = got.get(field).cloned().unwrap_or(Value::Null);
            let read = if field == "filters" && read.is_null() { json!({}) } else { read };
            // An order that nobody asked for is a matter of drawing.
            let ignored = field == "orderBy" && wanted.is_null();
            (wanted != read && !ignored).then(|| format!("{field}: want {wanted}, read {read}"))
        })
        .collect()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn questions_come_back_as_the_specs_they_were_made_from() {
    let context = Context {
        clock: Clock {
            now: "2025-03-15T10:00:00+08:00[Asia/Manila]".parse().unwrap(),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
        },
        datasets: Vec::new(),
        filters: Map::new(),
        previous: None,
        current_page: None,
    };
    let mut dice = Dice(number("ROUND_TRIP_SEED", 1));
    let cases = number("ROUND_TRIP_CASES", 1200) as usize;
    let (mut right, mut asked) = (0, 0);
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while asked < cases {
        let (model, tables) = schema(&mut dice);
        let lexicon = Lexicon::build(&model);
        for _ in 0..8 {
            let case = case(&mut dice, &tables);
            asked += 1;
            let spec = ask(&case.prompt, &model, &lexicon, &context).unwrap().spec;
            let got = spec.map_or(Value::Null, |s| serde_json::to_value(s).unwrap());
            let differs = differences(&case.want, &got);
            if differs.is_empty() {
                right += 1;
            } else {
                let what: Vec<&str> = differs.iter().filter_map(|d| d.split(':').next()).collect();
                wrong.entry(what.join(" ")).or_default().push(format!(
                    "{} [{}] {}",
                    case.prompt,
                    case.kind,
                    differs.join("; ")
                ));
            }
        }
    }
    let share = 100.0 * right as f64 / asked as f64;
    println!("{right} of {asked} questions came back as their spec: {share:.1} %");
    let mut told: Vec<(&String, &Vec<String>)> = wrong.iter().collect();
    told.sort_by_key(|(_, list)| std::cmp::Reverse(list.len()));
    for (what, list) in &told {
        println!("{} with another {what}:", list.len());
        list.iter().take(8).for_each(|l| println!("    {l}"));
    }
    assert!(share >= 95.0, "only {share:.1} % came back");
}
