//! One thread's memory for searches over a net that many threads share.

use crate::{
    best::Forks,
    cost::Cost,
    disjoint::Flows,
    graph::{Cable, Node},
    landmarks::Landmarks,
    meeting::Meeting,
    region::Region,
    weighted::{Weighted, narrow},
};

/// Searches over one net. It keeps labels between questions, so that a question costs what it looks at and not the graph's size.
///
/// Each question takes `passable`: which cables may be used at the time. Landmarks made when all were passable serve any of them.
///
/// # Panics
/// Every search here panics if a node is not one of the net's.
#[derive(Debug)]
pub struct Router<'a, C> {
    pub(crate) net: &'a Weighted<'a, C>,
    pub(crate) landmarks: &'a Landmarks,
    pub(crate) meeting: Meeting<C>,
    pub(crate) region: Region<C>,
    pub(crate) flows: Flows<C>,
    pub(crate) forks: Forks,
}

/// A question's ends as the searches keep them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl<'a, C: Cost> Router<'a, C> {
    /// Searches over `net`, with bounds from `landmarks` that were made for it (or [`Landmarks::none`]).
    #[must_use]
    pub fn new(net: &'a Weighted<'a, C>, landmarks: &'a Landmarks) -> Self {
        let nodes = net.graph().nodes();
        Self {
            net,
            landmarks,
            meeting: Meeting::new(nodes),
            region: Region::new(nodes),
            flows: Flows::default(),
            forks: Forks::new(nodes),
        }
    }

    /// The ends, if cables lead from one to the other.
    pub(crate) fn ends(&self, from: Node, to: Node) -> Option<Ends> {
        self.net.graph().connected(from, to).then(|| Ends { from: narrow(from), to: narrow(to) })
    }
}

/// The cable of that index.
pub(crate) fn cable(index: u32) -> Cable {
    Cable::new(index as usize)
}
