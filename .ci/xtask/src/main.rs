//! The project's named recipes. `cargo xtask` lists them; `.ci/run` runs the same ones.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a task runner talks to the terminal")]

mod bench;
mod deny;
mod duckdb;
mod fuzz;
mod instrument;
mod networks;
mod recipes;
mod report;
mod servers;
mod spark;
mod wheels;
mod workspace;

use bench::Strictness;
use std::process::ExitCode;

const USAGE: &str = "\
recipes, run as `cargo xtask RECIPE`

  test [FILTER]     everything CI runs; with FILTER only the steps whose name contains it
  fuzz [TARGET]     every fuzz target, or one, for 10 minutes each (`--seconds N` for another time)
  bench-check       time of `guiju check`: one file, and 1,000 rules in 50 files
  bench-mot         101 events over 1,000,000 customers (`--rows N`), in turns with DuckDB and Polars (`--spark`: and Spark): time,
                    processor, memory, and every row compared (`GUIJU_BENCH=FOLDER` for existing data)
  bench-decide      time of single decisions, beside rhai and cel; 10 to 10,000 rules, threads, loading
  bench-stream      20 rules over windows of a stream, 100,000 keys, one core: events a second, nanoseconds of an accumulator
  bench-reload      1,000 rules that change every fifth of a second, under 200,000 events a second: how much longer rows wait
  bench-journal     publications of 1 to 16,384 effects, beside raw syncs of as many bytes (`GUIJU_BENCH_DISK=FOLDER`: there)
  bench-fiber       fibre routes over 100,000 nodes and 200,000 cables, one thread, beside petgraph; reservations beside raw commits
  bench-replay      a feed of five streams, 42 Mbit/s, over loopback: at its pace, 10 and 40 times it, a day as fast as possible; what
                    is lost, and memory
  bench-serve       a server with 1,000 rules: its start, its memory, and how long a change on disk takes to be in force
  test-spark        rulebooks and expressions on a real Spark, beside the engine, for a long time (`GUIJU_BENCH=FOLDER` for existing data)
  test-duckdb       random rules over random tables, beside DuckDB, for a long time
  soak              a server under load whose rules change all the time, for half an hour
  kill              kills publications and whole runs over 1,000,000 rows at random moments, and looks what is left, for a long time
  databases         the tests of databases alone, on servers that are started for them
  deny              dependency bans, licences, sources, advisories
";

fn main() -> ExitCode {
    // Cargo calls this program in place of rustc while the fuzz targets are built.
    if std::env::var_os(instrument::SWITCH).is_some() {
        return instrument::compile();
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut words = args.iter().map(String::as_str);
    match words.next() {
        Some("test") => recipes::test(words.next()),
        Some("fuzz") => fuzz::command_line(&args[1..]),
        Some("bench-check") => recipes::only("bench-check", || bench::check(Strictness::Exact)),
        Some("bench-mot") => bench::mot::command_line(&args[1..]),
        Some("bench-decide") => recipes::only("bench-decide", || bench::decide(Strictness::Exact)),
        Some("bench-stream") => recipes::only("bench-stream", || bench::stream(Strictness::Exact)),
        Some("bench-reload") => recipes::only("bench-reload", || bench::reload(Strictness::Exact)),
        Some("bench-journal") => recipes::only("bench-journal", || bench::journal(Strictness::Exact)),
        Some("bench-fiber") => recipes::only("bench-fiber", || bench::fiber(Strictness::Exact)),
        Some("bench-replay") => recipes::only("bench-replay", || bench::replay(Strictness::Exact)),
        Some("bench-serve") => recipes::only("bench-serve", || bench::serve(Strictness::Exact)),
        Some("test-spark") => recipes::only("test-spark", || spark::test(Strictness::Exact)),
        Some("test-duckdb") => recipes::only("test-duckdb", || duckdb::test(Strictness::Exact)),
        Some("kill") => recipes::kill(),
        Some("soak") => recipes::soak(),
        Some("databases") => recipes::databases(),
        Some("deny") => recipes::deny(),
        Some("help" | "--help" | "-h") | None => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Some(other) => {
            eprintln!("no recipe `{other}`\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}
