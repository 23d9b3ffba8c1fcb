//! Measures over pairs of questions what the store would answer for the second, having been taught the first.

use router_core::embed::Encoder;
use router_core::quickspec::QuickSpec;
use router_core::route::{Answer, Context, ask};
use router_core::semantic::{Lexicon, SemanticModel};
use router_core::similarity::{Scale, rebind, same_wording};
use router_core::time::{Clock, Weekday};
use serde_json::{Value, json};

/// Two questions; the second differs from the first as the name says.
pub struct Pair {
    pub kind: &'static str,
    pub past: String,
    pub new: String,
}

/// One dataset that is asked about.
pub struct Subject {
    model: SemanticModel,
    lexicon: Lexicon,
}

pub fn column(name: &str, value_type: &str, role: &str, agg: &str, values: &[&str]) -> Value {
    let values: Vec<Value> = values.iter().map(|v| json!({ "stored": v })).collect();
    json!({"name": name, "sql_type": value_type, "value_type": value_type, "role": role, "default_agg": agg,
           "nullable": true, "unique": false, "values": values, "harvested_all": !values.is_empty()})
}

impl Subject {
    /// The last column of type date is the time axis.
    pub fn new(name: &str, columns: Vec<Value>) -> Self {
        let time = columns.iter().rposition(|c| c["value_type"] == "date");
        let model: SemanticModel = serde_json::from_value(json!({
            "version": 1,
            "relationships": [],
            "datasets": [{"schema": "public", "name": name, "oid": 1, "layer": "silver", "time_column": time,
                          "primary_key": [], "rows": 1000, "columns": columns}],
        }))
        .unwrap();
        let lexicon = Lexicon::build(&model);
        Self { model, lexicon }
    }

    fn read(&self, prompt: &str) -> Option<Answer> {
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
        ask(prompt, &self.model, &self.lexicon, &context).ok()
    }

    /// What is answered, and the router's own reading of the new question. Taught is a chart of another kind, so
    /// that a reused spec can be told from a reading.
    fn outcome(&self, pair: &Pair) -> Option<(Option<QuickSpec>, QuickSpec)> {
        let encoder = Encoder::get();
        let cosine = encoder.encode(&pair.past).cosine(&encoder.encode(&pair.new));
        let near = Scale::IDENTITY.score(cosine.into()) > 0.5;
        let (then, now) = (self.read(&pair.past)?, self.read(&pair.new)?);
        let fits = same_wording(&pair.past, &then, &pair.new, &now);
        let (then, now) = (then.spec?, now.spec?);
        Some((rebind(&then, &then, &now).filter(|_| near && fits), now))
    }
}

pub struct Hits {
    pub pairs: usize,
    pub false_hits: Vec<String>,
    pub missed: Vec<String>,
    pub false_share: f64,
    pub true_share: f64,
}

/// For each subject the pairs that must not hit, and those that must.
pub fn measure_hits(subjects: &[(Subject, Vec<Pair>, Vec<Pair>)]) -> Hits {
    let told = |p: &Pair| format!("{}: {} | {}", p.kind, p.past, p.new);
    let (mut wrong, mut right) = (0, 0);
    let (mut false_hits, mut missed) = (Vec::new(), Vec::new());
    for (subject, different, same) in subjects {
        wrong += different.len();
        right += same.len();
        let hit = |p: &&Pair| subject.outcome(p).is_some_and(|(got, _)| got.is_some());
        false_hits.extend(different.iter().filter(hit).map(told));
        let bound = |p: &&Pair| subject.outcome(p).is_some_and(|(got, want)| got.is_some_and(|got| got == want));
        missed.extend(same.iter().filter(|p| !bound(p)).map(told));
    }
    println!("{} false hits of {wrong}, {} missed of {right}", false_hits.len(), missed.len());
    Hits {
        pairs: wrong + right,
        false_share: false_hits.len() as f64 / wrong.max(1) as f64,
        true_share: 1.0 - missed.len() as f64 / right.max(1) as f64,
        false_hits,
        missed,
    }
}
