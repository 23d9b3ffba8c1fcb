//! The worker's tables.

use pgrx::extension_sql_file;

extension_sql_file!("../../sql/worker/tables.sql", name = "worker_tables", requires = ["models_triggers"]);
