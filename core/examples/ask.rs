//! Routes questions offline: `ask MODEL.json < QUESTIONS.jsonl`, one answer a line.
//! A line is `{"prompt": ..., "datasets": [...], "as_of": ..., "timezone": ..., "filters": {..}, "previous": {..}}`.
//! A line `{"weights": {..}}` scores the readings of the questions after it by other weights (those not named are as
//! shipped), and is answered by all of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::BufRead;

use router_core::reading::Weights;
use router_core::route::{Context, ask_weighed};
use router_core::semantic::{Lexicon, SemanticModel};
use router_core::time::{Clock, Weekday};
use serde_json::{Value, json};

fn main() {
    let path = std::env::args().nth(1).expect("ask MODEL.json");
    let model: SemanticModel = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let lexicon = Lexicon::build(&model);
    let mut weights = Weights::SHIPPED;
    let mut micros = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if line["weights"].is_object() {
            weights = serde_json::from_value(line["weights"].clone()).unwrap();
            println!("{}", serde_json::to_value(weights).unwrap());
            continue;
        }
        let zone = line["timezone"].as_str().unwrap_or("UTC");
        let now: jiff::Timestamp = line["as_of"].as_str().unwrap_or("2025-03-15T10:00:00Z").parse().unwrap();
        let context = Context {
            clock: Clock {
                now: now.in_tz(zone).unwrap(),
                week_start: Weekday::Monday,
                fiscal_year_start: 1,
                rolling: false,
                ahead: false,
            },
            datasets: line["datasets"]
                .as_array()
                .map(|l| l.iter().map(|v| v.as_str().unwrap().to_owned()).collect())
                .unwrap_or_default(),
            filters: line["filters"].as_object().cloned().unwrap_or_default(),
            previous: serde_json::from_value(line["previous"].clone()).ok(),
            current_page: None,
        };
        let prompt = line["prompt"].as_str().unwrap();
        let started = std::time::Instant::now();
        let answer = ask_weighed(prompt, &model, &lexicon, &context, weights);
        micros.push(started.elapsed().as_micros());
        if std::env::var_os("SLOW").is_some() && started.elapsed().as_micros() > 1000 {
            eprintln!("{} us: {}", started.elapsed().as_micros(), &prompt.chars().take(150).collect::<String>());
        }
        let out = match answer {
            Ok(a) => {
                json!({"status": a.status, "intent": a.intent, "confidence": a.confidence, "layer": a.layer, "dataset": a.dataset,
                "spec": a.spec, "sql": a.sql, "explain": a.explain, "warnings": a.warnings, "evidence": a.evidence, "alternatives": a.alternatives,
                "steps": a.steps.iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>()})
            }
            Err(e) => json!({"status": "error", "explain": e.to_string()}),
        };
        println!("{out}");
    }
    micros.sort_unstable();
    if let Some(p50) = micros.get(micros.len() / 2) {
        eprintln!("{} prompts, p50 {p50} us, p99 {} us", micros.len(), micros[micros.len() * 99 / 100]);
    }
}
