//! Why there is no route, and the cheapest change of the request, or of the plant, that would give one.

use super::{
    Answer, Avoid, Bar, Fill, Planned, Quality, Request, Separate, Stop,
    answer::planned,
    cores::{Cores, Taken},
    pair,
    rules::{FIELDS, Rules, Sums},
    search::{Way, search},
};
use crate::{Risks, graph::Cable, inventory::Inventory};
use std::collections::BTreeSet;

/// What could be otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// This need not be avoided.
    Avoid(Avoid),
    /// Both routes may lie in this duct.
    Shared(String),
    /// This need not be passed.
    ViaPlace(String),
    /// This cable need not be passed.
    ViaCable(String),
    /// There may be so much loss, in thousandths of a decibel: the least there is under the other rules.
    Loss(u64),
    /// Cores may differ from cable to cable.
    SameCore,
    /// Cores need not be neighbours.
    Pairs,
    /// Cables of any class.
    Classes,
    /// Cables of any owner.
    Owners,
    /// Something may be shared with this circuit.
    ApartFrom(String),
    /// Each of these cables, of which no core is left, has one.
    Free(Vec<String>),
    /// Both routes may use these: the fewest cables that two routes share, and the ducts that they share then. Without any, one route alone
    /// is all there is.
    Separate(Vec<String>),
}

/// What would give a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaxation {
    /// What would have to be otherwise.
    pub reason: Reason,
    /// The routes that there would be.
    pub routes: Vec<Planned>,
    /// How much longer they are together than as many times the shortest one that no rule is asked of, in millimetres.
    pub longer: u64,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Single changes that would do, the shortest routes first.
    pub relaxations: Vec<Relaxation>,
    /// If no single one does: all that is in the way of the route on which the least is.
    pub bars: Vec<Bar>,
    /// Whether cables lead from one end to the other at all.
    pub is_connected: bool,
}

/// Of one route.
pub(super) fn when(quality: &Quality, plant: &Inventory, taken: &Taken, request: &Request) -> Option<Refusal> {
    let ask = |request: &Request| one(&Rules::new(plant, taken, request).ok()?);
    (*quality == Quality::Infeasible).then(|| refusal(plant, taken, request, 1, &ask, Vec::new()))
}

/// Of two.
pub(super) fn when_pair(
    quality: &Quality,
    plant: &Inventory,
    taken: &Taken,
    request: &Request,
    separate: Separate,
) -> Option<Refusal> {
    if *quality != Quality::Infeasible {
        return None;
    }
    let ask_with = |request: &Request, risks: &Risks| {
        let rules = Rules::new(plant, taken, request).ok()?;
        let (ways, _) = pair::solve(&rules, separate, risks).ok()?;
        let mut used = Vec::new();
        let routes: Vec<Planned> = ways.iter().map(|way| planned(&rules, way, &mut used)).collect();
        let sum = ways.iter().fold([0; FIELDS], |sum, way| super::search::add(sum, way.sums));
        (!routes.is_empty()).then_some((sum, routes))
    };
    let mut others = Vec::new();
    if matches!(separate, Separate::Ducts | Separate::DuctsAndNodes) {
        // Ducts in which two cables lie can keep a pair from being.
        for (number, duct) in (0..).zip(plant.ducts()) {
            let of = |cable: Cable| plant.risks().of(cable).iter().copied().filter(|&other| other != number).collect();
            if plant.cables().filter(|&cable| plant.risks().of(cable).contains(&number)).nth(1).is_some() {
                let risks = Risks::new(plant.cables().map(of).collect());
                others.extend(ask_with(request, &risks).map(|found| (Reason::Shared(duct.clone()), found)));
            }
        }
    }
    if others.is_empty() {
        let shared = pair::sharing(plant, taken, request).ok().filter(|answer| !answer.routes.is_empty());
        others.extend(match shared {
            Some(Answer { mut routes, shared, .. }) => {
                Some((Reason::Separate(shared), ([0; FIELDS], routes.pop().unwrap_or_default())))
            }
            None => one_of(plant, taken, request).map(|found| (Reason::Separate(Vec::new()), found)),
        });
    }
    let ask = |request: &Request| ask_with(request, plant.risks());
    Some(refusal(plant, taken, request, 2, &ask, others))
}

/// Routes, and their sums.
type Found = (Sums, Vec<Planned>);
type Asked = Option<Found>;

fn one(rules: &Rules<'_>) -> Asked {
    let way = search(rules, 1, rules.request.steps).ways.into_iter().next()?;
    Some((way.sums, vec![planned(rules, &way, &mut Vec::new())]))
}

fn one_of(plant: &Inventory, taken: &Taken, request: &Request) -> Asked {
    one(&Rules::new(plant, taken, request).ok()?)
}

fn refusal(
    plant: &Inventory,
    taken: &Taken,
    request: &Request,
    count: u64,
    ask: &dyn Fn(&Request) -> Asked,
    others: Vec<(Reason, Found)>,
) -> Refusal {
    // Without a rule: the shortest that there is, whether cores are free or not.
    let bare = Request { prefer: vec![super::Criterion::Length], ..Request::new(&request.from, &request.to) };
    let shortest = Rules::new(plant, taken, &bare).ok().and_then(|rules| {
        let mut rules = opened(rules, |_| true);
        (rules.first, rules.last) = (None, None);
        search(&rules, 1, request.steps).ways.into_iter().next()
    });
    let is_connected = shortest.is_some();
    let least = shortest.map_or(0, |way| way.cables.iter().map(|&cable| plant.lengths()[cable as usize]).sum::<u64>());
    let mut found = others;
    for (reason, relaxed) in relaxed(request) {
        if let Some(asked) = ask(&relaxed) {
            let reason = match (reason, &asked.1[..]) {
                (Reason::Loss(_), routes) => Reason::Loss(routes.iter().map(|route| route.loss).max().unwrap_or(0)),
                (reason, _) => reason,
            };
            found.push((reason, asked));
        }
    }
    let in_the_way = Rules::new(plant, taken, request).ok().and_then(|rules| {
        let bars = rules.bars.clone();
        let way = search(&opened(rules, |_| true), 1, request.steps).ways.into_iter().next()?;
        Some(bars_of(&bars, &way))
    });
    if count == 1 {
        found.extend(with_free_cores(plant, taken, request));
    }
    let relaxation = |(reason, (_, routes)): (Reason, Found)| {
        let length: u64 = routes.iter().map(|route| route.length).sum();
        Relaxation { reason, longer: length.saturating_sub(count * least), routes }
    };
    let mut relaxations: Vec<Relaxation> = found.into_iter().map(relaxation).collect();
    relaxations.sort_by(|a, b| (a.longer, &a.reason).cmp(&(b.longer, &b.reason)));
    let bars = in_the_way.filter(|_| relaxations.is_empty()).unwrap_or_default();
    Refusal { relaxations, bars, is_connected }
}

/// The request without one of its rules, each in turn.
fn relaxed(request: &Request) -> Vec<(Reason, Request)> {
    let mut all = Vec::new();
    for at in 0..request.avoid.len() {
        let mut relaxed = request.clone();
        all.push((Reason::Avoid(relaxed.avoid.remove(at)), relaxed));
    }
    for at in 0..request.via.len() {
        let mut relaxed = request.clone();
        let reason = match relaxed.via.remove(at) {
            Stop::Place(name) => Reason::ViaPlace(name),
            Stop::Cable(name) => Reason::ViaCable(name),
        };
        all.push((reason, relaxed));
    }
    let mut without = |is_asked: bool, reason: Reason, relax: &dyn Fn(&mut Request)| {
        if is_asked {
            let mut relaxed = request.clone();
            relax(&mut relaxed);
            all.push((reason, relaxed));
        }
    };
    without(request.loss.is_some(), Reason::Loss(0), &|request| {
        request.loss = None;
        // The least loss is what would have to be allowed.
        request.prefer.retain(|criterion| *criterion != super::Criterion::Loss);
        request.prefer.insert(0, super::Criterion::Loss);
    });
    without(request.same_core, Reason::SameCore, &|request| request.same_core = false);
    without(request.pairs, Reason::Pairs, &|request| request.pairs = false);
    without(!request.classes.is_empty(), Reason::Classes, &|request| request.classes.clear());
    without(!request.owners.is_empty(), Reason::Owners, &|request| request.owners.clear());
    if let Some((circuit, _)) = &request.apart_from {
        without(true, Reason::ApartFrom(circuit.clone()), &|request| request.apart_from = None);
    }
    all
}

/// The same with closed cables opened; how many of those a route uses counts more than anything else.
fn opened<'i>(mut rules: Rules<'i>, may: impl Fn(&Bar) -> bool) -> Rules<'i> {
    for at in 0..rules.bars.len() {
        let sums = &mut rules.cost[at];
        let mut shifted = [0; FIELDS];
        shifted[1..FIELDS - 1].copy_from_slice(&sums[..FIELDS - 2]);
        shifted[FIELDS - 1] = sums[FIELDS - 1];
        if !rules.bars[at].is_empty() && rules.bars[at].iter().all(&may) {
            shifted[0] = rules.bars[at].len() as u64;
            if rules.cores[at].is_empty() {
                let count = rules.plant.record(Cable::new(at)).map_or(0, |record| record.cores);
                let mut all = Cores::default();
                (1..=count).step_by(if rules.request.pairs { 2 } else { 1 }).for_each(|core| all.insert(core));
                rules.cores[at] = all;
            }
            rules.bars[at].clear();
        }
        *sums = shifted;
    }
    rules.closed.fill(false);
    rules.building_field = rules.building_field.map(|field| field + 1);
    rules
}

fn bars_of(bars: &[Vec<Bar>], way: &Way) -> Vec<Bar> {
    let all: BTreeSet<Bar> = way.cables.iter().flat_map(|&cable| bars[cable as usize].iter().cloned()).collect();
    all.into_iter().collect()
}

/// The route if cables without a free core had one.
fn with_free_cores(plant: &Inventory, taken: &Taken, request: &Request) -> Option<(Reason, Found)> {
    let rules = Rules::new(plant, taken, request).ok()?;
    let bars = rules.bars.clone();
    let rules = opened(rules, |bar| matches!(bar, Bar::Full(_)));
    let way = search(&rules, 1, request.steps).ways.into_iter().next()?;
    let full = bars_of(&bars, &way).into_iter().map(|bar| match bar {
        Bar::Full(cable) => cable,
        Bar::Class(name) | Bar::Owner(name) => name,
        Bar::Avoided(avoid) => match avoid {
            Avoid::Place(name) | Avoid::Cable(name) | Avoid::Duct(name) => name,
        },
    });
    let full: Vec<String> = full.collect();
    // Sums are shifted by the number of closed cables: back, to be compared with the others.
    let mut sums = [0; FIELDS];
    sums[..FIELDS - 2].copy_from_slice(&way.sums[1..FIELDS - 1]);
    sums[FIELDS - 1] = way.sums[FIELDS - 1];
    let mut route = planned(&rules, &way, &mut Vec::new());
    route.sums = sums[..request.prefer.len()].to_vec();
    (!full.is_empty()).then_some((Reason::Free(full), (sums, vec![route])))
}

/// The words of a fill, for whoever asks.
impl Fill {
    /// `min`, `max`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Least => "min",
            Self::Most => "max",
        }
    }
}
