//! Scratch databases for the client tests.
//!
//! `ROUTER_DSN` names the private cluster as its superuser, `ROUTER_PLAIN_DSN` one beside it that does
//! not preload the library, `ROUTER_STANDBY_DSN` a hot standby of that one, and
//! `ROUTER_FAULTS_DSN` one that tests may kill; `make test` sets them all.
//! Every failure to set up is a failure of the test.

pub mod corpus;
pub mod endpoint;
pub mod llm;

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use postgres::{Client, Config, NoTls};

/// How long a test waits for what is to come sooner or later: long enough for a busy machine, since it is the end of a
/// test that fails.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Which server a scratch database is made in.
#[derive(Clone, Copy)]
pub enum Server {
    /// With `shared_preload_libraries = 'router'`.
    Preloaded,
    /// Without it.
    Plain,
    /// Follows `Plain`: holds its databases, can't make any.
    Standby,
    /// Preloaded, and there to be killed and configured: its tests run one at a time.
    Faults,
}

/// A database of the test's own, dropped with its sessions when this goes out of scope.
pub struct Database {
    admin: Client,
    config: Config,
    pub name: String,
}

impl Database {
    /// An empty database.
    pub fn empty(server: Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let config = server.config();
        let mut admin = config.connect(NoTls).expect("the server answers");
        let name = format!("client_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // template0: other tests may be connected to template1's copy source at this moment.
        admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).expect("a scratch database is made");
        Self { admin, config, name }
    }

    /// A database with the extension in schema `public`.
    pub fn with_router(server: Server) -> Self {
        let database = Self::empty(server);
        database.session().batch_execute("CREATE EXTENSION router CASCADE").expect("the extension is created");
        database
    }

    /// A session on the standby, once it has replayed what was committed here until now.
    pub fn session_on_standby(&self) -> Client {
        let now = value(&mut self.session(), "SELECT pg_current_wal_insert_lsn()").expect("a position");
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{now}'");
        let mut admin = Server::Standby.config().connect(NoTls).expect("the standby answers");
        let deadline = Instant::now() + PATIENCE;
        while value(&mut admin, &replayed).as_deref() != Some("t") {
            assert!(Instant::now() < deadline, "the standby does not follow");
            std::thread::sleep(Duration::from_millis(50));
        }
        Server::Standby.config().dbname(&self.name).connect(NoTls).expect("the database is on the standby")
    }

    /// Dumps this database and restores it in `target`, an empty one.
    pub fn copy_to(&self, target: &Self) {
        let programs = std::env::var("ROUTER_BINDIR").expect("ROUTER_BINDIR is set by `make test`");
        let dsn = std::env::var("ROUTER_DSN").expect("ROUTER_DSN is set by `make test`");
        let dump = Command::new(format!("{programs}/pg_dump"))
            .args(["--format=custom", "--dbname", &format!("{dsn} dbname={}", self.name)])
            .output()
            .expect("pg_dump starts");
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let mut restore = Command::new(format!("{programs}/pg_restore"))
            .args(["--exit-on-error", "--dbname", &format!("{dsn} dbname={}", target.name)])
            .stdin(Stdio::piped())
            .spawn()
            .expect("pg_restore starts");
        restore.stdin.take().expect("its standard input").write_all(&dump.stdout).expect("it reads the dump");
        assert!(restore.wait().expect("it ends").success(), "pg_restore says what went wrong");
    }

    /// A new session of the superuser, if the server takes one.
    pub fn try_session(&self) -> Result<Client, postgres::Error> {
        self.config.clone().dbname(&self.name).connect(NoTls)
    }

    /// A new session of the superuser.
    pub fn session(&self) -> Client {
        self.config.clone().dbname(&self.name).connect(NoTls).expect("the scratch database accepts a session")
    }

    /// The same, hearing what the server says besides.
    pub fn session_with_notices(&self, hear: impl Fn(&str) + Send + Sync + 'static) -> Client {
        let mut config = self.config.clone();
        config.dbname(&self.name).notice_callback(move |notice| hear(notice.message()));
        config.connect(NoTls).expect("the scratch database accepts a session")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database that stays behind is no reason to hide the test's own failure. The server may have been restarted.
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        if self.admin.batch_execute(&drop).is_err()
            && let Ok(mut admin) = self.config.connect(NoTls)
        {
            let _ = admin.batch_execute(&drop);
        }
    }
}

impl Server {
    /// Starts it after a test has stopped it.
    pub fn start(self) {
        self.script("start");
    }

    pub fn restart(self) {
        self.script("restart");
    }

    fn script(self, verb: &str) {
        assert!(matches!(self, Self::Faults), "the other servers are shared");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/cluster.sh");
        let done =
            Command::new(script).arg(verb).env("ROUTER_CLUSTER", "faults").status().expect("the script is there");
        assert!(done.success(), "{verb}");
    }

    /// A session of the superuser in the server's own database.
    pub fn session(self) -> Client {
        self.config().connect(NoTls).expect("the server answers")
    }

    fn config(self) -> Config {
        let variable = match self {
            Self::Preloaded => "ROUTER_DSN",
            Self::Plain => "ROUTER_PLAIN_DSN",
            Self::Standby => "ROUTER_STANDBY_DSN",
            Self::Faults => "ROUTER_FAULTS_DSN",
        };
        std::env::var(variable)
            .unwrap_or_else(|_| panic!("{variable} is not set: run these tests by `make test`"))
            .parse()
            .unwrap_or_else(|error| panic!("{variable} is not a connection string: {error}"))
    }
}

/// Runs `scripts/cluster.sh` with the cluster of this name beside the private one (empty: that one); its output.
pub fn cluster(name: &str, arguments: &[&str]) -> String {
    let script = std::env::var("ROUTER_CLUSTER_SCRIPT").expect("ROUTER_CLUSTER_SCRIPT is set by `make test`");
    let ran = Command::new(script).args(arguments).env("ROUTER_CLUSTER", name).output().expect("the script starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}

/// The one value of the one row that `sql` gives, as text; `None` for NULL.
pub fn value(client: &mut Client, sql: &str) -> Option<String> {
    match client.simple_query(sql) {
        Ok(messages) => messages.iter().find_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
            _ => None,
        })?,
        Err(error) => panic!("{sql}: {error:?}"),
    }
}

/// Waits until `sql` is true: what other processes do comes a little later.
pub fn wait_for(session: &mut Client, sql: &str, what: &str) {
    let deadline = Instant::now() + PATIENCE;
    while value(session, sql).as_deref() != Some("t") {
        assert!(Instant::now() < deadline, "not within {} s: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// Runs `sql` and cancels it once it is under way; its SQLSTATE, and how long it took.
pub fn cancelled(session: &mut Client, sql: &str) -> (String, Duration) {
    let (token, (done, is_done)) = (session.cancel_token(), mpsc::channel::<()>());
    let began = Instant::now();
    let canceller = std::thread::spawn(move || {
        // Again and again: on a busy machine the statement may not have begun.
        while is_done.recv_timeout(Duration::from_millis(500)) == Err(mpsc::RecvTimeoutError::Timeout) {
            token.cancel_query(NoTls).expect("the request is sent");
        }
    });
    let state = sqlstate(session, sql);
    let took = began.elapsed();
    drop(done);
    canceller.join().expect("the cancelling thread ends");
    // The server signals twice; the second may come late, and is for this.
    std::thread::sleep(Duration::from_millis(200));
    let _ = session.simple_query("SELECT 1");
    (state, took)
}

/// The SQLSTATE that `sql` is refused with.
pub fn sqlstate(client: &mut Client, sql: &str) -> String {
    match client.batch_execute(sql) {
        Ok(()) => panic!("{sql} should have been refused"),
        Err(error) => error.code().unwrap_or_else(|| panic!("{sql}: {error:?}")).code().to_owned(),
    }
}
