//! The local encoder, from SQL.

use pgrx::prelude::*;
use router_core::embed::Encoder;

use crate::error::{Error, SqlResult as Result};
use crate::pg::Vector;
use crate::telemetry::{self, Operation};

/// Longer texts are refused: what is asked and taught are questions, and only the first 512 word pieces count.
const MAX_CHARS: usize = 8_192;

/// The unit vector of a text by the local encoder (256 dimensions); the zero vector when nothing in it can be
/// embedded (signs and pictures only). About 10 microseconds for a question.
#[pg_extern(immutable, strict, parallel_safe)]
fn router_embed(text: &str) -> Result<Vector> {
    if text.trim().is_empty() {
        return Err(Error::invalid("there is no text to embed").with_hint("pass the question in plain words").into());
    }
    if text.len() > MAX_CHARS && text.chars().count() > MAX_CHARS {
        return Err(Error::invalid(format!("the text to embed is longer than {MAX_CHARS} characters"))
            .with_hint("embed one question at a time")
            .into());
    }
    let vector = telemetry::observe(Operation::Embed, || Ok(Vector(Encoder::get().encode(text).0.to_vec())));
    Ok(vector?)
}

#[cfg(any(test, feature = "pg_test"))]
#[pg_schema]
mod tests {
    use pgrx::prelude::*;

    use crate::pg::Vector;

    #[pg_test]
    fn near_questions_are_near() -> Result<(), pgrx::spi::SpiError> {
        let distance = |a: &str, b: &str| {
            Spi::get_one_with_args::<f64>("SELECT router_embed($1) <=> router_embed($2)", &[a.into(), b.into()])
        };
        let near = distance("sales by region", "regional revenue")?.unwrap_or(2.0);
        let far = distance("sales by region", "reset my password")?.unwrap_or(0.0);
        assert!(near + 0.3 < far, "{near} {far}");
        assert_eq!(Spi::get_one::<i32>("SELECT vector_dims(router_embed('sales'))")?, Some(256));
        Ok(())
    }

    #[pg_test]
    fn vectors_go_through_binds_and_storage() -> Result<(), pgrx::spi::SpiError> {
        let sent = Vector((0..2000u16).map(f32::from).collect());
        Spi::run("CREATE TEMP TABLE kept (v vector)")?;
        Spi::run_with_args("INSERT INTO kept VALUES ($1)", &[sent.clone().into()])?;
        assert_eq!(Spi::get_one::<Vector>("SELECT v FROM kept")?, Some(sent));
        assert_eq!(Spi::get_one::<Vector>("SELECT '[1,-2.5]'::vector")?, Some(Vector(vec![1.0, -2.5])));
        Ok(())
    }

    #[pg_test(error = "there is no text to embed")]
    fn blank_text_is_refused() -> Result<(), pgrx::spi::SpiError> {
        Spi::run("SELECT router_embed('  ')")
    }

    #[pg_test(error = "the text to embed is longer than 8192 characters")]
    fn long_text_is_refused() -> Result<(), pgrx::spi::SpiError> {
        Spi::run("SELECT router_embed(repeat('sales ', 2000))")
    }
}
