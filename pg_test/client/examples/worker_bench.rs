//! Measures the worker: what it adds to an endpoint's own time, how many calls it makes a second, what local answers cost
//! while every endpoint hangs, and how it stands faults by the thousand.
//!
//! `scripts/bench-worker.sh [overhead] [throughput] [hang] [faults]` runs it against a private server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postgres::Client;
use router_client_tests::endpoint::{Endpoint, Mode};
use router_client_tests::llm::{UNCLEAR, reading, shop};
use router_client_tests::{Database, Server, value};

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| chosen.is_empty() || chosen.iter().any(|c| c == name);
    if wants("overhead") {
        overhead();
    }
    if wants("throughput") {
        throughput();
    }
    if wants("hang") {
        hang();
    }
    if wants("faults") {
        let calls = std::env::var("CALLS").ok().and_then(|n| n.parse().ok()).unwrap_or(24_000);
        faults(calls);
    }
}

/// The calls themselves, through the slots; nothing of how a question is read.
const CALL: &str = "SELECT router_remote_embedding('total sales by region')";

fn sessions(database: &Database, n: usize) -> Vec<Client> {
    (0..n)
        .map(|_| {
            let mut session = database.session();
            session
                .batch_execute("SET router.embedding_model = 'small'; SET router.llm_timeout = '20s'")
                .expect("settings");
            session
        })
        .collect()
}

/// The same statement in all sessions until the count is reached; milliseconds of each.
fn run(sessions: Vec<Client>, statement: &'static str, count: usize) -> (Vec<f64>, Duration) {
    let left = Arc::new(AtomicUsize::new(count));
    let began = Instant::now();
    let threads: Vec<_> = sessions
        .into_iter()
        .map(|mut session| {
            let left = Arc::clone(&left);
            std::thread::spawn(move || {
                let prepared = session.prepare(statement).expect("it is prepared");
                let mut times = Vec::new();
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let began = Instant::now();
                    session.query(&prepared, &[]).expect("an answer");
                    times.push(began.elapsed().as_secs_f64() * 1000.0);
                }
                times
            })
        })
        .collect();
    let mut times: Vec<f64> = threads.into_iter().flat_map(|t| t.join().expect("it ends")).collect();
    times.sort_by(f64::total_cmp);
    (times, began.elapsed())
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * q).round() as usize]
}

/// The endpoint's own time: the same requests, sent straight to it by as many threads.
fn straight(endpoint: &Endpoint, threads: usize, count: usize) -> Vec<f64> {
    let address = endpoint.url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let left = Arc::new(AtomicUsize::new(count));
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let (address, left) = (address.clone(), Arc::clone(&left));
            std::thread::spawn(move || {
                let stream = TcpStream::connect(address).expect("it listens");
                stream.set_nodelay(true).expect("a socket option");
                let mut out = stream.try_clone().expect("a socket");
                let mut input = BufReader::new(stream);
                let body = r#"{"model":"small","input":["total sales by region"],"encoding_format":"float"}"#;
                let request =
                    format!("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let mut times = Vec::new();
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let began = Instant::now();
                    out.write_all(request.as_bytes()).expect("it reads");
                    let mut length = 0;
                    loop {
                        let mut line = String::new();
                        input.read_line(&mut line).expect("it answers");
                        if let Some(n) = line.strip_prefix("content-length: ") {
                            length = n.trim().parse().expect("a number");
                        }
                        if line == "\r\n" {
                            break;
                        }
                    }
                    input.read_exact(&mut vec![0; length]).expect("a body");
                    times.push(began.elapsed().as_secs_f64() * 1000.0);
                }
                times
            })
        })
        .collect();
    let mut times: Vec<f64> = threads.into_iter().flat_map(|t| t.join().expect("it ends")).collect();
    times.sort_by(f64::total_cmp);
    times
}

/// 100 requests under way at an endpoint that takes 100 ms: what the worker adds.
fn overhead() {
    let endpoint = Endpoint::start(Mode::Slow(Duration::from_millis(100), reading()));
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("UPDATE router.agents SET max_in_flight = 200").expect("a limit");
    run(sessions(&database, 100), CALL, 500);
    let own = straight(&endpoint, 100, 3000);
    let (through, _) = run(sessions(&database, 100), CALL, 3000);
    for (name, q) in [("p50", 0.5), ("p99", 0.99)] {
        let (a, b) = (quantile(&own, q), quantile(&through, q));
        println!("overhead at 100 in flight, {name}: {:.2} ms ({b:.2} through the worker, {a:.2} straight)", b - a);
    }
}

/// As many calls as go through one worker to an endpoint that answers at once.
fn throughput() {
    let endpoint = Endpoint::start(Mode::Call(reading()));
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("UPDATE router.agents SET max_in_flight = 200").expect("a limit");
    for callers in [1, 16, 64] {
        run(sessions(&database, callers), CALL, 200);
        let count = if callers == 1 { 2000 } else { 10_000 };
        let (times, took) = run(sessions(&database, callers), CALL, count);
        println!(
            "throughput with {callers} callers: {:.0} calls/s, p50 {:.2} ms, p99 {:.2} ms",
            count as f64 / took.as_secs_f64(),
            quantile(&times, 0.5),
            quantile(&times, 0.99)
        );
    }
    drop(session);
}

/// Local answers while 64 other callers wait for an endpoint that hangs, and without them.
fn hang() {
    let endpoint = Endpoint::start(Mode::Hang);
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("UPDATE router.agents SET max_in_flight = 200").expect("a limit");
    const LOCAL: &str = "SELECT router_route('total sales by region')";
    let local = || vec![database.session()];
    run(local(), LOCAL, 500);
    let mut ratios = Vec::new();
    for round in 1..=3 {
        let (without, _) = run(local(), LOCAL, 2000);
        let hanging: Vec<_> = (0..64)
            .map(|_| {
                let mut session = database.session();
                session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '60s'").expect("settings");
                let cancel = session.cancel_token();
                let thread = std::thread::spawn(move || {
                    drop(session.batch_execute(&format!("SELECT router_route('{UNCLEAR}')")))
                });
                (cancel, thread)
            })
            .collect();
        std::thread::sleep(Duration::from_secs(1));
        let taken = value(&mut session, "SELECT taken FROM router_slots()").unwrap_or_default();
        let (with, _) = run(local(), LOCAL, 2000);
        let (a, b) = (quantile(&without, 0.99), quantile(&with, 0.99));
        println!(
            "local answers, round {round}: p99 {a:.2} ms without, {b:.2} ms while {taken} callers hang (p50 {:.2}, {:.2})",
            quantile(&without, 0.5),
            quantile(&with, 0.5)
        );
        ratios.push(b / a);
        for (cancel, thread) in hanging {
            drop(cancel.cancel_query(postgres::NoTls));
            thread.join().expect("nobody hangs for ever");
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("local answers, p99 while every endpoint hangs to without: {:.3} (median of three rounds)", ratios[1]);
}

/// Many calls with 30 % injected faults.
fn faults(calls: usize) {
    let endpoint = Endpoint::start(Mode::Mixed(30, reading()));
    let (database, mut session) = shop(Server::Faults, &endpoint.url());
    session.batch_execute("UPDATE router.agents SET max_in_flight = 200").expect("a limit");
    let pid = value(&mut session, "SELECT pid FROM router_worker()").expect("a process");
    let limit = Duration::from_millis(1500);
    let left = Arc::new(AtomicUsize::new(calls));
    let began = Instant::now();
    let memory = |when: &str| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let kb =
            status.lines().find_map(|l| l.strip_prefix("RssAnon:")).map(|l| l.trim().trim_end_matches(" kB").trim());
        let kb: f64 = kb.and_then(|n| n.parse().ok()).unwrap_or(f64::NAN);
        println!("faults: the worker's own memory {when}: {:.1} MB", kb / 1024.0);
        kb
    };
    let threads: Vec<_> = (0..48)
        .map(|_| {
            let mut session = database.session();
            session.batch_execute("SET router.llm = 'primary'; SET router.llm_timeout = '1500ms'").expect("settings");
            let left = Arc::clone(&left);
            std::thread::spawn(move || {
                let (mut read, mut unread, mut slowest) = (0, 0, Duration::ZERO);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let began = Instant::now();
                    let status = value(&mut session, &format!("SELECT router_route('{UNCLEAR}') ->> 'status'"));
                    slowest = slowest.max(began.elapsed());
                    if status.as_deref() == Some("ok") { read += 1 } else { unread += 1 }
                }
                (read, unread, slowest)
            })
        })
        .collect();
    let mut warm = f64::NAN;
    while left.load(Ordering::Relaxed) > 0 {
        std::thread::sleep(Duration::from_millis(500));
        if warm.is_nan() && left.load(Ordering::Relaxed) < calls * 4 / 5 {
            warm = memory("after a fifth");
        }
    }
    let (mut read, mut unread, mut slowest) = (0, 0, Duration::ZERO);
    for thread in threads {
        let (a, b, c) = thread.join().expect("every caller is answered");
        (read, unread, slowest) = (read + a, unread + b, slowest.max(c));
    }
    let took = began.elapsed();
    std::thread::sleep(Duration::from_secs(8));
    let after = memory("at the end");
    println!(
        "faults: {calls} questions in {:.0} s: {read} read by the model, {unread} by the next fallback",
        took.as_secs_f64()
    );
    println!("faults: slowest answer {:.0} ms (limit {} ms)", slowest.as_secs_f64() * 1000.0, limit.as_millis());
    println!("faults: memory grew by {:.1} %", (after / warm - 1.0) * 100.0);
    for (what, sql) in [
        ("slots taken", "SELECT taken FROM router_slots()"),
        ("requests under way", "SELECT sum(in_flight) FROM router_endpoints()"),
        ("worker starts", "SELECT starts FROM router_worker()"),
        ("calls on record", "SELECT sum(calls) FROM router.llm_usage"),
        ("failures on record", "SELECT sum(failures) FROM router.llm_usage"),
        ("attempts on record", "SELECT sum(attempts) FROM router.llm_usage"),
        ("decisions", "SELECT count(*) FROM router.routing_decisions"),
        ("decisions with success", "SELECT count(*) FROM router.routing_decisions WHERE success"),
    ] {
        println!("faults: {what}: {}", value(&mut session, sql).unwrap_or_default());
    }
    println!("faults: requests that reached the endpoint: {}", endpoint.count());
}
