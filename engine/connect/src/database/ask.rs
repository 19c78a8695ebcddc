//! What columns there are, for the checker: each database is connected to once and asked about all its tables.

use super::{Found, Session, Trouble, copy::schema_of, describe, held, open};
use crate::{config::Connection, read};
use guiju_lang::{finding::Finding, schema::Schema};
use std::{cell::RefCell, collections::HashMap, fmt, path::Path};

type Opened = Result<Box<dyn Session>, Trouble>;

/// The databases that have been asked so far.
#[derive(Default)]
pub(crate) struct Asked {
    sessions: RefCell<HashMap<String, Opened>>,
    /// Columns that rules cannot use, and what the database calls their type.
    unusable: RefCell<HashMap<String, String>>,
}

impl Asked {
    /// The columns of a table or query that rules can use. Of a database that is not there: those of its last copy.
    pub(crate) fn schema(&self, store: &Path, connection: &Connection, object: &str) -> Result<Schema, Finding> {
        match self.found(connection, object) {
            Ok(found) => {
                let unusable = found.iter().filter_map(|f| Some((f.name.clone(), f.ty.clone().err()?)));
                self.unusable.borrow_mut().extend(unusable);
                Ok(schema_of(&found))
            }
            Err(trouble) => {
                let copy =
                    held(store, connection).filter(|_| trouble.is_absence() && !connection.keep.most().is_zero());
                let known = copy.and_then(|held| read::parquet_schema(&held.file(object)?).ok());
                known.ok_or_else(|| trouble.finding(connection, object))
            }
        }
    }

    pub(crate) fn unusable(&self, column: &str) -> Option<String> {
        self.unusable.borrow().get(column).cloned()
    }

    fn found(&self, connection: &Connection, object: &str) -> Result<Vec<Found>, Trouble> {
        let mut sessions = self.sessions.borrow_mut();
        let session = sessions.entry(connection.name.clone()).or_insert_with(|| open(connection));
        let answer = match session {
            Ok(session) => describe(&mut **session, object),
            Err(trouble) => return Err(trouble.clone()),
        };
        if let Err(trouble) = answer.as_ref()
            && trouble.is_absence()
        {
            // Whoever stopped answering is not waited for once more.
            sessions.insert(connection.name.clone(), Err(trouble.clone()));
        }
        answer
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("unusable", &self.unusable).finish_non_exhaustive()
    }
}
