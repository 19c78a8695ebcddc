//! The columns of sources, for the checker: asked of Parquet footers, inferred from the first rows of CSV and JSON lines.

use crate::{
    config::{Config, Connection},
    database,
    infer::Guess,
    locate::{self, Files, Format},
    problem,
    read::{self, Limits, Member, TextFile},
};
use guiju_lang::{
    finding::Finding,
    schema::{Column, ColumnFacts, Schema, SchemaProvider},
    ty::{Type, Typed},
};
use std::path::Path;

/// So many rows of a CSV or JSON lines source are looked at to infer its types. A later value that does not fit is a finding when
/// it is read; a `column` line in the rulebook settles it.
pub const SAMPLE_ROWS: u64 = 10_000;

/// Tells the checker what the connections of a configuration hold.
#[derive(Debug)]
pub struct Schemas<'a> {
    config: &'a Config,
    databases: database::Asked,
}

impl Config {
    /// The schemas behind the connections.
    pub fn schemas(&self) -> Schemas<'_> {
        Schemas { config: self, databases: database::Asked::default() }
    }
}

impl Schemas<'_> {
    /// What a database calls the type of a column that rules cannot use, if one of those that were asked for has such a column.
    pub fn unusable(&self, column: &str) -> Option<String> {
        self.databases.unusable(column)
    }
}

impl SchemaProvider for Schemas<'_> {
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        let Some(connection) = self.config.connections.iter().find(|c| c.name == connection) else {
            return Ok(None);
        };
        if connection.kind.is_database() {
            return self.databases.schema(&self.config.store, connection, object.unwrap_or_default()).map(Some);
        }
        if connection.kind.is_stream() || locate::is_empty_folder(connection, object) {
            // A stream whose first file is still to come has the columns that the rulebook says.
            return Ok(None);
        }
        schema_of(connection, object).map(Some)
    }

    fn passing(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        let of = self.config.connections.iter().find(|c| c.name == connection);
        match of.and_then(|of| Some((of, locate::newest(of, object?)?))) {
            Some((of, files)) => {
                of_files(&files, of, &Limits::default(), SAMPLE_ROWS).map(Some).map_err(|mut f| f.swap_remove(0))
            }
            None => self.schema(connection, object),
        }
    }

    fn messages(&self, form: &guiju_lang::market::Form) -> Option<guiju_lang::market::Messages> {
        Some(crate::feeds::messages(form))
    }

    fn refused(&self, connection: &str) -> bool {
        self.config.is_refused(connection)
    }

    fn facts(&self, connection: &str, object: Option<&str>, columns: &[&str]) -> Vec<Option<ColumnFacts>> {
        crate::facts::of(self.config, connection, object, columns)
    }

    fn guessed(&self, connection: &str, object: Option<&str>) -> bool {
        let connection = self.config.connections.iter().find(|c| c.name == connection);
        let newest = |c| object.and_then(|object| locate::newest(c, object));
        let files = connection.and_then(|c| newest(c).or_else(|| locate::locate(c, object).ok()));
        files.is_some_and(|f| f.format != Format::Parquet)
    }
}

/// The columns of one source as they are now.
pub fn schema_of(connection: &Connection, object: Option<&str>) -> Result<Schema, Finding> {
    let files = locate::locate(connection, object)?;
    of_files(&files, connection, &Limits::default(), SAMPLE_ROWS).map_err(|mut f| f.swap_remove(0))
}

/// The columns of located files, inferred from so many rows where they must be. Never an empty list of findings.
pub(crate) fn of_files(
    files: &Files,
    connection: &Connection,
    limits: &Limits,
    rows: u64,
) -> Result<Schema, Vec<Finding>> {
    let schema = match files.format {
        Format::Parquet => of_parquet(files),
        Format::Csv => of_csv(files, connection, limits, rows),
        Format::JsonLines => of_jsonl(files, connection, limits, rows),
    };
    schema.map_err(|f| vec![f])
}

fn of_parquet(files: &Files) -> Result<Schema, Finding> {
    let mut all: Option<(&Path, Schema)> = None;
    for path in &files.paths {
        let this = read::parquet_schema(path)?;
        match &mut all {
            None => all = Some((path, this)),
            Some((first, schema)) => same(path, &this, first, schema)?,
        }
    }
    Ok(all.map(|(_, s)| s).unwrap_or_default())
}

/// All files have the same columns; one that may be missing in any file may be missing.
fn same(path: &Path, this: &Schema, first: &Path, schema: &mut Schema) -> Result<(), Finding> {
    if let Some(extra) = this.columns.iter().find(|c| schema.index_of(&c.name).is_none()) {
        return Err(problem::files_differ_in_columns(path, first, &extra.name));
    }
    for column in &mut schema.columns {
        let Some(other) = this.index_of(&column.name).and_then(|i| this.columns.get(i)) else {
            return Err(problem::files_differ_in_columns(path, first, &column.name));
        };
        if other.typed.ty != column.typed.ty {
            return Err(problem::files_differ(path, first, &column.name, &other.typed.ty, &column.typed.ty));
        }
        column.typed.nullable |= other.typed.nullable;
    }
    Ok(())
}

fn of_csv(files: &Files, connection: &Connection, limits: &Limits, most: u64) -> Result<Schema, Finding> {
    let mut columns: Vec<(String, Guess)> = Vec::new();
    let mut rows = 0;
    for (i, path) in files.paths.iter().enumerate() {
        let (names, mut records) = read::header(path, connection, limits)?;
        if i == 0 {
            columns = names.iter().map(|n| (n.clone(), Guess::default())).collect();
        }
        let slots: Vec<Option<usize>> = names.iter().map(|n| columns.iter().position(|(c, _)| c == n)).collect();
        while rows < most && records.advance()? {
            rows += 1;
            for (at, slot) in slots.iter().enumerate() {
                let (Some((text, _)), Some((_, guess))) = (records.get(at), slot.and_then(|s| columns.get_mut(s)))
                else {
                    continue;
                };
                if !text.trim().is_empty() && !connection.text.null.iter().any(|n| n == text) {
                    guess.see(text);
                }
            }
        }
    }
    Ok(Schema { columns: columns.into_iter().map(|(name, guess)| column(name, guess.result())).collect() })
}

fn of_jsonl(files: &Files, connection: &Connection, limits: &Limits, most: u64) -> Result<Schema, Finding> {
    let mut columns: Vec<(String, JsonGuess)> = Vec::new();
    let mut rows = 0;
    for path in &files.paths {
        let text = TextFile::open(path, connection.text.encoding).map_err(|t| t.finding(path, None))?;
        let mut lines = read::Lines::new(text, limits);
        while rows < most {
            let found = lines.object(|_, object| {
                for (key, member) in &object {
                    match columns.iter_mut().find(|(c, _)| c == key) {
                        Some((_, guess)) => guess.see(member),
                        None => {
                            let mut guess = JsonGuess::default();
                            guess.see(member);
                            columns.push((key.to_string(), guess));
                        }
                    }
                }
            })?;
            if found.is_none() {
                break;
            }
            rows += 1;
            if columns.len() > limits.columns {
                return Err(problem::too_many_columns(path, columns.len() as u64, limits.columns as u64));
            }
        }
    }
    Ok(Schema { columns: columns.into_iter().map(|(name, guess)| column(name, guess.result())).collect() })
}

/// Everything outside can be missing, unless the rulebook says `required`.
fn column(name: String, ty: Type) -> Column {
    Column { name, typed: Typed::new(ty, true) }
}

/// JSON says itself what is a number, a text, a truth value; texts may still be dates.
#[derive(Debug, Default)]
pub(crate) struct JsonGuess {
    guess: Guess,
    texts: u64,
    numbers: u64,
    bools: u64,
}

impl JsonGuess {
    pub(crate) fn see(&mut self, member: &Member<'_>) {
        match member {
            Member::Null => {}
            Member::Bool(b) => {
                self.bools += 1;
                self.guess.see(if *b { "true" } else { "false" });
            }
            Member::Number(n) => {
                self.numbers += 1;
                self.guess.see(n);
            }
            Member::Text(t) => {
                self.texts += 1;
                self.guess.see(t);
            }
        }
    }

    pub(crate) fn result(&self) -> Type {
        match (self.guess.result(), self.texts > 0, self.numbers > 0, self.bools > 0) {
            // A number in JSON is a number, however long.
            (Type::Text, false, true, false) => Type::Decimal(guiju_lang::ty::DecimalType { precision: 38, scale: 0 }),
            (ty @ (Type::Date | Type::Time | Type::Timestamp | Type::Text), _, _, _) => ty,
            // "123" in quotes was meant as a text.
            (_, true, _, _) => Type::Text,
            (ty, ..) => ty,
        }
    }
}
