//! Two routes that share as little as possible.

use crate::{node, oracle::small};
use guiju_fiber::{Apart, Graph, Landmarks, Router, Sharing};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pairs_share_as_few_cables_as_can_be(given in small(14)) {
        let ways = given.ways();
        let common = |one: &[usize], other: &[usize]| one.iter().filter(|cable| other.contains(cable)).count();
        let pairs = ways.iter().enumerate().flat_map(|(at, one)| ways[at..].iter().map(move |other| (one, other)));
        let fewest = pairs.map(|(one, other)| (common(&one.cables, &other.cables), one.length + other.length, one.hops + other.hops)).min();
        let graph = Graph::new(given.nodes, &given.cables).unwrap();
        let sharing = Sharing::new(&graph).unwrap();
        let net = sharing.net::<u64>(&[&given.lengths]).unwrap();
        let landmarks = Landmarks::new(&net);
        let open = |cable: guiju_fiber::Cable| given.passable[sharing.real(cable).index()];
        let routes = Router::new(&net, &landmarks).disjoint(node(given.from), node(given.to), 2, Apart::Cables, open);
        prop_assert_eq!(routes.is_some(), fewest.is_some());
        if let (Some(routes), Some((shared, length, hops))) = (routes, fewest) {
            let sums = net.packing().unpack(routes[0].cost + routes[1].cost);
            prop_assert_eq!(sums, [shared as u64, length, hops]);
            let pair = sharing.pair(&routes);
            let [one, other] = [0, 1].map(|at| pair.routes[at].iter().map(|cable| cable.index()).collect::<Vec<_>>());
            prop_assert!([&one, &other].iter().all(|cables| ways.iter().any(|way| way.cables == **cables)));
            prop_assert_eq!(pair.shared.len(), common(&one, &other));
            prop_assert!(pair.shared.iter().all(|cable| one.contains(&cable.index()) && other.contains(&cable.index())));
        }
    }
}
