//! The store, from outside: what it promises, whatever happens to it.
#![allow(clippy::unwrap_used)] // a test that cannot set up its database has failed
#![allow(clippy::print_stderr)] // a test that is skipped says so

mod desk;
mod forget;
mod kill;
mod model;
mod place;
#[path = "../../../connect/tests/databases/proxy.rs"]
#[allow(dead_code, reason = "the tests of connections use all of it")]
mod proxy;
mod publish;
mod remote;
#[path = "../../../connect/tests/databases/server.rs"]
#[allow(dead_code, reason = "the tests of connections use all of it")]
mod server;
mod trouble;
