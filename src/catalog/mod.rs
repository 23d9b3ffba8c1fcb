//! The semantic model as the database holds it: registration, loading, invalidation.

mod cache;
mod changed;
mod columns;
mod load;
mod relations;

pub use cache::{RoleModel, model};
pub use relations::{RegisteredRelation, RegisteredRelations, registered_relations};

pgrx::extension_sql_file!("../../sql/catalog/tables.sql", name = "catalog_tables", requires = ["bootstrap"]);
pgrx::extension_sql_file!(
    "../../sql/catalog/triggers.sql",
    name = "catalog_triggers",
    requires = ["catalog_tables", changed::router_semantic_changed]
);
