//! SQLite. A column holds what it is declared to hold, or that is a finding: SQLite itself does not mind.

use super::{
    Found, Line, Session, Trouble, What,
    session::{Written, quoted},
};
use crate::infer::Guess;
use guiju_lang::ty::{DecimalType, Type};
use rusqlite::{Connection, ErrorCode, OpenFlags, types::ValueRef};
use std::{collections::HashMap, path::Path, time::Duration};

/// How long another program may hold the database.
const PATIENCE: Duration = Duration::from_secs(10);
/// Rows that are looked at where a query's column is declared nowhere.
const SAMPLE: usize = 10_000;

/// A database in a read transaction.
pub(crate) struct Sqlite(Connection);

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self, Trouble> {
        let unreachable = |e: rusqlite::Error| Trouble::Unreachable(format!("{}: {e}", path.display()));
        let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(unreachable)?;
        database.busy_timeout(PATIENCE).map_err(unreachable)?;
        // The transaction sees the moment of its first question, so one is asked.
        database.execute_batch("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1").map_err(unreachable)?;
        Ok(Self(database))
    }

    fn declared(&self, what: &What<'_>) -> rusqlite::Result<Vec<(String, Option<String>)>> {
        let statement = self.0.prepare(&what.select('"', &[]))?;
        Ok(statement.columns().map(|c| (c.name().to_owned(), c.decl_type().map(str::to_owned))).collect())
    }

    /// Columns of a table that cannot be missing.
    fn required(&self, table: &str) -> rusqlite::Result<HashMap<String, bool>> {
        let mut query = self.0.prepare("SELECT name, \"notnull\" FROM pragma_table_info(?1)")?;
        query.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    fn guess(&self, what: &What<'_>, column: &str) -> Result<Type, Trouble> {
        let sql = format!("{} LIMIT {SAMPLE}", what.select('"', &[quoted(column, '"')]));
        let mut statement = self.0.prepare(&sql).map_err(|e| trouble(&e))?;
        let mut rows = statement.query([]).map_err(|e| trouble(&e))?;
        let mut guess = Guess::default();
        while let Some(row) = rows.next().map_err(|e| trouble(&e))? {
            match row.get_ref(0).map_err(|e| trouble(&e))? {
                ValueRef::Null => {}
                ValueRef::Integer(number) => guess.see(&number.to_string()),
                ValueRef::Real(number) => guess.see(&number.to_string()),
                ValueRef::Text(text) => guess.see(&String::from_utf8_lossy(text)),
                ValueRef::Blob(_) => guess.see("blob"),
            }
        }
        Ok(guess.result())
    }
}

impl Session for Sqlite {
    fn columns(&mut self, what: &What<'_>) -> Result<Vec<Found>, Trouble> {
        let declared = self.declared(what).map_err(|e| trouble(&e))?;
        let required = match what {
            What::Table(parts) => self.required(parts.last().copied().unwrap_or_default()).map_err(|e| trouble(&e))?,
            What::Query(_) => HashMap::new(),
        };
        let found = declared.into_iter().map(|(name, declared)| {
            let nullable = !required.get(&name).copied().unwrap_or(false);
            Ok(match declared {
                None => Found::usable(&name, self.guess(what, &name)?, Written::Plain, nullable),
                Some(word) => match type_of(&word) {
                    Some(ty) => Found::usable(&name, ty, Written::Plain, nullable),
                    None => Found::unusable(&name, &word),
                },
            })
        });
        found.collect()
    }

    fn tables(&mut self) -> Result<Vec<String>, Trouble> {
        let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY 1 LIMIT 10000";
        let mut query = self.0.prepare(sql).map_err(|e| trouble(&e))?;
        let names = query.query_map([], |row| row.get(0)).map_err(|e| trouble(&e))?;
        names.collect::<rusqlite::Result<_>>().map_err(|e| trouble(&e))
    }

    fn rows(&mut self, what: &What<'_>, columns: &[Found], each: &mut dyn FnMut(&Line) -> bool) -> Result<(), Trouble> {
        let names: Vec<String> = columns.iter().map(|c| quoted(&c.name, '"')).collect();
        let mut statement = self.0.prepare(&what.select('"', &names)).map_err(|e| trouble(&e))?;
        let mut rows = statement.query([]).map_err(|e| trouble(&e))?;
        let mut line = Line::default();
        while let Some(row) = rows.next().map_err(|e| trouble(&e))? {
            line.clear();
            for (i, column) in columns.iter().enumerate() {
                match row.get_ref(i).map_err(|e| trouble(&e))? {
                    ValueRef::Null => line.missing(),
                    ValueRef::Integer(number) => line.text(&number.to_string()),
                    // The shortest digits that mean this very number.
                    ValueRef::Real(number) => line.text(&number.to_string()),
                    ValueRef::Text(text) => line.value(text, column)?,
                    ValueRef::Blob(_) => return Err(Trouble::NotText(column.name.clone())),
                }
            }
            if !each(&line) {
                return Err(Trouble::Stopped);
            }
        }
        Ok(())
    }
}

fn trouble(error: &rusqlite::Error) -> Trouble {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::Silent(PATIENCE),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Trouble::Unreachable(error.to_string()),
        _ if error.to_string().contains("no such table") => Trouble::NoTable(None),
        _ => Trouble::Statement(error.to_string()),
    }
}

/// The type behind a declaration such as `VARCHAR(20)` or `decimal(18, 2)`.
fn type_of(declared: &str) -> Option<Type> {
    let lower = declared.trim().to_ascii_lowercase();
    let (word, rest) = lower.split_once('(').unwrap_or((&lower, ""));
    Some(match word.trim() {
        "bool" | "boolean" => Type::Bool,
        "decimal" | "numeric" => Type::Decimal(precision(rest)?),
        "real" | "float" | "double" | "double precision" => Type::Real,
        "date" => Type::Date,
        "time" => Type::Time,
        "datetime" | "timestamp" => Type::Timestamp,
        "json" => Type::Text,
        // SQLite's own rules, in their order (its "Datatypes", 3.1).
        other if other.contains("int") => Type::Integer,
        other if ["char", "clob", "text"].iter().any(|part| other.contains(part)) => Type::Text,
        _ => return None,
    })
}

/// `18, 2)`; a decimal without digits could be anything.
fn precision(text: &str) -> Option<DecimalType> {
    let inside = text.split(')').next()?;
    let (precision, scale) = inside.split_once(',').unwrap_or((inside, "0"));
    let (precision, scale): (u8, u8) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    (precision > 0 && precision <= 38 && scale <= precision).then_some(DecimalType { precision, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types() {
        let decimal = |precision, scale| Some(Type::Decimal(DecimalType { precision, scale }));
        for (declared, want) in [
            ("INTEGER", Some(Type::Integer)),
            ("unsigned big int", Some(Type::Integer)),
            ("VARCHAR(20)", Some(Type::Text)),
            ("decimal(18, 2)", decimal(18, 2)),
            ("NUMERIC(5)", decimal(5, 0)),
            ("NUMERIC", None),
            ("decimal(50,2)", None),
            ("BLOB", None),
            ("timestamp", Some(Type::Timestamp)),
            ("Boolean", Some(Type::Bool)),
        ] {
            assert_eq!(type_of(declared), want, "{declared}");
        }
    }
}
