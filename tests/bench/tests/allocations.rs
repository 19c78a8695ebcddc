//! Deciding needs no memory once a scratch has seen a few rows. The counting allocator is a crate's (`allocation-counter`): it counts
//! what this thread asks for, and none of ours needs `unsafe` for it.
#![allow(clippy::expect_used)] // a test that cannot read its own files has failed

use guiju::{
    Decider, Epoch, Moment, Project,
    core::Cells,
    decide::{Column, Given, Row},
    lang::{time::Civil, value::Decimal},
};
use std::{path::PathBuf, sync::Arc};

/// The shipped events over customers, except those that a decider itself says need memory.
fn shipped() -> Decider {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let project = Project::open(&[root.join("rulebooks")], Some(&root.join("examples/guiju.yaml")));
    let program = Arc::new(project.check().program.expect("the shipped rulebooks are right"));
    let link = |without: &[String]| {
        let wanted = |rule: &guiju::lang::hir::Rule| !without.contains(&rule.head.id.to_string());
        let epoch = Epoch::link(Arc::clone(&program), &project.calendars, wanted).expect("they can be linked");
        let built = Decider::of(&epoch, "customer_care.customers").and_then(|b| b.read(&project));
        built.and_then(guiju::decide::Builder::build).unwrap_or_else(|f| panic!("{f:?}"))
    };
    let all = link(&[]);
    let needy: Vec<String> = all.allocates().collect();
    let decider = link(&needy);
    assert!(decider.rules().count() >= 5 && decider.rules().count() > needy.len(), "too few are left: {needy:?}");
    decider
}

/// Customers of every kind: deposits that mature, documents that expire, birthdays, nothing at all.
fn fill(columns: &[Option<Column>], row: &mut Row, n: i64, today: i32) {
    row.clear();
    let day = |offset: i64| Given::Date(today + i32::try_from(offset).expect("small"));
    let money = |yuan: i64| Given::Decimal(Decimal { mantissa: i128::from(yuan) * 100, scale: 2 });
    let levels = ["V1", "V3", "V5", "V6", "V7"];
    let level = levels[usize::try_from(n).expect("small") % levels.len()];
    let values = [
        Given::Integer(10_000 + n % 50),
        Given::Text("王建国"),
        Given::Text(level),
        Given::Text("正常"),
        Given::Text("营业部客服台"),
        day(n % 7),
        money(300_000 + 100_000 * (n % 9)),
        day(n % 40 - 365 * 46),
        day(n % 45),
        day(-n % 30),
        money(n % 3 * 50_000),
    ];
    for (column, value) in columns.iter().zip(values) {
        if let Some(column) = column {
            row.set(*column, value).expect("it fits");
        }
    }
}

const NAMES: [&str; 11] = [
    "customer_id",
    "name",
    "level",
    "account_status",
    "branch_desk",
    "cd_maturity",
    "cd_balance",
    "birth_date",
    "id_expiry",
    "risk_expiry",
    "fund_value",
];

#[test]
fn deciding_needs_no_memory_after_a_few_rows() {
    let decider = shipped();
    let columns = NAMES.map(|name| decider.column(name));
    assert!(columns.iter().all(Option::is_some), "the shipped columns have other names");
    let (mut scratch, mut row, mut cells) = (decider.scratch(), decider.row(), Cells::default());
    let today = Civil::new(2026, 11, 20).expect("a date").days();
    let mut evidence = String::new();
    let mut turn = |n: i64, made: &mut usize| {
        fill(&columns, &mut row, n, today);
        let at = Moment::Day(today);
        let decisions = decider.decide(&mut scratch, &row, at);
        *made += decisions.iter().map(|decision| decision.task.len()).sum::<usize>();
        let reference = decisions.get(0).map(|decision| decision.reference);
        if let Some(reference) = reference {
            evidence.clear();
            decider.evidence(&mut scratch, &reference, &row, &mut evidence);
        }
        *made += decider.decide_with(&mut scratch, &row, at, &mut cells).len();
    };
    let mut made = 0;
    for n in 0..400 {
        turn(n, &mut made);
    }
    let before = made;
    let counted = allocation_counter::measure(|| {
        for n in 0..2_000 {
            turn(n, &mut made);
        }
    });
    assert!(made > before + 10_000, "something must have been decided: {made}");
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

/// A counter that counts nothing would let everything pass.
#[test]
fn memory_is_counted() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8; 10])));
    assert_eq!(counted.count_total, 1);
}
