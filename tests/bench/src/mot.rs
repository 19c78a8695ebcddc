//! 101 events over the wide table: what the engine takes, what its peers take on the same files, and whether the rows are the same.

mod peers;
mod process;
mod report;

pub use report::Report;

use crate::table;
use process::{Took, answered, watched};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be measured.
#[derive(Debug)]
pub struct Task {
    /// The engine's command.
    pub guiju: PathBuf,
    /// Customers.
    pub rows: usize,
    /// How often everything runs, in turns; odd, so that there is a middle.
    pub rounds: usize,
    /// A folder of existing data; otherwise `rows` customers are generated.
    pub data: Option<PathBuf>,
    /// A virtual environment with DuckDB and Polars.
    pub peers: Option<PathBuf>,
    /// A virtual environment with Spark, which runs once.
    pub spark: Option<PathBuf>,
}

/// Runs `examples/mot101`, published into a fresh store and dry, and the peers, in turns; compares every row.
///
/// # Errors
/// When something does not run, or a second run publishes anything twice.
pub fn measure(task: &Task) -> Result<Report, String> {
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let folder = scratch.path();
    let rulebook = project().join("examples/mot101/mot101.gj");
    let text = std::fs::read_to_string(&rulebook).map_err(|e| format!("{}: {e}", rulebook.display()))?;
    std::fs::write(folder.join("mot101.gj"), &text).map_err(|e| e.to_string())?;
    let lake = folder.join("lake");
    std::fs::create_dir_all(lake.join("customers")).map_err(|e| e.to_string())?;
    let data = match &task.data {
        Some(given) => bind(given, &lake, task.rows)?,
        None => {
            table::write(&lake, task.rows)?;
            let made = lake.join("customers.parquet");
            std::fs::rename(made, lake.join("customers/part.parquet")).map_err(|e| e.to_string())?;
            format!("{} customers of our own generator", task.rows)
        }
    };
    let events = events(&text);
    let mut report = Report::new(&data, task);
    for round in 0..task.rounds {
        configure(folder, round)?;
        let (took, said) = run(&task.guiju, folder, &["--run-id", "first"])?;
        let found = tasks(&said, &events, "new")?;
        if round == 0 {
            let (_, again) = run(&task.guiju, folder, &["--run-id", "first"])?;
            if tasks(&again, &events, "new")?.iter().any(|new| *new != 0) {
                return Err("the same run published again".to_owned());
            }
            report.counts = found;
        } else if report.counts != found {
            return Err("two runs over the same data found different tasks".to_owned());
        }
        report.took("guiju, published and delivered", took);
        report.took("guiju, dry", run(&task.guiju, folder, &["--dry"])?.0);
        for (name, home, script) in peers::of(task, round) {
            report.took(name, peers::evaluate(home, script, folder)?);
        }
        if round > 0 {
            // Ten million customers leave gigabytes behind.
            std::fs::remove_dir_all(folder.join(format!("out{round}"))).map_err(|e| e.to_string())?;
        }
    }
    if let Some(home) = &task.peers {
        report.rows = Some(peers::compare(home, folder, task.spark.is_some())?);
    }
    Ok(report)
}

fn project() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Makes the given customers and relation appear as the tables that the rulebook names: as many parts, of a million customers each,
/// as are asked for.
fn bind(given: &Path, lake: &Path, rows: usize) -> Result<String, String> {
    let millions = rows.div_ceil(1_000_000);
    let parts = (0..millions).map(|n| format!("part-{n:02}.parquet"));
    let mut files: Vec<_> = parts.map(|part| (format!("data/customers/{part}"), format!("customers/{part}"))).collect();
    files.push((format!("data/rel_{millions}m.parquet"), "rel.parquet".to_owned()));
    for (from, name) in files {
        let (from, to) = (given.join(from), lake.join(name));
        // A link where the file system allows one: the tables have gigabytes.
        std::fs::hard_link(&from, &to).or_else(|_| std::fs::copy(&from, &to).map(drop)).map_err(|e| {
            format!("{}: {e}; GUIJU_BENCH names a folder made by the benchmark's generator", from.display())
        })?;
    }
    Ok(format!("{millions} million customers of {}", given.display()))
}

fn configure(folder: &Path, round: usize) -> Result<(), String> {
    let text = format!(
        "connections:\n  lake: {{ kind: files, path: lake }}\n  relations: {{ kind: parquet, path: lake/rel.parquet }}\n  desk: {{ kind: sqlite, path: out{round}/desk.db }}\nstore: out{round}/store\n"
    );
    std::fs::write(folder.join("guiju.yaml"), text).map_err(|e| e.to_string())
}

fn run(guiju: &Path, folder: &Path, more: &[&str]) -> Result<(Took, Value), String> {
    let mut command = Command::new(guiju);
    command.args(["run", "--json", "--plain", "--today", "2026-11-22"]).args(more).arg("mot101.gj").current_dir(folder);
    let (took, said) = watched(command)?;
    Ok((took, answered(&said)?))
}

/// The names of a rulebook's events, in order.
fn events(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("event "))
        .filter_map(|rest| rest.split_whitespace().next())
        .collect()
}

/// Tasks per event of a run's document, in the order of `events`.
fn tasks(document: &Value, events: &[&str], which: &str) -> Result<Vec<u64>, String> {
    let rules = document["rules"].as_array().ok_or("the run's document has no `rules`")?;
    let of = |event: &&str| {
        let named =
            |rule: &&Value| rule["rule"].as_str().is_some_and(|name| name.rsplit(['.', '/']).next() == Some(*event));
        // An event that found nobody may be left out.
        rules
            .iter()
            .find(named)
            .map_or(Some(0), |rule| rule[which].as_u64())
            .ok_or_else(|| format!("`{event}` has no `{which}`"))
    };
    events.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_in_the_order_of_the_rulebook() {
        let text = "# event none\nevent b \"B\" {\n}\nevent a \"A\" {\n}\nevent c \"C\" {\n}\n";
        let document = serde_json::json!({ "rules": [{ "rule": "t/x.a", "new": 2 }, { "rule": "t/x.b", "new": 3 }] });
        assert_eq!(tasks(&document, &events(text), "new").unwrap(), [3, 2, 0]);
        assert!(tasks(&serde_json::json!({}), &["a"], "new").is_err());
    }

    /// The peers' conditions are written by hand: each event has one, in the rulebook's order.
    #[test]
    fn every_event_has_its_condition() {
        let text = std::fs::read_to_string(project().join("examples/mot101/mot101.gj")).unwrap();
        let conditions = include_str!("../peers/conditions.tsv").lines().filter(|line| !line.starts_with('#'));
        let named: Vec<&str> = conditions.filter_map(|line| line.split_once('\t')).map(|(name, _)| name).collect();
        assert_eq!(named, events(&text));
    }
}
