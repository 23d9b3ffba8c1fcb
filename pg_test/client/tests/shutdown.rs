//! The server is shut down while decisions wait to be written: none is lost.

use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::{Database, PATIENCE, Server, value, wait_for};

/// One statement at a time: ALTER SYSTEM wants a transaction for itself.
fn run(session: &mut Client, statements: &[&str]) {
    for sql in statements {
        session.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

#[test]
fn a_clean_shutdown_loses_no_decision() {
    let database = Database::with_router(Server::Faults);
    let mut session = database.session();
    run(
        &mut session,
        &[
            "CREATE TABLE shop (region text, sales numeric)",
            "INSERT INTO shop VALUES ('North', 1)",
            "SELECT router_register('shop')",
            // Without a worker everything waits in shared memory.
            "ALTER SYSTEM SET router.worker = off",
            "SELECT pg_reload_conf()",
        ],
    );
    wait_for(&mut session, "SELECT state = 'off' FROM router_worker()", "the worker leaves");
    run(
        &mut session,
        &["DO $$ BEGIN FOR i IN 1..50 LOOP PERFORM router_route('sales by region ' || i); END LOOP; END $$"],
    );
    let written = "SELECT count(*) FROM router.decisions WHERE prompt LIKE 'sales by region %'";
    assert_eq!(value(&mut session, written).as_deref(), Some("0"));
    drop(session);
    Server::Faults.restart();

    let mut session = database.session();
    run(&mut session, &["ALTER SYSTEM RESET router.worker", "SELECT pg_reload_conf()", "SELECT router_wake()"]);
    let deadline = Instant::now() + PATIENCE;
    while value(&mut session, written).as_deref() != Some("50") {
        assert!(Instant::now() < deadline, "{:?} of 50 are there", value(&mut session, written));
        std::thread::sleep(Duration::from_millis(200));
    }
}
