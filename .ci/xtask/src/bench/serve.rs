//! A server with 1,000 rules over a stream: how long it takes to start, what it weighs when nothing comes, and how long a change on disk
//! takes to be in force.

use super::{Scratch, Strictness, line, millis};
use crate::report::{Outcome, Trouble};
use crate::workspace::command;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

const RULES: usize = 1_000;
const START: Duration = Duration::from_millis(300);
/// Changes on disk belong together until nothing has happened for so long (`engine/runtime/src/watching.rs`).
const DEBOUNCE: Duration = Duration::from_millis(40);
const CHANGE: Duration = Duration::from_millis(50);
/// In MB, when nothing comes.
const IDLE: u64 = 60;

const CONFIG: &str = "connections:\n  line: { kind: files, path: in }\n  out: { kind: jsonl, path: \"out/{run}.jsonl\" }\nstore: store\n";
const HEAD: &str = r#"rulebook desk { zone "UTC" }
source trades from line topic "trades" {
  key id
  time column at
  lateness 30s
  column id is integer required
  column customer is text
  column at is timestamp
  column amount is decimal(18, 2)
}
sink tasks to out
"#;

fn rulebook(limit: usize) -> String {
    let mut text = HEAD.to_owned();
    for n in 0..RULES {
        let limit = if n == 5 { limit } else { n };
        let _ = write!(
            text,
            "event rule_{n} {{\n  on trades by customer\n  when sum(amount) over 10m > {} and amount > {limit}\n  task \"over {n}\"\n  \
             to tasks\n}}\n",
            RULES + n
        );
    }
    text
}

/// A server, killed at the end, and what it says.
struct Server(Child, BufReader<ChildStdout>);

impl Server {
    /// Until it says that its set is in force.
    fn start(guiju: &Path, folder: &Path) -> Result<(Self, Duration), Trouble> {
        let failed = |what: String| Trouble::Failed(format!("`guiju serve`: {what}"));
        let began = Instant::now();
        let mut serve = command(guiju);
        serve.args(["serve", "--json", "--quiet", "0", "desk.gj"]).current_dir(folder);
        let mut child =
            serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|e| failed(e.to_string()))?;
        let output = child.stdout.take().ok_or_else(|| failed("says nothing".to_owned()))?;
        let mut server = Self(child, BufReader::new(output));
        server.hears("started")?;
        Ok((server, began.elapsed()))
    }

    fn hears(&mut self, news: &str) -> Result<(), Trouble> {
        let mut line = String::new();
        let read = self.1.read_line(&mut line);
        let so = read.is_ok() && line.contains(&format!("\"news\":\"{news}\""));
        if so { Ok(()) } else { Err(Trouble::Failed(format!("no `{news}` but `{}`", line.trim()))) }
    }

    /// Resident memory in MB, where the system says it.
    fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024 / 1_000_000)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures them.
pub(crate) fn serve(strictness: Strictness) -> Outcome {
    let guiju = strictness.built("guiju")?;
    let (mut start, mut change) = (Vec::new(), Vec::new());
    for _ in 0..strictness.rounds(5) {
        let scratch = folder()?;
        start.push(Server::start(&guiju, &scratch.0)?.1);
    }
    let scratch = folder()?;
    let (mut server, _) = Server::start(&guiju, &scratch.0)?;
    std::thread::sleep(Duration::from_secs(2));
    let memory = server.memory();
    for round in 0..strictness.rounds(9) {
        scratch.write("next", &rulebook(RULES + round))?;
        let began = Instant::now();
        let moved = std::fs::rename(scratch.0.join("next"), scratch.0.join("desk.gj"));
        moved.map_err(|e| Trouble::Failed(e.to_string()))?;
        server.hears("changed")?;
        change.push(began.elapsed().saturating_sub(DEBOUNCE));
        std::thread::sleep(Duration::from_millis(300));
    }
    let start = line(&format!("start with {RULES} rules"), &mut start, strictness.limit(START));
    let change = line("a change on disk, after debounce", &mut change, strictness.limit(CHANGE));
    let weight = memory.map_or_else(|| "unknown".to_owned(), |memory| format!("{memory} MB"));
    println!("    idle memory {weight}   target {IDLE} MB");
    let said = format!("start {:.0} ms, change {:.0} ms, idle {weight}", millis(start), millis(change));
    let heavy = strictness.limit(START).is_some() && memory.is_some_and(|memory| memory > IDLE);
    if heavy || strictness.is_over(start, START) || strictness.is_over(change, CHANGE) {
        return Err(Trouble::Failed(format!("over the target: {said}")));
    }
    Ok(said)
}

fn folder() -> Result<Scratch, Trouble> {
    let scratch = Scratch::new("bench-serve")?;
    let _ = std::fs::remove_dir_all(scratch.0.join("store"));
    scratch.write("guiju.yaml", CONFIG)?;
    scratch.write("in/trades/.none", "")?;
    scratch.write("desk.gj", &rulebook(5))?;
    Ok(scratch)
}
