//! One call: attempts at it, with waits in between, until it succeeds or its time is over.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use router_core::remote::{Admission, Draft, delay, read_embeddings, read_reply, retry_after};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};

use super::Address;
use super::order::{Answer, Failure, Kind};
use crate::pg::worker::endpoints::{self, End};

/// Bytes of an answer's body.
const LARGEST: usize = 2 * 1024 * 1024;
/// Bytes of an error's body that are read and thrown away, so that the connection can be used again.
const LARGEST_ERROR: usize = 64 * 1024;
/// An attempt that was given less time than this says nothing of the endpoint when it times out.
const FAIR: Duration = Duration::from_secs(1);

/// Everything one call needs; nothing of it touches the server's state but the endpoint's record.
pub struct Call {
    pub kind: Kind,
    pub address: Address,
    pub secret: Option<String>,
    pub body: Vec<u8>,
    /// Texts, of a call for embeddings.
    pub texts: usize,
    pub client: Client,
    pub endpoint: u64,
    pub turns: Arc<Semaphore>,
    pub deadline: Instant,
    pub attempts: u32,
    pub hedge_after: Option<Duration>,
}

/// What an attempt gave.
struct Content {
    text: String,
    input_tokens: u32,
    output_tokens: u32,
    hedged: bool,
}

struct Failed {
    failure: Failure,
    /// Milliseconds for which the endpoint wants to be left alone.
    asked: Option<u64>,
}

/// A request under way, in the endpoint's record; withdrawn when the call is dropped in between.
struct UnderWay {
    endpoint: u64,
    end: End,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        endpoints::ended(self.endpoint, self.end);
    }
}

/// Has a call ended before its time: its caller left, or the worker leaves.
pub struct Ending {
    told: Notify,
    why: Cell<Failure>,
}

impl Ending {
    pub fn new() -> Self {
        Self { told: Notify::new(), why: Cell::new(Failure::Left) }
    }

    pub fn tell(&self, why: Failure) {
        self.why.set(why);
        self.told.notify_one();
    }
}

/// Makes the call; what was begun is accounted for when it is told to end.
pub async fn perform(call: &Call, ending: &Ending) -> Answer {
    let attempts = Cell::new(0);
    let began = Instant::now();
    tokio::select! {
        biased;
        answer = try_repeatedly(call, &attempts) => answer,
        () = ending.told.notified() => Answer {
            attempts: attempts.get(),
            latency_ms: began.elapsed().as_secs_f64() * 1000.0,
            ..Answer::failed(ending.why.get())
        },
    }
}

async fn try_repeatedly(call: &Call, counted: &Cell<u32>) -> Answer {
    let began = Instant::now();
    let mut attempts = 0;
    let settle = |attempts: u32, outcome: Result<Content, Failure>| Answer {
        attempts,
        latency_ms: began.elapsed().as_secs_f64() * 1000.0,
        ..match outcome {
            Err(failure) => Answer::failed(failure),
            Ok(content) => Answer {
                content: content.text,
                input_tokens: content.input_tokens,
                output_tokens: content.output_tokens,
                hedged: content.hedged,
                ..Answer::default()
            },
        }
    };
    loop {
        let Ok(Ok(turn)) = timeout_at(call.deadline, call.turns.acquire()).await else {
            return settle(attempts, Err(Failure::Busy));
        };
        match endpoints::begin(call.endpoint) {
            Admission::Yes | Admission::Probe => {}
            Admission::No { .. } => return settle(attempts, Err(Failure::CircuitOpen)),
            Admission::Pause { wait } => {
                // Whoever waits keeps nobody from their turn, and comes back in his own moment.
                drop(turn);
                let wait = Duration::from_micros(wait.unsigned_abs()) + Duration::from_secs_f64(0.05 * draw());
                if Instant::now() + wait >= call.deadline {
                    return settle(attempts, Err(Failure::RateLimited));
                }
                sleep(wait).await;
                continue;
            }
        }
        attempts += 1;
        counted.set(attempts);
        let mut under_way = UnderWay { endpoint: call.endpoint, end: End::Nothing };
        let sent = Instant::now();
        let outcome = match timeout_at(call.deadline, hedged(call)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failed { failure: Failure::Timeout, asked: None }),
        };
        under_way.end = end(&outcome, sent.elapsed());
        drop(under_way);
        drop(turn);
        let failed = match outcome {
            Ok(content) => return settle(attempts, Ok(content)),
            Err(failed) => failed,
        };
        let wait = Duration::from_millis(delay(attempts, failed.asked, draw()));
        let pointless = !failed.failure.may_pass() || attempts >= call.attempts;
        if pointless || Instant::now() + wait >= call.deadline {
            return settle(attempts, Err(failed.failure));
        }
        sleep(wait).await;
    }
}

fn end(outcome: &Result<Content, Failed>, waited: Duration) -> End {
    match outcome {
        Ok(_) => End::Success,
        Err(Failed { failure: Failure::Timeout, .. }) if waited < FAIR => End::Nothing,
        Err(Failed { failure, asked }) if failure.is_endpoints() => {
            End::Failure { asked: asked.and_then(|ms| i64::try_from(ms).ok()).map(|ms| ms * 1000) }
        }
        // An answer, even a useless one, says that the endpoint is there.
        Err(_) => End::Success,
    }
}

/// Uniform in [0, 1).
fn draw() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1u64 << 53) as f64
}

/// One request, or two where the first takes its time.
async fn hedged(call: &Call) -> Result<Content, Failed> {
    let Some(after) = call.hedge_after else { return request(call).await };
    let first = request(call);
    tokio::pin!(first);
    tokio::select! {
        outcome = &mut first => return outcome,
        () = sleep(after) => {}
    }
    let second = request(call);
    tokio::pin!(second);
    // The first success counts; a failure waits for the other.
    let outcome = tokio::select! {
        outcome = &mut first => if outcome.is_ok() { outcome } else { second.await },
        outcome = &mut second => if outcome.is_ok() { outcome } else { first.await },
    };
    outcome.map(|content| Content { hedged: true, ..content })
}

async fn request(call: &Call) -> Result<Content, Failed> {
    let failed = |failure| Failed { failure, asked: None };
    let mut request = call
        .client
        .post(call.address.url.clone())
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(call.body.clone());
    if let Some(secret) = &call.secret {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {secret}")).map_err(|_| failed(Failure::Configuration))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let response = request.send().await.map_err(|error| failed(of_error(&error)))?;
    let status = response.status();
    if !status.is_success() {
        let asked = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
        let asked = asked.and_then(|text| retry_after(text, jiff::Timestamp::now()));
        // What it says may repeat the key, or be anything.
        drop(read(response, LARGEST_ERROR).await);
        return Err(Failed { failure: of_status(status), asked });
    }
    let body = read(response, LARGEST).await.map_err(failed)?;
    content(call, &body).map_err(failed)
}

async fn read(mut response: Response, most: usize) -> Result<String, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| of_error(&error))? {
        if body.len() + chunk.len() > most {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| Failure::Malformed)
}

fn content(call: &Call, body: &str) -> Result<Content, Failure> {
    match call.kind {
        Kind::Classify => {
            let reply = read_reply(body).map_err(|_| Failure::Malformed)?;
            Draft::parse(&reply.arguments).map_err(|_| Failure::Malformed)?;
            let (input_tokens, output_tokens) = (reply.usage.input, reply.usage.output);
            Ok(Content { text: reply.arguments, input_tokens, output_tokens, hedged: false })
        }
        Kind::Embed => {
            let vectors = read_embeddings(body, call.texts).ok_or(Failure::Malformed)?;
            let text = serde_json::to_string(&vectors).map_err(|_| Failure::Malformed)?;
            Ok(Content { text, input_tokens: 0, output_tokens: 0, hedged: false })
        }
    }
}

fn of_status(status: StatusCode) -> Failure {
    match status.as_u16() {
        401 | 403 => Failure::Unauthorized,
        429 => Failure::RateLimited,
        408 | 409 | 500.. => Failure::Server,
        _ => Failure::Rejected,
    }
}

fn of_error(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_builder() {
        Failure::Configuration
    } else {
        Failure::Connection
    }
}
