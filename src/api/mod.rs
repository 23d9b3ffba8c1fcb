//! Every SQL function, thin, one file per audience.

mod operate;
mod validate;
