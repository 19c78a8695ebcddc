//! `guiju fiber solve`: the fixed form, for comparing with other solvers.

use super::problem;
use crate::{Exit, args::fiber::Solve, interrupt, output::Out};
use guiju::{
    fiber::{
        solve::{Answer, solve},
        text::{MOST_LENGTH, Problem, Query},
    },
    lang::finding::Finding,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// A longer file is not read.
const MOST_BYTES: u64 = 1 << 30;

pub(super) fn run(args: &Solve, out: &Out) -> Result<Exit, Finding> {
    let wrong = |file: &'_ Path| {
        let file = file.to_owned();
        move |fault| problem::fault(&file, &fault)
    };
    let given = Problem::read(&text(&args.graph)?).map_err(wrong(&args.graph))?;
    let queries = given.queries(&text(&args.queries)?).map_err(wrong(&args.queries))?;
    let told = solve(&given, &queries, args.k as usize, |query, answer| {
        if out.json {
            out.line(&object(query, answer));
        } else {
            for_people(query, answer, out);
        }
        !interrupt::requested()
    });
    told.map_err(|_| problem::too_large(&args.graph, 1, MOST_LENGTH))?;
    Ok(if interrupt::requested() { Exit::Interrupted } else { Exit::Well })
}

fn text(file: &Path) -> Result<String, Finding> {
    let unreadable = |error: std::io::Error| problem::unreadable(file, &error.to_string());
    if fs::metadata(file).map_err(unreadable)?.len() > MOST_BYTES {
        return Err(problem::too_large(file, 1, MOST_BYTES));
    }
    fs::read_to_string(file).map_err(unreadable)
}

/// What is not there is −1, so that every field always has its type.
fn object(query: &Query, answer: &Answer) -> Value {
    let or_none = |length: Option<u64>| length.map_or(json!(-1), |length| json!(length));
    json!({
        "name": query.name,
        "dist": or_none(answer.distance),
        "edge_disjoint_2": or_none(answer.edge_disjoint_2),
        "edge_disjoint_3": or_none(answer.edge_disjoint_3),
        "node_disjoint_2": or_none(answer.node_disjoint_2),
        "k_shortest": answer.k_shortest,
        "min_hops_then_length": answer.min_hops_then_length.map_or(json!([-1, -1]), |(hops, length)| json!([hops, length])),
    })
}

fn for_people(query: &Query, answer: &Answer, out: &Out) {
    let none = out.pick("none", "无");
    let or_none = |length: Option<u64>| length.map_or_else(|| none.to_owned(), |length| length.to_string());
    out.say(format!("{}: {} → {}", query.name, query.from.index(), query.to.index()));
    for (what, value) in [
        (out.pick("shortest", "最短"), or_none(answer.distance)),
        (out.pick("two without a common cable", "两条不共缆"), or_none(answer.edge_disjoint_2)),
        (out.pick("three without a common cable", "三条不共缆"), or_none(answer.edge_disjoint_3)),
        (out.pick("two without a common node", "两条不共节点"), or_none(answer.node_disjoint_2)),
        (out.pick("the shortest ones", "最短的几条"), listed(&answer.k_shortest, none)),
        (out.pick("fewest cables", "跳数最少"), fewest(answer, out, none)),
    ] {
        out.say(format!("  {what}: {value}"));
    }
}

fn listed(lengths: &[u64], none: &str) -> String {
    let all: Vec<String> = lengths.iter().map(u64::to_string).collect();
    if all.is_empty() { none.to_owned() } else { all.join(", ") }
}

fn fewest(answer: &Answer, out: &Out, none: &str) -> String {
    let said = |(hops, length)| format!("{hops} ({} {length})", out.pick("length", "长度"));
    answer.min_hops_then_length.map_or_else(|| none.to_owned(), said)
}
