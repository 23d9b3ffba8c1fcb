//! The model router: task types, capabilities, assignment, recommendation, learning.

mod assign;
mod capability;
mod estimate;
mod health;
mod sketch;
mod strategy;

pub use assign::{AgentSlots, Assigned, Method, assign};
pub use capability::{Breakdown, CapabilityError, Offer, Requirement, capability_score};
pub use estimate::{Evidence, Hints, Ranks, overall_success, ranks, smoothed_success};
pub use health::opens_circuit;
pub use sketch::{LatencySketch, MAX_LATENCY_MS};
pub use strategy::Strategy;
