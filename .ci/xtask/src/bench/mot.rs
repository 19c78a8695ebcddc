//! 101 events over a wide customer table; `tests/bench` makes the table and measures.

use super::{Strictness, release};
use crate::report::{Outcome, passes};
use crate::workspace::command;

const ROWS: u32 = 1_000_000;
/// Of a publishing run over a million customers, in milliseconds.
const TARGET: u32 = 1_500;
/// Customers among the tests: enough for every event to find somebody.
const FEW: u32 = 50_000;

/// The named benchmark: `GUIJU_BENCH` names a folder of existing data, `GUIJU_PEER` a command to compare with.
pub(crate) fn mot(strictness: Strictness) -> Outcome {
    let rows = match strictness {
        Strictness::Exact => ROWS,
        Strictness::Smoke => FEW,
    };
    let guiju = release("guiju")?;
    let mut bench = command(release("guiju-bench")?);
    bench.arg("mot").arg(guiju).arg(rows.to_string()).arg(TARGET.to_string());
    if matches!(strictness, Strictness::Smoke) {
        bench.env_remove("GUIJU_BENCH").env_remove("GUIJU_PEER");
    } else if std::env::var_os("GUIJU_BENCH").is_none() {
        println!("\n!!! GUIJU_BENCH is not set: {rows} customers come from our own generator\n");
    }
    passes(bench).map(|()| format!("{rows} customers"))
}
