//! Graphs of hundreds of nodes, beside petgraph and a min-cost flow; cables are closed after the landmarks were made.
#![allow(clippy::unwrap_used, clippy::cast_possible_wrap, clippy::cast_sign_loss, missing_docs)]

mod flow;

use guiju_fiber::{Apart, Cable, Graph, Landmarks, Node, Router, Weighted};
use petgraph::{
    algo::dijkstra,
    visit::{EdgeFiltered, EdgeRef},
};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Given {
    nodes: u32,
    cables: Vec<(u32, u32)>,
    lengths: Vec<u64>,
    closed: Vec<bool>,
    pairs: Vec<(u32, u32)>,
}

/// A tree and cables beside it, mostly to near numbers, so that routes are long.
fn given() -> impl Strategy<Value = Given> {
    (20..300_u32).prop_flat_map(|nodes| {
        let count = (nodes + nodes / 2) as usize;
        let cable = (0..nodes, 1..12_u32, any::<u32>(), 1..1_000_u64, prop::bool::weighted(0.06));
        let pairs = prop::collection::vec((0..nodes, 0..nodes), 4);
        (prop::collection::vec(cable, count), pairs).prop_map(move |(cables, pairs)| Given {
            nodes,
            cables: (0_u32..)
                .zip(&cables)
                .map(|(at, &(a, near, far, ..))| match at {
                    at if at + 1 < nodes => (at + 1, (at + 1).saturating_sub(near)),
                    at if at % 9 == 0 => (a, far % nodes),
                    _ => (a, (a + near) % nodes),
                })
                .collect(),
            lengths: cables.iter().map(|cable| cable.3).collect(),
            closed: cables.iter().map(|cable| cable.4).collect(),
            pairs,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bounds_stay_valid_when_cables_close(given in given()) {
        let graph = Graph::new(given.nodes as usize, &given.cables).unwrap();
        let net = Weighted::<u64>::new(&graph, &[&given.lengths]).unwrap();
        let landmarks = Landmarks::new(&net);
        let mut router = Router::new(&net, &landmarks);
        let open = |cable: Cable| !given.closed[cable.index()];
        let length = |cost: u64| net.packing().unpack(cost)[0];
        let left = EdgeFiltered::from_fn(graph.petgraph(), |edge| open(edge.id()));
        let cables: Vec<(u32, u32, i64)> = given.cables.iter().zip(&given.lengths).zip(&given.closed)
            .filter(|(_, closed)| !**closed).map(|((&(a, b), &length), _)| (a, b, length as i64)).collect();
        for &(from, to) in given.pairs.iter().filter(|(from, to)| from != to) {
            let (a, b) = (Node::new(from as usize), Node::new(to as usize));
            let expected = dijkstra(&left, a, Some(b), |edge| given.lengths[edge.id().index()]).get(&b).copied();
            let shortest = router.shortest(a, b, open);
            prop_assert_eq!(shortest.as_ref().map(|route| length(route.cost)), expected);
            let best = router.k_best(a, b, 6, open);
            prop_assert_eq!(best.first(), shortest.as_ref());
            prop_assert!(best.is_sorted());
            for (count, apart) in [(2, Apart::Cables), (3, Apart::Cables), (2, Apart::Nodes), (3, Apart::Nodes)] {
                let sum = router.disjoint(a, b, count, apart, open).map(|routes| routes.iter().map(|route| length(route.cost)).sum::<u64>());
                let expected = flow::smallest(given.nodes as usize, &cables, (from as usize, to as usize), count, apart == Apart::Nodes);
                prop_assert_eq!(sum, expected.map(|sum| sum as u64), "{:?} {}", apart, count);
            }
        }
    }
}
