//! What can be said of fibre routes.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Fiber {
    #[command(subcommand)]
    pub(crate) command: FiberCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FiberCommand {
    /// Answer questions in the fixed form that other solvers can be compared in; with --json one object a line
    Solve(Solve),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Solve {
    /// The graph: a line `nodes cables`, then a line `node node length` for each cable
    #[arg(long, value_name = "FILE")]
    pub(crate) graph: PathBuf,
    /// The questions: a line `name node node` for each
    #[arg(long, value_name = "FILE")]
    pub(crate) queries: PathBuf,
    /// So many shortest routes for each question
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) k: u32,
}
