//! Answers, for people and for programs.

use crate::output::Out;
use guiju::{
    fiber::{
        book::{Done, Reservation},
        plan::{Answer, Avoid, Bar, Criterion, Hop, Planned, Quality, Reason, Refusal, patches},
    },
    plant::Plant,
};
use serde_json::{Value, json};

/// `366 m`, `40.25 m`
pub(super) fn metres(millimetres: u64) -> String {
    format!("{} m", thousandths(millimetres))
}

pub(super) fn decibels(thousandth: u64) -> String {
    format!("{} dB", thousandths(thousandth))
}

fn thousandths(amount: u64) -> String {
    let text = format!("{}.{:03}", amount / 1000, amount % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn criterion(criterion: Option<Criterion>, out: &Out) -> &'static str {
    let (en, zh) = match criterion {
        Some(Criterion::Length) => ("length", "长度"),
        Some(Criterion::Loss) => ("loss", "损耗"),
        Some(Criterion::Use) => ("cores in use", "在用纤芯"),
        Some(Criterion::Buildings) => ("buildings", "楼宇数"),
        Some(Criterion::Hops) | None => ("cables", "跳数"),
    };
    match out.lang {
        guiju::lang::finding::Lang::En => en,
        guiju::lang::finding::Lang::Zh => zh,
    }
}

const fn word(criterion: Option<Criterion>) -> &'static str {
    match criterion {
        Some(Criterion::Length) => "length",
        Some(Criterion::Loss) => "loss",
        Some(Criterion::Use) => "use",
        Some(Criterion::Buildings) => "buildings",
        Some(Criterion::Hops) | None => "hops",
    }
}

fn amount(criterion: Option<Criterion>, amount: u64) -> String {
    match criterion {
        Some(Criterion::Length) => metres(amount),
        Some(Criterion::Loss) => decibels(amount),
        _ => amount.to_string(),
    }
}

/// The whole answer for people.
pub(super) fn answer(answer: &Answer, out: &Out) {
    let quality = match answer.quality {
        Quality::Optimal => out.pick("optimal: nothing is better", "最优：没有更好的").to_owned(),
        Quality::Gap { criterion: of, found, bound } => {
            let (what, found, bound, gap) =
                (criterion(of, out), amount(of, found), amount(of, bound), amount(of, found - bound));
            match out.lang {
                guiju::lang::finding::Lang::En => {
                    format!("gap {gap}: {what} {found}, and nothing is below {bound}; more --steps would say")
                }
                guiju::lang::finding::Lang::Zh => {
                    format!("差距 {gap}：{what} {found}，下界 {bound}；增加 --steps 可继续求证")
                }
            }
        }
        Quality::Infeasible => out.pick("proved infeasible", "已证明无解").to_owned(),
        Quality::TimedOut if answer.routes.is_empty() => out
            .pick(
                "timed out: neither found nor ruled out; more --steps would say",
                "超出步数：未找到也未排除；请增加 --steps",
            )
            .to_owned(),
        Quality::TimedOut => {
            out.pick("timed out: there may be more, and better ones", "超出步数：可能还有更多、更好的").to_owned()
        }
    };
    for (at, routes) in answer.routes.iter().enumerate() {
        for (number, one) in routes.iter().enumerate() {
            let title = match (answer.routes.len(), routes.len()) {
                (1, 1) => String::new(),
                (_, 1) => format!("{}. ", at + 1),
                _ => format!("{}. ", char::from(b'A' + u8::try_from(number % 26).unwrap_or(0))),
            };
            route(&title, one, out);
        }
    }
    if !answer.shared.is_empty() {
        out.say(format!("{}{}", out.pick("both use: ", "共用："), answer.shared.join(", ")));
    }
    out.say(quality);
    if let Some(refused) = &answer.refused {
        refusal(refused, out);
    }
    if let [routes] = &answer.routes[..] {
        out.say(out.pick("patch list", "跳接清单"));
        let mut number = 0;
        for patch in routes.iter().flat_map(patches) {
            number += 1;
            let side = |side: &Option<(String, u32, Option<String>)>, end: (&str, &str)| match side {
                None => out.pick(end.0, end.1).to_owned(),
                Some((cable, core, port)) => {
                    let port = port.as_ref().map_or_else(String::new, |port| format!(" ({port})"));
                    format!("{cable} #{core}{port}")
                }
            };
            let from = side(&patch.from, ("start", "起点"));
            let to = side(&patch.to, ("end", "终点"));
            out.say(format!("  {number}. {}: {from} → {to}", patch.place));
        }
    }
}

fn route(title: &str, route: &Planned, out: &Out) {
    let cables = route.hops.len();
    out.say(format!(
        "{title}{} → {}: {}, {}, {cables} {}",
        route.from,
        route.to,
        metres(route.length),
        decibels(route.loss),
        out.pick(if cables == 1 { "cable" } else { "cables" }, "条光缆"),
    ));
    for Hop { cable, ends, cores, ports, ducts, length, .. } in &route.hops {
        let cores: Vec<String> = cores.iter().map(u32::to_string).collect();
        let end = |at: usize| match ports[at].iter().flatten().next() {
            Some(_) => ports[at].iter().flatten().cloned().collect::<Vec<_>>().join("+"),
            None => ends[at].clone(),
        };
        let ducts = if ducts.is_empty() { String::new() } else { format!(" [{}]", ducts.join(", ")) };
        out.say(format!("  {cable} #{}: {} → {}, {}{ducts}", cores.join("+"), end(0), end(1), metres(*length)));
    }
}

fn name(avoid: &Avoid, out: &Out) -> String {
    match avoid {
        Avoid::Place(name) => name.clone(),
        Avoid::Cable(name) => format!("{}{name}", out.pick("cable ", "光缆 ")),
        Avoid::Duct(name) => format!("{}{name}", out.pick("duct ", "管道 ")),
    }
}

fn reason(reason: &Reason, out: &Out) -> String {
    let is_en = out.lang == guiju::lang::finding::Lang::En;
    let pick = |en: String, zh: String| if is_en { en } else { zh };
    match reason {
        Reason::Avoid(avoid) => {
            let name = name(avoid, out);
            pick(format!("if {name} were allowed"), format!("允许使用 {name}"))
        }
        Reason::Shared(duct) => {
            pick(format!("if duct {duct} were allowed to both"), format!("允许两条共用管道 {duct}"))
        }
        Reason::ViaPlace(name) | Reason::ViaCable(name) => {
            pick(format!("if it need not pass {name}"), format!("不要求经过 {name}"))
        }
        Reason::Loss(most) => {
            let most = decibels(*most);
            pick(format!("if {most} of loss were allowed"), format!("允许损耗 {most}"))
        }
        Reason::SameCore => pick("if cores could differ".to_owned(), "不要求同一芯号".to_owned()),
        Reason::Pairs => pick("with one core instead of a pair".to_owned(), "只用单芯而不是一对".to_owned()),
        Reason::Classes => pick("over cables of any class".to_owned(), "不限光缆类型".to_owned()),
        Reason::Owners => pick("over cables of any owner".to_owned(), "不限光缆权属".to_owned()),
        Reason::ApartFrom(circuit) => {
            pick(format!("if it could share with {circuit}"), format!("允许与 {circuit} 共用"))
        }
        Reason::Free(cables) => {
            let cables = cables.join(", ");
            pick(format!("if a core of {cables} were free"), format!("{cables} 有空闲纤芯"))
        }
        Reason::Separate(shared) if shared.is_empty() => {
            pick("with one route alone".to_owned(), "只要一条路由".to_owned())
        }
        Reason::Separate(shared) => {
            let shared = shared.join(", ");
            pick(format!("if both could use {shared}"), format!("允许两条共用 {shared}"))
        }
    }
}

fn refusal(refusal: &Refusal, out: &Out) {
    if !refusal.is_connected {
        return out.say(out.pick("no cables lead from the one to the other", "两端之间没有光缆相通"));
    }
    for relaxation in &refusal.relaxations {
        let longer = metres(relaxation.longer);
        let reason = reason(&relaxation.reason, out);
        out.say(match out.lang {
            guiju::lang::finding::Lang::En => format!("  would route {reason}: +{longer}"),
            guiju::lang::finding::Lang::Zh => format!("  {reason}即可：+{longer}"),
        });
    }
    if !refusal.bars.is_empty() {
        out.say(out.pick("no single change would do; in the way are:", "单独放宽一条不够；受阻于："));
    }
    for bar in &refusal.bars {
        let said = match bar {
            Bar::Avoided(avoid) => format!("{}{}", name(avoid, out), out.pick(" is avoided", " 被要求避开")),
            Bar::Class(class) => format!("{}{class}", out.pick("a cable of class ", "光缆类型 ")),
            Bar::Owner(owner) => format!("{}{owner}", out.pick("a cable of ", "光缆权属 ")),
            Bar::Full(cable) => format!("{cable}{}", out.pick(" has no core left", " 没有空闲纤芯")),
        };
        out.say(format!("  {said}"));
    }
}

pub(super) fn reserved(order: &str, done: Done, reservation: &Reservation, out: &Out) {
    let cores: Vec<String> = reservation.cores.iter().map(|(cable, core)| format!("{cable} #{core}")).collect();
    let (cores, state) = (cores.join(", "), reservation.state.word());
    out.say(match (done, out.lang) {
        (Done::New, guiju::lang::finding::Lang::En) => format!("{order} is {state}: {cores}"),
        (Done::New, guiju::lang::finding::Lang::Zh) => format!("{order} 现为 {state}：{cores}"),
        (Done::Already(_), guiju::lang::finding::Lang::En) => format!("{order} was {state} before: {cores}"),
        (Done::Already(_), guiju::lang::finding::Lang::Zh) => format!("{order} 此前已是 {state}：{cores}"),
    });
}

/// Of an order that was reserved before.
pub(super) fn already(order: &str, there: &Reservation) -> Value {
    json!({ "ok": true, "routes": [], "reserved": {
        "order": order, "state": there.state.word(), "new": false, "until": there.until, "cores": there.cores,
    } })
}

pub(super) fn route_json(route: &Planned) -> Value {
    let hops: Vec<Value> = route
        .hops
        .iter()
        .map(|hop| {
            json!({
                "cable": hop.cable, "from": hop.ends[0], "to": hop.ends[1], "cores": hop.cores,
                "from_ports": hop.ports[0], "to_ports": hop.ports[1], "ducts": hop.ducts,
                "length_mm": hop.length, "loss_mdb": hop.loss,
            })
        })
        .collect();
    let patches: Vec<Value> = patches(route)
        .into_iter()
        .map(|patch| {
            let side = |side: Option<(String, u32, Option<String>)>| {
                side.map(|(cable, core, port)| json!({ "cable": cable, "core": core, "port": port }))
            };
            json!({ "place": patch.place, "from": side(patch.from), "to": side(patch.to) })
        })
        .collect();
    json!({
        "from": route.from, "to": route.to, "length_mm": route.length, "loss_mdb": route.loss,
        "sums": route.sums, "hops": hops, "patches": patches,
    })
}

/// The whole answer for programs.
pub(super) fn document(answer: &Answer, plant: &Plant, reserved: Option<&(&str, Done, Reservation)>) -> Value {
    let quality = match answer.quality {
        Quality::Optimal => json!({ "is": "optimal" }),
        Quality::Gap { criterion, found, bound } => {
            json!({ "is": "gap", "criterion": word(criterion), "found": found, "bound": bound, "gap": found - bound })
        }
        Quality::Infeasible => json!({ "is": "proved infeasible" }),
        Quality::TimedOut => json!({ "is": "timed out" }),
    };
    let routes: Vec<Vec<Value>> = answer.routes.iter().map(|routes| routes.iter().map(route_json).collect()).collect();
    let refused = answer.refused.as_ref().map(|refusal| {
        let relaxations: Vec<Value> = refusal
            .relaxations
            .iter()
            .map(|relaxation| {
                let routes: Vec<Value> = relaxation.routes.iter().map(route_json).collect();
                json!({ "if": if_of(&relaxation.reason), "longer_mm": relaxation.longer, "routes": routes })
            })
            .collect();
        let bars: Vec<Value> = refusal.bars.iter().map(bar_of).collect();
        json!({ "connected": refusal.is_connected, "would_route": relaxations, "in_the_way": bars })
    });
    let reserved = reserved.map(|(order, done, reservation)| {
        json!({
            "order": order, "state": reservation.state.word(), "new": *done == Done::New,
            "until": reservation.until, "cores": reservation.cores,
        })
    });
    json!({
        "ok": !answer.routes.is_empty(), "quality": quality, "routes": routes, "shared": answer.shared, "refused": refused,
        "reserved": reserved, "plant": plant.digest,
    })
}

fn avoid_of(avoid: &Avoid) -> Value {
    match avoid {
        Avoid::Place(name) => json!({ "place": name }),
        Avoid::Cable(name) => json!({ "cable": name }),
        Avoid::Duct(name) => json!({ "duct": name }),
    }
}

fn bar_of(bar: &Bar) -> Value {
    match bar {
        Bar::Avoided(avoid) => json!({ "avoided": avoid_of(avoid) }),
        Bar::Class(class) => json!({ "class": class }),
        Bar::Owner(owner) => json!({ "owner": owner }),
        Bar::Full(cable) => json!({ "full": cable }),
    }
}

fn if_of(reason: &Reason) -> Value {
    match reason {
        Reason::Avoid(avoid) => json!({ "allowed": avoid_of(avoid) }),
        Reason::Shared(duct) => json!({ "shared": { "duct": duct } }),
        Reason::ViaPlace(name) => json!({ "not_via": { "place": name } }),
        Reason::ViaCable(name) => json!({ "not_via": { "cable": name } }),
        Reason::Loss(most) => json!({ "loss_mdb": most }),
        Reason::SameCore => json!({ "same_core": false }),
        Reason::Pairs => json!({ "pairs": false }),
        Reason::Classes => json!({ "class": "any" }),
        Reason::Owners => json!({ "owner": "any" }),
        Reason::ApartFrom(circuit) => json!({ "shared_with": circuit }),
        Reason::Free(cables) => json!({ "free_core_of": cables }),
        Reason::Separate(shared) => json!({ "both_use": shared }),
    }
}
