//! Several routes that must not use the same things, exactly: conflict-based search (G. Sharon et al., *Conflict-based search for optimal
//! multi-agent pathfinding*, Artificial Intelligence 219, 2015), with the choice of the conflict that costs most (E. Boyarski et al., *ICBS*,
//! IJCAI 2015).
//!
//! Every route is the shortest without the things it is barred from. If two use the same thing, one of them must do without it: two cases,
//! each with a bound that is at least as high. The case with the lowest bound goes first, so the first without a conflict is the best answer.
//! Each case also gives an answer, if a poor one, by routing one after the other; so there is something to show when the steps run out.

use crate::{
    cost::Cost,
    graph::Cable,
    meeting::Queue,
    route::Route,
    router::{Ends, cable},
    verdict::{Verdict, sum},
    weighted::Weighted,
};
use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BinaryHeap},
    rc::Rc,
};

/// Conflicts of a case of which the costs are worked out, to choose one.
const LOOKED_AT: usize = 8;

/// What only one route may use, as numbers from 0.
#[derive(Debug, Clone, Default)]
pub(crate) struct Things {
    /// What each cable is part of.
    pub(crate) of_cable: Vec<Vec<u32>>,
    /// What each node between the ends is, if anything.
    pub(crate) of_node: Vec<Option<u32>>,
    pub(crate) count: usize,
}

impl Things {
    fn bar_cable(&self, barred: &Barred, cable: u32) -> bool {
        self.of_cable.get(cable as usize).is_some_and(|of| of.iter().any(|&thing| barred.has(thing)))
    }

    fn bar_node(&self, barred: &Barred, node: u32) -> bool {
        self.of_node.get(node as usize).copied().flatten().is_some_and(|thing| barred.has(thing))
    }
}

/// The question.
pub(crate) struct Question<'a, C, P> {
    pub(crate) net: &'a Weighted<'a, C>,
    pub(crate) things: &'a Things,
    /// What each route leads from and to.
    pub(crate) ends: Vec<Ends>,
    pub(crate) passable: P,
    /// Nodes that may be expanded in all searches together.
    pub(crate) steps: u64,
    /// Nothing is cheaper than this, for reasons of the asker's.
    pub(crate) floor: C,
}

/// A set of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Barred(Vec<u64>);

impl Barred {
    pub(crate) fn none(count: usize) -> Rc<Self> {
        Rc::new(Self(vec![0; count.div_ceil(64)]))
    }

    fn has(&self, thing: u32) -> bool {
        self.0[thing as usize / 64] >> (thing % 64) & 1 != 0
    }

    pub(crate) fn with(&self, things: impl Iterator<Item = u32>) -> Rc<Self> {
        let mut barred = self.clone();
        for thing in things {
            barred.0[thing as usize / 64] |= 1 << (thing % 64);
        }
        Rc::new(barred)
    }
}

/// A case: what each route is barred from, and the shortest routes then.
#[derive(Debug, Clone)]
struct Case<C> {
    bound: C,
    barred: Vec<Rc<Barred>>,
    routes: Vec<Rc<Found<C>>>,
    /// The order in which cases were made, so that the search is always the same.
    number: u64,
}

/// A route and the things that it uses, in their order.
#[derive(Debug, Clone)]
struct Found<C> {
    route: Route<C>,
    uses: Vec<u32>,
}

impl<C: Cost> PartialEq for Case<C> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<C: Cost> Eq for Case<C> {}

impl<C: Cost> PartialOrd for Case<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C: Cost> Ord for Case<C> {
    /// The lowest bound first, then the latest: it knows most.
    fn cmp(&self, other: &Self) -> Ordering {
        (self.bound, Reverse(self.number)).cmp(&(other.bound, Reverse(other.number)))
    }
}

/// How a node was reached by the latest search that reached it.
#[derive(Debug, Clone, Copy)]
struct Label<C> {
    distance: C,
    search: u64,
    before: u32,
    cable: u32,
}

/// The search, as it stands.
struct Search<'q, C, P> {
    question: &'q Question<'q, C, P>,
    /// Each route's distances to its end when nothing is barred: bounds for every case.
    distances: Vec<Rc<Vec<C>>>,
    labels: Vec<Label<C>>,
    searches: u64,
    steps: u64,
    made: u64,
    best: Option<Vec<Route<C>>>,
}

impl<C: Cost, P: Fn(Cable) -> bool> Question<'_, C, P> {
    /// The cheapest routes that share nothing; `barred` says what each may not use from the start.
    pub(crate) fn answer(&self, barred: Vec<Rc<Barred>>) -> Verdict<C> {
        let mut search = Search {
            question: self,
            distances: Vec::new(),
            labels: vec![Label { distance: C::MAX, search: 0, before: 0, cable: 0 }; self.net.graph().nodes()],
            searches: 0,
            steps: 0,
            made: 0,
            best: None,
        };
        for (route, ends) in self.ends.iter().enumerate() {
            let known = self.ends[..route].iter().position(|other| other.to == ends.to);
            let distances = match known {
                Some(known) => Rc::clone(&search.distances[known]),
                None => Rc::new(search.distances_to(ends.to)),
            };
            search.distances.push(distances);
        }
        search.run(barred)
    }
}

impl<C: Cost, P: Fn(Cable) -> bool> Search<'_, C, P> {
    fn run(&mut self, barred: Vec<Rc<Barred>>) -> Verdict<C> {
        let mut routes = Vec::new();
        for (at, barred) in barred.iter().enumerate() {
            let Some(found) = self.route(at, barred) else { return Verdict::Infeasible };
            routes.push(Rc::new(found));
        }
        let mut open = BinaryHeap::new();
        open.push(Reverse(self.case(barred, routes)));
        while let Some(Reverse(case)) = open.pop() {
            if self.best.as_ref().is_some_and(|best| sum(best) <= case.bound) {
                break;
            }
            let conflicts = conflicts(&case.routes);
            if conflicts.is_empty() {
                self.keep(case.routes.iter().map(|found| found.route.clone()).collect());
                continue;
            }
            if self.steps > self.question.steps {
                return self.stopped(case.bound);
            }
            self.one_after_the_other(&case);
            open.extend(self.split(&case, &conflicts).into_iter().map(Reverse));
        }
        self.best.take().map_or(Verdict::Infeasible, Verdict::Optimal)
    }

    fn stopped(&mut self, bound: C) -> Verdict<C> {
        match self.best.take() {
            Some(routes) => Verdict::Gap { routes, bound },
            None => Verdict::TimedOut { bound },
        }
    }

    fn case(&mut self, barred: Vec<Rc<Barred>>, routes: Vec<Rc<Found<C>>>) -> Case<C> {
        self.made += 1;
        let cost = routes.iter().fold(C::default(), |sum, found| sum + found.route.cost);
        Case { bound: cost.max(self.question.floor), barred, routes, number: self.made }
    }

    fn keep(&mut self, routes: Vec<Route<C>>) {
        if self.best.as_ref().is_none_or(|best| sum(&routes) < sum(best)) {
            self.best = Some(routes);
        }
    }

    /// The two cases of the conflict that costs most; fewer where a route cannot do without the thing.
    fn split(&mut self, case: &Case<C>, conflicts: &[(u32, usize, usize)]) -> Vec<Case<C>> {
        let mut chosen: Option<(C, C, Vec<Case<C>>)> = None;
        for &(thing, one, other) in conflicts.iter().take(LOOKED_AT) {
            // Routes of which nothing distinguishes one from the other need only one case.
            let alike = case.barred[one] == case.barred[other]
                && (self.question.ends[one].from, self.question.ends[one].to)
                    == (self.question.ends[other].from, self.question.ends[other].to);
            let sides: &[usize] = if alike { &[one] } else { &[one, other] };
            let cases: Vec<Case<C>> = sides.iter().filter_map(|&side| self.without(case, side, thing)).collect();
            let bounds = || cases.iter().map(|case| case.bound);
            let least = if cases.len() < sides.len() { C::MAX } else { bounds().min().unwrap_or(C::MAX) };
            let most = bounds().max().unwrap_or(C::MAX);
            if chosen.as_ref().is_none_or(|(l, m, _)| (least, most) > (*l, *m)) {
                chosen = Some((least, most, cases));
            }
            if chosen.as_ref().is_some_and(|(.., cases)| cases.is_empty()) {
                break;
            }
        }
        let mut cases = chosen.map(|(.., cases)| cases).unwrap_or_default();
        // A case is part of the one it comes from, and cannot be cheaper.
        cases.iter_mut().for_each(|part| part.bound = part.bound.max(case.bound));
        cases
    }

    fn without(&mut self, case: &Case<C>, side: usize, thing: u32) -> Option<Case<C>> {
        let mut barred = case.barred.clone();
        barred[side] = barred[side].with(std::iter::once(thing));
        let found = self.route(side, &barred[side])?;
        let mut routes = case.routes.clone();
        routes[side] = Rc::new(found);
        Some(self.case(barred, routes))
    }

    /// Routes that do share nothing: each without what the earlier ones use. Beginning with each of them.
    fn one_after_the_other(&mut self, case: &Case<C>) {
        let count = case.routes.len();
        for first in 0..count {
            let mut used = vec![Rc::clone(&case.routes[first])];
            for next in (1..count).map(|next| (first + next) % count) {
                let barred = case.barred[next].with(used.iter().flat_map(|found| found.uses.iter().copied()));
                let Some(found) = self.route(next, &barred) else { break };
                used.push(Rc::new(found));
            }
            if used.len() == count {
                used.rotate_right(first);
                self.keep(used.iter().map(|found| found.route.clone()).collect());
            }
        }
    }

    /// The shortest route of that number without what is barred: A* with the distances when nothing is.
    fn route(&mut self, at: usize, barred: &Barred) -> Option<Found<C>> {
        let question = self.question;
        let (ends, distances) = (question.ends[at], Rc::clone(&self.distances[at]));
        self.searches += 1;
        let search = self.searches;
        let mut open = Queue::new();
        self.labels[ends.from as usize] = Label { distance: C::default(), search, before: 0, cable: 0 };
        open.push(Reverse((distances[ends.from as usize], ends.from)));
        while let Some(Reverse((key, node))) = open.pop() {
            let here = self.labels[node as usize].distance;
            if key > here + distances[node as usize] {
                continue;
            }
            if node == ends.to {
                return Some(self.found(ends));
            }
            self.steps += 1;
            for arc in question.net.arcs(node) {
                let there = here + arc.cost;
                let label = &mut self.labels[arc.to as usize];
                let rest = distances[arc.to as usize];
                if rest < C::MAX
                    && (label.search != search || there < label.distance)
                    && (question.passable)(cable(arc.cable))
                    && !question.things.bar_cable(barred, arc.cable)
                    && (arc.to == ends.to || !question.things.bar_node(barred, arc.to))
                {
                    *label = Label { distance: there, search, before: node, cable: arc.cable };
                    open.push(Reverse((there + rest, arc.to)));
                }
            }
        }
        None
    }

    fn found(&self, ends: Ends) -> Found<C> {
        let things = self.question.things;
        let mut found = Found { route: Route::nowhere(self.labels[ends.to as usize].distance), uses: Vec::new() };
        let mut at = ends.to;
        while at != ends.from {
            let Label { before, cable: by, .. } = self.labels[at as usize];
            found.route.cables.push(cable(by));
            found.uses.extend(things.of_cable.get(by as usize).into_iter().flatten());
            at = before;
            if at != ends.from {
                found.uses.extend(things.of_node.get(at as usize).copied().flatten());
            }
        }
        found.route.cables.reverse();
        found.uses.sort_unstable();
        found.uses.dedup();
        found
    }

    /// Dijkstra from an end to everywhere.
    fn distances_to(&mut self, end: u32) -> Vec<C> {
        let question = self.question;
        let mut distances = vec![C::MAX; question.net.graph().nodes()];
        distances[end as usize] = C::default();
        let mut open = Queue::from([Reverse((C::default(), end))]);
        while let Some(Reverse((distance, node))) = open.pop() {
            if distance > distances[node as usize] {
                continue;
            }
            self.steps += 1;
            for arc in question.net.arcs(node) {
                let there = distance + arc.cost;
                if there < distances[arc.to as usize] && (question.passable)(cable(arc.cable)) {
                    distances[arc.to as usize] = there;
                    open.push(Reverse((there, arc.to)));
                }
            }
        }
        distances
    }
}

/// Things that two routes use, and the first two that do.
fn conflicts<C>(routes: &[Rc<Found<C>>]) -> Vec<(u32, usize, usize)> {
    let mut users: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, found) in routes.iter().enumerate() {
        for &thing in &found.uses {
            users.entry(thing).or_default().push(at);
        }
    }
    users.into_iter().filter(|(_, users)| users.len() > 1).map(|(thing, users)| (thing, users[0], users[1])).collect()
}
