//! A plant's records, checked: places, cables, ducts and cores in use, as a graph that routes are searched in.
//!
//! Pure: rows come from whoever reads tables, problems go back with their rows. All of them are found in one pass; an inventory exists only
//! if there is none. Every place is a node of the graph, and fibres are joined where cables end; a port stands for the frame that it is part of.

mod belongings;
mod problem;
mod rows;
mod table;

pub use problem::{Problem, Wrong};
pub use rows::{At, CableRow, EndRow, Level, NameRow, PlaceRow, Rows, SegmentRow, UseRow};
pub use table::{Kind, Table, rows, thousandths};

use crate::{
    graph::{Cable, Graph, Node},
    risks::Risks,
};
use std::collections::{BTreeMap, BTreeSet};

/// Records without a problem.
#[derive(Debug, Clone)]
pub struct Inventory {
    graph: Graph,
    /// In the order of their nodes.
    places: Vec<Place>,
    place_of: BTreeMap<String, usize>,
    cables: Vec<CableRow>,
    cable_of: BTreeMap<String, usize>,
    ducts: Vec<String>,
    risks: Risks,
    /// Which circuit uses a cable's core.
    used: Vec<BTreeMap<u32, String>>,
    /// At which port a cable's core ends, by the node of its frame.
    ports: BTreeMap<(usize, usize, u32), String>,
    /// The core that ends at a port.
    core_at: BTreeMap<String, (usize, u32)>,
    /// A circuit's order, an order's customer.
    order_of: BTreeMap<String, String>,
    customer_of: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
struct Place {
    name: String,
    level: Level,
    within: Option<usize>,
}

impl Inventory {
    /// Checks records.
    ///
    /// # Errors
    /// Everything that is wrong with them, in the order of rows.
    pub fn new(mut rows: Rows) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        belongings::segments(&mut rows, &mut problems);
        let place_of = named(rows.places.iter().map(|place| (place.name.as_str(), place.at)), &mut problems);
        let cable_of = named(rows.cables.iter().map(|cable| (cable.name.as_str(), cable.at)), &mut problems);
        let places: Vec<Place> =
            rows.places.iter().map(|row| place(row, &rows.places, &place_of, &mut problems)).collect();
        let ends: Vec<Option<[usize; 2]>> = rows.cables.iter().map(|row| ends(row, &place_of, &mut problems)).collect();
        let used = uses(&rows, &cable_of, &mut problems);
        belongings::listed(&rows, &mut problems);
        // A port stands for the frame that it is part of.
        let joint = |at: usize| match (places[at].level, places[at].within) {
            (Level::Port, Some(frame)) => frame,
            _ => at,
        };
        let node_of = |name: &str| place_of.get(name).map(|&at| joint(at));
        let (ports, core_at) = belongings::ports(&rows, node_of, &cable_of, &ends, &mut problems);
        if !problems.is_empty() {
            problems.sort();
            return Err(problems);
        }
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let cables: Vec<(u32, u32)> =
            ends.into_iter().flatten().map(|[a, b]| (number(joint(a)), number(joint(b)))).collect();
        let too_large = |_| vec![Problem { at: At::default(), what: Wrong::TooLarge }];
        let graph = Graph::new(places.len(), &cables).map_err(too_large)?;
        let names: BTreeSet<&String> = rows.cables.iter().flat_map(|cable| &cable.ducts).collect();
        let ducts: Vec<String> = names.into_iter().cloned().collect();
        let duct = |name: &String| ducts.binary_search(name).map_or(0, number);
        let risks = Risks::new(rows.cables.iter().map(|cable| cable.ducts.iter().map(duct).collect()).collect());
        let (order_of, customer_of) =
            (belongings::of(rows.circuits.as_deref()), belongings::of(rows.orders.as_deref()));
        let cables = rows.cables;
        Ok(Self {
            graph,
            places,
            place_of,
            cables,
            cable_of,
            ducts,
            risks,
            used,
            ports,
            core_at,
            order_of,
            customer_of,
        })
    }

    /// The graph: a node for every place, though cables end at few of them.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The node where a route to a place of that name ends: of a port, its frame's.
    #[must_use]
    pub fn node(&self, place: &str) -> Option<Node> {
        let at = *self.place_of.get(place)?;
        let is_port = self.places[at].level == Level::Port;
        Some(Node::new(self.places[at].within.filter(|_| is_port).unwrap_or(at)))
    }

    /// The place of that level in which a node lies, or which it is.
    #[must_use]
    pub fn place(&self, node: Node, level: Level) -> Option<&str> {
        let mut at = Some(node.index());
        while let Some(place) = at.and_then(|at| self.places.get(at)) {
            if place.level == level {
                return Some(&place.name);
            }
            at = place.within;
        }
        None
    }

    /// What a place is.
    #[must_use]
    pub fn level(&self, place: &str) -> Option<Level> {
        self.place_of.get(place).map(|&at| self.places[at].level)
    }

    /// Every node that lies in a place, and its own; of a port, its frame's.
    #[must_use]
    pub fn nodes_within(&self, place: &str) -> Vec<Node> {
        let Some(node) = self.node(place) else { return Vec::new() };
        let lies_within = |&at: &usize| {
            let mut at = Some(at);
            while let Some(index) = at {
                if index == node.index() {
                    return true;
                }
                at = self.places[index].within;
            }
            false
        };
        (0..self.places.len())
            .filter(|&at| self.places[at].level != Level::Port)
            .filter(lies_within)
            .map(Node::new)
            .collect()
    }

    /// The names of all places, in the order of their nodes.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| place.name.as_str())
    }

    /// The name of a node's place.
    #[must_use]
    pub fn name(&self, node: Node) -> &str {
        self.places.get(node.index()).map_or("", |place| &place.name)
    }

    /// All cables.
    pub fn cables(&self) -> impl Iterator<Item = Cable> + use<> {
        (0..self.cables.len()).map(Cable::new)
    }

    /// The number of a duct.
    #[must_use]
    pub fn duct_number(&self, name: &str) -> Option<u32> {
        self.ducts.binary_search_by(|duct| duct.as_str().cmp(name)).ok().and_then(|at| u32::try_from(at).ok())
    }

    /// The names of all ducts that cables lie in, in the order of their numbers.
    #[must_use]
    pub fn ducts(&self) -> &[String] {
        &self.ducts
    }

    /// The port of a node at which a core ends, if that is recorded.
    #[must_use]
    pub fn port(&self, node: Node, cable: Cable, core: u32) -> Option<&str> {
        self.ports.get(&(node.index(), cable.index(), core)).map(String::as_str)
    }

    /// The core that ends at a port.
    #[must_use]
    pub fn core_at(&self, port: &str) -> Option<(Cable, u32)> {
        self.core_at.get(port).map(|&(cable, core)| (Cable::new(cable), core))
    }

    /// Every core in use: cable, core, circuit.
    pub fn uses(&self) -> impl Iterator<Item = (Cable, u32, &str)> {
        let of = |(at, used): (usize, &'_ BTreeMap<u32, String>)| {
            let all: Vec<_> = used.keys().map(move |&core| (at, core)).collect();
            all
        };
        let all = self.used.iter().enumerate().flat_map(of);
        all.map(|(at, core)| (Cable::new(at), core, self.used[at][&core].as_str()))
    }

    /// A circuit's order and that one's customer, as far as they are recorded.
    #[must_use]
    pub fn order(&self, circuit: &str) -> (Option<&str>, Option<&str>) {
        let order = self.order_of.get(circuit);
        let customer = order.and_then(|order| self.customer_of.get(order));
        (order.map(String::as_str), customer.map(String::as_str))
    }

    /// The cable of that name.
    #[must_use]
    pub fn cable(&self, name: &str) -> Option<Cable> {
        self.cable_of.get(name).map(|&at| Cable::new(at))
    }

    /// What is recorded of a cable.
    #[must_use]
    pub fn record(&self, cable: Cable) -> Option<&CableRow> {
        self.cables.get(cable.index())
    }

    /// Lengths in millimetres, in the order of the cables: a criterion.
    #[must_use]
    pub fn lengths(&self) -> Vec<u64> {
        self.cables.iter().filter_map(|cable| cable.length).collect()
    }

    /// Losses in thousandths of a decibel, likewise.
    #[must_use]
    pub fn losses(&self) -> Vec<u64> {
        self.cables.iter().filter_map(|cable| cable.loss).collect()
    }

    /// How many cores of each cable are in use, likewise.
    #[must_use]
    pub fn usage(&self) -> Vec<u64> {
        self.used.iter().map(|used| used.len() as u64).collect()
    }

    /// Cables by the ducts that they lie in.
    #[must_use]
    pub const fn risks(&self) -> &Risks {
        &self.risks
    }

    /// The name of a duct.
    #[must_use]
    pub fn duct(&self, number: u32) -> Option<&str> {
        self.ducts.get(number as usize).map(String::as_str)
    }

    /// A cable's cores that nobody uses, from the smallest.
    pub fn free(&self, cable: Cable) -> impl Iterator<Item = u32> {
        let cores = self.record(cable).map_or(0, |cable| cable.cores);
        (1..=cores).filter(move |core| self.user(cable, *core).is_none())
    }

    /// The circuit that uses a core.
    #[must_use]
    pub fn user(&self, cable: Cable, core: u32) -> Option<&str> {
        self.used.get(cable.index())?.get(&core).map(String::as_str)
    }
}

/// Where each name stands; names that are there twice are problems.
fn named<'r>(names: impl Iterator<Item = (&'r str, At)>, problems: &mut Vec<Problem>) -> BTreeMap<String, usize> {
    let mut first: BTreeMap<String, (usize, At)> = BTreeMap::new();
    for (index, (name, at)) in names.enumerate() {
        let (there, row) = *first.entry(name.to_owned()).or_insert((index, at));
        if there != index {
            problems.push(Problem { at, what: Wrong::Twice { name: name.to_owned(), first: row } });
        }
    }
    first.into_iter().map(|(name, (index, _))| (name, index)).collect()
}

fn place(row: &PlaceRow, rows: &[PlaceRow], place_of: &BTreeMap<String, usize>, problems: &mut Vec<Problem>) -> Place {
    let name = row.name.clone();
    let within = match &row.within {
        None if row.level == Level::Building => Ok(None),
        None => Err(Wrong::Nowhere { name }),
        Some(within) => match place_of.get(within) {
            None => Err(Wrong::NoSuchPlace { name, within: within.clone() }),
            Some(&at) if rows[at].level >= row.level => {
                Err(Wrong::TooSmall { name, within: within.clone(), level: rows[at].level })
            }
            Some(&at) => Ok(Some(at)),
        },
    };
    let within = within.unwrap_or_else(|what| {
        problems.push(Problem { at: row.at, what });
        None
    });
    Place { name: row.name.clone(), level: row.level, within }
}

fn ends(row: &CableRow, place_of: &BTreeMap<String, usize>, problems: &mut Vec<Problem>) -> Option<[usize; 2]> {
    let cable = || row.name.clone();
    let mut wrong = |what| problems.push(Problem { at: row.at, what });
    if row.length.is_none() {
        wrong(Wrong::NoLength { cable: cable() });
    }
    if row.loss.is_none() {
        wrong(Wrong::NoLoss { cable: cable() });
    }
    let ends = row.ends.each_ref().map(|end| {
        let at = place_of.get(end).copied();
        if at.is_none() {
            wrong(Wrong::Dangling { cable: cable(), end: end.clone() });
        }
        at
    });
    Some([ends[0]?, ends[1]?])
}

fn uses(rows: &Rows, cable_of: &BTreeMap<String, usize>, problems: &mut Vec<Problem>) -> Vec<BTreeMap<u32, String>> {
    let mut used: Vec<BTreeMap<u32, &UseRow>> = vec![BTreeMap::new(); rows.cables.len()];
    for row in &rows.uses {
        let (circuit, cable, core) = (row.circuit.clone(), row.cable.clone(), row.core);
        let what = match cable_of.get(&row.cable).map(|&at| (at, rows.cables[at].cores)) {
            None => Wrong::NoSuchCable { circuit, cable },
            Some((_, cores)) if core == 0 || core > cores => Wrong::NoSuchCore { circuit, cable, core, cores },
            Some((at, _)) => match used[at].insert(core, row) {
                None => continue,
                Some(first) => {
                    let (other, first_at) = (first.circuit.clone(), first.at);
                    used[at].insert(core, first);
                    Wrong::CoreTwice { circuit, cable, core, other, first: first_at }
                }
            },
        };
        problems.push(Problem { at: row.at, what });
    }
    let circuit = |(core, row): (u32, &UseRow)| (core, row.circuit.clone());
    used.into_iter().map(|used| used.into_iter().map(circuit).collect()).collect()
}
