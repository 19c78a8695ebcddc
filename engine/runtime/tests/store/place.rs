//! Where a test's store is: in a file, and in a PostgreSQL where there is a server. `cargo xtask test` starts one on loopback.

use crate::server::{Database, Kind, PASSWORD};
use guiju::store::{Store, View};
use guiju_connect::config::{Config, Home};
use guiju_lang::finding::FileId;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// A folder, and the database that goes with it.
pub(crate) struct Place {
    folder: Arc<TempDir>,
    database: Option<Arc<Database>>,
    /// Something in between stands at this port.
    port: Option<u16>,
}

/// A store's home as a configuration names it.
pub(crate) fn home(folder: &Path, url: &str) -> Home {
    let yaml =
        format!("store: {{ folder: \"{}\", url: \"{url}\", password: {{ env: {PASSWORD} }} }}", folder.display());
    let (config, findings) = Config::parse(&yaml, folder, FileId(0));
    assert_eq!(findings, vec![]);
    config.store
}

fn folder() -> Arc<TempDir> {
    Arc::new(TempDir::new().expect("a folder"))
}

impl Place {
    pub(crate) fn file() -> Self {
        Self { folder: folder(), database: None, port: None }
    }

    /// Nothing, and said so, where there is no server.
    pub(crate) fn postgres() -> Option<Self> {
        let database = Some(Arc::new(Kind::Postgres.database()?));
        Some(Self { folder: folder(), database, port: None })
    }

    /// The same store on another machine: of files alone it is here only.
    pub(crate) fn elsewhere(&self) -> Self {
        assert!(self.database.is_some());
        Self { folder: folder(), ..self.again() }
    }

    /// The same place.
    pub(crate) fn again(&self) -> Self {
        Self { folder: Arc::clone(&self.folder), database: self.database.clone(), port: self.port }
    }

    /// The same store by way of what stands at this port.
    pub(crate) fn through(&self, port: u16) -> Self {
        Self { port: Some(port), ..self.elsewhere() }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn url(&self) -> Option<String> {
        self.database.as_ref().map(|database| database.url(self.port))
    }

    pub(crate) fn home(&self) -> Home {
        self.url().map_or_else(|| self.folder().into(), |url| home(&self.folder(), &url))
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(self.home()).expect("opens")
    }

    pub(crate) fn view(&self) -> View {
        View::open(self.home()).expect("looks")
    }

    /// Does something to the database, behind the store's back.
    pub(crate) fn run(&self, sql: &str) {
        self.database.as_ref().expect("a database").run(sql);
    }
}

/// The test with every kind of store that there is.
pub(crate) fn everywhere(test: impl Fn(&Place)) {
    test(&Place::file());
    if let Some(place) = Place::postgres() {
        test(&place);
    }
}
