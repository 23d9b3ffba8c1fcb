//! Every SQL function, thin, one file per audience.

mod ask;
mod models;
mod embed;
mod operate;
mod validate;
