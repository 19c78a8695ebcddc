//! Every search beside an oracle that looks at every route, on graphs of up to nine nodes.
#![allow(clippy::unwrap_used, missing_docs)]

mod criteria;
mod limited;
mod oracle;
mod sharing;

use guiju_fiber::{Apart, Cable, Cost, Graph, Landmarks, Node, Route, Router, Weighted};
use guiju_fiber::{
    solve::{Answer, solve},
    text::Problem,
};
use oracle::{Small, Way, small};
use proptest::prelude::*;

fn node(index: u32) -> Node {
    Node::new(index as usize)
}

fn cables<C>(route: &Route<C>) -> Vec<usize> {
    route.cables.iter().map(|cable| cable.index()).collect()
}

/// Asks with bounds and without, in 64 bits and in 128.
fn ask(given: &Small, check: impl Fn(&mut dyn Asked)) {
    fn with<C: Cost>(given: &Small, check: &impl Fn(&mut dyn Asked)) {
        let graph = Graph::new(given.nodes, &given.cables).unwrap();
        let net = Weighted::<C>::new(&graph, &[&given.lengths]).unwrap();
        for landmarks in [Landmarks::new(&net), Landmarks::none()] {
            check(&mut Asking { router: Router::new(&net, &landmarks), net: &net, given });
        }
    }
    with::<u64>(given, &check);
    with::<u128>(given, &check);
}

/// The searches, whatever their costs are packed into.
trait Asked {
    fn shortest(&mut self) -> Option<Way>;
    fn disjoint(&mut self, count: usize, apart: Apart) -> Option<Vec<Way>>;
    fn k_best(&mut self, count: usize) -> Vec<Way>;
}

struct Asking<'a, C> {
    router: Router<'a, C>,
    net: &'a Weighted<'a, C>,
    given: &'a Small,
}

impl<C: Cost> Asking<'_, C> {
    fn passable(&self) -> impl Fn(Cable) -> bool + use<C> {
        let passable = self.given.passable.clone();
        move |cable| passable[cable.index()]
    }

    fn way(&self, route: &Route<C>) -> Way {
        let sums = self.net.packing().unpack(route.cost);
        let nodes = route.nodes(self.net, node(self.given.from));
        let nodes = nodes.iter().map(|node| u32::try_from(node.index()).unwrap()).collect();
        let way = Way { length: sums[0], hops: sums[1], cables: cables(route), nodes };
        self.is_a_way(&way);
        way
    }

    fn is_a_way(&self, way: &Way) {
        let lengths: u64 = way.cables.iter().map(|&cable| self.given.lengths[cable]).sum();
        assert_eq!((way.length, way.hops), (lengths, way.cables.len() as u64));
        assert_eq!((way.nodes[0], *way.nodes.last().unwrap()), (self.given.from, self.given.to));
        for (step, &cable) in way.nodes.windows(2).zip(&way.cables) {
            let (a, b) = self.given.cables[cable];
            assert!(self.given.passable[cable] && (step == [a, b] || step == [b, a]));
        }
        let mut nodes = way.nodes.clone();
        nodes.sort_unstable();
        nodes.dedup();
        assert_eq!(nodes.len(), way.nodes.len(), "a loop");
    }
}

impl<C: Cost> Asked for Asking<'_, C> {
    fn shortest(&mut self) -> Option<Way> {
        let passable = self.passable();
        let route = self.router.shortest(node(self.given.from), node(self.given.to), passable)?;
        Some(self.way(&route))
    }

    fn disjoint(&mut self, count: usize, apart: Apart) -> Option<Vec<Way>> {
        let passable = self.passable();
        let routes = self.router.disjoint(node(self.given.from), node(self.given.to), count, apart, passable)?;
        Some(routes.iter().map(|route| self.way(route)).collect())
    }

    fn k_best(&mut self, count: usize) -> Vec<Way> {
        let passable = self.passable();
        let routes = self.router.k_best(node(self.given.from), node(self.given.to), count, passable);
        routes.iter().map(|route| self.way(route)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_shortest_is_the_first_of_all(given in small(22)) {
        let first = given.ways().into_iter().next();
        ask(&given, |router| assert_eq!(router.shortest(), first));
    }

    #[test]
    fn the_k_best_are_the_first_k(given in small(18), count in 0..40_usize) {
        let mut first = given.ways();
        first.truncate(count);
        ask(&given, |router| assert_eq!(router.k_best(count), first));
    }

    #[test]
    fn disjoint_routes_have_the_smallest_sum(given in small(16), count in 1..=4_usize) {
        for apart in [Apart::Cables, Apart::Nodes] {
            let smallest = given.smallest(count, apart == Apart::Nodes);
            ask(&given, |router| {
                let routes = router.disjoint(count, apart);
                let sum = routes.as_ref().map(|routes| routes.iter().fold((0, 0), |sum, way| (sum.0 + way.length, sum.1 + way.hops)));
                assert_eq!(sum, smallest, "{apart:?} {routes:?}");
                for (at, one) in routes.iter().flatten().enumerate() {
                    for other in &routes.as_ref().unwrap()[..at] {
                        assert!(given.from == given.to || one.apart(other, apart == Apart::Nodes));
                    }
                }
            });
        }
    }
}

/// The fixed form, written out and read again, with every oracle.
#[test]
fn the_fixed_form_says_what_every_search_says() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = (small(14), 0..12_usize, any::<bool>());
    let test = |(mut given, k, huge): (Small, usize, bool)| {
        given.passable.fill(true);
        if huge {
            // Sums that take 128 bits.
            given.lengths.iter_mut().for_each(|length| *length <<= 38);
        }
        let cables = given.cables.iter().zip(&given.lengths).map(|((a, b), length)| format!("{a} {b} {length}\n"));
        let text = format!("{} {}\n{}", given.nodes, given.cables.len(), cables.collect::<String>());
        let problem = Problem::read(&text).unwrap();
        let queries = problem.queries(&format!("q {} {}\n", given.from, given.to).repeat(9)).unwrap();
        let ways = given.ways();
        let fewest = ways.iter().map(|way| (way.hops, way.length)).min();
        let sum = |count, nodes| given.smallest(count, nodes).map(|sum| sum.0);
        let expected = Answer {
            distance: ways.first().map(|way| way.length),
            edge_disjoint_2: sum(2, false),
            edge_disjoint_3: sum(3, false),
            node_disjoint_2: sum(2, true),
            k_shortest: ways.iter().take(k).map(|way| way.length).collect(),
            min_hops_then_length: fewest,
        };
        // A few questions go without landmarks.
        for queries in [&queries[..1], &queries] {
            let mut told = 0;
            solve(&problem, queries, k, |_, answer| {
                assert_eq!(*answer, expected);
                told += 1;
                true
            })
            .unwrap();
            assert_eq!(told, queries.len());
        }
        Ok(())
    };
    runner.run(&strategy, test).unwrap();
}
