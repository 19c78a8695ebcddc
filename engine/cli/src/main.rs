//! The command `guiju`: check, test, run and explain rulebooks.
//!
//! Exit codes: 0 all well · 1 the rulebooks or their tests are wrong · 2 the command line is wrong · 3 the data, the store or the
//! run failed · 130 interrupted.
#![allow(clippy::print_stdout, clippy::print_stderr)] // this is the crate that talks to the terminal

mod args;
mod clock;
mod command;
mod interrupt;
mod output;
mod progress;
mod replace;
mod revision;
mod words;

use args::{Args, Command};
use clap::Parser;
use output::Out;
use std::process::ExitCode;

/// How a command ended; see the crate's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Well = 0,
    Wrong = 1,
    Usage = 2,
    Failed = 3,
    Interrupted = 130,
}

fn main() -> ExitCode {
    guiju_allocator::keep_freed_pages();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let wrong = error.use_stderr();
            // Nothing is left to tell if the terminal is gone.
            let _ = error.print();
            return ExitCode::from(if wrong { Exit::Usage } else { Exit::Well } as u8);
        }
    };
    let out = Out::new(&args.common);
    let exit = match &args.command {
        Command::New(new) => command::new::run(new, &out),
        Command::Check(check) => command::check::run(check, &args.common, &out),
        Command::Fmt(fmt) => command::fmt::run(fmt, &out),
        Command::Test(test) => command::test::run(test, &args.common, &out),
        Command::Run(run) => command::run::run(run, &args.common, &out),
        Command::Serve(serve) => command::serve::run(serve, &args.common, &out),
        Command::Status(place) => command::status::run(place, &args.common, &out),
        Command::History(history) => command::history::run(history, &args.common, &out),
        Command::Plan(plan) => command::plan::run(plan, &args.common, &out),
        Command::Bundle(bundle) => command::bundle::run(bundle, &args.common, &out),
        Command::Apply(apply) => command::apply::apply(apply, &args.common, &out),
        Command::Rollback(rollback) => command::apply::rollback(rollback, &args.common, &out),
        Command::Backtest(backtest) => command::backtest::run(backtest, &args.common, &out),
        Command::Shadow(shadow) => command::shadow::run(shadow, &args.common, &out),
        Command::Replay(replay) => command::backtest::replay(replay, &args.common, &out),
        Command::Letters(letters) => command::letters::run(letters, &args.common, &out),
        Command::Explain(explain) => command::explain::run(explain, &args.common, &out),
        Command::Inspect(inspect) => command::inspect::run(inspect, &args.common, &out),
        Command::Show(show) => command::show::run(show, &args.common, &out),
        Command::List(list) => command::list::run(list, &args.common, &out),
        Command::Table(table) => command::table::run(table, &args.common, &out),
        Command::Feed(feed) => command::feed::run(feed, &out),
        Command::Fiber(fiber) => command::fiber::run(fiber, &args.common, &out),
        Command::Export(export) => command::export::run(export, &args.common, &out),
        Command::Stage(stage) => command::export::stage(stage, &out),
    };
    ExitCode::from(exit as u8)
}
