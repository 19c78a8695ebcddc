//! Routes that rulebooks declare: the names that a checker is told, and the requests that declared routes are.

use super::{contradiction, read};
use guiju_connect::{
    config::{Config, Kind},
    schemas::Schemas,
};
use guiju_fiber::{
    inventory::{Inventory, Level},
    plan::{self, Answer, Avoid, Criterion, Fibres, Request, Separate, Stop, Taken},
};
use guiju_lang::{
    finding::{At, Finding, codes},
    market, plant as lang,
    schema::{ColumnFacts, Schema, SchemaProvider},
};
use std::path::{Component, Path, PathBuf};

/// The folder or file that a declared topology's records are read from; nothing where its connection is not bound.
///
/// # Errors
/// The connection is not one of files, or the object is not inside it.
pub fn place(on: &lang::Topology, config: &Config) -> Result<Option<PathBuf>, Finding> {
    found(&on.connection, on.object.as_deref(), config)
}

fn found(connection: &str, object: Option<&str>, config: &Config) -> Result<Option<PathBuf>, Finding> {
    let Some(bound) = config.connections.iter().find(|bound| bound.name == connection) else { return Ok(None) };
    let finding = |code| Finding::new(code, At::Nowhere).name("connection", connection);
    // A YAML file among the records may name tables of databases; the records themselves are files.
    if !matches!(bound.kind, Kind::Files | Kind::Csv | Kind::JsonLines | Kind::Parquet) {
        return Err(finding(codes::data::CONNECTION_NOT_READ).name("kind", bound.kind.word()));
    }
    let Some(object) = object else { return Ok(Some(bound.path.clone())) };
    let inside = Path::new(object).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside || object.trim().is_empty() {
        return Err(finding(codes::data::OBJECT_OUTSIDE).name("object", object));
    }
    Ok(Some(bound.path.join(object)))
}

/// What a route declared over a plant asks for, between its own ends or others.
pub fn request(route: &lang::Route, ends: Option<&[String; 2]>) -> Request {
    let [from, to] = ends.map_or([&route.from, &route.to], |[from, to]| [from, to]);
    let criterion = |criterion: &lang::Criterion| match criterion {
        lang::Criterion::Length => Criterion::Length,
        lang::Criterion::Hops => Criterion::Hops,
        lang::Criterion::Loss => Criterion::Loss,
        lang::Criterion::Use => Criterion::Use,
        lang::Criterion::Buildings => Criterion::Buildings,
    };
    let prefer: Vec<Criterion> = route.prefer.iter().map(criterion).collect();
    let stop = |named: &lang::Named| match named.thing {
        lang::Thing::Cable => Stop::Cable(named.name.clone()),
        lang::Thing::Place | lang::Thing::Duct => Stop::Place(named.name.clone()),
    };
    let avoid = |named: &lang::Named| match named.thing {
        lang::Thing::Place => Avoid::Place(named.name.clone()),
        lang::Thing::Cable => Avoid::Cable(named.name.clone()),
        lang::Thing::Duct => Avoid::Duct(named.name.clone()),
    };
    Request {
        prefer: if prefer.is_empty() { vec![Criterion::Length] } else { prefer },
        via: route.via.iter().map(stop).collect(),
        avoid: route.avoid.iter().map(avoid).collect(),
        loss: route.loss,
        same_core: route.same_core,
        pairs: route.pairs,
        fibres: if route.descending { Fibres::Descending } else { Fibres::Ascending },
        classes: route.classes.clone(),
        owners: route.owners.clone(),
        ..Request::new(from, to)
    }
}

/// Answers a request as a declared route asks it: one route, or several that are apart.
///
/// # Errors
/// Names that are not there, rules that contradict one another.
pub fn answer(plant: &Inventory, taken: &Taken, route: &lang::Route, request: &Request) -> Result<Answer, Finding> {
    let answer = match route.apart {
        None => plan::best(plant, taken, request, 1),
        Some((lang::Apart::Most, _)) => plan::sharing(plant, taken, request),
        Some((apart, count)) => {
            let separate = match apart {
                lang::Apart::Nodes => Separate::Nodes,
                lang::Apart::Ducts => Separate::Ducts,
                lang::Apart::Cables | lang::Apart::Most => Separate::Cables,
            };
            plan::apart(plant, taken, request, separate, count as usize)
        }
    };
    answer.map_err(|wrong| contradiction(&wrong))
}

/// The names that rulebooks may use of a plant's records.
fn names(plant: &Inventory) -> lang::Plant {
    const LEVELS: [Level; 6] = [Level::Building, Level::Floor, Level::Room, Level::Rack, Level::Frame, Level::Port];
    let level = |level: Level| match level {
        Level::Building => lang::Level::Building,
        Level::Floor => lang::Level::Floor,
        Level::Room => lang::Level::Room,
        Level::Rack => lang::Level::Rack,
        Level::Frame => lang::Level::Frame,
        Level::Port => lang::Level::Port,
    };
    let place = |name: &str| {
        let around = |at| LEVELS.iter().filter_map(move |&level| plant.place(at, level));
        let within = plant.node(name).into_iter().flat_map(around).filter(|place| *place != name);
        let level = plant.level(name).map_or(lang::Level::Port, level);
        (name.to_owned(), lang::Place { level, within: within.map(str::to_owned).collect() })
    };
    let records = plant.cables().filter_map(|cable| plant.record(cable));
    let cable = |record: &guiju_fiber::inventory::CableRow| {
        let laid = lang::Laid { ducts: record.ducts.clone(), class: record.class.clone(), owner: record.owner.clone() };
        (record.name.clone(), laid)
    };
    lang::Plant {
        places: plant.places().map(place).collect(),
        cables: records.map(cable).collect(),
        ducts: plant.ducts().iter().cloned().collect(),
    }
}

/// What a configuration's connections hold: tables, and plants.
pub(crate) struct Known<'a> {
    pub(crate) schemas: &'a Schemas<'a>,
    pub(crate) config: &'a Config,
}

impl SchemaProvider for Known<'_> {
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        self.schemas.schema(connection, object)
    }

    fn passing(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, Finding> {
        self.schemas.passing(connection, object)
    }

    fn messages(&self, form: &market::Form) -> Option<market::Messages> {
        self.schemas.messages(form)
    }

    fn plant(&self, connection: &str, object: Option<&str>) -> Result<Option<lang::Plant>, Vec<Finding>> {
        let path = found(connection, object, self.config).map_err(|finding| vec![finding])?;
        path.map(|path| read(&path, self.config).map(|plant| names(&plant.inventory))).transpose()
    }

    fn refused(&self, connection: &str) -> bool {
        self.schemas.refused(connection)
    }

    fn guessed(&self, connection: &str, object: Option<&str>) -> bool {
        self.schemas.guessed(connection, object)
    }

    fn facts(&self, connection: &str, object: Option<&str>, columns: &[&str]) -> Vec<Option<ColumnFacts>> {
        self.schemas.facts(connection, object, columns)
    }
}
