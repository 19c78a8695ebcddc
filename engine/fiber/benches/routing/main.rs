//! Routing over 100,000 nodes and 200,000 cables, one thread, beside petgraph in the same run: `cargo xtask bench-fiber`.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    missing_docs
)]

mod ducts;
mod plants;

use guiju_fiber::{Apart, Graph, Landmarks, Node, Router, Weighted};
use petgraph::{
    algo::{bidirectional_dijkstra, dijkstra},
    visit::EdgeRef,
};
use plants::{Dice, Plant};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// What is measured: pairs of ends for our searches, and for petgraph's.
struct Size {
    nodes: u32,
    cables: usize,
    pairs: usize,
    peer_pairs: usize,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let has = |word: &str| args.iter().any(|arg| arg == word);
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !has("--bench") {
        return ExitCode::SUCCESS;
    }
    let smoke = has("--smoke");
    let size = if smoke {
        Size { nodes: 2_000, cables: 4_000, pairs: 10, peer_pairs: 10 }
    } else {
        Size { nodes: 100_000, cables: 200_000, pairs: 200, peer_pairs: 50 }
    };
    let mut well = true;
    for plant in [plants::campus(size.nodes, size.cables, 1), plants::random(size.nodes, size.cables, 2)] {
        well &= measure(&plant, &size);
    }
    well &= ducts::measure();
    if well || smoke { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(plant: &Plant, size: &Size) -> bool {
    let graph = Graph::new(plant.nodes as usize, &plant.cables).expect("a graph");
    let start = Instant::now();
    let net = Weighted::<u64>::new(&graph, &[&plant.lengths]).expect("sums that fit");
    let landmarks = Landmarks::new(&net);
    println!(
        "{}: {} nodes, {} cables, one thread; prepared once in {:.0} ms",
        plant.name,
        graph.nodes(),
        graph.cables(),
        start.elapsed().as_secs_f64() * 1e3
    );
    let mut dice = Dice::new(3);
    let mut node = || Node::new(dice.below(plant.nodes) as usize);
    let pairs: Vec<(Node, Node)> = (0..size.pairs).map(|_| (node(), node())).collect();
    let mut router = Router::new(&net, &landmarks);
    let shortest = times(&pairs, |from, to| router.shortest(from, to, |_| true).map(|route| route.cost));
    let hidden = std::hint::black_box::<fn(guiju_fiber::Cable) -> bool>(|_| true);
    let few = &pairs[..size.peer_pairs];
    let ours =
        times(few, |from, to| router.shortest(from, to, hidden).map(|route| net.packing().unpack(route.cost)[0]));
    let length = |edge: petgraph::graph::EdgeReference<'_, ()>| plant.lengths[edge.id().index()];
    let both = times(few, |from, to| bidirectional_dijkstra(graph.petgraph(), from, to, length));
    let one = times(few, |from, to| dijkstra(graph.petgraph(), from, Some(to), length).get(&to).copied());
    assert_eq!(ours.1, both.1, "petgraph's distances are others");
    let peer = both.0.min(one.0);
    let ratio = peer.as_secs_f64() / ours.0.as_secs_f64();
    println!("  {:<28}{:>9.3} ms (petgraph: bidirectional Dijkstra)", "", ms(both.0));
    println!("  {:<28}{:>9.3} ms (petgraph: Dijkstra to one node)", "", ms(one.0));
    let mut well = said("shortest", shortest.0, 2.0);
    println!("  {:<28}{ratio:>9.1} times as fast as petgraph's best, 7 are asked for", "");
    well &= ratio >= 7.0;
    for (name, count, apart, goal) in [
        ("2 apart by cable", 2, Apart::Cables, 10.0),
        ("3 apart by cable", 3, Apart::Cables, f64::INFINITY),
        ("2 apart by node", 2, Apart::Nodes, 20.0),
    ] {
        let time =
            times(&pairs, |from, to| router.disjoint(from, to, count, apart, |_| true).map(|routes| routes.len()));
        well &= said(name, time.0, goal);
    }
    let best = times(&pairs, |from, to| router.k_best(from, to, 10, |_| true).len());
    well & said("10 best", best.0, 50.0)
}

/// The median time of a question, and the answers.
fn times<T>(pairs: &[(Node, Node)], mut ask: impl FnMut(Node, Node) -> T) -> (Duration, Vec<T>) {
    let mut times = Vec::new();
    let mut answers = Vec::new();
    for &(from, to) in pairs {
        let start = Instant::now();
        answers.push(std::hint::black_box(ask(from, to)));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    (times[times.len() / 2], answers)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn said(name: &str, time: Duration, goal: f64) -> bool {
    let asked = if goal.is_finite() { format!(" ({goal} ms are asked for)") } else { String::new() };
    println!("  {name:<28}{:>9.3} ms{asked}", ms(time));
    ms(time) <= goal
}
