//! Asking a store.

use super::{
    View,
    error::StoreError,
    record::{EffectFilter, RuleCount, RunRecord, RunStatus, Sizes},
    segment::{EffectBatches, Wanted},
};
use arrow_array::RecordBatch;
use guiju_core::{
    effect,
    id::{EffectId, EpochHash},
};
use rusqlite::{Row, params};
use std::{collections::BTreeMap, fs::File, path::Path};

/// A rule's part of a segment: its file and row ranges.
pub(super) type RulePart = (String, Vec<(u64, u64)>);

impl View {
    /// The run history, latest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        let query =
            "SELECT seq, tenant, run_id, attempt, epoch, occurrence, logical_time, started, ended, status, reason,
                            sources, counts FROM runs ORDER BY seq DESC LIMIT ?1";
        let read = || {
            let mut statement = self.db.prepare(query)?;
            let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], run_record)?;
            rows.collect::<Result<_, _>>()
        };
        read().map_err(|e| self.failed(&e))
    }

    /// Effects that pass the filter, latest published segment first, within a segment in its order.
    pub fn effects(&self, filter: &EffectFilter) -> Result<Vec<RecordBatch>, StoreError> {
        let parts = match &filter.rule {
            Some(rule) => self.segments_of(rule, filter.run.as_deref())?,
            None => self.all_segments(filter.run.as_deref(), None)?,
        };
        let mut left = filter.limit.unwrap_or(usize::MAX);
        let mut out = Vec::new();
        for (file, ranges) in parts {
            let wanted = Wanted {
                ranges: filter.rule.is_some().then_some(&ranges),
                equal: filter.key.as_deref().map(|key| (effect::KEY, key)),
                columns: None,
            };
            for batch in EffectBatches::open(self.segments().join(file), &wanted)? {
                let batch = batch?;
                let rows = batch.num_rows().min(left);
                if rows > 0 {
                    out.push(batch.slice(0, rows));
                }
                left -= rows;
                if left == 0 {
                    return Ok(out);
                }
            }
        }
        Ok(out)
    }

    /// The latest published effect of a rule for a key: a batch of one row.
    pub fn last_effect(&self, rule: &str, key: &str) -> Result<Option<RecordBatch>, StoreError> {
        let filter = EffectFilter { rule: Some(rule.to_owned()), key: Some(key.to_owned()), run: None, limit: Some(1) };
        Ok(self.effects(&filter)?.into_iter().next())
    }

    /// An effect by its id: a batch of one row. Reads the id column of every segment until it is found, latest first.
    pub fn effect(&self, id: EffectId) -> Result<Option<RecordBatch>, StoreError> {
        for (file, _) in self.all_segments(None, None)? {
            let path = self.segments().join(&file);
            let ids = Wanted { columns: Some(&[effect::EFFECT_ID]), ..Wanted::default() };
            let mut row = 0;
            for batch in EffectBatches::open(path.clone(), &ids)? {
                let batch = batch?;
                if let Some(at) = super::ids::effect_ids(&batch).position(|found| found == id.as_u128()) {
                    let one = [(row + at as u64, 1)];
                    let wanted = Wanted { ranges: Some(&one), ..Wanted::default() };
                    return EffectBatches::open(path, &wanted)?.next().transpose();
                }
                row += batch.num_rows() as u64;
            }
        }
        Ok(None)
    }

    /// How much there is.
    pub fn sizes(&self) -> Result<Sizes, StoreError> {
        let read = || {
            let (segments, effects, segment_bytes) = self.db.query_row(
                "SELECT count(*), coalesce(sum(rows), 0), coalesce(sum(bytes), 0) FROM segments",
                [],
                |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?, unsigned(row, 2)?)),
            )?;
            let mut tables = BTreeMap::new();
            for (table, query) in TABLES {
                tables.insert((*table).to_owned(), self.db.query_row(query, [], |row| unsigned(row, 0))?);
            }
            Ok(Sizes { database: 0, tables, segments, effects, segment_bytes })
        };
        let mut sizes = read().map_err(|e| self.failed(&e))?;
        sizes.database = ["store.db", "store.db-wal"].iter().map(|name| file_size(&self.folder.join(name))).sum();
        Ok(sizes)
    }

    /// Reads everything: the database's own check, and every file of effects against its hash.
    pub fn verify(&self) -> Result<(), StoreError> {
        let path = self.folder.join("store.db");
        let said: String =
            self.db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(|e| self.failed(&e))?;
        if said != "ok" {
            return Err(StoreError::Corrupt { path, why: said });
        }
        let read = || {
            let mut statement = self.db.prepare("SELECT file, hash FROM segments ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 32]>(1)?)))?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        for (file, hash) in read().map_err(|e| self.failed(&e))? {
            let path = self.segments().join(file);
            let mut hasher = blake3::Hasher::new();
            let mut content = match File::open(&path) {
                Ok(content) => content,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(StoreError::SegmentMissing { path }),
                Err(e) => return Err(StoreError::io(&path, &e)),
            };
            std::io::copy(&mut content, &mut hasher).map_err(|e| StoreError::io(&path, &e))?;
            if *hasher.finalize().as_bytes() != hash {
                return Err(StoreError::SegmentDamaged { path, why: "its content is not what was written".to_owned() });
            }
        }
        Ok(())
    }

    /// The segments with effects of a rule, latest first, each with the rule's row ranges.
    pub(super) fn segments_of(&self, rule: &str, run: Option<&str>) -> Result<Vec<RulePart>, StoreError> {
        let query = "SELECT s.file, r.first_row, r.rows FROM segment_rules r
                     JOIN segments s ON s.id = r.segment JOIN runs u ON u.seq = s.run
                     WHERE r.rule = ?1 AND (?2 IS NULL OR u.run_id = ?2)
                     ORDER BY s.id DESC, r.first_row";
        let read = || {
            let mut statement = self.db.prepare(query)?;
            let mut rows = statement.query(params![rule, run])?;
            let mut out: Vec<RulePart> = Vec::new();
            while let Some(row) = rows.next()? {
                let (file, range) = (row.get::<_, String>(0)?, (unsigned(row, 1)?, unsigned(row, 2)?));
                match out.last_mut() {
                    Some((last, ranges)) if *last == file => ranges.push(range),
                    _ => out.push((file, vec![range])),
                }
            }
            Ok(out)
        };
        read().map_err(|e| self.failed(&e))
    }

    /// All segments (of a run) (of an occurrence), latest first, without ranges.
    pub(super) fn all_segments(
        &self,
        run: Option<&str>,
        occurrence: Option<&str>,
    ) -> Result<Vec<RulePart>, StoreError> {
        let query = "SELECT s.file FROM segments s JOIN runs u ON u.seq = s.run
                     WHERE (?1 IS NULL OR u.run_id = ?1) AND (?2 IS NULL OR u.occurrence = ?2) ORDER BY s.id DESC";
        let read = || {
            let mut statement = self.db.prepare(query)?;
            let rows = statement.query_map([run, occurrence], |row| Ok((row.get(0)?, Vec::new())))?;
            rows.collect::<Result<_, _>>()
        };
        read().map_err(|e| self.failed(&e))
    }
}

/// The bytes that a table's own content takes.
const TABLES: &[(&str, &str)] = &[
    ("epochs", "SELECT coalesce(sum(length(bundle) + 48), 0) FROM epochs"),
    ("runs", "SELECT coalesce(sum(length(sources) + length(counts) + 96), 0) FROM runs"),
    ("segments", "SELECT coalesce(sum(length(file) + length(kind) + 56), 0) FROM segments"),
    ("segment_rules", "SELECT coalesce(sum(length(rule) + 16), 0) FROM segment_rules"),
    ("cell_blocks", "SELECT coalesce(sum(length(block) + length(rule) + length(partition) + 40), 0) FROM cell_blocks"),
    ("deliveries", "SELECT coalesce(sum(length(sink) + 48), 0) FROM deliveries"),
];

fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0))
}

fn run_record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let json = |column, text: String| {
        serde_json::from_str::<serde_json::Value>(&text)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e)))
    };
    let counts: BTreeMap<String, [u64; 3]> = serde_json::from_value(json(12, row.get(12)?)?).unwrap_or_default();
    let count = |[new, already, doubled]: [u64; 3]| RuleCount { new, already, doubled };
    Ok(RunRecord {
        seq: row.get(0)?,
        tenant: row.get(1)?,
        run: row.get(2)?,
        attempt: row.get(3)?,
        epoch: EpochHash(row.get(4)?),
        occurrence: row.get(5)?,
        logical_time: row.get(6)?,
        started: row.get(7)?,
        ended: row.get(8)?,
        status: if row.get::<_, String>(9)? == "published" { RunStatus::Published } else { RunStatus::Abandoned },
        reason: row.get(10)?,
        sources: json(11, row.get(11)?)?,
        rules: counts.into_iter().map(|(rule, counts)| (rule, count(counts))).collect(),
    })
}
