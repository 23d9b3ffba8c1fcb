//! What is measured over: a shop of three relations, and questions of every kind.
#![allow(clippy::expect_used)]

use router_core::route::Context;
use router_core::semantic::SemanticModel;
use router_core::time::{Clock, Weekday};

pub const QUESTIONS: [&str; 8] = [
    "Show Alaska milk sales in NCR last 30 days",
    "Top 5 brands by sales in 2024",
    "Share of sales by region in 2024",
    "Compare Alaska and Oishi sales in Q4 2024",
    "Monthly sales trend for 2024",
    "average unit price by brand",
    "Number of line items with at least 10 units by channel",
    "sales by store type for families last month",
];

pub fn model() -> SemanticModel {
    serde_json::from_str(include_str!("../shop.json")).expect("the model is sound")
}

pub fn context() -> Context {
    let now: jiff::Timestamp = "2025-03-15T02:00:00Z".parse().expect("a moment");
    Context {
        clock: Clock {
            now: now.in_tz("Asia/Manila").expect("a zone"),
            week_start: Weekday::Monday,
            fiscal_year_start: 1,
            rolling: false,
            ahead: false,
        },
        datasets: Vec::new(),
        filters: serde_json::Map::new(),
        previous: None,
        current_page: None,
    }
}
