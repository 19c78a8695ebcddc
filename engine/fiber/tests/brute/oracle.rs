//! Everything, by looking at every loopless route: slow, short, and nothing like the searches.

use proptest::prelude::*;

/// A graph small enough to look at every route.
#[derive(Debug, Clone)]
pub(crate) struct Small {
    pub(crate) nodes: usize,
    pub(crate) cables: Vec<(u32, u32)>,
    pub(crate) lengths: Vec<u64>,
    /// Cables that may be used.
    pub(crate) passable: Vec<bool>,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// Up to nine nodes, with parallel cables, loops at one node, lengths of zero and many equal ones, and parts that are not connected.
pub(crate) fn small(most_cables: usize) -> impl Strategy<Value = Small> {
    (1..=9_u32).prop_flat_map(move |nodes| {
        let cable = (0..nodes, 0..nodes, prop_oneof![0..4_u64, 0..40_u64, Just(1_000_000)], prop::bool::weighted(0.9));
        (prop::collection::vec(cable, 0..=most_cables), 0..nodes, 0..nodes).prop_map(move |(cables, from, to)| Small {
            nodes: nodes as usize,
            cables: cables.iter().map(|&(a, b, ..)| (a, b)).collect(),
            lengths: cables.iter().map(|cable| cable.2).collect(),
            passable: cables.iter().map(|cable| cable.3).collect(),
            from,
            to,
        })
    })
}

/// A loopless route: its cables in order, its nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    pub(crate) length: u64,
    pub(crate) hops: u64,
    pub(crate) cables: Vec<usize>,
    pub(crate) nodes: Vec<u32>,
}

impl Way {
    fn shares_a_cable(&self, other: &Self) -> bool {
        self.cables.iter().any(|cable| other.cables.contains(cable))
    }

    fn shares_a_node(&self, other: &Self) -> bool {
        let between = |way: &Self| way.nodes[1..way.nodes.len() - 1].to_vec();
        between(self).iter().any(|node| between(other).contains(node))
    }

    pub(crate) fn apart(&self, other: &Self, nodes: bool) -> bool {
        !(self.shares_a_cable(other) || nodes && self.shares_a_node(other))
    }
}

impl Small {
    /// Every loopless route, by length, then by hops, then by cables.
    pub(crate) fn ways(&self) -> Vec<Way> {
        let mut found = Vec::new();
        self.walk(&mut Way { length: 0, hops: 0, cables: vec![], nodes: vec![self.from] }, &mut found);
        found.sort();
        found
    }

    fn walk(&self, way: &mut Way, found: &mut Vec<Way>) {
        let here = *way.nodes.last().unwrap();
        if here == self.to {
            found.push(way.clone());
            return;
        }
        for (cable, &(a, b)) in self.cables.iter().enumerate() {
            let there = if a == here { b } else { a };
            if self.passable[cable] && (a == here || b == here) && !way.nodes.contains(&there) {
                let length = self.lengths[cable];
                way.nodes.push(there);
                way.cables.push(cable);
                (way.length, way.hops) = (way.length + length, way.hops + 1);
                self.walk(way, found);
                (way.length, way.hops) = (way.length - length, way.hops - 1);
                way.nodes.pop();
                way.cables.pop();
            }
        }
    }

    /// The smallest sum (length, hops) of `count` routes that are apart.
    pub(crate) fn smallest(&self, count: usize, nodes: bool) -> Option<(u64, u64)> {
        if self.from == self.to {
            return Some((0, 0));
        }
        fn choose<'w>(
            ways: &'w [Way],
            chosen: &mut Vec<&'w Way>,
            count: usize,
            nodes: bool,
            best: &mut Option<(u64, u64)>,
        ) {
            let sum = chosen.iter().fold((0, 0), |sum, way| (sum.0 + way.length, sum.1 + way.hops));
            if best.is_some_and(|best| sum >= best) {
                return;
            }
            if chosen.len() == count {
                *best = Some(sum);
                return;
            }
            for (at, way) in ways.iter().enumerate() {
                if chosen.iter().all(|other| way.apart(other, nodes)) {
                    chosen.push(way);
                    choose(&ways[at + 1..], chosen, count, nodes, best);
                    chosen.pop();
                }
            }
        }
        let mut best = None;
        choose(&self.ways(), &mut Vec::new(), count, nodes, &mut best);
        best
    }
}
