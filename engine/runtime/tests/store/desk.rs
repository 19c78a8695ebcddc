//! A small desk that runs one rule with a cool-down and one without, day after day, as the real shell does.
#![allow(dead_code)] // each test file uses a part

use arrow_array::{
    ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array, UInt64Array,
    builder::StringDictionaryBuilder, types::Int32Type,
};
use arrow_schema::Field;
use guiju::store::{EffectFilter, EpochBundle, Published, RunInfo, Store, StoreError, View};
use guiju_core::{
    cell::{CellTable, CellValue},
    effect,
    id::{CellId, CellSpec, EffectIds, EpochHash, RunId},
};
use guiju_lang::hir::RuleId;
use std::{collections::BTreeMap, sync::Arc};

pub(crate) const DAY: i64 = 86_400_000_000;
pub(crate) const SINK: &str = "customers.tasks";

pub(crate) fn rule(name: &str) -> RuleId {
    RuleId { tenant: "default".into(), rulebook: "customers".into(), name: name.into() }
}

/// The rule with a cool-down of seven days.
pub(crate) fn calm() -> RuleId {
    rule("calm")
}

/// The rule without.
pub(crate) fn eager() -> RuleId {
    rule("eager")
}

pub(crate) fn cell() -> CellId {
    let rule = calm();
    let (accumulator, key, source) = ("last effect", "customer_id", "customers");
    CellSpec { rule: &rule, accumulator, key, window: None, source, time_column: None, edition: 1 }.id()
}

pub(crate) fn day_text(day: u32) -> String {
    format!("2026-01-{day:02}")
}

pub(crate) fn info(run: &str, day: u32, epoch: u8) -> RunInfo {
    RunInfo {
        tenant: "default".into(),
        run: RunId::new(run).expect("a run's name"),
        epoch: EpochHash([epoch; 32]),
        bundle: EpochBundle { files: vec![("a.gj".into(), format!("rulebook customers -- {epoch}"))], author: None },
        streams: false,
        occurrence: day_text(day),
        logical_time: i64::from(day) * DAY,
        started: 1,
        sources: serde_json::json!({"customers": {"rows": 3}}),
        sinks: vec![(SINK.into(), false), ("customers.sms".into(), true)],
    }
}

fn same(text: &str, rows: usize) -> ArrayRef {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    for _ in 0..rows {
        builder.append_value(text);
    }
    Arc::new(builder.finish())
}

/// Effects of a rule for these keys.
pub(crate) fn effects(rule: &RuleId, day: u32, keys: &[String], sink: Option<&str>) -> RecordBatch {
    let mut ids = EffectIds::new(rule, &day_text(day));
    let ids: Vec<_> = keys.iter().map(|key| ids.id(key, 0).0).collect();
    let rows = keys.len();
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(
            FixedSizeBinaryArray::try_from_iter(ids.into_iter().chain(std::iter::once([0; 16])).take(rows.max(1)))
                .expect("ids")
                .slice_rows(rows),
        ),
        same(&rule.to_string(), rows),
        same("task", rows),
        Arc::new(StringArray::from_iter_values(keys)),
        Arc::new(UInt32Array::from(vec![0; rows])),
        same("customers", rows),
        Arc::new(UInt64Array::from_iter_values(0..rows as u64)),
        Arc::new(TimestampMicrosecondArray::from(vec![i64::from(day) * DAY; rows]).with_timezone("UTC")),
        Arc::new(StringArray::from_iter_values(keys.iter().map(|k| format!("[\"{k}\",500000]")))),
        Arc::new(StringArray::from_iter_values(keys.iter().map(|k| format!("call {k} about the deposit that ends")))),
    ];
    let mut payload = vec![Field::new("task", arrow_schema::DataType::Utf8, false)];
    if let Some(sink) = sink {
        payload.push(Field::new(effect::SINK, effect::repeated_text(), true));
        columns.push(same(sink, rows));
    }
    RecordBatch::try_new(Arc::new(effect::schema(payload)), columns).expect("a batch")
}

trait SliceRows {
    fn slice_rows(self, rows: usize) -> Self;
}
impl SliceRows for FixedSizeBinaryArray {
    /// An empty list of ids does not say how long an id is, so one is always there and cut off again.
    fn slice_rows(self, rows: usize) -> Self {
        self.slice(0, rows)
    }
}

/// What the rule with the cool-down does: fires for keys without an effect in the last seven days.
pub(crate) fn step(table: &mut CellTable, day: u32, keys: &[String]) -> Vec<String> {
    let now = i64::from(day) * DAY;
    let due = |table: &CellTable, key: &String| table.time(key).is_none_or(|last| now - last >= 7 * DAY);
    let fired: Vec<String> = keys.iter().filter(|key| due(table, key)).cloned().collect();
    for key in &fired {
        table.put(key, CellValue::Time(now));
    }
    fired
}

/// A whole run, published.
pub(crate) fn run(store: &mut Store, name: &str, day: u32, keys: &[String]) -> Result<Published, StoreError> {
    let info = info(name, day, 1);
    let mut tables = store.cells(&info.tenant, &info.run, &[cell().into()])?;
    let table = tables.get_mut(&cell()).expect("the cell that was asked for");
    let fired = step(table, day, keys);
    let mut publication = store.begin(info)?;
    for (rule, keys) in [(calm(), &fired), (eager(), &keys.to_vec())] {
        for part in keys.chunks(2.max(keys.len() / 3)) {
            publication.add_effects(&rule, &effects(&rule, day, part, Some(SINK)))?;
        }
    }
    publication.put_cell(&calm(), cell(), "", table)?;
    publication.commit(2)
}

/// Every effect in the store: id → how often it is there. More than once is the fault all this is against.
pub(crate) fn published(view: &View) -> BTreeMap<(String, String, i64), usize> {
    let mut out = BTreeMap::new();
    for name in ["calm", "eager"] {
        let rule = rule(name).to_string();
        let filter = EffectFilter { rule: Some(rule.clone()), ..EffectFilter::default() };
        for batch in view.effects(&filter).expect("effects") {
            let keys = batch.column_by_name(effect::KEY).expect("keys").clone();
            let keys = keys.as_any().downcast_ref::<StringArray>().expect("texts").clone();
            let times = batch.column_by_name(effect::LOGICAL_TIME).expect("times").clone();
            let times = times.as_any().downcast_ref::<TimestampMicrosecondArray>().expect("times").clone();
            for row in 0..batch.num_rows() {
                let day = times.value(row) / DAY;
                *out.entry((name.to_owned(), keys.value(row).to_owned(), day)).or_insert(0) += 1;
            }
        }
    }
    out
}

pub(crate) fn keys(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

pub(crate) fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("copies");
        }
    }
}
