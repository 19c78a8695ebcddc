//! A graph whose cables have costs, laid out for searches: each node's cables side by side, with cost and far end.

use crate::{
    cost::{Cost, Packing, TooLarge},
    graph::{Cable, Graph, Node},
};

/// A cable seen from one of its ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arc<C> {
    pub(crate) to: u32,
    pub(crate) cable: u32,
    pub(crate) cost: C,
}

/// A graph and one packed cost per cable.
#[derive(Debug, Clone)]
pub struct Weighted<'a, C> {
    graph: &'a Graph,
    packing: Packing,
    costs: Vec<C>,
    /// Arcs of node `v` are `arcs[first[v]..first[v + 1]]`, in the order of their cables.
    first: Vec<u32>,
    arcs: Vec<Arc<C>>,
}

impl<'a, C: Cost> Weighted<'a, C> {
    /// Costs from criteria in the order of their importance; each has one amount per cable.
    ///
    /// # Errors
    /// Sums that do not fit; where [`Packing::is_narrow`] does not hold, `C` must be `u128`.
    pub fn new(graph: &'a Graph, criteria: &[&[u64]]) -> Result<Self, TooLarge> {
        let packing = Packing::new(graph.cables(), criteria)?;
        if packing.bits() > C::BITS {
            return Err(TooLarge { bits: packing.bits(), most: C::BITS });
        }
        let amount = |cable: usize| criteria.iter().map(move |amounts| amounts.get(cable).copied().unwrap_or(0));
        let costs: Vec<C> = (0..graph.cables()).map(|cable| packing.pack(amount(cable))).collect();
        let (first, arcs) = laid_out(graph, &costs);
        Ok(Self { graph, packing, costs, first, arcs })
    }

    /// The graph below.
    #[must_use]
    pub const fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// How costs are packed.
    #[must_use]
    pub const fn packing(&self) -> &Packing {
        &self.packing
    }

    /// What a cable costs.
    #[must_use]
    pub fn cost(&self, cable: Cable) -> C {
        self.costs[cable.index()]
    }

    pub(crate) fn arcs(&self, node: u32) -> &[Arc<C>] {
        let node = node as usize;
        &self.arcs[self.first[node] as usize..self.first[node + 1] as usize]
    }

    /// The end of a cable that is not `node`.
    pub(crate) fn other(&self, cable: u32, node: u32) -> u32 {
        let (a, b) = self.graph.petgraph().edge_endpoints(Cable::new(cable as usize)).unwrap_or_default();
        narrow(if a.index() == node as usize { b } else { a })
    }
}

/// A node as the searches keep it.
pub(crate) fn narrow(node: Node) -> u32 {
    u32::try_from(node.index()).unwrap_or(u32::MAX)
}

fn laid_out<C: Cost>(graph: &Graph, costs: &[C]) -> (Vec<u32>, Vec<Arc<C>>) {
    let ends = || graph.petgraph().raw_edges().iter().map(|edge| (edge.source(), edge.target()));
    let proper = || ends().zip(0_u32..).filter(|((a, b), _)| a != b);
    let mut first = vec![0_u32; graph.nodes() + 1];
    for ((a, b), _) in proper() {
        first[a.index() + 1] += 1;
        first[b.index() + 1] += 1;
    }
    for node in 0..graph.nodes() {
        first[node + 1] += first[node];
    }
    let mut next = first.clone();
    let mut arcs = vec![Arc { to: 0, cable: 0, cost: C::default() }; first[graph.nodes()] as usize];
    for ((a, b), cable) in proper() {
        for (from, to) in [(a, b), (b, a)] {
            let place = &mut next[from.index()];
            arcs[*place as usize] = Arc { to: narrow(to), cable, cost: costs[cable as usize] };
            *place += 1;
        }
    }
    (first, arcs)
}
