//! Pairs of questions that look alike: an answer is reused only where the slots say so.
//!
//! False hits: pairs that differ in negation, measure, aggregation, period grain, dimension or direction.
//! True hits: the same question with other values in its slots; re-bound, it must be exactly the new question.
#![allow(clippy::unwrap_used, clippy::panic)]

use router_core::embed::Encoder;
use router_core::quickspec::QuickSpec;
use router_core::route::{Context, ask};
use router_core::semantic::{Lexicon, SemanticModel};
use router_core::similarity::rebind;
use router_core::time::{Clock, Weekday};
use serde_json::{Value, json};

/// As in the server: nearer than this, the slots are looked at.
const NEAR: f32 = 0.35;

fn column(name: &str, sql_type: &str, value_type: &str, role: &str, agg: &str, values: &[&str]) -> Value {
    let values: Vec<Value> = values.iter().map(|v| json!({ "stored": v })).collect();
    json!({"name": name, "sql_type": sql_type, "value_type": value_type, "role": role, "default_agg": agg,
           "nullable": true, "unique": false, "values": values, "harvested_all": !values.is_empty()})
}

fn model() -> SemanticModel {
    let dimension = |name: &str, values: &[&str]| column(name, "text", "text", "dimension", "count", values);
    let measure = |name: &str, agg: &str| column(name, "numeric", "decimal", "measure", agg, &[]);
    serde_json::from_value(json!({
        "version": 1,
        "relationships": [],
        "datasets": [{
            "schema": "public", "name": "sales", "oid": 1, "layer": "silver", "time_column": 6, "primary_key": [], "rows": 1000,
            "columns": [
                dimension("brand", &BRANDS), dimension("region", &REGIONS), dimension("channel", &["Online", "Retail"]),
                measure("revenue", "sum"), measure("quantity", "sum"), measure("discount", "avg"),
                column("sold_on", "date", "date", "time", "none", &[]),
            ],
        }],
    }))
    .unwrap()
}

const BRANDS: [&str; 5] = ["Alaska", "Oishi", "Boril", "Kenko", "Tala"];
const REGIONS: [&str; 4] = ["Luzon", "Visayas", "Mindanao", "Palawan"];
const PERIODS: [&str; 5] = ["last month", "in 2024", "last 30 days", "in Q4 2024", "since January 2024"];

/// Two questions; the second differs from the first as the name says.
struct Pair {
    kind: &'static str,
    past: String,
    new: String,
}

fn false_pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, brand) in BRANDS.iter().enumerate() {
        for (k, region) in REGIONS.iter().enumerate() {
            let period = PERIODS[(i + k) % PERIODS.len()];
            let base = format!("total revenue of {brand} in {region} {period}");
            let mut differs = |kind, past: &str, new: String| pairs.push(Pair { kind, past: past.to_owned(), new });
            differs("negation", &base, format!("total revenue of {brand} not in {region} {period}"));
            differs("negation", &base, format!("total revenue of everything except {brand} in {region} {period}"));
            differs("measure", &base, format!("total quantity of {brand} in {region} {period}"));
            differs("aggregation", &base, format!("average revenue of {brand} in {region} {period}"));
            differs("dimension", &base, format!("total revenue of {brand} in {region} by channel {period}"));
            differs("entity", &base, format!("total revenue of {brand} {period}"));
            let monthly = format!("revenue of {brand} by month {period}");
            differs("grain", &monthly, format!("revenue of {brand} by week {period}"));
            let top = format!("top 3 regions by revenue of {brand} {period}");
            differs("direction", &top, format!("bottom 3 regions by revenue of {brand} {period}"));
            differs("dimension", &top, format!("top 3 channels by revenue of {brand} {period}"));
        }
    }
    pairs
}

fn true_pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, brand) in BRANDS.iter().enumerate() {
        for (k, region) in REGIONS.iter().enumerate() {
            let (other, there) = (BRANDS[(i + 1) % BRANDS.len()], REGIONS[(k + 1) % REGIONS.len()]);
            let (period, later) = (PERIODS[(i + k) % 4], PERIODS[(i + k + 1) % 4]);
            let base = format!("total revenue of {brand} in {region} {period}");
            pairs.push(Pair { kind: "brand", past: base.clone(), new: base.replace(brand, other) });
            pairs.push(Pair { kind: "region", past: base.clone(), new: base.replace(region, there) });
            pairs.push(Pair { kind: "period", past: base.clone(), new: base.replace(period, later) });
            let all = format!("total revenue of {other} in {there} {later}");
            pairs.push(Pair { kind: "all", past: base, new: all });
            let top = format!("top 3 regions by revenue of {brand} {period}");
            pairs.push(Pair { kind: "rows", past: top.clone(), new: top.replace('3', "2") });
        }
    }
    pairs
}

#[test]
fn slots_decide() {
    let model = model();
    let lexicon = Lexicon::build(&model);
    let context = Context {
        clock: Clock {
            now: "2025-03-15T10:00:00+08:00[Asia/Manila]".parse().unwrap(),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
        },
        datasets: Vec::new(),
        filters: serde_json::Map::new(),
        previous: None,
        current_page: None,
    };
    let read = |prompt: &str| ask(prompt, &model, &lexicon, &context).ok().and_then(|a| a.spec);
    // What the store would answer for the new question, having been taught the past one; and the right answer.
    let outcome = |p: &Pair| -> (Option<QuickSpec>, Option<QuickSpec>) {
        let encoder = Encoder::get();
        let near = encoder.encode(&p.past).cosine(&encoder.encode(&p.new)) >= NEAR;
        let (Some(then), Some(now)) = (read(&p.past), read(&p.new)) else { return (None, None) };
        (rebind(&then, &then, &now).filter(|_| near), Some(now))
    };
    let (wrong, right) = (false_pairs(), true_pairs());
    assert!(wrong.len() + right.len() >= 200);
    let false_hits: Vec<String> = wrong
        .iter()
        .filter(|p| outcome(p).0.is_some())
        .map(|p| format!("{}: {} | {}", p.kind, p.past, p.new))
        .collect();
    let missed: Vec<String> = right
        .iter()
        .filter(|p| {
            let (got, want) = outcome(p);
            got.is_none() || got != want
        })
        .map(|p| format!("{}: {} | {}", p.kind, p.past, p.new))
        .collect();
    println!("{} false hits of {}, {} missed of {}", false_hits.len(), wrong.len(), missed.len(), right.len());
    assert!(false_hits.len() * 100 <= wrong.len(), "false hits:\n{}", false_hits.join("\n"));
    assert!(missed.len() * 100 <= 15 * right.len(), "missed:\n{}", missed.join("\n"));
}
