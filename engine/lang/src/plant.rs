//! Fibre routes, as far as the language knows them: which names a plant's records have, and what a declared route asks for. What reads the
//! records and searches is elsewhere; it tells the checker through [`crate::schema::SchemaProvider::plant`].

use crate::finding::Place as Written;
use std::collections::{BTreeMap, BTreeSet};

/// What a place is, the larger ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// A building.
    Building,
    /// A floor of it.
    Floor,
    /// A room.
    Room,
    /// A rack.
    Rack,
    /// A distribution frame: ODF, DDF.
    Frame,
    /// A port of a frame.
    Port,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub level: Level,
    /// The larger places that it lies in.
    pub within: Vec<String>,
}

/// A cable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Laid {
    /// The ducts it lies in.
    pub ducts: Vec<String>,
    /// Its class, if one is recorded.
    pub class: Option<String>,
    /// Its owner, likewise.
    pub owner: Option<String>,
}

/// The names in a plant's records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plant {
    /// Places by name.
    pub places: BTreeMap<String, Place>,
    /// Cables by name.
    pub cables: BTreeMap<String, Laid>,
    /// Ducts.
    pub ducts: BTreeSet<String>,
}

/// Where the records are: behind a connection that the operator's configuration binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// As rulebooks call it, with the rulebook's name in front.
    pub name: String,
    /// The connection.
    pub connection: String,
    /// The folder or file behind it.
    pub object: Option<String>,
}

/// What is preferred; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Metres.
    Length,
    /// Cables.
    Hops,
    /// Decibels.
    Loss,
    /// Cores in use in the cables.
    Use,
    /// Different buildings.
    Buildings,
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A place of any level.
    Place,
    /// A cable.
    Cable,
    /// A duct.
    Duct,
}

/// Something in the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub thing: Thing,
    /// Its name.
    pub name: String,
}

/// What several routes must not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// No cable.
    Cables,
    /// No cable, no place between the ends.
    Nodes,
    /// No cable, no duct.
    Ducts,
    /// As few cables as possible.
    Most,
}

/// A route that a rulebook declares, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The rulebook it stands in.
    pub rulebook: String,
    /// Its name there.
    pub name: String,
    /// For people.
    pub title: Option<String>,
    /// Over which records.
    pub on: Topology,
    /// The place where it begins.
    pub from: String,
    /// The place where it ends.
    pub to: String,
    /// Criteria, the most important first; none: the shortest.
    pub prefer: Vec<Criterion>,
    /// Places and cables that it passes, in this order.
    pub via: Vec<Named>,
    /// What it does not use.
    pub avoid: Vec<Named>,
    /// So many routes that do not share this.
    pub apart: Option<(Apart, u32)>,
    /// The most loss, in thousandths of a decibel.
    pub loss: Option<u64>,
    /// Only cables of these classes, if any are here.
    pub classes: Vec<String>,
    /// Only cables of these owners, likewise.
    pub owners: Vec<String>,
    /// The same core number in every cable.
    pub same_core: bool,
    /// Two neighbouring cores of every cable.
    pub pairs: bool,
    /// The greatest core numbers first.
    pub descending: bool,
    /// How long a reservation holds, in microseconds, unless something else is said.
    pub hold: Option<i64>,
    /// Where.
    pub place: Written,
}
