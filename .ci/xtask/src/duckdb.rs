//! The engine's rows beside DuckDB's, on random tables.

use crate::bench::Strictness;
use crate::report::{Outcome, passes};
use crate::wheels;
use crate::workspace::cargo;

/// Random rules over random tables, there and here; other tables every time if there is time for many.
pub(crate) fn test(strictness: Strictness) -> Outcome {
    let home = wheels::peers()?;
    let mut test = cargo(["test", "--workspace", "--locked", "--test", "duckdb", "--", "--nocapture"]);
    test.env("GUIJU_PEERS", home);
    match strictness {
        Strictness::Smoke => test.env_remove("GUIJU_DUCKDB_TABLES").env_remove("GUIJU_DUCKDB_SEED"),
        Strictness::Exact => test.env("GUIJU_DUCKDB_TABLES", "600").env("GUIJU_DUCKDB_SEED", seed()),
    };
    passes(test).map(|()| String::new())
}

/// Told by the test, so that a table can be had again.
fn seed() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    now.as_secs().to_string()
}
