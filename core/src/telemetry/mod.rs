//! What telemetry is made of: counters, histograms and a ring over plain shared words, the records that pass through
//! the ring, the kinds of errors, the text that Prometheus reads. No shared memory of its own.

mod exposition;
mod kind;
mod meter;
mod record;
mod ring;
mod tuning;

pub use exposition::Exposition;
pub use kind::{ErrorKind, Recovery};
pub use meter::{METER_WORDS, Meter, Summary};
pub use record::{Decision, Failure, Record, Repeat};
pub use ring::{Batch, Ring, RingCounts};
pub use tuning::{Advice, CacheUse, advise};
