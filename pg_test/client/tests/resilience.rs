//! Endpoints that are slow, fail, want to be left alone or cost too much: how long a question waits for them, how often
//! they are asked, and who answers instead.

use std::time::{Duration, Instant};

use router_client_tests::endpoint::{Endpoint, Mode};
use router_client_tests::llm::{UNCLEAR, ask, reading, renew_worker, shop, tables, wait_for};
use router_client_tests::{Database, PATIENCE, Server, cancelled, value};

const CLEAR: &str = "total sales by region";

/// Tests that change the server's configuration run one at a time.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn a_hanging_endpoint_costs_its_time_and_no_more() {
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '6s'").expect("settings");
    let began = Instant::now();
    let answer = ask(&mut session, "total sales by region");
    assert_eq!(answer["status"], "ok", "the router's own reading answers: {answer}");
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(6), "within its limit: {took:?}");
    let why = format!(
        "SELECT EXISTS (SELECT FROM router.decisions d, jsonb_array_elements(d.steps) s WHERE d.request_id::text = '{}'
           AND s ->> 'step' = 'language_model' AND s ->> 'detail' LIKE '%no answer %' AND (s ->> 'bar')::float8 > 0)",
        answer["request_id"].as_str().expect("an id")
    );
    wait_for(&mut session, &why, "the decision log says why the model gave nothing");
    // A caller can be cancelled in the middle, and leaves no trace.
    session.batch_execute("SET router.llm_timeout = '60s'").expect("a setting");
    let (state, took) = cancelled(&mut session, "SELECT router_route('total sales by region')");
    assert_eq!(state, "57014");
    assert!(took < Duration::from_secs(20), "took {took:?}");
    let left = "SELECT count(*) = 1 FROM router.routing_decisions WHERE error = 'the caller left' AND success IS NULL";
    wait_for(&mut session, left, "it is on record, and nobody's failure");
    wait_for(
        &mut session,
        "SELECT sum(calls) = 2 AND sum(failures) = 2 FROM router.llm_usage",
        "both calls are counted",
    );
    // So can one whose session is ended.
    let mut victim = database.session();
    let pid = value(&mut victim, "SELECT pg_backend_pid()").expect("a process");
    let waiting = std::thread::spawn(move || {
        victim.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '60s'; SELECT router_route('sales')")
    });
    wait_for(&mut session, "SELECT taken >= 1 FROM router_slots()", "the victim waits");
    session.batch_execute(&format!("SELECT pg_terminate_backend({pid})")).expect("it is ended");
    assert!(waiting.join().expect("the thread ends").is_err());
    wait_for(&mut session, "SELECT taken = 0 FROM router_slots()", "its slot is free");
}

#[test]
fn the_log_is_written_in_large_pieces_while_a_call_hangs() {
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Preloaded, &endpoint.url());
    let mut waiting = database.session();
    let pid = value(&mut waiting, "SELECT pg_backend_pid()").expect("a process");
    let caller = std::thread::spawn(move || {
        waiting.batch_execute(&format!(
            "SET router.llm = 'primary'; SET router.llm_timeout = '60s'; SELECT router_route('{CLEAR}')"
        ))
    });
    wait_for(&mut session, "SELECT sum(in_flight) = 1 FROM router_endpoints()", "a call is under way");
    let began = Instant::now();
    let mut asked = 0;
    while began.elapsed() < Duration::from_secs(3) || asked < 200 {
        ask(&mut session, CLEAR);
        asked += 1;
    }
    let seconds = u32::try_from(began.elapsed().as_secs()).expect("a few");
    session.batch_execute(&format!("SELECT pg_cancel_backend({pid})")).expect("enough");
    assert!(caller.join().expect("the thread ends").is_err());
    session.batch_execute("SELECT router_flush()").expect("all is written");
    let written = "SELECT concat_ws(' ', count(*), count(DISTINCT xmin::text)) FROM router.decision_log";
    let written = value(&mut session, written).expect("two numbers");
    let (decisions, transactions) = written.split_once(' ').expect("two numbers");
    let number = |text: &str| text.parse::<u32>().expect("a number");
    // Twice a second, and some besides: callers who don't pause would otherwise keep the worker at it.
    assert!(number(decisions) >= asked, "{decisions} of {asked}");
    assert!(number(transactions) <= 12 + 3 * seconds, "{decisions} in {transactions} transactions, {seconds} s");
}

#[test]
fn an_endpoint_gets_no_more_requests_at_once_than_it_takes() {
    let endpoint = Endpoint::start(Mode::Slow(Duration::from_millis(300), reading()));
    let (database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("UPDATE router.agents SET max_in_flight = 2").expect("a limit");
    let began = Instant::now();
    let callers: Vec<_> = (0..6)
        .map(|_| {
            let mut session = database.session();
            session.batch_execute("SET router.llm = 'fallback'; SET router.llm_timeout = '60s'").expect("settings");
            std::thread::spawn(move || ask(&mut session, UNCLEAR)["status"].clone())
        })
        .collect();
    let mut most = 0;
    while endpoint.count() < 6 {
        let in_flight = value(&mut session, "SELECT max(in_flight) FROM router_endpoints()").expect("a number");
        most = most.max(in_flight.parse().expect("a number"));
        assert!(began.elapsed() < PATIENCE, "all get their turn");
    }
    assert!(callers.into_iter().all(|c| c.join().expect("the thread ends") == "ok"));
    assert!((1..=2).contains(&most), "{most} at once");
    assert!(began.elapsed() >= Duration::from_millis(900), "three rounds: {:?}", began.elapsed());
}

#[test]
fn a_slow_answer_is_asked_for_twice_only_where_that_is_wanted() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Slow(Duration::from_millis(900), reading()));
    let (_database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("SET router.llm = 'fallback'; SET router.llm_timeout = '10s'").expect("settings");
    assert_eq!(ask(&mut session, UNCLEAR)["status"], "ok");
    assert_eq!(endpoint.count(), 1, "not by default");
    session.batch_execute("ALTER SYSTEM SET router.llm_hedge = '100ms'").expect("a setting");
    session.batch_execute("SELECT pg_reload_conf()").expect("it is read");
    wait_for(&mut session, "SELECT current_setting('router.llm_hedge') = '100ms'", "here");
    // A running worker reads it too, in its own time.
    let mut calls = 1;
    let deadline = Instant::now() + PATIENCE;
    while endpoint.count() == calls {
        assert!(Instant::now() < deadline, "the worker reads it");
        assert_eq!(ask(&mut session, UNCLEAR)["status"], "ok");
        calls += 1;
    }
    assert_eq!(endpoint.count(), calls + 1, "a second request beside the slow one");
    session.batch_execute("ALTER SYSTEM RESET router.llm_hedge").expect("reset");
    session.batch_execute("SELECT pg_reload_conf()").expect("reset");
    let once = format!(
        "SELECT calls = {calls} AND attempts = {calls} AND round(cost::numeric, 6) = {} * 0.00014 FROM router.llm_usage",
        calls + 1
    );
    wait_for(&mut session, &once, "a hedged call is one call, and paid twice");
}

#[test]
fn an_endpoint_that_fails_is_left_alone_until_it_is_back() {
    let endpoint = Endpoint::start(Mode::Status(503, None));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'primary'").expect("a setting");
    for _ in 0..3 {
        assert_eq!(ask(&mut session, "total sales by region")["status"], "ok");
    }
    wait_for(&mut session, "SELECT state = 'open' FROM router_endpoints()", "the circuit opens");
    let (asked, began) = (endpoint.count(), Instant::now());
    for _ in 0..20 {
        ask(&mut session, "total sales by region");
    }
    assert_eq!(endpoint.count(), asked, "it is left alone");
    assert!(began.elapsed() < Duration::from_secs(15), "and nobody waits for it: {:?}", began.elapsed());
    endpoint.set(Mode::Call(reading()));
    let deadline = Instant::now() + PATIENCE;
    while endpoint.count() == asked {
        assert!(Instant::now() < deadline, "a probe is sent");
        std::thread::sleep(Duration::from_millis(200));
        ask(&mut session, "total sales by region");
    }
    wait_for(&mut session, "SELECT state = 'closed' FROM router_endpoints()", "the circuit closes");
}

#[test]
fn one_question_tries_whether_an_endpoint_is_back() {
    let endpoint = Endpoint::start(Mode::Status(503, None));
    let (database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'primary'").expect("a setting");
    for _ in 0..3 {
        ask(&mut session, CLEAR);
    }
    wait_for(&mut session, "SELECT state = 'open' FROM router_endpoints()", "the circuit opens");
    endpoint.set(Mode::Slow(Duration::from_secs(4), reading()));
    wait_for(&mut session, "SELECT state = 'half-open' FROM router_endpoints()", "its time is over");
    // What the model router holds against the assignment is another matter.
    session
        .batch_execute("UPDATE router.agent_model_assignments SET circuit_open_until = NULL, failure_run = 0")
        .expect("a clean record");
    let asked = endpoint.count();
    let sessions: Vec<_> = (0..8)
        .map(|_| {
            let mut session = database.session();
            session.batch_execute("SET router.llm = 'off'").expect("a setting");
            ask(&mut session, CLEAR);
            session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '20s'").expect("settings");
            session
        })
        .collect();
    let callers: Vec<_> = sessions
        .into_iter()
        .map(|mut session| {
            std::thread::spawn(move || {
                let began = Instant::now();
                assert_eq!(ask(&mut session, CLEAR)["status"], "ok");
                began.elapsed()
            })
        })
        .collect();
    let mut took: Vec<Duration> = callers.into_iter().map(|c| c.join().expect("the thread ends")).collect();
    took.sort();
    assert_eq!(endpoint.count(), asked + 1, "one request for all: {took:?}");
    assert!(took[6] < Duration::from_secs(3) && took[7] >= Duration::from_secs(4), "one waits: {took:?}");
    wait_for(&mut session, "SELECT state = 'closed' FROM router_endpoints()", "the circuit closes");
}

#[test]
fn a_rate_limit_is_respected() {
    let endpoint = Endpoint::start(Mode::Status(429, Some("30")));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '20s'").expect("settings");
    let began = Instant::now();
    for _ in 0..5 {
        assert_eq!(ask(&mut session, "total sales by region")["status"], "ok");
    }
    assert_eq!(endpoint.count(), 1, "30 s are not over");
    assert!(began.elapsed() < Duration::from_secs(15), "and nobody waits for them");
}

#[test]
fn a_short_pause_is_waited_for() {
    let endpoint = Endpoint::start(Mode::Status(429, Some("1")));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session.batch_execute("SET router.llm = 'fallback'; SET router.llm_timeout = '20s'").expect("settings");
    let began = Instant::now();
    let asking = std::thread::spawn(move || (ask(&mut session, UNCLEAR)["status"].clone(), session));
    while endpoint.count() == 0 {
        assert!(began.elapsed() < PATIENCE, "it is asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    let refused = Instant::now();
    endpoint.set(Mode::Call(reading()));
    while endpoint.count() == 1 {
        assert!(refused.elapsed() < Duration::from_secs(15), "it is asked again");
        std::thread::sleep(Duration::from_millis(5));
    }
    // The moment it was refused was seen some milliseconds late.
    assert!(refused.elapsed() >= Duration::from_millis(950), "after the second it wanted: {:?}", refused.elapsed());
    let (status, mut session) = asking.join().expect("the thread ends");
    assert_eq!(status, "ok");
    wait_for(&mut session, "SELECT (calls, attempts) = (1, 2) FROM router.llm_usage", "one call, two attempts");
}

#[test]
fn money_is_not_spent_beyond_the_budget() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Preloaded, &endpoint.url());
    session
        .batch_execute("SET router.llm = 'primary'; UPDATE router.agents SET daily_budget = 0.004")
        .expect("a budget of less than four cents a hundred questions");
    for _ in 0..40 {
        ask(&mut session, UNCLEAR);
    }
    let asked = endpoint.count();
    assert!((1..40).contains(&asked), "{asked} calls");
    wait_for(&mut session, &format!("SELECT sum(calls) = {asked} FROM router.llm_usage"), "all are on record");
    assert_eq!(value(&mut session, "SELECT sum(cost) <= 0.004 FROM router.llm_usage").as_deref(), Some("t"));
}

#[test]
fn a_budget_is_each_agents_own_and_outlives_the_worker() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("ALTER SYSTEM SET router.llm_daily_budget = 0.004").expect("a setting");
    session.batch_execute("SELECT pg_reload_conf()").expect("it is read");
    wait_for(&mut session, "SELECT current_setting('router.llm_daily_budget') = '0.004'", "here");
    renew_worker(&mut session);
    // Off the record: nothing is queued to be read later.
    session.batch_execute("SET router.llm = 'primary'; SET router.log_prompts = 'hash'").expect("settings");
    for _ in 0..40 {
        ask(&mut session, UNCLEAR);
    }
    let asked = endpoint.count();
    assert!((1..40).contains(&asked), "{asked} calls");
    wait_for(&mut session, &format!("SELECT sum(calls) = {asked} FROM router.llm_usage"), "all are on record");
    renew_worker(&mut session);
    ask(&mut session, UNCLEAR);
    assert_eq!(endpoint.count(), asked, "it knows what was spent");
    session
        .execute("INSERT INTO router.agents (agent_id, base_url) VALUES ('other', $1)", &[&endpoint.url()])
        .expect("an agent");
    session
        .batch_execute(
            "INSERT INTO router.models (model_id, capabilities, input_price, output_price)
             SELECT 'twin', capabilities, input_price, output_price FROM router.models WHERE model_id = 'small';
             UPDATE router.agent_model_assignments SET status = 'INACTIVE';
             SELECT router_assign('other', 'twin', 90)",
        )
        .expect("another model");
    assert_eq!(ask(&mut session, UNCLEAR)["status"], "ok");
    assert_eq!(endpoint.count(), asked + 1, "another agent has a budget of its own");
    session
        .batch_execute(
            "UPDATE router.agents SET daily_budget = 1 WHERE agent_id = 'near';
             UPDATE router.agent_model_assignments SET status = CASE agent_id WHEN 'near' THEN 'ACTIVE' ELSE 'INACTIVE' END",
        )
        .expect("more money");
    assert_eq!(ask(&mut session, UNCLEAR)["status"], "ok");
    assert_eq!(endpoint.count(), asked + 2, "a row goes before the setting");
    session.batch_execute("ALTER SYSTEM RESET router.llm_daily_budget").expect("reset");
    session.batch_execute("SELECT pg_reload_conf()").expect("reset");
}

#[test]
fn a_standby_calls_nobody() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let database = Database::with_router(Server::Plain);
    let mut session = database.session();
    tables(&mut session, &endpoint.url());
    session.batch_execute("CHECKPOINT").expect("a checkpoint");
    let mut session = database.session_on_standby();
    session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '20s'").expect("settings");
    let began = Instant::now();
    assert_eq!(ask(&mut session, CLEAR)["status"], "ok", "the router's own reading answers");
    assert!(began.elapsed() < Duration::from_secs(10), "at once: {:?}", began.elapsed());
    let told = format!("SELECT string_agg(detail, ' ') FROM router_explain('{CLEAR}') WHERE step = 'language_model'");
    let told = value(&mut session, &told).unwrap_or_default();
    assert!(told.contains("there is no worker here"), "{told}");
    assert_eq!(value(&mut session, "SELECT state FROM router_worker()").as_deref(), Some("off"));
    let processes = "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'router%'";
    assert_eq!(value(&mut session, processes).as_deref(), Some("0"), "nor a process for one");
    assert_eq!(endpoint.count(), 0);
}
