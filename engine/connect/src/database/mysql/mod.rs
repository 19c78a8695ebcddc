//! MySQL and MariaDB. Packets and login answers are `mysql_common`'s; values come as texts (the text protocol).

mod proof;
mod types;
mod wire;

use super::{Found, Line, Session, Trouble, What, session::quoted};
use crate::config::Server;
use wire::{Answer, Wire};

/// A session in its transaction.
pub(crate) struct Mysql(Wire);

/// What the server is told when it has let us in.
const BEGIN: [&str; 4] = [
    "SET NAMES utf8mb4",
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    // One moment for all that is read, and nothing can be changed.
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
];

impl Mysql {
    pub(crate) fn open(server: &Server) -> Result<Self, Trouble> {
        let mut wire = Wire::connect(server)?;
        for statement in BEGIN {
            wire.ask(statement)?;
            wire.end()?;
        }
        Ok(Self(wire))
    }
}

impl Session for Mysql {
    fn columns(&mut self, what: &What<'_>) -> Result<Vec<Found>, Trouble> {
        self.0.ask(&format!("{} LIMIT 0", what.select('`', &[])))?;
        let columns = self.0.head()?;
        while let Answer::Row(_) = self.0.next()? {}
        let table = matches!(what, What::Table(_));
        Ok(columns.iter().map(|column| types::found(column, table)).collect())
    }

    fn tables(&mut self) -> Result<Vec<String>, Trouble> {
        self.0.ask(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1 LIMIT 10000",
        )?;
        self.0.head()?;
        let mut names = Vec::new();
        while let Answer::Row(mut row) = self.0.next()? {
            names.extend(wire::value(&mut row)?.map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
        }
        Ok(names)
    }

    fn rows(&mut self, what: &What<'_>, columns: &[Found], each: &mut dyn FnMut(&Line) -> bool) -> Result<(), Trouble> {
        let names: Vec<String> = columns.iter().map(types::asked).collect();
        self.0.ask(&what.select('`', &names))?;
        self.0.head()?;
        let mut line = Line::default();
        while let Answer::Row(mut row) = self.0.next()? {
            line.clear();
            for column in columns {
                match wire::value(&mut row)? {
                    Some(bytes) => line.value(bytes, column)?,
                    None => line.missing(),
                }
            }
            if !each(&line) {
                return Err(Trouble::Stopped);
            }
        }
        Ok(())
    }
}
