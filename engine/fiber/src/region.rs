//! Exact distances to the end around the routes that matter, and bounds of all others.
//!
//! A* from the end to the start expands nodes in the order of d(v, t) + h(s, v). When it stops at a key F, every node without an exact
//! distance has d(v, t) ≥ F − h(s, v). The distances, cut off there and joined with the landmarks' bounds, are again a consistent potential
//! (the smaller and the greater of two such are): it is exact where routes that cost less than F run. Searches for second and further
//! routes take it for their reduced costs and hardly leave that region.

use crate::{
    cost::Cost,
    graph::Cable,
    landmarks::{Landmarks, Toward},
    meeting::{Queue, Step},
    router::{Ends, cable},
    weighted::{Arc, Weighted},
};
use std::cmp::Reverse;

#[derive(Debug, Clone, Copy)]
struct Reach<C> {
    distance: C,
    stamp: u32,
    expanded: bool,
}

/// Distances to one end.
#[derive(Debug)]
pub(crate) struct Region<C> {
    reach: Vec<Reach<C>>,
    stamp: u32,
    open: Queue<C>,
    /// No unexpanded node has a smaller key.
    frontier: C,
}

impl<C: Cost> Region<C> {
    pub(crate) fn new(nodes: usize) -> Self {
        let reach = Reach { distance: C::MAX, stamp: 0, expanded: false };
        Self { reach: vec![reach; nodes], stamp: 0, open: Queue::new(), frontier: C::default() }
    }

    /// Measures from the end until the start is reached; gives whether it was.
    pub(crate) fn measure(
        &mut self,
        net: &Weighted<'_, C>,
        landmarks: &Landmarks,
        ends: Ends,
        passable: impl Fn(Cable) -> bool,
    ) -> bool {
        self.stamp = self.stamp.checked_add(1).unwrap_or_else(|| {
            self.reach.iter_mut().for_each(|reach| reach.stamp = 0);
            1
        });
        self.open.clear();
        let to_start = landmarks.toward(ends.from);
        *self.reach(ends.to) = Reach { distance: C::default(), stamp: self.stamp, expanded: false };
        self.open.push(Reverse((to_start.bound(ends.to), ends.to)));
        while let Some(Reverse((key, node))) = self.open.pop() {
            let reach = self.reach(node);
            if reach.expanded {
                continue;
            }
            reach.expanded = true;
            let here = reach.distance;
            if node == ends.from {
                self.frontier = key;
                return true;
            }
            for arc in net.arcs(node) {
                let there = here + arc.cost;
                if there < self.reach(arc.to).distance && passable(cable(arc.cable)) {
                    self.reach(arc.to).distance = there;
                    self.open.push(Reverse((there + to_start.bound(arc.to), arc.to)));
                }
            }
        }
        false
    }

    #[inline]
    fn reach(&mut self, node: u32) -> &mut Reach<C> {
        let reach = &mut self.reach[node as usize];
        if reach.stamp != self.stamp {
            *reach = Reach { distance: C::MAX, stamp: self.stamp, expanded: false };
        }
        reach
    }

    /// The distance to the end, where it is known.
    #[inline]
    pub(crate) fn exact(&self, node: u32) -> Option<C> {
        let reach = &self.reach[node as usize];
        (reach.stamp == self.stamp && reach.expanded).then_some(reach.distance)
    }

    /// The distance to the end, or a bound; consistent, and exact within the region.
    #[inline]
    pub(crate) fn potential(&self, node: u32, [to_start, to_end]: &[Toward<'_>; 2]) -> C {
        self.exact(node).unwrap_or_else(|| outside(self.frontier, node, to_start, to_end))
    }

    /// The same without the count of cables, so that every cable costs more than the potential falls.
    #[inline]
    pub(crate) fn strict(&self, node: u32, [to_start, to_end]: &[Toward<'_>; 2], hop_bits: u32) -> C {
        match self.exact(node) {
            Some(distance) => distance.without_low(hop_bits),
            None => outside(self.frontier.without_low(hop_bits), node, to_start, to_end),
        }
    }

    /// The first of the shortest ways' next step, from a node whose distance is known.
    pub(crate) fn next<'n>(
        &self,
        net: &'n Weighted<'_, C>,
        node: u32,
        allowed: impl Fn(Step) -> bool,
    ) -> Option<&'n Arc<C>> {
        let here = self.exact(node)?;
        net.arcs(node).iter().find(|arc| {
            self.exact(arc.to).is_some_and(|there| there + arc.cost == here)
                && allowed(Step { from: node, to: arc.to, cable: arc.cable })
        })
    }
}

fn outside<C: Cost>(frontier: C, node: u32, to_start: &Toward<'_>, to_end: &Toward<'_>) -> C {
    let (behind, ahead) = (to_start.bound::<C>(node), to_end.bound::<C>(node));
    if frontier > behind { ahead.max(frontier - behind) } else { ahead }
}
