//! A process and what it took.

use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What a piece of work took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Took {
    pub(super) wall: Duration,
    /// Of the processor, in the program and in the kernel; zero where the system does not say.
    pub(super) cpu: Duration,
    /// The most memory at any moment, in bytes; zero where the system does not say.
    pub(super) peak: u64,
}

/// Ticks of a second in `/proc`, the same on every Linux that Rust runs on.
const TICKS: u64 = 100;

/// Runs a command to its end; what it said on its standard output.
pub(super) fn watched(mut command: Command) -> Result<(Took, String), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|e| format!("{name}: {e}"))?;
    let number = child.id();
    let (ended, end) = channel::<()>();
    // The peak only ever grows, so the last look is the right one, but for the few milliseconds after it.
    let looking = std::thread::spawn(move || {
        let mut last = (Duration::ZERO, 0);
        while matches!(end.recv_timeout(Duration::from_millis(4)), Err(RecvTimeoutError::Timeout)) {
            last = look(number).unwrap_or(last);
        }
        last
    });
    let output = child.wait_with_output().map_err(|e| format!("{name}: {e}"))?;
    let wall = start.elapsed();
    drop(ended);
    let (cpu, peak) = looking.join().unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok((Took { wall, cpu, peak }, said));
    }
    Err(format!("{command:?} ended with {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// The JSON that a command said.
pub(super) fn answered(said: &str) -> Result<Value, String> {
    serde_json::from_str(said).map_err(|e| format!("this is no JSON: {e}\n{said}"))
}

/// Processor time and peak of a process that still runs.
fn look(number: u32) -> Option<(Duration, u64)> {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The second word is the program's name in parentheses, which may hold anything; user and system time are words 14 and 15.
    let words: Vec<&str> = stat.rsplit_once(") ")?.1.split_whitespace().collect();
    let ticks = words.get(11)?.parse::<u64>().ok()? + words.get(12)?.parse::<u64>().ok()?;
    let status = fs::read_to_string(format!("/proc/{number}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse::<u64>();
    Some((Duration::from_millis(ticks * 1000 / TICKS), peak.ok()? * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn time_and_memory_of_this_process_are_known() {
        assert!(look(std::process::id()).is_some_and(|(_, peak)| peak > 100_000));
    }

    #[test]
    fn a_command_that_fails_says_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo why >&2; exit 3"]);
        assert!(watched(command).unwrap_err().contains("why"));
    }
}
