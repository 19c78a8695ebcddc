//! `guiju-bench table FOLDER ROWS` writes the table and the relation; `guiju-bench mot GUIJU ROWS ROUNDS LIMIT` measures.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use guiju_bench::{mot, table};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["table", folder, rows] => number(rows).and_then(|rows| table::write(Path::new(folder), rows)),
        ["mot", guiju, rows, rounds, limit] => measure(guiju, rows, rounds, limit),
        _ => Err("usage: table FOLDER ROWS | mot GUIJU ROWS ROUNDS LIMIT_IN_MILLISECONDS".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(guiju: &str, rows: &str, rounds: &str, limit: &str) -> Result<(), String> {
    let given = |name| std::env::var_os(name).map(PathBuf::from);
    let report = mot::measure(&mot::Task {
        guiju: guiju.into(),
        rows: number(rows)?,
        rounds: number(rounds)?,
        data: given("GUIJU_BENCH"),
        peers: given("GUIJU_PEERS"),
        spark: given("GUIJU_SPARK"),
    })?;
    print!("{report}");
    report.verdict(number(limit)?)
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}
