//! `guiju feed`: market feeds, decoded, encoded, counted, compared.

mod bench;
mod decode;
mod diff;
mod encode;
mod input;
mod live;
mod problem;
mod replay;
mod sanity;
mod stats;
mod write;

use crate::{
    Exit,
    args::feed::{Feed, FeedCommand},
    interrupt,
    output::Out,
};

pub(crate) fn run(args: &Feed, out: &Out) -> Exit {
    interrupt::watch();
    let done = match &args.command {
        FeedCommand::Decode(decode) => decode::run(decode, out),
        FeedCommand::Encode(encode) => encode::run(encode, out),
        FeedCommand::Replay(replay) => replay::run(replay, out),
        FeedCommand::Stats(stats) => stats::run(stats, out),
        FeedCommand::Diff(diff) => diff::run(diff, out),
        FeedCommand::Bench(bench) => bench::run(bench, out),
    };
    match done {
        Ok(exit) => exit,
        Err((findings, exit)) => out.fail(&findings, &guiju::lang::finding::Sources::default(), exit),
    }
}

/// What ends a command.
pub(super) type Ended = (Vec<guiju::lang::finding::Finding>, Exit);
