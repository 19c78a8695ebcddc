//! The engine beside DuckDB, on random tables: `cargo xtask test duckdb` installs it. `GUIJU_PEERS` names the virtual environment;
//! without it these tests say so and do nothing.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot read its own files has failed
#![allow(clippy::print_stdout, reason = "what was skipped, and how much was compared")]

mod condition;
mod rows;
mod table;
mod value;
