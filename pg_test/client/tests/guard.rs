//! The guard's corpus (`pg_test/guard`), and what takes more than one session to tell of it.

use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::corpus::{self, Case};
use router_client_tests::{Database, PATIENCE, Server, cancelled, sqlstate, value};

const FIXTURE: &str = include_str!("../../guard/fixture.sql");

/// A database with the corpus' fixture, and a role that may read what is registered, and `trade.people`'s names.
struct Trade {
    database: Database,
    session: Client,
    analyst: String,
}

impl Trade {
    fn new() -> Self {
        let database = Database::with_router(Server::Preloaded);
        let mut session = database.session();
        session.batch_execute(FIXTURE).expect("the fixture is made");
        let analyst = format!("{}_analyst", database.name);
        session
            .batch_execute(&format!(
                "CREATE ROLE {analyst}; GRANT USAGE ON SCHEMA trade, evil TO {analyst}; GRANT CREATE ON SCHEMA trade TO {analyst};
                 GRANT SELECT ON trade.orders, trade.customers, trade.visits, trade.sensor_north, trade.orders_per_day,
                   trade.by_country, trade.payroll, trade.shirts, trade.accounts, \"Trade Fairs\" TO {analyst};
                 GRANT SELECT (name) ON trade.people TO {analyst};"
            ))
            .expect("an analyst");
        Self { database, session, analyst }
    }

    fn as_analyst(&mut self) -> &mut Client {
        let analyst = &self.analyst;
        self.session.batch_execute(&format!("RESET ROLE; SET ROLE {analyst}")).expect("the role is taken on");
        &mut self.session
    }

    fn as_superuser(&mut self) -> &mut Client {
        self.session.batch_execute("RESET ROLE").expect("the role is put down");
        &mut self.session
    }
}

impl Drop for Trade {
    fn drop(&mut self) {
        let analyst = &self.analyst;
        // What stays behind is no reason to hide the test's own failure.
        let _ =
            self.session.batch_execute(&format!("ROLLBACK; RESET ROLE; DROP OWNED BY {analyst}; DROP ROLE {analyst}"));
    }
}

/// What `router_validate_sql` says: the rules that are broken, or the text that may run.
fn verdict(session: &mut Client, sql: &str) -> Result<String, Vec<String>> {
    let row = session
        .query_one(
            // The caller's search_path is part of the cases: nothing here depends on it.
            "SELECT v OPERATOR(pg_catalog.->>) 'sanitized_sql', (v OPERATOR(pg_catalog.->>) 'valid')::pg_catalog.bool,
                    pg_catalog.jsonb_path_query_array(v, '$.violations[*].rule')::pg_catalog.text
             FROM public.router_validate_sql($1) AS v",
            &[&sql],
        )
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let rules: String = row.get(2);
    let mut rules: Vec<String> =
        rules.trim_matches(['[', ']']).split(", ").map(|rule| rule.trim_matches('"').to_owned()).collect();
    rules.sort();
    rules.dedup();
    if row.get(1) { Ok(row.get::<_, Option<String>>(0).expect("what is valid may run")) } else { Err(rules) }
}

/// Judges every case within a transaction of its own, as `role`; tells of those that came out wrong.
fn wrong_verdicts(trade: &mut Trade, cases: &[Case], as_analyst: bool) -> Vec<String> {
    let role = if as_analyst { format!("SET LOCAL ROLE {}", trade.analyst) } else { String::new() };
    let session = trade.as_superuser();
    let settings = "SELECT pg_catalog.array_agg(ROW(name, setting) ORDER BY name)::pg_catalog.text
                    FROM pg_catalog.pg_settings WHERE source OPERATOR(pg_catalog.=) 'session'";
    let mut wrong = Vec::new();
    for case in cases {
        session.batch_execute(&format!("BEGIN; {}; {role}", case.setup)).expect("the case is set up");
        let before = value(session, settings);
        let verdict = verdict(session, &case.sql);
        if value(session, settings) != before {
            wrong.push(format!("{case}: a setting has changed"));
        }
        match verdict {
            Ok(_) if !case.accept => wrong.push(format!("{case}: accepted")),
            Err(rules) if case.accept => wrong.push(format!("{case}: refused by {rules:?}")),
            // A caller without rights may be told of those instead.
            Err(rules) if !as_analyst && !case.rules.is_empty() && !case.rules.iter().any(|r| rules.contains(r)) => {
                wrong.push(format!("{case}: refused by {rules:?}, not by {:?}", case.rules));
            }
            Err(_) => {}
            Ok(sanitized) => {
                session.batch_execute("SET LOCAL transaction_read_only = on").expect("nothing is written from here on");
                if let Err(error) = session.simple_query(&sanitized) {
                    wrong.push(format!("{case}: what may run does not: {error:?}"));
                }
            }
        }
        session.batch_execute("ROLLBACK").expect("the case is put away");
    }
    let written = value(session, "SELECT count(*) FROM trade.log");
    assert_eq!(written.as_deref(), Some("0"), "code of users has run");
    wrong
}

#[test]
fn the_corpus_is_judged_as_it_should_be() {
    let mut trade = Trade::new();
    let mut cases = corpus::load();
    // A server can be built without libxml, and then knows no function for it.
    if trade.as_superuser().batch_execute("SELECT xmlelement(NAME a)").is_err() {
        cases.retain(|case| !case.sql.to_lowercase().contains("xml"));
    }
    assert!(
        cases.iter().filter(|case| !case.accept).count() > 350 && cases.iter().filter(|case| case.accept).count() > 120
    );
    for as_analyst in [false, true] {
        let wrong = wrong_verdicts(&mut trade, &cases, as_analyst);
        assert!(wrong.is_empty(), "as analyst: {as_analyst}\n{}", wrong.join("\n"));
    }
}

#[test]
fn judging_can_be_cancelled() {
    let mut trade = Trade::new();
    let session = trade.as_superuser();
    session
        .batch_execute(
            "CREATE FUNCTION trade.slow() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_sleep(60); RETURN 1; END';
             CREATE VIEW trade.slow_to_plan AS SELECT trade.slow() AS n;
             SELECT router_register('trade.slow_to_plan', '{\"harvest\": false}');
             SET router.trial_timeout = '60s'; SET router.statement_timeout = 0",
        )
        .expect("a view whose owner's function is slow, and long limits");
    for (what, sql) in [
        ("a trial", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"),
        ("planning", "SELECT n FROM trade.slow_to_plan"),
    ] {
        let (state, took) = cancelled(session, &format!("SELECT router_validate_sql($q${sql}$q$)"));
        assert_eq!(state, "57014", "{what}");
        assert!(took < Duration::from_secs(20), "{what} took {took:?}");
    }
    session.batch_execute("SET router.statement_timeout = '300ms'").expect("a short limit");
    assert_eq!(verdict(session, "SELECT n FROM trade.slow_to_plan").expect_err("refused"), ["timeout"]);
    assert!(verdict(session, "SELECT count(*) FROM trade.orders").is_ok(), "the session goes on");
}

#[test]
fn a_cancel_leaves_no_setting_behind() {
    let mut trade = Trade::new();
    let session = trade.as_superuser();
    session
        .batch_execute(
            "SET router.trial_timeout = '60s'; SET work_mem = '1GB'; SET row_security = off; SET search_path = evil",
        )
        .expect("settings of the session");
    let endless = "SELECT public.router_validate_sql('WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r')";
    assert_eq!(cancelled(session, endless).0, "57014");
    for (name, expected) in
        [("work_mem", "1GB"), ("row_security", "off"), ("search_path", "evil"), ("transaction_read_only", "off")]
    {
        assert_eq!(value(session, &format!("SHOW {name}")).as_deref(), Some(expected), "{name}");
    }
}

/// What a statement sees whose name another session gives to another table between its parsing and its judging.
#[test]
fn a_name_that_changes_hands_is_judged_as_what_it_then_is() {
    let mut trade = Trade::new();
    let mut other = trade.database.session();
    other
        .batch_execute("BEGIN; ALTER TABLE trade.orders RENAME TO orders_old; ALTER TABLE trade.wages RENAME TO orders")
        .expect("the tables change names");
    let mut asking = trade.database.session();
    let judging = std::thread::spawn(move || verdict(&mut asking, "SELECT count(*) FROM trade.orders"));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!judging.is_finished(), "it waits for the other session");
    other.batch_execute("COMMIT").expect("the tables have changed names");
    let rules = judging.join().expect("it ends").expect_err("trade.orders is wages now");
    assert_eq!(rules, ["relation"]);
    let session = trade.as_superuser();
    assert!(verdict(session, "SELECT count(*) FROM trade.orders_old").is_ok(), "registered is the table, not its name");
}

#[test]
fn what_was_judged_cannot_change_before_it_runs() {
    let mut trade = Trade::new();
    let mut other = trade.database.session();
    let session = trade.as_superuser();
    session.batch_execute("BEGIN").expect("a transaction");
    let sanitized = verdict(session, "SELECT amount FROM trade.orders ORDER BY 1 LIMIT 1").expect("it may run");
    other.batch_execute("SET lock_timeout = '300ms'").expect("a limit");
    for change in [
        "ALTER TABLE trade.orders ALTER COLUMN amount TYPE text",
        "ALTER TABLE trade.orders RENAME TO orders_old",
        "DROP TABLE trade.orders CASCADE",
        "CREATE RULE r AS ON SELECT TO trade.orders DO INSTEAD SELECT * FROM evil.orders",
    ] {
        assert_eq!(sqlstate(&mut other, change), "55P03", "lock_not_available: {change}");
    }
    session.simple_query(&sanitized).expect("it still runs");
    session.batch_execute("COMMIT").expect("the end");
    other.batch_execute("ALTER TABLE trade.orders RENAME TO orders_old").expect("now it may change");
    assert_eq!(verdict(session, "SELECT amount FROM trade.orders").expect_err("it is gone"), ["relation"]);
}

/// A statement that is running when its table changes: what it was judged on stays locked until it ends.
#[test]
fn a_change_waits_for_a_running_answer() {
    let mut trade = Trade::new();
    trade
        .as_superuser()
        .batch_execute("CREATE VIEW trade.slow AS SELECT country, amount + (pg_sleep(0.005) IS NULL)::int AS amount FROM trade.orders;
                        SELECT router_register('trade.slow', '{\"harvest\": false}')")
        .expect("a slow view");
    let mut asking = trade.database.session();
    let mut other = trade.database.session();
    let pid = value(&mut asking, "SELECT pg_backend_pid()").expect("a process");
    let answer = std::thread::spawn(move || {
        value(
            &mut asking,
            "SELECT count(*) FROM router_query('total amount by country', '{\"datasets\": [\"trade.slow\"]}')",
        )
    });
    let reads = format!("SELECT count(*) FROM pg_locks WHERE pid = {pid} AND relation = 'trade.orders'::regclass");
    let deadline = Instant::now() + PATIENCE;
    while !answer.is_finished() && value(&mut other, &reads).as_deref() == Some("0") {
        assert!(Instant::now() < deadline, "it is judged");
        std::thread::sleep(Duration::from_millis(5));
    }
    other.batch_execute("SET lock_timeout = '100ms'").expect("a limit");
    let change = "ALTER TABLE trade.orders DROP COLUMN amount CASCADE";
    if !answer.is_finished() {
        assert_eq!(sqlstate(&mut other, change), "55P03", "lock_not_available");
    }
    assert_eq!(answer.join().expect("it ends").as_deref(), Some("4"), "three countries and none");
    other.batch_execute(&format!("SET lock_timeout = 0; {change}")).expect("then it may change");
    let then = "SELECT router_route('total amount by country', '{\"datasets\": [\"trade.slow\"]}')";
    assert_eq!(sqlstate(&mut other, then), "42P01", "undefined_table: the view is gone");
}

#[test]
fn privileges_taken_away_count_at_once() {
    let mut trade = Trade::new();
    let analyst = trade.analyst.clone();
    assert!(verdict(trade.as_analyst(), "SELECT sum(amount) FROM trade.orders").is_ok());
    let mut other = trade.database.session();
    other.batch_execute(&format!("REVOKE SELECT ON trade.orders FROM {analyst}")).expect("the privilege is taken");
    assert_eq!(
        verdict(trade.as_analyst(), "SELECT sum(amount) FROM trade.orders").expect_err("refused"),
        ["privilege"]
    );
    other.batch_execute(&format!("GRANT SELECT (amount) ON trade.orders TO {analyst}")).expect("one column");
    assert!(verdict(trade.as_analyst(), "SELECT sum(amount) FROM trade.orders").is_ok());
    for whole in
        ["SELECT * FROM trade.orders", "SELECT o FROM trade.orders o", "SELECT count(*) FROM trade.orders WHERE paid"]
    {
        assert_eq!(verdict(trade.as_analyst(), whole).expect_err("refused"), ["privilege"], "{whole}");
    }
}

#[test]
fn a_view_with_the_callers_rights_is_judged_by_them() {
    let mut trade = Trade::new();
    let analyst = trade.analyst.clone();
    trade
        .as_superuser()
        .batch_execute(&format!(
            "CREATE VIEW trade.mine WITH (security_invoker) AS SELECT * FROM trade.wages;
             SELECT router_register('trade.mine', '{{\"harvest\": false}}'); GRANT SELECT ON trade.mine TO {analyst}"
        ))
        .expect("a view");
    assert!(verdict(trade.as_superuser(), "SELECT count(*) FROM trade.mine").is_ok());
    assert_eq!(verdict(trade.as_analyst(), "SELECT count(*) FROM trade.mine").expect_err("refused"), ["privilege"]);
}
