//! The semantic model as the database holds it: registration, loading, invalidation.

mod cache;
mod changed;
pub mod changes;
mod columns;
mod compiled;
mod files;
mod harvest;
mod load;
mod privileges;
mod references;
mod register;
mod relations;
mod state;
mod store;
mod subject;
mod teach;
#[cfg(any(test, feature = "pg_test"))]
mod tests;

pub use cache::{RoleModel, model, registered_relations};
pub use privileges::{grant, is_admin};
pub use register::register;
pub use relations::{RegisteredRelation, RegisteredRelations};
pub use teach::{add_synonym, refresh, refresh_all, registered_by_name, remove_synonym, shown_name, unregister};

use crate::error::Error;

/// What is said of a relation that is not registered, and of one that the caller may not see.
pub fn not_registered(name: &str) -> Error {
    Error::no_dataset(format!("relation \"{name}\" is not registered"))
        .with_hint("register it: SELECT router_register('schema.table')")
}

pgrx::extension_sql_file!("../../sql/catalog/tables.sql", name = "catalog_tables", requires = ["bootstrap"]);
pgrx::extension_sql_file!(
    "../../sql/catalog/triggers.sql",
    name = "catalog_triggers",
    requires = ["catalog_tables", changed::router_semantic_changed]
);
