//! Answers of more than one figure a point: rankings within groups, measures side by side.

use serde_json::json;

use super::tests::{context, shop};
use super::{Answer, Status, ask};
use crate::quickspec::{QuickSpec, TopPer};
use crate::semantic::{Aggregation, Lexicon};
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

fn figures(spec: &QuickSpec) -> Vec<(Option<&str>, Aggregation)> {
    let more = spec.more_measures.iter().map(|m| (m.y.as_deref(), m.agg));
    std::iter::once((spec.y.as_deref(), spec.agg)).chain(more).collect()
}

#[test]
fn measures_are_shown_side_by_side() {
    use Aggregation::{Avg, Count, Max, Min, Sum};
    let (amount, rate) = (Some("amount"), Some("discount_rate"));
    for (prompt, wanted, x) in [
        ("amount and discount rate by country", vec![(amount, Sum), (rate, Avg)], Some("country")),
        ("total amount and average discount rate per country", vec![(amount, Sum), (rate, Avg)], Some("country")),
        ("minimum and maximum amount by country", vec![(amount, Min), (amount, Max)], Some("country")),
        ("the highest and the lowest amount of each country", vec![(amount, Max), (amount, Min)], Some("country")),
        ("average amount and discount rate by country", vec![(amount, Avg), (rate, Avg)], Some("country")),
        ("number of orders and total amount by month", vec![(None, Count), (amount, Sum)], Some("ordered_on")),
        ("total amount and number of orders in 2024", vec![(amount, Sum), (None, Count)], None),
        (
            "sum, average and maximum of amount by country",
            vec![(amount, Sum), (amount, Avg), (amount, Max)],
            Some("country"),
        ),
    ] {
        let s = spec(prompt);
        assert_eq!(figures(&s), wanted, "{prompt}");
        assert_eq!(s.x.as_deref(), x, "{prompt}");
    }
    let top = spec("top 2 countries by amount with their discount rate");
    assert_eq!((figures(&top), top.top_k), (vec![(amount, Sum), (rate, Avg)], Some(2)));
    assert!(top.order_by.is_some_and(|o| o.by == crate::quickspec::OrderTarget::Y), "by the first");
    assert_eq!(figures(&spec("amount by country")).len(), 1);
}

#[test]
fn measures_that_have_no_place_beside_each_other_are_asked_back() {
    for prompt in [
        "amount and discount rate by country and coupon",
        "growth of amount and discount rate by month",
        "which country has the highest amount and discount rate",
        "number of orders and customers and total amount by country",
    ] {
        assert_ne!(after(prompt, None).status, Status::Ok, "{prompt}");
    }
}

#[test]
fn measures_side_by_side_in_sql() {
    let two =
        json!({"x": "country", "moreMeasures": [{"y": "discount_rate", "agg": "avg"}, {"agg": "count"}], "topK": 2});
    assert_eq!(
        sql(two).expect("a statement"),
        "SELECT x_axis, y_value, series FROM (SELECT country AS x_axis, sum(amount) AS measure1, avg(discount_rate) AS \
         measure2, count(*) AS measure3 FROM shop.orders GROUP BY 1 ORDER BY measure1 DESC NULLS LAST, x_axis LIMIT 2) AS \
         points CROSS JOIN LATERAL (VALUES (1, 'amount', measure1), (2, 'average discount_rate', measure2), (3, 'number of \
         orders', measure3)) AS measures (place, series, y_value) ORDER BY measure1 DESC NULLS LAST, x_axis, place"
    );
    let total = sql(json!({"moreMeasures": [{"y": "amount", "agg": "max"}]})).expect("a statement");
    assert!(total.starts_with("SELECT series AS x_axis, y_value FROM (SELECT sum(amount) AS measure1,"), "{total}");
    assert!(total.contains("'total amount'") && total.contains("'maximum amount'"), "{total}");
    let days = sql(json!({"x": "ordered_on", "timeGrain": "weekday", "moreMeasures": [{"agg": "count"}]}));
    assert!(days.expect("a statement").ends_with("ORDER BY day ASC, place"));
    // Of customers, seen from their orders: each of them once, however many orders he has.
    let once = json!({"x": "country", "y": "shop.customers.id", "agg": "count",
                      "moreMeasures": [{"y": "shop.customers.id", "agg": "max"}]});
    let once = sql(once).expect("a statement");
    assert!(
        once.contains("FROM (SELECT DISTINCT t2.id, t2.id AS value1, t2.id AS value2, t1.country AS x_axis"),
        "{once}"
    );
    for wrong in [
        json!({"x": "country", "splitBy": "coupon", "moreMeasures": [{"agg": "count"}]}),
        json!({"x": "country", "moreMeasures": [{"y": "shop.customers.id", "agg": "max"}]}),
        json!({"x": "country", "moreMeasures": [{"y": "coupon", "agg": "max"}]}),
        json!({"x": "country", "moreMeasures": [{"y": "amount", "agg": "sum"}]}),
        json!({"x": "country", "moreMeasures": [{"agg": "count", "sql": "1"}]}),
    ] {
        assert!(sql(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn follow_ups_add_measures() {
    let one = spec("amount by country");
    let two = after("also show the average discount rate", Some(one)).spec.expect("a spec");
    assert_eq!(figures(&two), [(Some("amount"), Aggregation::Sum), (Some("discount_rate"), Aggregation::Avg)]);
    let months = after("by month instead", Some(two)).spec.expect("a spec");
    assert_eq!((figures(&months).len(), months.x.as_deref()), (2, Some("ordered_on")));
}

#[test]
fn medians() {
    for (prompt, x) in [("median amount", None), ("median of the amount by country", Some("country"))] {
        let s = spec(prompt);
        assert_eq!((figures(&s), s.x.as_deref()), (vec![(Some("amount"), Aggregation::Median)], x), "{prompt}");
    }
    let beside = spec("median and average discount rate by country");
    let rate = Some("discount_rate");
    assert_eq!(figures(&beside), [(rate, Aggregation::Median), (rate, Aggregation::Avg)]);
    assert_eq!(
        sql(json!({"x": "country", "agg": "median"})).expect("a statement"),
        "SELECT country AS x_axis, percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) AS y_value FROM shop.orders \
         GROUP BY 1 ORDER BY y_value DESC NULLS LAST, x_axis"
    );
    assert!(sql(json!({"y": "coupon", "agg": "median"})).is_err(), "of a text");
}
