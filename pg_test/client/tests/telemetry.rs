//! What is logged, counted and shown, over several sessions and servers.

use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::{Database, PATIENCE, Server, sqlstate, value};

const ASK: &str = "SELECT router_route('total sales by region') ->> 'request_id'";

/// A database with a small registered table.
fn shop(server: Server) -> (Database, Client) {
    let database = Database::with_router(server);
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
             INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n
             FROM generate_series(0, 364) AS n;
             SELECT router_register('shop')",
        )
        .expect("the table is registered");
    (database, session)
}

/// Asks `sql` until it gives `wanted`.
fn eventually(session: &mut Client, sql: &str, wanted: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let got = value(session, sql);
        if got.as_deref() == Some(wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "{sql} gives {got:?}, not {wanted}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The value of a metric without labels, or with these.
fn metric(session: &mut Client, name: &str) -> f64 {
    let text = value(session, "SELECT router_metrics()").expect("metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.unwrap_or_else(|| panic!("no {name}")).parse().expect("a number")
}

#[test]
fn the_worker_writes_what_a_read_only_session_asked() {
    let (_database, mut session) = shop(Server::Preloaded);
    session.batch_execute("SET default_transaction_read_only = on").expect("a setting");
    let id = value(&mut session, ASK).expect("an answer");
    let logged = format!("SELECT status || ' ' || logged FROM router.decisions WHERE request_id = '{id}'");
    eventually(&mut session, &logged, "ok batched");
    eventually(&mut session, "SELECT count(*) >= 4 FROM router.log_weeks('decision_log') WHERE low > now()", "t");
}

/// One queue serves all databases: what waits for a worker that left would be in everybody's way.
#[test]
fn records_that_nobody_takes_bring_a_worker() {
    let (_database, mut session) = shop(Server::Preloaded);
    value(&mut session, ASK).expect("an answer");
    eventually(&mut session, "SELECT count(*) FROM router.decisions", "1");
    let worker = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE backend_type = 'router worker' AND datname = current_database()";
    session.batch_execute(worker).expect("the worker is told to leave");
    eventually(&mut session, &worker.replace("pg_terminate_backend(pid)", "*"), "0");
    // Nobody asks after that.
    value(&mut session, ASK).expect("an answer");
    eventually(&mut session, "SELECT count(*) FROM router.decisions", "2");
}

#[test]
fn an_error_is_on_record_though_its_transaction_was_rolled_back() {
    let (_database, mut session) = shop(Server::Preloaded);
    session.batch_execute("BEGIN").expect("a transaction");
    assert_eq!(sqlstate(&mut session, "SELECT router_route('sales', '{\"colour\": 1}')"), "22023");
    session.batch_execute("ROLLBACK").expect("the end of it");
    let kinds =
        "SELECT string_agg(kind || ' ' || count || ' ' || recoverable || ' ' || (last_message LIKE '%colour%'), ', ')
                 FROM router_errors('1 hour') WHERE cardinality(sample_request_ids) = 1";
    eventually(&mut session, kinds, "invalid_request 1 false true");
    eventually(&mut session, "SELECT count(*) FROM router.decisions WHERE status = 'error' AND error = '22023'", "1");
}

#[test]
fn nothing_is_lost_that_many_sessions_ask_at_once() {
    let (database, mut session) = shop(Server::Preloaded);
    let ask = || {
        let mut session = database.session();
        std::thread::spawn(move || {
            session
                .batch_execute(
                    "DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM router_route('total sales by region'); END LOOP; END $$",
                )
                .expect("five hundred questions");
        })
    };
    let threads: Vec<_> = (0..4).map(|_| ask()).collect();
    threads.into_iter().for_each(|thread| thread.join().expect("it asked"));
    eventually(&mut session, "SELECT count(*) || ' ' || count(DISTINCT request_id) FROM router.decisions", "2000 2000");
}

#[test]
fn a_repeat_is_on_record_as_fully_as_the_first() {
    let (database, mut session) = shop(Server::Preloaded);
    let mut ask = |times: usize| {
        for _ in 0..times {
            value(&mut session, "SELECT router_route('total sales by region', '{\"as_of\": \"2024-06-01\"}')");
        }
        value(
            &mut session,
            "SELECT router_route('total sales by region', '{\"as_of\": \"2024-06-01\"}') ->> 'request_id'",
        )
        .expect("an answer")
    };
    let fifth = ask(4);
    let mut other = database.session();
    let follow_up = format!(
        "SELECT router_route('only North', '{{\"previous\": \"{fifth}\"}}') -> 'spec' -> 'filters' ->> 'region'"
    );
    assert_eq!(value(&mut other, &follow_up).as_deref(), Some("North"), "while it waits to be written");
    let repeats = "SELECT count(*) || ' ' || count(DISTINCT (prompt, context, spec, sql, settings, clock, status, source, intent,
                       dataset, layer, confidence, role_name, fingerprint, semantic_version, logged))
                   FROM router.decisions
                   WHERE cached AND spec IS NOT NULL AND sql IS NOT NULL AND settings IS NOT NULL AND context IS NOT NULL
                     AND prompt = 'total sales by region' AND timings = '{}'";
    eventually(&mut other, repeats, "4 1");
    assert_eq!(value(&mut other, &follow_up).as_deref(), Some("North"), "and after");
    // Another worker has not seen what the next ones repeat.
    let worker = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND backend_type = 'router worker'";
    assert_eq!(value(&mut other, worker).as_deref(), Some("1"));
    ask(0);
    eventually(&mut other, repeats, "5 1");
    // Roles that change meanwhile, elsewhere in the server, make a new first one.
    let kept = "SELECT count(*) > 0 AND max(pg_column_size(d.*)) < 150 AND count(*) FILTER (WHERE spec IS NOT NULL) = 0
                FROM router.decision_log d WHERE answer_of IS NOT NULL";
    assert_eq!(value(&mut other, kept).as_deref(), Some("t"), "repeats take little room");
    // A setting of the log holds from the next question on.
    // Whether there is a worker is looked at once a second.
    std::thread::sleep(Duration::from_millis(1100));
    let hashed = "SELECT set_config('router.log_prompts', 'hash', false), router_route('total sales by region')";
    value(&mut session, hashed);
    value(&mut session, hashed);
    let prompts = "SELECT count(prompt_hash) || ' ' || count(prompt_hash) FILTER (WHERE spec IS NULL AND sql IS NULL AND prompt IS NULL
                     AND prompt_hash = encode(sha256('total sales by region'), 'hex'))
                   FROM router.decisions";
    eventually(&mut other, prompts, "2 2");
}

#[test]
fn what_an_owner_asks_of_each_row_sees_it_whole() {
    let (_database, mut session) = shop(Server::Preloaded);
    session
        .batch_execute(
            "CREATE TABLE seen (prompt text, spec jsonb);
             CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN INSERT INTO public.seen VALUES (NEW.prompt, NEW.spec); RETURN NEW; END $$;
             CREATE TRIGGER see BEFORE INSERT ON router.decision_log FOR EACH ROW EXECUTE FUNCTION see()",
        )
        .expect("a trigger");
    for _ in 0..4 {
        value(&mut session, ASK);
    }
    eventually(&mut session, "SELECT count(*) FILTER (WHERE spec IS NOT NULL) FROM seen WHERE prompt IS NOT NULL", "4");
}

#[test]
fn a_role_sees_its_own_questions_and_an_administrator_all() {
    let (database, mut session) = shop(Server::Preloaded);
    let [ana, bob, dba] = ["ana", "bob", "dba"].map(|name| format!("{}_{name}", database.name));
    session
        .batch_execute(&format!(
            "CREATE ROLE {ana}; CREATE ROLE {bob}; CREATE ROLE {dba}; GRANT SELECT ON shop TO {ana}, {bob};
             SELECT router_grant('{ana}', 'analyst'), router_grant('{bob}', 'user'), router_grant('{dba}', 'admin');
             SET router.decision_log = sync"
        ))
        .expect("three roles");
    let mut as_role = |role: &str, sql: &str| {
        session.batch_execute(&format!("SET ROLE {role}")).expect("the role");
        let got = match session.simple_query(sql) {
            Ok(_) => value(&mut session, sql).unwrap_or_default(),
            Err(error) => error.code().expect("a server's error").code().to_owned(),
        };
        session.batch_execute("RESET ROLE").expect("back");
        got
    };
    as_role(&ana, "SELECT router_route('total sales by region') IS NOT NULL");
    as_role(&bob, "SELECT router_route('total sales by month') IS NOT NULL");
    let whose = "SELECT string_agg(DISTINCT role_name, ' ' ORDER BY role_name) FROM router.decisions";
    let (anas, bobs, dbas) = (as_role(&ana, whose), as_role(&bob, whose), as_role(&dba, whose));
    let default = as_role(&ana, "SELECT count(*) FROM router.decision_log_default");
    let errors = as_role(&ana, "SELECT count(*) FROM router_errors('1 day')");
    session
        .batch_execute(&format!("DROP OWNED BY {ana}, {bob}, {dba}; DROP ROLE {ana}, {bob}, {dba}"))
        .expect("the roles are dropped");
    assert_eq!(anas, ana);
    assert_eq!(bobs, "42501");
    assert_eq!(dbas, format!("{ana} {bob}"));
    assert_eq!((default.as_str(), errors.as_str()), ("42501", "42501"));
}

#[test]
fn without_a_worker_decisions_are_written_where_the_caller_may_write() {
    let (_database, mut session) = shop(Server::Plain);
    let id = value(&mut session, ASK).expect("an answer");
    let logged = format!("SELECT logged FROM router.decisions WHERE request_id = '{id}'");
    assert_eq!(value(&mut session, &logged).as_deref(), Some("sync"));
    session.batch_execute("SET default_transaction_read_only = on").expect("a setting");
    assert!(value(&mut session, ASK).is_some(), "asking never needs to write");
    let health = "SELECT router_health() ->> 'status' || ' ' || (router_health() ->> 'preloaded')";
    assert_eq!(value(&mut session, health).as_deref(), Some("degraded false"));
}

#[test]
fn a_standby_counts_what_it_can_not_write() {
    let (database, mut session) = shop(Server::Plain);
    session.batch_execute("CHECKPOINT").expect("a checkpoint");
    let mut session = database.session_on_standby();
    let before = metric(&mut session, "router_records_standby_total");
    assert!(value(&mut session, ASK).is_some());
    assert!(metric(&mut session, "router_records_standby_total") >= before + 1.0);
    assert_eq!(metric(&mut session, "router_records_queued_total"), 0.0);
    assert_eq!(value(&mut session, "SELECT router_health() ->> 'standby'").as_deref(), Some("true"));
}

#[test]
fn an_answer_is_found_again_by_whoever_got_it_in_another_session() {
    let (database, mut session) = shop(Server::Preloaded);
    let id = value(&mut session, ASK).expect("an answer");
    let follow_up =
        format!("SELECT router_route('only North', '{{\"previous\": \"{id}\"}}') -> 'spec' -> 'filters' ->> 'region'");
    assert_eq!(value(&mut database.session(), &follow_up).as_deref(), Some("North"), "while it waits to be written");
    eventually(&mut session, &format!("SELECT count(*) FROM router.decisions WHERE request_id = '{id}'"), "1");
    assert_eq!(value(&mut database.session(), &follow_up).as_deref(), Some("North"), "and after");
    let other = format!("{}_other", database.name);
    session
        .batch_execute(&format!("CREATE ROLE {other}; GRANT SELECT ON shop TO {other}; SET ROLE {other}"))
        .expect("a role");
    let state = sqlstate(&mut session, &follow_up);
    session.batch_execute(&format!("RESET ROLE; DROP OWNED BY {other}; DROP ROLE {other}")).expect("dropped");
    assert_eq!(state, "42704", "another role's answers are not there");
}

#[test]
fn what_was_logged_survives_dump_and_restore() {
    let (database, mut session) = shop(Server::Preloaded);
    session
        .batch_execute("SET router.decision_log = sync; SELECT * FROM router_maintain(); SELECT router_route('total sales by region')")
        .expect("a decision is logged in its week");
    let restored = Database::empty(Server::Preloaded);
    database.copy_to(&restored);
    let count = "SELECT count(*) FROM router.decisions WHERE prompt = 'total sales by region'";
    assert_eq!(value(&mut restored.session(), count).as_deref(), Some("1"));
}

#[test]
fn metrics_are_what_prometheus_reads() {
    let (_database, mut session) = shop(Server::Preloaded);
    value(&mut session, ASK);
    let text = value(&mut session, "SELECT router_metrics()").expect("metrics");
    assert!(text.ends_with('\n'));
    let (mut family, mut kind) = (String::new(), String::new());
    let (mut seen, mut sampled) = (std::collections::HashSet::new(), std::collections::HashSet::new());
    let mut buckets: Vec<f64> = Vec::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().expect("a name").to_owned();
            assert!(seen.insert(family.clone()), "{family} is announced twice");
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, of) = rest.split_once(' ').expect("a type");
            assert_eq!(name, family);
            assert!(["counter", "gauge", "histogram"].contains(&of), "{line}");
            of.clone_into(&mut kind);
            continue;
        }
        let (series, number) = line.rsplit_once(' ').expect("a value");
        let number: f64 = number.parse().unwrap_or_else(|_| panic!("{line}"));
        let name = series.split('{').next().expect("a name");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{line}");
        assert!(name == family || kind == "histogram" && name.starts_with(&family), "{line} under {family}");
        assert!(kind != "counter" || name.ends_with("_total"), "{line}");
        assert!(number >= 0.0 && sampled.insert(series.to_owned()), "{line}");
        if name.ends_with("_bucket") {
            if !buckets.is_empty() && !series.contains("le=\"0.000025\"") {
                assert!(*buckets.last().expect("one") <= number, "{line}: buckets are cumulative");
            }
            buckets.push(number);
        } else if name.ends_with("_count") && kind == "histogram" {
            assert_eq!(buckets.last(), Some(&number), "{line}: the last bucket is all");
        }
    }
    assert!(metric(&mut session, "router_operation_duration_seconds_count{operation=\"route\"}") >= 1.0);
}

#[test]
fn bad_arguments_are_refused_in_words() {
    let (_database, mut session) = shop(Server::Preloaded);
    for (sql, state) in [
        ("SELECT * FROM router_errors('-1 hour')", "22023"),
        ("SELECT * FROM router_errors('0')", "22023"),
        ("SELECT * FROM router_errors(NULL)", "22004"),
        ("SELECT * FROM router_errors('an hour or so')", "22007"),
        ("SELECT router_optimize_undo(0)", "42704"),
        ("SELECT router_optimize_undo(-1)", "42704"),
        ("SELECT router_optimize_undo('x')", "22P02"),
        ("SELECT router_grant('nobody_of_this_name', 'user')", "42704"),
        ("SELECT router_grant('postgres', 'king')", "22023"),
        ("SELECT router_grant('', 'user')", "42704"),
        ("SET router.decision_log = 'sometimes'", "22023"),
        ("SET router.log_prompts = 'half'", "22023"),
        ("SET router.retention = 0", "22023"),
        ("SET router.retention = 'for ever'", "22023"),
        ("SET router.retention_action = 'burn'", "22023"),
        ("SET router.decision_queue_size = '1GB'", "55P02"),
        ("SET router.slow_response = 0", "22023"),
        ("SET router.harvest_max_age = -1", "22023"),
        ("BEGIN READ ONLY; SELECT * FROM router_maintain()", "25006"),
        ("ROLLBACK; BEGIN READ ONLY; SELECT * FROM router_optimize()", "25006"),
        ("ROLLBACK; BEGIN READ ONLY; SELECT router_flush()", "25006"),
        ("ROLLBACK; BEGIN READ ONLY; SELECT router_optimize_undo(1)", "25006"),
    ] {
        assert_eq!(sqlstate(&mut session, sql), state, "{sql}");
    }
    session.batch_execute("ROLLBACK").expect("the session goes on");
    assert!(value(&mut session, ASK).is_some());
}
