//! A database for one test, in every kind there is on this machine.

use guiju_connect::{
    config::{Config, Connection},
    database::{Copied, Wanted, obtain},
    read::{self, ReadOptions, Request},
    sink::value_text,
};
use guiju_lang::finding::{FileId, Finding, Lang, catalogue};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Mysql,
    Sqlite,
}

/// A database of its own, removed with it.
pub(crate) struct Database {
    pub(crate) kind: Kind,
    name: String,
    pub(crate) folder: TempDir,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The owner's password, on both servers.
pub(crate) const PASSWORD: &str = "GUIJU_TEST_PASSWORD";

impl Kind {
    /// Where its server is, if it has one and it runs.
    pub(crate) fn port(self) -> Option<u16> {
        match self {
            Self::Postgres => variable("GUIJU_TEST_POSTGRES")?.parse().ok(),
            Self::Mysql => variable("GUIJU_TEST_MYSQL")?.parse().ok(),
            Self::Sqlite => None,
        }
    }

    /// A new database; nothing where there is no server.
    pub(crate) fn database(self) -> Option<Database> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if self != Self::Sqlite && self.port().is_none() {
            eprintln!("SKIPPED: there is no {self:?} server; `cargo xtask test` starts one");
            return None;
        }
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Database { kind: self, name: name.clone(), folder: TempDir::new().unwrap() };
        if self != Self::Sqlite {
            client(self, None, &format!("CREATE DATABASE {name}"));
        }
        Some(database)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The server, and all that is on it, goes anyway.
            return;
        }
        match self.kind {
            Kind::Postgres => client(self.kind, None, &format!("DROP DATABASE {} WITH (FORCE)", self.name)),
            Kind::Mysql => client(self.kind, None, &format!("DROP DATABASE {}", self.name)),
            Kind::Sqlite => {}
        }
    }
}

/// Says something to a server as its owner, by its own command line.
fn client(kind: Kind, database: Option<&str>, sql: &str) {
    let port = kind.port().unwrap().to_string();
    let password = variable(PASSWORD).unwrap();
    let (program, given) = match kind {
        Kind::Postgres => {
            ("GUIJU_TEST_PSQL", vec!["-qX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "owner", "-p", &port])
        }
        _ => (
            "GUIJU_TEST_MARIADB",
            vec!["--no-defaults", "--default-character-set=utf8mb4", "-h", "127.0.0.1", "-u", "owner", "-P", &port],
        ),
    };
    let mut command = Command::new(variable(program).unwrap());
    command.args(given).env("PGPASSWORD", &password).env("MYSQL_PWD", &password);
    // What is still in use must not keep a test waiting.
    command.arg(if kind == Kind::Mysql { "--init-command=SET lock_wait_timeout=20" } else { "-q" });
    match (kind, database) {
        (Kind::Postgres, name) => command.args(["-d", name.unwrap_or("postgres")]),
        (_, name) => command.args(name),
    };
    if let Some(libraries) = variable("GUIJU_TEST_LIBRARIES") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

impl Database {
    /// Does something to it.
    pub(crate) fn run(&self, sql: &str) {
        match self.kind {
            Kind::Sqlite => rusqlite::Connection::open(self.file()).unwrap().execute_batch(sql).unwrap(),
            kind => client(kind, Some(&self.name), sql),
        }
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("data.db")
    }

    /// The connection `crm` in a `guiju.yaml`, with more keys; `port` of something in between.
    pub(crate) fn yaml(&self, port: Option<u16>, more: &str) -> String {
        let place = match self.kind {
            Kind::Sqlite => format!("kind: sqlite, path: \"{}\"", self.file().display()),
            kind => format!(
                "kind: {}, host: 127.0.0.1, port: {}, database: {}, user: owner, password: {{ env: {PASSWORD} }}",
                if kind == Kind::Postgres { "postgres" } else { "mysql" },
                port.or_else(|| kind.port()).unwrap(),
                self.name,
            ),
        };
        format!("crm: {{ {place}{more} }}")
    }

    /// As a store names it, without the password; `port` of something in between.
    #[allow(dead_code, reason = "the tests of stores use it")]
    pub(crate) fn url(&self, port: Option<u16>) -> String {
        let port = port.or_else(|| self.kind.port()).unwrap();
        format!("postgres://owner@127.0.0.1:{port}/{}", self.name)
    }

    pub(crate) fn connection_by(&self, port: Option<u16>, more: &str) -> Connection {
        parse(&format!("connections: {{ {} }}", self.yaml(port, more)))
    }

    pub(crate) fn connection(&self) -> Connection {
        self.connection_by(None, "")
    }

    /// The store of this test.
    pub(crate) fn store(&self) -> std::path::PathBuf {
        self.folder.path().join("store")
    }

    /// A copy of whole tables.
    pub(crate) fn copy(&self, connection: &Connection, objects: &[&str]) -> Result<Copied, Vec<Finding>> {
        let wanted: Vec<Wanted<'_>> =
            objects.iter().map(|object| Wanted { object: Some(object), schema: None, used: &[] }).collect();
        obtain(&self.store(), connection, &wanted, &mut |_, _| true)
    }

    /// All rows of a table as texts, `∅` for what is missing, through a copy.
    pub(crate) fn rows(&self, object: &str) -> Result<Vec<String>, Vec<Finding>> {
        let connection = self.connection();
        let copied = self.copy(&connection, &[object])?;
        texts(&copied, &connection, object)
    }
}

/// Reads a `guiju.yaml` of one connection.
pub(crate) fn parse(yaml: &str) -> Connection {
    let (config, findings) = Config::parse(yaml, Path::new(""), FileId(0));
    assert_eq!(findings, vec![]);
    config.connections.into_iter().next().unwrap()
}

/// The rows of a copy.
pub(crate) fn texts(copied: &Copied, connection: &Connection, object: &str) -> Result<Vec<String>, Vec<Finding>> {
    let file = copied.held.open(connection, object).unwrap();
    let options = ReadOptions::default();
    let scan = read::open(&Request { connection: &file, object: None, schema: None, columns: None, options })?;
    let mut rows = Vec::new();
    for step in scan {
        let batch = step?.batch;
        for row in 0..batch.num_rows() {
            let values = (0..batch.num_columns()).map(|c| value_text(&batch, c, row).unwrap_or_else(|| "∅".to_owned()));
            rows.push(values.collect::<Vec<_>>().join("|"));
        }
    }
    Ok(rows)
}

/// Code and English text of each finding.
pub(crate) fn said(findings: &[Finding]) -> Vec<String> {
    let one = |f: &Finding| {
        assert!(!catalogue::message(f, Lang::Zh).is_empty());
        format!("{} {}", f.code.0, catalogue::message(f, Lang::En))
    };
    findings.iter().map(one).collect()
}
