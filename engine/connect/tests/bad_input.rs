//! Every way a file can be wrong, and what the user reads.

#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

mod common;

use common::*;
use guiju_connect::{
    config::Kind,
    read::{Limits, ReadOptions},
};
use guiju_lang::{
    schema::Schema,
    ty::{Type, Typed},
};
use std::{fs, path::Path};
use tempfile::tempdir;

fn refuse(kind: Kind, path: &Path, object: Option<&str>, schema: Option<&Schema>) -> Vec<String> {
    say(&read(&connection(kind, path), object, schema).expect_err("it should have been refused"))
}

fn csv(bytes: impl AsRef<[u8]>, schema: Option<&Schema>) -> Vec<String> {
    let dir = tempdir().unwrap();
    refuse(Kind::Csv, &write(dir.path(), "c.csv", bytes), None, schema)
}

fn jsonl(text: &str, schema: Option<&Schema>) -> Vec<String> {
    let dir = tempdir().unwrap();
    refuse(Kind::JsonLines, &write(dir.path(), "c.jsonl", text), None, schema)
}

#[test]
fn files_that_are_not_there() {
    let dir = tempdir().unwrap();
    write(dir.path(), "customers.csv", "a\n1\n");
    fs::create_dir(dir.path().join("empty")).unwrap();
    let here = dir.path();
    assert!(refuse(Kind::Files, here, Some("custmers"), None)[0].starts_with("[5101] custmers: there is no `"));
    let finding = &read(&connection(Kind::Files, here), Some("custmers"), None).unwrap_err()[0];
    assert_eq!(finding.suggestions, ["customers"]);
    assert!(refuse(Kind::Files, &here.join("gone"), Some("x"), None)[0].starts_with("[5101] gone"));
    assert!(refuse(Kind::Csv, here, Some("x*.csv"), None)[0].starts_with("[5103] x*.csv: no file matches"));
    assert!(refuse(Kind::Files, here, Some("empty"), None)[0].starts_with("[5104] empty: the folder"));
    assert!(refuse(Kind::Files, here, Some("../customers.csv"), None)[0].starts_with("[5011]"));
    assert!(refuse(Kind::Files, here, Some("/etc/passwd"), None)[0].starts_with("[5011]"));
    assert!(refuse(Kind::Sqlite, here, None, None)[0].starts_with("[5010]"));
    write(here, "customers.parquet", "x");
    assert!(refuse(Kind::Files, here, Some("customers"), None)[0].starts_with("[5109]"));
    write(here, "mixed/a.csv", "a\n");
    write(here, "mixed/b.jsonl", "{}");
    assert!(refuse(Kind::Files, here, Some("mixed"), None)[0].starts_with("[5112] b.jsonl"));
    write(here, "plain.txt", "a\n");
    assert!(refuse(Kind::Files, here, Some("plain.txt"), None)[0].starts_with("[5111] plain.txt"));
}

#[test]
fn an_unreadable_file() {
    let dir = tempdir().unwrap();
    // A folder where a file should be fails to read for every user, root included.
    fs::create_dir_all(dir.path().join("c.csv/x")).unwrap();
    let got = refuse(Kind::Csv, &dir.path().join("*"), None, None);
    assert!(got[0].starts_with("[5103]"), "{got:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = write(dir.path(), "secret.csv", "a\n1\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        match fs::File::open(&path) {
            Err(_) => assert!(refuse(Kind::Csv, &path, None, None)[0].starts_with("[5102] secret.csv")),
            Ok(_) => println!("NOT TESTED: this user may read everything, so permissions cannot keep it out"),
        }
    }
}

#[test]
fn parquet_files_that_are_none() {
    let dir = tempdir().unwrap();
    let whole = {
        use arrow_array::{ArrayRef, Int64Array, RecordBatch};
        let id: ArrayRef = std::sync::Arc::new(Int64Array::from_iter_values(0..5_000));
        let batch = RecordBatch::try_from_iter([("id", id)]).unwrap();
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    };
    let half = write(dir.path(), "half.parquet", &whole[..whole.len() / 2]);
    let got = refuse(Kind::Parquet, &half, None, None);
    assert!(got[0].starts_with("[5107] half.parquet byte ") && got[0].contains("without its footer"), "{got:?}");
    assert!(
        refuse(Kind::Parquet, &write(dir.path(), "csv.parquet", "id\n1\n"), None, None)[0]
            .starts_with("[5106] csv.parquet")
    );
    assert!(
        refuse(Kind::Parquet, &write(dir.path(), "nil.parquet", ""), None, None)[0].starts_with("[5105] nil.parquet")
    );
    // Every way to cut or damage it ends in a finding or in the right rows, never in a panic.
    let known = schema(&[("id", Type::Integer)]);
    for at in (0..whole.len()).step_by(whole.len() / 97 + 1) {
        let path = write(dir.path(), "cut.parquet", &whole[..at]);
        assert!(read(&connection(Kind::Parquet, &path), None, Some(&known)).is_err(), "cut at {at}");
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        let path = write(dir.path(), "damaged.parquet", &damaged);
        if let Err(findings) = read(&connection(Kind::Parquet, &path), None, Some(&known)) {
            assert!(say(&findings)[0].contains("damaged.parquet"), "{findings:?}");
        }
    }
}

#[test]
fn a_schema_that_changed_since_it_was_checked() {
    use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let dir = tempdir().unwrap();
    let file = |name: &str, batch: &RecordBatch| {
        let path = write(dir.path(), name, "");
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        path
    };
    let ints: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let reals: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let old = file(
        "part-0.parquet",
        &RecordBatch::try_from_iter([("id", ints.clone()), ("total_asset", ints.clone())]).unwrap(),
    );
    let known = schema(&[("id", Type::Integer), ("total_asset", Type::Integer)]);
    assert!(read(&connection(Kind::Parquet, &old), None, Some(&known)).is_ok());
    file(
        "part-0.parquet",
        &RecordBatch::try_from_iter([("id", texts.clone()), ("totl_asset", reals.clone())]).unwrap(),
    );
    assert_eq!(
        refuse(Kind::Parquet, &old, None, Some(&known)),
        [
            "[5202] part-0.parquet column id: column `id` is `text`, expected was `integer`",
            "[5201] part-0.parquet column total_asset: there is no column `total_asset` in the data",
        ]
    );
    // A column that may be missing now, and was declared required.
    file("part-0.parquet", &RecordBatch::try_from_iter([("id", ints.clone()), ("total_asset", ints.clone())]).unwrap());
    let mut required = known;
    required.columns[0].typed = Typed::new(Type::Integer, false);
    assert_eq!(
        refuse(Kind::Parquet, &old, None, Some(&required)),
        ["[5207] part-0.parquet row 2 column id: column `id` is required and this row has no value for it"]
    );
    // Two files of one table that disagree.
    file("part-1.parquet", &RecordBatch::try_from_iter([("id", reals), ("total_asset", ints.clone())]).unwrap());
    let got = refuse(Kind::Parquet, dir.path(), None, None);
    assert!(
        got[0].starts_with("[5113] part-1.parquet column id: column `id` is `real` here and `integer` in"),
        "{got:?}"
    );
    file("part-1.parquet", &RecordBatch::try_from_iter([("id", ints)]).unwrap());
    assert!(refuse(Kind::Parquet, dir.path(), None, None)[0].starts_with("[5114] part-1.parquet column total_asset"));
}

#[test]
fn texts_in_other_encodings() {
    assert_eq!(csv(b"id,name\n1,a\n2,\xff\xfe\n", None), ["[5301] c.csv row 2 byte 14: the text is not UTF-8"]);
    let (gbk, _, _) = encoding_rs::GBK.encode("客户号,姓名\n1,张三\n");
    let got = csv(gbk, None);
    assert!(got[0].starts_with("[5302] c.csv") && got[0].contains("客户号,姓名"), "{got:?}");
    let utf16: Vec<u8> = "\u{feff}id,name\n1,a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(csv(&utf16, None)[0].starts_with("[5303] c.csv"));
    let unmarked: Vec<u8> = "id,name\n1,a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(csv(&unmarked, None)[0].starts_with("[5303] c.csv"));
    // A character cut in two by the end of the file.
    assert_eq!(csv(&"id\n1\n客".as_bytes()[..7], None), ["[5301] c.csv row 2 byte 5: the text is not UTF-8"]);
}

#[test]
fn csv_rows() {
    assert_eq!(csv("a,b\n1,2\n3\n", None), ["[5304] c.csv row 2: this row has 1 values, the header has 2 columns"]);
    assert_eq!(csv("a,b\n1,2,3\n", None), ["[5304] c.csv row 1: this row has 3 values, the header has 2 columns"]);
    assert_eq!(csv("a,b\n1,\"2\n3,4\n", None), ["[5305] c.csv row 1: a quote that opens in this row is never closed"]);
    assert_eq!(csv("a,b\n1,\"2\"x\n", None), ["[5306] c.csv row 1: something follows a closing quote in this row"]);
    assert_eq!(csv("a,b,a\n", None), ["[5204] c.csv column a: the header names column `a` twice"]);
    assert_eq!(csv("a,,b\n", None), ["[5205] c.csv: column 2 of the header has no name"]);
    assert!(csv("", None)[0].starts_with("[5105] c.csv"));
    assert!(csv("\n\n", None)[0].starts_with("[5105] c.csv"));
    let long = format!("a\n1\n{}\n", "x".repeat(2 << 20));
    assert_eq!(csv(long, None), ["[5307] c.csv row 2: this row is longer than 1048576 bytes"]);
    let open = format!("a\n1\n\"{}\n", "x\n".repeat(1 << 20));
    assert_eq!(csv(open, None), ["[5305] c.csv row 2: a quote that opens in this row is never closed"]);
    let wide = "c,".repeat(10_001);
    assert!(csv(wide, None)[0].starts_with("[5206] c.csv"));
}

#[test]
fn values_that_do_not_fit_their_declared_types() {
    let declared = schema(&[("day", Type::Date), ("n", Type::Integer), ("amount", decimal(5, 2))]);
    assert_eq!(
        csv("n,day,amount\n1,2026-11-22,1.00\n1.5,22/11/2026,1000\n,,1.005\n", Some(&declared)),
        [
            "[5308] c.csv row 2 column day: `22/11/2026` in column `day` is not `date`",
            "[5308] c.csv row 2 column n: `1.5` in column `n` is not `integer`",
            "[5308] c.csv row 2 column amount: `1000` in column `amount` is not `decimal(5,2)`",
            "[5308] c.csv row 3 column amount: `1.005` in column `amount` is not `decimal(5,2)`",
        ]
    );
    let many = format!("n\n{}", "x\n".repeat(100_000));
    let got = csv(many, Some(&schema(&[("n", Type::Integer)])));
    assert_eq!(got.len(), 21);
    assert_eq!(got[20], "[5309] c.csv: 99980 more values do not fit their columns");
    let got = csv("nn\n1\n", Some(&schema(&[("n", Type::Integer)])));
    assert_eq!(got, ["[5201] c.csv column n: there is no column `n` in the data"]);
}

#[test]
fn json_lines() {
    assert!(
        jsonl("{\"a\":1}\n{\"a\":\n", None)[0]
            .starts_with("[5310] c.jsonl row 2: this line is not JSON: EOF while parsing a value")
    );
    assert!(
        jsonl("{\"a\":1} {\"a\":2}\n", None)[0]
            .starts_with("[5310] c.jsonl row 1: this line is not JSON: trailing characters")
    );
    assert_eq!(jsonl("[1,2]\n", None), ["[5311] c.jsonl row 1: this line is JSON but not an object"]);
    assert_eq!(jsonl("{\"a\":1,\"a\":2}\n", None), ["[5312] c.jsonl row 1 column a: the object has the key `a` twice"]);
    assert_eq!(
        jsonl("{\"a\":[1]}\n", None),
        ["[5313] c.jsonl row 1 column a: the value of `a` is itself a list or an object"]
    );
    let declared = schema(&[("a", Type::Integer)]);
    assert_eq!(
        jsonl("{\"a\":1}\n{\"a\":99999999999999999999}\n", Some(&declared)),
        ["[5308] c.jsonl row 2 column a: `99999999999999999999` in column `a` is not `integer`"]
    );
    let asked = schema(&[("total_asset", Type::Integer)]);
    assert_eq!(
        jsonl("{\"totl_asset\":1}\n", Some(&asked)),
        ["[5201] c.jsonl column total_asset: there is no column `total_asset` in the data"],
        "one side is misspelt"
    );
    let long = format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(2 << 20));
    assert!(jsonl(&long, None)[0].starts_with("[5307] c.jsonl row 2"));
    assert!(jsonl(&format!("{{\"a\":{}", "[".repeat(500_000)), None)[0].starts_with("[5310] c.jsonl row 1"));
}

#[test]
fn limits_can_be_tightened() {
    let dir = tempdir().unwrap();
    let path = write(dir.path(), "c.csv", "a,b\n1,2222222222\n");
    let limits = Limits { record_bytes: 8, ..Limits::default() };
    let declared = schema(&[("a", Type::Integer)]);
    let got = read_with(
        &connection(Kind::Csv, &path),
        None,
        Some(&declared),
        ReadOptions { limits, ..ReadOptions::default() },
    )
    .unwrap_err();
    assert_eq!(say(&got), ["[5307] c.csv row 1: this row is longer than 8 bytes"]);
}

#[test]
fn a_file_that_changes_under_the_reader() {
    let dir = tempdir().unwrap();
    let path = write(dir.path(), "c.csv", "a\n1\n");
    let c = connection(Kind::Csv, &path);
    let mut scan = guiju_connect::read::open(&guiju_connect::read::Request {
        connection: &c,
        object: None,
        schema: None,
        columns: None,
        options: ReadOptions::default(),
    })
    .unwrap();
    assert!(scan.next().unwrap().is_ok());
    fs::write(&path, "a\n1\n2\n").unwrap();
    let end = scan.next().unwrap().unwrap_err();
    assert!(say(&end)[0].starts_with("[5115] c.csv"));
    assert!(scan.next().is_none());
}
