//! Measures over pairs of questions what the store would answer for the second, having been taught the first.

use router_core::embed::Encoder;
use router_core::quickspec::QuickSpec;
use router_core::route::{Answer, Context, ask};
use router_core::semantic::{Lexicon, SemanticModel};
use router_core::similarity::{Question, Scale, reuse};
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

/// The text with `{0}`, `{1}`, ... filled.
fn filled(text: &str, with: &[&str]) -> String {
    with.iter().enumerate().fold(text.to_owned(), |t, (i, w)| t.replace(&format!("{{{i}}}"), w))
}

/// Past question, then what a different one says; `{0}`, `{1}` are names, `{2}` a period.
pub type Different = (&'static str, &'static str, &'static str);

/// Every pattern with every choice of names.
pub fn different(patterns: &[Different], choices: &[[&str; 3]]) -> Vec<Pair> {
    let pair = |c: &[&str; 3], p: &Different| Pair { kind: p.0, past: filled(p.1, c), new: filled(p.2, c) };
    choices.iter().flat_map(|c| patterns.iter().map(move |p| pair(c, p))).collect()
}

/// Every pattern with two different choices of names: what was asked of the one is asked of the other.
pub fn same(patterns: &[(&'static str, &str, &str)], choices: &[[&str; 3]]) -> Vec<Pair> {
    let next = |i: usize| &choices[(i + 1) % choices.len()];
    let pair = |i: usize, p: &(&'static str, &str, &str)| Pair {
        kind: p.0,
        past: filled(p.1, &choices[i]),
        new: filled(p.2, next(i)),
    };
    (0..choices.len()).flat_map(|i| patterns.iter().map(move |p| pair(i, p))).collect()
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
                ahead: false,
            },
            datasets: Vec::new(),
            filters: serde_json::Map::new(),
            previous: None,
            current_page: None,
        };
        ask(prompt, &self.model, &self.lexicon, &context).ok()
    }

    /// The past answer re-bound to the new question, and the router's own reading of that; or why it is no hit. Taught
    /// is what the router reads itself.
    fn outcome(&self, pair: &Pair) -> Result<(QuickSpec, QuickSpec), String> {
        let encoder = Encoder::get();
        let cosine = encoder.encode(&pair.past).cosine(&encoder.encode(&pair.new));
        if Scale::IDENTITY.score(cosine.into()) <= 0.5 {
            return Err(format!("cosine {cosine:.2}"));
        }
        let (then, now) = (self.read(&pair.past).ok_or("past not read")?, self.read(&pair.new).ok_or("not read")?);
        let spec = |a: &Answer| a.spec.clone().ok_or("without spec");
        let (taught, wanted) = (spec(&then)?, spec(&now)?);
        let past = Question { text: &pair.past, reading: &then };
        let bound = reuse(&taught, past, Question { text: &pair.new, reading: &now });
        bound.map(|b| (b, wanted.clone())).ok_or_else(|| format!("{} | {}", shown(&taught), shown(&wanted)))
    }
}

fn shown(spec: &QuickSpec) -> String {
    serde_json::to_string(spec).unwrap()
}

pub struct Hits {
    pub pairs: usize,
    pub false_hits: Vec<String>,
    pub missed: Vec<String>,
    pub false_share: f64,
    pub true_share: f64,
    /// Scores of the decision matrix: what nine in ten of the true pairs are above, and half of those about other
    /// subjects below.
    pub near: f64,
    pub far: f64,
}

/// For each subject the pairs that must not hit, and those that must.
pub fn measure_hits(subjects: &[(Subject, Vec<Pair>, Vec<Pair>)]) -> Hits {
    let told = |p: &Pair| format!("{}: {} | {}", p.kind, p.past, p.new);
    let (mut wrong, mut right) = (0, 0);
    let (mut false_hits, mut missed) = (Vec::new(), Vec::new());
    for (subject, different, same) in subjects {
        wrong += different.len();
        right += same.len();
        for pair in different {
            if let Ok((got, _)) = subject.outcome(pair) {
                false_hits.push(format!("{} ({})", told(pair), shown(&got)));
            }
        }
        for pair in same {
            match subject.outcome(pair) {
                Ok((got, want)) if got == want => {}
                Ok((got, want)) => {
                    missed.push(format!("{} (bound as {}, not {})", told(pair), shown(&got), shown(&want)))
                }
                Err(why) => missed.push(format!("{} ({why})", told(pair))),
            }
        }
    }
    let cosines = |pairs: &mut dyn Iterator<Item = (&Pair, &Pair)>| {
        let of = |(a, b): (&Pair, &Pair)| Encoder::get().encode(&a.past).cosine(&Encoder::get().encode(&b.new));
        let mut all: Vec<f32> = pairs.map(of).collect();
        all.sort_unstable_by(f32::total_cmp);
        [0.02, 0.1, 0.5, 0.9, 0.98].map(|q| all.get(((all.len().max(1) - 1) as f64 * q) as usize).copied())
    };
    let served = || subjects.iter().flat_map(|s| s.2.iter());
    let apart = subjects.iter().flat_map(|s| s.2.iter().map(move |p| (s, p)));
    let others = apart.flat_map(|(s, p)| {
        let elsewhere = subjects.iter().filter(move |o| !std::ptr::eq(*o, s)).flat_map(|o| o.2.iter());
        elsewhere.map(move |q| (p, q))
    });
    let (near, far) = (cosines(&mut served().map(|p| (p, p))), cosines(&mut { others }));
    println!("cosines, quantiles 2, 10, 50, 90, 98 %: of the same question {near:?}, of other subjects {far:?}");
    let score = |cosine: Option<f32>| Scale::IDENTITY.score(cosine.unwrap_or(-1.0).into());
    false_hits.iter().for_each(|p| println!("false hit: {p}"));
    missed.iter().for_each(|p| println!("missed: {p}"));
    println!("{} false hits of {wrong}, {} missed of {right}", false_hits.len(), missed.len());
    Hits {
        pairs: wrong + right,
        false_share: false_hits.len() as f64 / wrong.max(1) as f64,
        true_share: 1.0 - missed.len() as f64 / right.max(1) as f64,
        near: score(near[1]),
        far: score(far[2]),
        false_hits,
        missed,
    }
}
