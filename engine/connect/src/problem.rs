//! Every finding this crate reports, one small function per message. The prose is in the catalogue (`engine/lang/findings/data.tsv`).

use guiju_lang::{
    finding::{
        Arg, At, Code, FileId, Finding, Place, Span,
        codes::{cli, data as codes},
    },
    ty::Type,
};
use std::path::Path;

/// A place in a data file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DataPlace {
    /// The file.
    pub path: String,
    /// 1-based data row in the file.
    pub row: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// The byte.
    pub byte: Option<u64>,
}

impl DataPlace {
    /// A file as a whole.
    pub(crate) fn file(path: &Path) -> Self {
        Self { path: path.display().to_string(), ..Self::default() }
    }
    /// At a row.
    #[must_use]
    pub(crate) fn row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }
    /// At a column.
    #[must_use]
    pub(crate) fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
    /// At a byte.
    #[must_use]
    pub(crate) fn byte(mut self, byte: u64) -> Self {
        self.byte = Some(byte);
        self
    }
    fn at(self) -> At {
        At::Data { path: self.path, row: self.row, column: self.column, byte: self.byte }
    }
}

fn name(text: impl Into<String>) -> Arg {
    Arg::Name(shorten(text.into()))
}

fn plain(text: &(impl ToString + ?Sized)) -> Arg {
    Arg::Plain(shorten(text.to_string()))
}

fn count(n: u64) -> Arg {
    Arg::Count(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Texts from outside are shown, not dumped.
fn shorten(text: String) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

fn data(code: Code, at: DataPlace) -> Finding {
    Finding::new(code, at.at())
}

fn config(code: Code, file: FileId, span: Span) -> Finding {
    Finding::new(code, At::Text(Place { file, span }))
}

fn suggest(mut finding: Finding, near: Option<&str>) -> Finding {
    finding.suggestions.extend(near.map(str::to_owned));
    finding
}

// 50xx: the connections file and calendars.

pub(crate) fn yaml_broken(file: FileId, span: Span, message: &str) -> Finding {
    config(codes::YAML_BROKEN, file, span).arg("message", plain(message))
}
pub(crate) fn toml_broken(file: FileId, span: Span, message: &str) -> Finding {
    config(codes::TOML_BROKEN, file, span).arg("message", plain(message))
}
pub(crate) fn unknown_key(file: FileId, span: Span, key: &str, near: Option<&str>, allowed: &[&str]) -> Finding {
    suggest(config(codes::CONFIG_KEY_UNKNOWN, file, span).arg("key", name(key)), near)
        .arg("allowed", Arg::Names(allowed.iter().map(|s| (*s).to_owned()).collect()))
}
pub(crate) fn unknown_connection_kind(
    file: FileId,
    span: Span,
    kind: &str,
    near: Option<&str>,
    allowed: &[&str],
) -> Finding {
    suggest(config(codes::CONNECTION_KIND_UNKNOWN, file, span).arg("kind", name(kind)), near)
        .arg("allowed", Arg::Names(allowed.iter().map(|s| (*s).to_owned()).collect()))
}
pub(crate) fn key_absent(file: FileId, span: Span, owner: &str, key: &str) -> Finding {
    key_absent_as(file, span, owner, key, example_line(key))
}
/// The same, with a line that gives the key its value.
pub(crate) fn key_absent_as(file: FileId, span: Span, owner: &str, key: &str, example: &str) -> Finding {
    let example = Arg::Plain(example.to_owned());
    config(codes::CONFIG_KEY_ABSENT, file, span).arg("owner", name(owner)).arg("key", name(key)).arg("example", example)
}

/// A line that gives a key its value.
fn example_line(key: &str) -> &'static str {
    match key {
        "kind" => "kind: csv",
        "path" => "path: data/customers",
        "host" => "host: db.example.com",
        "database" => "database: crm",
        "user" => "user: reader",
        "zone" => "zone: Asia/Shanghai",
        "valid" => "valid: { from: 2026-01-01, to: 2026-12-31 }",
        "from" => "from: 2026-01-01",
        "to" => "to: 2026-12-31",
        "cron" => "cron: \"30 8 * * *\"",
        "listen" => "listen: \"127.0.0.1:8090\"",
        "token" => "token: { env: SENDER_TOKEN }",
        "url" => "url: \"http://gateway:8080/send\"",
        // A calendar's.
        _ => "name: sse",
    }
}
pub(crate) fn wrong_form(file: FileId, span: Span, key: &str, expected: &'static str) -> Finding {
    config(codes::CONFIG_VALUE_FORM, file, span).arg("key", name(key)).arg("expected", Arg::Word(expected))
}
pub(crate) fn unknown_encoding(file: FileId, span: Span, encoding: &str) -> Finding {
    config(codes::ENCODING_UNKNOWN, file, span).arg("encoding", name(encoding))
}
pub(crate) fn unknown_connection(connection: &str, near: Option<&str>, known: &[&str]) -> Finding {
    suggest(Finding::new(codes::CONNECTION_UNKNOWN, At::Nowhere).arg("connection", name(connection)), near)
        .arg("known", Arg::Names(known.iter().map(|s| (*s).to_owned()).collect()))
}
pub(crate) fn calendar_day(file: FileId, span: Span, text: &str) -> Finding {
    config(codes::CALENDAR_DAY, file, span).arg("text", name(text))
}
pub(crate) fn calendar_outside(file: FileId, span: Span, text: &str) -> Finding {
    config(codes::CALENDAR_OUTSIDE, file, span).arg("text", name(text))
}
pub(crate) fn calendar_broken(file: FileId, span: Span, message: &str) -> Finding {
    config(codes::CALENDAR_BROKEN, file, span).arg("message", plain(message))
}
pub(crate) fn cannot_read_here(connection: &str, kind: &'static str) -> Finding {
    Finding::new(codes::CONNECTION_NOT_READ, At::Nowhere).arg("connection", name(connection)).arg("kind", name(kind))
}
pub(crate) fn object_outside(connection: &str, object: &str) -> Finding {
    Finding::new(codes::OBJECT_OUTSIDE, At::Nowhere).arg("connection", name(connection)).arg("object", name(object))
}

// 51xx: files.

pub(crate) fn file_absent(path: &Path, near: Option<&str>) -> Finding {
    suggest(data(codes::FILE_ABSENT, DataPlace::file(path)).arg("path", name(path.display().to_string())), near)
}
pub(crate) fn file_unreadable(path: &Path, error: &std::io::Error) -> Finding {
    data(codes::FILE_UNREADABLE, DataPlace::file(path))
        .arg("path", name(path.display().to_string()))
        .arg("message", plain(error))
}
pub(crate) fn glob_empty(pattern: &Path) -> Finding {
    data(codes::GLOB_EMPTY, DataPlace::file(pattern)).arg("pattern", name(pattern.display().to_string()))
}
pub(crate) fn folder_empty(path: &Path) -> Finding {
    data(codes::FOLDER_EMPTY, DataPlace::file(path)).arg("path", name(path.display().to_string()))
}
pub(crate) fn file_empty(path: &Path) -> Finding {
    data(codes::FILE_EMPTY, DataPlace::file(path)).arg("path", name(path.display().to_string()))
}
pub(crate) fn not_parquet(path: &Path) -> Finding {
    data(codes::NOT_PARQUET, DataPlace::file(path)).arg("path", name(path.display().to_string()))
}
pub(crate) fn parquet_truncated(path: &Path, bytes: u64) -> Finding {
    data(codes::PARQUET_TRUNCATED, DataPlace::file(path).byte(bytes))
        .arg("path", name(path.display().to_string()))
        .arg("bytes", count(bytes))
}
pub(crate) fn parquet_broken(path: &Path, row: Option<u64>, message: &str) -> Finding {
    let mut at = DataPlace::file(path);
    at.row = row;
    data(codes::PARQUET_BROKEN, at).arg("path", name(path.display().to_string())).arg("message", plain(message))
}
pub(crate) fn ambiguous(connection: &str, object: &str, paths: Vec<String>) -> Finding {
    Finding::new(codes::TABLE_AMBIGUOUS, At::Nowhere)
        .arg("connection", name(connection))
        .arg("object", name(object))
        .arg("paths", Arg::Names(paths))
}
pub(crate) fn too_many_files(path: &Path, most: usize) -> Finding {
    data(codes::FILES_TOO_MANY, DataPlace::file(path))
        .arg("path", name(path.display().to_string()))
        .arg("most", count(most as u64))
}
pub(crate) fn format_unknown(path: &Path) -> Finding {
    data(codes::FORMAT_UNKNOWN, DataPlace::file(path)).arg("path", name(path.display().to_string()))
}
pub(crate) fn formats_mixed(path: &Path, first: &Path) -> Finding {
    data(codes::FORMATS_MIXED, DataPlace::file(path))
        .arg("path", name(path.display().to_string()))
        .arg("first", name(first.display().to_string()))
}
pub(crate) fn files_differ(path: &Path, first: &Path, column: &str, found: &Type, expected: &Type) -> Finding {
    data(codes::FILES_DIFFER, DataPlace::file(path).column(column))
        .arg("column", name(column))
        .arg("found", name(found.to_string()))
        .arg("expected", name(expected.to_string()))
        .arg("first", name(first.display().to_string()))
}
pub(crate) fn files_differ_in_columns(path: &Path, first: &Path, column: &str) -> Finding {
    data(codes::FILES_DIFFER_IN_COLUMNS, DataPlace::file(path).column(column))
        .arg("column", name(column))
        .arg("first", name(first.display().to_string()))
}
pub(crate) fn changed_while_reading(path: &Path) -> Finding {
    data(codes::CHANGED_WHILE_READING, DataPlace::file(path)).arg("path", name(path.display().to_string()))
}

pub(crate) fn cache_unwritable(folder: &Path, reason: &str) -> Finding {
    data(codes::CACHE_UNWRITABLE, DataPlace::file(folder))
        .arg("path", name(folder.display().to_string()))
        .arg("reason", Arg::Plain(reason.to_owned()))
}

pub(crate) fn cache_broken(folder: &Path, reason: &str) -> Finding {
    data(codes::CACHE_BROKEN, DataPlace::file(folder))
        .arg("path", name(folder.display().to_string()))
        .arg("reason", Arg::Plain(reason.to_owned()))
}

// 52xx: columns.

pub(crate) fn column_absent(path: &Path, column: &str, near: Option<&str>) -> Finding {
    suggest(data(codes::COLUMN_ABSENT, DataPlace::file(path).column(column)).arg("column", name(column)), near)
}
pub(crate) fn column_type_changed(path: &Path, column: &str, found: &Type, expected: &Type) -> Finding {
    data(codes::COLUMN_TYPE_CHANGED, DataPlace::file(path).column(column))
        .arg("column", name(column))
        .arg("found", name(found.to_string()))
        .arg("expected", name(expected.to_string()))
}
pub(crate) fn column_unsupported(path: &Path, column: &str, physical: &str) -> Finding {
    data(codes::COLUMN_UNSUPPORTED, DataPlace::file(path).column(column))
        .arg("column", name(column))
        .arg("physical", name(physical))
}
pub(crate) fn header_twice(path: &Path, column: &str) -> Finding {
    data(codes::HEADER_TWICE, DataPlace::file(path).column(column)).arg("column", name(column))
}
pub(crate) fn header_nameless(path: &Path, position: u64) -> Finding {
    data(codes::HEADER_NAMELESS, DataPlace::file(path)).arg("position", count(position))
}
pub(crate) fn too_many_columns(path: &Path, found: u64, most: u64) -> Finding {
    data(codes::COLUMNS_TOO_MANY, DataPlace::file(path)).arg("found", count(found)).arg("most", count(most))
}
pub(crate) fn required_missing(at: DataPlace, column: &str) -> Finding {
    data(codes::REQUIRED_MISSING, at).arg("column", name(column))
}
pub(crate) fn key_twice(path: &str, column: &str, key: &str, row: u64, first: u64) -> Finding {
    Finding::new(
        codes::KEY_TWICE,
        At::Data { path: path.to_owned(), row: Some(row), column: Some(column.to_owned()), byte: None },
    )
    .arg("column", name(column))
    .arg("key", name(key))
    .arg("row", count(row))
    .arg("first", count(first))
}
pub(crate) fn key_missing(path: &str, column: &str, row: u64) -> Finding {
    Finding::new(
        codes::KEY_MISSING,
        At::Data { path: path.to_owned(), row: Some(row), column: Some(column.to_owned()), byte: None },
    )
    .arg("column", name(column))
    .arg("row", count(row))
}
pub(crate) fn duplicates_more(path: &str, more: u64) -> Finding {
    Finding::new(codes::KEYS_MORE, At::Data { path: path.to_owned(), row: None, column: None, byte: None })
        .arg("count", count(more))
}

// 53xx: texts.

pub(crate) fn not_utf8(at: DataPlace) -> Finding {
    data(codes::NOT_UTF8, at)
}
pub(crate) fn looks_like_gbk(at: DataPlace, sample: &str) -> Finding {
    data(codes::LOOKS_LIKE_GBK, at).arg("sample", name(sample))
}
pub(crate) fn utf16(path: &Path) -> Finding {
    data(codes::UTF16, DataPlace::file(path)).arg("path", name(path.display().to_string()))
}
pub(crate) fn ragged(at: DataPlace, found: u64, expected: u64) -> Finding {
    data(codes::ROW_RAGGED, at).arg("found", count(found)).arg("expected", count(expected))
}
pub(crate) fn quote_open(at: DataPlace) -> Finding {
    data(codes::QUOTE_OPEN, at)
}
pub(crate) fn quote_stray(at: DataPlace) -> Finding {
    data(codes::QUOTE_STRAY, at)
}
pub(crate) fn record_too_long(at: DataPlace, most: u64) -> Finding {
    data(codes::RECORD_TOO_LONG, at).arg("most", count(most))
}
pub(crate) fn does_not_fit(at: DataPlace, column: &str, text: &str, expected: &Type) -> Finding {
    data(codes::VALUE_MISFIT, at)
        .arg("column", name(column))
        .arg("text", name(text))
        .arg("expected", name(expected.to_string()))
}
pub(crate) fn more_do_not_fit(path: &str, more: u64) -> Finding {
    Finding::new(codes::VALUES_MISFIT_MORE, At::Data { path: path.to_owned(), row: None, column: None, byte: None })
        .arg("count", count(more))
}
pub(crate) fn json_broken(at: DataPlace, message: &str) -> Finding {
    data(codes::JSON_BROKEN, at).arg("message", plain(message))
}
pub(crate) fn json_not_object(at: DataPlace) -> Finding {
    data(codes::JSON_NOT_OBJECT, at)
}
pub(crate) fn json_key_twice(at: DataPlace, key: &str) -> Finding {
    data(codes::JSON_KEY_TWICE, at).arg("key", name(key))
}
pub(crate) fn json_nested(at: DataPlace, key: &str) -> Finding {
    data(codes::JSON_NESTED, at).arg("key", name(key))
}
pub(crate) fn not_in_encoding(at: DataPlace, encoding: &str) -> Finding {
    data(codes::ENCODING_MISFIT, at).arg("encoding", name(encoding))
}
// 54xx: sinks.

pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Finding {
    data(codes::SINK_UNWRITABLE, DataPlace::file(path))
        .arg("path", name(path.display().to_string()))
        .arg("message", plain(error))
}
pub(crate) fn disk_full(path: &Path) -> Finding {
    data(codes::DISK_FULL, DataPlace::file(path)).arg("path", name(path.display().to_string()))
}
pub(crate) fn sink_shape(path: &Path, column: &str) -> Finding {
    data(codes::SINK_SHAPE, DataPlace::file(path).column(column))
        .arg("path", name(path.display().to_string()))
        .arg("column", name(column))
}
pub(crate) fn sink_database(path: &Path, message: &str) -> Finding {
    data(codes::SINK_DATABASE, DataPlace::file(path))
        .arg("path", name(path.display().to_string()))
        .arg("message", plain(message))
}
pub(crate) fn effect_id_absent(path: &Path, column: &str) -> Finding {
    data(codes::EFFECT_ID_ABSENT, DataPlace::file(path))
        .arg("path", name(path.display().to_string()))
        .arg("column", name(column))
}
/// A folder for messages of feeds that has something in it.
pub(crate) fn feed_output_there(folder: &Path) -> Finding {
    Finding::new(cli::FEED_OUTPUT_THERE, At::Nowhere).arg("path", name(folder.display().to_string()))
}
/// A decimal that its column cannot hold.
pub(crate) fn feed_decimal(message: u64, template: &str, field: &str, value: &str, places: i64) -> Finding {
    Finding::new(cli::FEED_DECIMAL, At::Nowhere)
        .arg("count", count(message))
        .arg("template", name(template))
        .arg("field", name(field))
        .arg("value", plain(value))
        .arg("places", Arg::Count(places))
}
pub(crate) fn cannot_write_here(connection: &str, kind: &'static str) -> Finding {
    Finding::new(codes::CONNECTION_NOT_WRITTEN, At::Nowhere).arg("connection", name(connection)).arg("kind", name(kind))
}

pub(crate) fn cannot_listen(connection: &str, place: &str, error: &std::io::Error) -> Finding {
    let finding = Finding::new(codes::CANNOT_LISTEN, At::Nowhere).arg("connection", name(connection));
    finding.arg("place", name(place)).arg("message", plain(error))
}

/// A server of messages that nothing comes from.
pub(crate) fn server_trouble(connection: &str, reason: &str) -> Finding {
    let finding = Finding::new(codes::MESSAGES_UNREACHABLE, At::Nowhere).arg("connection", name(connection));
    finding.arg("message", plain(reason))
}

/// A secret that is not where it should be. Nobody tells this function the secret.
pub(crate) fn secret_absent(connection: &str, place: &str, reason: &str) -> Finding {
    let finding = Finding::new(codes::PASSWORD_ABSENT, At::Nowhere).arg("connection", name(connection));
    finding.arg("place", name(place)).arg("message", Arg::Plain(reason.to_owned()))
}

/// The nearest of `known`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&word.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(d, k)| *d <= (k.chars().count().max(word.chars().count()) / 3).max(1))
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}
