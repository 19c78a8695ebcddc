//! The column cache: the same rows as from the source, only as long as the source is the same, and never half a column.

#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

mod common;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use common::*;
use guiju_connect::{
    cache::{ColumnCache, Filled, Origin},
    config::{Connection, Kind},
    read::{ReadOptions, Request, Scan},
    schemas,
};
use guiju_lang::{finding::Finding, schema::Schema};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

const MUCH: u64 = 1 << 30;

/// Rows of three row groups; each has a dictionary of its own.
fn customers(path: &Path, rows: i64) {
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let level: ArrayRef =
        Arc::new(StringArray::from_iter((0..rows).map(|i| (i % 7 != 0).then(|| format!("V{}", i / 1_000 + i % 3)))));
    let note: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|i| format!("{i:0>200}"))));
    let batch = RecordBatch::try_from_iter([("id", id), ("level", level), ("note", note)]).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(1_100)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

struct Table {
    folder: tempfile::TempDir,
    connection: Connection,
    schema: Schema,
}

impl Table {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("lake/customers");
        std::fs::create_dir_all(&lake).unwrap();
        customers(&lake.join("a.parquet"), 3_000);
        customers(&lake.join("b.parquet"), 1_500);
        let connection = connection(Kind::Files, &folder.path().join("lake"));
        let schema = schemas::schema_of(&connection, Some("customers")).unwrap();
        Self { folder, connection, schema }
    }

    fn cache(&self, most: u64) -> ColumnCache {
        ColumnCache::new(&self.folder.path().join("columns"), most)
    }

    fn request<'a>(&'a self, columns: &'a [u32]) -> Request<'a> {
        let options = ReadOptions { batch_rows: 500, ..ReadOptions::default() };
        Request {
            connection: &self.connection,
            object: Some("customers"),
            schema: Some(&self.schema),
            columns: Some(columns),
            options,
        }
    }

    fn open(&self, columns: &[u32]) -> (Scan, Origin) {
        self.cache(MUCH).open(&self.request(columns)).unwrap()
    }

    fn fill(&self, columns: &[u32], most: u64) -> Filled {
        self.cache(most).fill(&self.request(columns), &|| true).unwrap()
    }

    /// Every file the cache holds.
    fn files(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        let mut folders = vec![self.folder.path().join("columns")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() { folders.push(entry.path()) } else { all.push(entry.path()) }
            }
        }
        all.sort();
        all
    }
}

/// A batch, and where its rows stand.
type Placed = (u64, u32, u64, RecordBatch);

fn rows(scan: Scan) -> Result<Vec<Placed>, Vec<Finding>> {
    scan.map(|step| step.map(|b| (b.first_row, b.file, b.row_in_file, b.batch))).collect()
}

#[test]
fn the_same_rows_as_from_the_source() {
    let table = Table::new();
    let (scan, origin) = table.open(&[0, 1]);
    assert_eq!(origin, Origin::Source);
    let (schema, hint, expected) = (scan.schema().clone(), scan.total_rows_hint(), rows(scan).unwrap());
    assert_eq!(table.fill(&[0, 1], MUCH), Filled::Whole);
    let (scan, origin) = table.open(&[0, 1]);
    assert_eq!(origin, Origin::Cache);
    assert_eq!((scan.schema(), scan.total_rows_hint()), (&schema, hint));
    assert_eq!(rows(scan).unwrap(), expected);
    // Another order, and only one of them.
    let (scan, origin) = table.open(&[1]);
    assert_eq!(origin, Origin::Cache);
    let levels: Vec<_> = rows(scan).unwrap().into_iter().map(|(.., batch)| batch.column(0).clone()).collect();
    assert!(levels.iter().zip(&expected).all(|(kept, (.., batch))| kept == batch.column(1)));
}

#[test]
fn a_column_more_is_added_to_those_that_are_there() {
    let table = Table::new();
    table.fill(&[0], MUCH);
    assert_eq!(table.open(&[0, 2]).1, Origin::Source, "one of two is not enough");
    let before = table.files();
    table.fill(&[0, 2], MUCH);
    assert!(before.iter().all(|path| table.files().contains(path)));
    assert_eq!(table.open(&[0, 2]).1, Origin::Cache);
}

#[test]
fn another_source_is_another_version_and_the_old_one_goes() {
    let table = Table::new();
    table.fill(&[0, 1], MUCH);
    let old = table.files();
    customers(&table.folder.path().join("lake/customers/b.parquet"), 1_499);
    let (scan, origin) = table.open(&[0, 1]);
    assert_eq!(origin, Origin::Source);
    assert_eq!(rows(scan).unwrap().iter().map(|(.., batch)| batch.num_rows()).sum::<usize>(), 4_499);
    table.fill(&[0, 1], MUCH);
    assert_eq!(table.open(&[0, 1]).1, Origin::Cache);
    assert!(old.iter().all(|path| !path.exists()));
}

#[test]
fn what_is_not_complete_is_not_there() {
    let table = Table::new();
    assert_eq!(table.fill(&[0, 2], 100_000), Filled::TooLarge);
    let asked = AtomicUsize::new(0);
    let stopped =
        table.cache(MUCH).fill(&table.request(&[0, 1]), &|| asked.fetch_add(1, Ordering::Relaxed) < 2).unwrap();
    assert_eq!(stopped, Filled::Stopped);
    assert_eq!(table.files(), Vec::<PathBuf>::new());
    assert_eq!(table.open(&[0]).1, Origin::Source);
}

#[test]
fn a_damaged_file_is_a_finding() {
    let table = Table::new();
    table.fill(&[0, 1], MUCH);
    for path in table.files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "arrows")) {
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 7, 200, whole.len() / 2, whole.len() - 300] {
            // Not the file that is mapped: another one under its name.
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, &whole[..length]).unwrap();
            let (scan, origin) = table.open(&[0, 1]);
            if origin == Origin::Cache {
                let found = rows(scan).unwrap_err();
                assert_eq!(found[0].code.0, 5117, "{length} of {}: {found:?}", whole.len());
            }
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &whole).unwrap();
    }
}
