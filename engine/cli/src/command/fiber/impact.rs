//! `what-if` and `capacity`.

use super::{ask::avoided, records, said};
use crate::{
    Exit,
    args::{
        Common,
        fiber::{Records, WhatIf},
    },
    output::Out,
};
use guiju::{
    fiber::{
        impact::{self, Hit, Load, Restored, Step},
        plan::Avoid,
    },
    lang::finding::Finding,
    plant,
};
use serde_json::{Value, json};

pub(super) fn what_if(args: &WhatIf, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let (plant, taken, _) = records::read(&args.records, common)?;
    let cut: Vec<Avoid> = args.cut.iter().map(|name| avoided(&plant.inventory, name)).collect();
    let hits = impact::what_if(&plant.inventory, &taken, &cut)
        .map_err(|contradiction| vec![plant::contradiction(&contradiction)])?;
    let steps = impact::maintenance(&hits);
    out.document(&json!({
        "ok": true,
        "affected": hits.iter().map(hit_json).collect::<Vec<_>>(),
        "plan": args.plan.then(|| steps.iter().map(step_json).collect::<Vec<_>>()),
        "plant": plant.digest,
    }));
    if hits.is_empty() {
        out.say(out.pick("no circuit is affected", "没有受影响的电路"));
    }
    for hit in &hits {
        let of: Vec<&str> = [hit.order.as_deref(), hit.customer.as_deref()].into_iter().flatten().collect();
        let of = if of.is_empty() { String::new() } else { format!(" ({})", of.join(", ")) };
        let cut: Vec<String> = hit.cut.iter().map(|(cable, core)| format!("{cable} #{core}")).collect();
        out.say(format!("{}{of}: {}", hit.circuit, cut.join(", ")));
        out.say(match &hit.restored {
            Restored::Over(route) => {
                let hops: Vec<String> = route
                    .hops
                    .iter()
                    .map(|hop| {
                        let cores: Vec<String> = hop.cores.iter().map(u32::to_string).collect();
                        format!("{} #{}", hop.cable, cores.join("+"))
                    })
                    .collect();
                format!("  {} {}, {}", out.pick("over", "改走"), hops.join(", "), said::metres(route.length))
            }
            Restored::No => format!("  {}", out.pick("no other route has a free core", "没有其他空闲路由")),
            Restored::Unclear(ends) => {
                format!("  {}: {}", out.pick("its cables are no single way", "其光缆不成一条通路"), ends.join(", "))
            }
        });
    }
    if args.plan {
        out.say(out.pick("plan", "作业计划"));
        for (number, step) in (1..).zip(&steps) {
            let said = match step {
                Step::Agree(circuit, customer) => {
                    let of = customer.as_ref().map_or_else(String::new, |customer| format!(" ({customer})"));
                    format!("{} {circuit}{of}", out.pick("agree on an outage of", "商定停用"))
                }
                Step::Move(circuit) => format!("{} {circuit}", out.pick("move", "割接")),
                Step::Work => out.pick("work", "施工").to_owned(),
                Step::Back(circuit) => format!("{} {circuit}", out.pick("move back", "回切")),
            };
            out.say(format!("  {number}. {said}"));
        }
    }
    Ok(Exit::Well)
}

fn hit_json(hit: &Hit) -> Value {
    let restored = match &hit.restored {
        Restored::Over(route) => json!({ "over": said::route_json(route) }),
        Restored::No => json!({ "no": true }),
        Restored::Unclear(places) => json!({ "unclear": places }),
    };
    json!({ "circuit": hit.circuit, "order": hit.order, "customer": hit.customer, "cut": hit.cut, "restored": restored })
}

fn step_json(step: &Step) -> Value {
    match step {
        Step::Agree(circuit, customer) => json!({ "agree": circuit, "customer": customer }),
        Step::Move(circuit) => json!({ "move": circuit }),
        Step::Work => json!("work"),
        Step::Back(circuit) => json!({ "back": circuit }),
    }
}

pub(super) fn capacity(args: &Records, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let (plant, taken, _) = records::read(args, common)?;
    let capacity = impact::capacity(&plant.inventory, &taken);
    let load = |load: &Load| json!({ "cores": load.cores, "used": load.used, "held": load.held, "free": load.free() });
    let rooms: Vec<Value> = capacity
        .rooms
        .iter()
        .map(|((a, b), of)| {
            let mut of = load(of);
            of["rooms"] = json!([a, b]);
            of
        })
        .collect();
    let by_name = |all: &std::collections::BTreeMap<String, Load>| -> Value {
        all.iter().map(|(name, of)| (name.clone(), load(of))).collect::<serde_json::Map<_, _>>().into()
    };
    out.document(&json!({
        "ok": true, "cables": by_name(&capacity.cables), "ducts": by_name(&capacity.ducts), "rooms": rooms,
    }));
    let line = |name: &str, of: &Load| {
        let (used, held, free) = (of.used, of.held, of.free());
        out.say(match out.lang {
            guiju::lang::finding::Lang::En => {
                format!("  {name}: {free} free of {} ({used} in use, {held} held)", of.cores)
            }
            guiju::lang::finding::Lang::Zh => {
                format!("  {name}：{} 芯，空闲 {free}（在用 {used}，保留 {held}）", of.cores)
            }
        });
    };
    out.say(out.pick("cables", "光缆"));
    capacity.cables.iter().for_each(|(name, of)| line(name, of));
    out.say(out.pick("ducts", "管道"));
    capacity.ducts.iter().for_each(|(name, of)| line(name, of));
    out.say(out.pick("rooms", "机房之间"));
    capacity.rooms.iter().for_each(|((a, b), of)| line(&format!("{a} – {b}"), of));
    Ok(Exit::Well)
}
