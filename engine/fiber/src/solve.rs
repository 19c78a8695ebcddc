//! The questions of the fixed form, all answered for one pair of nodes.

use crate::{
    cost::{Cost, Packing, TooLarge},
    disjoint::Apart,
    graph::Node,
    landmarks::Landmarks,
    router::Router,
    text::{Problem, Query},
    weighted::Weighted,
};

/// Fewer questions than that are answered without landmarks: making them costs as much as several searches without.
const WORTH: usize = 8;

/// The answers for one pair. A route from a node to itself has no cables, shares none with another such and is the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The shortest length. Nothing if the nodes are not connected.
    pub distance: Option<u64>,
    /// The smallest sum of two routes without a common cable.
    pub edge_disjoint_2: Option<u64>,
    /// The same of three.
    pub edge_disjoint_3: Option<u64>,
    /// The smallest sum of two routes without a common cable and without a common node between the ends.
    pub node_disjoint_2: Option<u64>,
    /// Lengths of the shortest loopless routes, shortest first; fewer than asked for if there are fewer.
    pub k_shortest: Vec<u64>,
    /// Cables and length of the shortest among the routes with the fewest cables.
    pub min_hops_then_length: Option<(u64, u64)>,
}

/// Costs in 64 bits where they fit, else in 128.
enum Fitting<'a> {
    Narrow(Weighted<'a, u64>, Landmarks),
    Wide(Weighted<'a, u128>, Landmarks),
}

/// Searches over either.
enum Searching<'a> {
    Narrow(Router<'a, u64>),
    Wide(Router<'a, u128>),
}

impl<'a> Fitting<'a> {
    fn new(problem: &'a Problem, criteria: &[&[u64]], landmarks: bool) -> Result<Self, TooLarge> {
        fn with<'a, C: Cost>(
            problem: &'a Problem,
            criteria: &[&[u64]],
            wanted: bool,
        ) -> Result<(Weighted<'a, C>, Landmarks), TooLarge> {
            let net = Weighted::new(&problem.graph, criteria)?;
            let landmarks = if wanted { Landmarks::new(&net) } else { Landmarks::none() };
            Ok((net, landmarks))
        }
        Ok(if Packing::new(problem.graph.cables(), criteria)?.is_narrow() {
            let (net, landmarks) = with(problem, criteria, landmarks)?;
            Self::Narrow(net, landmarks)
        } else {
            let (net, landmarks) = with(problem, criteria, landmarks)?;
            Self::Wide(net, landmarks)
        })
    }

    fn searching(&'a self) -> Searching<'a> {
        match self {
            Self::Narrow(net, landmarks) => Searching::Narrow(Router::new(net, landmarks)),
            Self::Wide(net, landmarks) => Searching::Wide(Router::new(net, landmarks)),
        }
    }
}

/// Answers every question in turn, with up to `k` shortest routes, until `tell` says no.
///
/// # Errors
/// Lengths whose sums do not fit; [`Problem::read`] reads none such.
pub fn solve(
    problem: &Problem,
    queries: &[Query],
    k: usize,
    mut tell: impl FnMut(&Query, &Answer) -> bool,
) -> Result<(), TooLarge> {
    let landmarks = queries.len() >= WORTH;
    let ones = vec![1; problem.graph.cables()];
    let by_length = Fitting::new(problem, &[&problem.lengths], landmarks)?;
    let by_hops = Fitting::new(problem, &[&ones, &problem.lengths], landmarks)?;
    let (mut by_length, mut by_hops) = (by_length.searching(), by_hops.searching());
    for query in queries {
        let mut answer = match &mut by_length {
            Searching::Narrow(router) => lengths(router, query, k),
            Searching::Wide(router) => lengths(router, query, k),
        };
        answer.min_hops_then_length = match &mut by_hops {
            Searching::Narrow(router) => shortest(router, query.from, query.to),
            Searching::Wide(router) => shortest(router, query.from, query.to),
        }
        .map(|sums| (sums[0], sums[1]));
        if !tell(query, &answer) {
            break;
        }
    }
    Ok(())
}

/// The shortest route's sums.
fn shortest<C: Cost>(router: &mut Router<'_, C>, from: Node, to: Node) -> Option<Vec<u64>> {
    let route = router.shortest(from, to, |_| true)?;
    Some(router.net.packing().unpack(route.cost))
}

fn lengths<C: Cost>(router: &mut Router<'_, C>, query: &Query, k: usize) -> Answer {
    let &Query { from, to, .. } = query;
    let length = |cost: C, router: &Router<'_, C>| router.net.packing().unpack(cost)[0];
    let mut apart = |count: usize, apart: Apart| {
        let routes = router.disjoint(from, to, count, apart, |_| true)?;
        Some(routes.iter().map(|route| length(route.cost, router)).sum())
    };
    let [edge_disjoint_2, edge_disjoint_3] = [2, 3].map(|count| apart(count, Apart::Cables));
    let node_disjoint_2 = apart(2, Apart::Nodes);
    let k_shortest = router.k_best(from, to, k, |_| true);
    Answer {
        distance: shortest(router, from, to).map(|sums| sums[0]),
        edge_disjoint_2,
        edge_disjoint_3,
        node_disjoint_2,
        k_shortest: k_shortest.iter().map(|route| length(route.cost, router)).collect(),
        min_hops_then_length: None,
    }
}
