//! What if: circuits that a cut takes out, routes that would restore them, and how full the plant is.

use crate::{
    graph::{Cable, Node},
    inventory::{Inventory, Level},
    plan::{self, Avoid, Contradiction, Criterion, Planned, Request, Taken},
};
use std::collections::{BTreeMap, BTreeSet};

/// A circuit that a cut takes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The circuit.
    pub circuit: String,
    /// Its order, if that is recorded.
    pub order: Option<String>,
    /// The order's customer, likewise.
    pub customer: Option<String>,
    /// Its cores that are cut: cable and core.
    pub cut: Vec<(String, u32)>,
    /// What would restore it.
    pub restored: Restored,
}

/// What becomes of a circuit that is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// Over this route, with cores that nobody uses, and that no circuit before it on the list needs.
    Over(Planned),
    /// There is no route with free cores.
    No,
    /// Its cables do not make one way between two ends, so nobody knows what it joins: the places where they end.
    Unclear(Vec<String>),
}

/// All circuits with a core in what is cut, by name; each restored as well as the ones before it leave room for: over the shortest route.
///
/// # Errors
/// Names that are not there.
pub fn what_if(plant: &Inventory, taken: &Taken, cut: &[Avoid]) -> Result<Vec<Hit>, Contradiction> {
    let gone = gone(plant, cut)?;
    let mut circuits: BTreeMap<&str, Vec<(Cable, u32)>> = BTreeMap::new();
    for (cable, core, circuit) in plant.uses() {
        circuits.entry(circuit).or_default().push((cable, core));
    }
    circuits.retain(|_, cores| cores.iter().any(|(cable, _)| gone.contains(cable)));
    // What is cut is free on its whole cables, but not before it is restored: its own cores stay its own.
    let mut taken = taken.clone();
    let mut hits = Vec::new();
    for (circuit, cores) in circuits {
        let restored = match ends(plant, &cores) {
            Err(ends) => Restored::Unclear(ends),
            Ok((from, to, pairs)) => restore(plant, &mut taken, cut, circuit, [from, to], pairs)?,
        };
        let name = |cable: Cable| plant.record(cable).map(|record| record.name.clone()).unwrap_or_default();
        let (order, customer) = plant.order(circuit);
        hits.push(Hit {
            circuit: circuit.to_owned(),
            order: order.map(str::to_owned),
            customer: customer.map(str::to_owned),
            cut: cores
                .iter()
                .filter(|(cable, _)| gone.contains(cable))
                .map(|&(cable, core)| (name(cable), core))
                .collect(),
            restored,
        });
    }
    Ok(hits)
}

/// The cables that a cut takes out.
fn gone(plant: &Inventory, cut: &[Avoid]) -> Result<BTreeSet<Cable>, Contradiction> {
    let mut gone = BTreeSet::new();
    for cut in cut {
        let unknown = |kind, name: &String| Contradiction::Unknown { kind, name: name.clone() };
        match cut {
            Avoid::Cable(name) => {
                gone.insert(plant.cable(name).ok_or_else(|| unknown("cable", name))?);
            }
            Avoid::Duct(name) => {
                let duct = plant.duct_number(name).ok_or_else(|| unknown("duct", name))?;
                gone.extend(plant.cables().filter(|&cable| plant.risks().of(cable).contains(&duct)));
            }
            Avoid::Place(name) => {
                let nodes: BTreeSet<Node> = plant.nodes_within(name).into_iter().collect();
                if nodes.is_empty() {
                    return Err(unknown("place", name));
                }
                let ends_there = |cable: &Cable| {
                    plant.graph().ends(*cable).is_some_and(|(a, b)| nodes.contains(&a) || nodes.contains(&b))
                };
                gone.extend(plant.cables().filter(ends_there));
            }
        }
    }
    Ok(gone)
}

/// The two places that a circuit joins, and whether it has two cores in every cable: its cables must be one way.
fn ends(plant: &Inventory, cores: &[(Cable, u32)]) -> Result<(Node, Node, bool), Vec<String>> {
    let mut count: BTreeMap<Cable, usize> = BTreeMap::new();
    cores.iter().for_each(|(cable, _)| *count.entry(*cable).or_default() += 1);
    let mut degree: BTreeMap<Node, usize> = BTreeMap::new();
    for &cable in count.keys() {
        if let Some((a, b)) = plant.graph().ends(cable) {
            *degree.entry(a).or_default() += 1;
            *degree.entry(b).or_default() += 1;
        }
    }
    let open: Vec<Node> = degree.iter().filter(|(_, degree)| **degree == 1).map(|(node, _)| *node).collect();
    let is_one_way = degree.values().all(|&degree| degree <= 2) && is_connected(plant, count.keys().copied());
    let mut widths: Vec<usize> = count.values().copied().collect();
    widths.dedup();
    match (&open[..], &widths[..]) {
        (&[from, to], &[width]) if is_one_way && width <= 2 => Ok((from, to, width == 2)),
        _ => Err(degree.keys().map(|&node| plant.name(node).to_owned()).collect()),
    }
}

fn is_connected(plant: &Inventory, cables: impl Iterator<Item = Cable>) -> bool {
    let mut left: Vec<(Node, Node)> = cables.filter_map(|cable| plant.graph().ends(cable)).collect();
    let Some((first, _)) = left.first().copied() else { return false };
    let mut reached = BTreeSet::from([first]);
    loop {
        let before = left.len();
        left.retain(|&(a, b)| {
            let is_joined = reached.contains(&a) || reached.contains(&b);
            if is_joined {
                reached.extend([a, b]);
            }
            !is_joined
        });
        if left.is_empty() || left.len() == before {
            return left.is_empty();
        }
    }
}

fn restore(
    plant: &Inventory,
    taken: &mut Taken,
    cut: &[Avoid],
    circuit: &str,
    ends: [Node; 2],
    pairs: bool,
) -> Result<Restored, Contradiction> {
    let [from, to] = ends.map(|end| plant.name(end).to_owned());
    let prefer = vec![Criterion::Length];
    let request = Request { prefer, avoid: cut.to_vec(), pairs, ..Request::new(&from, &to) };
    let answer = match plan::best(plant, taken, &request, 1) {
        Ok(answer) => answer,
        // Its own end is what is cut.
        Err(Contradiction::UsedAndAvoided { .. }) => return Ok(Restored::No),
        Err(contradiction) => return Err(contradiction),
    };
    let Some(route) = answer.routes.into_iter().flatten().next() else { return Ok(Restored::No) };
    for hop in &route.hops {
        if let Some(cable) = plant.cable(&hop.cable) {
            hop.cores.iter().for_each(|&core| taken.take(cable, core, circuit));
        }
    }
    Ok(Restored::Over(route))
}

/// A step of a maintenance plan, in the order of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Before: put this circuit on its other route.
    Move(String),
    /// Before: agree with this circuit's customer, if that is recorded, that it is down.
    Agree(String, Option<String>),
    /// The work.
    Work,
    /// After: put this circuit back, the last that was moved first.
    Back(String),
}

/// What has to be done around work on what is cut: circuits that can be moved are, the others are down.
#[must_use]
pub fn maintenance(hits: &[Hit]) -> Vec<Step> {
    let is_moved = |hit: &&Hit| matches!(hit.restored, Restored::Over(_));
    let agree = hits.iter().filter(|hit| !is_moved(hit));
    let mut steps: Vec<Step> = agree.map(|hit| Step::Agree(hit.circuit.clone(), hit.customer.clone())).collect();
    steps.extend(hits.iter().filter(is_moved).map(|hit| Step::Move(hit.circuit.clone())));
    steps.push(Step::Work);
    steps.extend(hits.iter().rev().filter(is_moved).map(|hit| Step::Back(hit.circuit.clone())));
    steps
}

/// How full something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Cores.
    pub cores: u64,
    /// Those that circuits use.
    pub used: u64,
    /// Those that are held for orders.
    pub held: u64,
}

impl Load {
    /// Those that can be had.
    #[must_use]
    pub const fn free(&self) -> u64 {
        self.cores - self.used - self.held
    }
}

/// How full the plant is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capacity {
    /// By cable.
    pub cables: BTreeMap<String, Load>,
    /// By duct: of all cables in it.
    pub ducts: BTreeMap<String, Load>,
    /// By pair of rooms (or, where an end lies in none, what it lies in): of all cables from the one to the other.
    pub rooms: BTreeMap<(String, String), Load>,
}

/// Counts cores.
#[must_use]
pub fn capacity(plant: &Inventory, taken: &Taken) -> Capacity {
    let mut capacity = Capacity::default();
    let usage = plant.usage();
    for cable in plant.cables() {
        let (Some(record), Some((a, b))) = (plant.record(cable), plant.graph().ends(cable)) else { continue };
        let held = (1..=record.cores)
            .filter(|&core| taken.by(cable, core).is_some() && plant.user(cable, core).is_none())
            .count() as u64;
        let load = Load { cores: u64::from(record.cores), used: usage[cable.index()], held };
        let add = |to: &mut Load| {
            (to.cores, to.used, to.held) = (to.cores + load.cores, to.used + load.used, to.held + load.held);
        };
        add(capacity.cables.entry(record.name.clone()).or_default());
        record.ducts.iter().for_each(|duct| add(capacity.ducts.entry(duct.clone()).or_default()));
        let room = |node: Node| {
            let levels = [Level::Room, Level::Floor, Level::Building];
            levels.into_iter().find_map(|level| plant.place(node, level)).unwrap_or(plant.name(node)).to_owned()
        };
        let (a, b) = (room(a), room(b));
        add(capacity.rooms.entry(if a <= b { (a, b) } else { (b, a) }).or_default());
    }
    capacity
}
