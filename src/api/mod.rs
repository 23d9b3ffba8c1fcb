//! Every SQL function, thin, one file per audience.

mod ask;
mod embed;
mod models;
mod operate;
mod teach;
mod validate;
