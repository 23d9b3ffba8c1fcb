//! Endpoints behind TLS: a certificate of a private authority counts only where the server was told of that authority,
//! and only for its own name.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use router_client_tests::endpoint::completion;
use router_client_tests::llm::{UNCLEAR, reading, shop, wait_for};
use router_client_tests::{PATIENCE, Server, value};

fn openssl(directory: &Path, arguments: &[&str]) {
    let ran = Command::new("openssl").args(arguments).current_dir(directory).output().expect("openssl is there");
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A directory with an authority, and certificates of it for this machine and for another name. The server's user can
/// read it.
struct Authority(PathBuf);

impl Authority {
    fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("router-tls-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let mut ca =
            vec!["req", "-x509", "-days", "2", "-subj", "/CN=Test Authority", "-keyout", "ca.key", "-out", "ca.pem"];
        ca.extend(key);
        openssl(&directory, &ca);
        for (name, alternative) in [("near", "DNS:localhost,IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.example")] {
            let (key_file, request, certificate) =
                (format!("{name}.key"), format!("{name}.csr"), format!("{name}.crt"));
            let mut ask = vec!["req", "-subj", "/CN=endpoint", "-keyout", &key_file, "-out", &request];
            ask.extend(key);
            openssl(&directory, &ask);
            std::fs::write(directory.join("names"), format!("subjectAltName={alternative}\n")).expect("a file");
            openssl(
                &directory,
                &[
                    "x509",
                    "-req",
                    "-in",
                    &request,
                    "-CA",
                    "ca.pem",
                    "-CAkey",
                    "ca.key",
                    "-CAcreateserial",
                    "-days",
                    "2",
                    "-extfile",
                    "names",
                    "-out",
                    &certificate,
                ],
            );
        }
        Self(directory)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Answers every request over TLS with the same completion; prints its port, then a dot for each request.
const SERVER: &str = r#"
import http.server, ssl, sys
body = open(sys.argv[3], "rb").read()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        with open(sys.argv[5], "a") as seen:
            seen.write(".")
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(sys.argv[4] + ".new", "w") as port:
    port.write(str(server.server_address[1]))
import os
os.rename(sys.argv[4] + ".new", sys.argv[4])
server.serve_forever()
"#;

struct TlsEndpoint {
    process: Child,
    port: String,
    seen: PathBuf,
}

impl TlsEndpoint {
    fn start(authority: &Authority, name: &str) -> Self {
        let (body, port, seen) = (
            authority.file("body"),
            authority.0.join(format!("{name}.port")),
            authority.0.join(format!("{name}.seen")),
        );
        std::fs::write(&body, completion(&reading())).expect("a file");
        let process = Command::new("python3")
            .args([
                "-c",
                SERVER,
                &authority.file(&format!("{name}.crt")),
                &authority.file(&format!("{name}.key")),
                &body,
            ])
            .args([&port, &seen])
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is there");
        let deadline = Instant::now() + PATIENCE;
        let port = loop {
            if let Ok(port) = std::fs::read_to_string(&port) {
                break port;
            }
            assert!(Instant::now() < deadline, "it listens");
            std::thread::sleep(Duration::from_millis(50));
        };
        Self { process, port, seen }
    }

    fn requests(&self) -> usize {
        std::fs::read_to_string(&self.seen).map_or(0, |seen| seen.len())
    }
}

impl Drop for TlsEndpoint {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Other tests of this server are not to inherit the setting, whatever comes of this one.
struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        let mut session = Server::Faults.session();
        for statement in ["ALTER SYSTEM RESET router.llm_ca_file", "SELECT pg_reload_conf()"] {
            let _ = session.batch_execute(statement);
        }
    }
}

#[test]
fn a_private_authority_is_believed_where_it_is_named_and_only_for_its_names() {
    let _reset = Reset;
    let authority = Authority::new();
    let near = TlsEndpoint::start(&authority, "near");
    let elsewhere = TlsEndpoint::start(&authority, "elsewhere");
    let (_database, mut session) = shop(Server::Faults, &format!("https://localhost:{}/v1", near.port));
    // What is off the record is not queued for a model to read later: the requests can be counted.
    session
        .batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '5s'; SET router.log_prompts = 'hash'")
        .expect("settings");
    let read = |session: &mut postgres::Client, url: &str| {
        session
            .batch_execute(&format!(
                "UPDATE router.agents SET base_url = '{url}';
                 UPDATE router.agent_model_assignments SET circuit_open_until = NULL, failure_run = 0"
            ))
            .expect("a clean record");
        value(
            session,
            &format!("SELECT string_agg(detail, ' ') FROM router_explain('{UNCLEAR}') WHERE step = 'language_model'"),
        )
        .unwrap_or_default()
    };
    let authority_is = |session: &mut postgres::Client, file: &str| {
        session.batch_execute(&format!("ALTER SYSTEM SET router.llm_ca_file = '{file}'")).expect("a setting");
        session.batch_execute("SELECT pg_reload_conf()").expect("it is read");
        // The worker reads it too; it says nowhere that it has.
        wait_for(session, &format!("SELECT current_setting('router.llm_ca_file') = '{file}'"), "it is read");
        std::thread::sleep(Duration::from_millis(1500));
    };
    // By the address, since failures of an endpoint count against it.
    let told = read(&mut session, &format!("https://127.0.0.1:{}/v1", near.port));
    assert!(told.contains("no connection"), "nobody vouches for it: {told}");
    assert_eq!(near.requests(), 0, "nothing was sent");

    authority_is(&mut session, &authority.file("ca.pem"));
    let told = read(&mut session, &format!("https://localhost:{}/v1", near.port));
    assert!(told.contains("answered after"), "{told}");
    assert_eq!(near.requests(), 1);
    let told = read(&mut session, &format!("https://localhost:{}/v1", elsewhere.port));
    assert!(told.contains("no connection"), "a certificate for another name: {told}");
    assert_eq!(elsewhere.requests(), 0, "nothing was sent");

    authority_is(&mut session, &authority.file("body"));
    let told = read(&mut session, &format!("https://localhost:{}/v1", near.port));
    assert!(
        told.contains("not usable"),
        "a file without certificates stops all calls, and is no reason to believe anybody: {told}"
    );
    authority_is(&mut session, &authority.file("missing.pem"));
    let told = read(&mut session, &format!("https://localhost:{}/v1", near.port));
    assert!(told.contains("not usable"), "{told}");
    assert_eq!(near.requests(), 1);
}
