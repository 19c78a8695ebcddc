//! One read-only look at a database, the same for all kinds.

use super::{Trouble, mysql, postgres, sqlite};
use crate::{
    config::{Connection, Kind},
    problem as general,
};
use guiju_lang::ty::Type;
use std::ops::Range;

/// A database in a read-only transaction that sees one moment, from the first question to the last.
pub(crate) trait Session {
    /// The columns of a table or query.
    fn columns(&mut self, what: &What<'_>) -> Result<Vec<Found>, Trouble>;
    /// The names of tables, for "did you mean".
    fn tables(&mut self) -> Result<Vec<String>, Trouble>;
    /// Gives the rows, one by one, as they come: only a bounded part of them is in memory. `each` says whether to go on.
    fn rows(&mut self, what: &What<'_>, columns: &[Found], each: &mut dyn FnMut(&Line) -> bool) -> Result<(), Trouble>;
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What<'a> {
    /// A table or view; the parts of its name, the last one its own.
    Table(Vec<&'a str>),
    /// A query.
    Query(&'a str),
}

impl<'a> What<'a> {
    /// The text of a source's `table "…"` or `query "…"`. A table cannot be called `select …`, so the text says itself which it is.
    pub(crate) fn of(object: &'a str) -> Self {
        let text = object.trim().trim_end_matches([';', ' ', '\n', '\t', '\r']);
        let word: String = text.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        let more = text[word.len()..].starts_with(|c: char| c.is_whitespace() || c == '(');
        if more && ["select", "with", "values"].contains(&word.to_ascii_lowercase().as_str()) {
            Self::Query(text)
        } else {
            Self::Table(text.split('.').collect())
        }
    }

    /// `SELECT … FROM …`, with the kind's way to quote names and to ask for a column.
    pub(crate) fn select(&self, quote: char, columns: &[String]) -> String {
        let from = match self {
            Self::Table(parts) => parts.iter().map(|p| quoted(p, quote)).collect::<Vec<_>>().join("."),
            // On lines of its own: a query may end in a comment.
            Self::Query(text) => format!("(\n{text}\n) AS guiju_rows"),
        };
        let list = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
        format!("SELECT {list} FROM {from}")
    }
}

/// A name as SQL quotes it.
pub(crate) fn quoted(name: &str, quote: char) -> String {
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}

/// A column of a table or query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// As the database spells it.
    pub(crate) name: String,
    /// What it holds; otherwise what the database calls a type that rules cannot use.
    pub(crate) ty: Result<Form, String>,
    /// Whether a value may be missing.
    pub(crate) nullable: bool,
}

/// A type, and how its values are written where that differs from what a text file would hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Form {
    /// What rules see.
    pub(crate) ty: Type,
    /// How it comes.
    pub(crate) written: Written,
}

/// How values come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// As in a text file.
    Plain,
    /// `t` and `f`, or one byte that is 0 or 1.
    Bit,
    /// Digits of a 32-bit real: 0.1 is the number nearest to it of those, not of the 64-bit ones.
    Single,
    /// Padded with blanks that mean nothing.
    Padded,
    /// A time in UTC that does not say so.
    Utc,
}

impl Found {
    /// A column that rules can use.
    pub(crate) fn usable(name: &str, ty: Type, written: Written, nullable: bool) -> Self {
        // A real can always turn out not to be a number.
        let nullable = nullable || ty == Type::Real;
        Self { name: name.to_owned(), ty: Ok(Form { ty, written }), nullable }
    }

    /// One that they cannot.
    pub(crate) fn unusable(name: &str, physical: &str) -> Self {
        Self { name: name.to_owned(), ty: Err(physical.to_owned()), nullable: true }
    }
}

/// A row as texts, in memory that is used again for the next one.
#[derive(Debug, Default)]
pub(crate) struct Line {
    text: String,
    cells: Vec<Option<Range<usize>>>,
}

impl Line {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    pub(crate) fn missing(&mut self) {
        self.cells.push(None);
    }

    pub(crate) fn text(&mut self, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.cells.push(Some(start..self.text.len()));
    }

    /// A value of a column, as the database wrote it.
    pub(crate) fn value(&mut self, bytes: &[u8], column: &Found) -> Result<(), Trouble> {
        let text = std::str::from_utf8(bytes).map_err(|_| Trouble::NotText(column.name.clone()))?;
        match column.ty.as_ref().map(|form| form.written) {
            Ok(Written::Bit) => self.text(match text {
                "t" | "\u{1}" => "1",
                "f" | "\0" => "0",
                other => other,
            }),
            Ok(Written::Single) => match text.parse::<f32>() {
                Ok(number) => self.text(&f64::from(number).to_string()),
                Err(_) => self.text(text),
            },
            Ok(Written::Padded) => self.text(text.trim_end_matches(' ')),
            Ok(Written::Utc) => {
                self.text(text);
                self.text.push('Z');
                if let Some(Some(cell)) = self.cells.last_mut() {
                    cell.end += 1;
                }
            }
            Ok(Written::Plain) | Err(_) => self.text(text),
        }
        Ok(())
    }

    pub(crate) fn get(&self, column: usize) -> Option<&str> {
        let cell = self.cells.get(column)?.clone()?;
        self.text.get(cell)
    }
}

/// Connects, logs in and starts the transaction.
pub(crate) fn open(connection: &Connection) -> Result<Box<dyn Session>, Trouble> {
    match (connection.kind, &connection.server) {
        (Kind::Postgres, Some(server)) => Ok(Box::new(postgres::Postgres::open(server)?)),
        (Kind::Mysql, Some(server)) => Ok(Box::new(mysql::Mysql::open(server)?)),
        (Kind::Sqlite, _) => Ok(Box::new(sqlite::Sqlite::open(&connection.path)?)),
        (kind, _) => Err(Trouble::Unreachable(kind.word().to_owned())),
    }
}

/// The columns of a table or query; a table that is not there comes with the name that is near.
pub(crate) fn describe(session: &mut dyn Session, object: &str) -> Result<Vec<Found>, Trouble> {
    let what = What::of(object);
    match (session.columns(&what), &what) {
        (Err(Trouble::NoTable(_)), What::Table(parts)) => {
            let names = session.tables().unwrap_or_default();
            let own = parts.last().copied().unwrap_or_default();
            let near = general::nearest(own, names.iter().map(String::as_str).filter(|name| *name != own));
            Err(Trouble::NoTable(near.map(str::to_owned)))
        }
        (found, _) => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_whether_it_is_a_query() {
        assert_eq!(What::of("crm.managers"), What::Table(vec!["crm", "managers"]));
        assert_eq!(What::of("selections"), What::Table(vec!["selections"]));
        assert_eq!(What::of("select"), What::Table(vec!["select"]));
        assert_eq!(What::of(" Select 1; "), What::Query("Select 1"));
        assert_eq!(
            What::of("with x as (select 1) select * from x"),
            What::Query("with x as (select 1) select * from x")
        );
    }

    #[test]
    fn names_are_quoted() {
        let what = What::of("a.b\"c");
        assert_eq!(what.select('"', &[quoted("余额", '"')]), "SELECT \"余额\" FROM \"a\".\"b\"\"c\"");
        assert_eq!(What::of("select 1 -- x").select('`', &[]), "SELECT * FROM (\nselect 1 -- x\n) AS guiju_rows");
    }

    #[test]
    fn values_are_written_as_text_files_hold_them() {
        let column = |ty, written| Found::usable("c", ty, written, true);
        let mut line = Line::default();
        for (bytes, column, want) in [
            (b"t" as &[u8], column(Type::Bool, Written::Bit), "1"),
            (b"\x00", column(Type::Bool, Written::Bit), "0"),
            (b"2", column(Type::Bool, Written::Bit), "2"),
            (b"0.1", column(Type::Real, Written::Single), "0.10000000149011612"),
            (b"NaN", column(Type::Real, Written::Single), "NaN"),
            (b"a  ", column(Type::Text, Written::Padded), "a"),
            (b"2026-11-22 09:30:00", column(Type::Timestamp, Written::Utc), "2026-11-22 09:30:00Z"),
        ] {
            line.clear();
            line.value(bytes, &column).unwrap();
            assert_eq!(line.get(0), Some(want));
        }
        assert_eq!(line.value(b"\xff", &column(Type::Text, Written::Plain)), Err(Trouble::NotText("c".into())));
    }
}
