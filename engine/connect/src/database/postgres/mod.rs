//! PostgreSQL. Its messages and its login are `postgres-protocol`'s; values come as texts (format 0).

mod client;
mod types;
mod wire;

pub use client::{Answer, Client, Fault, Given, Outcome};

use super::{Found, Line, Session, Trouble, What, session::quoted};
use crate::config::Server;
use postgres_protocol::message::backend::Message;
use types::Told;
use wire::Wire;

/// A session in its transaction.
pub(crate) struct Postgres {
    wire: Wire,
}

/// What the server is told when it has let us in. One moment for all that is read, and nothing can be changed.
const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// So many rows are asked for at once.
const FETCH: i32 = 10_000;

impl Postgres {
    pub(crate) fn open(server: &Server) -> Result<Self, Trouble> {
        let mut wire = Wire::connect(server)?;
        wire.command(BEGIN)?;
        Ok(Self { wire })
    }

    /// Rows of a question of our own, as texts.
    fn ask(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Trouble> {
        let mut rows = Vec::new();
        self.wire.ask(sql)?;
        self.wire.answer(|message| {
            if let Message::DataRow(row) = message {
                rows.push(wire::texts(&row)?);
            }
            Ok(true)
        })?;
        Ok(rows)
    }

    /// What the server's own tables say of types and columns that the description only numbers.
    fn fill_in(&mut self, told: &mut [Told], table: bool) -> Result<(), Trouble> {
        let odd: Vec<String> = told.iter().filter(|t| !t.is_known()).map(|t| t.oid.to_string()).collect();
        if !odd.is_empty() {
            let sql = format!("SELECT oid, typname, typtype FROM pg_catalog.pg_type WHERE oid IN ({})", odd.join(","));
            for row in self.ask(&sql)? {
                let [Some(oid), Some(name), Some(kind)] = row.as_slice() else { continue };
                for told in told.iter_mut().filter(|t| t.oid.to_string() == *oid) {
                    told.name_of_type.clone_from(name);
                    told.is_enum = kind == "e";
                }
            }
        }
        // Of a query a column may be missing although its table's is not: an outer join does that.
        let tables: Vec<String> = told.iter().filter(|t| table && t.table > 0).map(|t| t.table.to_string()).collect();
        if !tables.is_empty() {
            let sql = format!(
                "SELECT attrelid, attnum FROM pg_catalog.pg_attribute WHERE attnotnull AND attrelid IN ({})",
                tables.join(",")
            );
            for row in self.ask(&sql)? {
                let [Some(table), Some(column)] = row.as_slice() else { continue };
                let same = |t: &&mut Told| t.table.to_string() == *table && t.column.to_string() == *column;
                told.iter_mut().filter(same).for_each(|t| t.nullable = false);
            }
        }
        Ok(())
    }
}

impl Session for Postgres {
    fn columns(&mut self, what: &What<'_>) -> Result<Vec<Found>, Trouble> {
        let mut told = Vec::new();
        self.wire.describe(&what.select('"', &[]))?;
        let described = self.wire.answer(|message| {
            if let Message::RowDescription(body) = message {
                told = types::told(&body)?;
            }
            Ok(true)
        });
        if let Err(trouble) = described {
            // The transaction has failed; the next question begins another.
            self.wire.command("ROLLBACK")?;
            self.wire.command(BEGIN)?;
            return Err(trouble);
        }
        self.fill_in(&mut told, matches!(what, What::Table(_)))?;
        Ok(told.iter().map(Told::found).collect())
    }

    fn tables(&mut self) -> Result<Vec<String>, Trouble> {
        let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') \
                   ORDER BY 1 LIMIT 10000";
        Ok(self.ask(sql)?.into_iter().flatten().flatten().collect())
    }

    fn rows(&mut self, what: &What<'_>, columns: &[Found], each: &mut dyn FnMut(&Line) -> bool) -> Result<(), Trouble> {
        let names: Vec<String> = columns.iter().map(|c| quoted(&c.name, '"')).collect();
        let mut line = Line::default();
        self.wire.fetch(&what.select('"', &names), FETCH)?;
        let mut stopped = false;
        let done = self.wire.answer_by(FETCH, |message| {
            if let Message::DataRow(row) = message {
                wire::line(&row, columns, &mut line)?;
                stopped = !each(&line);
            }
            Ok(!stopped)
        });
        if stopped { Err(Trouble::Stopped) } else { done }
    }
}
