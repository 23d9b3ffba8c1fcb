//! The model router: task types, capabilities, assignment, recommendation, learning.

mod arabic;
mod assign;
mod capability;
pub mod choose;
mod estimate;
mod fit;
mod health;
mod learner;
mod prompt;
mod record;
mod ridge;
mod sketch;
mod softmax;
mod strategy;
mod surface;
mod task_type;

pub use arabic::arabic;
pub use assign::{AgentSlots, Assigned, Method, assign};
pub use capability::{Breakdown, CapabilityError, Offer, Requirement, capability_fit, capability_score};
pub use choose::{Explore, Prospect};
pub use estimate::{Evidence, Hints, Ranks, overall_success, ranks, smoothed_success};
pub use fit::{Fitted, Fitting, LEAST_TO_FIT, Sample};
pub use health::opens_circuit;
pub use learner::{Basis, Expectation, Knowledge, NEAR_BY_VECTOR, Neighbour, Tallies, Tally};
pub use prompt::PromptFeatures;
pub use record::{Micros, Recent, Record, Seen, TypedRecord, is_time_to_judge, judged_latency};
pub use sketch::{LatencySketch, MAX_LATENCY_MS};
pub use softmax::Softmax;
pub use strategy::Strategy;
pub use surface::shape;
pub use task_type::{ARABIC, CLASSIFIED, task_features, task_type, task_type_of};
