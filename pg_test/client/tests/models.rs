//! The model router under concurrency: nothing is lost, nothing waits for ever, one run at a time.

use postgres::Client;
use router_client_tests::{Database, Server, sqlstate, value};

const COUNTERS: &str =
    "SELECT concat_ws(' ', sum(total_requests), sum(successful_requests), round(min(avg_latency_ms)::numeric, 6), round(max(avg_latency_ms)::numeric, 6))
    FROM router.agent_model_assignments";

/// A database with assignments a, b, ... whose ids end in their letter.
fn pool(letters: &str) -> Database {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    for letter in letters.chars() {
        session
            .batch_execute(&format!(
                "INSERT INTO router.agent_model_assignments (assignment_id, agent_id, model_id, match_score, assignment_method)
                 VALUES ('{}', '{letter}', 'm', 80, 'AUTO')",
                id(letter)
            ))
            .expect("an assignment");
    }
    database
}

fn id(letter: char) -> String {
    format!("00000000-0000-0000-0000-00000000000{letter}")
}

/// Runs `work` in `n` sessions at once.
fn together(database: &Database, n: usize, work: impl Fn(usize, &mut Client) + Sync) {
    std::thread::scope(|scope| {
        for i in 0..n {
            let mut session = database.session();
            let work = &work;
            scope.spawn(move || work(i, &mut session));
        }
    });
}

#[test]
fn no_update_is_lost() {
    let database = pool("a");
    together(&database, 8, |i, session| {
        for _ in 0..250 {
            let sql = format!("SELECT sp_update_assignment_metrics('{}', {}, {})", id('a'), i % 2 == 0, 100 + i);
            session.batch_execute(&sql).expect("an outcome is counted");
        }
    });
    assert_eq!(value(&mut database.session(), COUNTERS).as_deref(), Some("2000 1000 103.500000 103.500000"));
}

#[test]
fn outcomes_of_several_assignments_never_deadlock() {
    let database = pool("abc");
    together(&database, 6, |i, session| {
        for n in 0..100 {
            let letters = ['a', 'b', 'c'];
            let of = |k: usize| id(letters[(i + n + k) % 3]);
            session
                .batch_execute(&format!(
                    "INSERT INTO router.routing_decisions (assignment_id, task_type, success, latency_ms, actual_cost)
                     VALUES ('{}', 'math', true, 100, 0.01), ('{}', 'math', true, 100, 0.01);
                     SELECT sp_update_assignment_metrics('{}', true, 100)",
                    of(0),
                    of(1),
                    of(2)
                ))
                .expect("decisions and outcomes are stored");
        }
    });
    let mut session = database.session();
    assert_eq!(value(&mut session, COUNTERS).as_deref(), Some("600 600 100.000000 100.000000"));
    // What waited to be learned is taken in at the latest by maintenance.
    session.batch_execute("SELECT router_maintain()").expect("maintenance");
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.pending_outcomes").as_deref(), Some("0"));
    let learned =
        "SELECT concat_ws(' ', sum(requests), sum(successes), sum(cost_count), round(sum(cost_total)::numeric, 2))
                   FROM router.assignment_metrics";
    assert_eq!(value(&mut session, learned).as_deref(), Some("1200 1200 1200 12.00"));
}

#[test]
fn an_outcome_does_not_wait_for_a_transaction_that_learns() {
    let database = pool("a");
    let decision = format!(
        "INSERT INTO router.routing_decisions (assignment_id, task_type, success) VALUES ('{}', 'math', true)",
        id('a')
    );
    let (mut one, mut other) = (database.session(), database.session());
    one.batch_execute("BEGIN").expect("a transaction");
    one.batch_execute(&decision).expect("a decision");
    other.batch_execute("SET statement_timeout = '5s'").expect("a setting");
    other.batch_execute(&decision).expect("another decision meanwhile");
    one.batch_execute("ROLLBACK").expect("taken back");
    let learned = "SELECT requests FROM router.assignment_metrics WHERE task_type = 'math'";
    assert_eq!(value(&mut other, learned).as_deref(), Some("0"));
    other.batch_execute(&decision).expect("a third");
    assert_eq!(value(&mut other, learned).as_deref(), Some("2"), "its own, and the one that waited");
}

#[test]
fn a_transaction_that_keeps_its_snapshot_is_told() {
    let database = pool("a");
    let update = format!("SELECT sp_update_assignment_metrics('{}', true, 1)", id('a'));
    let (mut one, mut other) = (database.session(), database.session());
    one.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM router.agents").expect("a snapshot");
    other.batch_execute(&update).expect("an outcome");
    assert_eq!(sqlstate(&mut one, &update), "40001", "serialization_failure");
    one.batch_execute("ROLLBACK").expect("taken back");
    one.batch_execute(&update).expect("tried again");
    assert_eq!(value(&mut one, "SELECT total_requests FROM router.agent_model_assignments").as_deref(), Some("2"));
    one.batch_execute("SET default_transaction_read_only = on").expect("a setting");
    assert_eq!(sqlstate(&mut one, &update), "25006", "read_only_sql_transaction");
}

/// Whoever writes first learns; the other lays the outcome down beside, and refers to the assignment in another way.
#[test]
fn an_assignment_goes_only_after_the_decisions_on_it() {
    let database = pool("a");
    let decision = format!(
        "INSERT INTO router.routing_decisions (assignment_id, task_type, success) VALUES ('{}', 'math', true)",
        id('a')
    );
    let mut writing = [database.session(), database.session()];
    for session in &mut writing {
        session.batch_execute(&format!("BEGIN; {decision}")).expect("a decision is stored");
    }
    let locked =
        "SELECT count(*)::text FROM router.agent_model_assignments WHERE xmax::text = pg_current_xact_id()::text";
    for session in &mut writing {
        assert_eq!(value(session, locked).as_deref(), Some("0"), "a decision locks no assignment");
    }
    let mut watching = database.session();
    std::thread::scope(|scope| {
        let mut deleting = database.session();
        let gone = scope.spawn(move || deleting.batch_execute("DELETE FROM router.agent_model_assignments"));
        let waiting = "SELECT (count(*) = 1)::text FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'DELETE%'";
        for session in &mut writing {
            let waits = (0..4500).any(|_| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                value(&mut watching, waiting).as_deref() == Some("true")
            });
            assert!(waits, "the deletion waits for both");
            session.batch_execute("COMMIT").expect("the decision is committed");
        }
        gone.join().expect("no panic").expect("the assignment is deleted");
    });
    let left = "SELECT concat_ws(' ', count(*), count(assignment_id)) FROM router.routing_decisions";
    assert_eq!(value(&mut watching, left).as_deref(), Some("2 0"));
    assert_eq!(sqlstate(&mut watching, &decision), "23503");
}

#[test]
fn automatic_assignment_runs_one_at_a_time() {
    let database = Database::with_router(Server::Preloaded);
    database
        .session()
        .batch_execute(
            "INSERT INTO router.agents (agent_id, capacity) SELECT 'agent' || i, 2 FROM generate_series(1, 10) i;
             INSERT INTO router.models (model_id, capabilities)
             SELECT 'model' || i, jsonb_build_object('math', i / 20.0, 'coding', 1 - i / 20.0) FROM generate_series(1, 20) i",
        )
        .expect("agents and models");
    together(&database, 4, |_, session| {
        session.batch_execute("SELECT sp_auto_assign_models()").expect("it waits for its turn");
    });
    let mut session = database.session();
    let said = "SELECT string_agg(DISTINCT action, ' ') FROM sp_auto_assign_models()";
    assert_eq!(value(&mut session, said).as_deref(), Some("unchanged"));
    let runs = "SELECT count(*) FROM router.audit_log WHERE action = 'AUTO_ASSIGN'";
    assert_eq!(value(&mut session, runs).as_deref(), Some("1"), "the others found nothing to do");
    let most = "SELECT max(n) FROM (SELECT count(*) AS n FROM router.agent_model_assignments GROUP BY agent_id) x";
    assert_eq!(value(&mut session, most).as_deref(), Some("2"), "capacity is kept");
}

#[test]
fn what_was_learned_survives_dump_and_restore() {
    let database = pool("ab");
    let mut session = database.session();
    session
        .batch_execute(&format!(
            "SELECT router_maintain();
             INSERT INTO router.routing_decisions (assignment_id, task_type, success, latency_ms, actual_cost)
             SELECT '{}', 'math', i % 4 > 0, 100 + i, 0.01 FROM generate_series(1, 40) i;
             SELECT sp_update_assignment_metrics('{}', i % 4 > 0, i) FROM generate_series(1, 40) i",
            id('a'),
            id('a')
        ))
        .expect("outcomes");
    let facts = "SELECT md5(string_agg(x, '' ORDER BY x)) FROM (
        SELECT to_jsonb(a)::text FROM router.agent_model_assignments a UNION ALL SELECT to_jsonb(m)::text FROM router.assignment_metrics m
        UNION ALL SELECT to_jsonb(d)::text FROM router.routing_decisions d UNION ALL SELECT to_jsonb(l)::text FROM router.audit_log l) f (x)";
    let before = value(&mut session, facts);
    let restored = Database::empty(Server::Preloaded);
    database.copy_to(&restored);
    let mut session = restored.session();
    assert_eq!(value(&mut session, facts), before);
    let best = "SELECT o_agent_id FROM sp_get_routing_recommendation('math')";
    assert_eq!(value(&mut session, best).as_deref(), Some("b"), "and goes on from there");
}
