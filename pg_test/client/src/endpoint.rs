//! An endpoint of the test's own on this machine, for what the real parts can't do: hang, hold back, fail at random by
//! the thousand, answer in no time. Speaks just enough HTTP/1.1 for the worker's client.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// How it answers from now on.
#[derive(Debug, Clone)]
pub enum Mode {
    /// The function's arguments, as the model's call; vectors of two numbers to a request for embeddings.
    Call(Value),
    /// As `Call`, after a while.
    Slow(Duration, Value),
    /// This very body.
    Body(String),
    Status(u16, Option<&'static str>),
    /// Not before another mode is set; then as that says.
    Hang,
    /// Closes the connection without a word.
    Drop,
    /// Of a hundred requests so many meet one of the faults above, the others a call.
    Mixed(u64, Value),
}

#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub authorization: Option<String>,
    pub body: String,
}

pub struct Endpoint {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    mode: Mutex<Mode>,
    set: Condvar,
    requests: Mutex<Vec<Request>>,
    count: AtomicUsize,
}

/// Requests that are remembered.
const REMEMBERED: usize = 1000;
/// Longer than anybody waits.
const LONGEST_HANG: Duration = Duration::from_secs(600);

impl Endpoint {
    pub fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let shared = Arc::new(Shared {
            mode: Mutex::new(mode),
            set: Condvar::new(),
            requests: Mutex::new(Vec::new()),
            count: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { port, shared }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub fn set(&self, mode: Mode) {
        *self.shared.mode.lock().expect("no thread panics with it") = mode;
        self.shared.set.notify_all();
    }

    /// Requests so far.
    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::Relaxed)
    }

    /// The first requests.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("no thread panics with it").clone()
    }
}

/// One connection, until the other side closes it.
fn serve(stream: TcpStream, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    let Ok(mut out) = stream.try_clone() else { return };
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input) {
        shared.count.fetch_add(1, Ordering::Relaxed);
        let embeds = request.path.ends_with("/embeddings");
        let texts = if embeds { texts(&request.body) } else { 0 };
        {
            let mut requests = shared.requests.lock().expect("no thread panics with it");
            if requests.len() < REMEMBERED {
                requests.push(request);
            }
        }
        let mode = match mode_after_hanging(shared) {
            Mode::Mixed(share, call) => mixed(share, call),
            other => other,
        };
        let (status, retry_after, body) = match mode {
            Mode::Hang | Mode::Drop => return,
            Mode::Status(status, retry_after) => (status, retry_after, "{\"error\": \"sk-echoed-secret\"}".to_owned()),
            Mode::Body(body) => (200, None, body),
            Mode::Slow(wait, call) => {
                std::thread::sleep(wait);
                (200, None, if embeds { vectors(texts) } else { completion(&call) })
            }
            Mode::Call(call) | Mode::Mixed(_, call) => {
                (200, None, if embeds { vectors(texts) } else { completion(&call) })
            }
        };
        let retry_after = retry_after.map(|t| format!("retry-after: {t}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{retry_after}content-length: {}\r\n\r\n",
            body.len()
        );
        if out.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

/// A request may come just before the test sets another mode: it is answered as those after it are.
fn mode_after_hanging(shared: &Shared) -> Mode {
    let mode = shared.mode.lock().expect("no thread panics with it");
    let hangs = |mode: &mut Mode| matches!(mode, Mode::Hang);
    let (mode, _) = shared.set.wait_timeout_while(mode, LONGEST_HANG, hangs).expect("no thread panics with it");
    mode.clone()
}

fn mixed(share: u64, call: Value) -> Mode {
    let draw = RandomState::new().hash_one(1);
    if draw % 100 >= share {
        return Mode::Call(call);
    }
    match draw / 100 % 5 {
        0 => Mode::Status(503, None),
        1 => Mode::Status(429, Some("0.05")),
        2 => Mode::Drop,
        3 => Mode::Body("{\"choices\": [{\"finish_reason\": \"stop\", \"message\": {\"tool_calls\": [{".to_owned()),
        _ => Mode::Slow(Duration::from_millis(3000), call),
    }
}

fn read(input: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    input.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut authorization) = (0usize, None);
    loop {
        let mut header = String::new();
        input.read_line(&mut header).ok().filter(|n| *n > 0)?;
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    Some(Request { path, authorization, body: String::from_utf8_lossy(&body).into_owned() })
}

/// A chat completion in which the model calls the function with these arguments.
pub fn completion(arguments: &Value) -> String {
    json!({
        "choices": [{"finish_reason": "tool_calls", "message": {"role": "assistant", "content": null, "tool_calls": [
            {"id": "1", "type": "function",
             "function": {"name": "classify_business_intent", "arguments": arguments.to_string()}}]}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20},
    })
    .to_string()
}

fn texts(body: &str) -> usize {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["input"].as_array().map_or(0, Vec::len)
}

fn vectors(texts: usize) -> String {
    let data: Vec<Value> = (0..texts).map(|i| json!({"index": i, "embedding": [i, 1]})).collect();
    json!({ "data": data }).to_string()
}
