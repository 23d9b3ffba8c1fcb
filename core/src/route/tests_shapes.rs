//! Answers of more than one figure a point: rankings within groups.

use serde_json::json;

use super::tests::{context, shop};
use super::{Answer, Status, ask};
use crate::quickspec::{QuickSpec, TopPer};
use crate::semantic::Lexicon;
use crate::sql::{SqlClock, build};
use crate::time::Weekday;

fn after(prompt: &str, previous: Option<QuickSpec>) -> Answer {
    let model = shop();
    let mut context = context();
    context.previous = previous;
    ask(prompt, &model, &Lexicon::build(&model), &context).expect("an answer")
}

fn spec(prompt: &str) -> QuickSpec {
    let answer = after(prompt, None);
    assert_eq!(answer.status, Status::Ok, "{prompt}: {}", answer.explain);
    answer.spec.expect("a spec")
}

fn sql(spec: serde_json::Value) -> Result<String, String> {
    let mut all =
        json!({"schema": "QuickSpec@1", "dataset": "shop.orders", "y": "amount", "agg": "sum", "chart": "bar"});
    for (key, value) in spec.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    let spec: QuickSpec = serde_json::from_value(all).map_err(|e| e.to_string())?;
    let clock = SqlClock { timezone: "UTC".into(), week_start: Weekday::Monday };
    build(&spec, &shop(), &clock).map_err(|e| e.to_string())
}

#[test]
fn a_ranking_is_made_within_each_group() {
    let axes = |s: &QuickSpec| (s.x.clone().unwrap_or_default(), s.split_by.clone().unwrap_or_default());
    let column = |text: &str| text.to_owned();
    for (prompt, x, series, per, k) in [
        ("top 3 coupons in each country by amount", "coupon", "country", TopPer::Series, 3),
        ("for every country the two best coupons by amount", "coupon", "country", TopPer::Series, 2),
        ("best selling coupon per country in 2024", "coupon", "country", TopPer::Series, 1),
        ("top 5 coupons by country", "coupon", "country", TopPer::Series, 5),
        ("which coupon sold most in each month", "ordered_on", "coupon", TopPer::X, 1),
        ("which country had the highest amount in every quarter of 2024", "ordered_on", "country", TopPer::X, 1),
        ("the best month of each year by amount", "ordered_on", "ordered_on", TopPer::Series, 1),
        ("the 2 customers with the most orders in each country", "shop.customers.name", "country", TopPer::Series, 2),
    ] {
        let s = spec(prompt);
        assert_eq!(axes(&s), (column(x), column(series)), "{prompt}");
        assert_eq!((s.top_per, s.top_k), (Some(per), Some(k)), "{prompt}");
    }
    // An extreme of each group is no ranking, and one of all is none of each.
    for prompt in ["the highest amount in each country", "top 3 countries by amount", "amount by country and coupon"] {
        assert_eq!(spec(prompt).top_per, None, "{prompt}");
    }
}

#[test]
fn a_ranking_that_can_not_be_shown_is_asked_back() {
    for prompt in [
        "top 3 coupons in each country in each month by amount",
        "top 3 coupons by share of amount in each country",
        "the oldest customer in each segment",
    ] {
        assert_eq!(after(prompt, None).status, Status::Clarify, "{prompt}");
    }
}

#[test]
fn the_first_of_each_group_in_sql() {
    let ranked = sql(json!({"x": "coupon", "splitBy": "country", "topK": 3, "topPer": "series"}));
    assert_eq!(
        ranked.expect("a statement"),
        "SELECT x_axis, y_value, series FROM (SELECT points.*, row_number() OVER (PARTITION BY series ORDER BY y_value DESC \
         NULLS LAST, x_axis) AS place FROM (SELECT coupon AS x_axis, sum(amount) AS y_value, country AS series FROM \
         shop.orders GROUP BY 1, 3) AS points) AS ranked WHERE place <= 3 ORDER BY series, place"
    );
    let days = json!({"x": "ordered_on", "timeGrain": "weekday", "splitBy": "country", "topK": 1, "topPer": "x",
                      "orderBy": {"by": "y", "dir": "asc"}});
    let days = sql(days).expect("a statement");
    assert!(days.contains("PARTITION BY day ORDER BY y_value ASC, series"), "{days}");
    assert!(days.ends_with("ORDER BY day, place"), "days as days: {days}");
    for lacking in [json!({"x": "coupon", "topK": 3, "topPer": "series"}), json!({"splitBy": "country", "topPer": "x"})]
    {
        assert!(sql(lacking.clone()).is_err(), "{lacking}");
    }
}

#[test]
fn follow_ups_of_rankings() {
    let top = spec("top 3 coupons by amount");
    let each = after("in each country", Some(top)).spec.expect("a spec");
    assert_eq!((each.x.as_deref(), each.split_by.as_deref()), (Some("coupon"), Some("country")));
    assert_eq!((each.top_per, each.top_k), (Some(TopPer::Series), Some(3)));
    let spain = after("only Spain", Some(each.clone())).spec.expect("a spec");
    assert_eq!((spain.top_per, spain.filters.get("country")), (Some(TopPer::Series), Some(&json!("Spain"))));
    let five = after("just the top 5", Some(each.clone())).spec.expect("a spec");
    assert_eq!((five.top_per, five.top_k), (Some(TopPer::Series), Some(5)));
    let months = after("by month instead", Some(each)).spec.expect("a spec");
    assert_eq!((months.top_per, months.top_k), (None, None), "so many of each are not so many of all");
}
