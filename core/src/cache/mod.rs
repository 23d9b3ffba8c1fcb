//! A bounded cache in a piece of memory that it is given: what the shared caches of a server are made of.

mod like;
mod slab;

pub use like::like;
pub use slab::{Lookup, Meta, Put, Slab, Usage};
