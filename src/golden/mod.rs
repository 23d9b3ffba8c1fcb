//! Questions whose answer must stay what it is, and old answers gone over again.

mod check;
mod pin;
mod replay;

pub use check::check;
pub use pin::{pin, unpin};
pub use replay::replay;

pgrx::extension_sql_file!("../../sql/golden/tables.sql", name = "golden_tables", requires = ["bootstrap"]);
