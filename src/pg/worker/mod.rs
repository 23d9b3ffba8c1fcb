//! What backends, the launcher and the workers share.

pub mod board;
