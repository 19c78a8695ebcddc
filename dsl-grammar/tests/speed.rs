//! Time is linear in the text and in the depth of brackets; a thousand rules are read in a blink.

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
        assert!(!parse(text).file.items.is_empty());
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
