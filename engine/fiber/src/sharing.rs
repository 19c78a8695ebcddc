//! Two routes that share as few cables as possible, where they cannot share none, and which ones those are.
//!
//! Every cable is there twice, the second time as one that is shared: one more on the most important criterion. Two routes without a common
//! cable among these are two routes whose shared cables are the second ones, and the smallest sum has the fewest of them. So this is as exact
//! as [`Router::disjoint`](crate::Router::disjoint), and nothing else.

use crate::{
    cost::{Cost, TooLarge},
    graph::{Cable, Graph, GraphError},
    route::Route,
    weighted::Weighted,
};

/// A graph with every cable twice.
#[derive(Debug, Clone)]
pub struct Sharing {
    twice: Graph,
    /// How many cables there are really.
    cables: usize,
}

/// Two routes over real cables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Each route's cables, from the start to the end.
    pub routes: Vec<Vec<Cable>>,
    /// The cables that both use, in the order of their numbers.
    pub shared: Vec<Cable>,
}

impl Sharing {
    /// The graph's cables, and once more.
    ///
    /// # Errors
    /// More cables than a graph may have.
    pub fn new(graph: &Graph) -> Result<Self, GraphError> {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let ends = || graph.petgraph().raw_edges().iter().map(|edge| (edge.source(), edge.target()));
        let twice: Vec<(u32, u32)> =
            ends().chain(ends()).map(|(a, b)| (number(a.index()), number(b.index()))).collect();
        Ok(Self { twice: Graph::new(graph.nodes(), &twice)?, cables: graph.cables() })
    }

    /// Costs of that graph: how many cables are shared, then the criteria, which have one amount per real cable.
    ///
    /// # Errors
    /// Sums that do not fit.
    pub fn net<C: Cost>(&self, criteria: &[&[u64]]) -> Result<Weighted<'_, C>, TooLarge> {
        let shared: Vec<u64> = [0, 1].into_iter().flat_map(|second| vec![second; self.cables]).collect();
        let doubled: Vec<Vec<u64>> = criteria.iter().map(|amounts| [*amounts, amounts].concat()).collect();
        let all: Vec<&[u64]> = [shared.as_slice()].into_iter().chain(doubled.iter().map(Vec::as_slice)).collect();
        Weighted::new(&self.twice, &all)
    }

    /// The real cable of one of that graph's: for `passable`, too.
    #[must_use]
    pub fn real(&self, cable: Cable) -> Cable {
        Cable::new(cable.index() % self.cables.max(1))
    }

    /// Two disjoint routes over that graph as routes over real cables.
    #[must_use]
    pub fn pair<C: Cost>(&self, routes: &[Route<C>]) -> Pair {
        let seconds = routes.iter().flat_map(|route| &route.cables).filter(|cable| cable.index() >= self.cables);
        let mut shared: Vec<Cable> = seconds.map(|&cable| self.real(cable)).collect();
        shared.sort_unstable();
        let real = |route: &Route<C>| route.cables.iter().map(|&cable| self.real(cable)).collect();
        Pair { routes: routes.iter().map(real).collect(), shared }
    }
}
