//! Lower bounds of distances from distances to a few landmarks: ALT (A. V. Goldberg, C. Harrelson, *Computing the Shortest Path: A\* Search
//! Meets Graph Theory*, SODA 2005).
//!
//! |d(l, v) − d(l, t)| ≤ d(v, t). Cables that fill up, are cut or become dearer only make routes longer, so what was a lower bound stays one,
//! and the preparation stays valid for the graph's whole life. Distances are kept in units of 2^shift, rounded down cable by cable and
//! without the count of cables: then the bounds are consistent and strictly so, every cable is at least 1 longer than the bound says it
//! must be. Searches rely on that when they look for all routes of one length.

use crate::{cost::Cost, graph::Node, router::Router, weighted::Weighted};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Landmarks: a node's distances are one line of a processor's cache.
const COUNT: usize = 16;
/// Bits of the greatest distance: fewer than a row's integers have, as the greatest of those stands for what cannot be reached.
const BITS: u32 = 30;

/// Pairs on which it is tried whether a search from both ends looks at fewer nodes with landmarks.
const TRIED: usize = 6;

type Row = [i32; COUNT];

/// Distances from landmarks to every node.
#[derive(Debug, Clone)]
pub struct Landmarks {
    rows: Vec<Row>,
    shift: u32,
    help_both_ends: bool,
}

/// No bounds at all.
static NONE: Landmarks = Landmarks::none();

impl Landmarks {
    /// Chooses landmarks far from one another, and measures from each: sixteen searches over the whole graph.
    #[must_use]
    pub fn new<C: Cost>(net: &Weighted<'_, C>) -> Self {
        let packing = net.packing();
        let shift = packing.hop_bits().max(packing.bits().saturating_sub(BITS));
        let nodes = net.graph().nodes();
        let mut rows = vec![[0; COUNT]; nodes];
        let mut nearest = vec![i32::MAX; nodes];
        let mut from = far_end(net, shift);
        for landmark in 0..COUNT {
            let distances = distances(net, from, shift);
            for ((row, nearest), &distance) in rows.iter_mut().zip(&mut nearest).zip(&distances) {
                // What cannot be reached is compared only with what cannot be reached either.
                row[landmark] = if distance == i32::MAX { 0 } else { distance };
                *nearest = distance.min(*nearest);
            }
            from = farthest(&nearest);
        }
        let mut landmarks = Self { rows, shift, help_both_ends: true };
        landmarks.help_both_ends = 2 * looked_at(net, &landmarks) < looked_at(net, &NONE);
        landmarks
    }

    /// No landmarks: every bound is 0. For searches that are few, or over costs of their own.
    #[must_use]
    pub const fn none() -> Self {
        Self { rows: Vec::new(), shift: 0, help_both_ends: false }
    }

    /// These, or none where a search from both ends does without them: in a random graph, where every node is near every other, it looks at
    /// as many nodes with them, and each costs more.
    pub(crate) fn for_both_ends(&self) -> &Self {
        if self.help_both_ends { self } else { &NONE }
    }

    /// The end that bounds are asked for.
    pub(crate) fn toward(&self, target: u32) -> Toward<'_> {
        Toward { landmarks: self, row: self.rows.get(target as usize).copied().unwrap_or_default() }
    }

    pub(crate) const fn shift(&self) -> u32 {
        self.shift
    }
}

/// Bounds of the distance to one node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Toward<'a> {
    landmarks: &'a Landmarks,
    row: Row,
}

impl Toward<'_> {
    /// The bound in units of 2^shift.
    #[inline]
    pub(crate) fn units(&self, node: u32) -> u32 {
        let Some(row) = self.landmarks.rows.get(node as usize) else { return 0 };
        let mut most = 0;
        for (a, b) in row.iter().zip(&self.row) {
            most = most.max((a - b).abs());
        }
        most.unsigned_abs()
    }

    /// The bound as a cost; its count of cables is 0.
    #[inline]
    pub(crate) fn bound<C: Cost>(&self, node: u32) -> C {
        C::field(u64::from(self.units(node)), self.landmarks.shift)
    }
}

/// Nodes that searches for a few routes look at.
fn looked_at<C: Cost>(net: &Weighted<'_, C>, landmarks: &Landmarks) -> usize {
    let mut router = Router::new(net, landmarks);
    let nodes = net.graph().nodes();
    let mut looked_at = 0;
    for from in (0..TRIED.min(nodes)).map(|at| at * nodes / TRIED.min(nodes)) {
        let to = (from + nodes / 2) % nodes;
        router.shortest(Node::new(from), Node::new(to), |_| true);
        looked_at += router.meeting.looked_at;
    }
    looked_at
}

/// A node at the rim of the largest component.
fn far_end<C: Cost>(net: &Weighted<'_, C>, shift: u32) -> u32 {
    let graph = net.graph();
    let mut sizes = vec![0_u32; graph.nodes()];
    for node in 0..graph.nodes() {
        sizes[graph.component(node) as usize] += 1;
    }
    let largest = (0..graph.nodes()).max_by_key(|&node| (sizes[graph.component(node) as usize], Reverse(node)));
    let Some(start) = largest else { return 0 };
    farthest(&distances(net, u32::try_from(start).unwrap_or(0), shift))
}

/// The smallest among the nodes with the greatest distance; those that cannot be reached do not count.
fn farthest(distances: &[i32]) -> u32 {
    let reached = (0_u32..).zip(distances).filter(|&(_, &distance)| distance != i32::MAX);
    reached.max_by_key(|&(node, &distance)| (distance, Reverse(node))).map_or(0, |(node, _)| node)
}

/// Dijkstra over everything, in units.
fn distances<C: Cost>(net: &Weighted<'_, C>, from: u32, shift: u32) -> Vec<i32> {
    let mut distances = vec![i32::MAX; net.graph().nodes()];
    let mut open = BinaryHeap::new();
    if let Some(start) = distances.get_mut(from as usize) {
        *start = 0;
        open.push(Reverse((0, from)));
    }
    while let Some(Reverse((distance, node))) = open.pop() {
        if distance > distances[node as usize] {
            continue;
        }
        for arc in net.arcs(node) {
            let there = distance.saturating_add(i32::try_from(arc.cost.shifted(shift)).unwrap_or(i32::MAX));
            if there < distances[arc.to as usize] {
                distances[arc.to as usize] = there;
                open.push(Reverse((there, arc.to)));
            }
        }
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::Landmarks;
    use crate::{Graph, Node, Router, Weighted};

    const SIDE: u32 = 30;

    /// A square of nodes, each joined to its neighbours, with lengths that are often equal.
    fn square() -> (Graph, Vec<u64>) {
        let nodes = SIDE * SIDE;
        let right = (0..nodes).filter(|node| node % SIDE + 1 < SIDE).map(|node| (node, node + 1));
        let cables: Vec<(u32, u32)> = right.chain((SIDE..nodes).map(|node| (node - SIDE, node))).collect();
        let lengths = (0..cables.len() as u64).map(|cable| 10 + cable * cable % 7).collect();
        (Graph::new(nodes as usize, &cables).unwrap(), lengths)
    }

    #[test]
    fn a_search_from_both_ends_gives_the_same_route_with_bounds() {
        let (graph, lengths) = square();
        let net = Weighted::<u64>::new(&graph, &[&lengths]).unwrap();
        let (with, without) = (Landmarks::new(&net), Landmarks::none());
        assert!(with.help_both_ends, "a square is wide");
        let (mut with, mut without) = (Router::new(&net, &with), Router::new(&net, &without));
        for (from, to) in (0..900).step_by(7).map(|at| (Node::new(at), Node::new(at * at * 31 % 900))) {
            for closed in [usize::MAX, 2, 5] {
                let open = |cable: crate::Cable| cable.index() % 17 != closed;
                assert_eq!(with.shortest(from, to, open), without.shortest(from, to, open));
            }
        }
    }

    #[test]
    fn a_sum_that_fills_its_field_is_still_a_distance() {
        let graph = Graph::new(2, &[(0, 1)]).unwrap();
        for bits in 1..60 {
            let net = Weighted::<u128>::new(&graph, &[&[(1 << bits) - 1]]).unwrap();
            let landmarks = Landmarks::new(&net);
            let bound: u128 = landmarks.toward(1).bound(0);
            assert!(bound <= net.cost(crate::Cable::new(0)) && (bits < 9 || bound > 0), "{bits} {bound}");
        }
    }

    #[test]
    fn where_all_is_near_they_are_left_out() {
        let cables: Vec<(u32, u32)> = (0..60).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let graph = Graph::new(60, &cables).unwrap();
        let net = Weighted::<u64>::new(&graph, &[&vec![5; cables.len()]]).unwrap();
        assert!(!Landmarks::new(&net).help_both_ends);
        assert!(!Landmarks::new(&Weighted::<u64>::new(&Graph::new(0, &[]).unwrap(), &[&[]]).unwrap()).help_both_ends);
    }
}
