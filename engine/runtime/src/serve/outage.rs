//! A store's database that goes away and comes back while a server runs: the server waits, the set in force stays, and its status says why.
//!
//! Whoever needs the database waits inside the store, so that nothing has to be undone; who is asked to end gives up waiting, and the next
//! start goes on where the last transaction stands.

use super::{status, told::Told};
use crate::store::{Store, StoreError};
use guiju_connect::config::Home;
use guiju_lang::finding::Sources;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How often somebody looks whether the server is to end.
const LOOK: Duration = Duration::from_millis(50);
/// A sign of life while it waits.
const BEAT: Duration = Duration::from_secs(2);

pub(super) struct Outage {
    home: Home,
    over: AtomicBool,
    why: Mutex<Option<String>>,
}

impl Outage {
    /// From now on the store waits for its database as long as the server runs.
    pub(super) fn watch(store: &Store) -> Arc<Self> {
        let outage = Arc::new(Self { home: store.home().clone(), over: AtomicBool::new(false), why: Mutex::new(None) });
        let asked = Arc::clone(&outage);
        store.wait_while(move |why| {
            *asked.why.lock().unwrap_or_else(PoisonError::into_inner) = why.map(str::to_owned);
            !asked.over.load(Ordering::Relaxed)
        });
        outage
    }

    /// Why the database does not answer, if it does not.
    pub(super) fn told(&self) -> Option<Told> {
        let why = self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let error = StoreError::Away { path: self.home.shown(), why };
        Some(Told::of(&[error.into()], &Sources::new()))
    }

    /// Keeps the status true as long as `going` says yes; then nobody waits any more.
    pub(super) fn attend(&self, clock: fn() -> i64, going: &dyn Fn() -> bool) {
        let mut said: Option<Instant> = None;
        while going() {
            match self.told() {
                Some(why) if said.is_none_or(|at| at.elapsed() >= BEAT) => {
                    status::waits(&self.home, why, clock());
                    said = Some(Instant::now());
                }
                Some(_) => {}
                None => said = None,
            }
            std::thread::sleep(LOOK);
        }
        self.over.store(true, Ordering::Relaxed);
    }
}
