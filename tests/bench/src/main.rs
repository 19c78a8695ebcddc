//! `guiju-bench table FOLDER ROWS` writes the table and the relation; `guiju-bench mot GUIJU ROWS LIMIT` measures.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use guiju_bench::{mot, table};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["table", folder, rows] => number(rows).and_then(|rows| table::write(Path::new(folder), rows)),
        ["mot", guiju, rows, limit] => number(rows).and_then(|rows| {
            let limit = number(limit)?;
            let report =
                mot::measure(Path::new(guiju), rows, std::env::var_os("GUIJU_BENCH").as_deref().map(Path::new))?;
            print!("{report}");
            report.verdict(limit)
        }),
        _ => Err("usage: table FOLDER ROWS | mot GUIJU ROWS LIMIT_IN_MILLISECONDS".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}
