//! Time is linear in the text and in the depth of brackets; a thousand rules are read in a blink.
#![allow(clippy::unwrap_used)] // helpers of tests may unwrap as tests do

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use guiju_grammar::parse;

/// Rules as analysts write them, about 15 lines each.
fn rules(count: usize) -> String {
    let mut text = String::from("language 1\nrulebook speed \"速度\" {\n  owner \"ops\"\n}\n");
    for i in 0..count {
        let _ = write!(
            text,
            "
## Rule {i}: large deposits that are about to mature.
event rule_{i} \"大额存单即将到期 {i}\" {{
  on customers
  when cd_maturity within next {} trading days and cd_balance >= {}万
    and cust_level in [\"V5\", \"V6\", \"V7\"] and account_status = \"NORMAL\"  # as agreed
    and not (risk_level = \"C1\" or trade_cnt_30d < 5) and total_asset > 30% of household_asset
  priority high
  assign to managers.manager_id or else branch_desk
  once per customer every 30d
  expires after 5 trading days
  task \"提醒{{name}}：存单{{cd_maturity:%m月%d日}}到期，余额{{cd_balance:万元}}\"
  to tasks
}}
",
            1 + i % 9,
            10 + i % 90,
        );
    }
    text
}

/// The processor's time for this thread, which other work on the machine does not stretch; else the clock's.
fn now() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match stat.split(' ').next().map(str::parse) {
        Some(Ok(nanos)) => Duration::from_nanos(nanos),
        _ => START.elapsed(),
    }
}

fn time(texts: &[&str]) -> Duration {
    let start = now();
    for text in texts {
        std::hint::black_box(parse(text));
    }
    now() - start
}

#[test]
fn a_thousand_rules_in_fifty_files() {
    let file = rules(20);
    assert!(parse(&file).problems.is_empty());
    let files = vec![file.as_str(); 50];
    let best = (0..5).map(|_| time(&files)).min().unwrap();
    println!("1,000 rules in 50 files, {} KB: {best:?}", file.len() * 50 / 1024);
    // Far above what a quiet machine takes (README of the crate), so that only a change of kind fails.
    assert!(best < Duration::from_millis(if cfg!(debug_assertions) { 6000 } else { 250 }), "{best:?}");
}

/// In an optimized build this is a tenth of it; the bound is for the shape, not the machine.
const SLOW: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

/// An unoptimized build reads a fifth.
const SCALE: usize = if cfg!(debug_assertions) { 1 } else { 5 };

#[test]
fn deep_brackets_are_read_or_refused_at_once() {
    for open in ["(", "[", "not (", "if (", "f(", "{ a: ", "-(", "\"{", "if a then if "] {
        for depth in [20, 60, 100, 10_000] {
            let text = format!("let a = {}", open.repeat(depth));
            assert!(time(&[&text]) < SLOW, "{open} {depth}");
        }
    }
    let nested = |depth: usize| format!("let a = {}1{}\n", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(20)).problems.is_empty());
    assert!(parse(&nested(60)).problems.is_empty());
    assert_eq!(parse(&nested(100)).problems.len(), 1);
}

#[test]
fn long_runs_are_read_or_refused() {
    let run = |count: usize| format!("let a = {}b\n", "b and ".repeat(count));
    assert!(parse(&run(200)).problems.is_empty());
    assert_eq!(parse(&run(100_000)).problems.len(), 1);
    // Runs within runs count together: a tree is never deeper than it has operators and brackets.
    let runs = format!("let a = {}b{}\n", "(".repeat(50), format!("{})", " and c".repeat(50)).repeat(50));
    assert_eq!(parse(&runs).problems[0].kind.name(), "too_long");
    assert_eq!(parse(&format!("let a = {}b\n", "not ".repeat(100_000))).problems.len(), 1);
    assert_eq!(parse(&format!("let a = {}b\n", "-".repeat(100_000))).problems.len(), 1);
}

#[test]
fn time_is_linear_in_good_and_in_bad_texts() {
    let good = rules(1_400);
    assert!(good.len() > 800_000);
    let twice = time(&[&good]).as_secs_f64() / time(&[&good[..good.len() / 2]]).as_secs_f64();
    assert!(twice < 4.0, "{twice}");
    for bad in [
        "event e {\n".repeat(4_000 * SCALE),
        "\"".repeat(20_000 * SCALE),
        "{".repeat(20_000 * SCALE),
        "(".repeat(20_000 * SCALE),
        "when ".repeat(8_000 * SCALE),
        "event e { when a 1 ".repeat(2_000 * SCALE),
        "event e {\n  priority high ".to_owned() + &"to tasks ".repeat(4_000 * SCALE),
        "event e {\n".to_owned() + &"  whne a > 3\n".repeat(4_000 * SCALE),
        "event e {\n  when ".to_owned() + &"a 5% b, 3,000 ".repeat(2_000 * SCALE),
        "script fn f() -> a { ".repeat(2_000 * SCALE),
        "近1天 合计(".repeat(2_000 * SCALE),
        "let a = 近1天 合计(".to_owned() + &"(".repeat(50),
        "#".repeat(40_000 * SCALE),
        "let a = \"".to_owned() + &"{a".repeat(10_000 * SCALE),
        "1".repeat(40_000 * SCALE),
        "let a = ".to_owned() + &"1,".repeat(10_000 * SCALE),
        "且".repeat(12_000 * SCALE),
        "当余额".repeat(6_000 * SCALE),
    ] {
        let spent = time(&[&bad]);
        assert!(spent < SLOW, "{spent:?} for {:?}…", bad.chars().take(40).collect::<String>());
    }
}
