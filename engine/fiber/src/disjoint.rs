//! Routes that share no cable, or no node between their ends, with the smallest sum: successive shortest routes in the residual graph
//! (J. W. Suurballe, *Disjoint paths in a network*, Networks 4, 1974; J. W. Suurballe, R. E. Tarjan 1984; R. Bhandari 1999).
//!
//! Each further route may take back cables of the earlier ones, so the sum is the smallest there is; finding a route, removing it and
//! finding another one is not. Reduced costs come from the region's potential, which is exact on the first route, so no cable taken back
//! has a negative one. Nodes are split in two, in and out, only where a route has run: elsewhere both are one label.

use crate::{
    cost::Cost,
    graph::{Cable, Node},
    landmarks::Toward,
    meeting::Queue,
    region::Region,
    route::Route,
    router::{Ends, Router, cable},
    weighted::Weighted,
};
use std::cmp::Reverse;

/// What routes may not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// No cable. Parallel cables are different ones.
    Cables,
    /// No cable, and no node but the ends.
    Nodes,
}

const NOBODY: u32 = u32::MAX;

impl<C: Cost> Router<'_, C> {
    /// `count` routes, apart, with the smallest sum; the cheapest first. Nothing if there are not as many.
    ///
    /// Among equal sums the fewest cables decide; beyond that the result is always the same one, but not distinguished by its cables.
    /// If both ends are one node, every route is without cables.
    pub fn disjoint(
        &mut self,
        from: Node,
        to: Node,
        count: usize,
        apart: Apart,
        passable: impl Fn(Cable) -> bool,
    ) -> Option<Vec<Route<C>>> {
        let ends = self.ends(from, to)?;
        if ends.from == ends.to {
            return Some(vec![Route::nowhere(C::default()); count]);
        }
        if !self.region.measure(self.net, self.landmarks, ends, &passable) {
            return None;
        }
        let bounds = [self.landmarks.toward(ends.from), self.landmarks.toward(ends.to)];
        let residual = Residual { net: self.net, region: &self.region, bounds, ends, apart };
        self.flows.begin(self.net);
        let complete = (0..count).all(|_| residual.augment(&mut self.flows, &passable));
        let mut routes = residual.routes(&mut self.flows);
        routes.sort();
        complete.then_some(routes)
    }
}

/// A node in one of its states: `v` is where routes come in, `v + nodes` where they go out. Unsplit nodes have only the first.
type State = u32;

#[derive(Debug, Clone, Copy)]
struct Label<C> {
    /// Distance from the start by reduced costs.
    distance: C,
    /// The potential, without what earlier searches have added.
    base: C,
    stamp: u32,
    expanded: bool,
    /// The state before, and the cable from there; nobody within a node.
    before: State,
    cable: u32,
}

/// Which cables carry routes, and the labels of the search for the next one.
#[derive(Debug)]
pub(crate) struct Flows<C> {
    labels: Vec<Label<C>>,
    stamp: u32,
    open: Queue<C>,
    /// What each state's potential has gained.
    gained: Vec<C>,
    /// States with a gain.
    changed: Vec<State>,
    /// The node from which a cable is travelled.
    carried: Vec<u32>,
    /// Split nodes.
    split: Vec<bool>,
    split_nodes: Vec<u32>,
}

impl<C> Default for Flows<C> {
    fn default() -> Self {
        Self {
            labels: Vec::new(),
            stamp: 0,
            open: Queue::new(),
            gained: Vec::new(),
            changed: Vec::new(),
            carried: Vec::new(),
            split: Vec::new(),
            split_nodes: Vec::new(),
        }
    }
}

impl<C: Cost> Flows<C> {
    fn begin(&mut self, net: &Weighted<'_, C>) {
        let states = 2 * net.graph().nodes();
        if self.labels.len() != states {
            let label =
                Label { distance: C::MAX, base: C::MAX, stamp: 0, expanded: false, before: NOBODY, cable: NOBODY };
            self.labels = vec![label; states];
            self.gained = vec![C::default(); states];
            self.carried = vec![NOBODY; net.graph().cables()];
            self.split = vec![false; net.graph().nodes()];
        }
        for state in self.changed.drain(..) {
            self.gained[state as usize] = C::default();
        }
        for node in self.split_nodes.drain(..) {
            self.split[node as usize] = false;
        }
    }

    fn search(&mut self) {
        self.stamp = self.stamp.checked_add(1).unwrap_or_else(|| {
            self.labels.iter_mut().for_each(|label| label.stamp = 0);
            1
        });
        self.open.clear();
    }
}

/// The question, while its routes are searched.
struct Residual<'a, C> {
    net: &'a Weighted<'a, C>,
    region: &'a Region<C>,
    bounds: [Toward<'a>; 2],
    ends: Ends,
    apart: Apart,
}

impl<C: Cost> Residual<'_, C> {
    fn nodes(&self) -> u32 {
        u32::try_from(self.net.graph().nodes()).unwrap_or(NOBODY)
    }

    fn node(&self, state: State) -> u32 {
        if state < self.nodes() { state } else { state - self.nodes() }
    }

    /// Finds one more route and puts it in; false if there is none.
    fn augment(&self, flows: &mut Flows<C>, passable: &impl Fn(Cable) -> bool) -> bool {
        flows.search();
        self.label(flows, self.ends.from).distance = C::default();
        flows.open.push(Reverse((C::default(), self.ends.from)));
        let mut expanded = Vec::new();
        while let Some(Reverse((distance, state))) = flows.open.pop() {
            if state == self.ends.to {
                self.raise(flows, &expanded, distance);
                self.put_in(flows);
                return true;
            }
            let label = &mut flows.labels[state as usize];
            if label.expanded {
                continue;
            }
            label.expanded = true;
            expanded.push(state);
            self.expand(flows, state, passable);
        }
        false
    }

    fn expand(&self, flows: &mut Flows<C>, state: State, passable: &impl Fn(Cable) -> bool) {
        let (node, nodes) = (self.node(state), self.nodes());
        let is_split = flows.split[node as usize];
        let (may_go_on, may_take_back) = (!is_split || state >= nodes, !is_split || state < nodes);
        if is_split {
            // Within a node: on if no route runs through it, back if one does.
            let used = self.net.arcs(node).iter().any(|arc| flows.carried[arc.cable as usize] == node);
            let other = if state < nodes { state + nodes } else { state - nodes };
            if used == (state >= nodes) {
                self.relax(flows, state, other, NOBODY, Move::Within);
            }
        }
        for arc in self.net.arcs(node) {
            let carried = flows.carried[arc.cable as usize];
            if carried == arc.to {
                if may_take_back && arc.to != self.ends.from {
                    let out = if flows.split[arc.to as usize] { arc.to + nodes } else { arc.to };
                    self.relax(flows, state, out, arc.cable, Move::Back(arc.cost));
                }
            } else if carried == NOBODY && may_go_on && arc.to != self.ends.from && passable(cable(arc.cable)) {
                self.relax(flows, state, arc.to, arc.cable, Move::On(arc.cost));
            }
        }
    }

    fn relax(&self, flows: &mut Flows<C>, from: State, to: State, cable: u32, moved: Move<C>) {
        let here = &flows.labels[from as usize];
        let start = here.distance;
        let fallen = here.base + flows.gained[from as usize];
        let risen = self.label(flows, to).base;
        if risen >= C::MAX {
            return;
        }
        let risen = start + risen + flows.gained[to as usize];
        let there = match moved {
            Move::Within => risen - fallen,
            Move::On(cost) => risen + cost - fallen,
            Move::Back(cost) => risen - (fallen + cost),
        };
        let label = &mut flows.labels[to as usize];
        if there < label.distance {
            (label.distance, label.before, label.cable) = (there, from, cable);
            flows.open.push(Reverse((there, to)));
        }
    }

    fn label<'f>(&self, flows: &'f mut Flows<C>, state: State) -> &'f mut Label<C> {
        let label = &mut flows.labels[state as usize];
        if label.stamp != flows.stamp {
            let base = self.region.potential(self.node(state), &self.bounds);
            *label =
                Label { distance: C::MAX, base, stamp: flows.stamp, expanded: false, before: NOBODY, cable: NOBODY };
        }
        label
    }

    /// Adapts the potential, so that the route that was found costs nothing either way.
    fn raise(&self, flows: &mut Flows<C>, expanded: &[State], distance: C) {
        for &state in expanded {
            let reached = flows.labels[state as usize].distance;
            if reached < distance {
                flows.gained[state as usize] += distance - reached;
                flows.changed.push(state);
            }
        }
    }

    /// Goes back along the route: cables that it takes back are free, the others carry it.
    fn put_in(&self, flows: &mut Flows<C>) {
        let nodes = self.nodes();
        let mut state = self.ends.to;
        while state != self.ends.from {
            let Label { before, cable, .. } = flows.labels[state as usize];
            if cable != NOBODY {
                let (from, to) = (self.node(before), self.node(state));
                let carried = &mut flows.carried[cable as usize];
                *carried = if *carried == to { NOBODY } else { from };
            }
            let node = self.node(state);
            if self.apart == Apart::Nodes && node != self.ends.to && !flows.split[node as usize] {
                flows.split[node as usize] = true;
                flows.split_nodes.push(node);
                flows.gained[(node + nodes) as usize] = flows.gained[node as usize];
                flows.changed.push(node + nodes);
            }
            state = before;
        }
    }

    /// Takes the routes out again.
    fn routes(&self, flows: &mut Flows<C>) -> Vec<Route<C>> {
        let mut routes = Vec::new();
        loop {
            let mut route = Route::nowhere(C::default());
            let mut at = self.ends.from;
            while at != self.ends.to {
                let Some(arc) = self.net.arcs(at).iter().find(|arc| flows.carried[arc.cable as usize] == at) else {
                    return routes;
                };
                flows.carried[arc.cable as usize] = NOBODY;
                route.cost += arc.cost;
                route.cables.push(cable(arc.cable));
                at = arc.to;
            }
            routes.push(route);
        }
    }
}

/// Between two states.
#[derive(Debug, Clone, Copy)]
enum Move<C> {
    /// Along a cable.
    On(C),
    /// Against a route, giving its cable back.
    Back(C),
    /// From one state of a node to the other.
    Within,
}
