//! The confidence, refitted to answers whose rightness people told: ratings, and golden questions.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiClient;
use router_core::quickspec::QuickSpec;
use router_core::route::calibrate::{Sample, error, fit};
use router_core::route::confidence::{Evidence, FEATURES, shipped};
use router_core::route::{Answer, Context, ask};
use serde_json::{Value, json};

use super::context;
use crate::catalog::{self, RoleModel};
use crate::error::Result;
use crate::execute::{self, Rows};
use crate::pg;

pgrx::extension_sql_file!(
    "../../sql/calibration/tables.sql",
    name = "calibration_tables",
    requires = ["catalog_triggers"]
);

/// Fewer answers than this say nothing about a database.
const FEWEST: usize = 20;

/// The weights in use, if any were fitted. To be run as the extension's owner.
pub fn newest(client: &SpiClient<'_>) -> Result<Option<Vec<f32>>> {
    let found = client.select(include_str!("../../sql/calibration/newest.sql"), Some(1), &[])?;
    if found.is_empty() {
        return Ok(None);
    }
    Ok(found.first().get_one::<Vec<f32>>()?)
}

/// Refits the confidence over the caller's reading of every rated and golden question, and keeps the result for
/// everybody's next question. Says what was learnt from, and how far off the confidence was before and after.
pub fn calibrate() -> Result<Value> {
    pg::refuse_if_read_only(c"router_calibrate()");
    let known = catalog::model()?;
    let rated = rated_samples(&known)?;
    let golden = golden_samples(&known)?;
    let (from_ratings, from_golden) = (rated.len(), golden.len());
    let samples: Vec<Sample> = rated.into_iter().chain(golden).collect();
    let right = samples.iter().filter(|(_, right)| *right).count();
    let mut report = json!({
        "samples": samples.len(), "feedback": from_ratings, "golden": from_golden, "right": right, "fitted": false,
    });
    // Always from the shipped weights: fitting the same answers twice must not count them twice.
    let Some(fit) = fit(shipped(), &samples, FEWEST) else {
        report["reason"] = if samples.len() < FEWEST {
            json!(format!("at least {FEWEST} rated or golden questions are needed"))
        } else {
            json!("none of the answers was right")
        };
        return Ok(report);
    };
    let before = error(known.model.calibration.as_deref().unwrap_or(shipped()), &samples);
    let who = pg::role_name(pg::current_user());
    pg::as_extension_owner(|| {
        Spi::connect_mut(|client| {
            let args: [DatumWithOid; 5] = [
                fit.weights.clone().into(),
                i32::try_from(samples.len()).unwrap_or(i32::MAX).into(),
                before.into(),
                fit.error_after.into(),
                who.as_str().into(),
            ];
            let sql = "INSERT INTO router.calibrations (weights, samples, error_before, error_after, fitted_by) \
                       VALUES ($1, $2, $3, $4, $5)";
            client.update(sql, None, &args)?;
            Ok(())
        })
    })?;
    report["fitted"] = json!(true);
    report["calibration_error_before"] = json!(thousandths(before));
    report["calibration_error_after"] = json!(thousandths(fit.error_after));
    Ok(report)
}

fn thousandths(x: f32) -> f64 {
    (f64::from(x) * 1000.0).round() / 1000.0
}

/// Rated answers whose question is still read as it was when it was rated.
fn rated_samples(known: &RoleModel) -> Result<Vec<Sample>> {
    let rows = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let mut rows = Vec::new();
            for row in client.select(include_str!("../../sql/calibration/rated.sql"), None, &[])? {
                if let (Some(prompt), Some(spec), Some(right)) =
                    (row.get::<String>(1)?, row.get::<String>(2)?, row.get::<bool>(3)?)
                {
                    rows.push((prompt, spec, right));
                }
            }
            Ok(rows)
        })
    })?;
    let now = context::parse(&json!({}))?;
    let mut samples = Vec::new();
    for (prompt, spec, right) in rows {
        pgrx::check_for_interrupts!();
        let Some((answer, evidence)) = read(&prompt, &now, known) else { continue };
        let then: Option<QuickSpec> = serde_json::from_str(&spec).ok();
        if let (Some(then), Some(now)) = (then, answer.spec)
            && same_but_for_values(&then, &now)
        {
            samples.push((evidence, right));
        }
    }
    Ok(samples)
}

/// Two specs of one shape: the values in their filters may differ, as "last week" does from week to week.
fn same_but_for_values(a: &QuickSpec, b: &QuickSpec) -> bool {
    let bare = |s: &QuickSpec| QuickSpec { filters: serde_json::Map::new(), ..s.clone() };
    bare(a) == bare(b) && a.filters.keys().eq(b.filters.keys())
}

/// Golden questions that may be run, each right or wrong by its rows.
fn golden_samples(known: &RoleModel) -> Result<Vec<Sample>> {
    let rows = pg::as_extension_owner(|| {
        Spi::connect(|client| {
            let there = "SELECT pg_catalog.to_regclass('router.golden_questions') IS NOT NULL";
            let mut rows = Vec::new();
            if client.select(there, Some(1), &[])?.first().get_one::<bool>()? != Some(true) {
                return Ok(rows);
            }
            for row in client.select(include_str!("../../sql/calibration/golden.sql"), None, &[])? {
                let text = |i: usize| row.get::<String>(i).map(Option::unwrap_or_default);
                rows.push((text(1)?, text(2)?, text(3)?, text(4)?, text(5)?));
            }
            Ok(rows)
        })
    })?;
    let mut samples = Vec::new();
    for (prompt, given, as_of, timezone, expected) in rows {
        pgrx::check_for_interrupts!();
        let mut given: Value = serde_json::from_str(&given).unwrap_or_default();
        if let Value::Object(map) = &mut given {
            map.entry("as_of").or_insert(Value::from(as_of));
            map.entry("timezone").or_insert(Value::from(timezone));
        }
        let Some((answer, evidence)) = context::parse(&given).ok().and_then(|c| read(&prompt, &c, known)) else {
            continue;
        };
        let Some(sql) = &answer.sql else { continue };
        // What the caller may not run says nothing about the reading.
        let (Ok(expected), Ok(got)) = (execute::run(&expected), execute::run(sql)) else { continue };
        samples.push((evidence, same_rows(&expected, &got)));
    }
    Ok(samples)
}

/// The router's own answer, and what it was sure by; `None` when it gave none.
fn read(prompt: &str, context: &Context, known: &RoleModel) -> Option<(Answer, Evidence)> {
    let answer = ask(prompt, &known.model, known.lexicon(), context).ok()?;
    let evidence: [f32; FEATURES] = answer.evidence.as_slice().try_into().ok()?;
    answer.sql.is_some().then_some((answer, Evidence(evidence)))
}

/// The same rows in any order.
fn same_rows(a: &Rows, b: &Rows) -> bool {
    let lines = |rows: &Rows| {
        let mut lines: Vec<Vec<Option<String>>> =
            rows.rows.iter().map(|row| row.iter().map(execute::Cell::to_text).collect()).collect();
        lines.sort_unstable();
        lines
    };
    a.truncated == b.truncated && lines(a) == lines(b)
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    fn shop() {
        Spi::run(
            "CREATE TABLE public.sales (sale_id int PRIMARY KEY, region text, amount numeric, sold_on date);
             INSERT INTO public.sales SELECT i, 'r' || i % 3, i, DATE '2024-01-01' + i FROM generate_series(1, 40) i;
             SELECT router_register('public.sales')",
        )
        .unwrap();
    }

    fn confidence() -> f64 {
        Spi::get_one("SELECT (router_route('total amount by region')->>'confidence')::float8").unwrap().unwrap()
    }

    #[pg_test]
    fn ratings_move_the_confidence_of_the_next_question() {
        shop();
        let before = confidence();
        let few: Option<bool> = Spi::get_one("SELECT (router_calibrate()->>'fitted')::bool").unwrap();
        assert_eq!(few, Some(false), "nothing is rated yet");
        Spi::run(
            "INSERT INTO router.feedback (request_id, prompt, quickspec, rating, created_by)
             SELECT i, p, router_route(p)->'spec', CASE WHEN i % 3 = 0 THEN 5 ELSE 1 END, 'somebody'
             FROM generate_series(1, 40) i,
                  LATERAL (SELECT (ARRAY['total amount by region', 'average amount by region', 'sales per month'])[1 + i % 3] ||
                                  repeat(' please', i)) q (p)",
        )
        .unwrap();
        let fitted = Spi::get_one::<pgrx::JsonB>("SELECT router_calibrate()").unwrap().unwrap().0;
        assert_eq!(fitted["fitted"], true, "{fitted}");
        assert!(fitted["calibration_error_after"].as_f64() < fitted["calibration_error_before"].as_f64(), "{fitted}");
        assert!(confidence() < before - 0.1, "{} {before}", confidence());
        Spi::run("DELETE FROM router.calibrations").unwrap();
        assert!((confidence() - before).abs() < 1e-6, "the shipped weights are back");
    }
}
