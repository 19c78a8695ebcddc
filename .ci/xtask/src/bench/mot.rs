//! 101 events over a wide customer table, beside DuckDB and Polars; `tests/bench` makes the table, measures and compares.

use super::Strictness;
use crate::report::{Outcome, Trouble, passes};
use crate::workspace::{cache, command};
use crate::{recipes, spark, wheels};
use std::process::ExitCode;

const ROWS: usize = 1_000_000;
/// Of a publishing run over a million customers, in milliseconds.
const TARGET: usize = 1_500;
/// Customers among the tests: enough for every event to find somebody.
const FEW: usize = 50_000;

/// How much is measured.
struct Size {
    rows: usize,
    rounds: usize,
    /// Of a publishing run, in milliseconds.
    limit: usize,
    /// Also by Spark, once: that takes minutes.
    spark: bool,
}

/// Among the tests: a few customers, every row compared, once.
pub(crate) fn few() -> Outcome {
    measure(&Size { rows: FEW, rounds: 1, limit: usize::MAX, spark: false }, Strictness::Smoke)
}

/// The named benchmark: `--rows N` customers (1,000,000), `--spark`; `GUIJU_BENCH` names a folder of existing data.
pub(crate) fn command_line(words: &[String]) -> ExitCode {
    let mut size = Size { rows: ROWS, rounds: 5, limit: TARGET, spark: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let rows = (word == "--rows").then(|| words.next()).flatten().and_then(|n| n.replace('_', "").parse().ok());
        match (word.as_str(), rows) {
            ("--spark", _) => size.spark = true,
            (_, Some(rows)) => size.rows = rows,
            _ => {
                eprintln!("bench-mot [--rows N] [--spark]");
                return ExitCode::from(2);
            }
        }
    }
    if size.rows > 2 * ROWS {
        size.rounds = 3;
    }
    size.limit *= size.rows.div_ceil(ROWS);
    recipes::only("bench-mot", || measure(&size, Strictness::Exact))
}

fn measure(size: &Size, strictness: Strictness) -> Outcome {
    let rows = size.rows;
    let guiju = strictness.built("guiju")?;
    let mut bench = command(strictness.built("guiju-bench")?);
    bench.arg("mot").arg(guiju).args([rows, size.rounds, size.limit].map(|n| n.to_string()));
    bench.env_remove("GUIJU_SPARK").env_remove("GUIJU_PEERS");
    if matches!(strictness, Strictness::Smoke) {
        bench.env_remove("GUIJU_BENCH");
    } else if std::env::var_os("GUIJU_BENCH").is_none() {
        println!("\n!!! GUIJU_BENCH is not set: {rows} customers come from our own generator\n");
    }
    if size.spark {
        let home = cache("spark");
        if let Some(java) = spark::install(&home)? {
            bench.env("JAVA_HOME", java);
        }
        bench.env("GUIJU_SPARK", home);
    }
    let peers = wheels::peers();
    if let Ok(home) = &peers {
        bench.env("GUIJU_PEERS", home);
    }
    passes(bench)?;
    match peers {
        Ok(_) => Ok(format!("{rows} customers, rows compared")),
        // What can be measured has been.
        Err(Trouble::Skipped(why)) => Err(Trouble::Skipped(format!("{why}; THE ROWS WERE NOT COMPARED"))),
        Err(failed) => Err(failed),
    }
}
