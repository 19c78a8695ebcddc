//! A plant's records, wherever they are kept, and what is reserved in it: the shell around [`guiju_fiber`].
//!
//! A plant is a folder of tables (`cables.csv`, `rooms.parquet`, …, each named after what it holds), or a YAML file that says where each table
//! is: rows in the file itself, a file beside it, a table or a query of a connection of guiju.yaml. It is a source with a version of its own
//! and no part of an epoch: the digest says which records a route was planned on.

mod import;
mod ledger;
mod read;
pub mod rule;
mod wrong;

pub use import::{Import, Imported, import, of_json, write};
pub use ledger::{Ledger, LedgerError, Past};
pub use read::{Plant, read};
pub use wrong::{contradiction, denied};
