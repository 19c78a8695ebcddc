//! What `guiju.yaml` says of the store: a folder; and, where several machines are to be able to take over from each other, a PostgreSQL.
//!
//! ```yaml
//! store: .guiju
//! store: { folder: .guiju, url: "postgres://guiju@db.internal:5432/guiju?schema=guiju", password: { env: STORE_PASSWORD } }
//! ```

use super::{
    Reader, Secret, Server,
    database::{duration, secret},
};
use crate::{problem, yaml::Yaml};
use std::{
    ops::Deref,
    path::{Path, PathBuf},
    time::Duration,
};

const KEYS: &[&str] = &["folder", "url", "password", "connect_timeout", "timeout"];
/// Of the database's tables, where the URL does not say.
const SCHEMA: &str = "guiju";
/// Where the file says nothing of a folder.
const FOLDER: &str = ".guiju";

/// Where the store is. Used as a path, it is the folder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Home {
    /// Holds everything; beside a database: locks, requests, recordings, and copies of effects that the database has.
    pub folder: PathBuf,
    /// The database that says what is so; nothing: a file in the folder.
    pub base: Option<Base>,
}

/// A PostgreSQL as a store.
#[derive(Debug, Clone, PartialEq)]
pub struct Base {
    /// Where it is, and as whom to ask it.
    pub server: Server,
    /// The schema of the store's tables.
    pub schema: String,
}

impl Home {
    /// Whether there may be a store: without a look at a database, the folder says.
    pub fn exists(&self) -> bool {
        self.base.is_some() || self.folder.exists()
    }

    /// The database, as people are told: its file, or its URL, in which no password stands.
    pub fn shown(&self) -> PathBuf {
        match &self.base {
            None => self.folder.join("store.db"),
            Some(Base { server: Server { host, port, database, user, .. }, schema }) => {
                format!("postgres://{user}@{host}:{port}/{database}?schema={schema}").into()
            }
        }
    }
}

impl Deref for Home {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.folder
    }
}

impl AsRef<Path> for Home {
    fn as_ref(&self) -> &Path {
        &self.folder
    }
}

impl From<&Self> for Home {
    fn from(home: &Self) -> Self {
        home.clone()
    }
}

impl From<PathBuf> for Home {
    fn from(folder: PathBuf) -> Self {
        Self { folder, base: None }
    }
}

impl From<&PathBuf> for Home {
    fn from(folder: &PathBuf) -> Self {
        folder.clone().into()
    }
}

impl From<&Path> for Home {
    fn from(folder: &Path) -> Self {
        folder.to_owned().into()
    }
}

impl From<String> for Home {
    fn from(folder: String) -> Self {
        PathBuf::from(folder).into()
    }
}

impl Reader<'_> {
    /// A folder, a URL, or both with what else there is to say.
    pub(super) fn home(&mut self, folder: &Path, value: &Yaml) -> Option<Home> {
        let here = folder.join(FOLDER);
        let Some(entries) = value.entries() else {
            let text = value.text().unwrap_or_default();
            if !text.contains("://") {
                return self.path(folder, &["store"], value).map(Home::from);
            }
            let base = base(text);
            if base.is_none() {
                self.wrong(&["store"], "store", "form.store");
            }
            return Some(Home { folder: here, base: Some(base?) });
        };
        let before = self.findings.len();
        let mut home = Home { folder: here, base: value.get("url").and_then(Yaml::text).and_then(base) };
        for (key, given) in entries {
            let at = ["store", key.as_str()];
            match key.as_str() {
                "folder" => home.folder = self.path(folder, &at, given).unwrap_or_default(),
                "url" if home.base.is_none() => self.wrong(&at, key, "form.store"),
                "url" => {}
                "password" => match (secret(folder, given), &mut home.base) {
                    (Some(secret), Some(base)) => base.server.password = secret,
                    (Some(_), None) => {}
                    (None, _) => self.wrong(&at, key, "form.secret"),
                },
                "connect_timeout" | "timeout" => match given.text().and_then(duration).filter(|t| !t.is_zero()) {
                    None => self.wrong(&at, key, "form.duration"),
                    Some(time) => {
                        if let Some(base) = &mut home.base {
                            let of = &mut base.server;
                            *(if key == "timeout" { &mut of.timeout } else { &mut of.connect_timeout }) = time;
                        }
                    }
                },
                _ => self.unknown(&at, key, KEYS),
            }
        }
        if value.get("url").is_none() && entries.iter().any(|(key, _)| key != "folder" && KEYS.contains(&key.as_str()))
        {
            let span = self.document.place(&["store"]);
            self.findings.push(problem::key_absent(self.file, span, "store", "url"));
        }
        (self.findings.len() == before).then_some(home)
    }
}

/// `postgres://USER@HOST[:PORT]/DATABASE[?schema=NAME]`; a host that is a folder of sockets is written `%2Fvar%2Frun%2Fpostgresql`.
fn base(url: &str) -> Option<Base> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (user, rest) = rest.rsplit_once('@')?;
    let (host, database) = rest.split_once('/')?;
    let (host, port) = match host.rsplit_once(':') {
        // An address of IPv6 has colons of its own and stands in brackets.
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok().filter(|port| *port > 0)?),
        _ => (host, 5432),
    };
    let schema = match query {
        None => SCHEMA.to_owned(),
        Some(query) => plain(query.strip_prefix("schema=")?)?,
    };
    // A password does not stand here.
    if user.contains(':') || schema.len() > 63 {
        return None;
    }
    let server = Server {
        host: plain(host.trim_start_matches('[').trim_end_matches(']'))?,
        port,
        database: plain(database)?,
        user: plain(user)?,
        password: Secret::Nothing,
        connect_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(60),
    };
    Some(Base { server, schema })
}

/// A part of a URL, its `%` undone; nothing where it is empty or says something that no name can.
fn plain(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => (digit(rest.next())? << 4 | digit(rest.next())?) as u8,
            b'&' | b'=' | b'?' | b'#' => return None,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty() && !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Config, Form},
        *,
    };
    use guiju_lang::finding::FileId;

    fn parse(text: &str) -> (Home, Vec<u16>) {
        let (config, findings) = Config::parse(text, Path::new("/p"), FileId(0));
        (config.store, findings.iter().map(|f| f.code.0).collect())
    }

    #[test]
    fn a_folder_or_a_database() {
        assert_eq!(parse("store: state"), (Home::from(PathBuf::from("/p/state")), vec![]));
        assert_eq!(parse("store: { folder: state }"), (Home::from(PathBuf::from("/p/state")), vec![]));
        let (home, codes) = parse("store: postgres://guiju@db.internal/rules");
        assert_eq!((codes, home.shown()), (vec![], "postgres://guiju@db.internal:5432/rules?schema=guiju".into()));
        assert_eq!((home.folder.as_path(), home.exists()), (Path::new("/p/.guiju"), true));
        let (home, codes) = parse(
            "store: { folder: s, url: \"postgresql://a%40b@[::1]:5433/r?schema=desk\", password: { env: SECRET }, timeout: 5s }",
        );
        let base = home.base.unwrap();
        assert_eq!((codes, base.schema.as_str()), (vec![], "desk"));
        let Server { host, port, user, password, timeout, .. } = base.server;
        assert_eq!((host.as_str(), port, user.as_str()), ("::1", 5433, "a@b"));
        assert_eq!((password, timeout.as_secs()), (Secret::Env("SECRET".into()), 5));
        let toml = "[store]\nurl = \"postgres://g@db/rules\"\npassword = { file = \"secret\" }\n";
        let (config, findings) = Config::parse_as(Form::Toml, toml, Path::new("/p"), FileId(0));
        assert_eq!((findings, config.store.base.unwrap().server.password), (vec![], Secret::File("/p/secret".into())));
        let (home, _) = parse("store: postgres://g@%2Fvar%2Frun%2Fpostgresql/rules");
        assert_eq!(home.base.unwrap().server.host, "/var/run/postgresql");
    }

    #[test]
    fn what_is_no_store() {
        for bad in [
            "store: postgres://guiju:hunter2@db/rules",
            "store: mysql://guiju@db/rules",
            "store: postgres://db/rules",
            "store: postgres://g@db:0/rules",
            "store: postgres://g@db/",
            "store: postgres://g@db/r?sslmode=require",
            "store: { url: 7 }",
            "store: { url: postgres://g@db/r, password: hunter2 }",
            "store: { url: postgres://g@db/r, timeout: soon }",
            "store: [a]",
        ] {
            let (home, codes) = parse(bad);
            assert_eq!((codes, home.base), (vec![5005], None), "{bad}");
        }
        assert_eq!(parse("store: { password: { env: A } }").1, [5004]);
        assert_eq!(parse("store: { url: postgres://g@db/r, sslmode: on }").1, [5002]);
    }
}
