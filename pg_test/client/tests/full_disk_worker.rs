//! A disk that is full under the worker's tables: calls are answered, jobs wait, and go on when there is room.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::endpoint::{Endpoint, Mode};
use router_client_tests::llm::{UNCLEAR, reading, shop, wait_for};
use router_client_tests::{Server, sqlstate, value};

/// The slots are all tests'.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn answered_by_the_model(session: &mut Client) {
    let began = Instant::now();
    let source = value(session, &format!("SELECT router_route('{UNCLEAR}') ->> 'source'"));
    assert_eq!(source.as_deref(), Some("intent"), "the model answers");
    assert!(began.elapsed() < Duration::from_secs(15), "at once: {:?}", began.elapsed());
    assert_eq!(value(session, "SELECT taken FROM router_slots()").as_deref(), Some("0"), "and its slot is free");
}

#[test]
fn errors_of_a_full_disk_lose_nothing() {
    let _alone = alone();
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let before = value(&mut session, "SELECT pid FROM router_worker()").expect("a process");
    session
        .batch_execute(&format!(
            "ALTER DATABASE {} SET router.embedding_model = 'small'; SET router.embedding_model = 'small';
             SELECT pg_terminate_backend(pid) FROM router_worker();
             CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
             CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON router.llm_usage FOR EACH ROW EXECUTE FUNCTION full_disk();
             CREATE TRIGGER full_disk BEFORE INSERT ON router.routing_decisions FOR EACH ROW EXECUTE FUNCTION full_disk();
             CREATE TRIGGER full_disk BEFORE INSERT ON router.remote_embeddings FOR EACH ROW EXECUTE FUNCTION full_disk();
             CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON router.remote_queue FOR EACH ROW EXECUTE FUNCTION full_disk()",
            database.name
        ))
        .expect("a full disk");
    let another = format!("SELECT router_wake() = 'running' AND pid <> {before} FROM router_worker()");
    wait_for(&mut session, &another, "the worker starts all the same");
    let worker = value(&mut session, "SELECT pid FROM router_worker()").expect("a process");
    session.batch_execute("SET router.llm = 'fallback'").expect("a setting");
    for _ in 0..3 {
        answered_by_the_model(&mut session);
    }
    assert_eq!(sqlstate(&mut session, "SELECT router_queue_embeddings('{a}')"), "53100", "a caller is told");
    session
        .batch_execute("SET router.llm = 'shadow'; SELECT router_route('total sales by region')")
        .expect("an answer");
    // Entries that are there already can't be claimed.
    session
        .batch_execute(
            "ALTER TABLE router.remote_queue DISABLE TRIGGER full_disk; SELECT router_queue_embeddings('{one, two}');
             ALTER TABLE router.remote_queue ENABLE TRIGGER full_disk; SELECT router_wake()",
        )
        .expect("an entry");
    std::thread::sleep(Duration::from_secs(3));
    session.batch_execute("SET router.llm = 'fallback'").expect("a setting");
    answered_by_the_model(&mut session);
    assert_eq!(value(&mut session, "SELECT pid FROM router_worker()"), Some(worker), "the same worker");
    session
        .batch_execute(
            "DROP TRIGGER full_disk ON router.llm_usage; DROP TRIGGER full_disk ON router.routing_decisions;
             DROP TRIGGER full_disk ON router.remote_queue; DROP TRIGGER full_disk ON router.remote_embeddings; SELECT router_wake()",
        )
        .expect("room again");
    wait_for(
        &mut session,
        "SELECT router_wake() IS NOT NULL AND count(*) = 2 FROM router.remote_embeddings",
        "the entry is done",
    );
    // Four live calls, the shadow's and the entry's.
    wait_for(
        &mut session,
        "SELECT router_wake() IS NOT NULL AND sum(calls) = 6 FROM router.llm_usage",
        "all calls are counted",
    );
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM router.routing_decisions WHERE success").as_deref(),
        Some("5"),
        "no decision is lost"
    );
    wait_for(&mut session, "SELECT count(*) = 0 FROM router.remote_queue", "nothing waits");
}

/// A file system of two megabytes, unmounted when this goes out of scope; `None` where that takes rights one lacks.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = std::env::temp_dir().join(format!("router-disk-{}", std::process::id()));
        std::fs::create_dir_all(&directory).ok()?;
        let options = "size=2m,mode=0777";
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&directory).output().ok()?;
        if !done.status.success() {
            let _ = std::fs::remove_dir(&directory);
            return None;
        }
        Some(Self(directory))
    }

    fn fill(&self) {
        let block = vec![0u8; 4096];
        let mut file = std::fs::File::create(self.0.join("filler")).expect("a file");
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("the filler goes");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_disk_that_is_really_full_loses_nothing() {
    let _alone = alone();
    let Some(disk) = SmallDisk::mount() else {
        println!("SKIPPED: a small disk can only be mounted by root");
        return;
    };
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    let place = disk.0.display().to_string();
    std::fs::write(disk.0.join("mark"), "").expect("a file");
    let seen = value(&mut session, &format!("SELECT count(*) FROM pg_ls_dir('{place}') AS name WHERE name = 'mark'"));
    if seen.as_deref() != Some("1") {
        println!("SKIPPED: the server does not see what this process mounts");
        return;
    }
    let directory = disk.0.join("space");
    std::fs::create_dir(&directory).expect("a directory");
    let data = value(&mut session, "SHOW data_directory").expect("a directory");
    let owned = Command::new("chown").arg("--reference").arg(&data).arg(&directory).status().expect("chown is there");
    assert!(owned.success());
    session.batch_execute("DROP TABLESPACE IF EXISTS router_small").expect("no leftover");
    session
        .batch_execute(&format!("CREATE TABLESPACE router_small LOCATION '{}'", directory.display()))
        .expect("a tablespace");
    session
        .batch_execute(&format!(
            "ALTER TABLE router.remote_queue SET TABLESPACE router_small;
             ALTER TABLE router.llm_readings SET TABLESPACE router_small;
             ALTER DATABASE {} SET router.embedding_model = 'small'; SET router.embedding_model = 'small'",
            database.name
        ))
        .expect("the worker's tables lie there");
    disk.fill();
    assert_eq!(sqlstate(&mut session, "SELECT router_queue_embeddings('{a}')"), "53100", "a caller is told");
    session
        .batch_execute("SET router.llm = 'shadow'; SELECT router_route('how many sales by sold on')")
        .expect("an answer");
    session.batch_execute("SET router.llm = 'fallback'").expect("a setting");
    for _ in 0..3 {
        answered_by_the_model(&mut session);
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.llm_readings").as_deref(), Some("0"));
    disk.empty();
    wait_for(
        &mut session,
        "SELECT router_wake() IS NOT NULL AND count(*) = 1 FROM router.llm_readings",
        "what waited in memory is queued and read",
    );
    assert_eq!(value(&mut session, "SELECT count(*) FROM router.remote_queue").as_deref(), Some("0"));
    drop(database);
    let mut admin = Server::Faults.session();
    admin.batch_execute("DROP TABLESPACE router_small").expect("nothing is left in it");
}
