//! The peers, as `peers.py` runs them.

use super::process::{Took, answered, watched};
use super::{Task, project};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Whose rows are the truth.
const TRUTH: &str = "duckdb";

/// The peers of a round: a name to show, the virtual environment, the name that the script knows.
pub(super) fn of(task: &Task, round: usize) -> impl Iterator<Item = (&'static str, &Path, &'static str)> {
    let quick = task.peers.iter().flat_map(|home| [("DuckDB", &**home, TRUTH), ("Polars", &**home, "polars")]);
    // Spark takes minutes: once.
    quick.chain(task.spark.as_deref().filter(|_| round == 0).map(|home| ("Spark local[2]", home, "spark")))
}

/// Lets a peer look through the tables; its rows stay in the folder.
pub(super) fn evaluate(home: &Path, peer: &str, folder: &Path) -> Result<Took, String> {
    let mut command = script(home, folder, peer);
    command.args(["lake/customers/*.parquet", "lake/rel.parquet"]).arg(conditions()).arg(rows(peer));
    let said = answered(&watched(command)?.1)?;
    let number = |what: &str| said[what].as_f64().ok_or_else(|| format!("{peer} said no `{what}`"));
    Ok(Took {
        wall: Duration::from_secs_f64(number("wall")?),
        cpu: Duration::from_secs_f64(number("cpu")?),
        peak: number("peak")? as u64,
    })
}

/// How everybody's rows differ from DuckDB's.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// DuckDB's.
    pub(super) count: u64,
    /// For each name, the events that have too few or too many rows; none if all are the same.
    pub(super) differ: BTreeMap<String, Vec<String>>,
}

/// Compares the rows (event, customer, manager) of the first round.
pub(super) fn compare(home: &Path, folder: &Path, spark: bool) -> Result<Rows, String> {
    let mut command = script(home, folder, "compare");
    command.arg(conditions()).arg(rows(TRUTH)).args(["guiju=out0/desk.db", &format!("Polars={}", rows("polars"))]);
    if spark {
        command.arg(format!("Spark={}", rows("spark")));
    }
    let said = answered(&watched(command)?.1)?;
    let count = said["counts"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum();
    let differ = said["differ"].as_object().ok_or("the comparison says nothing")?;
    let lines = |sides: &Value| {
        let side = |which: &str| {
            let events = sides[which].as_object().cloned().unwrap_or_default();
            events.into_iter().map(|(event, n)| format!("{event}: {n} {which}")).collect::<Vec<_>>()
        };
        [side("missing"), side("extra")].concat()
    };
    Ok(Rows { count, differ: differ.iter().map(|(name, sides)| (name.clone(), lines(sides))).collect() })
}

fn script(home: &Path, folder: &Path, what: &str) -> Command {
    let mut command = Command::new(home.join("bin/python"));
    command.arg(project().join("tests/bench/peers/peers.py")).arg(what).current_dir(folder);
    command
}

fn conditions() -> std::path::PathBuf {
    project().join("tests/bench/peers/conditions.tsv")
}

fn rows(peer: &str) -> String {
    format!("rows-{peer}.parquet")
}
