//! The data in the repository is what the generator makes: the same bytes, and for Parquet the same rows.
#![allow(clippy::unwrap_used)] // a test that cannot read its own files has failed

use arrow_array::RecordBatch;
use guiju_examples::{Brokerage, write};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::{fs, path::Path};

fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data"))
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let file = fs::File::open(path).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

#[test]
fn text_files_have_the_same_bytes() {
    let again = tempfile::tempdir().unwrap();
    write::all(&Brokerage::make(), again.path()).unwrap();
    let mut compared = 0;
    for entry in fs::read_dir(again.path()).unwrap() {
        let made = entry.unwrap().path();
        if made.extension().is_some_and(|e| e == "parquet") {
            continue;
        }
        let kept = shipped().join(made.file_name().unwrap());
        assert!(
            fs::read(&made).unwrap() == fs::read(&kept).unwrap(),
            "{} differs from what is made now",
            kept.display()
        );
        compared += 1;
    }
    assert_eq!(compared, 10);
}

#[test]
fn the_parquet_file_has_the_same_rows() {
    let kept = read(&shipped().join("customers.parquet"));
    let made = write::batch(&Brokerage::make().customers).unwrap();
    assert_eq!(kept, vec![made]);
}

#[test]
fn nothing_but_the_generated_files_is_shipped() {
    let mut names: Vec<String> =
        fs::read_dir(shipped()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "complaints.csv",
            "customers.parquet",
            "managers.csv",
            "trades.jsonl",
            "产品持仓.csv",
            "两融账户.csv",
            "定投计划.csv",
            "客户画像.csv",
            "权益事项.csv",
            "客户经理.csv",
            "新股中签.csv"
        ]
        .map(String::from)
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
}
