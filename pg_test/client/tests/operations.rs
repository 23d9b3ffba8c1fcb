//! What an operator turns and takes back: lifetimes of the caches, what `router_optimize` did, how the log is written; and
//! that a failing step fails no question.

use std::time::Duration;

use postgres::Client;
use router_client_tests::{Database, Server, value};

const ASK: &str = "SELECT router_route('total sales by region') ->> ";

fn shop(server: Server) -> (Database, Client) {
    let database = Database::with_router(server);
    let mut session = database.session();
    run(
        &mut session,
        &[
            "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL)",
            "INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South'])[n % 2 + 1], n FROM generate_series(0, 99) AS n",
            "ANALYZE shop",
            "SELECT router_register('shop')",
        ],
    );
    (database, session)
}

fn run(session: &mut Client, statements: &[&str]) {
    for statement in statements {
        session.batch_execute(statement).expect(statement);
    }
}

fn ask(session: &mut Client, key: &str) -> Option<String> {
    value(session, &format!("{ASK}'{key}'"))
}

/// A server without preloading: each connection has a cache and counters of its own.
#[test]
fn an_answer_lives_as_long_as_its_layer_says() {
    let (_database, mut session) = shop(Server::Plain);
    let lifetimes =
        "SELECT string_agg(layer || ' ' || ttl_seconds, ', ' ORDER BY ttl_seconds) FROM router_cache_stats()";
    assert_eq!(
        value(&mut session, lifetimes).as_deref(),
        Some("query_result 900, similarity 1800, embedding 3600, spec 7200")
    );
    run(&mut session, &["SET router.cache_ttl_spec = '4s'"]);
    assert_eq!(ask(&mut session, "cached").as_deref(), Some("false"));
    assert_eq!(ask(&mut session, "cached").as_deref(), Some("true"));
    std::thread::sleep(Duration::from_millis(4100));
    assert_eq!(ask(&mut session, "cached").as_deref(), Some("false"), "four seconds are over");
    let counted = "SELECT ttl_seconds || ' ' || (hits > 0) || ' ' || (expired > 0) FROM router_cache_stats() WHERE layer = 'spec'";
    assert_eq!(value(&mut session, counted).as_deref(), Some("4 true true"));
    run(&mut session, &["SET router.cache_ttl_spec = 0"]);
    ask(&mut session, "cached");
    assert_eq!(ask(&mut session, "cached").as_deref(), Some("false"), "nothing is kept");
}

#[test]
fn a_lifetime_that_was_made_longer_is_taken_back() {
    let (database, mut session) = shop(Server::Plain);
    let lifetime = |database: &Database| {
        let mut session = database.session();
        run(&mut session, &["SELECT router_version()"]);
        value(&mut session, "SHOW router.cache_ttl_spec").unwrap_or_default()
    };
    run(
        &mut session,
        &[
            "SET router.cache_ttl_spec = '1s'",
            "DO $$ BEGIN FOR i IN 1 .. 1100 LOOP PERFORM router_route('total sales by region'); END LOOP; END $$",
            "SELECT pg_sleep(1.1)",
            "SELECT router_route('total sales by region')",
        ],
    );
    let optimize = "SELECT string_agg(concat_ws(' ', target, status, detail ->> 'value'), ', ') FROM router_optimize() WHERE kind = 'setting'";
    assert_eq!(value(&mut session, optimize).as_deref(), Some("router.cache_ttl_spec applied 2s"));
    assert_eq!(lifetime(&database), "2s");
    assert_eq!(value(&mut session, optimize), None, "it stands already");
    let undo = "SELECT router_optimize_undo(id) FROM router.optimizations WHERE kind = 'setting'";
    run(&mut session, &[undo]);
    assert_eq!(lifetime(&database), "2h", "as it was");
    let record = "SELECT status || ' ' || (undone_by = current_user) FROM router.optimizations WHERE kind = 'setting'";
    assert_eq!(value(&mut session, record).as_deref(), Some("undone true"));
    assert_eq!(value(&mut session, optimize), None, "not again for a month");
}

#[test]
fn a_slow_route_is_named_with_its_figures() {
    let (_database, mut session) = shop(Server::Plain);
    run(&mut session, &["SET router.decision_log = sync", "SET router.cache = off"]);
    ask(&mut session, "status");
    run(
        &mut session,
        &["INSERT INTO router.decision_log
           SELECT (jsonb_populate_record(d, jsonb_build_object('request_id', gen_random_uuid(), 'total_ms', 9000,
                   'source', CASE WHEN n > 100 THEN 'exploratory' ELSE d.source END,
                   'total_ms', CASE WHEN n > 100 THEN 9000 ELSE 1 END))).*
           FROM router.decision_log d, generate_series(1, 130) AS n"],
    );
    let named = "SELECT string_agg(concat_ws(' ', target, status, detail ->> 'asked', detail ->> 'p95_ms'), ', ')
                 FROM router_optimize() WHERE kind = 'slow_route'";
    assert_eq!(value(&mut session, named).as_deref(), Some("public.shop by exploratory suggested 30 9000"));
    run(&mut session, &["SELECT router_optimize_undo(id) FROM router.optimizations WHERE kind = 'slow_route'"]);
    assert_eq!(value(&mut session, named), None, "taken back");
}

#[test]
fn a_decision_in_the_callers_transaction_goes_the_way_of_that() {
    let (_database, mut session) = shop(Server::Preloaded);
    run(&mut session, &["SET router.decision_log = sync", "BEGIN"]);
    let id = ask(&mut session, "request_id").expect("an answer");
    let logged = |id: &str| format!("SELECT logged FROM router.decisions WHERE request_id = '{id}'");
    assert_eq!(value(&mut session, &logged(&id)).as_deref(), Some("sync"), "at once");
    run(&mut session, &["ROLLBACK"]);
    assert_eq!(value(&mut session, &logged(&id)), None);
    run(&mut session, &["BEGIN"]);
    let id = ask(&mut session, "request_id").expect("an answer");
    run(&mut session, &["COMMIT"]);
    assert_eq!(value(&mut session, &logged(&id)).as_deref(), Some("sync"));
}

#[test]
fn a_store_that_can_not_be_read_fails_no_question_and_is_on_record() {
    let (database, mut session) = shop(Server::Preloaded);
    run(
        &mut session,
        &[
            "SELECT router_teach('how is it going', router_route('total sales by region') -> 'spec')",
            "ALTER TABLE router.query_embeddings RENAME COLUMN success_score TO something_else",
        ],
    );
    let mut asking = database.session();
    assert_eq!(ask(&mut asking, "status").as_deref(), Some("ok"));
    // In a transaction that goes on, and is rolled back in the end.
    run(&mut asking, &["BEGIN"]);
    assert_eq!(
        value(&mut asking, "SELECT router_route('average sales by region') ->> 'status'").as_deref(),
        Some("ok")
    );
    run(&mut asking, &["ROLLBACK", "SELECT router_flush()"]);
    let errors =
        "SELECT string_agg(concat_ws(' ', kind, recoverable, recovery_rate, count >= 2, last_message ~ 'success_score',
                                              cardinality(sample_request_ids) >= 2), ', ')
                  FROM router_errors('1 hour')";
    assert_eq!(value(&mut session, errors).as_deref(), Some("similarity_search_failed t 1 t t t"));
}
