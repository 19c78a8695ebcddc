//! The searches that may take too long: what they prove is true, however few steps they have.

use crate::{
    node,
    oracle::{Small, small},
};
use guiju_fiber::{Apart, Graph, Landmarks, Node, Risks, Route, Router, Verdict, Weighted};
use proptest::prelude::*;

/// The verdict, with each route's cables, beside the smallest sum.
fn holds(
    net: &Weighted<'_, u64>,
    verdict: &Verdict<u64>,
    smallest: Option<(u64, u64)>,
    is_an_answer: impl Fn(&[Vec<usize>]) -> bool,
) {
    let sums = |cost: u64| {
        let sums = net.packing().unpack(cost);
        (sums[0], sums[1])
    };
    let sum = |routes: &[Route<u64>]| sums(routes.iter().map(|route| route.cost).sum());
    if let Some(routes) = verdict.routes() {
        let cables: Vec<_> = routes.iter().map(|route| route.cables.iter().map(|c| c.index()).collect()).collect();
        assert!(is_an_answer(&cables), "{cables:?}");
    }
    match verdict {
        Verdict::Optimal(routes) => assert_eq!(Some(sum(routes)), smallest),
        Verdict::Gap { routes, bound } => {
            assert!(
                sum(routes) >= smallest.unwrap() && sums(*bound) <= smallest.unwrap() && sums(*bound) < sum(routes)
            );
        }
        Verdict::Infeasible => assert_eq!(smallest, None),
        Verdict::TimedOut { bound } => assert!(smallest.is_none_or(|smallest| sums(*bound) <= smallest)),
    }
}

fn steps() -> impl Strategy<Value = u64> {
    prop_oneof![Just(u64::MAX), Just(0), 0..200_u64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pairs_that_share_no_risk(
        given in small(15),
        ducts in prop::collection::vec(prop::collection::vec(0..6_u32, 0..=2), 15),
        apart in prop_oneof![Just(Apart::Cables), Just(Apart::Nodes)],
        steps in steps(),
    ) {
        let share = |one: &[usize], other: &[usize]| {
            one.iter().any(|&a| other.iter().any(|&b| ducts[a].iter().any(|duct| ducts[b].contains(duct))))
        };
        let ways = given.ways();
        let pairs = ways.iter().enumerate().flat_map(|(at, one)| ways[at + 1..].iter().map(move |other| (one, other)));
        let free = pairs.filter(|(one, other)| one.apart(other, apart == Apart::Nodes) && !share(&one.cables, &other.cables));
        let smallest = if given.from == given.to {
            Some((0, 0))
        } else {
            free.map(|(one, other)| (one.length + other.length, one.hops + other.hops)).min()
        };
        let graph = Graph::new(given.nodes, &given.cables).unwrap();
        let net = Weighted::<u64>::new(&graph, &[&given.lengths]).unwrap();
        let landmarks = Landmarks::new(&net);
        let mut router = Router::new(&net, &landmarks);
        let risks = Risks::new(ducts[..given.cables.len()].to_vec());
        let passable = |cable: guiju_fiber::Cable| given.passable[cable.index()];
        let verdict = router.risk_disjoint(node(given.from), node(given.to), &risks, apart, steps, passable);
        holds(&net, &verdict, smallest, |cables| {
            let find = |cables: &Vec<usize>| ways.iter().find(|way| way.cables == *cables).unwrap();
            let (one, other) = (find(&cables[0]), find(&cables[1]));
            given.from == given.to || (one.apart(other, apart == Apart::Nodes) && !share(&one.cables, &other.cables))
        });
        prop_assert!(steps < u64::MAX || matches!(verdict, Verdict::Optimal(_) | Verdict::Infeasible));
    }

    #[test]
    fn routes_by_way_of_nodes(given in small(18), via in prop::collection::vec(0..9_u32, 0..=3), steps in steps()) {
        let via: Vec<u32> = via.into_iter().filter(|&node| (node as usize) < given.nodes).collect();
        let passes = |nodes: &[u32]| {
            let between = &nodes[1..nodes.len().max(2) - 1];
            let places: Vec<_> = via.iter().map(|node| between.iter().position(|other| other == node)).collect();
            places.iter().all(Option::is_some) && places.is_sorted_by(|a, b| a < b)
        };
        let ways: Vec<_> = given.ways().into_iter().filter(|way| via.is_empty() || passes(&way.nodes)).collect();
        let graph = Graph::new(given.nodes, &given.cables).unwrap();
        let net = Weighted::<u64>::new(&graph, &[&given.lengths]).unwrap();
        let landmarks = Landmarks::none();
        let mut router = Router::new(&net, &landmarks);
        let stops: Vec<Node> = via.iter().map(|&stop| node(stop)).collect();
        let passable = |cable: guiju_fiber::Cable| given.passable[cable.index()];
        let verdict = router.via(node(given.from), &stops, node(given.to), steps, passable);
        let smallest = ways.first().map(|way| (way.length, way.hops));
        holds(&net, &verdict, smallest, |cables| ways.iter().any(|way| way.cables == cables[0]));
        prop_assert!(steps < u64::MAX || matches!(verdict, Verdict::Optimal(_) | Verdict::Infeasible));
    }
}

/// A trap: the shortest route of all shares a duct with everything, and has to be given up.
#[test]
fn the_shortest_route_need_not_be_one_of_the_pair() {
    let given = Small {
        nodes: 4,
        cables: vec![(0, 1), (1, 3), (0, 2), (2, 3), (0, 3)],
        lengths: vec![10, 10, 11, 11, 1],
        passable: vec![true; 5],
        from: 0,
        to: 3,
    };
    let graph = Graph::new(given.nodes, &given.cables).unwrap();
    let net = Weighted::<u64>::new(&graph, &[&given.lengths]).unwrap();
    let landmarks = Landmarks::none();
    let mut router = Router::new(&net, &landmarks);
    let risks = Risks::new(vec![vec![0], vec![], vec![], vec![1], vec![0, 1]]);
    let verdict = router.risk_disjoint(node(0), node(3), &risks, Apart::Cables, 10_000, |_| true);
    let Verdict::Optimal(pair) = verdict else { panic!("{verdict:?}") };
    assert_eq!(pair.iter().map(|route| net.packing().unpack(route.cost)[0]).collect::<Vec<_>>(), [20, 22]);
}
