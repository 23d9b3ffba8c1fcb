//! Talking to a language model, the part that needs no network: what is asked, how little of the answer is believed,
//! when to try again and when to leave an endpoint alone.

mod agree;
mod backoff;
mod breaker;
mod budget;
mod draft;
mod embeddings;
mod reply;
mod request;
mod resolve;

#[cfg(test)]
mod tests;

pub use agree::{Agreement, Weighed, agreement, weigh};
pub use backoff::{delay, retry_after};
pub use breaker::{Admission, Breaker};
pub use budget::Budgets;
pub use draft::{Draft, DraftError, FUNCTION, parameters};
pub use embeddings::{embeddings_request, read_embeddings};
pub use reply::{Reply, ReplyError, Usage, read_reply};
pub use request::{Output, Share, chat_request};
pub use resolve::{Resolution, resolve};
