//! Every SQL function, thin, one file per audience.

mod models;
mod ask;
mod operate;
mod validate;
