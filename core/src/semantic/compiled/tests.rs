//! What is compiled comes back, and only to those who may see it.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::prompt::{split_words, tokenize};
use crate::semantic::{ColumnRef, Lexicon, Meaning, SemanticModel, find_mentions};

fn model(value_names: &[&str]) -> SemanticModel {
    let text = |name: &str| {
        serde_json::json!({"name": name, "sql_type": "text", "value_type": "text", "role": "dimension",
            "default_agg": "count", "nullable": true, "unique": false})
    };
    let mut staff: Vec<serde_json::Value> = ["city", "nickname", "salaryband"].map(text).into();
    staff[1]["values"] = serde_json::json!([{"stored": "Bluebird", "aliases": ["the blue one"]}]);
    serde_json::from_value(serde_json::json!({
        "version": 3,
        "datasets": [
            {"schema": "hr", "name": "staff", "oid": 11, "layer": "silver", "columns": staff, "primary_key": [1, 2]},
            {"schema": "shop", "name": "orders", "oid": 12, "layer": "silver",
             "columns": value_names.iter().map(|n| text(n)).collect::<Vec<_>>()},
        ],
        "relationships": [{"from": 1, "from_columns": [0], "to": 0, "to_columns": [2]}],
    }))
    .unwrap()
}

/// One segment for staff, one for orders, and in the second a newer state of the first one's city.
fn compiled() -> Arc<Compiled> {
    let model = model(&["product", "place"]);
    let mut first = ValuesBuilder::default();
    first.column(11, "city", 1, true, ["Atlantis", "Springfield"]);
    first.column(11, "nickname", 1, true, ["Bluebird", "Old Grey Goose Society"]);
    first.column(11, "salaryband", 1, true, ["Topmost"]);
    let mut second = ValuesBuilder::default();
    second.column(11, "city", 2, true, ["Springfield", "Shelbyville"]);
    second.column(12, "product", 1, true, ["CDO Corned Beef 210g", "CDO Corned Beef Chili", "Beef Tapa", "Bluebird"]);
    second.column(12, "place", 1, false, ["Davao City"]);
    second.column(99, "gone", 1, false, ["Nowhere"]);
    let values: Vec<Values> = [first.finish(1), second.finish(2)].map(|s| Values::open(s.into_bytes()).unwrap()).into();
    let fresh = |(segment, column): (usize, usize), _: ColumnRef| {
        let head = values[segment].head(column);
        head.stamp == if values[segment].column_name(&head) == "city" { 2 } else { 1 }
    };
    let names = compile_names(5, &model, &values, &fresh, b"kept".to_vec());
    let names = Names::open(names.into_bytes()).unwrap();
    assert_eq!((names.key(), names.segments(), names.notes()), (5, &[1, 2][..], &b"kept"[..]));
    Arc::new(Compiled { names, values })
}

fn meant(lexicon: &Lexicon, text: &str) -> Vec<Meaning> {
    let words = split_words(&tokenize(text));
    let free = vec![true; words.len()];
    let mentions = find_mentions(&words, &free, lexicon, None);
    mentions.into_iter().filter(|m| m.words == (0..words.len())).flat_map(|m| m.candidates).map(|c| c.meaning).collect()
}

fn values_meant(view: &Arc<View>, text: &str) -> Vec<String> {
    let model = SemanticModel::over(Arc::clone(view));
    let value = |m| match m {
        Meaning::Value(c, v) => Some(format!("{}.{}", model.column(c).name, model.value(c, v))),
        _ => None,
    };
    meant(&Lexicon::over(Arc::clone(view)), text).into_iter().filter_map(value).collect()
}

#[test]
fn values_are_found_whole_in_part_and_by_other_names() {
    let view = Arc::new(View::everything(compiled()));
    let cases: [(&str, &[&str]); 9] = [
        ("springfields", &["city.Springfield"]),
        ("Shelbyville", &["city.Shelbyville"]),
        ("Atlantis", &[]),
        ("bluebird", &["nickname.Bluebird", "product.Bluebird"]),
        ("the blue one", &["nickname.Bluebird"]),
        ("corned beef", &["product.CDO Corned Beef 210g", "product.CDO Corned Beef Chili"]),
        ("davao", &["place.Davao City"]),
        ("grey goose", &["nickname.Old Grey Goose Society"]),
        ("nowhere", &[]),
    ];
    for (text, want) in cases {
        assert_eq!(values_meant(&view, text), want, "{text}");
    }
    let model = SemanticModel::over(Arc::clone(&view));
    let city = ColumnRef { dataset: 0, column: 0 };
    assert_eq!((model.value_count(city), model.value(city, 0).as_str()), (2, "Springfield"));
    assert_eq!(model.stored_form(city, "SPRINGFIELD").as_deref(), Some("Springfield"));
    assert_eq!(model.stored_form(city, "Atlantis"), None);
    assert_eq!((model.version, model.dataset_index("shop.orders"), model.dataset_index("shop")), (3, Some(1), None));
    assert_eq!(model.relationships.len(), 1);
}

#[test]
fn misspelt_words_are_corrected() {
    let lexicon = Lexicon::over(Arc::new(View::everything(compiled())));
    for (wrong, right) in [("sprinfield", "springfield"), ("shelbyvile", "shelbyville"), ("prodct", "product")] {
        assert_eq!(lexicon.correct(wrong).as_deref(), Some(right));
    }
    assert_eq!(lexicon.correct("atlantsi"), None, "a value that is no more");
}

#[test]
fn nothing_of_a_hidden_column_comes_out() {
    let compiled = compiled();
    let hidden = |_: u32| Shown::Columns(vec!["city".to_owned(), "product".to_owned()]);
    let view = Arc::new(View::new(Arc::clone(&compiled), hidden));
    let lexicon = Lexicon::over(Arc::clone(&view));
    for text in
        ["nickname", "salaryband", "salary", "topmost", "the blue one", "grey goose", "place", "davao", "davao city"]
    {
        assert!(meant(&lexicon, text).is_empty(), "{text}");
        assert!(!lexicon.knows(text) && !lexicon.phrase_exists(text), "{text}");
    }
    for wrong in ["nicknme", "salarybnd", "topmst", "socety", "plce"] {
        assert_eq!(lexicon.correct(wrong), None, "{wrong}");
    }
    // What the other column holds too is still found there, under the number that the view gives it.
    assert_eq!(values_meant(&view, "bluebird"), ["product.Bluebird"]);
    assert_eq!(values_meant(&view, "corned beef").len(), 2);
    let model = SemanticModel::over(Arc::clone(&view));
    assert_eq!(model.datasets.iter().map(|d| d.columns.len()).collect::<Vec<_>>(), [1, 1]);
    assert!(model.relationships.is_empty() && model.datasets[0].primary_key.is_empty());
    // A dataset shown not at all takes no number.
    let orders = Arc::new(View::new(compiled, |oid| if oid == 12 { Shown::Everything } else { Shown::Nothing }));
    let model = SemanticModel::over(Arc::clone(&orders));
    assert_eq!(model.datasets.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["orders"]);
    assert_eq!(values_meant(&orders, "bluebird"), ["product.Bluebird"]);
    assert!(values_meant(&orders, "springfield").is_empty() && model.dataset_index("hr.staff").is_none());
    assert!(model.relationships.is_empty());
}

#[test]
fn an_empty_model_names_nothing() {
    let lexicon = Lexicon::build(&SemanticModel::default());
    assert!(meant(&lexicon, "anything").is_empty() && lexicon.correct("anything").is_none());
    assert!(!lexicon.knows("anything") && !lexicon.phrase_exists("anything"));
}

proptest! {
    /// Every value that has words is found by its own text, in its column, whatever else is there.
    #[test]
    fn every_value_is_found_by_its_text(
        values in proptest::collection::btree_set("[a-z]{1,8}( [a-z0-9]{1,6}){0,4}", 1..60),
    ) {
        let mut builder = ValuesBuilder::default();
        let list: Vec<&str> = values.iter().map(String::as_str).collect();
        builder.column(1, "empty", 0, true, []);
        builder.column(1, "c", 0, true, list.iter().copied());
        builder.column(1, "late", 0, true, []);
        let read = Values::open(builder.finish(0).into_bytes()).unwrap();
        for (i, value) in list.iter().enumerate() {
            let key: String = crate::prompt::words_of(value).iter().map(|w| crate::prompt::singular(w)).collect();
            let found: Vec<u32> = read.whole(&key).filter(|f| f.by == super::values::Said::Whole).map(|f| f.ordinal).collect();
            prop_assert!(found.contains(&(i as u32)), "{value}");
            prop_assert_eq!((read.text(i as u32), read.column_of(i as u32)), (*value, 1));
        }
    }

    /// Bytes that are no compiled part, or a damaged one, are refused or read without panic.
    #[test]
    fn damage_does_no_harm(at in 0usize..2000, byte: u8) {
        let compiled = compiled();
        let model = model(&["product", "place"]);
        let mut bytes = Vec::new();
        compile_names(5, &model, &compiled.values, &|_, _| true, Vec::new()).write(&mut bytes).unwrap();
        let at = at % bytes.len();
        if bytes[at] != byte {
            bytes[at] = byte;
            prop_assert!(verify(&mut bytes.as_slice()).unwrap().is_err());
        }
    }
}
