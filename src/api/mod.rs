//! Every SQL function, thin, one file per audience.

mod ask;
mod cache;
mod embed;
mod golden;
mod models;
mod operate;
mod similar;
mod teach;
mod validate;
mod worker;
