//! What can be wrong with a graph or with questions, each with its file and line.

use guiju::{
    fiber::text::{Fault, What},
    lang::finding::{Arg, At, Code, Finding, codes::cli as codes},
};
use std::path::Path;

pub(super) fn unreadable(file: &Path, reason: &str) -> Finding {
    of(codes::UNREADABLE, file).arg("reason", Arg::Plain(reason.to_owned()))
}

pub(super) fn fault(file: &Path, fault: &Fault) -> Finding {
    let at = |code| of(code, file).arg("line", count(fault.line));
    let expected = |form: &str| at(codes::FIBER_LINE).arg("expected", Arg::Name(form.to_owned()));
    match fault.what {
        What::Header => expected("nodes cables"),
        What::Cable => expected("node node length"),
        What::Query => expected("name node node"),
        What::Node { node, nodes } => at(codes::FIBER_NODE).arg("node", count(node)).arg("nodes", count(nodes as u64)),
        What::Count { expected, found } => {
            at(codes::FIBER_COUNT).arg("expected", count(expected as u64)).arg("found", count(found as u64))
        }
        What::TooLarge { most } => too_large(file, fault.line, most),
    }
}

pub(super) fn too_large(file: &Path, line: u64, most: u64) -> Finding {
    of(codes::FIBER_TOO_LARGE, file).arg("line", count(line)).arg("most", count(most))
}

fn of(code: Code, file: &Path) -> Finding {
    Finding::new(code, At::Nowhere).arg("path", Arg::Name(file.display().to_string()))
}

fn count(number: u64) -> Arg {
    Arg::Plain(number.to_string())
}

/// Something typed that is not what is expected there.
pub(super) fn word(text: &str, expected: (&'static str, &'static str)) -> Finding {
    Finding::new(codes::FIBER_WORD, At::Nowhere)
        .arg("text", Arg::Name(text.to_owned()))
        .arg("expected", Arg::Either(expected.0, expected.1))
}

/// A file that cannot be written.
pub(super) fn unwritable(file: &Path, reason: &str) -> Finding {
    of(codes::UNWRITABLE, file).arg("reason", Arg::Plain(reason.to_owned()))
}

pub(super) fn no_route(from: &str, to: &str) -> Finding {
    Finding::new(codes::FIBER_NO_ROUTE, At::Nowhere)
        .arg("from", Arg::Name(from.to_owned()))
        .arg("to", Arg::Name(to.to_owned()))
}
