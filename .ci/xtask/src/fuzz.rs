//! The fuzz targets of `tests/fuzz`, two at a time: libFuzzer when a C++ compiler can build it, blind mutation otherwise.

use crate::instrument;
use crate::report::{Outcome, Report, Trouble, passes};
use crate::workspace::{cache, cargo, command, has, target};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::Instant;

/// `cargo xtask fuzz [TARGET] [--seconds N]`.
pub(crate) fn command_line(args: &[String]) -> ExitCode {
    let mut only = None;
    let mut seconds = 600;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            match words.next().and_then(|n| n.parse().ok()) {
                Some(number) => seconds = number,
                None => {
                    eprintln!("`--seconds` needs a number");
                    return ExitCode::from(2);
                }
            }
        } else {
            only = Some(word.as_str());
        }
    }
    let mut report = Report::default();
    steps(&mut report, only, &Length { feeds: seconds, others: seconds, seed: None });
    report.close()
}

/// How long each target runs, and from where.
pub(crate) struct Length {
    /// Seconds for what reads a market's feed.
    pub(crate) feeds: u32,
    /// Seconds for all others.
    pub(crate) others: u32,
    /// libFuzzer's. What decides whether a change lands tries the same inputs in the same order each time, as far as time allows; other
    /// runs start somewhere new.
    pub(crate) seed: Option<u32>,
}

impl Length {
    fn of(&self, target: &str) -> u32 {
        if target.starts_with("feed-") { self.feeds } else { self.others }
    }

    fn text(&self) -> String {
        if self.feeds == self.others {
            format!("fuzz, {} s each", self.feeds)
        } else {
            format!("fuzz, {} s each, feeds {} s", self.others, self.feeds)
        }
    }
}

/// Builds the targets and runs each.
pub(crate) fn steps(report: &mut Report, only: Option<&str>, length: &Length) {
    let mut way = None;
    report.step("fuzz, build", || {
        let plain = build(&[], "guiju-fuzz", None)?;
        let cxx = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
        if !has(&cxx) {
            way = Some(Way { plain, guided: None });
            return Err(Trouble::Skipped(format!(
                "libFuzzer needs a C++ compiler and `{cxx}` is not here; the targets run on blind mutations, without coverage guidance"
            )));
        }
        let guided = Some(build(&["--features", "guiju-fuzz/coverage"], "guiju-fuzz-coverage", Some(instrument::SWITCH))?);
        way = Some(Way { plain, guided });
        Ok(String::new())
    });
    // Without a build there is nothing to run, and the step above has said so.
    if let Some(way) = way {
        report.step(&length.text(), || run_all(&way, only, length));
    }
}

/// How the targets run here.
struct Way {
    /// Lists targets, writes seeds and the dictionary, mutates blindly.
    plain: PathBuf,
    /// The libFuzzer program, instrumented.
    guided: Option<PathBuf>,
}

fn build(features: &[&str], program: &str, switch: Option<&str>) -> Result<PathBuf, Trouble> {
    // The plain program comes with its tests, so that the dependencies are those of the tests; the instrumented one can only be linked
    // alone, since nothing else brings libFuzzer's symbols.
    let mut build = match switch {
        None => cargo(["test", "--quiet", "--locked", "--workspace", "--no-run", "--test", "replay"]),
        Some(_) => cargo(["build", "--quiet", "--locked", "--workspace", "--bin", program]),
    };
    build.args(features);
    if let Some(switch) = switch {
        let itself = std::env::current_exe().map_err(|e| Trouble::Failed(e.to_string()))?;
        // Only the workspace's own crates are optimised and instrumented anew; dependencies are those of the tests.
        build.env("RUSTC_WORKSPACE_WRAPPER", itself).env(switch, "1").env("CARGO_PROFILE_DEV_OPT_LEVEL", "2");
    }
    passes(build)?;
    Ok(target().join("debug").join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

fn run_all(way: &Way, only: Option<&str>, length: &Length) -> Outcome {
    let listed = said(command(&way.plain).arg("targets"))?;
    let mut names: Vec<&str> = listed.lines().filter(|name| only.is_none_or(|only| only == *name)).collect();
    if names.is_empty() {
        return Err(Trouble::Failed(format!("no such target; there are: {}", listed.replace('\n', " "))));
    }
    names.reverse();
    let count = names.len();
    let queue = Mutex::new(names);
    let broken = Mutex::new(Vec::new());
    let runs = Mutex::new(0u64);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(count);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                // The queue is free again before the target runs.
                let next = || lock(&queue).pop();
                while let Some(name) = next() {
                    let start = Instant::now();
                    let (text, done) = match run_one(way, name, length) {
                        Ok(done) => (format!("ok, {} runs, {} places reached", done.runs, done.reached), done.runs),
                        Err(why) => {
                            lock(&broken).push(name);
                            (format!("FAILED: {why}"), 0)
                        }
                    };
                    *lock(&runs) += done;
                    println!("    {name:<12} {:>7}  {text}", crate::report::seconds(start.elapsed()));
                }
            });
        }
    });
    let broken = lock(&broken).join(", ");
    let runs = *lock(&runs);
    if broken.is_empty() { Ok(format!("{count} targets, {runs} runs")) } else { Err(Trouble::Failed(broken)) }
}

/// What one target did.
struct Done {
    runs: u64,
    /// Edges covered, as libFuzzer counts them; nothing when blind.
    reached: u64,
}

fn run_one(way: &Way, name: &str, length: &Length) -> Result<Done, String> {
    let (seconds, seed) = (length.of(name), length.seed);
    let home = cache("fuzz").join(name);
    let folder = |part: &str| -> Result<PathBuf, String> {
        let folder = home.join(part);
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(folder)
    };
    let (seeds, found, crashes) = (folder("seeds")?, folder("found")?, folder("crashes")?);
    let log = home.join("log");
    let Some(guided) = &way.guided else {
        let output = finish(command(&way.plain).arg("blind").arg(name).arg(seconds.to_string()), &log)?;
        return Ok(Done { runs: number_after(&output, "runs:").unwrap_or(0), reached: 0 });
    };
    let longest = quick(command(&way.plain).arg("seeds").arg(name).arg(&seeds))?;
    let words = home.join("words");
    quick(command(&way.plain).arg("words").arg(&words))?;
    let mut run = command(guided);
    run.env("GUIJU_FUZZ_TARGET", name).arg(&found).arg(&seeds);
    run.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={}", longest.trim()));
    if let Some(seed) = seed {
        run.arg(format!("-seed={seed}"));
    }
    run.args(["-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1"]);
    run.arg(format!("-dict={}", words.display())).arg(format!("-artifact_prefix={}/", crashes.display()));
    let output = finish(&mut run, &log)?;
    let runs = number_after(&output, "stat::number_of_executed_units:").unwrap_or(0);
    let reached = number_after(&output, " cov:").unwrap_or(0);
    if runs == 0 || reached == 0 {
        return Err(format!("ran without coverage; see {}", log.display()));
    }
    Ok(Done { runs, reached })
}

/// Runs to the end with everything it says in `log`; when it fails, the lines that tell why.
fn finish(command: &mut Command, log: &Path) -> Result<String, String> {
    let file = std::fs::File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
    let other = file.try_clone().map_err(|e| e.to_string())?;
    let status = command.stdout(file).stderr(other).status().map_err(|e| e.to_string())?;
    let output = String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    if status.success() {
        return Ok(output);
    }
    let telling = ["panicked at", "ERROR:", "Test unit written", "SUMMARY:"];
    let mut why = format!("{status}; all of it in {}", log.display());
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        if telling.iter().any(|word| line.contains(word)) {
            why.push_str("\n        ");
            why.push_str(line.trim());
            if line.contains("panicked at")
                && let Some(message) = lines.peek()
            {
                why.push_str("\n        ");
                why.push_str(message.trim());
            }
        }
    }
    why.push_str("\n        once fixed, keep the input under tests/fuzz/regressions/ in the folder of its target");
    Err(why)
}

fn quick(command: &mut Command) -> Result<String, String> {
    said(command).map_err(|trouble| match trouble {
        Trouble::Failed(why) | Trouble::Skipped(why) => why,
    })
}

fn said(command: &mut Command) -> Result<String, Trouble> {
    let output = command.output().map_err(|e| Trouble::Failed(e.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(Trouble::Failed(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// The number after the last occurrence of `label`.
fn number_after(text: &str, label: &str) -> Option<u64> {
    let rest = text.rsplit_once(label)?.1.trim_start();
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::number_after;

    #[test]
    fn figures_are_read_from_the_last_line_that_has_them() {
        let log = "#2 INITED cov: 12 ft: 13\n#9 DONE   cov: 40 ft: 50\nstat::number_of_executed_units: 1234\n";
        assert_eq!(number_after(log, " cov:"), Some(40));
        assert_eq!(number_after(log, "stat::number_of_executed_units:"), Some(1234));
        assert_eq!(number_after(log, "absent:"), None);
    }
}
