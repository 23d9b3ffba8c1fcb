//! Asking from several databases, roles and sessions.

use std::time::Duration;

use postgres::Client;
use router_client_tests::{Database, Server, cancelled, value};

const QUESTION: &str = "SELECT router_route('total sales by region')";
const STATUS: &str = "SELECT router_route('total sales by region') ->> 'status'";

/// A database with a small registered table.
fn shop(server: Server) -> (Database, Client) {
    let database = Database::with_router(server);
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
             INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n
             FROM generate_series(0, 364) AS n;
             ANALYZE shop;
             SELECT router_register('shop')",
        )
        .expect("the table is registered");
    (database, session)
}

#[test]
fn databases_do_not_see_each_other() {
    let (_one, mut in_one) = shop(Server::Preloaded);
    let other = Database::with_router(Server::Preloaded);
    let mut in_other = other.session();
    assert_eq!(value(&mut in_one, STATUS).as_deref(), Some("ok"));
    assert_eq!(value(&mut in_other, "SELECT count(*) FROM router.datasets").as_deref(), Some("0"));
    in_other
        .batch_execute(
            "CREATE TABLE shop (region text, sales numeric); INSERT INTO shop VALUES ('East', 1);
             SELECT router_register('shop')",
        )
        .expect("a table of the same name is registered");
    let rows = "SELECT string_agg(DISTINCT x_axis, ' ') FROM router_query('total sales by region')";
    assert_eq!(value(&mut in_other, rows).as_deref(), Some("East"));
    assert_eq!(value(&mut in_one, rows).as_deref(), Some("North South West"));
}

#[test]
fn answers_without_being_preloaded() {
    let (_database, mut session) = shop(Server::Plain);
    assert_eq!(value(&mut session, STATUS).as_deref(), Some("ok"));
    assert_eq!(value(&mut session, "SELECT count(*) FROM router_query('total sales by region')").as_deref(), Some("3"));
}

#[test]
fn asking_never_needs_to_write() {
    let (_database, mut session) = shop(Server::Preloaded);
    session.batch_execute("SET default_transaction_read_only = on").expect("a setting");
    assert_eq!(value(&mut session, STATUS).as_deref(), Some("ok"));
    assert_eq!(value(&mut session, "SELECT count(*) FROM router_query('total sales by region')").as_deref(), Some("3"));
}

#[test]
fn a_hot_standby_answers() {
    let (database, mut session) = shop(Server::Plain);
    // Written to the log before the standby is asked to have replayed it.
    session.batch_execute("CHECKPOINT").expect("a checkpoint");
    let mut session = database.session_on_standby();
    assert_eq!(value(&mut session, "SELECT pg_is_in_recovery()").as_deref(), Some("t"));
    assert_eq!(value(&mut session, STATUS).as_deref(), Some("ok"));
    assert_eq!(value(&mut session, "SELECT count(*) FROM router_query('total sales by region')").as_deref(), Some("3"));
}

#[test]
fn a_role_is_answered_from_what_it_may_read() {
    let (database, mut session) = shop(Server::Preloaded);
    let role = format!("{}_analyst", database.name);
    session.batch_execute(&format!("CREATE ROLE {role}; SET ROLE {role}")).expect("a role");
    let answer = value(&mut session, QUESTION).unwrap_or_default();
    let sql = value(&mut session, "SELECT router_route('total sales by region') ->> 'sql'");
    session.batch_execute("RESET ROLE").expect("back");
    let granted = format!("GRANT SELECT ON shop TO {role}; SET ROLE {role}");
    session.batch_execute(&granted).expect("the privilege is granted");
    let then = value(&mut session, STATUS);
    session.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).expect("the role is dropped");

    assert!(!answer.contains("North"), "no stored value is told: {answer}");
    assert_eq!(sql, None, "and no SQL");
    assert_eq!(then.as_deref(), Some("ok"));
}

#[test]
fn row_security_holds_for_answers() {
    let (database, mut session) = shop(Server::Preloaded);
    let role = format!("{}_north", database.name);
    session
        .batch_execute(&format!(
            "CREATE ROLE {role}; GRANT SELECT ON shop TO {role}; ALTER TABLE shop ENABLE ROW LEVEL SECURITY;
             CREATE POLICY north ON shop TO {role} USING (region = 'North'); SET ROLE {role}"
        ))
        .expect("a role with a policy");
    let seen = value(&mut session, "SELECT string_agg(x_axis, ' ') FROM router_query('total sales by region')");
    session.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).expect("the role is dropped");
    assert_eq!(seen.as_deref(), Some("North"));
}

#[test]
fn a_running_answer_can_be_cancelled() {
    let (_database, mut session) = shop(Server::Preloaded);
    session
        .batch_execute(
            "CREATE VIEW endless AS SELECT a.region, a.sales FROM shop a, shop b, shop c, shop d;
             SELECT router_register('endless', '{\"harvest\": false}');
             SET router.max_cost = 0; SET router.statement_timeout = 0",
        )
        .expect("an expensive view is registered");
    let (state, took) = cancelled(
        &mut session,
        "SELECT count(*) FROM router_query('total sales by region', '{\"datasets\": [\"public.endless\"]}')",
    );
    assert_eq!(state, "57014", "query_canceled");
    assert!(took < Duration::from_secs(20), "took {took:?}");
    assert_eq!(value(&mut session, STATUS).as_deref(), Some("ok"), "the session goes on");
}

#[test]
fn what_was_taught_survives_dump_and_restore() {
    let (database, mut session) = shop(Server::Preloaded);
    session.batch_execute("SELECT router_synonym('public.shop.sales', 'takings')").expect("a synonym is taught");
    let restored = Database::empty(Server::Preloaded);
    database.copy_to(&restored);
    let mut session = restored.session();
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.datasets").as_deref(), Some("1"));
    assert_eq!(value(&mut session, "SELECT router_route('takings by region') ->> 'status'").as_deref(), Some("ok"));
}
