//! What a search gives.

use crate::{
    cost::Cost,
    graph::{Cable, Node},
    weighted::{Weighted, narrow},
};

/// A loopless way from one node to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route<C> {
    /// The packed sum of its cables' costs ([`crate::Packing::unpack`]).
    pub cost: C,
    /// Its cables, from the start to the end; none if both are one node.
    pub cables: Vec<Cable>,
}

impl<C: Cost> Route<C> {
    pub(crate) const fn nowhere(zero: C) -> Self {
        Self { cost: zero, cables: Vec::new() }
    }

    /// The nodes it passes, both ends included.
    #[must_use]
    pub fn nodes(&self, net: &Weighted<'_, C>, from: Node) -> Vec<Node> {
        let mut at = narrow(from);
        let mut nodes = vec![from];
        for cable in &self.cables {
            at = net.other(u32::try_from(cable.index()).unwrap_or(u32::MAX), at);
            nodes.push(Node::new(at as usize));
        }
        nodes
    }
}
