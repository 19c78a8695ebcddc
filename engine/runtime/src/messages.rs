//! Sinks that take effects one by one: what is due is sent in its order, and the journal knows of each what became of it.
//!
//! At least once: send, then confirm; what nobody knows to have arrived goes again with the same id. At most once: announce, send,
//! confirm; what nobody knows to have arrived is listed as uncertain and never sent again. What is refused for good is a dead letter,
//! which holds nobody up; what is certainly not taken now goes later, and what comes after it waits, so that the order stays.

use crate::{
    sinks::for_people,
    store::{Dead, Delivery, Ledger},
};
use arrow_array::RecordBatch;
use guiju_connect::{
    config::Connection,
    send::{Outcome, Sender},
    sink::documents,
};
use guiju_core::effect;
use guiju_lang::{
    finding::{Arg, At, Finding, codes},
    time::Zone,
};

/// Confirmations that are one transaction; killed, so many effects go once more, with the same ids.
const TOGETHER: u64 = 32;

/// What became of a delivery, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// Effects that arrived.
    pub(crate) arrived: u64,
    /// What somebody should know: refused for good, or uncertain.
    pub(crate) findings: Vec<Finding>,
    /// Why the rest waits.
    pub(crate) later: Option<Finding>,
}

/// Sends what is due of one delivery.
pub(crate) fn send(
    ledger: &mut Ledger,
    connection: &Connection,
    delivery: &mut Delivery,
    clock: fn() -> i64,
    going: &dyn Fn() -> bool,
) -> Result<Passed, Finding> {
    let mut sender = Sender::open(connection)?;
    let mut passed = Passed::default();
    let mut unconfirmed = 0;
    let batches = ledger.delivery_batches(delivery)?;
    'all: for batch in batches {
        for (id, document) in rows(&batch?, &connection.text.zone)? {
            if !going() {
                break 'all;
            }
            if delivery.at_most_once {
                ledger.announce(delivery, clock())?;
            }
            let outcome = sender.send(&id, &document);
            if outcome != Outcome::Arrived && unconfirmed > 0 {
                ledger.arrived(delivery, unconfirmed, clock())?;
                unconfirmed = 0;
            }
            match outcome {
                Outcome::Arrived => {
                    passed.arrived += 1;
                    unconfirmed += 1;
                    if delivery.at_most_once || unconfirmed >= TOGETHER {
                        ledger.arrived(delivery, unconfirmed, clock())?;
                        unconfirmed = 0;
                    }
                }
                Outcome::Refused(reason) => {
                    ledger.refused(delivery, &reason, clock())?;
                    passed.findings.push(finding(codes::cli::MESSAGE_REFUSED, &delivery.sink, &reason).name("id", id));
                }
                Outcome::Unknown(reason) if delivery.at_most_once => {
                    ledger.uncertain_one(delivery, clock())?;
                    passed
                        .findings
                        .push(finding(codes::cli::MESSAGE_UNCERTAIN, &delivery.sink, &reason).name("id", id));
                }
                Outcome::NotNow(reason) | Outcome::Unknown(reason) => {
                    if delivery.at_most_once {
                        ledger.withdraw(delivery, clock())?;
                    }
                    passed.later = Some(finding(codes::cli::MESSAGE_LATER, &delivery.sink, &reason));
                    break 'all;
                }
            }
        }
    }
    if unconfirmed > 0 {
        ledger.arrived(delivery, unconfirmed, clock())?;
    }
    Ok(passed)
}

/// Sends a dead letter once more, because somebody wants it. Whoever asks for that has decided that it may go.
pub(crate) fn send_again(
    ledger: &mut Ledger,
    connection: &Connection,
    dead: &Dead,
    clock: fn() -> i64,
) -> Result<Passed, Finding> {
    let mut passed = Passed::default();
    let Some(batch) = ledger.dead_batches(dead)?.next().transpose()? else { return Ok(passed) };
    let Some((id, document)) = rows(&batch.slice(0, 1), &connection.text.zone)?.into_iter().next() else {
        return Ok(passed);
    };
    // Killed from here on, it is asked for anew: nobody knows then.
    ledger.dead_refused(dead.id, "interrupted", clock())?;
    match Sender::open(connection)?.send(&id, &document) {
        Outcome::Arrived => {
            ledger.dead_arrived(dead.id, clock())?;
            passed.arrived = 1;
        }
        Outcome::Refused(reason) | Outcome::NotNow(reason) | Outcome::Unknown(reason) => {
            ledger.dead_refused(dead.id, &reason, clock())?;
            passed.findings.push(finding(codes::cli::MESSAGE_REFUSED, &dead.sink, &reason).name("id", id));
        }
    }
    Ok(passed)
}

fn rows(batch: &RecordBatch, zone: &Zone) -> Result<Vec<(String, String)>, Finding> {
    let readable = for_people(batch).map_err(|error| crate::feed::step_finding(error.into()))?;
    Ok(documents(&readable, effect::EFFECT_ID, zone))
}

fn finding(code: guiju_lang::finding::Code, sink: &str, reason: &str) -> Finding {
    let finding = Finding::new(code, At::Nowhere).arg("sink", Arg::Name(sink.to_owned()));
    finding.arg("reason", Arg::Plain(reason.to_owned()))
}
