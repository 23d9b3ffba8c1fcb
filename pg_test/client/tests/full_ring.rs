//! The queue of decisions is full and nobody writes them out: callers don't wait, and what is lost is counted.

use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::{Database, PATIENCE, Server, value};

/// One statement at a time: ALTER SYSTEM wants a transaction for itself.
fn run(session: &mut Client, statements: &[&str]) {
    for sql in statements {
        session.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

fn metric(session: &mut Client, name: &str) -> i64 {
    let text = value(session, "SELECT router_metrics()").expect("metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.unwrap_or_else(|| panic!("no {name}")).parse::<f64>().expect("a number") as i64
}

const LOST: &str = "router_records_lost_total{reason=\"full\"}";

#[test]
fn what_does_not_fit_is_counted_and_nobody_waits() {
    let database = Database::with_router(Server::Faults);
    let mut session = database.session();
    run(
        &mut session,
        &[
            "CREATE TABLE shop (region text, sales numeric)",
            "INSERT INTO shop VALUES ('North', 1)",
            "SELECT router_register('shop')",
            "ALTER SYSTEM SET router.worker = off",
            "ALTER SYSTEM SET router.decision_queue_size = '64kB'",
        ],
    );
    drop(session);
    Server::Faults.restart();

    let mut session = database.session();
    run(
        &mut session,
        &[
            "SET router.cache = off",
            "SET statement_timeout = '60s'",
            "DO $$ BEGIN FOR i IN 1..300 LOOP
               ASSERT router_route('sales by region in ' || i) ? 'status';
             END LOOP; END $$",
        ],
    );
    let lost = metric(&mut session, LOST);
    assert!((1..300).contains(&lost), "{lost} of 300");
    let health = value(&mut session, "SELECT router_health()::text").expect("health");
    assert!(health.contains("raise router.decision_queue_size"), "{health}");
    assert!(health.contains(&format!("\"full\": {lost}")), "{health}");

    run(
        &mut session,
        &[
            "ALTER SYSTEM RESET router.worker",
            "ALTER SYSTEM RESET router.decision_queue_size",
            "SELECT pg_reload_conf()",
        ],
    );
    let written = "SELECT count(*) FROM router.decisions WHERE prompt LIKE 'sales by region in %'";
    let deadline = Instant::now() + PATIENCE;
    while value(&mut session, written) != Some((300 - lost).to_string()) {
        run(&mut session, &["SELECT router_wake()"]);
        assert!(Instant::now() < deadline, "{:?} and {lost} lost of 300", value(&mut session, written));
        std::thread::sleep(Duration::from_millis(200));
    }
    drop(session);
    Server::Faults.restart();
}
