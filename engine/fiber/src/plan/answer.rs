//! What a request comes to, in the plant's names.

use super::{
    Criterion, Refusal,
    cores::{self, Cores},
    rules::{FIELDS, Rules, Sums},
    search::{Found, Way},
};
use crate::graph::{Cable, Node};

/// How good an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quality {
    /// Proven: nothing is better.
    Optimal,
    /// The best that was found in the steps that were allowed, and what nothing is below: the first criterion in which they differ.
    Gap {
        /// The criterion; nothing: the number of cables.
        criterion: Option<Criterion>,
        /// The answer's sum.
        found: u64,
        /// What no answer's sum is below, the criteria before it being equal.
        bound: u64,
    },
    /// Proven: there is none.
    Infeasible,
    /// The steps that were allowed were not enough to find one, or as many as were wanted, or to prove that there are none.
    TimedOut,
}

/// A cable of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The cable.
    pub cable: String,
    /// The places of its ends, in the order of travel.
    pub ends: [String; 2],
    /// Its core, or its pair of cores.
    pub cores: Vec<u32>,
    /// Where these end at either place, if that is recorded, in the order of the cores.
    pub ports: [Vec<Option<String>>; 2],
    /// Its ducts.
    pub ducts: Vec<String>,
    /// Millimetres.
    pub length: u64,
    /// Thousandths of a decibel, without joints.
    pub loss: u64,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The place where it begins.
    pub from: String,
    /// The place where it ends.
    pub to: String,
    /// Its cables, from the start to the end; none if both are one place.
    pub hops: Vec<Hop>,
    /// Millimetres.
    pub length: u64,
    /// Thousandths of a decibel, joints included.
    pub loss: u64,
    /// Its sum for each criterion that is preferred, in their order.
    pub sums: Vec<u64>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The best first: one route each, or the routes of a pair.
    pub routes: Vec<Vec<Planned>>,
    /// What the routes of a pair share although it was to be as little as possible: cables, then ducts.
    pub shared: Vec<String>,
    /// How good it is.
    pub quality: Quality,
    /// Why there is none, and what would change that.
    pub refused: Option<Refusal>,
}

pub(super) fn quality(rules: &Rules<'_>, found: &Found, count: usize) -> Quality {
    let Some(bound) = found.bound else {
        return if found.ways.is_empty() { Quality::Infeasible } else { Quality::Optimal };
    };
    match found.ways.last() {
        Some(worst) if found.ways.len() == count => gap(rules, worst.sums, bound),
        _ => Quality::TimedOut,
    }
}

/// Between what was found and what nothing is below.
pub(super) fn gap(rules: &Rules<'_>, found: Sums, bound: Sums) -> Quality {
    match (0..FIELDS).find(|&field| found[field] != bound[field]) {
        Some(field) if found > bound => Quality::Gap {
            criterion: rules.request.prefer.get(field).copied(),
            found: found[field],
            bound: bound[field],
        },
        _ => Quality::Optimal,
    }
}

/// A route with its cores; `used` are those that routes before it have taken.
pub(super) fn planned(rules: &Rules<'_>, way: &Way, used: &mut Vec<(u32, u32)>) -> Planned {
    let (plant, request) = (rules.plant, rules.request);
    let node = |at: u32| Node::new(at as usize);
    let same = way.cores.as_ref().and_then(|cores| {
        let first = way.cables.first().map(|&cable| Cable::new(cable as usize))?;
        cores::choose(plant, rules.taken, request, first, cores)
    });
    let last = way.cables.len().saturating_sub(1);
    let hops = way.cables.iter().enumerate().map(|(at, &index)| {
        let cable = Cable::new(index as usize);
        let pinned =
            [(0, rules.first), (last, rules.last)].into_iter().find_map(|(end, pin)| pin.filter(|_| end == at));
        let core = same.or(pinned.map(|(_, core)| core)).or_else(|| {
            let mut left = Cores::default();
            let free = rules.cores[index as usize].iter().filter(|&core| !used.contains(&(index, core)));
            free.for_each(|core| left.insert(core));
            cores::choose(plant, rules.taken, request, cable, &left)
        });
        used.extend(core.map(|core| (index, core)));
        let cores: Vec<u32> = core.into_iter().flat_map(|core| core..=core + u32::from(request.pairs)).collect();
        let ends = [node(way.nodes[at]), node(way.nodes[at + 1])];
        let ports = ends.map(|end| cores.iter().map(|&core| plant.port(end, cable, core).map(str::to_owned)).collect());
        let record = plant.record(cable);
        Hop {
            cable: record.map(|record| record.name.clone()).unwrap_or_default(),
            ends: ends.map(|end| plant.name(end).to_owned()),
            cores,
            ports,
            ducts: record.map(|record| record.ducts.clone()).unwrap_or_default(),
            length: record.and_then(|record| record.length).unwrap_or_default(),
            loss: record.and_then(|record| record.loss).unwrap_or_default(),
        }
    });
    let hops: Vec<Hop> = hops.collect();
    let name = |at: Option<&u32>| at.map_or(String::new(), |&at| plant.name(node(at)).to_owned());
    Planned {
        from: name(way.nodes.first()),
        to: name(way.nodes.last()),
        length: hops.iter().map(|hop| hop.length).sum(),
        loss: way.loss,
        sums: way.sums[..request.prefer.len()].to_vec(),
        hops,
    }
}
