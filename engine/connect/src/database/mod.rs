//! Databases as sources: PostgreSQL, MySQL and MariaDB, SQLite.
//!
//! A table is never read from the database while rules are evaluated. It is copied first, all tables of one connection in one
//! read-only transaction that sees one moment, into Parquet files that appear together or not at all; the run then reads those.
//! So a change during a run cannot mix into it, a server that hangs stops nothing halfway, and a copy can stand in for a server
//! that is away. Values travel as the texts that the database itself writes: nothing is rounded on the way.
//!
//! | PostgreSQL | MySQL, MariaDB | SQLite (as declared) | type |
//! |---|---|---|---|
//! | boolean | tinyint(1), bit(1) | boolean | bool |
//! | smallint, integer, bigint | tinyint … bigint, year | integer … | integer |
//! | | bigint unsigned | | decimal(20,0) |
//! | numeric(p,s), p ≤ 38 | decimal(p,s), p ≤ 38 | decimal(p,s) | decimal(p,s) |
//! | numeric | | | decimal(38,18), as Spark reads it |
//! | real, double precision | float, double | real, double, float | real |
//! | text, varchar, char, name, uuid, json, jsonb, xml, enums | char, varchar, text, enum, set, json | text, varchar, char … | text |
//! | date | date | date | date |
//! | time | time | time | time |
//! | timestamptz | timestamp | | timestamp |
//! | timestamp, read in the connection's `zone` | datetime, likewise | datetime, timestamp, likewise | timestamp |
//!
//! Everything else cannot be used, and is a finding only if a rule uses it; a query can turn it into something else.

mod ask;
mod copy;
mod hold;
mod mysql;
mod postgres;
mod problem;
mod session;
mod socket;
mod sqlite;

pub(crate) use ask::Asked;
pub use copy::{Copied, Taken, Wanted, obtain, temporary};
pub use hold::{Held, held};
pub use postgres::{Answer, Client, Fault, Given, Outcome};
pub(crate) use problem::Trouble;
pub use problem::span;
pub(crate) use session::{Found, Line, Session, What, describe, open};

use crate::config::Connection;

/// A source as findings name it: `crm:managers`.
pub(crate) fn shown(connection: &Connection, object: &str) -> String {
    format!("{}:{}", connection.name, object.split_whitespace().collect::<Vec<_>>().join(" "))
}
