//! `guiju fiber`: questions over a graph of cables, and over a plant's records.

mod ask;
mod declared;
mod impact;
mod orders;
mod problem;
mod records;
mod said;
mod solve;

use crate::{
    Exit,
    args::{
        Common,
        fiber::{Fiber, FiberCommand},
    },
    interrupt,
    output::Out,
};
use guiju::lang::finding::{Finding, Sources};

pub(crate) fn run(args: &Fiber, common: &Common, out: &Out) -> Exit {
    interrupt::watch();
    let one = |finding: Finding| vec![finding];
    let done = match &args.command {
        FiberCommand::Solve(solve) => solve::run(solve, out).map_err(one),
        FiberCommand::Check(args) => records::check(args, common, out),
        FiberCommand::Route(args) => ask::route(args, common, out),
        FiberCommand::KBest(args) => ask::k_best(args, common, out),
        FiberCommand::Draw(args) => ask::draw(args, common, out),
        FiberCommand::WhatIf(args) => impact::what_if(args, common, out),
        FiberCommand::Capacity(args) => impact::capacity(args, common, out),
        FiberCommand::Import(args) => records::import(args, out),
        FiberCommand::Orders(args) => orders::list(args, common, out),
        FiberCommand::Advance(args) => orders::advance(args, common, out),
    };
    done.unwrap_or_else(|findings| out.fail(&findings, &Sources::default(), Exit::Failed))
}
