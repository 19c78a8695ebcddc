//! Reading a plant: where each table is, and its rows as texts.

use super::wrong;
use guiju_connect::{
    config::{Config, Connection},
    database,
    read::{self as tables, ReadOptions, Request},
    schemas, text,
    yaml::{self, Yaml},
};
use guiju_eval::value_at;
use guiju_fiber::inventory::{Inventory, Kind, NameRow, Problem, Rows, Table, rows};
use guiju_lang::{
    finding::{Arg, At, Finding, codes::cli as codes},
    schema::Schema,
    ty::Type,
    value::Value,
};
use std::path::{Path, PathBuf};

/// So many things wrong with records are listed.
const LISTED: usize = 200;
/// More rows are not a campus.
const MOST_ROWS: usize = 10_000_000;

/// A plant that was read.
#[derive(Debug)]
pub struct Plant {
    /// Its checked records.
    pub inventory: Inventory,
    /// What they say, as 32 bytes in hexadecimal: the same records have the same digest, wherever they are kept.
    pub digest: String,
    /// Where each table was read from.
    pub sources: Vec<String>,
}

/// Reads and checks the records at `path`: a folder of tables, or a YAML file. Connections are those of `config`.
///
/// # Errors
/// What cannot be read, and everything that is wrong with the records, each with its table and row.
pub fn read(path: &Path, config: &Config) -> Result<Plant, Vec<Finding>> {
    let (mut all, mut sources, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, place) in places(path)? {
        let number = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        sources.push(place.shown(path));
        match place.read(kind, number, config) {
            Ok(table) => all.push(table),
            Err(mut found) => findings.append(&mut found),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let wrong = |problems: Vec<Problem>| -> Vec<Finding> {
        problems.iter().take(LISTED).map(|problem| wrong::problem(problem, &sources)).collect()
    };
    let rows = rows(&all).map_err(wrong)?;
    let digest = digest(&rows);
    let inventory = Inventory::new(rows).map_err(wrong)?;
    Ok(Plant { inventory, digest, sources })
}

/// Where a table is.
enum Place {
    /// A file with rows.
    File(PathBuf),
    /// Rows in the YAML file itself.
    Here(Vec<Yaml>),
    /// A table or query of a connection.
    Behind { connection: String, object: Option<String> },
}

fn of(code: guiju_lang::finding::Code, path: &Path) -> Finding {
    Finding::new(code, At::data(path.display().to_string()))
}

/// The tables of a folder, or those that a YAML file names.
fn places(path: &Path) -> Result<Vec<(Kind, Place)>, Vec<Finding>> {
    let mut places = Vec::new();
    if path.is_dir() {
        for kind in Kind::ALL {
            let files = ["csv", "parquet", "jsonl"].map(|ending| path.join(format!("{}.{ending}", kind.word())));
            let mut there = files.into_iter().filter(|file| file.is_file());
            places.extend(there.next().map(|file| (kind, Place::File(file))));
            // Two files for one table: nobody could say which one counts.
            if let Some(second) = there.next() {
                return Err(vec![of(codes::PLANT_FORM, &second).arg("key", Arg::Name(kind.word().to_owned()))]);
            }
        }
    } else {
        let text = text::read(path).map_err(|finding| vec![finding])?;
        let document = yaml::parse(&text)
            .map_err(|broken| vec![of(codes::PLANT_FORM, path).arg("key", Arg::Name(broken.message))])?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for (key, value) in document.root.entries().unwrap_or_default() {
            let form = || vec![of(codes::PLANT_FORM, path).arg("key", Arg::Name(key.clone()))];
            let kind = Kind::of(key).ok_or_else(form)?;
            places.push((kind, place(value, folder).ok_or_else(form)?));
        }
    }
    if places.is_empty() { Err(vec![of(codes::PLANT_NOTHING, path)]) } else { Ok(places) }
}

fn place(value: &Yaml, folder: &Path) -> Option<Place> {
    match value {
        Yaml::Text(file) => Some(Place::File(folder.join(file))),
        Yaml::List(rows) => Some(Place::Here(rows.clone())),
        Yaml::Map(entries) => {
            let (mut connection, mut object) = (None, None);
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("connection", Yaml::Text(name)) => connection = Some(name.clone()),
                    ("table" | "query", Yaml::Text(name)) if object.is_none() => object = Some(name.clone()),
                    _ => return None,
                }
            }
            Some(Place::Behind { connection: connection?, object })
        }
        _ => None,
    }
}

impl Place {
    fn shown(&self, path: &Path) -> String {
        match self {
            Self::File(file) => file.display().to_string(),
            Self::Here(_) => path.display().to_string(),
            Self::Behind { connection, object: None } => connection.clone(),
            Self::Behind { connection, object: Some(object) } => format!("{connection} {object}"),
        }
    }

    fn read(self, kind: Kind, number: u32, config: &Config) -> Result<Table, Vec<Finding>> {
        let one = |finding| vec![finding];
        match self {
            Self::Here(rows) => of_yaml(kind, number, &rows),
            Self::File(file) => of_files(kind, number, &Connection::of_path(&file).map_err(one)?, None),
            Self::Behind { connection, object } => {
                let connection = config.connection(&connection).map_err(one)?;
                if !connection.kind.is_database() {
                    return of_files(kind, number, connection, object.as_deref());
                }
                let copy = database::temporary(connection, object.as_deref(), &mut |_| true)?;
                of_files(kind, number, &copy.connection, None)
            }
        }
    }
}

fn of_files(kind: Kind, number: u32, connection: &Connection, object: Option<&str>) -> Result<Table, Vec<Finding>> {
    // A file whose rows are texts is read as texts: a room called 007 keeps its noughts.
    let found = schemas::schema_of(connection, object).map_err(|finding| vec![finding])?;
    let texts = as_texts(&found);
    let is_text = connection.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
        || connection.kind == guiju_connect::config::Kind::Csv;
    let schema = if is_text { Some(&texts) } else { None };
    let options = ReadOptions::default();
    let scan = tables::open(&Request { connection, object, schema, columns: None, options })?;
    let columns = scan.columns().columns.iter().map(|column| column.name.clone()).collect();
    let mut table = Table { kind, number, columns, rows: Vec::new() };
    for step in scan {
        let step = step?;
        for row in 0..step.batch.num_rows() {
            let values = step.batch.columns().iter().map(|column| said(&value_at(column, row))).collect();
            table.rows.push((step.row_in_file + row as u64 + 1, values));
        }
        if table.rows.len() > MOST_ROWS {
            return Err(vec![of(codes::PLANT_TOO_LARGE, &connection.path)]);
        }
    }
    Ok(table)
}

fn as_texts(schema: &Schema) -> Schema {
    let mut texts = schema.clone();
    for column in &mut texts.columns {
        column.typed.ty = Type::Text;
        column.typed.nullable = true;
    }
    texts
}

/// A value as it would be typed; what no table of a plant holds is missing.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(decimal(number.mantissa, number.scale.into())),
        // A length of 12.3 m is often kept as a binary fraction: its shortest decimal is what was meant.
        Value::Real(number) => Some(format!("{number}")),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn decimal(mantissa: i128, scale: usize) -> String {
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Rows of a YAML list, each a map; lists in them are joined as ducts are in other files.
fn of_yaml(kind: Kind, number: u32, list: &[Yaml]) -> Result<Table, Vec<Finding>> {
    let mut table = Table { kind, number, columns: Vec::new(), rows: Vec::new() };
    let form = || vec![Finding::new(codes::PLANT_FORM, At::Nowhere).arg("key", Arg::Name(kind.word().to_owned()))];
    for row in list {
        for (key, _) in row.entries().ok_or_else(form)? {
            if !table.columns.contains(key) {
                table.columns.push(key.clone());
            }
        }
    }
    // A list without rows, or of which no row has a value, still has the columns that its kind has.
    for (row, number) in list.iter().zip(1..) {
        let entries = row.entries().unwrap_or_default();
        let value = |column: &String| -> Result<Option<String>, Vec<Finding>> {
            let value = entries.iter().find(|(key, _)| key == column).map(|(_, value)| value);
            value.map_or(Ok(None), |value| scalar(value).map_err(|()| form()))
        };
        let values = table.columns.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        table.rows.push((number, values));
    }
    if list.is_empty() {
        table.columns = ["name", "within", "a", "b", "length", "loss", "cores", "cable", "core", "circuit"]
            .map(str::to_owned)
            .to_vec();
    }
    Ok(table)
}

fn scalar(value: &Yaml) -> Result<Option<String>, ()> {
    match value {
        Yaml::Null => Ok(None),
        Yaml::Text(text) => Ok(Some(text.clone())),
        Yaml::Integer(number) => Ok(Some(number.to_string())),
        Yaml::Real(number) => Ok(Some(format!("{number}"))),
        Yaml::Bool(truth) => Ok(Some(truth.to_string())),
        Yaml::List(all) => {
            let all: Result<Vec<_>, ()> = all.iter().map(scalar).collect();
            Ok(Some(all?.into_iter().flatten().collect::<Vec<_>>().join(";")))
        }
        Yaml::Map(_) => Err(()),
    }
}

/// By what the rows say, in their order, so that it does not depend on where and in what form they are kept.
fn digest(rows: &Rows) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut put = |said: String| {
        hasher.update(&(said.len() as u64).to_le_bytes());
        hasher.update(said.as_bytes());
    };
    let name = |row: &NameRow| format!("{:?}", (&row.name, &row.of));
    rows.places.iter().for_each(|row| put(format!("{:?}", (row.level, &row.name, &row.within))));
    for row in &rows.cables {
        put(format!(
            "{:?}",
            (&row.name, &row.ends, row.length, row.loss, row.cores, &row.ducts, &row.class, &row.owner)
        ));
    }
    rows.segments.iter().for_each(|row| put(format!("{:?}", (&row.cable, &row.duct, row.length))));
    rows.uses.iter().for_each(|row| put(format!("{:?}", (&row.cable, row.core, &row.circuit))));
    rows.ends.iter().for_each(|row| put(format!("{:?}", (&row.port, &row.cable, row.core))));
    for list in [&rows.ducts, &rows.circuits, &rows.orders, &rows.customers] {
        put(format!("{:?}", list.as_ref().map(Vec::len)));
        list.iter().flatten().for_each(|row| put(name(row)));
    }
    hasher.finalize().to_hex().to_string()
}
