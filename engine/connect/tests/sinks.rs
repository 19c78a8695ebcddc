//! Effects out: whole or not at all, and never twice.

#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

mod common;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use common::*;
use guiju_connect::{
    config::{Connection, Encoding, Kind, Misfit, TextOptions},
    sink::{Delivered, Staged, Target, deliver, stage},
};
use guiju_lang::{finding::Finding, ty::Type};
use std::{fs, path::Path, sync::Arc};
use tempfile::tempdir;

fn tasks(ids: &[&str], task: &str) -> RecordBatch {
    let n = ids.len();
    let id: ArrayRef = Arc::new(StringArray::from(ids.to_vec()));
    let text: ArrayRef = Arc::new(StringArray::from_iter((0..n).map(|i| (i != 1).then(|| task.to_owned()))));
    let amount: ArrayRef = Arc::new(
        Decimal128Array::from_iter_values((0..n as i128).map(|i| -5 - i)).with_precision_and_scale(18, 2).unwrap(),
    );
    let rank: ArrayRef = Arc::new(Int64Array::from_iter_values(0..n as i64));
    let score: ArrayRef = Arc::new(Float64Array::from_iter_values((0..n).map(|i| i as f64 / 3.0)));
    let urgent: ArrayRef = Arc::new(BooleanArray::from_iter((0..n).map(|i| Some(i % 2 == 0))));
    let due: ArrayRef = Arc::new(Date32Array::from_iter_values((0..n as i32).map(|i| 20_779 + i)));
    let at: ArrayRef = Arc::new(
        TimestampMicrosecondArray::from_iter_values((0..n as i64).map(|i| 1_795_282_200_000_000 + i))
            .with_timezone("UTC"),
    );
    RecordBatch::try_from_iter_with_nullable([
        ("effect_id", id, false),
        ("task", text, true),
        ("amount", amount, true),
        ("rank", rank, true),
        ("score", score, true),
        ("urgent", urgent, true),
        ("due", due, true),
        ("at", at, true),
    ])
    .unwrap()
}

fn put(connection: &Connection, object: Option<&str>, batches: &[RecordBatch]) -> Result<Delivered, Finding> {
    let target = Target { connection, object, run: "2026-11-22/1", id: "effect_id" };
    deliver(&target, &batches[0].schema(), &mut batches.iter().cloned())
}

fn staged(connection: &Connection, batch: &RecordBatch) -> Staged {
    let target = Target { connection, object: Some("tasks"), run: "2026-11-22/1", id: "effect_id" };
    stage(&target, &batch.schema(), &mut std::iter::once(batch.clone())).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn repeats_add_nothing() {
    let dir = tempdir().unwrap();
    for (kind, name) in
        [(Kind::Csv, "t.csv"), (Kind::JsonLines, "t.jsonl"), (Kind::Parquet, "t.parquet"), (Kind::Sqlite, "t.db")]
    {
        let sink = connection(kind, &dir.path().join(name));
        let first = put(&sink, Some("tasks"), &[tasks(&["a", "b"], "提醒"), tasks(&["b", "c"], "again")]).unwrap();
        assert_eq!((first.written, first.already), (3, 1), "{name}: b stands in both batches");
        let second = put(&sink, Some("tasks"), &[tasks(&["c", "d"], "later"), tasks(&["a"], "later")]).unwrap();
        assert_eq!((second.written, second.already), (1, 2), "{name}");
        if kind != Kind::Sqlite {
            let types = schema(&[
                ("effect_id", Type::Text),
                ("task", Type::Text),
                ("amount", decimal(18, 2)),
                ("rank", Type::Integer),
                ("score", Type::Real),
                ("urgent", Type::Bool),
                ("due", Type::Date),
                ("at", Type::Timestamp),
            ]);
            let rows = table(&read(&sink, None, Some(&types)).unwrap());
            let ids: Vec<&str> = rows.lines().map(|l| l.split('|').next().unwrap()).collect();
            assert_eq!(ids, ["a", "b", "c", "d"], "{name}");
            assert!(
                rows.starts_with("a|提醒|-0.05|0|0.0|true|2026-11-22|2026-11-22T01:30:00+08:00\nb|∅|-0.06|1|0.333"),
                "{name}: {rows}"
            );
        }
    }
    assert_eq!(files(dir.path()), ["t.csv", "t.db", "t.jsonl", "t.parquet"], "nothing is left beside them");
    let database = rusqlite::Connection::open(dir.path().join("t.db")).unwrap();
    let row: (String, Option<String>, String, i64, f64, i64, String) = database
        .query_row(
            "SELECT effect_id, task, amount, rank, score, urgent, due FROM tasks WHERE effect_id = 'b'",
            [],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?)),
        )
        .unwrap();
    assert_eq!(row, ("b".into(), None, "-0.06".into(), 1, 1.0 / 3.0, 0, "2026-11-23".into()));
    assert_eq!(database.query_row("SELECT count(*) FROM tasks", [], |r| r.get::<_, i64>(0)).unwrap(), 4);
}

#[test]
fn lines_are_added_after_a_last_one_with_or_without_its_end() {
    for (kind, name) in [(Kind::Csv, "t.csv"), (Kind::JsonLines, "t.jsonl")] {
        let dir = tempdir().unwrap();
        let path = dir.path().join(name);
        let sink = connection(kind, &path);
        put(&sink, None, &[tasks(&["a"], "first")]).unwrap();
        put(&sink, None, &[tasks(&["b"], "second")]).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        assert!(!whole.contains("\n\n") && whole.ends_with('\n'), "{name}: {whole}");
        fs::write(&path, whole.trim_end()).unwrap();
        assert_eq!(put(&sink, None, &[tasks(&["b", "c"], "third")]).unwrap().written, 1, "{name}");
        let lines = fs::read_to_string(&path).unwrap();
        assert_eq!(lines.lines().count(), whole.lines().count() + 1, "{name}: {lines}");
    }
}

#[test]
fn what_is_staged_is_not_there_until_it_is_committed() {
    for (kind, name) in
        [(Kind::Csv, "t.csv"), (Kind::JsonLines, "t.jsonl"), (Kind::Parquet, "t.parquet"), (Kind::Sqlite, "t.db")]
    {
        let dir = tempdir().unwrap();
        let sink = connection(kind, &dir.path().join(name));
        drop(staged(&sink, &tasks(&["a"], "first")));
        let left: u64 = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
        assert_eq!(left, 0, "{name}: taken back");
        assert_eq!(put(&sink, Some("tasks"), &[tasks(&["a"], "first")]).unwrap().written, 1, "{name}");
        let before = fs::read(dir.path().join(name)).unwrap();
        let unseen = staged(&sink, &tasks(&["b"], "second"));
        assert!(fs::read(dir.path().join(name)).unwrap() == before, "{name}: unseen");
        drop(unseen);
        assert!(fs::read(dir.path().join(name)).unwrap() == before, "{name}: taken back");
        assert_eq!(files(dir.path()), [name]);
        assert_eq!(staged(&sink, &tasks(&["b"], "second")).commit().unwrap().written, 1, "{name}");
        assert_eq!(put(&sink, Some("tasks"), &[tasks(&["a", "b"], "again")]).unwrap().already, 2, "{name}");
    }
}

#[test]
fn a_path_can_name_the_run_and_a_folder_the_table() {
    let dir = tempdir().unwrap();
    let sink = connection(Kind::Csv, &dir.path().join("tasks-{run}.csv"));
    let done = put(&sink, None, &[tasks(&["a"], "x")]).unwrap();
    assert_eq!(done.path, dir.path().join("tasks-2026-11-22_1.csv"), "a run's name leads nowhere else");
    let sink = connection(Kind::JsonLines, &dir.path().join("out"));
    assert_eq!(
        put(&sink, Some("客户任务"), &[tasks(&["a"], "x")]).unwrap().path,
        dir.path().join("out/客户任务.jsonl")
    );
    assert_eq!(put(&sink, Some("../x"), &[tasks(&["a"], "x")]).unwrap_err().code.0, 5011);
    assert_eq!(put(&connection(Kind::Files, dir.path()), None, &[tasks(&["a"], "x")]).unwrap_err().code.0, 5406);
}

#[test]
fn spreadsheets_run_nothing() {
    let dir = tempdir().unwrap();
    let sink = connection(Kind::Csv, &dir.path().join("t.csv"));
    let texts =
        ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "＝1", "\t=1", "ordinary, \"quoted\"\nand long", "", "∅"];
    for (i, text) in texts.iter().enumerate() {
        put(&sink, None, &[tasks(&[&i.to_string()], text)]).unwrap();
    }
    let got: Vec<String> = {
        let batches = read(&sink, None, Some(&schema(&[("task", Type::Text)]))).unwrap();
        batches
            .iter()
            .flat_map(|b| {
                (0..b.num_rows())
                    .map(|r| guiju_connect::sink::value_text(b, 0, r).unwrap_or("missing".into()))
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let want = [
        "'=cmd|' /C calc'!A0",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "' =1",
        "'＝1",
        "'\t=1",
        "ordinary, \"quoted\"\nand long",
        "",
        "∅",
    ];
    assert_eq!(got, want);
    let raw = fs::read_to_string(dir.path().join("t.csv")).unwrap();
    assert!(raw.contains(",-0.05,"), "numbers are numbers: {raw}");
}

#[test]
fn a_sink_keeps_its_encoding_and_delimiter() {
    let dir = tempdir().unwrap();
    let text =
        TextOptions { encoding: Encoding::Gbk, delimiter: b'|', null: vec!["NULL".into()], ..TextOptions::default() };
    let sink = with_text(connection(Kind::Csv, &dir.path().join("t.csv")), text, Misfit::Error);
    put(&sink, None, &[tasks(&["a", "b"], "提醒张三 𠮷")]).unwrap();
    put(&sink, None, &[tasks(&["c"], "NULL")]).unwrap();
    let bytes = fs::read(dir.path().join("t.csv")).unwrap();
    let (raw, _, _) = encoding_rs::GB18030.decode(&bytes);
    assert!(raw.contains("a|提醒张三 𠮷|") && raw.contains("b|NULL|") && raw.contains("c|\"NULL\"|"), "{raw}");
}

#[test]
fn another_shape_is_refused_and_left_alone() {
    let dir = tempdir().unwrap();
    write(dir.path(), "t.csv", "effect_id,other\nz,1\n");
    let sink = connection(Kind::Csv, &dir.path().join("t.csv"));
    let finding = put(&sink, None, &[tasks(&["a"], "x")]).unwrap_err();
    assert!(say(&[finding])[0].starts_with("[5403] t.csv column other"));
    assert_eq!(fs::read_to_string(dir.path().join("t.csv")).unwrap(), "effect_id,other\nz,1\n");
    let batch = tasks(&["a"], "x").project(&[0, 1]).unwrap();
    for (kind, name) in [(Kind::Parquet, "t.parquet"), (Kind::Sqlite, "t.db")] {
        let sink = connection(kind, &dir.path().join(name));
        put(&sink, None, std::slice::from_ref(&batch)).unwrap();
        let finding = put(&sink, None, &[tasks(&["b"], "x")]).unwrap_err();
        assert_eq!(finding.code.0, 5403, "{name}");
    }
    let nameless = batch.project(&[1]).unwrap();
    let sink = connection(Kind::Csv, &dir.path().join("n.csv"));
    assert_eq!(put(&sink, None, &[nameless]).unwrap_err().code.0, 5405);
    assert_eq!(files(dir.path()), ["t.csv", "t.db", "t.parquet"]);
}

#[test]
fn a_folder_that_cannot_be_written() {
    let dir = tempdir().unwrap();
    write(dir.path(), "file", "x");
    for (kind, name) in [(Kind::Csv, "file/t.csv"), (Kind::Parquet, "file/t.parquet"), (Kind::Sqlite, "file/t.db")] {
        let finding = put(&connection(kind, &dir.path().join(name)), None, &[tasks(&["a"], "x")]).unwrap_err();
        assert_eq!(finding.code.0, 5401, "{name}");
    }
    let folder = connection(Kind::Sqlite, dir.path());
    assert_eq!(put(&folder, None, &[tasks(&["a"], "x")]).unwrap_err().code.0, 5404);
}

/// A file system of 256 KiB, taken away again at the end.
#[cfg(target_os = "linux")]
struct Tiny(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl Tiny {
    fn mount() -> Option<Self> {
        let dir = tempdir().unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(dir.path())
            .output();
        mount.is_ok_and(|o| o.status.success()).then_some(Self(dir))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).output();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_changes_nothing() {
    let Some(tiny) = Tiny::mount() else {
        println!("NOT TESTED: a full disk needs the right to mount a file system");
        return;
    };
    let noise = |i: usize| blake3::hash(&i.to_le_bytes()).to_hex().to_string();
    let ids: Vec<String> = (0..6_000).map(noise).collect();
    let many =
        tasks(&ids.iter().map(String::as_str).collect::<Vec<_>>(), "a task text that takes some room on the disk");
    for (kind, name) in
        [(Kind::Csv, "t.csv"), (Kind::JsonLines, "t.jsonl"), (Kind::Parquet, "t.parquet"), (Kind::Sqlite, "t.db")]
    {
        let sink = connection(kind, &tiny.0.path().join(name));
        put(&sink, None, &[tasks(&["a"], "x")]).unwrap();
        let before = if kind == Kind::Sqlite { Vec::new() } else { fs::read(tiny.0.path().join(name)).unwrap() };
        let finding = put(&sink, None, std::slice::from_ref(&many)).unwrap_err();
        assert!(say(&[finding])[0].starts_with(&format!("[5402] {name}: the disk is full")), "{name}");
        if kind == Kind::Sqlite {
            let database = rusqlite::Connection::open(tiny.0.path().join(name)).unwrap();
            assert_eq!(database.query_row("SELECT count(*) FROM effects", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
        } else {
            assert_eq!(fs::read(tiny.0.path().join(name)).unwrap(), before, "{name}");
        }
        assert_eq!(files(tiny.0.path()), [name], "nothing half-written is left");
        fs::remove_file(tiny.0.path().join(name)).unwrap();
    }
}
