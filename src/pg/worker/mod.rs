//! What backends, the launcher and the workers share.

pub mod board;
pub mod endpoints;
pub mod slots;
