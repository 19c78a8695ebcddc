//! The one who writes, and how long he waits for a database that does not answer.

use super::SqlError;
use guiju_connect::database::Fault;
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How long he waits where nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// Told why the database does not answer, it says whether to go on waiting; told nothing, that it answers again.
type Asked = dyn Fn(Option<&str>) -> bool + Send;

/// What all connections of the one who writes have in common.
pub(in super::super) struct Writer {
    /// Whoever takes over has another.
    pub(super) token: i64,
    connections: AtomicU64,
    patience: Mutex<Option<Box<Asked>>>,
}

impl Writer {
    pub(super) fn new(token: i64) -> Self {
        Self { token, connections: AtomicU64::new(1), patience: Mutex::new(None) }
    }

    /// The number of another connection.
    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    pub(in super::super) fn wait_while(&self, patience: impl Fn(Option<&str>) -> bool + Send + 'static) {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(patience));
    }

    fn goes_on(&self, why: &str, since: Instant) -> bool {
        let patience = self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        patience.as_ref().map_or_else(|| since.elapsed() < PATIENCE, |patience| patience(Some(why)))
    }

    fn well_again(&self) {
        let patience = self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(patience) = patience.as_ref() {
            patience(None);
        }
    }
}

/// Waiting for a database that does not answer.
#[derive(Default)]
pub(super) struct Wait {
    tries: u32,
    since: Option<Instant>,
    next: Option<Duration>,
}

impl Wait {
    /// A connection was lost before.
    pub(super) fn has_waited(&self) -> bool {
        self.tries > 0
    }

    /// Waits a while before the next try; the fault itself where nobody has the patience.
    pub(super) fn on(&mut self, writer: Option<&Arc<Writer>>, fault: Fault) -> Result<(), SqlError> {
        self.tries += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        // The first try found a connection that had been cut while nobody used it.
        if self.tries == 1 {
            return Ok(());
        }
        let on = writer.is_some_and(|writer| writer.goes_on(&fault.to_string(), since));
        if !on {
            return Err(fault.into());
        }
        let next = self.next.map_or(FIRST, |next| (next * 2).min(LONGEST));
        self.next = Some(next);
        std::thread::sleep(next);
        Ok(())
    }

    /// It has answered, whatever it said.
    pub(super) fn over(&self, writer: Option<&Arc<Writer>>) {
        if self.tries > 1
            && let Some(writer) = writer
        {
            writer.well_again();
        }
    }
}

/// Who holds a store, for people.
pub(in super::super) fn this_process() -> String {
    let machine = ["/proc/sys/kernel/hostname", "/etc/hostname"].map(PathBuf::from);
    let machine = machine.iter().find_map(|path| std::fs::read_to_string(path).ok());
    let machine = machine.map_or_else(String::new, |name| format!(" @ {}", name.trim()));
    format!("{}{machine}", std::process::id())
}
