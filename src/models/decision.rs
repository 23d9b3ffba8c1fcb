//! What the writing of a decision sets off.

use pgrx::datum::Uuid;
use pgrx::prelude::*;

use super::outcome::{self, Outcome};
use super::recommend;
use crate::error::{Error, Result, SqlResult};
use crate::pg;
use crate::pg::table::Row;
use crate::pg::trigger::{Call, Columns, Returned};

/// The id of a new decision: ids grow with the time, so that their index grows at its end, whatever its size.
#[pg_extern(
    volatile,
    parallel_safe,
    requires = ["models_budgets"],
    sql = "CREATE FUNCTION router.next_decision_id() RETURNS uuid
VOLATILE PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
pub fn next_decision_id() -> Uuid {
    Uuid::from_bytes(pg::uuid_by_time())
}

/// Refuses a decision with figures that can't be. A decision on what this session was recommended gets the
/// recommendation's probability.
#[pg_extern(
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.prepare_decision() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
pub fn prepare_decision(fcinfo: pg_sys::FunctionCallInfo) -> SqlResult<Returned> {
    Ok(prepared(&Call::read(fcinfo)?)?)
}

fn prepared(call: &Call<'_>) -> Result<Returned> {
    let mut row = call.new_row();
    let mut columns = Columns::new();
    let assignment = columns.find::<Uuid>(&row, c"assignment_id")?;
    for name in [c"capability_score", c"performance_score", c"composite_score"] {
        let score = columns.find::<AnyNumeric>(&row, name)?;
        if row.number(score).is_some_and(|s| !(0.0..=100.0).contains(&s)) {
            let what = format!("{} must be between 0 and 100", name.to_string_lossy());
            return Err(Error::new(PgSqlErrorCode::ERRCODE_CHECK_VIOLATION, what));
        }
    }
    let propensity = columns.find::<f64>(&row, c"propensity")?;
    let quality = columns.find::<f64>(&row, c"quality")?;
    let latency_ms = columns.find::<i32>(&row, c"latency_ms")?;
    let estimated = columns.find::<AnyNumeric>(&row, c"estimated_cost")?;
    let cost = columns.find::<AnyNumeric>(&row, c"actual_cost")?;
    let rating = columns.find::<i16>(&row, c"feedback_rating")?;
    let told = row.get(propensity);
    refuse_unless(told.is_none_or(|p| p > 0.0 && p <= 1.0), "propensity must be above 0 and at most 1")?;
    refuse_unless(row.get(quality).is_none_or(|q| (0.0..=1.0).contains(&q)), "quality must be between 0 and 1")?;
    refuse_unless(row.get(latency_ms).is_none_or(|ms| ms >= 0), "latency_ms must not be negative")?;
    refuse_unless(row.number(estimated).is_none_or(|c| c >= 0.0), "estimated_cost must not be negative")?;
    refuse_unless(row.number(cost).is_none_or(|c| c >= 0.0), "actual_cost must not be negative")?;
    refuse_unless(row.get(rating).is_none_or(|r| (1..=5).contains(&r)), "feedback_rating must be from 1 to 5")?;
    // The key's own check would lock the assignment's row, where all its outcomes are counted. A dump's rows teach nothing.
    if call.is_insert() && row.get(assignment).is_some() && !pg::restoring() {
        call.leave_out_key_check(c"agent_model_assignments", c"learn")?;
    }
    match row.get(assignment).filter(|_| told.is_none() && call.is_insert()).and_then(recommend::propensity_of) {
        None => Ok(call.unchanged()),
        known => {
            row.set(propensity, known);
            Ok(call.with(row))
        }
    }
}

fn refuse_unless(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::new(PgSqlErrorCode::ERRCODE_CHECK_VIOLATION, what)) }
}

/// Before an assignment goes, or changes its id: nobody is to refer to it meanwhile.
#[pg_extern(
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.keep_references_away() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
pub fn keep_references_away(fcinfo: pg_sys::FunctionCallInfo) -> SqlResult<Returned> {
    let call = Call::read(fcinfo)?;
    let row = call.old_row();
    let assignment = Columns::new().find::<Uuid>(&row, c"assignment_id")?;
    if let Some(id) = row.get(assignment) {
        outcome::keep_references_away(id);
    }
    Ok(call.unchanged())
}

/// A decision whose outcome is known teaches what its task type costs and how it goes there. A new one must refer to an
/// assignment that exists, if to any.
#[pg_extern(
    requires = ["models_outcomes"],
    sql = "CREATE FUNCTION router.learn_from_decision() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';"
)]
pub fn learn_from_decision(fcinfo: pg_sys::FunctionCallInfo) -> SqlResult<Returned> {
    let call = Call::read(fcinfo)?;
    // A dump holds what was learned too.
    if !pg::restoring() {
        learned(&call)?;
    }
    Ok(call.unchanged())
}

fn learned(call: &Call<'_>) -> Result<()> {
    let row = call.new_row();
    let mut columns = Columns::new();
    let task_type = columns.find::<String>(&row, c"task_type")?;
    let assignment = columns.find::<Uuid>(&row, c"assignment_id")?;
    let Some(assignment) = row.get(assignment) else { return Ok(()) };
    let learned = match (row.get(task_type), told(&row, &mut columns)?) {
        (Some(task_type), Some(outcome)) => outcome::learn(assignment, &task_type, &outcome)?,
        _ => false,
    };
    // What was learned goes with the assignment, and keeps it from going.
    if call.is_insert() && !learned && !outcome::keep(assignment)? {
        let what = format!("a decision refers to assignment \"{assignment}\", which does not exist");
        return Err(Error::new(PgSqlErrorCode::ERRCODE_FOREIGN_KEY_VIOLATION, what)
            .with_hint("SELECT * FROM router_assignments() lists them"));
    }
    Ok(())
}

/// The outcome that a decision's row tells, if it is known.
fn told(row: &Row<'_>, columns: &mut Columns) -> Result<Option<Outcome>> {
    let success = columns.find::<bool>(row, c"success")?;
    let quality = columns.find::<f64>(row, c"quality")?;
    let latency_ms = columns.find::<i32>(row, c"latency_ms")?;
    let cost = columns.find::<AnyNumeric>(row, c"actual_cost")?;
    Ok(row.get(success).map(|success| Outcome {
        success,
        quality: row.get(quality),
        latency_ms: row.get(latency_ms).map(f64::from),
        cost: row.number(cost),
    }))
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test]
    fn figures_that_can_not_be_are_refused() {
        for (column, value) in [
            ("propensity", "0"),
            ("propensity", "1.01"),
            ("quality", "-0.1"),
            ("latency_ms", "-1"),
            ("actual_cost", "-0.5"),
            ("actual_cost", "'NaN'"),
            ("estimated_cost", "-0.001"),
            ("capability_score", "100.01"),
            ("performance_score", "-1"),
            ("composite_score", "'NaN'"),
            ("feedback_rating", "6"),
        ] {
            let state = Spi::get_one::<String>(&format!(
                "CREATE OR REPLACE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS $$
                 BEGIN
                   INSERT INTO router.routing_decisions (task_type, {column}) VALUES ('math', {value});
                   RETURN 'stored';
                 EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
                 END $$;
                 SELECT pg_temp.try()"
            ));
            assert_eq!(state, Ok(Some("23514".to_owned())), "{column} {value}");
        }
        Spi::run("INSERT INTO router.routing_decisions (task_type) VALUES ('math')").unwrap();
        Spi::run(
            "DO $$ BEGIN
               UPDATE router.routing_decisions SET feedback_rating = 9;
               RAISE 'stored';
             EXCEPTION WHEN check_violation THEN NULL;
             END $$",
        )
        .unwrap();
    }

    #[pg_test]
    fn ids_of_decisions_grow_with_the_time() {
        for _ in 0..3 {
            Spi::run("INSERT INTO router.routing_decisions (task_type) VALUES ('math'); SELECT pg_sleep(0.002)")
                .unwrap();
        }
        let as_made = "SELECT array_agg(decision_id ORDER BY decision_id) = array_agg(decision_id ORDER BY created_at)
                       FROM router.routing_decisions";
        assert_eq!(Spi::get_one::<bool>(as_made), Ok(Some(true)));
        let made = "SELECT count(DISTINCT router.next_decision_id()) FROM generate_series(1, 20000)";
        assert_eq!(Spi::get_one::<i64>(made), Ok(Some(20_000)));
    }

    #[pg_test]
    fn a_decision_refers_to_an_assignment_that_exists() {
        let refused = |sql: &str| {
            Spi::run(&format!(
                "DO $$ BEGIN {sql}; RAISE 'stored'; EXCEPTION WHEN foreign_key_violation THEN NULL; END $$"
            ))
            .unwrap();
        };
        for known in ["NULL, NULL", "'math', NULL", "'math', true", "'nothing', true"] {
            refused(&format!(
                "INSERT INTO router.routing_decisions (assignment_id, task_type, success) VALUES (gen_random_uuid(), {known})"
            ));
        }
        Spi::run(
            "WITH made AS (
               INSERT INTO router.agent_model_assignments (agent_id, model_id) VALUES ('a', 'm') RETURNING assignment_id)
             INSERT INTO router.routing_decisions (assignment_id, task_type) SELECT assignment_id, 'math' FROM made",
        )
        .unwrap();
        refused("UPDATE router.routing_decisions SET assignment_id = gen_random_uuid()");
        Spi::run("DELETE FROM router.agent_model_assignments").unwrap();
        assert_eq!(
            Spi::get_one::<String>(
                "SELECT concat_ws(' ', count(*), count(assignment_id)) FROM router.routing_decisions"
            ),
            Ok(Some("1 0".to_owned()))
        );
    }

    #[pg_test]
    fn a_key_of_the_users_is_checked() {
        Spi::run(
            "CREATE TABLE teams (name text PRIMARY KEY);
             ALTER TABLE router.routing_decisions ADD FOREIGN KEY (agent_id) REFERENCES teams;
             DO $$ BEGIN
               WITH made AS (
                 INSERT INTO router.agent_model_assignments (agent_id, model_id) VALUES ('nobody', 'm') RETURNING *)
               INSERT INTO router.routing_decisions (assignment_id, agent_id, task_type, success)
               SELECT assignment_id, agent_id, 'math', true FROM made;
               RAISE 'stored';
             EXCEPTION WHEN foreign_key_violation THEN NULL;
             END $$",
        )
        .unwrap();
    }

    #[pg_test]
    fn a_trigger_of_the_users_sees_every_outcome() {
        Spi::run(
            "CREATE TABLE seen (total bigint);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN INSERT INTO public.seen VALUES (NEW.total_requests); RETURN NEW; END $$;
             INSERT INTO router.agent_model_assignments (agent_id, model_id) VALUES ('a', 'm');
             CREATE TRIGGER note AFTER UPDATE ON router.agent_model_assignments FOR EACH ROW EXECUTE FUNCTION note();
             SELECT sp_update_assignment_metrics(assignment_id, true, i) FROM router.agent_model_assignments, generate_series(1, 3) i",
        )
        .unwrap();
        assert_eq!(Spi::get_one::<i64>("SELECT max(total) FROM seen"), Ok(Some(3)));
        assert_eq!(
            Spi::get_one::<String>(
                "SELECT concat_ws(' ', total_requests, avg_latency_ms) FROM router.agent_model_assignments"
            ),
            Ok(Some("3 2".to_owned()))
        );
    }

    #[pg_test]
    fn an_index_on_a_counter_is_kept_up() {
        Spi::run(
            "CREATE INDEX ON router.agent_model_assignments (total_requests);
             INSERT INTO router.agent_model_assignments (agent_id, model_id) SELECT 'a' || i, 'm' FROM generate_series(1, 300) i;
             SELECT sp_update_assignment_metrics(assignment_id, true, 1) FROM router.agent_model_assignments, generate_series(1, 2);
             SET enable_seqscan = off",
        )
        .unwrap();
        let found = "SELECT count(*) FROM router.agent_model_assignments WHERE total_requests = 2";
        assert_eq!(Spi::get_one::<i64>(found), Ok(Some(300)));
    }
}
