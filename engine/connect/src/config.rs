//! The operator's connections file, `guiju.yaml` or `guiju.toml`: it binds the names that rulebooks use to paths. Rulebooks know names only.
//!
//! ```yaml
//! connections:
//!   lake: { kind: files, path: data/lake }
//!   crm:  { kind: csv, path: data/crm, null: ["", "NULL"], encoding: gbk }
//!   desk: { kind: sqlite, path: out/desk.db }
//!   core: { kind: postgres, host: db.internal, database: core, user: guiju, password: { env: CORE_PASSWORD }, refresh: 1h }
//! store: .guiju        # or a PostgreSQL: { url: "postgres://guiju@db.internal/guiju", password: { env: STORE_PASSWORD } }
//! calendars: [calendars/sse.yaml]
//! record: 2d
//! schedule: { morning: { cron: "30 8 * * *", on: trading days } }
//! ```

mod cron;
mod database;
mod gates;
mod home;
mod listen;
mod nats;
mod path;
mod retain;
mod schedule;
mod trust;
mod web;

pub use cron::Cron;
pub(crate) use database::Password;
pub use database::{Keep, Secret, Server};
pub use gates::Gates;
pub use home::{Base, Home};
pub use listen::Listen;
pub use nats::Nats;
pub use retain::Retain;
pub use schedule::{Days, Job, Period, Times};
pub use trust::Trust;
pub use web::Web;

use crate::{
    problem, toml,
    yaml::{self, Document, Yaml},
};
use guiju_lang::{
    finding::{FileId, Finding, Span},
    market::Feed,
    time::Zone,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// How a configuration is written; what it says is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `guiju.yaml`
    Yaml,
    /// `guiju.toml`
    Toml,
}

impl Form {
    /// By the file's name.
    pub fn of(path: &Path) -> Self {
        let toml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
        if toml { Self::Toml } else { Self::Yaml }
    }
}

/// What the operator's configuration says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// The folder that relative paths start from: the file's own.
    pub folder: PathBuf,
    /// In order.
    pub connections: Vec<Connection>,
    /// Where state and history are kept.
    pub store: Home,
    /// Calendar files.
    pub calendars: Vec<PathBuf>,
    /// How long a server keeps what it took, for those who ask what other rules would have done; nothing: not at all.
    pub record: Option<Duration>,
    /// What a changed set has to show before a server puts it in force.
    pub gates: Gates,
    /// Whose signature a set needs.
    pub trust: Trust,
    /// How much of its history a server keeps.
    pub retain: Retain,
    /// Rules over tables that a server runs at their times.
    pub schedule: Vec<Job>,
    refused: Refused,
}

const KEYS: &[&str] = &["connections", "store", "calendars", "record", "gates", "schedule", "retain", "trust"];

/// Without a word about it, what a server took is kept for two days.
const RECORD: Duration = Duration::from_secs(2 * 86_400);

/// Names that the file binds, or may bind, without saying enough; findings say what is wrong.
#[derive(Debug, Clone, Default, PartialEq)]
enum Refused {
    /// None at all.
    #[default]
    None,
    /// These.
    Some(Vec<String>),
    /// The file could not be read, so nobody knows which.
    Any,
}

impl Refused {
    fn add(&mut self, name: &str) {
        match self {
            Self::None => *self = Self::Some(vec![name.to_owned()]),
            Self::Some(names) => names.push(name.to_owned()),
            Self::Any => {}
        }
    }
}

/// A name bound to a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// As rulebooks write it.
    pub name: String,
    /// What stands there.
    pub kind: Kind,
    /// The place; of a sink it may contain `{run}`. Empty for a database that a server keeps.
    pub path: PathBuf,
    /// How to reach the server, of the kinds that have one.
    pub server: Option<Server>,
    /// Which web service, of the kind that is one.
    pub web: Option<Web>,
    /// Where posts are listened for, of the kind that takes them.
    pub listen: Option<Listen>,
    /// Which NATS server, of the kind that is one.
    pub nats: Option<Nats>,
    /// Standard input is given from its first line at every start.
    pub repeats: bool,
    /// How long copies of a database's tables serve.
    pub keep: Keep,
    /// How texts are read and written.
    pub text: TextOptions,
    /// What happens to values that do not fit their column.
    pub misfit: Misfit,
    /// Of a feed that a rulebook declares over it: how its messages are read.
    pub feed: Option<Arc<Feed>>,
    /// Where the file binds it.
    pub span: Span,
}

impl Connection {
    /// The same, where messages go to what a rulebook says after `topic`.
    #[must_use]
    pub fn addressed(&self, object: Option<&str>) -> Self {
        let mut addressed = self.clone();
        if let Some(nats) = &mut addressed.nats {
            nats.subject = object.map(str::to_owned);
        }
        addressed
    }

    /// Where messages go, for people.
    pub fn shown(&self) -> String {
        let web = self.web.as_ref().map(Web::shown);
        web.or_else(|| self.nats.as_ref().map(Nats::shown)).unwrap_or_default()
    }

    /// Whether its tables are files that are read.
    pub fn is_of_files(&self) -> bool {
        matches!(self.kind, Kind::Files | Kind::Csv | Kind::JsonLines | Kind::Parquet)
    }
}

/// What a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A folder with tables in any of the file formats.
    Files,
    /// Comma separated values.
    Csv,
    /// One JSON object per line.
    JsonLines,
    /// Parquet.
    Parquet,
    /// A SQLite database.
    Sqlite,
    /// A PostgreSQL server (read only).
    Postgres,
    /// A MySQL or MariaDB server (read only).
    Mysql,
    /// A web service that takes each effect as a message (written only).
    Webhook,
    /// Standard input and output: JSON lines.
    Standard,
    /// JSON lines that are posted to an address (a stream, read only).
    Http,
    /// A NATS server with JetStream: messages in, each effect as a message out.
    Nats,
    /// Datagrams of a feed that are sent to an address (a stream, read only).
    Udp,
}

/// How text files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOptions {
    /// Texts that mean missing.
    pub null: Vec<String>,
    /// The encoding.
    pub encoding: Encoding,
    /// Between values, CSV only.
    pub delimiter: u8,
    /// Of times written without a zone.
    pub zone: Zone,
}

impl Default for TextOptions {
    /// UTF-8, commas, an empty value is missing, Shanghai's time.
    fn default() -> Self {
        Self {
            null: vec![String::new()],
            encoding: Encoding::Utf8,
            delimiter: b',',
            zone: Zone::named("Asia/Shanghai").unwrap_or_else(|_| Zone::utc()),
        }
    }
}

/// Encodings that can be declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB 18030, which contains GBK and GB 2312.
    Gbk,
}

/// What happens to values that do not fit their column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Misfit {
    /// The table is not read.
    #[default]
    Error,
    /// The value is missing, and counted.
    Missing,
}

/// The kinds by their words.
pub const KINDS: [(&str, Kind); 12] = [
    ("files", Kind::Files),
    ("csv", Kind::Csv),
    ("jsonl", Kind::JsonLines),
    ("parquet", Kind::Parquet),
    ("sqlite", Kind::Sqlite),
    ("postgres", Kind::Postgres),
    ("mysql", Kind::Mysql),
    ("webhook", Kind::Webhook),
    ("stdio", Kind::Standard),
    ("http", Kind::Http),
    ("nats", Kind::Nats),
    ("udp", Kind::Udp),
];

impl Kind {
    /// The word that `guiju.yaml` uses.
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(_, k)| *k == self).map_or("", |(w, _)| w)
    }

    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Files | Self::Csv => &["kind", "path", "null", "encoding", "delimiter", "zone", "misfit"],
            Self::JsonLines => &["kind", "path", "null", "encoding", "zone", "misfit"],
            Self::Parquet => &["kind", "path", "zone", "misfit"],
            Self::Sqlite => &["kind", "path", "zone", "misfit", "refresh", "max_age"],
            Self::Postgres | Self::Mysql => database::KEYS,
            Self::Webhook => web::KEYS,
            Self::Standard => listen::STANDARD,
            Self::Http => listen::HTTP,
            Self::Nats => nats::KEYS,
            Self::Udp => listen::UDP,
        }
    }

    /// Whether it is nothing but a stream: there are no columns to look at before rows come.
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Standard | Self::Http | Self::Nats | Self::Udp)
    }

    /// Whether it takes effects one by one, as messages.
    pub fn takes_messages(self) -> bool {
        matches!(self, Self::Webhook | Self::Nats)
    }

    /// Whether its tables are copied before they are read.
    pub fn is_database(self) -> bool {
        matches!(self, Self::Sqlite | Self::Postgres | Self::Mysql)
    }
}

impl Config {
    /// Without a file: no connections, the store in `.guiju`.
    pub fn empty(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), store: folder.join(".guiju").into(), record: Some(RECORD), ..Self::default() }
    }

    /// Of a file that cannot be read, which was reported.
    pub fn unread(folder: &Path) -> Self {
        Self { refused: Refused::Any, ..Self::empty(folder) }
    }

    /// Whether the file binds that name, or may bind it, without saying enough to use it, which was reported.
    pub fn is_refused(&self, name: &str) -> bool {
        match &self.refused {
            Refused::None => false,
            Refused::Some(names) => names.iter().any(|refused| refused == name),
            Refused::Any => true,
        }
    }

    /// Reads the text of a connections file that lies in `folder`. What is right is usable even beside findings.
    pub fn parse(text: &str, folder: &Path, file: FileId) -> (Self, Vec<Finding>) {
        Self::parse_as(Form::Yaml, text, folder, file)
    }

    /// The same of a text in either form.
    pub fn parse_as(form: Form, text: &str, folder: &Path, file: FileId) -> (Self, Vec<Finding>) {
        let mut config = Self::empty(folder);
        let (read, broken): (_, fn(FileId, Span, &str) -> Finding) = match form {
            Form::Yaml => (yaml::parse(text), problem::yaml_broken),
            Form::Toml => (toml::parse(text), problem::toml_broken),
        };
        let document = match read {
            Ok(d) => d,
            Err(b) => return (Self::unread(folder), vec![broken(file, b.span, &b.message)]),
        };
        let mut reader = Reader { document: &document, file, findings: Vec::new() };
        reader.config(&mut config);
        (config, reader.findings)
    }

    /// A connection by name; if there is none, the finding lists what there is.
    pub fn connection(&self, name: &str) -> Result<&Connection, Finding> {
        self.connections.iter().find(|c| c.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.connections.iter().map(|c| c.name.as_str()).collect();
            problem::unknown_connection(name, problem::nearest(name, known.iter().copied()), &known)
        })
    }
}

struct Reader<'a> {
    document: &'a Document,
    file: FileId,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn config(&mut self, config: &mut Config) {
        let entries = match &self.document.root {
            Yaml::Null => return,
            root => match root.entries() {
                Some(e) => e,
                None => return self.wrong(&[], "guiju.yaml", "form.map"),
            },
        };
        let folder = config.folder.clone();
        for (key, value) in entries {
            match key.as_str() {
                "connections" => match value.entries() {
                    Some(list) => {
                        for (name, value) in list {
                            match self.connection(&folder, name, value) {
                                Some(connection) => config.connections.push(connection),
                                None => config.refused.add(name),
                            }
                        }
                    }
                    None => {
                        config.refused = Refused::Any;
                        self.wrong(&[key], key, "form.map");
                    }
                },
                "store" => match self.home(&folder, value) {
                    Some(home) => config.store = home,
                    None => continue,
                },
                "calendars" => match value.items() {
                    Some(items) => {
                        for item in items {
                            config.calendars.extend(self.path(&folder, &[key], item));
                        }
                    }
                    None => self.wrong(&[key], key, "form.list"),
                },
                "record" => match value.text().map(|text| (text, database::duration(text))) {
                    Some(("off", _)) => config.record = None,
                    Some((_, Some(time))) => config.record = Some(time),
                    _ => self.wrong(&[key], key, "form.duration"),
                },
                "gates" => config.gates = self.gates(value),
                "trust" => config.trust = self.trust(value),
                "retain" => config.retain = self.retain(value),
                "schedule" => config.schedule = self.schedule(value),
                _ => self.unknown(&[key], key, KEYS),
            }
        }
    }

    fn connection(&mut self, folder: &Path, name: &str, value: &Yaml) -> Option<Connection> {
        let here = ["connections", name];
        let span = self.document.place(&here);
        let Some(entries) = value.entries() else {
            self.wrong(&here, name, "form.map");
            return None;
        };
        let Some(word) = value.get("kind") else {
            self.findings.push(problem::key_absent(self.file, span, name, "kind"));
            return None;
        };
        let words: Vec<&str> = KINDS.iter().map(|(w, _)| *w).collect();
        let Some(kind) = KINDS.iter().find(|(w, _)| Some(*w) == word.text()).map(|(_, k)| *k) else {
            let got = word.text().unwrap_or_default();
            let at = self.document.place_of_value(&["connections", name, "kind"], got);
            let near = problem::nearest(got, words.iter().copied());
            self.findings.push(problem::unknown_connection_kind(self.file, at, got, near, &words));
            return None;
        };
        let mut connection = Connection {
            name: name.to_owned(),
            kind,
            path: PathBuf::new(),
            server: None,
            web: None,
            listen: None,
            nats: None,
            repeats: false,
            keep: Keep::default(),
            text: TextOptions::default(),
            misfit: Misfit::default(),
            feed: None,
            span,
        };
        let mut path = None;
        for (key, value) in entries {
            let at = ["connections", name, key.as_str()];
            match key.as_str() {
                k if !kind.keys().contains(&k) => self.unknown(&at, key, kind.keys()),
                "refresh" | "max_age" => match value.text().and_then(database::duration) {
                    Some(time) if key == "refresh" => connection.keep.refresh = time,
                    Some(time) => connection.keep.max_age = Some(time),
                    None => self.wrong(&at, key, "form.duration"),
                },
                k if database::KEYS.contains(&k) && !["kind", "zone", "misfit"].contains(&k) => {}
                k if kind == Kind::Webhook && k != "zone" => {}
                "listen" | "token" | "most" | "url" | "rate" | "interface" => {}
                "repeats" => match value {
                    Yaml::Bool(repeats) => connection.repeats = *repeats,
                    _ => self.wrong(&at, key, "form.truth"),
                },
                "path" => path = self.path(folder, &at, value),
                "kind" => {}
                "null" => match texts(value) {
                    Some(list) => connection.text.null = list,
                    None => self.wrong(&at, key, "form.texts"),
                },
                "encoding" => match value.text().map(str::to_lowercase).as_deref() {
                    Some("utf-8" | "utf8") => connection.text.encoding = Encoding::Utf8,
                    Some("gbk" | "gb2312" | "gb18030") => connection.text.encoding = Encoding::Gbk,
                    other => {
                        let span = self.document.place(&at);
                        self.findings.push(problem::unknown_encoding(self.file, span, other.unwrap_or_default()));
                    }
                },
                "delimiter" => match value.text().map(str::as_bytes) {
                    Some(&[b]) if b.is_ascii() && !b"\"\r\n".contains(&b) => connection.text.delimiter = b,
                    _ => self.wrong(&at, key, "form.character"),
                },
                "zone" => match value.text().map(Zone::named) {
                    Some(Ok(zone)) => connection.text.zone = zone,
                    _ => self.wrong(&at, key, "form.zone"),
                },
                "misfit" => match value.text() {
                    Some("error") => connection.misfit = Misfit::Error,
                    Some("missing") => connection.misfit = Misfit::Missing,
                    _ => self.wrong(&at, key, "form.misfit"),
                },
                _ => self.unknown(&at, key, kind.keys()),
            }
        }
        if let Kind::Postgres | Kind::Mysql = kind {
            connection.server = Some(self.server(folder, name, kind, value)?);
            return Some(connection);
        }
        if kind == Kind::Webhook {
            connection.web = Some(self.web(folder, name, value)?);
            return Some(connection);
        }
        if let Kind::Http | Kind::Udp = kind {
            connection.listen = Some(self.listen(folder, name, kind, value)?);
        }
        if kind == Kind::Nats {
            connection.nats = Some(self.nats(folder, name, value)?);
        }
        if kind.is_stream() {
            return Some(connection);
        }
        if value.get("path").is_none() {
            self.findings.push(problem::key_absent(self.file, span, name, "path"));
        }
        connection.path = path?;
        Some(connection)
    }

    fn path(&mut self, folder: &Path, at: &[&str], value: &Yaml) -> Option<PathBuf> {
        match value.text() {
            Some(t) if !t.trim().is_empty() && !t.contains('\0') => Some(folder.join(t)),
            _ => {
                self.wrong(at, at.last().copied().unwrap_or_default(), "form.path");
                None
            }
        }
    }

    fn wrong(&mut self, at: &[&str], key: &str, expected: &'static str) {
        let span = self.document.place(at);
        self.findings.push(problem::wrong_form(self.file, span, key, expected));
    }

    fn unknown(&mut self, at: &[&str], key: &str, allowed: &[&str]) {
        let span = self.document.place(at);
        let near = problem::nearest(key, allowed.iter().copied());
        self.findings.push(problem::unknown_key(self.file, span, key, near, allowed));
    }
}

/// Bare `NULL` and `~` are YAML's own nothing, not texts: they need quotes.
fn texts(value: &Yaml) -> Option<Vec<String>> {
    let one = |v: &Yaml| match v {
        Yaml::Text(t) => Some(t.clone()),
        Yaml::Integer(i) => Some(i.to_string()),
        _ => None,
    };
    match value {
        Yaml::List(items) => items.iter().map(one).collect(),
        single => one(single).map(|t| vec![t]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guiju_lang::finding::{At, Code};

    fn parse(text: &str) -> (Config, Vec<Finding>) {
        Config::parse(text, Path::new("/p"), FileId(3))
    }

    #[test]
    fn a_good_file() {
        let (c, f) = parse(
            "connections:\n  lake: { kind: files, path: data/lake }\n  crm: { kind: csv, path: data/crm, null: [\"\", \"NULL\"], encoding: gbk, \
             delimiter: \"|\", zone: Asia/Tokyo, misfit: missing }\n  desk: { kind: sqlite, path: /out/desk.db }\nstore: .state\ncalendars: [c/sse.yaml]\n",
        );
        assert_eq!(f, vec![]);
        assert_eq!(c.connection("lake").unwrap().path, Path::new("/p/data/lake"));
        let crm = c.connection("crm").unwrap();
        assert_eq!(
            (crm.kind, crm.text.encoding, crm.text.delimiter, crm.text.zone.name()),
            (Kind::Csv, Encoding::Gbk, b'|', "Asia/Tokyo")
        );
        assert_eq!(crm.misfit, Misfit::Missing);
        assert_eq!(c.connection("desk").unwrap().path, Path::new("/out/desk.db"));
        assert_eq!((c.store.folder, c.calendars), (PathBuf::from("/p/.state"), vec![PathBuf::from("/p/c/sse.yaml")]));
    }

    #[test]
    fn slips_are_found_where_they_stand() {
        let text = "connections:\n  lake: { kind: fils, path: x }\n  crm: { kind: csv, pth: x }\nstor: y\n";
        let (_, f) = parse(text);
        let codes: Vec<_> = f.iter().map(|f| f.code.0).collect();
        assert_eq!(codes, [5003, 5002, 5004, 5002]);
        let spot = |f: &Finding| match &f.at {
            At::Text(p) => text[p.span.range()].to_owned(),
            _ => String::new(),
        };
        assert_eq!((spot(&f[0]).as_str(), spot(&f[1]).as_str(), spot(&f[3]).as_str()), ("fils", "pth", "stor"));
        assert!(f[0].suggestions == ["files"]);
        assert!(f[1].suggestions == ["path"]);
    }

    #[test]
    fn an_unknown_connection_names_its_neighbour() {
        let (c, _) = parse("connections: { lake: { kind: files, path: x } }");
        let f = c.connection("lakes").unwrap_err();
        assert_eq!(f.code, Code(5007));
        assert!(f.suggestions == ["lake"]);
    }
}
