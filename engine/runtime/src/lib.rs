//! Guiju (规矩): the rules engine behind a small facade.
//!
//! ```text
//! Project::open  →  Project::check  →  Epoch::link  →  run::run | explain::explain | testing::test
//!   files, config      findings          rules that can run    └─►  decide::Decider: one row in, decisions out
//! ```
//! Everything below this crate is pure; this is the shell that reads files, keeps the store and delivers effects.

mod ahead;
pub mod compare;
mod copies;
pub mod decide;
pub mod difference;
pub mod epoch;
pub mod explain;
pub mod feed;
pub mod hits;
pub mod kinds;
mod messages;
pub mod plant;
pub mod project;
mod publish;
pub mod run;
pub mod scaffold;
mod seal;
pub mod serve;
pub mod signed;
mod sinks;
pub mod spark;
pub mod store;
pub mod tables;
pub mod testing;
pub mod watching;

pub use decide::Decider;
pub use epoch::{Epoch, Moment};
pub use guiju_connect as connect;
pub use guiju_core as core;
pub use guiju_eval as eval;
pub use guiju_feed as market;
pub use guiju_fiber as fiber;
pub use guiju_grammar as grammar;
pub use guiju_lang as lang;
#[cfg(feature = "native")]
pub use guiju_native as native;
pub use project::Project;
