//! Asking a store.

use super::{
    View,
    error::StoreError,
    record::{EffectFilter, RuleCount, RunRecord, RunStatus, Sizes},
    segment::{EffectBatches, Wanted},
    sql::{Db, Row, SqlError, values},
};
use arrow_array::RecordBatch;
use guiju_connect::config::Home;
use guiju_core::{
    effect,
    id::{EffectId, EpochHash},
};
use std::{collections::BTreeMap, fs::File, path::Path};

/// A rule's part of a segment: its file and row ranges.
pub(super) type RulePart = (String, Vec<(u64, u64)>);

impl View {
    /// The run history, latest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunRecord>, StoreError> {
        let query =
            "SELECT seq, tenant, run_id, attempt, epoch, occurrence, logical_time, started, ended, status, reason,
                            sources, counts FROM runs ORDER BY seq DESC LIMIT ?1";
        self.db.query(query, values![limit], |row| run_record(row, &self.home)).map_err(|e| self.failed(e))
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
            for batch in EffectBatches::open(self.segment(&file)?, &wanted)? {
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
            let path = self.segment(&file)?;
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
            let all = "SELECT count(*), CAST(coalesce(sum(rows), 0) AS BIGINT), CAST(coalesce(sum(bytes), 0) AS BIGINT)
                       FROM segments";
            let all = self.db.first(all, values![], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let (segments, effects, segment_bytes): (u64, u64, u64) = all.unwrap_or_default();
            let mut tables = BTreeMap::new();
            for (table, bytes) in TABLES {
                let query = format!("SELECT CAST(coalesce(sum({bytes}), 0) AS BIGINT) FROM {table}");
                tables.insert((*table).to_owned(), self.db.number(&query, values![])?.unsigned_abs());
            }
            Ok(Sizes { database: 0, tables, segments, effects, segment_bytes })
        };
        let mut sizes = read().map_err(|e| self.failed(e))?;
        sizes.database = match &self.db {
            Db::Lite(_) => ["store.db", "store.db-wal"].iter().map(|name| file_size(&self.home.join(name))).sum(),
            Db::Remote(remote) => remote.weight().map_err(|e| self.failed(e))?,
        };
        Ok(sizes)
    }

    /// Reads everything: the database's own check, and every file of effects against its hash.
    pub fn verify(&self) -> Result<(), StoreError> {
        let damage = match &self.db {
            Db::Lite(lite) => lite.damage(),
            Db::Remote(_) => self.incomplete(),
        };
        if let Some(why) = damage.map_err(|e| self.failed(e))? {
            return Err(StoreError::Corrupt { path: self.home.shown(), why });
        }
        let files = self.db.query("SELECT file, hash FROM segments ORDER BY id", values![], |row| {
            Ok((row.get::<String>(0)?, row.get::<[u8; 32]>(1)?))
        });
        for (file, hash) in files.map_err(|e| self.failed(e))? {
            let path = self.segment(&file)?;
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
        let mut out: Vec<RulePart> = Vec::new();
        let rows = self.db.query(query, values![rule, run], |row| {
            Ok((row.get::<String>(0)?, (row.get::<u64>(1)?, row.get::<u64>(2)?)))
        });
        for (file, range) in rows.map_err(|e| self.failed(e))? {
            match out.last_mut() {
                Some((last, ranges)) if *last == file => ranges.push(range),
                _ => out.push((file, vec![range])),
            }
        }
        Ok(out)
    }

    /// All segments (of a run) (of an occurrence), latest first, without ranges.
    pub(super) fn all_segments(
        &self,
        run: Option<&str>,
        occurrence: Option<&str>,
    ) -> Result<Vec<RulePart>, StoreError> {
        let query = "SELECT s.file FROM segments s JOIN runs u ON u.seq = s.run
                     WHERE (?1 IS NULL OR u.run_id = ?1) AND (?2 IS NULL OR u.occurrence = ?2) ORDER BY s.id DESC";
        let files = self.db.query(query, values![run, occurrence], |row| Ok((row.get(0)?, Vec::new())));
        files.map_err(|e| self.failed(e))
    }
}

/// The bytes that a table's own content takes.
const TABLES: &[(&str, &str)] = &[
    ("epochs", "length(bundle) + 48"),
    ("runs", "length(sources) + length(counts) + 96"),
    ("segments", "length(file) + length(kind) + 56"),
    ("segment_rules", "length(rule) + 16"),
    ("cell_blocks", "length(block) + length(rule) + length(partition) + 40"),
    ("deliveries", "length(sink) + 48"),
];

fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

fn run_record(row: &Row<'_>, home: &Home) -> Result<RunRecord, SqlError> {
    let json = |column: usize| -> Result<serde_json::Value, SqlError> {
        serde_json::from_str(&row.get::<String>(column)?).map_err(|e| {
            let (path, why) = (home.shown(), format!("a run's record: {e}"));
            StoreError::Corrupt { path, why }.into()
        })
    };
    let counts: BTreeMap<String, [u64; 3]> = serde_json::from_value(json(12)?).unwrap_or_default();
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
        status: if row.get::<String>(9)? == "published" { RunStatus::Published } else { RunStatus::Abandoned },
        reason: row.get(10)?,
        sources: json(11)?,
        rules: counts.into_iter().map(|(rule, counts)| (rule, count(counts))).collect(),
    })
}
