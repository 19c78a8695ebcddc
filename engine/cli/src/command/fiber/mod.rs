//! `guiju fiber`: questions over a graph of cables.

mod problem;
mod solve;

use crate::{
    Exit,
    args::fiber::{Fiber, FiberCommand},
    interrupt,
    output::Out,
};

pub(crate) fn run(args: &Fiber, out: &Out) -> Exit {
    interrupt::watch();
    let done = match &args.command {
        FiberCommand::Solve(solve) => solve::run(solve, out),
    };
    done.unwrap_or_else(|finding| out.fail(&[finding], &guiju::lang::finding::Sources::default(), Exit::Failed))
}
