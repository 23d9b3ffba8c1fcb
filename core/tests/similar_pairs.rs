//! Pairs of questions that look alike: an answer is reused only where the slots say so.
//!
//! False hits: pairs that differ in negation, measure, aggregation, comparison, period or its grain, dimension, kind
//! of name, direction, or in words that are not understood. True hits: the same question with other values in its
//! slots; re-bound, it must be exactly the new question.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)] // patterns are filled for other subjects only
mod pairs;

use pairs::{Pair, Subject, column, measure_hits};

/// The subject that the rules were developed with.
fn sales() -> Subject {
    let dimension = |name: &str, values: &[&str]| column(name, "text", "dimension", "count", values);
    Subject::new(
        "sales",
        vec![
            dimension("brand", &BRANDS),
            dimension("region", &REGIONS),
            dimension("channel", &["Online", "Retail"]),
            column("revenue", "decimal", "measure", "sum", &[]),
            column("quantity", "decimal", "measure", "sum", &[]),
            column("discount", "decimal", "measure", "avg", &[]),
            column("sold_on", "date", "time", "none", &[]),
        ],
    )
}

const BRANDS: [&str; 5] = ["Alaska", "Oishi", "Boril", "Kenko", "Tala"];
const REGIONS: [&str; 4] = ["Luzon", "Visayas", "Mindanao", "Palawan"];
const PERIODS: [&str; 5] = ["last month", "in 2024", "last 30 days", "in Q4 2024", "since January 2024"];

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
            differs("name left out", &base, format!("total revenue of {brand} {period}"));
            differs("period left out", &base, format!("total revenue of {brand} in {region}"));
            differs(
                "not understood",
                &base,
                format!("total revenue of {brand} in {region} from loyal members {period}"),
            );
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
            pairs.push(Pair { kind: "all", past: base.clone(), new: all });
            let wording = format!("please show me the total revenue in {there} of {other} {later}");
            pairs.push(Pair { kind: "wording", past: base, new: wording });
            let top = format!("top 3 regions by revenue of {brand} {period}");
            pairs.push(Pair { kind: "rows", past: top.clone(), new: top.replace('3', "2") });
        }
    }
    pairs
}

#[test]
fn slots_decide() {
    let hits = measure_hits(&[(sales(), false_pairs(), true_pairs())]);
    assert!(hits.pairs >= 200);
    assert!(hits.false_share <= 0.01, "false hits:\n{}", hits.false_hits.join("\n"));
    assert!(hits.true_share >= 0.85, "missed:\n{}", hits.missed.join("\n"));
}
