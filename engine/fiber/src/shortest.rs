//! The shortest route: A* from both ends (T. Ikeda et al., *A fast algorithm for finding better routes by AI search techniques*, VNIS 1994),
//! with the bounds of landmarks.
//!
//! Both sides use the same potential, half the difference of the bounds to the two ends; here everything is doubled instead. So the search
//! is Dijkstra's from both ends over reduced costs that are positive (see `landmarks`). A node of a shortest route that neither side has
//! expanded costs at least the two queues' smallest keys together; once these exceed the best distance, every node of every shortest route
//! has been expanded by a side.

use crate::{
    cost::Cost,
    graph::{Cable, Node},
    meeting::{FROM_END, FROM_START, Queue, Slot, Step},
    route::Route,
    router::{Router, cable},
};
use std::cmp::Reverse;

impl<C: Cost> Router<'_, C> {
    /// The cheapest route over passable cables; of equal ones that with the fewest cables, then with the smallest cables in the order of
    /// travel. Nothing if there is none; a route without cables if both ends are one node.
    pub fn shortest(&mut self, from: Node, to: Node, passable: impl Fn(Cable) -> bool) -> Option<Route<C>> {
        let ends = self.ends(from, to)?;
        if ends.from == ends.to {
            return Some(Route::nowhere(C::default()));
        }
        let landmarks = self.landmarks.for_both_ends();
        let bounds = [landmarks.toward(ends.from), landmarks.toward(ends.to)];
        let (net, meeting, shift) = (self.net, &mut self.meeting, landmarks.shift());
        meeting.begin();
        for (side, node) in [ends.from, ends.to].into_iter().enumerate() {
            let slot = meeting.bounded(node, &bounds);
            *label(slot, side) = C::default();
            let key = key(slot, side, shift);
            meeting.open[side].push(Reverse((key, node)));
        }
        while let (Some(&Reverse((ahead, _))), Some(&Reverse((behind, _)))) =
            (meeting.open[0].peek(), meeting.open[1].peek())
        {
            if ahead + behind > meeting.best + meeting.best {
                break;
            }
            let side = usize::from(meeting.open[1].len() < meeting.open[0].len());
            let Some(Reverse((_, node))) = meeting.open[side].pop() else { break };
            let slot = meeting.slot(node);
            let expanded = [FROM_START, FROM_END][side];
            if slot.flags & expanded != 0 {
                continue;
            }
            slot.flags |= expanded;
            let here = *label(slot, side);
            for arc in net.arcs(node) {
                if !passable(cable(arc.cable)) {
                    continue;
                }
                let best = meeting.best;
                let slot = meeting.bounded(arc.to, &bounds);
                let there = here + arc.cost;
                let other = *label(slot, 1 - side);
                if there < *label(slot, side) && there + rest(slot, side, shift) <= best {
                    *label(slot, side) = there;
                    let key = key(slot, side, shift);
                    meeting.open[side].push(Reverse((key, arc.to)));
                }
                if other < C::MAX {
                    let (from, to) = if side == 0 { (node, arc.to) } else { (arc.to, node) };
                    meeting.meet(there + other, Step { from, to, cable: arc.cable });
                }
            }
        }
        meeting.open.iter_mut().for_each(Queue::clear);
        meeting.route(net, ends, |step| passable(cable(step.cable)))
    }
}

#[inline]
const fn label<C>(slot: &mut Slot<C>, side: usize) -> &mut C {
    if side == 0 { &mut slot.from_start } else { &mut slot.to_end }
}

/// A bound of what is still before this side.
#[inline]
fn rest<C: Cost>(slot: &Slot<C>, side: usize, shift: u32) -> C {
    C::field(u64::from(if side == 0 { slot.ahead } else { slot.behind }), shift)
}

/// Twice the distance, plus the bound of what is before this side, less that of what is behind it; the latter is not above the distance.
#[inline]
fn key<C: Cost>(slot: &mut Slot<C>, side: usize, shift: u32) -> C {
    let distance = *label(slot, side);
    distance + (distance - rest(slot, 1 - side, shift)) + rest(slot, side, shift)
}
