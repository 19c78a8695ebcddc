//! Routes that tests expect: asked of the records as they are, with nothing held, so that a test says the same whoever has reserved what.

use super::report::{Failure, FailureKind};
use crate::{
    plant::{self, Plant, rule},
    project::Project,
};
use guiju_fiber::{
    inventory::Inventory,
    plan::{Planned, Quality, Taken},
};
use guiju_lang::{
    finding::{At, Finding, codes},
    hir::{Program, Test, TestStep},
    plant::{Named, Route, Thing},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Records that were read for tests, by where they are.
#[derive(Default)]
pub(super) struct Plants(BTreeMap<PathBuf, Result<Plant, Vec<Finding>>>);

impl Plants {
    fn of(&mut self, route: &Route, project: &Project) -> Result<&Plant, Vec<Finding>> {
        let path = rule::place(&route.on, &project.config).map_err(|finding| vec![finding])?;
        let path = path.ok_or_else(|| {
            let finding = Finding::new(codes::names::PLANT_UNKNOWN, At::Text(route.place));
            vec![finding.name("name", &route.on.name).name("connection", &route.on.connection)]
        })?;
        let read = self.0.entry(path.clone()).or_insert_with(|| plant::read(&path, &project.config));
        read.as_ref().map_err(Clone::clone)
    }
}

/// What is not as a test expects of routes.
pub(super) fn play(project: &Project, program: &Program, test: &Test, plants: &mut Plants) -> Vec<Failure> {
    let mut failures = Vec::new();
    for step in &test.steps {
        let TestStep::ExpectRoute { route, ends, via, none, place } = step else { continue };
        let Some(route) = program.routes.get(*route) else { continue };
        let kind = match outcome(project, route, ends.as_ref(), via, *none, plants) {
            Ok(None) => continue,
            Ok(Some(kind)) => vec![kind],
            Err(findings) => findings.into_iter().map(FailureKind::Broken).collect(),
        };
        failures.extend(kind.into_iter().map(|kind| Failure { place: *place, kind }));
    }
    failures
}

fn outcome(
    project: &Project,
    route: &Route,
    ends: Option<&[String; 2]>,
    via: &[Named],
    none: bool,
    plants: &mut Plants,
) -> Result<Option<FailureKind>, Vec<Finding>> {
    let plant = &plants.of(route, project)?.inventory;
    let request = rule::request(route, ends);
    let taken = Taken::new(plant, std::iter::empty());
    let answer = rule::answer(plant, &taken, route, &request).map_err(|finding| vec![finding])?;
    // Of several routes, the working one is the first.
    let first = answer.routes.first().and_then(|routes| routes.first());
    let as_expected = match first {
        Some(planned) => !none && passes(plant, planned, via),
        // That none was found in time proves nothing.
        None => none && answer.quality == Quality::Infeasible,
    };
    let stops = via.iter().map(|stop| stop.name.as_str());
    let expected: Vec<&str> = [request.from.as_str()].into_iter().chain(stops).chain([request.to.as_str()]).collect();
    let timed_out = answer.quality == Quality::TimedOut;
    Ok((!as_expected).then(|| FailureKind::Differs {
        property: route.name.clone(),
        expected: if none { "∅".to_owned() } else { expected.join(" … ") },
        got: Some(match first {
            Some(planned) => shown(planned),
            None if timed_out => "?".to_owned(),
            None => "∅".to_owned(),
        }),
    }))
}

/// Places and cables of a route in the order of travel.
fn line(planned: &Planned) -> Vec<(Thing, &str)> {
    let mut line = vec![(Thing::Place, planned.from.as_str())];
    for hop in &planned.hops {
        line.push((Thing::Cable, &hop.cable));
        line.push((Thing::Place, &hop.ends[1]));
    }
    line
}

fn shown(planned: &Planned) -> String {
    let names: Vec<&str> = line(planned).into_iter().map(|(_, name)| name).collect();
    names.join(" – ")
}

/// Whether a route passes all of these in their order.
fn passes(plant: &Inventory, planned: &Planned, via: &[Named]) -> bool {
    let line = line(planned);
    let mut rest = line.iter();
    via.iter().all(|stop| {
        let inside: BTreeSet<&str> = match stop.thing {
            Thing::Place => plant.nodes_within(&stop.name).into_iter().map(|node| plant.name(node)).collect(),
            Thing::Cable | Thing::Duct => BTreeSet::from([stop.name.as_str()]),
        };
        rest.any(|(thing, name)| *thing == stop.thing && inside.contains(name))
    })
}
