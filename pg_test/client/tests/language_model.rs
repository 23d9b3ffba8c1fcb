//! A language model beside the router's own reading: when it is asked, what it is told, how little it is believed.

use std::time::{Duration, Instant};

use router_client_tests::endpoint::{Endpoint, Mode};
use router_client_tests::llm::{UNCLEAR, ask, reading, renew_worker, shop, wait_for};
use router_client_tests::{PATIENCE, Server, sqlstate, value};
use serde_json::{Value, json};

/// Tests that change the server's configuration run one at a time.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn a_model_reads_what_the_router_does_not() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    assert_ne!(ask(&mut session, UNCLEAR)["status"], "ok", "nobody is asked by default");
    assert_eq!(endpoint.count(), 0);
    // The caller may not even write: the worker keeps the books.
    session.batch_execute("SET router.llm = 'fallback'; SET default_transaction_read_only = on").expect("settings");
    let answer = ask(&mut session, UNCLEAR);
    assert_eq!((&answer["status"], &answer["source"]), (&json!("ok"), &json!("intent")), "{answer}");
    assert_eq!(answer["spec"]["x"], "region");
    let request = answer["request_id"].as_str().expect("an id");
    let decision = format!(
        "SELECT success AND agent_id = 'near' AND model_id = 'small' AND latency_ms >= 0 AND actual_cost = 0.00014
         FROM router.routing_decisions WHERE request_id = '{request}'"
    );
    wait_for(&mut session, &decision, "the decision is on record");
    wait_for(
        &mut session,
        "SELECT (calls, failures, input_tokens, output_tokens) = (1, 0, 100, 20) FROM router.llm_usage",
        "tokens are counted",
    );
    assert_eq!(ask(&mut session, "total sales by region")["status"], "ok");
    assert_eq!(endpoint.count(), 1, "a clear question needs no model");
}

#[test]
fn only_names_go_out_and_explain_shows_them() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session
        .batch_execute("COMMENT ON COLUMN shop.region IS 'top secret remark'; SET router.llm = 'primary'")
        .expect("a comment");
    ask(&mut session, UNCLEAR);
    let sent = endpoint.requests().pop().expect("a request").body;
    for held_back in ["North", "South", "secret"] {
        assert!(!sent.contains(held_back), "{held_back} is not to be told: {sent}");
    }
    assert!(sent.contains(UNCLEAR) && sent.contains("public.shop") && sent.contains("sales (measure)"), "{sent}");
    let shown = value(
        &mut session,
        &format!("SELECT string_agg(detail, E'\n') FROM router_explain('{UNCLEAR}') WHERE step = 'language_model'"),
    )
    .expect("the step is shown");
    let sent: Value = serde_json::from_str(&sent).expect("the body is JSON");
    let told = sent["messages"][0]["content"].as_str().expect("a message");
    assert!(shown.starts_with("sent to model small of agent near: "), "{shown}");
    assert!(shown.contains(&json!(told).to_string()), "what is shown is what was sent: {shown}");
    session.batch_execute("SET router.llm_share = 'prompt'").expect("a setting");
    ask(&mut session, "how did takings split by place");
    assert!(!endpoint.requests().pop().expect("a request").body.contains("public.shop"));
}

#[test]
fn a_lying_model_gets_nowhere() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("CREATE TABLE private (salary numeric); SET router.llm = 'fallback'").expect("a table");
    let with = |key: &str, value: Value| {
        let mut reading = reading();
        reading[key] = value;
        Mode::Call(reading)
    };
    for (mode, what) in [
        (with("dataset", json!("public.private")), "a table that is not registered"),
        (with("dataset", json!("pg_catalog.pg_authid")), "a catalog"),
        (with("measure", json!("salary")), "a column that is not there"),
        (with("dimensions", json!(["region; DROP TABLE shop"])), "SQL for a name"),
        (with("filters", json!([{"column": "region", "op": "eq", "value": "Mars"}])), "a value of its own"),
        (with("filters", json!([{"column": "region", "op": "eq", "value": "' OR 1=1 --"}])), "SQL for a value"),
        (with("sql", json!("DROP TABLE shop")), "a key nobody asked for"),
        (with("confidence", json!(17)), "beyond all measure"),
        (Mode::Body("<html>gateway</html>".into()), "no JSON"),
        (Mode::Body("{\"choices\": []}".into()), "no choice"),
        (Mode::Body("x".repeat(3_000_000)), "a flood"),
        (Mode::Status(500, None), "an error"),
        (Mode::Status(401, None), "a wrong key"),
        (Mode::Drop, "nothing"),
    ] {
        // Whoever fails is set aside: each case has an agent and a model of its own.
        let fresh = Endpoint::start(mode);
        session
            .batch_execute(&format!(
                "UPDATE router.agent_model_assignments SET status = 'INACTIVE';
                 INSERT INTO router.agents (agent_id, base_url) VALUES ('{what}', '{}');
                 INSERT INTO router.models (model_id, capabilities) SELECT '{what}', capabilities FROM router.models LIMIT 1;
                 SELECT router_assign('{what}', '{what}', 90)",
                fresh.url()
            ))
            .expect("another agent");
        let answer = ask(&mut session, UNCLEAR);
        assert_ne!(answer["status"], "ok", "{what}: {answer}");
        assert_eq!(answer["sql"], Value::Null, "{what}: {answer}");
        assert!(!answer.to_string().contains("sk-echoed"), "{what}: {answer}");
        assert!(fresh.count() >= 1, "{what}: it was asked");
    }
    assert_eq!(value(&mut session, "SELECT count(*) FROM shop").as_deref(), Some("365"));
    wait_for(&mut session, "SELECT taken = 0 FROM router_slots()", "all slots are free");
}

#[test]
fn two_readings_that_differ_are_asked_about() {
    let mut other = reading();
    other["dimensions"] = json!([]);
    let endpoint = Endpoint::start(Mode::Call(other));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'primary'").expect("a setting");
    let answer = ask(&mut session, "total sales by region");
    assert_eq!(answer["status"], "clarify", "{answer}");
    assert_eq!(answer["alternatives"].as_array().map(Vec::len), Some(2), "{answer}");
    endpoint.set(Mode::Call(reading()));
    let answer = ask(&mut session, "total sales by region");
    assert_eq!(answer["status"], "ok", "{answer}");
}

#[test]
fn a_shadow_answers_nothing_and_keeps_what_differs() {
    let mut other = reading();
    other["dimensions"] = json!(["sold_on"]);
    let endpoint = Endpoint::start(Mode::Slow(Duration::from_millis(300), other));
    let (database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'shadow'; SET default_transaction_read_only = on").expect("settings");
    let answer = ask(&mut session, "total sales by region");
    assert_eq!((&answer["status"], &answer["spec"]["x"]), (&json!("ok"), &json!("region")), "{answer}");
    wait_for(
        &mut session,
        "SELECT count(*) = 1 AND min(prompt) = 'total sales by region' AND min(local_spec ->> 'x') = 'region'
            AND bool_and(NOT agrees) FROM router.llm_readings",
        "the difference is kept",
    );
    endpoint.set(Mode::Call(reading()));
    // Neither session has it read twice.
    let mut other = database.session();
    other.batch_execute("SET router.llm = 'shadow'").expect("a setting");
    for session in [&mut session, &mut other] {
        ask(session, "total sales by region");
        ask(session, "total sales by region");
    }
    wait_for(&mut session, "SELECT sum(calls) = 2 FROM router.llm_usage", "the second is written down");
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.llm_readings").as_deref(), Some("1"));
    // An administrator is shown both readings.
    session.batch_execute("SET default_transaction_read_only = off").expect("a setting");
    let mined = "SELECT concat_ws(' ', proposal #>> '{spec,x}', reason) FROM router_mine()
                 WHERE kind = 'question' AND proposal ->> 'prompt' = 'total sales by region'";
    let mined = value(&mut session, mined).expect("a proposal");
    let both = "sold_on model small reads it so; the router reads it as: ";
    assert!(mined.starts_with(both), "{mined}");
}

#[test]
fn keys_come_from_a_closed_file_and_show_nowhere() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Status(401, None));
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    session
        .batch_execute(
            "DO $$ BEGIN
               EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'mkdir -p ' || current_setting('data_directory') || '/keys && chmod 700 ' || current_setting('data_directory') || '/keys');
               EXECUTE format('COPY (SELECT %L) TO PROGRAM %L', 'sk-very-secret',
                 'umask 077; cat > ' || current_setting('data_directory') || '/keys/closed');
               EXECUTE format('COPY (SELECT %L) TO PROGRAM %L', 'sk-very-secret',
                 'umask 022; cat > ' || current_setting('data_directory') || '/keys/open');
             END $$",
        )
        .expect("two files");
    session.batch_execute("ALTER SYSTEM SET router.secrets_directory = 'keys'").expect("a setting");
    session.batch_execute("SELECT pg_reload_conf(); SET router.llm = 'primary'").expect("the directory is known");
    wait_for(&mut session, "SELECT current_setting('router.secrets_directory') = 'keys'", "here");
    renew_worker(&mut session);
    // Relative to the data directory, where the server's processes live.
    session.batch_execute("UPDATE router.agents SET secret_name = 'open'").expect("a row");
    ask(&mut session, "total sales by region");
    assert_eq!(endpoint.count(), 0, "a file that others can read is refused");
    session.batch_execute("UPDATE router.agents SET secret_name = 'closed'").expect("a row");
    let answer = ask(&mut session, "total sales by region");
    assert_eq!(endpoint.requests()[0].authorization.as_deref(), Some("Bearer sk-very-secret"));
    wait_for(&mut session, "SELECT count(*) >= 1 FROM router.routing_decisions WHERE error IS NOT NULL", "the failure");
    let names = value(
        &mut session,
        "SELECT string_agg(quote_ident(relname), ' ') FROM pg_class WHERE relnamespace = 'router'::regnamespace AND relkind = 'r'",
    )
    .expect("the tables");
    let rows = |name| value(&mut session, &format!("SELECT string_agg(t::text, ' ') FROM router.{name} t"));
    let tables: String = names.split(' ').filter_map(rows).collect();
    let settings = value(&mut session, "SELECT string_agg(setting, ' ') FROM pg_settings").expect("all settings");
    let explained = value(&mut session, "SELECT string_agg(detail, ' ') FROM router_explain('total sales by region')")
        .expect("steps");
    let log = value(&mut session, "SELECT pg_read_file(pg_current_logfile())").unwrap_or_default();
    for place in [tables, settings, explained, log, answer.to_string()] {
        assert!(!place.contains("very-secret") && !place.contains("echoed-secret"), "the key shows: {place}");
    }
    session.batch_execute("ALTER SYSTEM RESET router.secrets_directory").expect("reset");
    session.batch_execute("SELECT pg_reload_conf()").expect("reset");
    drop(database);
}

#[test]
fn addresses_are_checked() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '20s'").expect("settings");
    let port = endpoint.url();
    let port = port.trim_end_matches("/v1").rsplit(':').next().expect("a port").to_owned();
    for odd in [
        "http://example.com/v1".to_owned(),
        "http://192.0.2.1/v1".to_owned(),
        format!("http://127.0.0.1.example.com:{port}/v1"),
    ] {
        session.execute("UPDATE router.agents SET base_url = $1", &[&odd]).expect("a row");
        let began = Instant::now();
        let shown = value(
            &mut session,
            "SELECT string_agg(detail, ' ') FROM router_explain('total sales by region') WHERE step = 'language_model'",
        );
        let shown = shown.unwrap_or_default();
        assert!(shown.starts_with("not sent to model small") && shown.contains("not usable"), "{odd}: {shown}");
        assert!(began.elapsed() < Duration::from_secs(10), "{odd}");
    }
    let secret = format!("http://user:pass@127.0.0.1:{port}/v1");
    session.execute("UPDATE router.agents SET base_url = $1", &[&secret]).expect_err("a password in an address");
    session
        .execute("UPDATE router.agents SET base_url = $1", &[&format!("http://localhost:{port}/v1")])
        .expect("a row");
    ask(&mut session, UNCLEAR);
    assert_eq!(endpoint.count(), 1, "localhost is this machine");
}

#[test]
fn a_proxy_is_used_for_other_hosts_only() {
    let _alone = alone();
    let proxy = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Faults, "http://models.example/v1");
    let address = proxy.url();
    for statement in [
        format!("ALTER SYSTEM SET router.llm_proxy = '{}'", address.trim_end_matches("/v1")),
        "ALTER SYSTEM SET router.llm_allow_http = on".to_owned(),
        "ALTER SYSTEM SET router.llm_hosts = '*.example, localhost'".to_owned(),
        "SELECT pg_reload_conf()".to_owned(),
        "SET router.llm = 'primary'".to_owned(),
    ] {
        session.batch_execute(&statement).expect("a setting");
    }
    let deadline = Instant::now() + PATIENCE;
    while ask(&mut session, UNCLEAR)["status"] != "ok" {
        assert!(Instant::now() < deadline, "the proxy is asked");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(proxy.requests()[0].path, "http://models.example/v1/chat/completions");
    let asked = proxy.count();
    session.batch_execute("UPDATE router.agents SET base_url = 'http://models.other/v1'").expect("a row");
    assert_ne!(ask(&mut session, UNCLEAR)["status"], "ok");
    assert_eq!(proxy.count(), asked, "a host that is not on the list is not called");
    let near = Endpoint::start(Mode::Call(reading()));
    let port = near.url();
    let port = port.trim_end_matches("/v1").rsplit(':').next().expect("a port").to_owned();
    session
        .execute("UPDATE router.agents SET base_url = $1", &[&format!("http://localhost:{port}/v1")])
        .expect("a row");
    assert_eq!(ask(&mut session, UNCLEAR)["status"], "ok");
    assert_eq!((near.count(), proxy.count()), (1, asked), "this machine is reached without it");
    for setting in ["llm_proxy", "llm_allow_http", "llm_hosts"] {
        session.batch_execute(&format!("ALTER SYSTEM RESET router.{setting}")).expect("reset");
    }
    session.batch_execute("SELECT pg_reload_conf()").expect("reset");
}

#[test]
fn embeddings_come_live_and_queued_and_poison_is_parked() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    assert_eq!(sqlstate(&mut session, "SELECT router_remote_embedding('x')"), "22023", "no model is chosen");
    session.batch_execute("SET router.embedding_model = 'small'").expect("a setting");
    assert_eq!(value(&mut session, "SELECT router_remote_embedding('sales')").as_deref(), Some("{0,1}"));
    // The worker has no such setting: an entry says which model was meant.
    session
        .batch_execute("SELECT router_queue_embeddings(array_agg('question ' || n)) FROM generate_series(1, 150) n")
        .expect("three batches are queued");
    wait_for(&mut session, "SELECT count(*) = 150 FROM router.remote_embeddings", "all vectors are there");
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.remote_queue").as_deref(), Some("0"));
    assert_eq!(endpoint.count(), 1 + 3, "in batches");
    session
        .batch_execute(
            "INSERT INTO router.remote_queue (kind, payload, attempts) VALUES ('embed', '{\"texts\": 42}', 4), ('embed', '{}', 4);
             SELECT router_wake()",
        )
        .expect("poison");
    wait_for(&mut session, "SELECT count(*) = 2 FROM router.remote_queue WHERE state = 'parked'", "poison is parked");
    // As workers leave them that crash: one that may be the reason, one that was there by chance.
    session
        .batch_execute(
            "DELETE FROM router.remote_queue;
             INSERT INTO router.remote_queue (kind, payload, attempts, claimed_until, last_error)
             SELECT 'embed', jsonb_build_object('texts', jsonb_build_array('crash ' || n), 'model', 'small'), n, 'infinity', ''
             FROM unnest('{2, 5}'::int[]) n",
        )
        .expect("two claims that nobody holds");
    renew_worker(&mut session);
    let state = "SELECT string_agg(state || ' ' || last_error, ',') = 'parked the worker did not survive it' FROM router.remote_queue";
    wait_for(&mut session, state, "what was under way at every crash is parked, the other is done");
}

#[test]
fn what_no_model_could_read_is_read_later_and_proposed() {
    let endpoint = Endpoint::start(Mode::Status(400, None));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session
        .batch_execute("SET router.llm = 'fallback'; SET default_transaction_read_only = on")
        .expect("settings: the caller can't write");
    for _ in 0..2 {
        assert_ne!(ask(&mut session, UNCLEAR)["status"], "ok", "the endpoint refuses");
    }
    let queued = format!(
        "SELECT count(*) = 1 FROM router.remote_queue WHERE kind = 'classify' AND payload ->> 'prompt' = '{UNCLEAR}'"
    );
    wait_for(&mut session, &queued, "the question waits, once");
    wait_for(&mut session, "SELECT attempts = 1 AND last_error IS NOT NULL FROM router.remote_queue", "it was tried");
    endpoint.set(Mode::Call(reading()));
    // Not to wait for the time of the next attempt.
    session.batch_execute("SET default_transaction_read_only = off").expect("a setting");
    session
        .batch_execute("UPDATE router.remote_queue SET not_before = clock_timestamp(); SELECT router_wake()")
        .expect("it is due");
    wait_for(&mut session, "SELECT count(*) = 0 FROM router.remote_queue", "it is read after all");
    let kept = value(
        &mut session,
        "SELECT concat_ws(' ', count(*), min(prompt), bool_or(agrees), min(model_draft ->> 'measure')) FROM router.llm_readings",
    );
    // What was read here was only proposed; the model reads the same.
    assert_eq!(kept, Some(format!("1 {UNCLEAR} t sales")));
    let books = "SELECT sum(calls) = 4 AND sum(failures) = 3 FROM router.llm_usage";
    wait_for(&mut session, books, "two live calls and two of the queue are counted");
    // An administrator sees it as a proposal, and it is taught once he accepts it.
    let proposed = format!(
        "SELECT id FROM router_mine() WHERE kind = 'question' AND proposal ->> 'prompt' = '{UNCLEAR}' AND reason LIKE 'model small %'"
    );
    let id = value(&mut session, &proposed).expect("it is proposed");
    session.batch_execute(&format!("SET router.llm = 'off'; SELECT router_accept({id})")).expect("accepted");
    let answer = ask(&mut session, UNCLEAR);
    assert_eq!((&answer["status"], &answer["spec"]["x"]), (&json!("ok"), &json!("region")), "{answer}");
    assert_eq!(value(&mut session, &proposed), None, "and not proposed again");
}

#[test]
fn a_reading_that_no_table_takes_holds_up_nobody() {
    let mut odd = reading();
    odd["entities"] = json!(["a\u{0}b"]);
    let endpoint = Endpoint::start(Mode::Call(odd));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'shadow'; SET router.embedding_model = 'small'").expect("settings");
    ask(&mut session, "total sales");
    let failed = "SELECT attempts = 1 AND last_error LIKE '%Unicode%' FROM router.remote_queue";
    wait_for(&mut session, failed, "jsonb has no such character: the entry failed");
    session.batch_execute("SELECT router_queue_embeddings('{one, two}')").expect("another entry");
    wait_for(&mut session, "SELECT count(*) = 2 FROM router.remote_embeddings", "the others go on");
}

#[test]
fn what_is_off_the_record_or_sure_is_not_read_later() {
    let endpoint = Endpoint::start(Mode::Status(400, None));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'primary'").expect("a setting");
    assert_eq!(ask(&mut session, "total sales by region")["status"], "ok", "sure without a model");
    session.batch_execute("SET router.log_prompts = 'hash'").expect("a setting");
    ask(&mut session, UNCLEAR);
    session.batch_execute("SET router.log_prompts = 'full'; SET router.llm = 'off'").expect("settings");
    ask(&mut session, UNCLEAR);
    session.batch_execute("SET router.llm = 'shadow'").expect("a setting");
    ask(&mut session, "delete all sales");
    ask(&mut session, "total sales by region");
    wait_for(&mut session, "SELECT count(*) >= 1 FROM router.remote_queue", "the shadow's waits");
    let queued = "SELECT string_agg(payload ->> 'prompt', ', ') FROM router.remote_queue";
    assert_eq!(value(&mut session, queued).as_deref(), Some("total sales by region"));
    session
        .batch_execute(
            "DELETE FROM router.remote_queue;
             INSERT INTO router.remote_queue (kind, payload, attempts) VALUES ('classify', '{}', 4), ('classify', '{\"kind\": \"classify\"}', 4);
             SELECT router_wake()",
        )
        .expect("poison");
    wait_for(&mut session, "SELECT count(*) = 2 FROM router.remote_queue WHERE state = 'parked'", "poison is parked");
}
