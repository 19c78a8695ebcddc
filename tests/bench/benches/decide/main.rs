//! Single decisions, by the nanosecond: `cargo xtask bench-decide`.
//!
//! A condition of four parts on one row, beside rhai and cel; a whole decision through the facade; rule sets of 10 to 10,000; threads;
//! loading. Cases of a table are measured interleaved, medians of many rounds; instructions are counted where `perf` is there.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

mod four;
mod grow;
mod measure;
mod rules;
mod whole;

// The command's allocator: loading needs memory, decisions do not.
use guiju_allocator as _;
use measure::{Case, Limits};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let has = |word: &str| args.iter().any(|arg| arg == word);
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !has("--bench") {
        return ExitCode::SUCCESS;
    }
    let after = |word: &str| args.iter().position(|arg| arg == word).and_then(|at| args.get(at + 1));
    if let (Some(name), Some(times)) = (after("--only"), after("--times")) {
        return only(name, times.parse().unwrap_or(1));
    }
    let mut limits = Limits::new(has("--smoke"));
    four::report(&mut limits);
    whole::report(&mut limits);
    grow::report(&mut limits);
    whole::threads(&mut limits);
    whole::load(&mut limits);
    limits.verdict()
}

/// One case by name, so many times: what `perf` counts.
fn only(name: &str, times: usize) -> ExitCode {
    if name == "loading" {
        whole::load_only(times);
        return ExitCode::SUCCESS;
    }
    let cases: Vec<Case> = four::cases().into_iter().chain(whole::cases()).collect();
    let Some(mut case) = cases.into_iter().find(|case| case.name == name) else { return ExitCode::FAILURE };
    (case.run)(times);
    ExitCode::SUCCESS
}
