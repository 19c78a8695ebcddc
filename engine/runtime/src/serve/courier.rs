//! Who carries messages: a thread of its own, so that a service which makes us wait holds up no stream and no other kind of sink.

use crate::{
    messages::{self, Passed},
    sinks::Sent,
    store::{Beside, Delivery, Ledger},
};
use guiju_connect::{config::Connection, sink::Delivered};
use guiju_lang::finding::Finding;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError, mpsc::Sender},
    time::{Duration, Instant},
};

/// The sinks that take messages, as the set in force names them.
#[derive(Default)]
pub(super) struct Book(Mutex<BTreeMap<String, Connection>>);

impl Book {
    pub(super) fn replace(&self, sinks: BTreeMap<String, Connection>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = sinks;
    }

    fn find(&self, sink: &str) -> Option<Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sink).cloned()
    }
}

/// What became of a delivery.
pub(super) struct Report {
    pub(super) sink: String,
    pub(super) sent: Option<Sent>,
    pub(super) findings: Vec<Finding>,
    /// The rest waits.
    pub(super) waits: bool,
}

/// How long nobody looks.
const PAUSE: Duration = Duration::from_millis(50);
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Carries what is due until `going` says no.
pub(super) fn carry(
    store: &Beside,
    book: &Book,
    clock: fn() -> i64,
    going: &dyn Fn() -> bool,
    reports: &Sender<Report>,
) {
    let mut courier = Courier { book, clock, later: BTreeMap::new() };
    while going() {
        let rounds = store.ledger().map_err(Finding::from).and_then(|mut ledger| {
            while going() {
                courier.round(&mut ledger, going, reports)?;
                std::thread::sleep(PAUSE);
            }
            Ok(())
        });
        // A disk that is full, a store that is busy: the next try may do.
        if rounds.is_err() {
            std::thread::sleep(FIRST);
        }
    }
}

struct Courier<'a> {
    book: &'a Book,
    clock: fn() -> i64,
    /// Sinks that are not tried before then, and how long the wait was.
    later: BTreeMap<String, (Instant, Duration)>,
}

impl Courier<'_> {
    /// Everything that is due.
    fn round(
        &mut self,
        ledger: &mut Ledger,
        going: &dyn Fn() -> bool,
        reports: &Sender<Report>,
    ) -> Result<(), Finding> {
        let mut stopped: BTreeSet<String> = BTreeSet::new();
        for mut delivery in ledger.deliveries_due()? {
            let waits = self.later.get(&delivery.sink).is_some_and(|(at, _)| Instant::now() < *at);
            if !going() || waits || stopped.contains(&delivery.sink) {
                continue;
            }
            let Some(connection) = self.book.find(&delivery.sink) else { continue };
            let passed = self.one(ledger, &connection, &mut delivery, going);
            if passed.later.is_some() {
                stopped.insert(delivery.sink.clone());
            }
            self.told(&delivery.sink, &connection, passed, reports);
        }
        for dead in ledger.dead_again()? {
            let Some(connection) = self.book.find(&dead.sink).filter(|_| going()) else { continue };
            let passed = messages::send_again(ledger, &connection, &dead, self.clock)?;
            self.told(&dead.sink, &connection, passed, reports);
        }
        Ok(())
    }

    fn one(
        &mut self,
        ledger: &mut Ledger,
        connection: &Connection,
        delivery: &mut Delivery,
        going: &dyn Fn() -> bool,
    ) -> Passed {
        let passed = messages::send(ledger, connection, delivery, self.clock, going)
            .unwrap_or_else(|finding| Passed { later: Some(finding), ..Passed::default() });
        match &passed.later {
            None => drop(self.later.remove(&delivery.sink)),
            Some(_) => {
                let before = self.later.get(&delivery.sink).map(|(_, wait)| *wait);
                // What got through shows that somebody is there.
                let wait = before.filter(|_| passed.arrived == 0).map_or(FIRST, |wait| (wait * 2).min(LONGEST));
                self.later.insert(delivery.sink.clone(), (Instant::now() + wait, wait));
            }
        }
        passed
    }

    fn told(&self, sink: &str, connection: &Connection, passed: Passed, reports: &Sender<Report>) {
        let Passed { arrived, mut findings, later } = passed;
        let waits = later.is_some();
        findings.extend(later);
        let path = connection.shown().into();
        let delivered = Delivered { path, written: arrived, already: 0 };
        let sent = (arrived > 0).then(|| Sent { sink: sink.to_owned(), delivered });
        // Nobody listens any more: the journal knows.
        let _ = reports.send(Report { sink: sink.to_owned(), sent, findings, waits });
    }
}
