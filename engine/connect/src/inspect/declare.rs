//! The `source` declaration that `inspect` proposes.

use super::{ColumnProfile, Hint};
use crate::{config::Connection, database::What};
use guiju_lang::schema::spelled;
use std::fmt::Write;

pub(super) fn source(
    connection: &Connection,
    object: Option<&str>,
    key: Option<&str>,
    columns: &[ColumnProfile],
) -> String {
    let name = object.filter(|o| !is_query(o)).map_or_else(|| connection.name.clone(), stem);
    let mut text = format!("source {} from {}", spelled(&name), spelled(&connection.name));
    if let Some(object) = object {
        let word = if is_query(object) { "query" } else { "table" };
        text.push_str(&format!(" {word} \"{}\"", object.replace('\\', "\\\\").replace('"', "\\\"")));
    }
    let mut body = String::new();
    // Writing to a text cannot fail.
    let _ = key.map(|key| writeln!(body, "  key {}", spelled(key)));
    for column in columns {
        let required = if column.missing == 0 { " required" } else { "" };
        let unit = if column.hint == Some(Hint::Percent) { " in percent" } else { "" };
        let _ = writeln!(body, "  column {} is {}{unit}{required}", spelled(&column.name), column.ty);
    }
    if !body.is_empty() {
        text.push_str(&format!(" {{\n{body}}}"));
    }
    text.push('\n');
    text
}

fn is_query(object: &str) -> bool {
    matches!(What::of(object), What::Query(_))
}

/// `2026/customers.csv` is called `customers`.
fn stem(object: &str) -> String {
    let stem = std::path::Path::new(object).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = stem.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
    let name = name.trim_matches('_');
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { format!("t{name}") } else { name.to_owned() }
}
