//! Who carries on what is learned from recorded outcomes, and that nobody waits for it.

use postgres::Client;
use router_client_tests::{Database, Server, cluster, value, wait_for};

/// What the model router holds of regressions, by whom: "recorder", "worker", or nothing yet.
const FITTED_BY: &str =
    "SELECT CASE WHEN EXISTS (SELECT FROM router.prompt_outcomes o WHERE o.written_by::text = l.xmin::text)
    THEN 'recorder' ELSE 'worker' END FROM router.learned l WHERE fitted_outcomes > 0 ORDER BY learned_id DESC LIMIT 1";

/// The lock of whoever carries on what is learned.
const LEARNING: &str = "SELECT pg_advisory_xact_lock(8245938585517321317)";

fn database(server: Server) -> Database {
    let database = Database::with_router(server);
    database
        .session()
        .batch_execute(
            "INSERT INTO router.agent_model_assignments (agent_id, model_id, match_score) VALUES ('a', 'poet', 50), ('a', 'reckoner', 50)",
        )
        .expect("two models");
    database
}

/// Records outcomes of both models, each in a transaction of its own unless one is open.
fn record(session: &mut Client, prompts: std::ops::Range<u32>) {
    for i in prompts {
        for (prompt, sea) in
            [(format!("write verse {i} about the stormy sea"), true), (format!("add {i} and 7"), false)]
        {
            for (model, right) in [("poet", sea), ("reckoner", !sea)] {
                session
                    .batch_execute(&format!("SELECT router_record_outcome('{model}', 'general', '{prompt}', {right})"))
                    .expect("an outcome is recorded");
            }
        }
    }
}

fn regressions(session: &mut Client) -> Option<String> {
    let estimates = "SELECT string_agg(k, ' ' ORDER BY k) FROM (SELECT jsonb_object_keys(
        router_recommend('add 70 and 210', 'quality', '{\"task_type\": \"general\"}') #> '{candidates,0,estimates}') AS k) x
        WHERE k ~ 'regression'";
    value(session, estimates)
}

#[test]
fn the_worker_fits_what_sessions_record() {
    let database = database(Server::Preloaded);
    let mut session = database.session();
    record(&mut session, 0..30);
    wait_for(&mut session, "SELECT max(fitted_outcomes) >= 80 FROM router.learned", "all but the last are fitted");
    assert_eq!(value(&mut session, FITTED_BY).as_deref(), Some("worker"));
    assert_eq!(regressions(&mut session).as_deref(), Some("regression regression_on_task_type"));
    // Outcomes that went take with them what was learned of them: the rest is learned anew.
    session
        .batch_execute(
            "UPDATE router.prompt_outcomes SET created_at = '2020-01-01' WHERE outcome_id % 3 = 0; SELECT router_maintain()",
        )
        .expect("old outcomes go");
    wait_for(&mut session, "SELECT max(fitted_outcomes) = 80 FROM router.learned", "what is left is fitted");
    assert_eq!(value(&mut session, FITTED_BY).as_deref(), Some("worker"));
}

#[test]
fn a_transaction_learns_from_what_only_it_sees() {
    let database = database(Server::Preloaded);
    let (mut session, mut other) = (database.session(), database.session());
    session.batch_execute("BEGIN").expect("a transaction");
    record(&mut session, 0..30);
    assert_eq!(value(&mut session, FITTED_BY).as_deref(), Some("recorder"));
    assert_eq!(regressions(&mut session).as_deref(), Some("regression regression_on_task_type"));
    assert_eq!(value(&mut other, "SELECT count(*) FROM router.learned").as_deref(), Some("0"));
    session.batch_execute("ROLLBACK").expect("taken back");
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.learned").as_deref(), Some("0"));
    assert_eq!(regressions(&mut session), None);
    // What others commit from then on is learned as ever.
    record(&mut other, 0..30);
    wait_for(&mut other, "SELECT max(fitted_outcomes) >= 80 FROM router.learned", "all but the last are fitted");
    assert_eq!(value(&mut other, FITTED_BY).as_deref(), Some("worker"));
}

#[test]
fn who_records_waits_for_nobody_who_learns() {
    for server in [Server::Preloaded, Server::Plain] {
        let database = database(server);
        let (mut learning, mut session) = (database.session(), database.session());
        learning.batch_execute(&format!("BEGIN; {LEARNING}")).expect("somebody learns");
        session.batch_execute("SET statement_timeout = '5s'").expect("a setting");
        record(&mut session, 0..30);
        assert_eq!(value(&mut session, "SELECT count(*) FROM router.learned").as_deref(), Some("0"));
        learning.batch_execute("COMMIT").expect("it has ended");
        record(&mut session, 30..45);
        wait_for(&mut session, "SELECT max(fitted_outcomes) >= 120 FROM router.learned", "then the next one does it");
    }
}

#[test]
fn without_a_worker_a_session_that_records_learns() {
    let database = database(Server::Plain);
    let mut session = database.session();
    record(&mut session, 0..30);
    assert_eq!(value(&mut session, FITTED_BY).as_deref(), Some("recorder"));
    assert_eq!(regressions(&mut session).as_deref(), Some("regression regression_on_task_type"));
    let mut session = database.session_on_standby();
    assert_eq!(regressions(&mut session).as_deref(), Some("regression regression_on_task_type"));
}

#[test]
fn a_worker_that_is_off_or_crashes_leaves_nothing_unlearned() {
    let database = database(Server::Faults);
    let mut session = database.session();
    session.batch_execute("ALTER SYSTEM SET router.worker = off").expect("a setting");
    session.batch_execute("SELECT pg_reload_conf()").expect("it is read");
    wait_for(&mut session, "SELECT state = 'off' FROM router_worker()", "no worker");
    record(&mut session, 0..15);
    assert_eq!(value(&mut session, FITTED_BY).as_deref(), Some("recorder"));
    session.batch_execute("ALTER SYSTEM RESET router.worker").expect("reset");
    session.batch_execute("SELECT pg_reload_conf()").expect("it is read");
    wait_for(&mut session, "SELECT router_wake() = 'running'", "it is back");
    let mut learning = database.session();
    learning.batch_execute(&format!("BEGIN; {LEARNING}")).expect("somebody learns, so that the worker can't");
    session.batch_execute("SET synchronous_commit = on").expect("a setting: what is committed is to outlive a crash");
    record(&mut session, 15..40);
    cluster("faults", &["crash"]);
    // Nobody records anything any more: a worker comes by itself, and sees what there is.
    let mut session = database.session();
    wait_for(&mut session, "SELECT max(fitted_outcomes) = 160 FROM router.learned", "all of them are fitted");
    assert_eq!(value(&mut session, FITTED_BY).as_deref(), Some("worker"));
}
