//! `orders` and `advance`: the life of what is reserved.

use super::records;
use crate::{
    Exit,
    args::{
        Common,
        fiber::{Advance, Becomes, Orders},
    },
    clock,
    output::Out,
};
use guiju::{
    fiber::book::{Command, Core, Denied, Done, State},
    lang::finding::Finding,
    plant::{self, Ledger},
};
use serde_json::{Value, json};

pub(super) fn list(args: &Orders, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let folder = records::ledger(args.ledger.as_deref(), &records::config(common));
    let failed = |error: plant::LedgerError| vec![Finding::from(error)];
    let Some(order) = &args.order else {
        let book = records::book(&folder)?;
        let all: Vec<Value> = book
            .orders()
            .map(|(order, reservation)| {
                out.say(format!("{order}: {}: {}", reservation.state.word(), listed(&reservation.cores)));
                json!({
                    "order": order, "state": reservation.state.word(), "since": reservation.since,
                    "until": reservation.until, "cores": reservation.cores,
                })
            })
            .collect();
        out.document(&json!({ "ok": true, "orders": all }));
        return Ok(Exit::Well);
    };
    let history = Ledger::past(&folder, order).map_err(failed)?;
    if history.is_empty() {
        return Err(vec![plant::denied(&Denied::Unknown { order: order.clone() })]);
    }
    let all: Vec<Value> = history
        .iter()
        .map(|past| {
            let entry = &past.entry;
            out.say(format!("{} {}: {}", instant(entry.at), entry.state.word(), listed(&entry.cores)));
            json!({
                "seq": entry.seq, "at": entry.at, "state": entry.state.word(), "until": entry.until,
                "cores": entry.cores, "plant": past.plant,
            })
        })
        .collect();
    out.document(&json!({ "ok": true, "order": order, "history": all }));
    Ok(Exit::Well)
}

pub(super) fn advance(args: &Advance, common: &Common, out: &Out) -> Result<Exit, Vec<Finding>> {
    let folder = records::ledger(args.ledger.as_deref(), &records::config(common));
    let ledger = Ledger::open(&folder).map_err(|error| vec![error.into()])?;
    let order = args.order.clone();
    let command = match args.to {
        Becomes::Reserved => Command::Reserve { order, cores: Vec::new(), until: None },
        Becomes::Patched => Command::Advance { order, to: State::Patched },
        Becomes::InService => Command::Advance { order, to: State::InService },
        Becomes::Retired => Command::Advance { order, to: State::Retired },
        Becomes::Released => Command::Release { order },
    };
    let done = ledger.submit(clock::now(), command, "").map_err(|error| vec![error.into()])?;
    let done = done.map_err(|denied| vec![plant::denied(&denied)])?;
    let book = ledger.book().map_err(|error| vec![Finding::from(error)])?;
    let state = book.order(&args.order).map_or("", |reservation| reservation.state.word());
    out.say(match done {
        Done::New => format!("{}: {state}", args.order),
        Done::Already(_) => format!("{}: {} {state}", args.order, out.pick("already", "此前已是")),
    });
    out.document(&json!({ "ok": true, "order": args.order, "state": state, "new": done == Done::New }));
    Ok(Exit::Well)
}

fn listed(cores: &[Core]) -> String {
    let all: Vec<String> = cores.iter().map(|(cable, core)| format!("{cable} #{core}")).collect();
    all.join(", ")
}

/// An instant, in UTC.
fn instant(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000) / 1_000_000);
    let date = guiju::lang::time::Civil::of(i32::try_from(days).unwrap_or(0));
    let (year, month, day) = (date.year, date.month, date.day);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}
