//! No room for the log: callers are answered, what was queued waits, and is written when there is room again.

use std::path::Path;
use std::process::Command;

use postgres::Client;
use router_client_tests::{Database, Server, sqlstate, value};

const ROOM: &str = "/tmp/router-test-full-disk";

/// One statement at a time: tablespaces and settings of the server want a transaction for themselves.
fn run(session: &mut Client, statements: &[&str]) {
    for sql in statements {
        session.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

/// A disk of a few megabytes of which nothing is free. `None` where that takes rights that nobody has here.
struct FullDisk;

impl FullDisk {
    fn new(owner: &str) -> Option<Self> {
        std::fs::create_dir_all(ROOM).ok()?;
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs", ROOM]).status();
        if !mounted.is_ok_and(|status| status.success()) {
            return None;
        }
        let disk = Self;
        let owned = Command::new("chown").args([owner, ROOM]).status().is_ok_and(|status| status.success());
        owned.then_some(disk)
    }

    fn fill() {
        // Ends when there is no room left.
        let filled =
            Command::new("sh").args(["-c", &format!("cat /dev/zero > {ROOM}/filler 2>/dev/null; true")]).status();
        assert!(filled.expect("a shell").success());
    }

    fn make_room() {
        std::fs::remove_file(Path::new(ROOM).join("filler")).expect("the filler goes");
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").args(["-l", ROOM]).status());
    }
}

#[test]
fn a_full_disk_loses_nothing_and_stops_nobody() {
    let database = Database::with_router(Server::Faults);
    let mut session = database.session();
    run(
        &mut session,
        &[
            "CREATE TABLE shop (region text, sales numeric)",
            "INSERT INTO shop VALUES ('North', 1)",
            "SELECT router_register('shop')",
            // Weeks made later would lie elsewhere.
            "SELECT * FROM router_maintain()",
        ],
    );
    // What is written now lies in the default partition or in this week's.
    let leaves = "SELECT string_agg(format('ALTER TABLE router.%I SET TABLESPACE small', c.relname), ';')
                  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'router.decision_log'::regclass";
    let disk = FullDisk::new("postgres");
    if disk.is_some() {
        run(&mut session, &[&format!("CREATE TABLESPACE small LOCATION '{ROOM}'")]);
        let moved = value(&mut session, leaves).expect("partitions");
        run(&mut session, &[&moved]);
        FullDisk::fill();
    } else {
        run(
            &mut session,
            &[
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE 'no space left on the device' USING ERRCODE = 'disk_full'; END $$",
                "CREATE TRIGGER no_room BEFORE INSERT ON router.decision_log FOR EACH ROW EXECUTE FUNCTION no_room()",
            ],
        );
    }

    // Many more than fit the page that may already be there.
    run(
        &mut session,
        &["DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM router_route('sales by region ' || i); END LOOP; END $$"],
    );
    std::thread::sleep(std::time::Duration::from_secs(3));
    let written = "SELECT count(*) FROM router.decisions WHERE prompt LIKE 'sales by region %'";
    assert_eq!(value(&mut session, written).as_deref(), Some("0"), "a batch is written whole or not at all");
    assert_eq!(value(&mut session, "SELECT router_route('sales by region') ->> 'status'").as_deref(), Some("ok"));
    let sync = "SELECT set_config('router.decision_log', 'sync', false), router_route('sales by region')";
    assert_eq!(sqlstate(&mut session, sync), "53100", "what can't be put on record as promised is refused");
    run(&mut session, &["RESET router.decision_log"]);
    assert_eq!(value(&mut session, "SELECT 1").as_deref(), Some("1"), "the server is up");

    if disk.is_some() {
        FullDisk::make_room();
    } else {
        run(&mut session, &["DROP TRIGGER no_room ON router.decision_log"]);
    }
    // The worker tries again at growing intervals; it is not waited for.
    run(&mut session, &["SELECT router_flush()"]);
    assert_eq!(value(&mut session, written).as_deref(), Some("200"));
    let lost = "SELECT sum(split_part(line, ' ', 2)::int) FROM regexp_split_to_table(router_metrics(), '\\n') AS line
                WHERE line LIKE 'router_records_lost_total%'";
    assert_eq!(value(&mut session, lost).as_deref(), Some("0"));
    if disk.is_some() {
        let moved = value(&mut session, &leaves.replace("small", "pg_default")).expect("partitions");
        run(&mut session, &[&moved, "DROP TABLESPACE small"]);
    }
}
