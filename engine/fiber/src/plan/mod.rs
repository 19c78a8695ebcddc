//! A route request: ends and rule templates in, the best route down to cable, core and port out, and how good that answer is.
//!
//! The words follow RFC 8776 and RFC 10056 where they have one: metrics in the order of their importance, routes that include and exclude,
//! shared-risk groups (here: ducts). Rules that every cable meets or does not meet close cables; all others (losses, cores that must be the
//! same, places passed in order, buildings) are kept by the search itself, so the answer is the best under all of them together.

mod answer;
mod cores;
mod pair;
mod patch;
mod refuse;
mod rules;
mod search;

pub use answer::{Answer, Hop, Planned, Quality};
pub use cores::Taken;
pub use patch::{Patch, patches};
pub use refuse::{Reason, Refusal, Relaxation};
pub use rules::{Bar, Contradiction};

use crate::inventory::Inventory;
use rules::Rules;

/// What is preferred, each a sum over the route; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criterion {
    /// Millimetres.
    Length,
    /// Cables; places where fibres are joined are one fewer.
    Hops,
    /// Thousandths of a decibel.
    Loss,
    /// Cores in use in the cables, those that are held included.
    Use,
    /// Different buildings that the route passes, the ends' included.
    Buildings,
}

/// Something that a route must pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A place: a node in it.
    Place(String),
    /// A cable.
    Cable(String),
}

/// Something that a route must not use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Avoid {
    /// No node in this place: a building, a room, a frame.
    Place(String),
    /// Not this cable.
    Cable(String),
    /// No cable in this duct.
    Duct(String),
}

/// From which end of a cable's numbers cores are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fibres {
    /// The smallest first.
    #[default]
    Ascending,
    /// The greatest first.
    Descending,
}

/// From which of a cable's tubes cores are taken: twelve cores each, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// From the tube with the fewest cores in use.
    Least,
    /// From the tube with the most cores in use that still has room.
    Most,
}

/// What two routes of a pair must not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separate {
    /// No cable.
    Cables,
    /// No cable, no node between the ends.
    Nodes,
    /// No cable, no duct.
    Ducts,
    /// No cable, no node between the ends, no duct.
    DuctsAndNodes,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The place where the route begins: a port, a frame, a room, any place.
    pub from: String,
    /// The place where it ends.
    pub to: String,
    /// Criteria, the most important first. Fewer cables, then smaller cables in the order of travel, decide what these leave open.
    pub prefer: Vec<Criterion>,
    /// What the route passes, in this order.
    pub via: Vec<Stop>,
    /// What it does not use.
    pub avoid: Vec<Avoid>,
    /// The most loss, in thousandths of a decibel.
    pub loss: Option<u64>,
    /// What each place where fibres are joined loses, likewise.
    pub joint: u64,
    /// The same core number in every cable.
    pub same_core: bool,
    /// Two neighbouring cores of every cable: 1 and 2, 3 and 4, …
    pub pairs: bool,
    /// Which cores are taken first.
    pub fibres: Fibres,
    /// From which tubes.
    pub fill: Option<Fill>,
    /// Only cables of these classes, if there are any here.
    pub classes: Vec<String>,
    /// Only cables of these owners, likewise.
    pub owners: Vec<String>,
    /// Nothing of this circuit: see [`Separate`].
    pub apart_from: Option<(String, Separate)>,
    /// The most nodes that are expanded.
    pub steps: u64,
}

/// So many steps unless something else is said: a second, not a minute.
pub const STEPS: u64 = 200_000;

impl Request {
    /// A request without rules.
    #[must_use]
    pub fn new(from: &str, to: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            prefer: Vec::new(),
            via: Vec::new(),
            avoid: Vec::new(),
            loss: None,
            joint: 0,
            same_core: false,
            pairs: false,
            fibres: Fibres::Ascending,
            fill: None,
            classes: Vec::new(),
            owners: Vec::new(),
            apart_from: None,
            steps: STEPS,
        }
    }
}

/// The `count` best routes, the best first; fewer if there are not as many. Every quality is that of the whole list.
///
/// # Errors
/// Names that are not there, rules that contradict one another.
pub fn best(plant: &Inventory, taken: &Taken, request: &Request, count: usize) -> Result<Answer, Contradiction> {
    let rules = Rules::new(plant, taken, request)?;
    let found = search::search(&rules, count, request.steps);
    let quality = answer::quality(&rules, &found, count);
    let routes = found.ways.iter().map(|way| vec![answer::planned(&rules, way, &mut Vec::new())]).collect();
    let refused = refuse::when(&quality, plant, taken, request);
    Ok(Answer { routes, shared: Vec::new(), quality, refused })
}

/// Two routes under the request's rules that share none of what they must not, with the smallest sum. What the route passes (`via`) holds
/// for the first one, the working route; everything else for both.
///
/// # Errors
/// Names that are not there, rules that contradict one another.
pub fn pair(plant: &Inventory, taken: &Taken, request: &Request, separate: Separate) -> Result<Answer, Contradiction> {
    pair::pair(plant, taken, request, separate)
}

/// So many routes of which no two share what they must not, with the smallest sum. Two are [`pair`]; more can be asked for only where they are to
/// share no cable or no node, and under rules that every cable meets or does not meet.
///
/// # Errors
/// Names that are not there, rules that contradict one another, rules that this question does not take.
pub fn apart(
    plant: &Inventory,
    taken: &Taken,
    request: &Request,
    separate: Separate,
    count: usize,
) -> Result<Answer, Contradiction> {
    match count {
        0 | 1 => best(plant, taken, request, count),
        2 => pair::pair(plant, taken, request, separate),
        _ => pair::many(plant, taken, request, separate, count),
    }
}

/// Two routes that share as few cables as possible, and which ones those are: the smallest sum among them. Only rules that every cable
/// meets or does not meet can be asked for.
///
/// # Errors
/// Names that are not there, rules that contradict one another, rules that this question does not take.
pub fn sharing(plant: &Inventory, taken: &Taken, request: &Request) -> Result<Answer, Contradiction> {
    pair::sharing(plant, taken, request)
}
