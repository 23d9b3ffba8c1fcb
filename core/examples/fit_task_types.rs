//! Fits the weights of the task-type classifier: `scripts/fit-task-types`.
//! Prints the cross-validated macro-F1 and writes `data/task_types/weights.bin`.

use std::collections::BTreeMap;

use router_core::embed::Encoder;
use router_core::models::{CLASSIFIED, Softmax, task_features};
use serde::Deserialize;

const FOLDS: usize = 5;
const RIDGE: f32 = 2e-5;
const STEPS: usize = 800;

#[derive(Deserialize)]
struct Row {
    task_type: String,
    source: String,
    prompt: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/task_types/");
    let text = std::fs::read_to_string(format!("{root}prompts.jsonl"))?;
    let rows: Vec<Row> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut size: BTreeMap<&str, f32> = BTreeMap::new();
    for row in &rows {
        *size.entry(&row.source).or_default() += 1.0;
    }
    // A source counts by the root of its size; prompts written for the purpose count fully.
    let weight = |r: &Row| if r.source == "own" { 1.0 } else { 5.0 / size[r.source.as_str()].sqrt().max(5.0) };
    let examples: Vec<(Vec<f32>, usize, f32)> = rows
        .iter()
        .filter_map(|r| {
            let class = CLASSIFIED.iter().position(|c| *c == r.task_type)?;
            Some((task_features(&r.prompt, &Encoder::get().encode(&r.prompt)), class, weight(r)))
        })
        .collect();
    let mut confusion = [[0usize; CLASSIFIED.len()]; CLASSIFIED.len()];
    for fold in 0..FOLDS {
        let held_out = |i: usize| i % FOLDS == fold;
        let part = |keep: bool| examples.iter().enumerate().filter(move |(i, _)| held_out(*i) == keep).map(|(_, e)| e);
        let model = Softmax::fit(&part(false).cloned().collect::<Vec<_>>(), CLASSIFIED.len(), RIDGE, STEPS);
        for (x, class, _) in part(true) {
            let p = model.predict(x);
            let said = (0..p.len()).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap_or(0);
            confusion[*class][said] += 1;
        }
    }
    println!("{CLASSIFIED:?}\n{confusion:?}\nmacro-F1, {FOLDS}-fold: {:.4}", macro_f1(&confusion));
    let model = Softmax::fit(&examples, CLASSIFIED.len(), RIDGE, STEPS);
    std::fs::write(format!("{root}weights.bin"), model.to_bytes())?;
    Ok(())
}

fn macro_f1(confusion: &[[usize; CLASSIFIED.len()]; CLASSIFIED.len()]) -> f64 {
    let f1 = |c: usize| {
        let hit = confusion[c][c] as f64;
        let (said, there) = (confusion.iter().map(|r| r[c]).sum::<usize>(), confusion[c].iter().sum::<usize>());
        2.0 * hit / (said + there).max(1) as f64
    };
    (0..CLASSIFIED.len()).map(f1).sum::<f64>() / CLASSIFIED.len() as f64
}
