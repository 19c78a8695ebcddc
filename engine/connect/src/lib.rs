//! Inputs and outputs of the engine: files and databases in, files and SQLite out. Everything from outside is bounded and checked here; what goes
//! wrong is a finding that names the file and the row. Used by the runtime only.

pub mod cache;
pub mod calendar;
pub mod config;
pub mod database;
mod facts;
mod feeds;
#[doc(hidden)]
pub mod fuzz;
pub mod identity;
pub mod infer;
pub mod inlet;
pub mod inspect;
pub mod keys;
pub mod lake;
pub mod locate;
pub mod market;
mod nats;
mod problem;
pub mod read;
pub mod schemas;
pub mod send;
pub mod sheet;
mod show;
pub mod sink;
pub mod text;
mod toml;
pub mod yaml;
