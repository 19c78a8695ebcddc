//! Which set of rulebooks was in force when, who wanted it, and why.

use super::{View, error::StoreError, schema};
use guiju_core::id::EpochHash;
use rusqlite::{Connection, Row, params};

/// The format that has the table.
const SINCE: i64 = 2;

/// What brought a set in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The rulebooks on disk had become these.
    Files,
    /// Somebody applied it.
    Apply,
    /// Somebody took the one after it back.
    Rollback,
}

impl Origin {
    /// As the store writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Apply => "apply",
            Self::Rollback => "rollback",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "apply" => Self::Apply,
            "rollback" => Self::Rollback,
            _ => Self::Files,
        }
    }
}

/// A set was put in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which.
    pub epoch: EpochHash,
    /// Which one was in force.
    pub before: Option<EpochHash>,
    /// What brought it.
    pub origin: Origin,
    /// Who wanted it.
    pub author: Option<String>,
    /// Who agreed, where that is asked for.
    pub approver: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When, microseconds since 1970-01-01 UTC.
    pub at: i64,
    /// What became of what rules remember, as JSON.
    pub fates: serde_json::Value,
}

/// Why there is nothing to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// No set was ever in force.
    Never,
    /// The set in force is the first.
    First,
}

impl Change {
    pub(super) fn insert(&self, db: &Connection, seq: i64) -> rusqlite::Result<()> {
        let (epoch, before) = (self.epoch.0, self.before.map(|before| before.0));
        db.execute(
            "INSERT INTO changes (seq, epoch, before, origin, author, approver, reason, at, fates)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                seq,
                epoch,
                before,
                self.origin.word(),
                self.author,
                self.approver,
                self.reason,
                self.at,
                self.fates.to_string()
            ],
        )
        .map(drop)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            epoch: EpochHash(row.get(0)?),
            before: row.get::<_, Option<[u8; 32]>>(1)?.map(EpochHash),
            origin: Origin::of(&row.get::<_, String>(2)?),
            author: row.get(3)?,
            approver: row.get(4)?,
            reason: row.get(5)?,
            at: row.get(6)?,
            fates: serde_json::from_str(&row.get::<_, String>(7)?).unwrap_or_default(),
        })
    }
}

impl View {
    /// The sets that were put in force, the first one first.
    pub fn changes(&self) -> Result<Vec<Change>, StoreError> {
        // A store of an earlier format, which nobody has opened for writing since.
        if schema::version(&self.db, &self.folder.join("store.db"))? < SINCE {
            return Ok(Vec::new());
        }
        let query = "SELECT epoch, before, origin, author, approver, reason, at, fates FROM changes ORDER BY seq";
        let read = || self.db.prepare(query)?.query_map([], Change::of)?.collect::<Result<_, _>>();
        read().map_err(|e| self.failed(&e))
    }

    /// The set that was in force before the one that is: taken back twice, one goes back two.
    pub fn previous(&self) -> Result<Result<EpochHash, Undone>, StoreError> {
        let mut way: Vec<EpochHash> = Vec::new();
        for change in self.changes()? {
            let known = way.iter().rposition(|epoch| *epoch == change.epoch);
            match (change.origin, known) {
                (Origin::Rollback, Some(at)) => way.truncate(at + 1),
                _ => way.push(change.epoch),
            }
        }
        Ok(match way.as_slice() {
            [] => Err(Undone::Never),
            [_] => Err(Undone::First),
            [.., before, _] => Ok(*before),
        })
    }

    /// The one set whose hash begins so, if there is exactly one.
    pub fn epoch_called(&self, start: &str) -> Result<Option<EpochHash>, StoreError> {
        let query = "SELECT hash FROM epochs WHERE lower(hex(hash)) LIKE ?1 || '%' LIMIT 2";
        let hex = start.len() >= 4 && start.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex {
            return Ok(None);
        }
        let read = || -> rusqlite::Result<Vec<[u8; 32]>> {
            self.db.prepare(query)?.query_map([start.to_ascii_lowercase()], |row| row.get(0))?.collect()
        };
        let found = read().map_err(|e| self.failed(&e))?;
        Ok(if let [one] = found[..] { Some(EpochHash(one)) } else { None })
    }
}
