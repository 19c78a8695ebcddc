//! Criteria in any order of importance: the best routes are those that sorting all routes by the sums, one after the other, puts first.

use crate::{cables, node, oracle::small};
use guiju_fiber::{Apart, Graph, Landmarks, Router, Weighted};
use proptest::prelude::*;

/// Amounts of a criterion: often equal, so that the next one decides.
fn amounts() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![Just(0), Just(1), 0..5_u64, Just(u64::from(u32::MAX))], 14)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_first_criterion_decides_then_the_next(given in small(14), criteria in prop::collection::vec(amounts(), 0..=3)) {
        let criteria: Vec<&[u64]> = criteria.iter().map(|amounts| &amounts[..given.cables.len()]).collect();
        let sums = |cables: &[usize]| -> Vec<u64> {
            let sum = |amounts: &&[u64]| cables.iter().map(|&cable| amounts[cable]).sum();
            criteria.iter().map(sum).chain([cables.len() as u64]).collect()
        };
        let mut ways: Vec<(Vec<u64>, Vec<usize>)> = given.ways().into_iter().map(|way| (sums(&way.cables), way.cables)).collect();
        ways.sort();
        let graph = Graph::new(given.nodes, &given.cables).unwrap();
        let net = Weighted::<u128>::new(&graph, &criteria).unwrap();
        let landmarks = Landmarks::new(&net);
        let mut router = Router::new(&net, &landmarks);
        let open = |cable: guiju_fiber::Cable| given.passable[cable.index()];
        let (from, to) = (node(given.from), node(given.to));
        let best = router.k_best(from, to, 12, open);
        let best: Vec<_> = best.iter().map(|route| (net.packing().unpack(route.cost), cables(route))).collect();
        prop_assert_eq!(&best[..], &ways[..ways.len().min(12)]);
        let shortest = router.shortest(from, to, open);
        prop_assert_eq!(shortest.map(|route| cables(&route)), ways.first().map(|way| way.1.clone()));
        let pair = router.disjoint(from, to, 2, Apart::Cables, open);
        let apart = |one: &[usize], other: &[usize]| one.iter().all(|cable| !other.contains(cable));
        let pairs = ways.iter().enumerate().flat_map(|(at, one)| ways[at + 1..].iter().map(move |other| (one, other)));
        let add = |one: &[u64], other: &[u64]| one.iter().zip(other).map(|(a, b)| a + b).collect::<Vec<_>>();
        let smallest = pairs.filter(|(one, other)| apart(&one.1, &other.1)).map(|(one, other)| add(&one.0, &other.0)).min();
        if given.from != given.to {
            prop_assert_eq!(pair.map(|pair| net.packing().unpack(pair[0].cost + pair[1].cost)), smallest);
        }
    }
}
