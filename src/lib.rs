//! `router`: plain-language questions to governed SQL, and tasks to the right agent and model.
#![cfg_attr(any(test, feature = "pg_test"), allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod api;
mod asking;
mod cache;
mod catalog;
mod error;
mod execute;
mod golden;
mod guard;
mod guc;
mod models;
mod pg;
mod similarity;
mod telemetry;
mod worker;

pgrx::pg_module_magic!(name, version);

pgrx::extension_sql_file!("../sql/bootstrap.sql", name = "bootstrap", bootstrap);
pgrx::extension_sql_file!("../sql/grants.sql", name = "grants", finalize);

/// Called once per process, when the library is loaded.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    pg::allocator::keep_freed_blocks();
    guc::init();
    router_core::route::warm_up();
    pg::bar::init();
    pg::rate_table::init();
    telemetry::init();
    worker::init();
    pg::mapped::init();
    pg::writes::init();
    cache::init();
}

#[cfg(test)]
pub mod pg_test {
    pub fn setup(_options: Vec<&str>) {}

    pub fn postgresql_conf_options() -> Vec<&'static str> {
        vec!["shared_preload_libraries = 'router'"]
    }
}
