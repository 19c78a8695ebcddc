//! The plant as a graph: nodes, and cables between them, of which several may be parallel.

use petgraph::{
    graph::{DiGraph, UnGraph},
    unionfind::UnionFind,
};

/// A node: a place where fibres can be joined. Nodes count from 0.
pub type Node = petgraph::graph::NodeIndex<u32>;

/// A cable: an undirected edge with an identity of its own. Cables count from 0, in the order in which they were given.
pub type Cable = petgraph::graph::EdgeIndex<u32>;

/// More of either would not be a campus; indices stay in 32 bits with room for two states of a node.
pub const MOST: usize = 1 << 30;

/// A graph that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A cable ends at a node that is not there.
    #[error("cable {cable} ends at node {node}, and there are {nodes} nodes")]
    Dangling {
        /// The cable's index.
        cable: usize,
        /// The node that is not there.
        node: u32,
        /// How many there are.
        nodes: usize,
    },
    /// More nodes or cables than [`MOST`].
    #[error("more than {MOST} nodes or cables")]
    TooLarge,
}

/// Which nodes are joined by which cables; lengths and other amounts are kept beside it ([`crate::Weighted`]).
#[derive(Debug, Clone)]
pub struct Graph {
    inner: UnGraph<(), ()>,
    component: Vec<u32>,
}

impl Graph {
    /// A graph of `nodes` nodes and the cables with these ends. A cable may have both ends at one node; no route uses it.
    ///
    /// # Errors
    /// An end that is not a node, or too many of either.
    pub fn new(nodes: usize, cables: &[(u32, u32)]) -> Result<Self, GraphError> {
        if nodes > MOST || cables.len() > MOST {
            return Err(GraphError::TooLarge);
        }
        let mut inner = DiGraph::with_capacity(nodes, cables.len()).into_edge_type();
        let mut joined = UnionFind::new(nodes);
        for _ in 0..nodes {
            inner.add_node(());
        }
        for (cable, &(a, b)) in cables.iter().enumerate() {
            if let Some(node) = [a, b].into_iter().find(|&node| node as usize >= nodes) {
                return Err(GraphError::Dangling { cable, node, nodes });
            }
            inner.add_edge(Node::new(a as usize), Node::new(b as usize), ());
            joined.union(a as usize, b as usize);
        }
        let component = joined.into_labeling().into_iter().map(|label| u32::try_from(label).unwrap_or(0)).collect();
        Ok(Self { inner, component })
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.inner.node_count()
    }

    /// How many cables there are.
    #[must_use]
    pub fn cables(&self) -> usize {
        self.inner.edge_count()
    }

    /// The two ends of a cable, as they were given. Nothing for a cable that is not there.
    #[must_use]
    pub fn ends(&self, cable: Cable) -> Option<(Node, Node)> {
        self.inner.edge_endpoints(cable)
    }

    /// Whether cables lead from one to the other. This is asked first: a search for what cannot be reached sees everything.
    #[must_use]
    pub fn connected(&self, a: Node, b: Node) -> bool {
        self.component[a.index()] == self.component[b.index()]
    }

    /// A name for the node's component: the same for nodes that are connected.
    pub(crate) fn component(&self, node: usize) -> u32 {
        self.component[node]
    }

    /// The same graph for petgraph's own algorithms.
    #[must_use]
    pub const fn petgraph(&self) -> &UnGraph<(), ()> {
        &self.inner
    }
}
