//! The accounts that docs/operating.md sets up, and the ways people connect: what each may do, and what not.

use postgres::{Client, NoTls};
use router_client_tests::{Database, Server, sqlstate, value};

const MANUAL: &str = include_str!("../../../docs/operating.md");
const STATUS: &str = "SELECT router_route('total sales by region') ->> 'status'";

/// The SQL that the manual shows under this name.
fn from_manual(name: &str) -> &'static str {
    let start = format!("```sql\n-- {name}\n");
    let from = MANUAL.find(&start).unwrap_or_else(|| panic!("the manual has no {name}")) + start.len();
    let length = MANUAL[from..].find("```").expect("a block ends");
    &MANUAL[from..from + length]
}

/// A database with the accounts of the manual, their names made the database's own: roles belong to the whole server.
struct Accounts {
    database: Database,
    session: Client,
}

const ROLES: [&str; 5] = ["ana", "bi", "dba", "customer_service", "app"];

impl Accounts {
    fn set_up(blocks: &[&str]) -> Self {
        let database = Database::with_router(Server::Preloaded);
        let mut session = database.session();
        session
            .batch_execute(
                "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
                 CREATE TABLE payroll (employee text, salary numeric);
                 INSERT INTO shop VALUES ('2024-01-01', 'North', 1), ('2024-02-01', 'South', 2);
                 INSERT INTO payroll VALUES ('Ann', 1);
                 SELECT router_register('shop'), router_register('payroll')",
            )
            .expect("two tables are registered");
        for block in blocks {
            let sql = own_names(&database, from_manual(block));
            session.batch_execute(&sql).unwrap_or_else(|error| panic!("{block}: {error:?}"));
        }
        Self { database, session }
    }

    fn act_as(&mut self, role: &str) {
        let sql = format!(
            "RESET ROLE; SET SESSION AUTHORIZATION DEFAULT; SET SESSION AUTHORIZATION {}_{role}",
            self.database.name
        );
        self.session.batch_execute(&sql).expect("the role is taken on");
    }
}

fn own_names(database: &Database, sql: &str) -> String {
    ROLES.iter().fold(sql.to_owned(), |sql, role| {
        [" ", "'"].iter().fold(sql, |sql, before| {
            [" ", ";", "'"].iter().fold(sql, |sql, after| {
                sql.replace(&format!("{before}{role}{after}"), &format!("{before}{}_{role}{after}", database.name))
            })
        })
    })
}

impl Drop for Accounts {
    fn drop(&mut self) {
        let _ = self.session.batch_execute("ROLLBACK; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE");
        for role in ROLES {
            let name = format!("{}_{role}", self.database.name);
            let _ = self.session.batch_execute(&format!("DROP OWNED BY {name} CASCADE; DROP ROLE {name}"));
        }
    }
}

#[test]
fn closed_is_closed_to_everybody_without_a_level() {
    let mut accounts = Accounts::set_up(&["close"]);
    let stranger = format!("{}_app", accounts.database.name);
    accounts
        .session
        .batch_execute(&format!("CREATE ROLE {stranger}; GRANT SELECT ON shop TO {stranger}"))
        .expect("a role");
    accounts.act_as("app");
    for sql in [STATUS, "SELECT router_validate_sql('SELECT 1')", "SELECT router_version()", "SELECT router_health()"] {
        assert_eq!(sqlstate(&mut accounts.session, sql), "42501", "{sql}");
    }
}

#[test]
fn an_analyst_asks_and_teaches_and_does_not_operate() {
    let mut accounts = Accounts::set_up(&["close", "analyst"]);
    accounts.act_as("ana");
    let session = &mut accounts.session;
    assert_eq!(value(session, STATUS).as_deref(), Some("ok"));
    assert_eq!(value(session, "SELECT router_synonym('public.shop.sales', 'takings')").as_deref(), Some("t"));
    assert!(value(session, "SELECT count(*) FROM router.decisions").is_some());
    let salaries = value(session, "SELECT router_route('total salary by employee') ->> 'sql'");
    assert_eq!(salaries, None, "what may not be read is not answered");
    for sql in [
        "SELECT router_health()",
        "SELECT * FROM router_maintain()",
        "SELECT * FROM router_optimize()",
        "SELECT router_grant('postgres', 'none')",
        "SELECT * FROM router.error_log",
        "SELECT * FROM router.audit_log",
        "SELECT * FROM router.column_values",
        "INSERT INTO router.decision_log SELECT * FROM router.decision_log",
        "DELETE FROM router.decision_log",
        "SET router.decision_log = off",
        "SELECT router_register('payroll')",
    ] {
        assert_eq!(sqlstate(session, sql), "42501", "{sql}");
    }
    session.batch_execute("SET SESSION AUTHORIZATION DEFAULT").expect("back");
    let taught = "SELECT changed_by FROM router.audit_log WHERE table_name = 'synonyms' AND row_id = 'takings'";
    assert_eq!(value(session, taught), Some(format!("{}_ana", accounts.database.name)), "who taught is on record");
}

#[test]
fn a_bi_account_asks_and_nothing_else() {
    let mut accounts = Accounts::set_up(&["close", "bi"]);
    accounts.act_as("bi");
    // SET SESSION AUTHORIZATION does not take on the role's settings, as logging in does.
    let session = &mut accounts.session;
    session.batch_execute("SET default_transaction_read_only = on").expect("a setting");
    assert_eq!(value(session, STATUS).as_deref(), Some("ok"));
    assert_eq!(value(session, "SELECT count(*) FROM router_query('total sales by region')").as_deref(), Some("2"));
    for sql in [
        "SELECT router_synonym('public.shop.sales', 'takings')",
        "SELECT router_register('shop')",
        "SELECT count(*) FROM router.decisions",
        "SELECT router_metrics()",
        "SET router.max_rows = 100000",
    ] {
        assert_eq!(sqlstate(session, sql), "42501", "{sql}");
    }
    session.batch_execute("SET SESSION AUTHORIZATION DEFAULT").expect("back");
    let limits = format!(
        "SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting WHERE setrole = '{}_bi'::regrole",
        accounts.database.name
    );
    let limits = value(session, &limits).expect("settings of its own");
    assert!(limits.contains("router.max_rows=5000"), "{limits}");
}

#[test]
fn the_dba_operates_without_reading_the_data() {
    let mut accounts = Accounts::set_up(&["close", "dba"]);
    accounts.act_as("dba");
    let session = &mut accounts.session;
    for sql in [
        "SELECT router_health() ->> 'status'",
        "SELECT count(*) FROM router_performance()",
        "SELECT router_metrics()",
        "SELECT count(*) FROM router_maintain()",
        "SELECT count(*) FROM router_optimize()",
        "SELECT count(*) FROM router_errors('1 day')",
        "SELECT count(*) FROM router.decisions",
        "SELECT count(*) FROM router.error_log",
        "SELECT count(*) FROM router.audit_log",
        "SELECT count(*) FROM router.optimizations",
        "SELECT router_flush()",
    ] {
        assert!(value(session, sql).is_some(), "{sql}");
    }
    assert_eq!(sqlstate(session, "SELECT * FROM shop"), "42501");
    assert_eq!(value(session, "SELECT router_route('total sales by region') ->> 'sql'"), None);
    assert_eq!(sqlstate(session, "SET router.enable_sql_validation = off"), "42501");
}

#[test]
fn an_application_asks_only_in_somebodys_name() {
    let mut accounts = Accounts::set_up(&["close", "application"]);
    accounts.act_as("app");
    let name = accounts.database.name.clone();
    let session = &mut accounts.session;
    assert_eq!(sqlstate(session, STATUS), "42501", "a forgotten SET ROLE answers nothing");
    session.batch_execute(&format!("BEGIN; SET LOCAL ROLE {name}_customer_service")).expect("the role is taken on");
    assert_eq!(value(session, STATUS).as_deref(), Some("ok"));
    session.batch_execute("COMMIT").expect("the end");
    assert_eq!(sqlstate(session, STATUS), "42501", "and none is left over");
    session.batch_execute("SET SESSION AUTHORIZATION DEFAULT; SELECT router_flush()").expect("back");
    let asked = "SELECT string_agg(DISTINCT role_name, ' ') FROM router.decisions WHERE status = 'ok'";
    assert_eq!(value(session, asked), Some(format!("{name}_customer_service")), "who asked is on record");
}

#[test]
fn asking_works_however_the_session_is_set() {
    let mut accounts = Accounts::set_up(&[]);
    for settings in [
        "SET default_transaction_read_only = on",
        "SET default_transaction_isolation = 'serializable'",
        "SET default_transaction_isolation = 'serializable'; SET default_transaction_read_only = on; SET default_transaction_deferrable = on",
        "SET default_transaction_isolation = 'repeatable read'",
        "SET statement_timeout = '20s'; SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '20s'",
        "SET search_path = pg_catalog",
        "SET search_path = ''",
        "SET standard_conforming_strings = off",
        "SET plan_cache_mode = force_generic_plan",
        "SET jit = on; SET jit_above_cost = 0",
        "SET debug_parallel_query = on",
        "SET TimeZone = 'Asia/Manila'; SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'; SET lc_messages = 'C'",
        "SET router.decision_log = sync; SET default_transaction_isolation = 'serializable'",
    ] {
        let mut session = accounts.database.session();
        // The setting that forces parallel plans has another name before version 16.
        if let Err(first) = session.batch_execute(settings) {
            let older = settings.replace("debug_parallel_query", "force_parallel_mode");
            session.batch_execute(&older).unwrap_or_else(|_| panic!("{settings}: {first:?}"));
        }
        let ask = "SELECT public.router_route('total sales by region') ->> 'status'";
        assert_eq!(value(&mut session, ask).as_deref(), Some("ok"), "{settings}");
        let rows = "SELECT count(*) FROM public.router_query('total sales by region')";
        assert_eq!(value(&mut session, rows).as_deref(), Some("2"), "{settings}");
        let each = "SELECT count(*) FROM public.shop WHERE public.router_route('sales in ' || region) IS NOT NULL";
        assert_eq!(value(&mut session, each).as_deref(), Some("2"), "{settings}");
    }
    let timed_out = "SET statement_timeout = 1; SELECT router_route('total sales by region ' || i) FROM generate_series(1, 100000) i";
    assert_eq!(sqlstate(&mut accounts.session, timed_out), "57014");
    accounts.session.batch_execute("SET statement_timeout = 0").expect("back");
    assert_eq!(value(&mut accounts.session, STATUS).as_deref(), Some("ok"), "the session goes on");
}

#[test]
fn functions_say_honestly_whether_they_can_run_in_parallel() {
    let accounts = Accounts::set_up(&[]);
    let mut session = accounts.database.session();
    let asking = "SELECT string_agg(DISTINCT proparallel::text, '') FROM pg_proc
                  WHERE proname IN ('router_route', 'router_query', 'router_rows', 'router_sql', 'router_explain')";
    assert_eq!(value(&mut session, asking).as_deref(), Some("u"), "they use subtransactions");
    let safe = "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc
                WHERE proname IN ('router_version', 'router_metrics', 'router_performance') AND proparallel = 's'";
    assert_eq!(value(&mut session, safe).as_deref(), Some("router_metrics router_performance router_version"));
}

/// Two clients whose transactions a pooler hands to whichever of two connections is free.
#[test]
fn no_call_needs_what_another_left_in_the_session() {
    let accounts = Accounts::set_up(&["analyst"]);
    let role = format!("{}_ana", accounts.database.name);
    let mut pool: Vec<Client> = (0..2).map(|_| accounts.database.session()).collect();
    let mut one_transaction = |connection: usize, sql: &str| {
        let client = &mut pool[connection];
        client.batch_execute(&format!("BEGIN; SET LOCAL ROLE {role}")).expect("a transaction");
        let got = value(client, sql);
        client.batch_execute("COMMIT").expect("the end");
        got
    };
    let id = one_transaction(0, "SELECT router_route('total sales by region') ->> 'request_id'").expect("an answer");
    let follow_up = format!("SELECT router_route('only North', '{{\"previous\": \"{id}\"}}') ->> 'status'");
    assert_eq!(one_transaction(1, &follow_up).as_deref(), Some("ok"));
    assert!(one_transaction(1, &format!("SELECT router_feedback('{id}', 5) IS NULL")).is_some());
    let taught = "SELECT router_synonym('public.shop.sales', 'proceeds')";
    assert_eq!(one_transaction(0, taught).as_deref(), Some("t"));
    assert_eq!(one_transaction(1, "SELECT router_route('proceeds by region') ->> 'status'").as_deref(), Some("ok"));
    let _ = NoTls;
}
