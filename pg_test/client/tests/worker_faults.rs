//! What may go wrong with processes: killed in the middle of a call, a server that stops at once, a database that goes
//! away. Nobody hangs, no slot is lost, no job is lost, and the server is up.

use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::endpoint::{Endpoint, Mode};
use router_client_tests::llm::{UNCLEAR, reading, renew_worker, shop, wait_for};
use router_client_tests::{Database, PATIENCE, Server, value};

/// One fault at a time: a process that is killed takes all sessions of the server with it.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A session once the server takes one again.
fn session_when_up(database: &Database) -> Client {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(mut session) = database.try_session()
            && session.simple_query("SELECT 1").is_ok()
        {
            return session;
        }
        assert!(Instant::now() < deadline, "the server is up again");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn kill(signal: &str, pid: &str) {
    let killed = Command::new("kill").args([signal, pid]).status().expect("kill is there");
    assert!(killed.success(), "kill {signal} {pid}");
}

/// Callers that wait for a model, in threads; each says how long it took and whether it was answered.
fn callers(database: &Database, n: usize, timeout: &str) -> Vec<std::thread::JoinHandle<(Duration, bool)>> {
    (0..n)
        .map(|_| {
            let mut session = database.session();
            session
                // Off the record: no worker is busy with their questions afterwards.
                .batch_execute(&format!(
                    "SET router.llm = 'primary'; SET router.llm_timeout = '{timeout}'; SET router.log_prompts = 'hash'"
                ))
                .expect("settings");
            std::thread::spawn(move || {
                let began = Instant::now();
                let answered = session.simple_query(&format!("SELECT router_route('{UNCLEAR}')")).is_ok();
                (began.elapsed(), answered)
            })
        })
        .collect()
}

fn no_slot_is_taken(session: &mut Client) {
    wait_for(session, "SELECT taken = 0 FROM router_slots()", "all slots are free");
}

#[test]
fn killed_processes_take_nothing_with_them() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let name = value(&mut session, "SELECT current_database()").expect("a name");
    session
        .batch_execute(&format!("ALTER DATABASE {name} SET router.embedding_model = 'small'"))
        .expect("a setting of the database");
    session
        .batch_execute("SET synchronous_commit = on; SET router.embedding_model = 'small'")
        .expect("settings: what is committed is to outlive a crash");
    session.batch_execute("SELECT router_queue_embeddings('{one, two}')").expect("a job is queued");
    for whom in ["the worker", "a caller"] {
        let waiting = callers(&database, 5, "60s");
        wait_for(&mut session, "SELECT taken = 5 FROM router_slots()", "five callers wait");
        let victim = match whom {
            "the worker" => value(&mut session, "SELECT pid FROM router_worker()"),
            _ => value(
                &mut session,
                "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT router_route%' AND state = 'active' LIMIT 1",
            ),
        };
        let began = Instant::now();
        kill("-9", &victim.expect("a process"));
        for caller in waiting {
            // The server ends all sessions when a process has been killed.
            assert!(!caller.join().expect("the thread ends").1, "{whom}");
        }
        assert!(began.elapsed() < Duration::from_secs(40), "{whom}: nobody hangs, {:?}", began.elapsed());
        session = session_when_up(&database);
        no_slot_is_taken(&mut session);
        assert_eq!(value(&mut session, "SELECT count(*) FROM router.remote_queue").as_deref(), Some("1"), "{whom}");
    }
    // Nobody asks for it: the launcher looks for work from before. It may have done so already, and call.
    endpoint.set(Mode::Call(reading()));
    wait_for(&mut session, "SELECT count(*) = 2 FROM router.remote_embeddings", "the job is done after all");
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.remote_queue").as_deref(), Some("0"));
    let done = callers(&database, 3, "10s");
    assert!(done.into_iter().all(|c| c.join().expect("the thread ends").1), "and calls go on");
}

#[test]
fn a_worker_that_is_ended_answers_its_callers_first() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let waiting = callers(&database, 5, "60s");
    wait_for(&mut session, "SELECT taken = 5 FROM router_slots()", "five callers wait");
    let before = value(&mut session, "SELECT pid FROM router_worker()").expect("a process");
    let began = Instant::now();
    session.batch_execute("SELECT pg_terminate_backend(pid) FROM router_worker()").expect("it is told to stop");
    for caller in waiting {
        assert!(caller.join().expect("the thread ends").1, "the next fallback answers");
    }
    assert!(began.elapsed() < Duration::from_secs(15), "at once: {:?}", began.elapsed());
    no_slot_is_taken(&mut session);
    wait_for(&mut session, "SELECT router_wake() = 'running'", "another comes when it is wanted");
    wait_for(&mut session, &format!("SELECT pid <> {before} FROM router_worker()"), "it is another");
}

#[test]
fn a_launcher_that_is_ended_comes_back() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Faults, &endpoint.url());
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'router launcher'";
    assert_eq!(value(&mut session, ended).as_deref(), Some("t"));
    let gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'router launcher'";
    wait_for(&mut session, gone, "it leaves");
    // The worker is nobody else's child, and goes on; the next one takes a launcher.
    assert_eq!(value(&mut session, "SELECT router_wake()").as_deref(), Some("running"));
    renew_worker(&mut session);
}

#[test]
fn a_job_that_finds_no_place_for_its_worker_is_done_later() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (first, mut session) = shop(Server::Faults, &endpoint.url());
    let (second, _) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("ALTER SYSTEM SET router.max_workers = 1").expect("a setting");
    session.batch_execute("ALTER SYSTEM SET router.worker_idle = '5s'").expect("a setting");
    Server::Faults.restart();
    let (mut session, mut other) = (session_when_up(&first), session_when_up(&second));
    let deadline = Instant::now() + PATIENCE;
    loop {
        wait_for(&mut session, "SELECT router_wake() = 'running'", "the first database has the place");
        if value(&mut other, "SELECT router_wake()").as_deref() == Some("full") {
            break;
        }
        assert!(Instant::now() < deadline, "there is one place only");
    }
    other
        .batch_execute("SET router.embedding_model = 'small'; SELECT router_queue_embeddings('{one, two}')")
        .expect("a job is queued");
    // The first leaves, since nobody needs it; nobody says a second time that the other is wanted.
    wait_for(&mut other, "SELECT count(*) = 2 FROM router.remote_embeddings", "the job is done");
    session.batch_execute("ALTER SYSTEM RESET router.max_workers").expect("reset");
    session.batch_execute("ALTER SYSTEM RESET router.worker_idle").expect("reset");
    Server::Faults.restart();
}

#[test]
fn a_server_that_stops_at_once_forgets_no_job() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let name = value(&mut session, "SELECT current_database()").expect("a name");
    session
        .batch_execute(&format!("ALTER DATABASE {name} SET router.embedding_model = 'small'"))
        .expect("a setting of the database");
    session
        .batch_execute(
            "SET synchronous_commit = on; SET router.embedding_model = 'small'; SELECT pg_terminate_backend(pid) FROM router_worker();
             SELECT router_queue_embeddings(array_agg('text ' || n)) FROM generate_series(1, 100) n; CHECKPOINT",
        )
        .expect("jobs are queued");
    wait_for(&mut session, "SELECT count(*) > 0 FROM router.remote_queue WHERE attempts > 0", "calls are under way");
    let waiting = callers(&database, 5, "60s");
    wait_for(&mut session, "SELECT taken >= 1 FROM router_slots()", "callers wait");
    let postmaster = value(&mut session, "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)").expect("a pid");
    kill("-QUIT", &postmaster);
    for caller in waiting {
        caller.join().expect("nobody hangs");
    }
    // Who looks too early finds it still there and starts nothing.
    let deadline = Instant::now() + PATIENCE;
    while Command::new("kill").args(["-0", &postmaster]).stderr(Stdio::null()).status().is_ok_and(|s| s.success()) {
        assert!(Instant::now() < deadline, "it stops");
        std::thread::sleep(Duration::from_millis(50));
    }
    Server::Faults.start();
    let mut session = session_when_up(&database);
    endpoint.set(Mode::Call(reading()));
    wait_for(&mut session, "SELECT count(*) = 100 FROM router.remote_embeddings", "all jobs are done");
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.remote_queue").as_deref(), Some("0"));
    no_slot_is_taken(&mut session);
}

#[test]
fn a_busy_database_can_be_copied_renamed_and_dropped() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let other = Database::empty(Server::Faults);
    let mut admin = other.session();
    let name = database.name.clone();
    // Busy with something that nobody waits for.
    session
        .batch_execute(
            "SET router.llm = 'shadow'; SET router.llm_timeout = '12s'; SELECT router_route('total sales by region');
             SELECT router_route('total sales by region')",
        )
        .expect("two shadows");
    wait_for(&mut session, "SELECT sum(in_flight) >= 1 FROM router_endpoints()", "the worker is busy");
    drop(session);
    for statement in [
        format!("CREATE DATABASE {name}_copy TEMPLATE {name}"),
        format!("ALTER DATABASE {name}_copy RENAME TO {name}_moved"),
        format!("DROP DATABASE {name}_moved"),
        format!("DROP DATABASE {name}"),
    ] {
        let began = Instant::now();
        admin.batch_execute(&statement).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        assert!(began.elapsed() < Duration::from_secs(15), "{statement}: {:?}", began.elapsed());
    }
    let gone = format!("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname LIKE '{name}%'");
    wait_for(&mut admin, &gone, "no worker stays behind");
}

#[test]
fn a_long_job_makes_way_for_who_drops_the_database() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let mut admin = Server::Faults.session();
    session
        .batch_execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
             CREATE TRIGGER slow BEFORE UPDATE ON router.remote_queue FOR EACH ROW EXECUTE FUNCTION slow();
             SET router.embedding_model = 'small'; SELECT router_queue_embeddings('{one}')",
        )
        .expect("a job that takes as long as a job may");
    let sleeps = format!(
        "SELECT count(*) = 1 FROM pg_stat_activity
         WHERE datname = '{}' AND backend_type = 'router worker' AND wait_event = 'PgSleep'",
        database.name
    );
    wait_for(&mut admin, &sleeps, "the worker is at it");
    drop(session);
    let began = Instant::now();
    admin.batch_execute(&format!("DROP DATABASE {}", database.name)).expect("it is dropped");
    assert!(began.elapsed() < Duration::from_secs(8), "took {:?}", began.elapsed());
}

#[test]
fn an_extension_that_is_dropped_takes_its_worker_with_it() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Hang);
    let (_database, mut session) = shop(Server::Faults, &endpoint.url());
    session
        .batch_execute(
            "SET router.llm = 'shadow'; SET router.llm_timeout = '12s'; SELECT router_route('total sales by region')",
        )
        .expect("a shadow");
    wait_for(&mut session, "SELECT sum(in_flight) = 1 FROM router_endpoints()", "the worker is busy");
    let began = Instant::now();
    session.batch_execute("DROP EXTENSION router CASCADE").expect("it is dropped");
    assert!(began.elapsed() < Duration::from_secs(10), "took {:?}", began.elapsed());
    let gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'router worker'";
    wait_for(&mut session, gone, "the worker has left");
    session.batch_execute("CREATE EXTENSION router").expect("it is created again");
    wait_for(&mut session, "SELECT router_wake() = 'running'", "and has a worker again");
}

#[test]
fn dropping_the_extension_meets_no_caller_with_locks_crosswise() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let mut caller = database.session();
    caller.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '10s'").expect("settings");
    let waiting = std::thread::spawn(move || {
        // After the wait it wants whatever somebody who drops the extension may have locked by then.
        caller.batch_execute(
            "BEGIN; SELECT router_route('total sales by region');
             DO $$ DECLARE t text; BEGIN
               FOR t IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'router' ORDER BY tablename DESC LOOP
                 EXECUTE 'LOCK TABLE ' || t || ' IN ACCESS SHARE MODE';
               END LOOP;
             END $$; COMMIT",
        )
    });
    wait_for(&mut session, "SELECT taken = 1 FROM router_slots()", "a caller waits");
    let mut other = database.session();
    let dropping = std::thread::spawn(move || {
        session.batch_execute("SET deadlock_timeout = '200ms'; DROP EXTENSION router CASCADE").map(|()| session)
    });
    wait_for(
        &mut other,
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%DROP EXTENSION%' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()",
        "it waits for the caller",
    );
    other.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '30s'").expect("settings");
    let began = Instant::now();
    let answer = value(&mut other, "SELECT router_route('total sales by region') ->> 'status'");
    assert_eq!(answer.as_deref(), Some("ok"), "nobody else is held up");
    assert!(began.elapsed() < Duration::from_secs(6), "took {:?}", began.elapsed());
    waiting.join().expect("the thread ends").expect("the caller is answered");
    let mut session = dropping.join().expect("the thread ends").expect("the extension is dropped");
    let gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'router worker'";
    wait_for(&mut session, gone, "the worker has left");
}

#[test]
fn two_hundred_callers_at_once() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("ALTER SYSTEM SET max_connections = 300").expect("a setting");
    drop(session);
    Server::Faults.restart();
    let mut session = session_when_up(&database);
    wait_for(&mut session, "SELECT router_wake() = 'running'", "the worker is there");
    let waiting = callers(&database, 200, "1500ms");
    for caller in waiting {
        let (took, answered) = caller.join().expect("nobody hangs");
        assert!(answered && took < Duration::from_secs(60), "{took:?}");
    }
    no_slot_is_taken(&mut session);
    wait_for(&mut session, "SELECT sum(in_flight) = 0 FROM router_endpoints()", "nothing is under way");
    session.batch_execute("ALTER SYSTEM RESET max_connections").expect("reset");
    assert_eq!(value(&mut session, "SELECT router_wake()").as_deref(), Some("running"));
}

#[test]
fn without_a_worker_the_next_fallback_answers_at_once() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (_database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("ALTER SYSTEM SET router.worker = off").expect("a setting");
    session.batch_execute("SELECT pg_reload_conf()").expect("it is read");
    wait_for(&mut session, "SELECT state = 'off' FROM router_worker()", "no worker");
    session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '30s'").expect("settings");
    let began = Instant::now();
    let answer = value(&mut session, "SELECT router_route('total sales by region') ->> 'status'");
    assert_eq!(answer.as_deref(), Some("ok"));
    assert!(began.elapsed() < Duration::from_secs(15), "took {:?}", began.elapsed());
    session.batch_execute("ALTER SYSTEM RESET router.worker").expect("reset");
    session.batch_execute("SELECT pg_reload_conf()").expect("it is read");
    wait_for(&mut session, "SELECT router_wake() = 'running'", "it is back");
}
