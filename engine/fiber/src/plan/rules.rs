//! A request's rules against a plant: names are looked up, cables closed, bounds worked out. What contradicts itself is said here.

use super::{
    Avoid, Criterion, Request, Separate, Stop,
    cores::{self, Cores, Taken},
};
use crate::{
    graph::{Cable, Node},
    inventory::{Inventory, Level},
};
use std::collections::BTreeSet;

/// A route's sums: the criteria in their order, cables last. They compare as the criteria do, one after the other.
pub(super) const FIELDS: usize = 7;
pub(super) type Sums = [u64; FIELDS];

/// Why a request cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// A name is not there.
    #[error("there is no {kind} `{name}`")]
    Unknown {
        /// `place`, `cable`, `duct`, `circuit`, `class`, `owner`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Something must be used and must not be used.
    #[error("`{name}` is to be used, and `{by}` is to be avoided")]
    UsedAndAvoided {
        /// What is to be used.
        name: String,
        /// The rule against it.
        by: String,
    },
    /// A criterion is there twice: the second time it decides nothing.
    #[error("a criterion is preferred twice")]
    Twice,
    /// A rule that this question does not take.
    #[error("`{rule}` cannot be asked for here")]
    NotHere {
        /// The rule.
        rule: &'static str,
    },
    /// A port's core is in use, or does not meet the rules for cores.
    #[error("port `{port}` is in use")]
    PortInUse {
        /// The port.
        port: String,
    },
}

/// Why a cable is closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bar {
    /// The request avoids this, or is to be apart from a circuit that uses it.
    Avoided(Avoid),
    /// It is not of a class that is asked for.
    Class(String),
    /// It is not of an owner that is asked for.
    Owner(String),
    /// This cable has no core, or no pair of cores, left.
    Full(String),
}

/// What is to be passed next.
#[derive(Debug, Clone)]
pub(super) enum Must {
    Node(BTreeSet<u32>),
    Cable(u32),
}

/// A request, looked up.
pub(super) struct Rules<'i> {
    pub(super) plant: &'i Inventory,
    pub(super) taken: &'i Taken,
    pub(super) request: &'i Request,
    pub(super) from: Vec<u32>,
    pub(super) to: BTreeSet<u32>,
    /// The only core with which the route may begin, and end.
    pub(super) first: Option<(u32, u32)>,
    pub(super) last: Option<(u32, u32)>,
    pub(super) must: Vec<Must>,
    /// Places that are avoided.
    pub(super) closed: Vec<bool>,
    /// Why each cable is closed; open ones have no reason.
    pub(super) bars: Vec<Vec<Bar>>,
    /// Each cable's cores that can be had.
    pub(super) cores: Vec<Cores>,
    pub(super) cost: Vec<Sums>,
    pub(super) loss: Vec<u64>,
    /// Each node's building, and the field that counts them.
    pub(super) building: Vec<u32>,
    pub(super) building_field: Option<usize>,
    /// Each node's cables: far end, cable.
    pub(super) arcs: Vec<Vec<(u32, u32)>>,
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn unknown(kind: &'static str, name: &str) -> Contradiction {
    Contradiction::Unknown { kind, name: name.to_owned() }
}

impl<'i> Rules<'i> {
    pub(super) fn new(plant: &'i Inventory, taken: &'i Taken, request: &'i Request) -> Result<Self, Contradiction> {
        if request.prefer.iter().collect::<BTreeSet<_>>().len() < request.prefer.len() {
            return Err(Contradiction::Twice);
        }
        let nodes = |name: &str| -> Result<BTreeSet<u32>, Contradiction> {
            let nodes: BTreeSet<u32> = plant.nodes_within(name).into_iter().map(|node| narrow(node.index())).collect();
            if nodes.is_empty() { Err(unknown("place", name)) } else { Ok(nodes) }
        };
        let cable = |name: &str| plant.cable(name).ok_or_else(|| unknown("cable", name));
        let (from, to) = (nodes(&request.from)?, nodes(&request.to)?);
        let mut must = Vec::new();
        for stop in &request.via {
            must.push(match stop {
                Stop::Place(name) => Must::Node(nodes(name)?),
                Stop::Cable(name) => Must::Cable(narrow(cable(name)?.index())),
            });
        }
        known(plant, request)?;
        let avoided = avoided(plant, request)?;
        let mut closed: Vec<Option<Avoid>> = vec![None; plant.graph().nodes()];
        for avoid in &avoided {
            if let Avoid::Place(name) = avoid {
                for node in nodes(name)? {
                    closed[node as usize].get_or_insert_with(|| avoid.clone());
                }
            }
        }
        let cores: Vec<Cores> = plant.cables().map(|cable| cores::free(plant, taken, cable, request.pairs)).collect();
        let bars: Vec<Vec<Bar>> =
            plant.cables().map(|cable| bars(plant, request, &avoided, &closed, cable, &cores)).collect();
        let arcs = arcs(plant);
        // A room is its frames: where cables end, places without any are no ends.
        let joined = |nodes: BTreeSet<u32>| {
            let some: BTreeSet<u32> = nodes.iter().copied().filter(|&node| !arcs[node as usize].is_empty()).collect();
            if some.is_empty() { nodes } else { some }
        };
        let rules = Self {
            first: pinned(plant, &request.from, &cores, request)?,
            last: pinned(plant, &request.to, &cores, request)?,
            cost: costs(plant, taken, request),
            loss: plant.losses().iter().map(|loss| loss + request.joint).collect(),
            building: buildings(plant),
            building_field: request.prefer.iter().position(|criterion| *criterion == Criterion::Buildings),
            from: joined(from).into_iter().collect(),
            to: joined(to),
            closed: closed.iter().map(Option::is_some).collect(),
            arcs,
            plant,
            taken,
            request,
            must,
            bars,
            cores,
        };
        rules.contradiction(&closed).map_or(Ok(rules), Err)
    }

    pub(super) fn is_open(&self, cable: u32) -> bool {
        self.bars[cable as usize].is_empty()
    }

    /// How many stops are passed when `passed` were and the route goes over a cable to a node.
    pub(super) fn advance(&self, mut passed: usize, cable: Option<u32>, node: u32) -> usize {
        if let (Some(Must::Cable(must)), Some(cable)) = (self.must.get(passed), cable)
            && *must == cable
        {
            passed += 1;
        }
        while let Some(Must::Node(nodes)) = self.must.get(passed)
            && nodes.contains(&node)
        {
            passed += 1;
        }
        passed
    }

    /// What is to be used and avoided at once.
    fn contradiction(&self, closed: &[Option<Avoid>]) -> Option<Contradiction> {
        let by = |avoid: &Avoid| match avoid {
            Avoid::Place(name) | Avoid::Cable(name) | Avoid::Duct(name) => name.clone(),
        };
        let closed_all = |name: &str, nodes: &mut dyn Iterator<Item = u32>| {
            let mut first = None;
            for node in nodes {
                first = Some(closed[node as usize].as_ref()?);
            }
            first.map(|avoid| Contradiction::UsedAndAvoided { name: name.to_owned(), by: by(avoid) })
        };
        let ends = closed_all(&self.request.from, &mut self.from.iter().copied())
            .or_else(|| closed_all(&self.request.to, &mut self.to.iter().copied()));
        let stops = self.request.via.iter().zip(&self.must).find_map(|(stop, must)| match (stop, must) {
            (Stop::Place(name), Must::Node(nodes)) => closed_all(name, &mut nodes.iter().copied()),
            (Stop::Cable(name), Must::Cable(cable)) => self.bars[*cable as usize].iter().find_map(|bar| match bar {
                Bar::Avoided(avoid) => Some(Contradiction::UsedAndAvoided { name: name.clone(), by: by(avoid) }),
                _ => None,
            }),
            _ => None,
        });
        ends.or(stops)
    }
}

/// Classes, owners and circuits that nothing has are slips.
fn known(plant: &Inventory, request: &Request) -> Result<(), Contradiction> {
    let some = |of: fn(&crate::inventory::CableRow) -> Option<&String>, name: &String| {
        plant.cables().filter_map(|cable| plant.record(cable)).any(|record| of(record) == Some(name))
    };
    if let Some(class) = request.classes.iter().find(|class| !some(|record| record.class.as_ref(), class)) {
        return Err(unknown("class", class));
    }
    match request.owners.iter().find(|owner| !some(|record| record.owner.as_ref(), owner)) {
        Some(owner) => Err(unknown("owner", owner)),
        None => Ok(()),
    }
}

/// What the request avoids, with what it must be apart from.
fn avoided(plant: &Inventory, request: &Request) -> Result<Vec<Avoid>, Contradiction> {
    let mut avoided = request.avoid.clone();
    for avoid in &avoided {
        match avoid {
            Avoid::Duct(name) if plant.duct_number(name).is_none() => return Err(unknown("duct", name)),
            Avoid::Cable(name) if plant.cable(name).is_none() => return Err(unknown("cable", name)),
            _ => {}
        }
    }
    let Some((circuit, separate)) = &request.apart_from else { return Ok(avoided) };
    let cables: BTreeSet<Cable> = plant.uses().filter(|(.., user)| user == circuit).map(|(cable, ..)| cable).collect();
    if cables.is_empty() {
        return Err(unknown("circuit", circuit));
    }
    let ends: BTreeSet<Node> =
        [&request.from, &request.to].into_iter().flat_map(|end| plant.nodes_within(end)).collect();
    for &cable in &cables {
        let Some(record) = plant.record(cable) else { continue };
        avoided.push(Avoid::Cable(record.name.clone()));
        if matches!(separate, Separate::Ducts | Separate::DuctsAndNodes) {
            avoided.extend(record.ducts.iter().cloned().map(Avoid::Duct));
        }
        if matches!(separate, Separate::Nodes | Separate::DuctsAndNodes) {
            let (a, b) = plant.graph().ends(cable).unwrap_or_default();
            let between = [a, b].into_iter().filter(|node| !ends.contains(node));
            avoided.extend(between.map(|node| Avoid::Place(plant.name(node).to_owned())));
        }
    }
    Ok(avoided)
}

fn bars(
    plant: &Inventory,
    request: &Request,
    avoided: &[Avoid],
    closed: &[Option<Avoid>],
    cable: Cable,
    cores: &[Cores],
) -> Vec<Bar> {
    let Some(record) = plant.record(cable) else { return Vec::new() };
    let (a, b) = plant.graph().ends(cable).unwrap_or_default();
    let is_avoided = |avoid: &&Avoid| match avoid {
        Avoid::Cable(name) => *name == record.name,
        Avoid::Duct(name) => record.ducts.contains(name),
        Avoid::Place(_) => false,
    };
    let mut bars: Vec<Bar> = avoided.iter().filter(is_avoided).cloned().map(Bar::Avoided).collect();
    bars.extend([a, b].into_iter().filter_map(|node| closed[node.index()].clone()).map(Bar::Avoided));
    let outside =
        |all: &[String], of: &Option<String>| !all.is_empty() && !of.as_ref().is_some_and(|of| all.contains(of));
    if outside(&request.classes, &record.class) {
        bars.push(Bar::Class(record.class.clone().unwrap_or_default()));
    }
    if outside(&request.owners, &record.owner) {
        bars.push(Bar::Owner(record.owner.clone().unwrap_or_default()));
    }
    if cores[cable.index()].is_empty() {
        bars.push(Bar::Full(record.name.clone()));
    }
    bars.sort();
    bars.dedup();
    bars
}

/// The core of a port that is an end.
fn pinned(
    plant: &Inventory,
    place: &str,
    cores: &[Cores],
    request: &Request,
) -> Result<Option<(u32, u32)>, Contradiction> {
    if plant.level(place) != Some(Level::Port) {
        return Ok(None);
    }
    let Some((cable, core)) = plant.core_at(place) else { return Ok(None) };
    let first = if request.pairs { core - (core + 1) % 2 } else { core };
    if !cores[cable.index()].has(first) {
        return Err(Contradiction::PortInUse { port: place.to_owned() });
    }
    Ok(Some((narrow(cable.index()), first)))
}

fn costs(plant: &Inventory, taken: &Taken, request: &Request) -> Vec<Sums> {
    let (lengths, losses, usage) = (plant.lengths(), plant.losses(), plant.usage());
    plant
        .cables()
        .map(|cable| {
            let at = cable.index();
            let mut sums = [0; FIELDS];
            for (field, criterion) in request.prefer.iter().enumerate() {
                sums[field] = match criterion {
                    Criterion::Length => lengths[at],
                    Criterion::Hops => 1,
                    Criterion::Loss => losses[at] + request.joint,
                    Criterion::Use => usage[at] + taken.count(cable) as u64,
                    // Counted where they are entered.
                    Criterion::Buildings => 0,
                };
            }
            sums[FIELDS - 1] = 1;
            sums
        })
        .collect()
}

fn buildings(plant: &Inventory) -> Vec<u32> {
    let node = |at: usize| plant.place(Node::new(at), Level::Building).and_then(|name| plant.node(name));
    (0..plant.graph().nodes()).map(|at| node(at).map_or(u32::MAX, |node| narrow(node.index()))).collect()
}

fn arcs(plant: &Inventory) -> Vec<Vec<(u32, u32)>> {
    let mut arcs = vec![Vec::new(); plant.graph().nodes()];
    for cable in plant.cables() {
        let (a, b) = plant.graph().ends(cable).unwrap_or_default();
        if a != b {
            arcs[a.index()].push((narrow(b.index()), narrow(cable.index())));
            arcs[b.index()].push((narrow(a.index()), narrow(cable.index())));
        }
    }
    arcs
}
