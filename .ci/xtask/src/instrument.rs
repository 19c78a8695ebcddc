//! Coverage instrumentation for libFuzzer on the stable toolchain.
//!
//! While the fuzz targets are built, cargo calls this program in place of rustc for the workspace's own crates (and only
//! for them: dependencies stay as the tests built them, which saves their compilation). What it adds are LLVM's own
//! options for the coverage pass; no unstable rustc flag is involved.

use std::process::{Command, ExitCode};

/// Set while the fuzz targets are built.
pub(crate) const SWITCH: &str = "GUIJU_INSTRUMENT";

const FLAGS: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    // One unit per crate: with several, the linker may drop the counters of some.
    "-Ccodegen-units=1",
];

/// Runs `rustc` (the first word) with the given words and, for the project's own libraries and programs, the flags.
pub(crate) fn compile() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let Some((rustc, rest)) = words.split_first() else { return ExitCode::from(2) };
    let mut command = Command::new(rustc);
    command.args(rest);
    // A build script runs during the build, without libFuzzer's runtime: it must stay plain.
    let name = rest.iter().position(|word| word == "--crate-name").and_then(|at| rest.get(at + 1));
    if name.is_some_and(|name| name.to_string_lossy().starts_with("guiju")) {
        command.args(FLAGS);
    }
    match command.status() {
        Ok(status) => u8::try_from(status.code().unwrap_or(1)).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("{} did not start: {error}", rustc.to_string_lossy());
            ExitCode::FAILURE
        }
    }
}
