//! Which set of rulebooks was in force when, who wanted it, and why.

use super::{
    View,
    error::StoreError,
    sql::{Row, SqlError, Tx, values},
};
use guiju_core::id::EpochHash;

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
    pub(super) fn insert(&self, tx: &Tx<'_>, seq: i64) -> Result<(), SqlError> {
        tx.put(
            "INSERT INTO changes (seq, epoch, before, origin, author, approver, reason, at, fates)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            values![
                seq,
                &self.epoch.0,
                self.before.as_ref().map(|before| &before.0),
                self.origin.word(),
                &self.author,
                &self.approver,
                &self.reason,
                self.at,
                &self.fates.to_string()
            ],
        )
    }

    fn of(row: &Row<'_>) -> Result<Self, SqlError> {
        Ok(Self {
            epoch: EpochHash(row.get(0)?),
            before: row.get::<Option<[u8; 32]>>(1)?.map(EpochHash),
            origin: Origin::of(&row.get::<String>(2)?),
            author: row.get(3)?,
            approver: row.get(4)?,
            reason: row.get(5)?,
            at: row.get(6)?,
            fates: serde_json::from_str(&row.get::<String>(7)?).unwrap_or_default(),
        })
    }
}

impl View {
    /// The sets that were put in force, the first one first.
    pub fn changes(&self) -> Result<Vec<Change>, StoreError> {
        // A store of an earlier format, which nobody has opened for writing since.
        if self.version()? < SINCE {
            return Ok(Vec::new());
        }
        let query = "SELECT epoch, before, origin, author, approver, reason, at, fates FROM changes ORDER BY seq";
        self.db.query(query, values![], Change::of).map_err(|e| self.failed(e))
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
        let nibble = |at: usize| start.as_bytes().get(at).map(|b| char::from(*b).to_digit(16));
        let hex = start.len() >= 4 && start.len() <= 64 && start.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex {
            return Ok(None);
        }
        // Between the first and the last hash that begins so: the same question for every database.
        let filled = |rest: u32| -> [u8; 32] {
            let digit = |at: usize| nibble(at).flatten().unwrap_or(rest) as u8;
            std::array::from_fn(|byte| digit(2 * byte) << 4 | digit(2 * byte + 1))
        };
        let query = "SELECT hash FROM epochs WHERE hash >= ?1 AND hash <= ?2 LIMIT 2";
        let found: Vec<[u8; 32]> =
            self.db.query(query, values![&filled(0), &filled(15)], |row| row.get(0)).map_err(|e| self.failed(e))?;
        Ok(if let [one] = found[..] { Some(EpochHash(one)) } else { None })
    }
}
