//! A first look at a table.

#![allow(clippy::unwrap_used)] // a test that cannot set up its files has failed

mod common;

use common::*;
use guiju_connect::{config::Kind, inspect, read::ReadOptions};
use tempfile::tempdir;

#[test]
fn a_table_is_described() {
    let dir = tempdir().unwrap();
    // The last row alone decides that `score` is no integer: all rows count, not a sample.
    let mut text = String::from("客户号,level,balance,score,and\n");
    for i in 0..12_000 {
        let level = ["A", "B", "B", ""][i % 4];
        text.push_str(&format!("{i:08},{level},{}.5,{},\n", i % 100, i % 7));
    }
    text.push_str("99999999,C,-1.25,x7,\n");
    write(dir.path(), "2026/客户.csv", text);
    let crm = connection(Kind::Files, dir.path());
    let mut last = (0, 0, 0);
    let seen = inspect::inspect(&crm, Some("2026/客户"), ReadOptions::default(), &mut |rows, done, all| {
        last = (rows, done, all);
        true
    });
    let p = seen.unwrap().unwrap();
    assert_eq!((last.0, last.1), (12_001, last.2), "progress ends at the end");
    assert_eq!((p.rows, p.key.as_deref()), (12_001, Some("客户号")));
    let [id, level, balance, score, and] = &p.columns[..] else { panic!("five columns") };
    assert_eq!((id.ty.as_str(), id.distinct.count, id.distinct.exact, id.top.len()), ("text", 12_001, true, 0));
    assert_eq!((level.ty.as_str(), level.missing, level.distinct.count), ("text", 3_000, 3));
    assert_eq!(level.top, [("B".to_owned(), 6_000), ("A".to_owned(), 3_000)]);
    assert_eq!(
        (balance.ty.as_str(), balance.min.as_deref(), balance.max.as_deref()),
        ("decimal(18,2)", Some("-1.25"), Some("99.50"))
    );
    assert_eq!((score.ty.as_str(), score.distinct.count), ("text", 8));
    assert_eq!((and.missing, and.missing_share), (12_001, 1.0));
    assert_eq!(
        p.declaration,
        "source 客户 from x table \"2026/客户\" {\n  key 客户号\n  column 客户号 is text required\n  column level is text\n  column balance is decimal(18,2) required\n  column score is text required\n  column `and` is text\n}\n"
    );
    let json = serde_json::to_value(&p).unwrap();
    assert_eq!(
        (&json["columns"][2]["type"], &json["columns"][1]["distinct"]["exact"]),
        (&"decimal(18,2)".into(), &true.into())
    );
}

#[test]
fn it_can_be_stopped() {
    let dir = tempdir().unwrap();
    write(dir.path(), "c.csv", "a\n1\n");
    let c = connection(Kind::Csv, &dir.path().join("c.csv"));
    assert_eq!(inspect::inspect(&c, None, ReadOptions::default(), &mut |_, _, _| false).unwrap(), None);
}
