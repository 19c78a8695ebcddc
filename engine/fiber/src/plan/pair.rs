//! Two routes, and more, under the rules of a request.
//!
//! Where every rule is one that a cable meets or does not meet, the exact searches of this crate answer. If their answer happens to meet the
//! other rules too, it is the best: it is so among more. Otherwise routes are listed in the order of their sums, and pairs of these are
//! tried until no pair that is not listed could be better; if the list would become too long, the answer has a gap.

use super::{
    Answer, Contradiction, Criterion, Quality, Request, Separate,
    answer::{gap, planned},
    cores::Taken,
    refuse,
    rules::{FIELDS, Rules, Sums},
    search::{Way, add, search},
};
use crate::{
    Apart, Landmarks, Risks, Router, Sharing, Verdict, Weighted,
    graph::{Cable, Node},
    inventory::Inventory,
};
use std::collections::BTreeSet;

/// Routes that are listed at most.
const MOST_LISTED: usize = 1024;

pub(super) fn pair(
    plant: &Inventory,
    taken: &Taken,
    request: &Request,
    separate: Separate,
) -> Result<Answer, Contradiction> {
    let rules = Rules::new(plant, taken, request)?;
    let (ways, quality) = solve(&rules, separate, plant.risks())?;
    let mut used = Vec::new();
    let routes: Vec<_> = ways.iter().map(|way| planned(&rules, way, &mut used)).collect();
    let routes = if routes.is_empty() { Vec::new() } else { vec![routes] };
    let refused = refuse::when_pair(&quality, plant, taken, request, separate);
    Ok(Answer { routes, shared: Vec::new(), quality, refused })
}

/// More than two, where they are exactly what `disjoint` gives.
pub(super) fn many(
    plant: &Inventory,
    taken: &Taken,
    request: &Request,
    separate: Separate,
    count: usize,
) -> Result<Answer, Contradiction> {
    let rules = Rules::new(plant, taken, request)?;
    let not_here = |rule| Err(Contradiction::NotHere { rule });
    let (&[from], Some(&to), 1) = (&rules.from[..], rules.to.first(), rules.to.len()) else {
        return not_here("ends of several places");
    };
    if asks_more(&rules) {
        return not_here("via, loss, same core, fewest buildings, a port with a core");
    }
    if !matches!(separate, Separate::Cables | Separate::Nodes) {
        return not_here("ducts of more than two routes");
    }
    let Some((ways, quality)) = plain(&rules, separate, plant.risks(), from, to, count) else {
        return not_here("amounts beyond 128 bits");
    };
    let mut used = Vec::new();
    let routes: Vec<_> = ways.iter().map(|way| planned(&rules, way, &mut used)).collect();
    let routes = if routes.is_empty() { Vec::new() } else { vec![routes] };
    // Why not so many: what keeps two from being, if that is it.
    let refused = refuse::when(&quality, plant, taken, request);
    Ok(Answer { routes, shared: Vec::new(), quality, refused })
}

/// The best two routes; ducts are those of `risks`.
pub(super) fn solve(
    rules: &Rules<'_>,
    separate: Separate,
    risks: &Risks,
) -> Result<(Vec<Way>, Quality), Contradiction> {
    let (ends, by_rules) = match (&rules.from[..], rules.to.first()) {
        (&[from], Some(&to)) if rules.to.len() == 1 => (Some((from, to)), asks_more(rules)),
        _ => (None, true),
    };
    if let Some((from, to)) = ends.filter(|_| rules.building_field.is_none())
        && let Some((ways, quality)) = plain(rules, separate, risks, from, to, 2)
    {
        let meets = |way: &Way| {
            rules.request.loss.is_none_or(|most| way.loss <= most)
                && (!rules.request.same_core || way.cores.as_ref().is_none_or(|cores| !cores.is_empty()))
        };
        let only_sums = rules.must.is_empty() && rules.first.is_none() && rules.last.is_none();
        if !by_rules
            || quality == Quality::Infeasible
            || quality == Quality::Optimal && only_sums && ways.iter().all(meets)
        {
            return Ok((ways, quality));
        }
    }
    listed(rules, separate, risks)
}

/// Whether there are rules that not each cable meets by itself.
fn asks_more(rules: &Rules<'_>) -> bool {
    let request = rules.request;
    !request.via.is_empty()
        || request.loss.is_some()
        || request.same_core
        || rules.building_field.is_some()
        || rules.first.is_some()
        || rules.last.is_some()
}

fn plain(
    rules: &Rules<'_>,
    separate: Separate,
    risks: &Risks,
    from: u32,
    to: u32,
    count: usize,
) -> Option<(Vec<Way>, Quality)> {
    let criteria: Vec<Vec<u64>> =
        (0..rules.request.prefer.len()).map(|field| rules.cost.iter().map(|sums| sums[field]).collect()).collect();
    let criteria: Vec<&[u64]> = criteria.iter().map(Vec::as_slice).collect();
    let net = Weighted::<u128>::new(rules.plant.graph(), &criteria).ok()?;
    let landmarks = Landmarks::none();
    let mut router = Router::new(&net, &landmarks);
    let (from, to) = (Node::new(from as usize), Node::new(to as usize));
    if from == to {
        return Some((vec![way(rules, &net, from, &[]); count], Quality::Optimal));
    }
    let open = |cable: Cable| rules.bars[cable.index()].is_empty();
    let verdict = match separate {
        Separate::Cables | Separate::Nodes => {
            let apart = if separate == Separate::Cables { Apart::Cables } else { Apart::Nodes };
            router.disjoint(from, to, count, apart, open).map_or(Verdict::Infeasible, Verdict::Optimal)
        }
        Separate::Ducts | Separate::DuctsAndNodes => {
            let apart = if separate == Separate::Ducts { Apart::Cables } else { Apart::Nodes };
            router.risk_disjoint(from, to, risks, apart, rules.request.steps, open)
        }
    };
    let ways = |routes: &[crate::Route<u128>]| -> Vec<Way> {
        routes.iter().map(|route| way(rules, &net, from, &route.cables)).collect()
    };
    Some(match &verdict {
        Verdict::Optimal(routes) => (ways(routes), Quality::Optimal),
        Verdict::Gap { routes, bound } => {
            let ways = ways(routes);
            let least = sums(&net.packing().unpack(*bound));
            let quality = gap(rules, total(&ways), least);
            (ways, quality)
        }
        Verdict::Infeasible => (Vec::new(), Quality::Infeasible),
        Verdict::TimedOut { .. } => (Vec::new(), Quality::TimedOut),
    })
}

fn sums(unpacked: &[u64]) -> Sums {
    let mut sums = [0; FIELDS];
    let (hops, criteria) = unpacked.split_last().map_or((0, unpacked), |(hops, criteria)| (*hops, criteria));
    sums[..criteria.len()].copy_from_slice(criteria);
    sums[FIELDS - 1] = hops;
    sums
}

fn total(ways: &[Way]) -> Sums {
    ways.iter().fold([0; FIELDS], |sum, way| add(sum, way.sums))
}

fn way(rules: &Rules<'_>, net: &Weighted<'_, u128>, from: Node, cables: &[Cable]) -> Way {
    let narrow = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let route = crate::Route { cost: 0, cables: cables.to_vec() };
    let cores = cables.iter().map(|cable| rules.cores[cable.index()].clone()).reduce(|a, b| a.both(&b));
    let loss: u64 = cables.iter().map(|cable| rules.loss[cable.index()]).sum();
    Way {
        sums: cables.iter().fold([0; FIELDS], |sum, cable| add(sum, rules.cost[cable.index()])),
        loss: loss.saturating_sub(if cables.is_empty() { 0 } else { rules.request.joint }),
        cables: cables.iter().map(|cable| narrow(cable.index())).collect(),
        nodes: route.nodes(net, from).into_iter().map(|node| narrow(node.index())).collect(),
        cores: cores.filter(|_| rules.request.same_core),
    }
}

/// Pairs of listed routes.
fn listed(rules: &Rules<'_>, separate: Separate, risks: &Risks) -> Result<(Vec<Way>, Quality), Contradiction> {
    let free = Request { via: Vec::new(), ..rules.request.clone() };
    let second = Rules::new(rules.plant, rules.taken, &free)?;
    let steps = rules.request.steps;
    let mut count = 16;
    loop {
        let ones = search(rules, count, steps);
        let others = if rules.must.is_empty() { ones.clone() } else { search(&second, count, steps) };
        let mut best: Option<(Sums, [&Way; 2])> = None;
        for (at, one) in ones.ways.iter().enumerate() {
            for other in others.ways.iter().skip(if rules.must.is_empty() { at } else { 0 }) {
                let sum = add(one.sums, other.sums);
                if best.as_ref().is_some_and(|(best, _)| *best <= sum) {
                    break;
                }
                if apart(rules, risks, separate, one, other) {
                    best = Some((sum, [one, other]));
                }
            }
        }
        let next = |found: &super::search::Found| match (found.bound, found.ways.last()) {
            (Some(bound), _) => Some(bound),
            (None, Some(last)) if found.ways.len() == count => Some(last.sums),
            _ => None,
        };
        let first = |found: &super::search::Found| found.ways.first().map(|way| way.sums);
        // A pair that is not listed has a route that is not.
        let missing = [next(&ones).zip(first(&others)), first(&ones).zip(next(&others))];
        let bound = missing.into_iter().flatten().map(|(a, b)| add(a, b)).min();
        let stopped = ones.bound.is_some() || others.bound.is_some() || count >= MOST_LISTED;
        let nothing_known = bound.is_none() && (ones.bound.is_some() || others.bound.is_some());
        match (best, bound) {
            (Some((sum, pair)), Some(bound)) if sum > bound => {
                if stopped {
                    return Ok((pair.map(Way::clone).to_vec(), gap(rules, sum, bound)));
                }
            }
            (Some((_, pair)), _) => return Ok((pair.map(Way::clone).to_vec(), Quality::Optimal)),
            (None, None) if !nothing_known => return Ok((Vec::new(), Quality::Infeasible)),
            (None, _) if stopped => return Ok((Vec::new(), Quality::TimedOut)),
            (None, _) => {}
        }
        count *= 4;
    }
}

fn apart(rules: &Rules<'_>, risks: &Risks, separate: Separate, one: &Way, other: &Way) -> bool {
    let shares = |a: &[u32], b: &[u32]| a.iter().any(|thing| b.contains(thing));
    let ducts = |way: &Way| -> BTreeSet<u32> {
        way.cables.iter().flat_map(|&cable| risks.of(Cable::new(cable as usize)).iter().copied()).collect()
    };
    let between = |way: &Way| -> Vec<u32> {
        let ends = |node: &u32| rules.from.contains(node) || rules.to.contains(node);
        way.nodes.iter().copied().filter(|node| !ends(node)).collect()
    };
    let by_ducts = matches!(separate, Separate::Ducts | Separate::DuctsAndNodes);
    let by_nodes = matches!(separate, Separate::Nodes | Separate::DuctsAndNodes);
    !shares(&one.cables, &other.cables)
        && (!by_ducts || ducts(one).is_disjoint(&ducts(other)))
        && (!by_nodes || !shares(&between(one), &between(other)))
}

pub(super) fn sharing(plant: &Inventory, taken: &Taken, request: &Request) -> Result<Answer, Contradiction> {
    let rules = Rules::new(plant, taken, request)?;
    let not_here = |rule| Err(Contradiction::NotHere { rule });
    match request {
        Request { via, .. } if !via.is_empty() => return not_here("via"),
        Request { loss: Some(_), .. } => return not_here("loss"),
        Request { same_core: true, .. } => return not_here("same core"),
        Request { prefer, .. } if prefer.contains(&Criterion::Buildings) => return not_here("fewest buildings"),
        _ => {}
    }
    let (&[from], Some(&to), 1) = (&rules.from[..], rules.to.first(), rules.to.len()) else {
        return not_here("ends of several places");
    };
    if rules.first.or(rules.last).is_some() {
        return not_here("ends at ports with a core");
    }
    let criteria: Vec<Vec<u64>> =
        (0..request.prefer.len()).map(|field| rules.cost.iter().map(|sums| sums[field]).collect()).collect();
    let criteria: Vec<&[u64]> = criteria.iter().map(Vec::as_slice).collect();
    let cables = plant.graph().cables();
    let too_large = |_| Contradiction::NotHere { rule: "amounts beyond 128 bits" };
    let twice = Sharing::new(plant.graph()).map_err(|_| Contradiction::NotHere { rule: "so many cables" })?;
    let net = twice.net::<u128>(&criteria).map_err(too_large)?;
    let plain = Weighted::<u128>::new(plant.graph(), &criteria).map_err(too_large)?;
    let landmarks = Landmarks::none();
    let (from, to) = (Node::new(from as usize), Node::new(to as usize));
    // A cable that both use takes two of its cores.
    let open = |cable: Cable| {
        let real = twice.real(cable).index();
        rules.bars[real].is_empty() && (cable.index() < cables || rules.cores[real].iter().nth(1).is_some())
    };
    let routes = Router::new(&net, &landmarks).disjoint(from, to, 2, Apart::Cables, open);
    let Some(pair) = routes.map(|routes| twice.pair(&routes)) else {
        let quality = Quality::Infeasible;
        let refused = refuse::when(&quality, plant, taken, request);
        return Ok(Answer { routes: Vec::new(), shared: Vec::new(), quality, refused });
    };
    let mut used = Vec::new();
    let ways: Vec<Way> = pair.routes.iter().map(|cables| way(&rules, &plain, from, cables)).collect();
    let routes: Vec<_> = ways.iter().map(|way| planned(&rules, way, &mut used)).collect();
    let ducts = |way: &Way| -> BTreeSet<u32> {
        way.cables.iter().flat_map(|&cable| plant.risks().of(Cable::new(cable as usize)).iter().copied()).collect()
    };
    let both: Vec<u32> = ducts(&ways[0]).intersection(&ducts(&ways[1])).copied().collect();
    let shared = pair.shared.iter().filter_map(|&cable| plant.record(cable).map(|record| record.name.clone()));
    let shared = shared.chain(both.iter().filter_map(|&duct| plant.duct(duct).map(str::to_owned))).collect();
    Ok(Answer { routes: vec![routes], shared, quality: Quality::Optimal, refused: None })
}
