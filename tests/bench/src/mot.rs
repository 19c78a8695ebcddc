//! Time and task counts of 101 events over the wide table.

use crate::table;
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Odd, so that there is a middle.
const RUNS: usize = 5;

/// What was measured.
#[derive(Debug)]
pub struct Report {
    rows: usize,
    data: String,
    /// New tasks per event, in the order of the rulebook.
    counts: Vec<u64>,
    expected: Option<(PathBuf, Vec<u64>)>,
    published: Vec<Duration>,
    dry: Vec<Duration>,
    peer: Option<(String, Vec<Duration>)>,
}

/// Runs `examples/mot101` over `rows` generated customers, or over the customers of the folder `given`.
///
/// The runs are interleaved: publishing into a fresh store, dry, and the peer of `GUIJU_PEER`, a shell command, if there is one.
///
/// # Errors
/// When something does not run, or a second run publishes anything twice.
pub fn measure(guiju: &Path, rows: usize, given: Option<&Path>) -> Result<Report, String> {
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    let folder = scratch.path();
    let rulebook = project().join("examples/mot101/mot101.gj");
    let text = std::fs::read_to_string(&rulebook).map_err(|e| format!("{}: {e}", rulebook.display()))?;
    std::fs::write(folder.join("mot101.gj"), &text).map_err(|e| e.to_string())?;
    let lake = match given {
        Some(given) => bind(given, folder)?,
        None => {
            std::fs::create_dir(folder.join("lake")).map_err(|e| e.to_string())?;
            table::write(&folder.join("lake"), rows)?;
            format!("{rows} customers of our own generator")
        }
    };
    let events = events(&text);
    let (mut published, mut dry, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let peer = std::env::var("GUIJU_PEER").ok();
    let mut counts = Vec::new();
    for number in 0..RUNS {
        configure(folder, number)?;
        let (time, said) = run(guiju, folder, &["--run-id", "first"])?;
        published.push(time);
        let found = tasks(&said, &events, "new")?;
        if number == 0 {
            let (_, again) = run(guiju, folder, &["--run-id", "first"])?;
            if tasks(&again, &events, "new")?.iter().any(|new| *new != 0) {
                return Err("the same run published again".to_owned());
            }
            counts = found;
        } else if counts != found {
            return Err("two runs over the same data found different tasks".to_owned());
        }
        dry.push(run(guiju, folder, &["--dry"])?.0);
        if let Some(peer) = &peer {
            theirs.push(shell(peer)?);
        }
    }
    let expected = expected(rows, given.is_some())?;
    Ok(Report { rows, data: lake, counts, expected, published, dry, peer: peer.map(|peer| (peer, theirs)) })
}

impl Report {
    /// Fails when a count is wrong or the median of publishing runs is over the limit.
    ///
    /// # Errors
    /// Which.
    pub fn verdict(&self, limit_ms: usize) -> Result<(), String> {
        if let Some((file, expected)) = &self.expected {
            let wrong: Vec<String> = (1..)
                .zip(expected.iter().zip(&self.counts))
                .filter(|(_, (expected, got))| expected != got)
                .map(|(rule, (expected, got))| format!("rule {rule}: expected {expected}, got {got}"))
                .collect();
            if !wrong.is_empty() || expected.len() != self.counts.len() {
                return Err(format!("not the counts of {}\n{}", file.display(), wrong.join("\n")));
            }
        }
        if self.counts.iter().all(|count| *count == 0) {
            return Err("no event found anybody".to_owned());
        }
        let middle = median(&self.published);
        let limit = Duration::from_millis(limit_ms as u64);
        if middle > limit { Err(format!("{middle:.2?} is over the limit of {limit:.2?}")) } else { Ok(()) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks: u64 = self.counts.iter().sum();
        writeln!(f, "    {}: {} events, {tasks} tasks", self.data, self.counts.len())?;
        match &self.expected {
            Some((file, _)) => writeln!(f, "    counts compared with {}", file.display())?,
            None => writeln!(f, "    !!! no expected counts for {} rows: only compared run against run", self.rows)?,
        }
        let mut line = |what: &str, times: &[Duration]| {
            let (least, most) = (times.iter().min().copied(), times.iter().max().copied());
            let ratio = median(times).as_secs_f64() / median(&self.published).as_secs_f64();
            let spread = format!("{:.2?} to {:.2?}", least.unwrap_or_default(), most.unwrap_or_default());
            writeln!(
                f,
                "    {what:<28} median {:>9.2?}   {spread} in {} runs   {ratio:.2} of a published run",
                median(times),
                times.len()
            )
        };
        line("published into a fresh store", &self.published)?;
        line("dry", &self.dry)?;
        match &self.peer {
            Some((peer, times)) => line(&format!("peer: {peer}"), times),
            None => writeln!(f, "    no peer; GUIJU_PEER=COMMAND is timed between the runs"),
        }
    }
}

fn project() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Makes the given customers and relation appear as the tables that the rulebook names.
fn bind(given: &Path, folder: &Path) -> Result<String, String> {
    let lake = folder.join("lake");
    std::fs::create_dir(&lake).map_err(|e| e.to_string())?;
    for (from, name) in
        [("data/customers/part-00.parquet", "customers.parquet"), ("data/rel_1m.parquet", "rel.parquet")]
    {
        let (from, to) = (given.join(from), lake.join(name));
        // A link where the file system allows one: the table has hundreds of megabytes.
        std::fs::hard_link(&from, &to).or_else(|_| std::fs::copy(&from, &to).map(drop)).map_err(|e| {
            format!("{}: {e}; GUIJU_BENCH names a folder made by the benchmark's generator", from.display())
        })?;
    }
    Ok(format!("the customers of {}", given.display()))
}

fn configure(folder: &Path, number: usize) -> Result<(), String> {
    let text = format!(
        "connections:\n  lake: {{ kind: files, path: lake }}\n  relations: {{ kind: parquet, path: lake/rel.parquet }}\n  desk: {{ kind: sqlite, path: out{number}/desk.db }}\nstore: out{number}/store\n"
    );
    std::fs::write(folder.join("guiju.yaml"), text).map_err(|e| e.to_string())
}

fn run(guiju: &Path, folder: &Path, more: &[&str]) -> Result<(Duration, Value), String> {
    let mut command = Command::new(guiju);
    command.args(["run", "--json", "--plain", "--today", "2026-11-22"]).args(more).arg("mot101.gj");
    let start = Instant::now();
    let output =
        command.current_dir(folder).stdin(Stdio::null()).output().map_err(|e| format!("{}: {e}", guiju.display()))?;
    let time = start.elapsed();
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!(
            "`guiju run` ended with {}\n{said}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let document = serde_json::from_str(&said).map_err(|e| format!("`guiju run --json` said no JSON: {e}\n{said}"))?;
    Ok((time, document))
}

fn shell(command: &str) -> Result<Duration, String> {
    let start = Instant::now();
    let status = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(start.elapsed()),
        Ok(status) => Err(format!("the peer `{command}` ended with {status}")),
        Err(error) => Err(format!("the peer `{command}` did not start: {error}")),
    }
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

/// The counts that another engine found, when there are any for this table.
fn expected(rows: usize, given: bool) -> Result<Option<(PathBuf, Vec<u64>)>, String> {
    let file = if given {
        let shared = std::env::var_os("GUIJU_SHARED").map_or_else(|| project().join("../shared"), PathBuf::from);
        shared.join("bench/mot/expected_counts_1m.json")
    } else {
        project().join(format!("tests/bench/expected_{rows}.json"))
    };
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(None) };
    let counts: Vec<u64> = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
    // The first number stands for no rule: rules count from one.
    Ok(Some((file, counts.into_iter().skip(1).collect())))
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(counts: &[u64], expected: &[u64]) -> Report {
        Report {
            rows: 1,
            data: String::new(),
            counts: counts.to_vec(),
            expected: Some((PathBuf::from("x.json"), expected.to_vec())),
            published: vec![Duration::from_millis(10)],
            dry: vec![Duration::from_millis(5)],
            peer: None,
        }
    }

    #[test]
    fn a_wrong_count_and_a_slow_run_are_refused() {
        assert!(report(&[1, 2], &[1, 2]).verdict(10).is_ok());
        assert!(report(&[1, 2], &[1, 3]).verdict(10).unwrap_err().contains("rule 2: expected 3, got 2"));
        assert!(report(&[1, 2], &[1]).verdict(10).is_err());
        assert!(report(&[1, 2], &[1, 2]).verdict(9).is_err());
        assert!(report(&[0], &[0]).verdict(10).is_err());
    }

    #[test]
    fn counts_come_in_the_order_of_the_rulebook() {
        let text = "# event none\nevent b \"B\" {\n}\nevent a \"A\" {\n}\nevent c \"C\" {\n}\n";
        let document = serde_json::json!({ "rules": [{ "rule": "t/x.a", "new": 2 }, { "rule": "t/x.b", "new": 3 }] });
        assert_eq!(tasks(&document, &events(text), "new").unwrap(), [3, 2, 0]);
        assert!(tasks(&serde_json::json!({}), &["a"], "new").is_err());
    }
}
