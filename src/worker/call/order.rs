//! What a caller asks of the worker, and what it gets back: as JSON, through a slot of shared memory.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which of an endpoint's functions is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `classify_business_intent` as a chat completion.
    Classify,
    Embed,
}

impl Kind {
    pub fn path(self) -> &'static str {
        match self {
            Self::Classify => "chat/completions",
            Self::Embed => "embeddings",
        }
    }
}

/// One call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub kind: Kind,
    pub request_id: String,
    pub agent_id: String,
    pub base_url: String,
    pub secret_name: Option<String>,
    pub model_id: String,
    /// The body, as it goes out.
    pub body: Value,
    /// Dollars per million tokens.
    pub input_price: f64,
    pub output_price: f64,
    /// Dollars; `None`: as the settings say.
    pub daily_budget: Option<f64>,
    pub max_in_flight: Option<usize>,
    /// What `router_recommend` said, cut to the chosen candidate: written down with the outcome.
    pub recommendation: Option<Value>,
    /// The question, for what is learned of it.
    pub prompt: String,
    /// Nobody waits for the answer: it is compared with this.
    pub shadow: Option<Shadow>,
}

/// The router's own reading of a question that a model reads later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shadow {
    pub role: String,
    pub context: Value,
    /// Null where there was none.
    pub spec: Value,
    pub confidence: f32,
    pub unsure: bool,
}

/// Why a call failed, from a closed list: nothing that an endpoint says can get into a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The address or the secret is not usable; see the server's log.
    Configuration,
    /// The endpoint is left alone for now.
    CircuitOpen,
    Budget,
    /// Too many requests to it are under way.
    Busy,
    Timeout,
    Connection,
    RateLimited,
    /// 401, 403.
    Unauthorized,
    /// Another 4xx: the request itself is wrong.
    Rejected,
    /// 5xx.
    Server,
    TooLarge,
    /// The body is not what was asked for.
    Malformed,
    /// Nobody waits for the answer any more.
    Left,
}

impl Failure {
    /// In words, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Configuration => "the endpoint's address or secret is not usable",
            Self::CircuitOpen => "the endpoint has failed too often and is left alone for a while",
            Self::Budget => "the agent's budget for today is spent",
            Self::Busy => "too many requests to the endpoint are under way",
            Self::Timeout => "no answer in time",
            Self::Connection => "no connection, or it broke",
            Self::RateLimited => "rate limited by the endpoint",
            Self::Unauthorized => "the endpoint does not accept the key",
            Self::Rejected => "the endpoint rejected the request",
            Self::Server => "the endpoint had an error",
            Self::TooLarge => "the answer is too large",
            Self::Malformed => "the answer is not what was asked for",
            Self::Left => "the caller left",
        }
    }

    /// Whether another attempt may go better.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Timeout | Self::Connection | Self::RateLimited | Self::Server | Self::Malformed)
    }

    /// Whether it is the endpoint's fault, and a reason to leave it alone.
    pub fn is_endpoints(self) -> bool {
        matches!(self, Self::Timeout | Self::Connection | Self::RateLimited | Self::Unauthorized | Self::Server)
    }
}

/// What came of a call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Answer {
    pub failure: Option<Failure>,
    /// The function's arguments, or the embeddings as a JSON array; empty after a failure.
    pub content: String,
    pub input_tokens: u32,
    pub output_tokens: u32,
    pub attempts: u32,
    /// A second request was sent beside the one without an answer.
    pub hedged: bool,
    pub latency_ms: f64,
}

impl Answer {
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

/// An order with its answer, to be written down.
#[derive(Debug, Clone)]
pub struct Settled {
    pub order: Order,
    pub answer: Answer,
    /// Dollars.
    pub cost: f64,
    /// The queue's entry it came from.
    pub queued: Option<i64>,
}
