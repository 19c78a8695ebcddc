//! What `guiju.yaml` says of a database: where its server is, who asks, and how long a copy of its tables serves.

use super::{Kind, Reader};
use crate::{problem, yaml::Yaml};
use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

/// The keys of a connection to a server.
pub(super) const KEYS: &[&str] = &[
    "kind",
    "host",
    "port",
    "database",
    "user",
    "password",
    "connect_timeout",
    "timeout",
    "refresh",
    "max_age",
    "zone",
    "misfit",
];

/// A database server, and as whom to ask it.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// A name, an address, or the folder (PostgreSQL) or file (MySQL) of its socket, which begins with `/`.
    pub host: String,
    /// Of TCP, and part of the name of PostgreSQL's socket.
    pub port: u16,
    /// Which of its databases.
    pub database: String,
    /// Who asks. Should be allowed to read and nothing else.
    pub user: String,
    /// Where the password is found.
    pub password: Secret,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the server may be silent once it has been asked.
    pub timeout: Duration,
}

/// Where a password is found: never in the file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// There is none.
    Nothing,
    /// In an environment variable.
    Env(String),
    /// In a file, without its last line break.
    File(PathBuf),
}

/// A password in memory. It shows itself to nobody.
pub(crate) struct Password(pub(crate) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Secret {
    /// Finds it; the error says why not.
    pub(crate) fn find(&self) -> Result<Password, String> {
        match self {
            Self::Nothing => Ok(Password(String::new())),
            Self::Env(variable) => match std::env::var(variable) {
                Ok(text) => Ok(Password(text)),
                Err(error) => Err(error.to_string()),
            },
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Password(text.trim_end_matches(['\r', '\n']).to_owned())),
                Err(error) => Err(error.to_string()),
            },
        }
    }

    /// Where it should be, as people are told.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Nothing => "password".to_owned(),
            Self::Env(variable) => variable.clone(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// How long copies of a database's tables serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// A copy younger than this is used as it is. Zero: every run takes its own.
    pub refresh: Duration,
    /// A copy up to this age is used when the database does not answer. `None`: as `refresh`.
    pub max_age: Option<Duration>,
}

impl Keep {
    /// The greatest age at which a copy still serves.
    pub fn most(&self) -> Duration {
        self.max_age.unwrap_or(self.refresh).max(self.refresh)
    }
}

impl Reader<'_> {
    pub(super) fn server(&mut self, folder: &Path, name: &str, kind: Kind, value: &Yaml) -> Option<Server> {
        let before = self.findings.len();
        let text =
            |key: &str| value.get(key).and_then(Yaml::text).filter(|t| !t.trim().is_empty() && !t.contains('\0'));
        let mut server = Server {
            host: text("host").unwrap_or_default().to_owned(),
            port: if kind == Kind::Postgres { 5432 } else { 3306 },
            database: text("database").unwrap_or_default().to_owned(),
            user: text("user").unwrap_or_default().to_owned(),
            password: Secret::Nothing,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
        };
        for (key, given) in value.entries().unwrap_or_default() {
            let at = ["connections", name, key.as_str()];
            match key.as_str() {
                "host" | "database" | "user" if text(key).is_none() => self.wrong(&at, key, "form.text"),
                "port" => match given {
                    Yaml::Integer(port) if (1..=65_535).contains(port) => server.port = *port as u16,
                    _ => self.wrong(&at, key, "form.port"),
                },
                "password" => match secret(folder, given) {
                    Some(secret) => server.password = secret,
                    None => self.wrong(&at, key, "form.secret"),
                },
                "connect_timeout" | "timeout" => match given.text().and_then(duration).filter(|t| !t.is_zero()) {
                    Some(time) if key == "timeout" => server.timeout = time,
                    Some(time) => server.connect_timeout = time,
                    None => self.wrong(&at, key, "form.duration"),
                },
                _ => {}
            }
        }
        for key in ["host", "database", "user"] {
            if value.get(key).is_none() {
                let span = self.document.place(&["connections", name]);
                self.findings.push(problem::key_absent(self.file, span, name, key));
            }
        }
        (self.findings.len() == before).then_some(server)
    }
}

/// `{ env: NAME }` or `{ file: PATH }`.
pub(super) fn secret(folder: &Path, value: &Yaml) -> Option<Secret> {
    let [(key, place)] = value.entries()? else { return None };
    let place = place.text().filter(|t| !t.trim().is_empty() && !t.contains(['\0', '=']))?;
    match key.as_str() {
        "env" => Some(Secret::Env(place.to_owned())),
        "file" => Some(Secret::File(folder.join(place))),
        _ => None,
    }
}

/// `90s`, `15m`, `6h`, `1d`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let number: u64 = digits.parse().ok().filter(|n| *n <= 1_000_000)?;
    Some(Duration::from_secs(number * seconds))
}

#[cfg(test)]
mod tests {
    use super::{super::Config, *};
    use guiju_lang::finding::FileId;

    fn parse(text: &str) -> (Config, Vec<u16>) {
        let (config, findings) = Config::parse(text, Path::new("/p"), FileId(0));
        (config, findings.iter().map(|f| f.code.0).collect())
    }

    #[test]
    fn a_server() {
        let (config, codes) = parse(
            "connections:\n  crm: { kind: postgres, host: db, database: crm, user: guiju, password: { file: secret }, timeout: 5s, \
             refresh: 1h, max_age: 1d }\n",
        );
        assert_eq!(codes, Vec::<u16>::new());
        let crm = config.connection("crm").unwrap();
        let server = crm.server.as_ref().unwrap();
        assert_eq!((server.port, server.timeout), (5432, Duration::from_secs(5)));
        assert_eq!(server.password, Secret::File("/p/secret".into()));
        assert_eq!((crm.keep.refresh.as_secs(), crm.keep.most().as_secs()), (3_600, 86_400));
    }

    /// The reference shows what works.
    #[test]
    fn the_page_about_connections() {
        let page = include_str!("../../../../dsl-grammar/reference/connections.md");
        let yaml = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let (config, codes) = parse(yaml);
        assert_eq!((codes, config.connections.len()), (vec![], 5));
        for (word, kind) in super::super::KINDS {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{word}` |"))).unwrap();
            let named = |row: &str| kind.keys().iter().all(|key| *key == "kind" || row.contains(&format!("`{key}`")));
            assert!(named(row) || row.contains("the same"), "{row}");
        }
    }

    #[test]
    fn a_password_does_not_stand_in_the_file() {
        let base = "connections: { crm: { kind: mysql, host: db, database: crm, user: g, password: ";
        for bad in ["hunter2 } }", "{ env: '' } } }", "{ env: A, file: b } } }", "[] } }"] {
            let (config, codes) = parse(&format!("{base}{bad}"));
            assert_eq!((codes, config.connections.len()), (vec![5005], 0), "{bad}");
        }
        let (_, codes) = parse("connections: { crm: { kind: mysql, host: db, port: 99999, timeout: soon } }");
        assert_eq!(codes, [5005, 5005, 5004, 5004]);
        let (_, codes) = parse("connections: { crm: { kind: sqlite, path: x, refresh: often } }");
        assert_eq!(codes, [5005]);
    }

    #[test]
    fn a_password_shows_itself_to_nobody() {
        assert_eq!(format!("{:?}", Password("hunter2".to_owned())), "Password(…)");
    }
}
