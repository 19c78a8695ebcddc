//! Pairs that share no duct, on campuses of 150 nodes: how long until it is proven.

use super::{plants, plants::Dice, said, times};
use guiju_fiber::{Apart, Graph, Landmarks, Node, Risks, Router, Verdict, Weighted};

const NODES: u32 = 150;
const PLANTS: u64 = 20;
const PAIRS: usize = 10;
/// Nodes expanded, at most.
const STEPS: u64 = 20_000_000;

pub(crate) fn measure() -> bool {
    let (mut all, mut proven, mut none) = (Vec::new(), 0, 0);
    for seed in 0..PLANTS {
        let plant = plants::campus(NODES, 375, seed);
        let graph = Graph::new(NODES as usize, &plant.cables).expect("a graph");
        let net = Weighted::<u64>::new(&graph, &[&plant.lengths]).expect("sums that fit");
        let landmarks = Landmarks::new(&net);
        let mut router = Router::new(&net, &landmarks);
        let risks = ducts(&plant.cables, seed);
        let mut dice = Dice::new(seed + 100);
        let mut node = || Node::new(dice.below(NODES) as usize);
        let pairs: Vec<_> = (0..PAIRS).map(|_| (node(), node())).collect();
        let mut verdicts = Vec::new();
        for pair in pairs {
            let (time, mut verdict) =
                times(&[pair], |from, to| router.risk_disjoint(from, to, &risks, Apart::Cables, STEPS, |_| true));
            all.push(time);
            verdicts.append(&mut verdict);
        }
        proven += verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Optimal(_))).count();
        none += verdicts.iter().filter(|verdict| **verdict == Verdict::Infeasible).count();
    }
    all.sort_unstable();
    println!("ducts: {NODES} nodes, 375 cables, {} pairs: {proven} proven, {none} proven to have none", all.len());
    let median = said("2 without a common duct", all[all.len() / 2], 100.0);
    median & said("the slowest of them", all[all.len() - 1], f64::INFINITY)
}

/// Trenches: a cable lies in one duct with others that leave the same node, and now and then in a second one further away.
fn ducts(cables: &[(u32, u32)], seed: u64) -> Risks {
    let mut dice = Dice::new(seed + 1);
    let of_cable = cables.iter().map(|&(a, b)| {
        let near = 2 * a.min(b) + dice.below(2);
        let far = 2 * NODES + dice.below(60);
        if dice.below(4) == 0 { vec![near, far] } else { vec![near] }
    });
    Risks::new(of_cable.collect())
}
