//! The best routes under all rules together: labels (P. Hansen, *Bicriterion path problems*, 1980, and the resource-constrained shortest
//! paths that grew out of it), the most promising first (A*), with exact bounds of what is still before each.
//!
//! A label is a loopless way from the start, with everything that the rules ask of it: sums, loss, cores that every cable so far has free,
//! stops passed, buildings. It is given up if as many others at the same place as routes are wanted are at least as good in every respect:
//! whatever it could become, they could become better. Bounds are the sums from every (stops passed, node) to the end over open cables; they
//! are exact without the other rules, and stay bounds with them. The first complete label in the order of (sums, cables) is the best route.

use super::{
    cores::Cores,
    rules::{FIELDS, Must, Rules, Sums},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    rc::Rc,
};

/// Labels that are kept at most: what memory allows, not what time does.
const MOST_LABELS: usize = 2_000_000;

/// A route that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) sums: Sums,
    pub(super) loss: u64,
    pub(super) cables: Vec<u32>,
    pub(super) nodes: Vec<u32>,
    /// Cores that all its cables have free, where they must be the same.
    pub(super) cores: Option<Cores>,
}

/// What a search gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The best first; proven, but for the last one if `bound` is there and it costs more than that.
    pub(super) ways: Vec<Way>,
    /// The steps were not enough: nothing that is not among `ways` costs less than this.
    pub(super) bound: Option<Sums>,
}

impl Found {
    /// Where both ends are one place, there is one route without cables, however many nodes the place has.
    fn add(&mut self, way: Way) {
        if !way.cables.is_empty() || self.ways.iter().all(|other| !other.cables.is_empty()) {
            self.ways.push(way);
        }
    }
}

#[derive(Debug, Clone)]
struct Label {
    sums: Sums,
    loss: u64,
    passed: usize,
    cables: Rc<[u32]>,
    nodes: Rc<[u32]>,
    /// The same, in their order.
    sorted: Rc<[u32]>,
    buildings: Rc<[u32]>,
    cores: Option<Rc<Cores>>,
}

pub(super) fn add(mut a: Sums, b: Sums) -> Sums {
    a.iter_mut().zip(b).for_each(|(a, b)| *a = a.saturating_add(b));
    a
}

/// From each (stops passed, node), the least there is until the end.
struct Bounds {
    sums: Vec<Vec<Option<Sums>>>,
    loss: Option<Vec<Vec<Option<Sums>>>>,
}

/// The best routes in their order, at most `count` of them.
pub(super) fn search(rules: &Rules<'_>, count: usize, steps: u64) -> Found {
    let mut found = Found { ways: Vec::new(), bound: None };
    if count == 0 {
        return found;
    }
    let loss = |cable: u32| {
        let mut sums = [0; FIELDS];
        sums[0] = rules.loss[cable as usize];
        sums
    };
    let bounds = Bounds {
        sums: until_the_end(rules, |cable| rules.cost[cable as usize]),
        loss: rules.request.loss.map(|_| until_the_end(rules, loss)),
    };
    Search { rules, bounds, count, labels: Vec::new(), kept: BTreeMap::new(), open: BinaryHeap::new() }
        .run(steps, &mut found);
    found
}

/// Dijkstra from the ends backwards, over stops and nodes.
fn until_the_end(rules: &Rules<'_>, cost: impl Fn(u32) -> Sums) -> Vec<Vec<Option<Sums>>> {
    let (stops, nodes) = (rules.must.len(), rules.arcs.len());
    let mut least = vec![vec![None; nodes]; stops + 1];
    let mut open: BinaryHeap<Reverse<(Sums, usize, u32)>> =
        rules.to.iter().map(|&node| Reverse(([0; FIELDS], stops, node))).collect();
    while let Some(Reverse((sums, passed, node))) = open.pop() {
        let place: &mut Option<Sums> = &mut least[passed][node as usize];
        if place.is_some() {
            continue;
        }
        *place = Some(sums);
        for &(before, cable) in &rules.arcs[node as usize] {
            if !rules.is_open(cable) {
                continue;
            }
            for (earlier, least) in least.iter().enumerate().take(passed + 1) {
                if least[before as usize].is_none() && rules.advance(earlier, Some(cable), node) == passed {
                    open.push(Reverse((add(sums, cost(cable)), earlier, before)));
                }
            }
        }
    }
    least
}

/// What a label costs at least, its cables, its number.
type Waiting = (Sums, Rc<[u32]>, usize);

struct Search<'r, 'i> {
    rules: &'r Rules<'i>,
    bounds: Bounds,
    count: usize,
    labels: Vec<Label>,
    /// Labels that were expanded, by stops and node.
    kept: BTreeMap<(usize, u32), Vec<usize>>,
    /// By what they cost at least, then by their cables.
    open: BinaryHeap<Reverse<Waiting>>,
}

impl Search<'_, '_> {
    fn run(&mut self, steps: u64, found: &mut Found) {
        for &node in &self.rules.from {
            if !self.rules.closed[node as usize] {
                self.begin(node);
            }
        }
        let mut left = steps;
        while let Some(Reverse((bound, _, at))) = self.open.pop() {
            let label = self.labels[at].clone();
            let node = label.nodes.last().copied().unwrap_or(0);
            if self.is_complete(&label, node) {
                found.add(self.way(&label));
                if found.ways.len() == self.count {
                    return;
                }
                continue;
            }
            if left == 0 || self.labels.len() > MOST_LABELS {
                // It is not settled yet what this label becomes.
                self.open.push(Reverse((bound, Rc::clone(&label.cables), at)));
                return self.stop(bound, found);
            }
            left -= 1;
            if self.is_outdone(&label, node) {
                continue;
            }
            self.kept.entry((label.passed, node)).or_default().push(at);
            self.expand(&label, node);
        }
    }

    /// Complete labels that wait are routes, if not proven ones.
    fn stop(&mut self, bound: Sums, found: &mut Found) {
        let mut waiting = std::mem::take(&mut self.open).into_sorted_vec();
        waiting.reverse();
        for Reverse((_, _, at)) in waiting {
            let label = self.labels[at].clone();
            let node = label.nodes.last().copied().unwrap_or(0);
            if found.ways.len() < self.count && self.is_complete(&label, node) {
                found.add(self.way(&label));
            }
        }
        found.bound = Some(bound);
    }

    fn is_complete(&self, label: &Label, node: u32) -> bool {
        let (first, last) = (self.rules.first, self.rules.last);
        label.passed == self.rules.must.len()
            && self.rules.to.contains(&node)
            && last.is_none_or(|(cable, _)| label.cables.last().is_none_or(|last| *last == cable))
            // One cable from port to port is one core.
            && (label.cables.len() != 1 || first.zip(last).is_none_or(|(first, last)| first == last))
    }

    fn way(&self, label: &Label) -> Way {
        Way {
            sums: label.sums,
            loss: label.loss.saturating_sub(if label.cables.is_empty() { 0 } else { self.rules.request.joint }),
            cables: label.cables.to_vec(),
            nodes: label.nodes.to_vec(),
            cores: label.cores.as_deref().cloned(),
        }
    }

    fn begin(&mut self, node: u32) {
        let mut sums = [0; FIELDS];
        let mut buildings: Rc<[u32]> = Rc::from([]);
        if let Some(field) = self.rules.building_field {
            sums[field] = 1;
            buildings = Rc::from([self.rules.building[node as usize]]);
        }
        let nodes: Rc<[u32]> = Rc::from([node]);
        self.push(Label {
            sums,
            loss: 0,
            passed: self.rules.advance(0, None, node),
            cables: Rc::from([]),
            sorted: Rc::clone(&nodes),
            nodes,
            buildings,
            cores: None,
        });
    }

    fn push(&mut self, label: Label) {
        let node = label.nodes.last().copied().unwrap_or(0);
        let Some(rest) = self.bounds.sums[label.passed][node as usize] else { return };
        if let (Some(budget), Some(loss)) = (self.rules.request.loss, &self.bounds.loss) {
            let rest = loss[label.passed][node as usize].map_or(0, |sums| sums[0]);
            // Joints are between cables: one fewer than cables.
            let all = label.loss.saturating_add(rest);
            let joint = if all == 0 { 0 } else { self.rules.request.joint };
            if all.saturating_sub(joint) > budget {
                return;
            }
        }
        let at = self.labels.len();
        self.open.push(Reverse((add(label.sums, rest), Rc::clone(&label.cables), at)));
        self.labels.push(label);
    }

    fn expand(&mut self, label: &Label, node: u32) {
        let rules = self.rules;
        for &(to, cable) in &rules.arcs[node as usize] {
            let Err(place) = label.sorted.binary_search(&to) else { continue };
            let begins = label.cables.is_empty();
            if !rules.is_open(cable) || begins && rules.first.is_some_and(|(first, _)| first != cable) {
                continue;
            }
            // A later stop that can be passed only there is not passed before its turn.
            let passed = rules.advance(label.passed, Some(cable), to);
            let later = rules.must.iter().skip(passed);
            if later.clone().any(|must| matches!(must, Must::Node(nodes) if nodes.len() == 1 && nodes.contains(&to)))
                || later.clone().any(|must| matches!(must, Must::Cable(later) if *later == cable))
            {
                continue;
            }
            let cores = if rules.request.same_core {
                let mut cores = match &label.cores {
                    Some(so_far) => so_far.both(&rules.cores[cable as usize]),
                    None => rules.cores[cable as usize].clone(),
                };
                for (_, core) in [rules.first, rules.last].into_iter().flatten() {
                    let mut only = Cores::default();
                    only.insert(core);
                    cores = cores.both(&only);
                }
                if cores.is_empty() {
                    continue;
                }
                Some(Rc::new(cores))
            } else {
                None
            };
            let mut sums = add(label.sums, rules.cost[cable as usize]);
            let mut buildings = Rc::clone(&label.buildings);
            if let Some(field) = rules.building_field
                && let Err(place) = buildings.binary_search(&rules.building[to as usize])
            {
                sums[field] += 1;
                buildings = with(&buildings, place, rules.building[to as usize]);
            }
            let append = |all: &Rc<[u32]>, last: u32| with(all, all.len(), last);
            self.push(Label {
                sums,
                loss: label.loss.saturating_add(rules.loss[cable as usize]),
                passed,
                cables: append(&label.cables, cable),
                nodes: append(&label.nodes, to),
                sorted: with(&label.sorted, place, to),
                buildings,
                cores,
            });
        }
    }

    /// Whether as many others as routes are wanted can become whatever this one can, and better.
    fn is_outdone(&self, label: &Label, node: u32) -> bool {
        let rules = self.rules;
        // One best route has no loops if only sums, losses and cores count: whoever meets itself is outdone by a shorter one.
        let loops_matter =
            self.count > 1 || !rules.must.is_empty() || rules.building_field.is_some() || rules.last.is_some();
        let Some(others) = self.kept.get(&(label.passed, node)) else { return false };
        let as_good = |other: &Label| {
            other.sums <= label.sums
                && (rules.request.loss.is_none() || other.loss <= label.loss)
                && other.buildings == label.buildings
                && (!loops_matter || other.sorted.iter().all(|node| label.sorted.binary_search(node).is_ok()))
                && match (&other.cores, &label.cores) {
                    (Some(other), Some(this)) => other.holds(this),
                    (None, Some(_)) | (None, None) => true,
                    (Some(_), None) => false,
                }
        };
        others.iter().filter(|&&other| as_good(&self.labels[other])).count() >= self.count
    }
}

fn with(all: &Rc<[u32]>, place: usize, one: u32) -> Rc<[u32]> {
    let (before, after) = all.split_at(place);
    before.iter().copied().chain([one]).chain(after.iter().copied()).collect()
}
