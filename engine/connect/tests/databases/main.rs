//! Databases as sources, on real servers: `cargo xtask test` starts them on loopback and says where they are. Without them only
//! the tests of SQLite run.

#![allow(clippy::unwrap_used)] // a test that cannot set up its tables has failed
#![allow(clippy::print_stderr)] // a test that is skipped says so

mod agree;
mod copies;
mod proxy;
mod server;
mod size;
mod trouble;
mod types;
