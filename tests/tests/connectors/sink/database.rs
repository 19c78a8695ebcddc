//! A table in SQLite.

use super::{
    files::{comes, goes},
    rig::{Outlet, Row, Unfit},
};
use rusqlite::Connection;
use std::{fs, path::Path, thread::sleep, time::Duration};

struct Database;

fn open(folder: &Path) -> Connection {
    fs::create_dir_all(folder.join("out")).unwrap();
    Connection::open(folder.join("out/desk.db")).unwrap()
}

impl Outlet for Database {
    fn connection(&self) -> String {
        "{ kind: sqlite, path: \"out/desk.db\" }".to_owned()
    }

    fn got(&mut self, folder: &Path) -> Vec<Row> {
        let database = open(folder);
        database.busy_timeout(Duration::from_secs(20)).unwrap();
        let Ok(mut query) = database.prepare("SELECT effect_id, task, assignee FROM effects ORDER BY rowid") else {
            return Vec::new();
        };
        let row = |row: &rusqlite::Row<'_>| {
            let task: String = row.get(1)?;
            Ok(Row { id: row.get(0)?, task: task.parse().unwrap(), assignee: row.get(2)? })
        };
        query.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    fn goes(&mut self, folder: &Path) {
        goes(folder);
    }

    fn comes(&mut self, folder: &Path) -> bool {
        comes(folder);
        true
    }

    /// A table of the same name with other columns.
    fn spoils(&mut self, folder: &Path) -> Unfit {
        open(folder).execute_batch("CREATE TABLE effects (effect_id TEXT)").unwrap();
        Unfit::Wait
    }

    fn fits(&mut self, folder: &Path) {
        open(folder).execute_batch("DROP TABLE effects").unwrap();
    }

    /// Another program writes there.
    fn dawdles(&mut self, folder: &Path) {
        let database = open(folder);
        database.busy_timeout(Duration::from_secs(20)).unwrap();
        database.execute_batch("BEGIN IMMEDIATE").unwrap();
        std::thread::spawn(move || {
            sleep(Duration::from_secs(1));
            database.execute_batch("COMMIT").unwrap();
        });
    }

    fn repeats(&self) -> bool {
        false
    }
}

crate::sink::suite::conforms!(Some(Database));
