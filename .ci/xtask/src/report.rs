//! Steps with a name and a time, and the closing lines that say what ran and what did not.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Why a step is not green.
pub(crate) enum Trouble {
    /// It ran and found something.
    Failed(String),
    /// It could not run here. Loud, and repeated at the end.
    Skipped(String),
}

/// What a step says when it is green: a figure worth repeating at the end, or nothing.
pub(crate) type Outcome = Result<String, Trouble>;

/// All steps of one recipe.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<(String, Duration, Outcome)>,
    tests: Tally,
}

/// The sum of `cargo test`'s closing lines.
#[derive(Default, Clone, Copy)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Report {
    /// Runs one step, whatever became of the steps before it: one run shows everything that is wrong.
    pub(crate) fn step(&mut self, name: &str, run: impl FnOnce() -> Outcome) {
        println!("\n━━━ {name}");
        let start = Instant::now();
        let outcome = run();
        let took = start.elapsed();
        match &outcome {
            Ok(note) => println!("━━━ {name}: ok in {}{}", seconds(took), tail(note)),
            Err(Trouble::Failed(why)) => println!("━━━ {name}: FAILED after {}: {why}", seconds(took)),
            Err(Trouble::Skipped(why)) => shout(name, why),
        }
        self.steps.push((name.to_owned(), took, outcome));
    }

    /// Runs a command as a step.
    pub(crate) fn command(&mut self, name: &str, command: Command) {
        self.step(name, || passes(command).map(|()| String::new()));
    }

    /// Runs `cargo test`, whose closing lines are added up.
    pub(crate) fn tests(&mut self, name: &str, command: Command) {
        let mut tally = Tally::default();
        self.step(name, || {
            let done = passes_watched(command, |line| tally.add(line));
            done.map(|()| format!("{} passed, {} failed, {} ignored", tally.passed, tally.failed, tally.ignored))
        });
        self.tests.passed += tally.passed;
        self.tests.failed += tally.failed;
        self.tests.ignored += tally.ignored;
    }

    /// The closing lines, and the exit code they stand for.
    pub(crate) fn close(self) -> ExitCode {
        println!("\n━━━ summary");
        let mut total = Duration::ZERO;
        let (mut green, mut red, mut skipped) = (0u64, 0u64, Vec::new());
        for (name, took, outcome) in &self.steps {
            total += *took;
            let (mark, text) = match outcome {
                Ok(note) => {
                    green += 1;
                    ("ok     ", note.as_str())
                }
                Err(Trouble::Failed(why)) => {
                    red += 1;
                    ("FAILED ", why.as_str())
                }
                Err(Trouble::Skipped(why)) => {
                    skipped.push((name, why));
                    ("SKIPPED", why.as_str())
                }
            };
            println!("  {mark} {name:<28} {:>8}{}", seconds(*took), tail(text));
        }
        println!("  {green} steps ok, {red} failed, {} skipped, in {}", skipped.len(), seconds(total));
        for (name, why) in &skipped {
            shout(name, why);
        }
        if self.tests.passed + self.tests.failed > 0 {
            let failed = self.tests.failed + red;
            println!("\n{} passed, {failed} failed, {} skipped", self.tests.passed, self.tests.ignored);
        }
        if red == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl Tally {
    fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        for part in rest.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Runs a command with its output on the terminal; anything but exit code 0 is a failure.
pub(crate) fn passes(mut command: Command) -> Result<(), Trouble> {
    println!("    $ {}", shown(&command));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Trouble::Failed(format!("`{}` ended with {status}", shown(&command)))),
        Err(error) => Err(Trouble::Failed(format!("`{}` did not start: {error}", shown(&command)))),
    }
}

/// The same, with every line of its standard output shown to `watch` too.
fn passes_watched(mut command: Command, mut watch: impl FnMut(&str)) -> Result<(), Trouble> {
    println!("    $ {}", shown(&command));
    let failed = |why: String| Err(Trouble::Failed(why));
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => return failed(format!("`{}` did not start: {error}", shown(&command))),
    };
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            watch(text.trim_end());
            line.clear();
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => failed(format!("`{}` ended with {status}", shown(&command))),
        Err(error) => failed(format!("`{}` was lost: {error}", shown(&command))),
    }
}

/// A skipped step must not be mistaken for a green one.
fn shout(name: &str, why: &str) {
    println!("\n!!! SKIPPED  {name}\n!!! because  {why}");
}

fn tail(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!("  {note}") }
}

/// A time as people read it.
pub(crate) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole >= 60 { format!("{}m{:02}s", whole / 60, whole % 60) } else { format!("{:.1}s", time.as_secs_f64()) }
}

fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut text = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    for word in command.get_args() {
        text.push(' ');
        text.push_str(&word.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up() {
        let mut tally = Tally::default();
        tally.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        tally.add("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        tally.add("12 passed");
        assert_eq!((tally.passed, tally.failed, tally.ignored), (15, 2, 1));
    }

    #[test]
    fn a_command_that_fails_is_a_failure() {
        let mut report = Report::default();
        report.step("bad", || Err(Trouble::Failed("as told".into())));
        report.step("good", || Ok(String::new()));
        assert_eq!(format!("{:?}", report.close()), format!("{:?}", ExitCode::FAILURE));
    }

    #[test]
    fn a_skipped_step_is_not_a_failure() {
        let mut report = Report::default();
        report.step("absent", || Err(Trouble::Skipped("as told".into())));
        assert_eq!(format!("{:?}", report.close()), format!("{:?}", ExitCode::SUCCESS));
    }

    #[test]
    fn times_read_well() {
        assert_eq!(seconds(Duration::from_millis(1_250)), "1.2s");
        assert_eq!(seconds(Duration::from_secs(125)), "2m05s");
    }
}
