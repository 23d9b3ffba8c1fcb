//! Every SQL function, thin, one file per audience.

mod models;
mod operate;
mod validate;
