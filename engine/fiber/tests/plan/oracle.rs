//! Small plants with random rules, and every route that meets them.

use guiju_fiber::{
    inventory::{At, CableRow, Inventory, Level, PlaceRow, Rows, UseRow},
    plan::{Avoid, Criterion, Fibres, Fill, Request, Separate, Stop},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

pub(crate) const CORES: u32 = 4;

/// Nodes are frames `n0`…, in rooms `r0`… in buildings `b0`…; cables are `c0`….
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) rooms: Vec<usize>,
    pub(crate) cables: Vec<Cable>,
    /// The frames at which a route may begin and end.
    pub(crate) from: Vec<usize>,
    pub(crate) to: Vec<usize>,
    pub(crate) request: Request,
}

#[derive(Debug, Clone)]
pub(crate) struct Cable {
    pub(crate) ends: [usize; 2],
    pub(crate) length: u64,
    pub(crate) loss: u64,
    pub(crate) ducts: Vec<u8>,
    pub(crate) class: bool,
    pub(crate) owner: bool,
    pub(crate) used: BTreeSet<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    /// By the request's criteria, then cables.
    pub(crate) sums: Vec<u64>,
    pub(crate) cables: Vec<usize>,
    pub(crate) nodes: Vec<usize>,
}

fn cable(nodes: usize) -> impl Strategy<Value = Cable> {
    let amount = || prop_oneof![0..4_u64, 0..40_u64];
    let ducts = prop::collection::vec(0..4_u8, 0..=2);
    let used = prop::collection::btree_set(1..=CORES, 0..=3);
    ((0..nodes, 0..nodes), amount(), amount(), ducts, prop::bool::weighted(0.8), prop::bool::weighted(0.8), used)
        .prop_map(|((a, b), length, loss, ducts, class, owner, used)| Cable {
            ends: [a, b],
            length,
            loss,
            ducts,
            class,
            owner,
            used,
        })
}

fn some<T: std::fmt::Debug + Clone>(most: usize, of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(of, 1..=most)]
}

/// A frame, or the room of a frame.
fn end(nodes: usize) -> impl Strategy<Value = (usize, bool)> {
    (0..nodes, prop::bool::weighted(0.3))
}

/// The name of an end and its frames: of a room, those at which cables end; without any, the frame stands for itself.
fn frames(rooms: &[usize], cables: &[Cable], (node, is_room): (usize, bool)) -> (String, Vec<usize>) {
    let is_joined =
        |node: &usize| cables.iter().any(|cable| cable.ends.contains(node) && cable.ends[0] != cable.ends[1]);
    let all: Vec<usize> = (0..rooms.len()).filter(|&other| rooms[other] == rooms[node]).filter(is_joined).collect();
    if is_room && !all.is_empty() { (format!("r{}", rooms[node]), all) } else { (format!("n{node}"), vec![node]) }
}

pub(crate) fn case(most_cables: usize) -> impl Strategy<Value = Case> {
    (2..=9_usize, 2..=most_cables).prop_flat_map(|(nodes, count)| {
        let criteria = [Criterion::Length, Criterion::Hops, Criterion::Loss, Criterion::Use, Criterion::Buildings];
        let prefer = (Just(criteria.to_vec()).prop_shuffle(), 0..=4_usize).prop_map(|(mut all, keep)| {
            all.truncate(keep);
            all
        });
        let stop = prop_oneof![
            (0..nodes).prop_map(|node| Stop::Place(format!("n{node}"))),
            (0..4_usize).prop_map(|room| Stop::Place(format!("r{room}"))),
            (0..count).prop_map(|cable| Stop::Cable(format!("c{cable}"))),
        ];
        let avoid = prop_oneof![
            (0..nodes).prop_map(|node| Avoid::Place(format!("n{node}"))),
            (0..4_usize).prop_map(|room| Avoid::Place(format!("r{room}"))),
            (0..count).prop_map(|cable| Avoid::Cable(format!("c{cable}"))),
            (0..4_u8).prop_map(|duct| Avoid::Duct(format!("d{duct}"))),
        ];
        let graph = (
            prop::collection::vec(0..4_usize, nodes),
            prop::collection::vec(cable(nodes), count),
            end(nodes),
            end(nodes),
        );
        let rules = (prefer, some(2, stop), some(2, avoid), prop::option::weighted(0.4, 0..90_u64), 0..3_u64);
        let cores = (prop::bool::weighted(0.4), prop::bool::weighted(0.3), any::<bool>(), 0..3_u8);
        (graph, rules, cores, prop::bool::weighted(0.2), prop::bool::weighted(0.2)).prop_map(
            |(
                (rooms, cables, from, to),
                (prefer, via, mut avoid, loss, joint),
                (same_core, pairs, descending, fill),
                class,
                owner,
            )| {
                // Names that nothing has are another test's affair.
                avoid.retain(|avoid| match avoid {
                    Avoid::Duct(name) => {
                        cables.iter().any(|cable| cable.ducts.iter().any(|duct| format!("d{duct}") == *name))
                    }
                    _ => true,
                });
                let ((from_name, from), (to_name, to)) = (frames(&rooms, &cables, from), frames(&rooms, &cables, to));
                let request = Request {
                    prefer,
                    via,
                    avoid,
                    loss,
                    joint,
                    same_core,
                    pairs,
                    fibres: if descending { Fibres::Descending } else { Fibres::Ascending },
                    fill: [None, Some(Fill::Least), Some(Fill::Most)][fill as usize],
                    classes: if class && cables.iter().any(|cable| cable.class) { vec!["good".into()] } else { vec![] },
                    owners: if owner && cables.iter().any(|cable| cable.owner) { vec!["ours".into()] } else { vec![] },
                    ..Request::new(&from_name, &to_name)
                };
                Case { rooms, cables, from, to, request }
            },
        )
    })
}

impl Case {
    pub(crate) fn plant(&self) -> Inventory {
        let at = At::default();
        let place = |name: String, level, within: Option<String>| PlaceRow { at, name, level, within };
        let mut places: Vec<PlaceRow> = (0..2).map(|b| place(format!("b{b}"), Level::Building, None)).collect();
        places.extend((0..4).map(|r| place(format!("r{r}"), Level::Room, Some(format!("b{}", r / 2)))));
        let rooms = self.rooms.iter().enumerate();
        places.extend(rooms.map(|(n, room)| place(format!("n{n}"), Level::Frame, Some(format!("r{room}")))));
        let cables = self.cables.iter().enumerate().map(|(number, cable)| CableRow {
            at,
            name: format!("c{number}"),
            ends: cable.ends.map(|end| format!("n{end}")),
            length: Some(cable.length),
            loss: Some(cable.loss),
            cores: CORES,
            ducts: cable.ducts.iter().map(|duct| format!("d{duct}")).collect(),
            class: cable.class.then(|| "good".into()),
            owner: cable.owner.then(|| "ours".into()),
        });
        let uses = self.cables.iter().enumerate().flat_map(|(number, cable)| {
            cable.used.iter().map(move |&core| UseRow { at, circuit: "x".into(), cable: format!("c{number}"), core })
        });
        Inventory::new(Rows { places, cables: cables.collect(), uses: uses.collect(), ..Rows::default() }).unwrap()
    }

    /// Cores that can be had, first ones of pairs if pairs are asked for.
    pub(crate) fn free(&self, cable: usize) -> BTreeSet<u32> {
        let used = &self.cables[cable].used;
        let has =
            |core: &u32| !used.contains(core) && (!self.request.pairs || core % 2 == 1 && !used.contains(&(core + 1)));
        (1..=CORES).filter(has).collect()
    }

    /// Every loopless route that meets all rules, the best first.
    pub(crate) fn ways(&self, via: bool) -> Vec<Way> {
        let mut found = Vec::new();
        self.from.iter().for_each(|&from| self.walk(&mut vec![from], &mut vec![], via, &mut found));
        found.sort();
        // Where both ends are one room, there is one route without cables.
        found.dedup_by(|a, b| a.cables.is_empty() && b.cables.is_empty());
        found
    }

    fn walk(&self, nodes: &mut Vec<usize>, cables: &mut Vec<usize>, via: bool, found: &mut Vec<Way>) {
        let here = *nodes.last().unwrap();
        // A route ends where it may; before all stops are passed it may go on.
        if self.to.contains(&here) && (!via || self.passes(nodes, cables, &self.request.via)) {
            if self.is_met(nodes, cables, via) {
                found.push(Way { sums: self.sums(nodes, cables), cables: cables.clone(), nodes: nodes.clone() });
            }
            return;
        }
        for (number, cable) in self.cables.iter().enumerate() {
            let [a, b] = cable.ends;
            let there = if a == here { b } else { a };
            if (a == here || b == here) && !nodes.contains(&there) {
                nodes.push(there);
                cables.push(number);
                self.walk(nodes, cables, via, found);
                nodes.pop();
                cables.pop();
            }
        }
    }

    fn lies(&self, node: usize, place: &str) -> bool {
        place == format!("n{node}") || place == format!("r{}", self.rooms[node])
    }

    fn is_met(&self, nodes: &[usize], cables: &[usize], via: bool) -> bool {
        let request = &self.request;
        let avoids = |avoid: &Avoid| match avoid {
            Avoid::Place(place) => nodes.iter().any(|&node| self.lies(node, place)),
            Avoid::Cable(name) => cables.iter().any(|cable| format!("c{cable}") == *name),
            Avoid::Duct(name) => {
                cables.iter().any(|&cable| self.cables[cable].ducts.iter().any(|duct| format!("d{duct}") == *name))
            }
        };
        let loss: u64 = cables.iter().map(|&cable| self.cables[cable].loss).sum();
        let loss = loss + request.joint * (cables.len() as u64).saturating_sub(1);
        let free = || cables.iter().map(|&cable| self.free(cable));
        let common = free().reduce(|a, b| &a & &b);
        !request.avoid.iter().any(avoids)
            && request.loss.is_none_or(|most| loss <= most)
            && free().all(|free| !free.is_empty())
            && (!request.same_core || common.is_none_or(|common| !common.is_empty()))
            && cables.iter().all(|&cable| request.classes.is_empty() || self.cables[cable].class)
            && cables.iter().all(|&cable| request.owners.is_empty() || self.cables[cable].owner)
            && (!via || self.passes(nodes, cables, &request.via))
    }

    /// Whether what is passed (node, cable, node, …) has the stops in this order; one node may be several stops.
    fn passes(&self, nodes: &[usize], cables: &[usize], stops: &[Stop]) -> bool {
        let Some(stop) = stops.first() else { return true };
        let rest = &stops[1..];
        match stop {
            Stop::Place(place) => (0..nodes.len())
                .filter(|&at| self.lies(nodes[at], place))
                .any(|at| self.passes(&nodes[at..], &cables[at..], rest)),
            Stop::Cable(name) => (0..cables.len())
                .filter(|&at| format!("c{}", cables[at]) == *name)
                .any(|at| self.passes(&nodes[at + 1..], &cables[at + 1..], rest)),
        }
    }

    fn sums(&self, nodes: &[usize], cables: &[usize]) -> Vec<u64> {
        let sum = |of: &dyn Fn(&Cable) -> u64| cables.iter().map(|&cable| of(&self.cables[cable])).sum::<u64>();
        let criterion = |criterion: &Criterion| match criterion {
            Criterion::Length => sum(&|cable| cable.length),
            Criterion::Hops => cables.len() as u64,
            Criterion::Loss => sum(&|cable| cable.loss + self.request.joint),
            Criterion::Use => sum(&|cable| cable.used.len() as u64),
            Criterion::Buildings => {
                nodes.iter().map(|&node| self.rooms[node] / 2).collect::<BTreeSet<_>>().len() as u64
            }
        };
        self.request.prefer.iter().map(criterion).chain([cables.len() as u64]).collect()
    }

    pub(crate) fn apart(&self, one: &Way, other: &Way, separate: Separate) -> bool {
        let ducts = |way: &Way| -> BTreeSet<u8> {
            way.cables.iter().flat_map(|&cable| self.cables[cable].ducts.clone()).collect()
        };
        let between = |way: &Way| {
            way.nodes
                .iter()
                .copied()
                .filter(|n| !self.from.contains(n) && !self.to.contains(n))
                .collect::<BTreeSet<_>>()
        };
        let by_ducts = matches!(separate, Separate::Ducts | Separate::DuctsAndNodes);
        let by_nodes = matches!(separate, Separate::Nodes | Separate::DuctsAndNodes);
        !one.cables.iter().any(|cable| other.cables.contains(cable))
            && (!by_ducts || ducts(one).is_disjoint(&ducts(other)))
            && (!by_nodes || between(one).is_disjoint(&between(other)))
    }
}
