//! The k best loopless routes: J. Y. Yen, *Finding the k shortest loopless paths in a network*, Management Science 17, 1971, with
//! E. L. Lawler's division (1972): what is left of a set of routes when its best is taken falls into disjoint sets, one for each node at
//! which a route can leave the best one. So no route is found twice. Sets wait with a lower bound and are searched only when no other set
//! could give a better route, and then mostly without a search: if the region's own shortest way does not cross what is already fixed, it
//! is the best of its set (as E. Q. V. Martins, M. M. B. Pascoal, *A new implementation of Yen's ranking loopless paths algorithm*, 4OR 1, 2003).
//! Branches are cables and not nodes: parallel cables are different routes.

use crate::{
    cost::Cost,
    graph::{Cable, Node},
    landmarks::Toward,
    meeting::Step,
    route::Route,
    router::{Ends, Router, cable},
};
use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    rc::Rc,
};

/// Nodes that a set of routes has fixed.
#[derive(Debug)]
pub(crate) struct Forks {
    fixed: Vec<u32>,
    stamp: u32,
}

impl Forks {
    pub(crate) fn new(nodes: usize) -> Self {
        Self { fixed: vec![0; nodes], stamp: 0 }
    }

    fn begin(&mut self) {
        self.stamp = self.stamp.checked_add(1).unwrap_or_else(|| {
            self.fixed.fill(0);
            1
        });
    }

    fn fix(&mut self, node: u32) {
        self.fixed[node as usize] = self.stamp;
    }

    fn is_fixed(&self, node: u32) -> bool {
        self.fixed[node as usize] == self.stamp
    }
}

/// All routes that begin with the first `fork` cables of `path` and do not go on with one of `barred`.
#[derive(Debug, Clone)]
struct Set<C> {
    /// The best route's cost, or a lower bound of it.
    cost: C,
    /// `path` is the set's best route; otherwise it has not been searched yet.
    is_found: bool,
    path: Rc<[u32]>,
    fork: usize,
    barred: Rc<[u32]>,
}

impl<C: Cost> Set<C> {
    /// Cheapest first; what is not known before what is; then by cables. Two sets are never equal.
    fn order(&self) -> (C, bool, &[u32], usize, &[u32]) {
        (self.cost, self.is_found, &self.path, self.fork, &self.barred)
    }
}

impl<C: Cost> PartialEq for Set<C> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl<C: Cost> Eq for Set<C> {}

impl<C: Cost> PartialOrd for Set<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C: Cost> Ord for Set<C> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl<C: Cost> Router<'_, C> {
    /// The `count` cheapest loopless routes over passable cables, cheapest first, equal ones by fewer cables and then by their cables in
    /// the order of travel; fewer if there are not as many. If both ends are one node, the route without cables is the only one.
    pub fn k_best(&mut self, from: Node, to: Node, count: usize, passable: impl Fn(Cable) -> bool) -> Vec<Route<C>> {
        let Some(ends) = self.ends(from, to).filter(|_| count > 0) else { return Vec::new() };
        if ends.from == ends.to {
            return vec![Route::nowhere(C::default())];
        }
        if !self.region.measure(self.net, self.landmarks, ends, &passable) {
            return Vec::new();
        }
        let all = Set { cost: C::default(), is_found: false, path: Rc::from([]), fork: 0, barred: Rc::from([]) };
        let mut open = BinaryHeap::from([Reverse(all)]);
        let mut routes = Vec::new();
        while let Some(Reverse(set)) = open.pop() {
            if !set.is_found {
                open.extend(self.best_of(ends, &set, &passable).map(Reverse));
                continue;
            }
            let cables = set.path.iter().copied().map(cable).collect();
            routes.push(Route { cost: set.cost, cables });
            if routes.len() == count {
                break;
            }
            self.divide(ends, &set, &passable, |part| open.push(Reverse(part)));
        }
        routes
    }

    fn bounds(&self, ends: Ends) -> [Toward<'_>; 2] {
        [self.landmarks.toward(ends.from), self.landmarks.toward(ends.to)]
    }

    /// What is left of a set without its best route, as disjoint sets with their bounds.
    fn divide(&mut self, ends: Ends, set: &Set<C>, passable: &impl Fn(Cable) -> bool, mut part: impl FnMut(Set<C>)) {
        self.forks.begin();
        let (mut at, mut so_far) = (ends.from, C::default());
        for (fork, &next) in set.path.iter().enumerate() {
            self.forks.fix(at);
            if fork >= set.fork {
                let earlier: &[u32] = if fork == set.fork { &set.barred } else { &[] };
                let barred: Rc<[u32]> = earlier.iter().copied().chain([next]).collect();
                if let Some((rest, _)) = self.first_step(ends, at, &barred, passable) {
                    part(Set { cost: so_far + rest, is_found: false, path: Rc::clone(&set.path), fork, barred });
                }
            }
            so_far += self.net.cost(cable(next));
            at = self.net.other(next, at);
        }
    }

    /// The smallest bound of going on from `at`, and the first step with it.
    fn first_step(&self, ends: Ends, at: u32, barred: &[u32], passable: &impl Fn(Cable) -> bool) -> Option<(C, Step)> {
        let bounds = self.bounds(ends);
        let open =
            self.net.arcs(at).iter().filter(|arc| {
                !self.forks.is_fixed(arc.to) && !barred.contains(&arc.cable) && passable(cable(arc.cable))
            });
        open.map(|arc| {
            let step = Step { from: at, to: arc.to, cable: arc.cable };
            (arc.cost + self.region.potential(arc.to, &bounds), step)
        })
        .filter(|&(bound, _)| bound < C::MAX)
        .min_by_key(|&(bound, step)| (bound, step.cable))
    }

    /// The best route of a set.
    fn best_of(&mut self, ends: Ends, set: &Set<C>, passable: &impl Fn(Cable) -> bool) -> Option<Set<C>> {
        self.forks.begin();
        let (mut at, mut so_far) = (ends.from, C::default());
        self.forks.fix(at);
        for &next in &set.path[..set.fork] {
            so_far += self.net.cost(cable(next));
            at = self.net.other(next, at);
            self.forks.fix(at);
        }
        let (_, step) = self.first_step(ends, at, &set.barred, passable)?;
        let rest = match self.along(ends, step, passable) {
            Some(rest) => rest,
            None => self.around(ends, at, &set.barred, passable)?,
        };
        let path = set.path[..set.fork].iter().copied().chain(rest.cables.iter().map(|c| narrow(*c))).collect();
        Some(Set { cost: so_far + rest.cost, is_found: true, path, fork: set.fork, barred: Rc::clone(&set.barred) })
    }

    /// The region's shortest way after a step, if it is known and crosses nothing that is fixed.
    fn along(&self, ends: Ends, first: Step, passable: &impl Fn(Cable) -> bool) -> Option<Route<C>> {
        let cost = self.net.cost(cable(first.cable)) + self.region.exact(first.to)?;
        let mut cables = vec![cable(first.cable)];
        let mut at = first.to;
        while at != ends.to {
            let arc = self.region.next(self.net, at, |step| passable(cable(step.cable)))?;
            if self.forks.is_fixed(arc.to) {
                return None;
            }
            cables.push(cable(arc.cable));
            at = arc.to;
        }
        Some(Route { cost, cables })
    }

    /// The shortest way from `at` that crosses nothing that is fixed: A* with the region's potential.
    fn around(&mut self, ends: Ends, at: u32, barred: &[u32], passable: &impl Fn(Cable) -> bool) -> Option<Route<C>> {
        let bounds = [self.landmarks.toward(ends.from), self.landmarks.toward(ends.to)];
        let (net, region, forks, meeting) = (self.net, &self.region, &self.forks, &mut self.meeting);
        let hop_bits = net.packing().hop_bits();
        let allowed = |step: Step| {
            passable(cable(step.cable))
                && !forks.is_fixed(step.to)
                && if step.from == at { !barred.contains(&step.cable) } else { !forks.is_fixed(step.from) }
        };
        meeting.begin();
        meeting.slot(at).from_start = C::default();
        meeting.slot(ends.to).to_end = C::default();
        meeting.open[0].push(Reverse((C::default(), at)));
        while let Some(Reverse((key, node))) = meeting.open[0].pop() {
            if key > meeting.best {
                break;
            }
            let slot = meeting.slot(node);
            if slot.flags != 0 {
                continue;
            }
            slot.flags = crate::meeting::FROM_START;
            let here = slot.from_start;
            for arc in net.arcs(node) {
                let step = Step { from: node, to: arc.to, cable: arc.cable };
                let there = here + arc.cost;
                if !allowed(step) {
                    continue;
                }
                if arc.to == ends.to {
                    meeting.meet(there, step);
                } else if there < meeting.slot(arc.to).from_start {
                    meeting.slot(arc.to).from_start = there;
                    let key = there + region.strict(arc.to, &bounds, hop_bits);
                    if key <= meeting.best {
                        meeting.open[0].push(Reverse((key, arc.to)));
                    }
                }
            }
        }
        meeting.open[0].clear();
        meeting.route(net, Ends { from: at, to: ends.to }, allowed)
    }
}

fn narrow(cable: Cable) -> u32 {
    u32::try_from(cable.index()).unwrap_or(u32::MAX)
}
