//! Labels of a search between two nodes, and the route that they mean.
//!
//! A node's label is its distance from the start, to the end, or both. Where labels from the two sides meet over a cable and add up to the
//! shortest distance, that cable is on a shortest route. From there every shortest route is found by equality of labels, and the one with
//! the smallest cables is taken: among routes of equal cost (hence of equally many cables) the one whose list of cables comes first.

use crate::{
    cost::Cost,
    landmarks::Toward,
    route::Route,
    router::{Ends, cable},
    weighted::Weighted,
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Entries of a search's queue, the smallest key first.
pub(crate) type Queue<C> = BinaryHeap<Reverse<(C, u32)>>;

/// What is known of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot<C> {
    pub(crate) from_start: C,
    pub(crate) to_end: C,
    /// Which search this belongs to.
    stamp: u32,
    /// Lower bounds of the distance to the end and from the start, in units of the landmarks.
    pub(crate) ahead: u32,
    pub(crate) behind: u32,
    /// Expanded from the start, from the end; on a shortest route.
    pub(crate) flags: u8,
}

impl<C: Cost> Slot<C> {
    const fn new(stamp: u32) -> Self {
        Self { from_start: C::MAX, to_end: C::MAX, stamp, ahead: 0, behind: 0, flags: 0 }
    }
}

pub(crate) const FROM_START: u8 = 1;
pub(crate) const FROM_END: u8 = 2;
const ON_ROUTE: u8 = 4;

/// A cable, travelled from one node to the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) cable: u32,
}

/// Labels of one search, and where its two sides have met.
#[derive(Debug)]
pub(crate) struct Meeting<C> {
    slots: Vec<Slot<C>>,
    stamp: u32,
    /// Nodes that this search has looked at.
    pub(crate) looked_at: usize,
    /// The shortest distance so far.
    pub(crate) best: C,
    /// Steps where labels met with that distance.
    met: Vec<Step>,
    pub(crate) open: [Queue<C>; 2],
}

impl<C: Cost> Meeting<C> {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            slots: vec![Slot::new(0); nodes],
            stamp: 0,
            looked_at: 0,
            best: C::MAX,
            met: Vec::new(),
            open: [Queue::new(), Queue::new()],
        }
    }

    /// Forgets the last search.
    pub(crate) fn begin(&mut self) {
        self.stamp = self.stamp.checked_add(1).unwrap_or_else(|| {
            self.slots.fill(Slot::new(0));
            1
        });
        self.looked_at = 0;
        self.best = C::MAX;
        self.met.clear();
        self.open.iter_mut().for_each(Queue::clear);
    }

    /// A node's slot, without bounds.
    #[inline]
    pub(crate) fn slot(&mut self, node: u32) -> &mut Slot<C> {
        let slot = &mut self.slots[node as usize];
        if slot.stamp != self.stamp {
            self.looked_at += 1;
            *slot = Slot::new(self.stamp);
        }
        slot
    }

    /// A node's slot, with bounds of the distances to both ends.
    #[inline]
    pub(crate) fn bounded(&mut self, node: u32, [to_start, to_end]: &[Toward<'_>; 2]) -> &mut Slot<C> {
        let slot = &mut self.slots[node as usize];
        if slot.stamp != self.stamp {
            self.looked_at += 1;
            *slot = Slot { ahead: to_end.units(node), behind: to_start.units(node), ..Slot::new(self.stamp) };
        }
        slot
    }

    /// What has been found of a node, if anything.
    #[inline]
    fn seen(&self, node: u32) -> Option<&Slot<C>> {
        let slot = &self.slots[node as usize];
        (slot.stamp == self.stamp).then_some(slot)
    }

    /// Labels meet over a step with this distance.
    #[inline]
    pub(crate) fn meet(&mut self, distance: C, step: Step) {
        if distance < self.best {
            self.best = distance;
            self.met.clear();
        }
        if distance == self.best && distance < C::MAX {
            self.met.push(step);
        }
    }

    /// The first of the shortest routes; nothing if the sides never met.
    pub(crate) fn route(
        &mut self,
        net: &Weighted<'_, C>,
        ends: Ends,
        allowed: impl Fn(Step) -> bool,
    ) -> Option<Route<C>> {
        if self.met.is_empty() {
            return None;
        }
        self.mark(net, &allowed);
        let (mut at, mut so_far) = (ends.from, C::default());
        let mut cables = Vec::new();
        while at != ends.to {
            // A node's arcs are in the order of their cables.
            let arc = net.arcs(at).iter().find(|arc| {
                let there = so_far + arc.cost;
                let leads = self.seen(arc.to).is_some_and(|slot| {
                    (slot.flags & ON_ROUTE != 0 && slot.from_start == there)
                        || (slot.to_end < C::MAX && there + slot.to_end == self.best)
                });
                leads && allowed(Step { from: at, to: arc.to, cable: arc.cable })
            })?;
            cables.push(cable(arc.cable));
            (at, so_far) = (arc.to, so_far + arc.cost);
        }
        Some(Route { cost: self.best, cables })
    }

    /// Marks the nodes before the meeting steps that are on shortest routes.
    fn mark(&mut self, net: &Weighted<'_, C>, allowed: &impl Fn(Step) -> bool) {
        let mut open: Vec<u32> = self.met.iter().map(|step| step.from).collect();
        while let Some(node) = open.pop() {
            let slot = self.slot(node);
            if slot.flags & ON_ROUTE != 0 {
                continue;
            }
            slot.flags |= ON_ROUTE;
            let here = slot.from_start;
            for arc in net.arcs(node) {
                let is_before = self.seen(arc.to).is_some_and(|slot| slot.from_start + arc.cost == here);
                if is_before && allowed(Step { from: arc.to, to: node, cable: arc.cable }) {
                    open.push(arc.to);
                }
            }
        }
    }
}
