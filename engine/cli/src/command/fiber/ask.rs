//! `route`, `k-best` and `draw`: a request from what is typed, its answer, and the reservation.

use super::{declared, problem, records, said};
use crate::{
    Exit,
    args::{
        Common,
        fiber::{Apart, Draw, KBest, Route, Rules},
    },
    clock,
    output::Out,
};
use guiju::{
    fiber::{
        book::{Command, Core, Denied, Done},
        draw::svg,
        inventory::Inventory,
        plan::{self, Answer, Avoid, Planned, Quality, Request, Separate, Stop, Taken},
    },
    lang::finding::{Finding, Sources},
    plant::{self, Ledger, Plant},
};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// After so many times somebody else was faster, there is no hurry that helps.
const TRIES: usize = 20;

pub(super) fn route(args: &Route, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let Asked { plant, mut taken, folder, request, how, hold } = asked(args, common, out)?;
    if let Some(order) = &args.reserve {
        // Asked for again: what is there counts, not what would be planned now.
        let book = records::book(&folder)?;
        if let Some(there) = book.order(order).filter(|there| there.state.holds()) {
            let already = Done::Already(there.state);
            out.document(&said::already(order, there));
            said::reserved(order, already, there, out);
            return Ok(Exit::Well);
        }
    }
    let ask = |taken: &Taken| match &how {
        How::Typed => answer(&plant.inventory, taken, &request, &args.rules, args.apart, args.routes as usize),
        How::Declared(route) => {
            plant::rule::answer(&plant.inventory, taken, route, &request).map_err(|finding| vec![finding])
        }
    };
    let mut answered = ask(&taken)?;
    let mut reserved = None;
    if let (Some(order), false) = (&args.reserve, answered.routes.is_empty()) {
        let ledger = Ledger::open(&folder).map_err(|error| vec![error.into()])?;
        let mut slower = None;
        for _ in 0..TRIES {
            let Some(routes) = answered.routes.first() else { break };
            let now = clock::now();
            let until = hold.map(|hold| now.saturating_add(hold));
            let command = Command::Reserve { order: order.clone(), cores: cores(routes), until };
            let done = ledger.submit(now, command, &plant.digest).map_err(|error| vec![error.into()])?;
            let book = ledger.book().map_err(|error| vec![Finding::from(error)])?;
            match done {
                Ok(done) => {
                    reserved = book.order(order).cloned().map(|reservation| (order.as_str(), done, reservation));
                    break;
                }
                // Somebody was faster: plan again on what is free now.
                Err(held @ Denied::Held { .. }) => {
                    slower = Some(plant::denied(&held));
                    taken = records::held(&plant.inventory, &book);
                    answered = ask(&taken)?;
                }
                Err(denied) => return Err(vec![plant::denied(&denied)]),
            }
        }
        if let (None, Some(slower), false) = (&reserved, slower, answered.routes.is_empty()) {
            return Err(vec![slower]);
        }
    }
    if let (Some(order), Some(routes)) = (&args.plan, answered.routes.first()) {
        let ledger = Ledger::open(&folder).map_err(|error| vec![error.into()])?;
        let command = Command::Plan { order: order.clone(), cores: cores(routes) };
        let done = ledger.submit(clock::now(), command, &plant.digest).map_err(|error| vec![error.into()])?;
        let done = done.map_err(|denied| vec![plant::denied(&denied)])?;
        let book = ledger.book().map_err(|error| vec![Finding::from(error)])?;
        reserved = book.order(order).cloned().map(|reservation| (order.as_str(), done, reservation));
    }
    if let (Some(file), Some(routes)) = (&args.draw, answered.routes.first()) {
        draw_to(file, &plant, routes)?;
    }
    let is_answered = show(&answered, &request.from, &request.to, &plant, out, reserved.as_ref());
    Ok(is_answered)
}

/// What is asked, of which records.
struct Asked {
    plant: Plant,
    taken: Taken,
    folder: PathBuf,
    request: Request,
    how: How,
    hold: Option<i64>,
}

/// Where the rules come from.
enum How {
    Typed,
    Declared(Box<guiju::lang::plant::Route>),
}

fn asked(args: &Route, common: &Common, out: &Out) -> Result<Asked, Vec<Finding>> {
    let hold = args.hold.as_deref().map(span).transpose()?;
    if let Some(name) = &args.rule {
        let (route, config) = declared::find(name, common, out)?;
        let path = plant::rule::place(&route.on, &config).map_err(|finding| vec![finding])?;
        let (plant, taken, folder) = records::of(&path.unwrap_or_default(), args.ledger.as_deref(), &config)?;
        let ends = [args.from.as_ref().unwrap_or(&route.from), args.to.as_ref().unwrap_or(&route.to)].map(Clone::clone);
        let request = Request { steps: args.rules.steps, ..plant::rule::request(&route, Some(&ends)) };
        let hold = hold.or(route.hold);
        return Ok(Asked { plant, taken, folder, request, how: How::Declared(Box::new(route)), hold });
    }
    let path = args.plant.clone().unwrap_or_default();
    let (plant, taken, folder) = records::of(&path, args.ledger.as_deref(), &records::config(common))?;
    let ends = [&args.from, &args.to].map(|end| end.as_deref().unwrap_or_default());
    let request = request(&plant.inventory, ends[0], ends[1], &args.rules, args.apart)?;
    Ok(Asked { plant, taken, folder, request, how: How::Typed, hold })
}

pub(super) fn k_best(args: &KBest, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let (plant, taken, _) = records::read(&args.records, common)?;
    let request = request(&plant.inventory, &args.from, &args.to, &args.rules, None)?;
    let answer = plan::best(&plant.inventory, &taken, &request, args.k as usize)
        .map_err(|contradiction| vec![plant::contradiction(&contradiction)])?;
    Ok(show(&answer, &args.from, &args.to, &plant, out, None))
}

pub(super) fn draw(args: &Draw, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let (plant, taken, _) = records::read(&args.records, common)?;
    let (Some(from), Some(to)) = (&args.from, &args.to) else {
        draw_to(&args.out, &plant, &[])?;
        out.document(&json!({ "ok": true, "file": args.out }));
        return Ok(Exit::Well);
    };
    let request = request(&plant.inventory, from, to, &args.rules, args.apart)?;
    let answered = answer(&plant.inventory, &taken, &request, &args.rules, args.apart, 2)?;
    if let Some(routes) = answered.routes.first() {
        draw_to(&args.out, &plant, routes)?;
    }
    Ok(show(&answered, from, to, &plant, out, None))
}

/// The request that is typed.
fn request(
    plant: &Inventory,
    from: &str,
    to: &str,
    rules: &Rules,
    apart: Option<Apart>,
) -> Result<Request, Vec<Finding>> {
    let stop = |name: &String| match avoided(plant, name) {
        Avoid::Cable(cable) => Ok(Stop::Cable(cable)),
        Avoid::Place(place) => Ok(Stop::Place(place)),
        Avoid::Duct(_) => Err(vec![problem::word(name, ("a place or a cable", "位置或光缆"))]),
    };
    let separate = apart.and_then(Apart::separate).unwrap_or(Separate::Cables);
    Ok(Request {
        prefer: rules.prefer.iter().map(|&prefer| prefer.into()).collect(),
        via: rules.via.iter().map(stop).collect::<Result<_, _>>()?,
        avoid: rules.avoid.iter().map(|name| avoided(plant, name)).collect(),
        loss: rules.loss.as_deref().map(records::amount).transpose()?,
        joint: records::amount(&rules.joint)?,
        same_core: rules.same_core,
        pairs: rules.pairs,
        fibres: rules.fibres.into(),
        fill: rules.fill.map(Into::into),
        classes: rules.class.clone(),
        owners: rules.owner.clone(),
        apart_from: rules.apart_from.clone().map(|circuit| (circuit, separate)),
        steps: rules.steps,
        ..Request::new(from, to)
    })
}

/// What a name stands for: a place, a cable, a duct, in this order, unless it says so itself.
pub(super) fn avoided(plant: &Inventory, name: &str) -> Avoid {
    match name.split_once(':') {
        Some(("place", name)) => Avoid::Place(name.to_owned()),
        Some(("cable", name)) => Avoid::Cable(name.to_owned()),
        Some(("duct", name)) => Avoid::Duct(name.to_owned()),
        _ if plant.node(name).is_some() => Avoid::Place(name.to_owned()),
        _ if plant.cable(name).is_some() => Avoid::Cable(name.to_owned()),
        _ if plant.duct_number(name).is_some() => Avoid::Duct(name.to_owned()),
        _ => Avoid::Place(name.to_owned()),
    }
}

/// With a circuit to be apart from, one route; otherwise a pair where two are asked for.
fn answer(
    plant: &Inventory,
    taken: &Taken,
    request: &Request,
    rules: &Rules,
    apart: Option<Apart>,
    routes: usize,
) -> Result<Answer, Vec<Finding>> {
    let answer = match apart.filter(|_| rules.apart_from.is_none()) {
        None => plan::best(plant, taken, request, 1),
        Some(apart) => match apart.separate() {
            Some(separate) => plan::apart(plant, taken, request, separate, routes),
            None => plan::sharing(plant, taken, request),
        },
    };
    answer.map_err(|contradiction| vec![plant::contradiction(&contradiction)])
}

fn cores(routes: &[Planned]) -> Vec<Core> {
    let hops = routes.iter().flat_map(|route| &route.hops);
    hops.flat_map(|hop| hop.cores.iter().map(|&core| (hop.cable.clone(), core))).collect()
}

fn draw_to(file: &Path, plant: &Plant, routes: &[Planned]) -> Result<(), Vec<Finding>> {
    fs::write(file, svg(&plant.inventory, routes)).map_err(|error| vec![problem::unwritable(file, &error.to_string())])
}

/// `30m`, `12h`, `7d` in microseconds.
fn span(text: &str) -> Result<i64, Vec<Finding>> {
    let unit = |unit| match unit {
        's' => Some(1_i64),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    let read = text.char_indices().next_back().and_then(|(at, last)| {
        let count: i64 = text[..at].parse().ok().filter(|count| *count > 0)?;
        count.checked_mul(unit(last)?)?.checked_mul(1_000_000)
    });
    read.ok_or_else(|| vec![problem::word(text, ("a time like 30m, 12h, 7d", "时长，例如 30m、12h、7d"))])
}

type Reserved<'a> = (&'a str, Done, guiju::fiber::book::Reservation);

fn show(answer: &Answer, from: &str, to: &str, plant: &Plant, out: &Out, reserved: Option<&Reserved<'_>>) -> Exit {
    out.document(&said::document(answer, plant, reserved));
    if answer.quality == Quality::Infeasible {
        out.findings(&[problem::no_route(from, to)], &Sources::default());
    }
    said::answer(answer, out);
    if let Some((order, done, reservation)) = reserved {
        said::reserved(order, *done, reservation, out);
    }
    match answer.quality {
        Quality::Optimal | Quality::Gap { .. } => Exit::Well,
        Quality::TimedOut if !answer.routes.is_empty() => Exit::Well,
        Quality::Infeasible | Quality::TimedOut => Exit::Wrong,
    }
}
