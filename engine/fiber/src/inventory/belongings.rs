//! What belongs to what: stretches to cables, cores to ports, circuits to orders, orders to customers.

use super::{
    problem::{Problem, Wrong},
    rows::{NameRow, Rows},
};
use std::collections::{BTreeMap, BTreeSet};

/// Gives cables the ducts of their stretches, and the sum of their lengths where they have none.
pub(super) fn segments(rows: &mut Rows, problems: &mut Vec<Problem>) {
    let index: BTreeMap<String, usize> =
        rows.cables.iter().enumerate().rev().map(|(at, cable)| (cable.name.clone(), at)).collect();
    let mut sums: BTreeMap<usize, Option<u64>> = BTreeMap::new();
    for segment in &rows.segments {
        let Some(&at) = index.get(&segment.cable) else {
            let what = Wrong::NotListed { name: "segment".into(), kind: "cable", other: segment.cable.clone() };
            problems.push(Problem { at: segment.at, what });
            continue;
        };
        let ducts = &mut rows.cables[at].ducts;
        if let Some(duct) = segment.duct.as_ref().filter(|duct| !ducts.contains(duct)) {
            ducts.push(duct.clone());
        }
        let sum = sums.entry(at).or_insert(Some(0));
        *sum = sum.zip(segment.length).and_then(|(sum, length)| sum.checked_add(length));
    }
    for (at, sum) in sums {
        let cable = &mut rows.cables[at];
        cable.length = cable.length.or(sum);
    }
}

/// Names that are not on the list of their kind, and those that are on it twice.
pub(super) fn listed(rows: &Rows, problems: &mut Vec<Problem>) {
    let mut list = |list: &Option<Vec<NameRow>>| {
        list.as_ref().map(|list| super::named(list.iter().map(|row| (row.name.as_str(), row.at)), problems))
    };
    let (ducts, circuits, orders, customers) =
        (list(&rows.ducts), list(&rows.circuits), list(&rows.orders), list(&rows.customers));
    let mut check = |list: &Option<BTreeMap<String, usize>>, at, name: &str, kind, other: &str| {
        if list.as_ref().is_some_and(|list| !list.contains_key(other)) {
            let what = Wrong::NotListed { name: name.to_owned(), kind, other: other.to_owned() };
            problems.push(Problem { at, what });
        }
    };
    for cable in &rows.cables {
        cable.ducts.iter().for_each(|duct| check(&ducts, cable.at, &cable.name, "duct", duct));
    }
    rows.uses.iter().for_each(|row| check(&circuits, row.at, &row.cable, "circuit", &row.circuit));
    for (list, owners, kind) in [(&rows.circuits, &orders, "order"), (&rows.orders, &customers, "customer")] {
        for row in list.iter().flatten() {
            row.of.iter().for_each(|of| check(owners, row.at, &row.name, kind, of));
        }
    }
}

/// Ports by frame, cable and core; cores by port.
type Ends = (BTreeMap<(usize, usize, u32), String>, BTreeMap<String, (usize, u32)>);

/// At which ports cores end.
pub(super) fn ports(
    rows: &Rows,
    node_of: impl Fn(&str) -> Option<usize>,
    cable_of: &BTreeMap<String, usize>,
    ends: &[Option<[usize; 2]>],
    problems: &mut Vec<Problem>,
) -> Ends {
    let (mut ports, mut cores) = Ends::default();
    let joints: BTreeSet<(usize, usize)> = (rows.cables.iter().zip(ends).enumerate())
        .filter(|(_, (_, ends))| ends.is_some())
        .flat_map(|(at, (cable, _))| cable.ends.each_ref().map(|end| node_of(end).map(|node| (at, node))))
        .flatten()
        .collect();
    for row in &rows.ends {
        let (port, cable, core) = (row.port.clone(), row.cable.clone(), row.core);
        let (node, at) = (node_of(&row.port), cable_of.get(&row.cable).copied());
        let what = match (node, at) {
            (None, _) => Wrong::NotListed { name: cable, kind: "port", other: port },
            (_, None) => Wrong::NotListed { name: port, kind: "cable", other: cable },
            (_, Some(at)) if core == 0 || core > rows.cables[at].cores => {
                Wrong::NoSuchCore { circuit: port, cable, core, cores: rows.cables[at].cores }
            }
            (Some(node), Some(at)) if ends[at].is_some() && !joints.contains(&(at, node)) => {
                Wrong::EndElsewhere { port, cable }
            }
            (Some(node), Some(at)) => match (ports.get(&(node, at, core)), cores.contains_key(&port)) {
                (Some(other), _) => Wrong::EndTwice { port, cable, core, other: String::clone(other) },
                (None, true) => Wrong::EndTwice { port: port.clone(), cable, core, other: port },
                (None, false) => {
                    ports.insert((node, at, core), port.clone());
                    cores.insert(port, (at, core));
                    continue;
                }
            },
        };
        problems.push(Problem { at: row.at, what });
    }
    (ports, cores)
}

/// What each of a list belongs to.
pub(super) fn of(list: Option<&[NameRow]>) -> BTreeMap<String, String> {
    list.into_iter().flatten().filter_map(|row| Some((row.name.clone(), row.of.clone()?))).collect()
}
