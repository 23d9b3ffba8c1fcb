//! Golden questions as a gate, and old answers gone over again.

use postgres::Client;
use router_client_tests::{Database, Server, sqlstate, value};

fn shop() -> (Database, Client) {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL, cost numeric);
             INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n, 1
             FROM generate_series(0, 364) AS n;
             ANALYZE shop;
             SELECT router_register('shop')",
        )
        .expect("the table is registered");
    (database, session)
}

/// Message and detail of the error that `sql` is refused with.
fn refusal(session: &mut Client, sql: &str) -> (String, String) {
    let error = session.batch_execute(sql).expect_err(sql);
    let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error:?}"));
    (error.message().to_owned(), error.detail().unwrap_or_default().to_owned())
}

#[test]
fn a_change_that_breaks_a_golden_question_does_not_get_through() {
    let (_database, mut session) = shop();
    session
        .batch_execute(
            "SELECT router_golden('total sales by region');
             SELECT router_golden('sales last month', '{\"as_of\": \"2024-06-15\"}');
             SELECT router_golden('average cost by region', '{}',
                                  'select region as x_axis, avg(cost) as y_value from shop group by 1 order by 2 desc nulls last, x_axis')",
        )
        .expect("kept");
    assert_eq!(value(&mut session, "SELECT router_check()").as_deref(), Some("3"));
    session
        .batch_execute(
            "BEGIN; SELECT router_teach('total sales by region', router_route('average cost by region') -> 'spec')",
        )
        .expect("taught");
    let (message, detail) = refusal(&mut session, "SELECT router_check()");
    assert!(
        message.contains("total sales by region") && message.contains("sum(sales)") && message.contains("avg(cost)"),
        "{message}"
    );
    assert!(detail.contains("expected: ") && detail.contains("got: "), "{detail}");
    session.batch_execute("ROLLBACK").expect("rolled back");
    assert_eq!(value(&mut session, "SELECT router_check()").as_deref(), Some("3"), "past every cache");

    session.batch_execute("ALTER TABLE shop RENAME COLUMN cost TO expense").expect("renamed");
    assert_eq!(sqlstate(&mut session, "SELECT router_check()"), "P0004");
    session.batch_execute("SELECT router_ungolden('average cost by region')").expect("taken back");
    assert_eq!(value(&mut session, "SELECT router_check()").as_deref(), Some("2"));
    assert_eq!(value(&mut session, "SELECT router_ungolden('average cost by region')").as_deref(), Some("f"));
}

#[test]
fn another_statement_with_the_same_rows_passes_and_none_proves_nothing() {
    let (_database, mut session) = shop();
    session
        .batch_execute(
            "SELECT router_golden('total sales by region', '{}',
               'SELECT region AS x_axis, sum(sales + 0) AS y_value FROM shop GROUP BY region')",
        )
        .expect("kept");
    assert_eq!(value(&mut session, "SELECT router_check()").as_deref(), Some("1"));
    session.batch_execute("TRUNCATE shop").expect("emptied");
    let (message, _) = refusal(&mut session, "SELECT router_check()");
    assert!(message.contains("no rows"), "{message}");
}

#[test]
fn golden_questions_are_their_owners() {
    let (database, mut session) = shop();
    let role = format!("{}_analyst", database.name);
    session
        .batch_execute(&format!(
            "SELECT router_golden('total sales by region');
             CREATE ROLE {role}; SELECT router_grant('{role}', 'analyst'); SET ROLE {role}"
        ))
        .expect("an analyst");
    assert_eq!(value(&mut session, "SELECT router_check()").as_deref(), Some("0"));
    let state = sqlstate(&mut session, "SELECT router_golden('total sales by region')");
    session.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).expect("dropped");
    assert_eq!(state, "22023", "there is no answer for who may read nothing");
}

#[test]
fn bad_golden_questions_are_refused() {
    let (_database, mut session) = shop();
    for (sql, state) in [
        ("SELECT router_golden('')", "22023"),
        ("SELECT router_golden('total sales by region', '[]')", "22023"),
        ("SELECT router_golden('total sales by region', '{\"previous\": \"x\"}')", "22023"),
        ("SELECT router_golden('drop table shop')", "22023"),
        ("SELECT router_golden('total sales by region', '{}', 'DELETE FROM shop')", "42501"),
        ("SELECT router_golden('total sales by region', '{}', 'SELECT * FROM pg_authid')", "42501"),
        ("SELECT router_golden('total sales by region', '{}', 'no statement')", "42501"),
        ("SELECT router_replay('x')", "22023"),
        ("SELECT router_replay('00000000-0000-0000-0000-000000000000')", "42704"),
        ("BEGIN READ ONLY; SELECT router_golden('total sales by region')", "25006"),
    ] {
        assert_eq!(sqlstate(&mut session, sql), state, "{sql}");
    }
}

#[test]
fn an_old_answer_is_the_same_or_says_what_changed() {
    let (_database, mut session) = shop();
    session.batch_execute("SET router.decision_log = sync").expect("a setting");
    let ask =
        "SELECT router_route('sales in the last 30 days by region', '{\"as_of\": \"2024-06-15\"}') ->> 'request_id'";
    let id = value(&mut session, ask).expect("an id");
    // From the cache, with the same question on record.
    let again = value(&mut session, ask).expect("another id");
    for id in [&id, &again] {
        let replay = format!("SELECT router_replay('{id}') ->> 'same'");
        assert_eq!(value(&mut session, &replay).as_deref(), Some("true"));
        let changed = format!("SELECT router_replay('{id}') ->> 'changed'");
        assert_eq!(value(&mut session, &changed).as_deref(), Some("[]"));
    }
    session
        .batch_execute(
            "SET router.week_start = sunday;
             SELECT router_teach('sales in the last 30 days by region', router_route('average cost by region') -> 'spec')",
        )
        .expect("taught");
    let replay = format!("SELECT router_replay('{id}')::text");
    let replay = value(&mut session, &replay).expect("a replay");
    for part in ["\"same\": false", "\"spec.agg\"", "\"avg\"", "settings.week_start", "query_embeddings"] {
        assert!(replay.contains(part), "{part} in {replay}");
    }
}

#[test]
fn locks_time_out_and_deadlocks_have_one_victim() {
    let (database, mut session) = shop();
    let mut other = database.session();
    other.batch_execute("BEGIN; LOCK TABLE router.golden_questions").expect("locked");
    session.batch_execute("SET lock_timeout = '200ms'").expect("a setting");
    assert_eq!(sqlstate(&mut session, "SELECT router_golden('total sales by region')"), "55P03");
    assert_eq!(sqlstate(&mut session, "SELECT router_check()"), "55P03");
    other.batch_execute("ROLLBACK; BEGIN; LOCK TABLE shop").expect("locked");
    let status = "SELECT router_route('average sales by region') ->> 'status'";
    assert_eq!(value(&mut session, status).as_deref(), Some("refused"), "the guard can't judge what it can't look at");
    other.batch_execute("ROLLBACK").expect("unlocked");
    assert_eq!(value(&mut session, status).as_deref(), Some("ok"), "and that is not kept");

    // Committed first: what precedes a BEGIN in the same batch belongs to its transaction.
    session
        .batch_execute("SET lock_timeout = 0; SELECT router_golden('total sales by region'); SELECT router_golden('average cost by region')")
        .expect("two rows");
    session.batch_execute("BEGIN; SELECT router_golden('total sales by region')").expect("the first row");
    other.batch_execute("BEGIN; SELECT router_golden('average cost by region')").expect("the second row");
    let crossing = std::thread::spawn(move || {
        let outcome = other.batch_execute("SELECT router_golden('total sales by region'); COMMIT");
        outcome.err().and_then(|e| e.code().map(|c| c.code().to_owned()))
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    let mine = session.batch_execute("SELECT router_golden('average cost by region'); COMMIT");
    let mine = mine.err().and_then(|e| e.code().map(|c| c.code().to_owned()));
    let theirs = crossing.join().expect("no panic");
    assert!(
        matches!((mine.as_deref(), theirs.as_deref()), (Some("40P01"), None) | (None, Some("40P01"))),
        "one of them goes on: {mine:?}, {theirs:?}"
    );
    session.batch_execute("ROLLBACK").expect("whatever is open");
    assert_eq!(value(&mut session, "SELECT router_check()").as_deref(), Some("2"));
}
