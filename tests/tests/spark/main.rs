//! The engine beside a real Spark 3.5.6: `cargo xtask test spark` installs it. `GUIJU_SPARK` names the virtual environment; without
//! it these tests say so and do nothing.
#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot read its own files has failed
#![allow(clippy::print_stdout, reason = "what was skipped, and how much could be said")]

mod expressions;
mod home;
mod runs;
mod trouble;
