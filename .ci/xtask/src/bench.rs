//! The named benchmarks: the release program on generated input, medians of several runs, against the targets. Among the tests the same
//! with the tests' own build, once: what comes out is compared, no time is.

mod check;
pub(crate) mod mot;
mod own;
mod serve;

pub(crate) use check::check;
pub(crate) use own::{decide, fiber, journal, reload, replay, stream};
pub(crate) use serve::serve;

use crate::report::{Trouble, passes};
use crate::workspace::{cargo, command, target};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How far a median may be off its target.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Strictness {
    /// The named benchmark, on a quiet machine: the target is the limit.
    Exact,
    /// Among the tests, where other work runs beside, and with the programs that the tests have built, which are not optimised.
    Smoke,
}

impl Strictness {
    /// The limit of a median, if there is one.
    fn limit(self, goal: Duration) -> Option<Duration> {
        matches!(self, Self::Exact).then_some(goal)
    }

    fn is_over(self, time: Duration, goal: Duration) -> bool {
        self.limit(goal).is_some_and(|limit| time > limit)
    }

    fn rounds(self, exact: usize) -> usize {
        match self {
            Self::Exact => exact,
            Self::Smoke => 1,
        }
    }

    /// Builds the programs; where `program` is.
    fn built(self, program: &str) -> Result<PathBuf, Trouble> {
        match self {
            Self::Exact => release(program),
            Self::Smoke => build(program, "debug", &[]),
        }
    }
}

/// Builds the release programs; where `program` is.
pub(crate) fn release(program: &str) -> Result<PathBuf, Trouble> {
    build(program, "release", &["--release"])
}

/// Both programs at once and as `cargo run --bin guiju` builds them: packages chosen one by one would select other features, and build the
/// dependencies again.
fn build(program: &str, folder: &str, words: &[&str]) -> Result<PathBuf, Trouble> {
    let mut build = cargo(["build", "--quiet", "--locked", "--workspace", "--bin", "guiju", "--bin", "guiju-bench"]);
    build.args(words);
    passes(build)?;
    Ok(target().join(folder).join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

/// A folder of its own for one benchmark, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self, Trouble> {
        let folder = std::env::temp_dir().join(format!("guiju-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| Trouble::Failed(format!("{}: {e}", folder.display())))?;
        Ok(Self(folder))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Trouble> {
        let file = self.0.join(name);
        let folder = file.parent().unwrap_or(&self.0);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|e| Trouble::Failed(format!("{}: {e}", file.display())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is the temporary folder's affair.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What one run of a program did.
struct Run {
    /// Until the first byte of its standard output; until its end if there was none.
    first: Duration,
    whole: Duration,
    code: Option<i32>,
    said: String,
}

fn run(program: &Path, folder: &Path, words: &[&str]) -> Result<Run, Trouble> {
    let mut command = command(program);
    command.current_dir(folder).args(words);
    timed(&mut command).map_err(|e| Trouble::Failed(format!("{}: {e}", program.display())))
}

fn timed(command: &mut Command) -> std::io::Result<Run> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut said = Vec::new();
    let mut first = None;
    if let Some(mut output) = child.stdout.take() {
        let mut byte = [0];
        if output.read(&mut byte)? == 1 {
            first = Some(start.elapsed());
            said.push(byte[0]);
            output.read_to_end(&mut said)?;
        }
    }
    let code = child.wait()?.code();
    let whole = start.elapsed();
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok(Run { first: first.unwrap_or(whole), whole, code, said })
}

/// The middle of the times; they are sorted on the way.
fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One line of a benchmark's table.
fn line(what: &str, times: &mut [Duration], goal: Option<Duration>) -> Duration {
    let middle = median(times);
    let (least, most) = (times.first().copied().unwrap_or_default(), times.last().copied().unwrap_or_default());
    let target = goal.map_or_else(String::new, |goal| format!("   target {:.1} ms", millis(goal)));
    println!(
        "    {what:<44} median {:>8.1} ms   {:.1} to {:.1} in {} runs{target}",
        millis(middle),
        millis(least),
        millis(most),
        times.len()
    );
    middle
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::{Duration, Strictness, median};

    #[test]
    fn the_median_is_the_middle() {
        let mut times = [5, 1, 9, 3, 7].map(Duration::from_millis);
        assert_eq!(median(&mut times), Duration::from_millis(5));
        assert_eq!(median(&mut []), Duration::ZERO);
    }

    #[test]
    fn only_the_named_benchmark_has_a_limit() {
        let (goal, more) = (Duration::from_millis(20), Duration::from_millis(21));
        assert!(Strictness::Exact.is_over(more, goal) && !Strictness::Exact.is_over(goal, goal));
        assert!(!Strictness::Smoke.is_over(more, goal));
    }
}
