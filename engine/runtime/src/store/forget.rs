//! Letting go of what is old: effects that every sink has, pieces that were taken, and the log of cells before their last checkpoint.
//!
//! Never what is owed to a sink, what waits for a person (uncertain messages, dead letters), or what a rule remembers. One transaction
//! takes a step's rows away; its files go with the next step, so that whoever has just read their names can still open them, and
//! those of a process that died go when the store is opened. Where the history was forgotten, nobody can tell any more what was
//! published: a run that would have to know is refused.

use super::{
    Store, View,
    error::StoreError,
    record::RunInfo,
    sql::{Db, Scope, SqlError, Tx, values},
};
use std::{fs, path::PathBuf};

/// What is kept. Times are microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Everything that ended after this moment, whatever its size.
    pub young: i64,
    /// What ended before this moment goes.
    pub old: Option<i64>,
    /// Of what is not young, the oldest goes until effects weigh no more than so many bytes.
    pub bytes: Option<u64>,
    /// The history from this place on, whatever its age: what was recorded of it is still there.
    pub from: Option<i64>,
}

/// What a step let go of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Pieces of streams.
    pub pieces: u64,
    /// Files of effects.
    pub segments: u64,
    /// Blocks of cells.
    pub blocks: u64,
    /// There is more.
    pub more: bool,
    files: Vec<PathBuf>,
}

impl Forgotten {
    /// Removes the files. What cannot be removed is removed when the store is opened.
    pub fn remove_files(self) {
        for file in self.files {
            let _ = fs::remove_file(file);
        }
    }
}

/// The format that has the table.
const SINCE: i64 = 4;
/// A step is short, so that a piece that comes meanwhile does not wait long.
const STEP: i64 = 1_000;

/// Settled with every sink, and nobody has to look at it.
const SETTLED: &str = "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.segment = s.id AND (d.done < d.rows
        OR EXISTS (SELECT 1 FROM uncertain n WHERE n.delivery = d.id AND n.decided IS NULL)
        OR EXISTS (SELECT 1 FROM dead x WHERE x.delivery = d.id AND x.arrived IS NULL)))";

impl View {
    /// What is older than this place in the history may have been forgotten; 0: nothing was.
    pub fn forgotten_before(&self) -> Result<i64, StoreError> {
        if self.version()? < SINCE {
            return Ok(0);
        }
        horizon(&self.db).map_err(|e| self.failed(e))
    }

    /// Whether a run would have to know of effects that are forgotten.
    pub(super) fn has_forgotten(&self, info: &RunInfo) -> Result<bool, StoreError> {
        let before = self.forgotten_before()?;
        if before == 0 || info.streams {
            return Ok(before > 0);
        }
        let query = "SELECT seq FROM runs WHERE occurrence = ?1 AND seq < ?2 LIMIT 1";
        let found = self.db.first(query, values![&info.occurrence, before], |row| row.get::<i64>(0));
        found.map(|found| found.is_some()).map_err(|e| self.failed(e))
    }
}

fn horizon(db: &Db) -> Result<i64, SqlError> {
    let before = db.first("SELECT before FROM forgotten", values![], |row| row.get(0))?;
    Ok(before.unwrap_or(0))
}

impl Store {
    /// Takes one step towards keeping no more than this.
    pub fn forget(&mut self, retention: &Retention) -> Result<Forgotten, StoreError> {
        let folder = self.segments();
        let mut forgotten = self.db.write(Scope::History, |tx| step(tx, retention)).map_err(|e| self.failed(e))?;
        for file in &mut forgotten.files {
            *file = folder.join(&*file);
        }
        Ok(forgotten)
    }
}

fn step(tx: &Tx<'_>, retention: &Retention) -> Result<Forgotten, SqlError> {
    let before = horizon(tx)?;
    let mut until = before.max(by_age(tx, before, retention.old)?);
    until = until.max(by_size(tx, before, retention)?);
    if let Some(from) = retention.from {
        until = until.min(from.max(before));
    }
    if until > before {
        tx.put(
            "INSERT INTO forgotten (one, before) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET before = excluded.before",
            values![until],
        )?;
    }
    let mut forgotten = Forgotten { more: until > before, ..Forgotten::default() };
    segments(tx, until, &mut forgotten)?;
    blocks(tx, until, &mut forgotten)?;
    pieces(tx, until, &mut forgotten)?;
    Ok(forgotten)
}

/// Behind the last of the next runs that are old. The last run of all stays: the next one is counted from it.
fn by_age(db: &Db, before: i64, old: Option<i64>) -> Result<i64, SqlError> {
    let Some(old) = old else { return Ok(0) };
    let query = "SELECT max(seq) FROM (SELECT seq, ended FROM runs WHERE seq >= ?1 ORDER BY seq LIMIT ?2) AS next
                 WHERE ended < ?3 AND seq < (SELECT max(seq) FROM runs)";
    let last: Option<Option<i64>> = db.first(query, values![before, STEP, old], |row| row.get(0))?;
    Ok(last.flatten().map_or(0, |last| last + 1))
}

/// Behind the last of the oldest runs without which effects weigh little enough.
fn by_size(db: &Db, before: i64, retention: &Retention) -> Result<i64, SqlError> {
    let Some(most) = retention.bytes else { return Ok(0) };
    let sum = "SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM segments WHERE run >= ?1";
    let mut weight = db.number(sum, values![before])?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    if weight <= most {
        return Ok(0);
    }
    let query = "SELECT s.run, CAST(sum(s.bytes) AS BIGINT) FROM segments s JOIN runs u ON u.seq = s.run
                 WHERE s.run >= ?1 AND u.ended < ?2 AND s.run < (SELECT max(seq) FROM runs)
                 GROUP BY s.run ORDER BY s.run LIMIT ?3";
    let runs: Vec<(i64, i64)> =
        db.query(query, values![before, retention.young, STEP], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut until = 0;
    for (run, bytes) in runs {
        if weight <= most {
            break;
        }
        until = run + 1;
        weight -= bytes;
    }
    Ok(until)
}

fn segments(tx: &Tx<'_>, until: i64, forgotten: &mut Forgotten) -> Result<(), SqlError> {
    let query = format!("SELECT s.id, s.file FROM segments s WHERE s.run < ?1 AND {SETTLED} ORDER BY s.run LIMIT ?2");
    let found: Vec<(i64, String)> = tx.query(&query, values![until, STEP], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, file) in found {
        for table in ["uncertain", "dead"] {
            let of = format!("DELETE FROM {table} WHERE delivery IN (SELECT id FROM deliveries WHERE segment = ?1)");
            tx.put(&of, values![id])?;
        }
        tx.put("DELETE FROM deliveries WHERE segment = ?1", values![id])?;
        tx.put("DELETE FROM segment_rules WHERE segment = ?1", values![id])?;
        if tx.keeps_files() {
            tx.put("DELETE FROM segment_parts WHERE segment = ?1", values![id])?;
        }
        tx.put("DELETE FROM segments WHERE id = ?1", values![id])?;
        forgotten.files.push(file.into());
        forgotten.segments += 1;
    }
    forgotten.more |= forgotten.segments >= STEP.unsigned_abs();
    Ok(())
}

/// Of every cell, what stands before its last checkpoint that is old itself: nobody reads it, repeats of younger runs least of all.
fn blocks(tx: &Tx<'_>, until: i64, forgotten: &mut Forgotten) -> Result<(), SqlError> {
    let query = "SELECT cell, partition, max(seq) FROM cell_blocks WHERE checkpoint = 1 AND seq < ?1
                 GROUP BY cell, partition";
    let cells: Vec<([u8; 16], String, i64)> =
        tx.query(query, values![until], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let delete =
        "DELETE FROM cell_blocks WHERE cell = ?1 AND partition = ?2 AND (seq < ?3 OR (seq = ?3 AND checkpoint = 0))";
    for (cell, partition, last) in cells {
        forgotten.blocks += tx.execute(delete, values![&cell, &partition, last])? as u64;
    }
    Ok(())
}

/// Pieces of streams of which nothing is left. Runs that have a name of their own stay: there are few, and their names belong to them.
fn pieces(tx: &Tx<'_>, until: i64, forgotten: &mut Forgotten) -> Result<(), SqlError> {
    let delete = "DELETE FROM runs WHERE seq IN (SELECT u.seq FROM runs u WHERE u.seq < ?1 AND u.run_id LIKE 'serve-%'
                  AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.run = u.seq)
                  AND NOT EXISTS (SELECT 1 FROM cell_blocks b WHERE b.seq = u.seq)
                  AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.seq = u.seq) ORDER BY u.seq LIMIT ?2)";
    let gone = tx.execute(delete, values![until, STEP])? as u64;
    forgotten.pieces = gone;
    forgotten.more |= gone >= STEP.unsigned_abs();
    Ok(())
}
