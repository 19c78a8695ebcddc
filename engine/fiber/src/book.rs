//! Who holds which core: reservations with their lifecycle, as a pure state machine. Time is handed in, entries are handed out.
//!
//! planned → reserved → patched → in service → retired; what is planned holds nothing, what is reserved holds its cores until its time is
//! over or somebody releases it. An order has one reservation: asking again gives what is there. A plan is made on what was free at some
//! time; committing it compares core by core, and takes all of them or none. Whoever keeps the entries, in their order, has everything:
//! replaying them gives the same book.

use std::collections::{BTreeMap, BTreeSet};

/// A core of a cable, by the cable's name: it outlives the numbers of one inventory.
pub type Core = (String, u32);

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its route is chosen; nothing is held.
    Planned,
    /// Its cores are held.
    Reserved,
    /// It is patched: its cores are held until it is retired.
    Patched,
    /// It is in service, likewise.
    InService,
    /// It is over; its cores are free.
    Retired,
    /// It was given up before it was in service; its cores are free.
    Released,
    /// Its time was over; its cores are free.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Planned, Self::Reserved, Self::Patched, Self::InService, Self::Retired, Self::Released, Self::Expired];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Reserved => "reserved",
            Self::Patched => "patched",
            Self::InService => "in service",
            Self::Retired => "retired",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    /// The state of that word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether cores are held.
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::Reserved | Self::Patched | Self::InService)
    }

    /// Whether another reservation may begin.
    const fn is_over(self) -> bool {
        matches!(self, Self::Retired | Self::Released | Self::Expired)
    }

    const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Reserved, Self::Patched)
                | (Self::Patched, Self::InService)
                | (Self::InService, Self::Retired)
                | (Self::Planned | Self::Reserved | Self::Patched, Self::Released)
        )
    }
}

/// What is asked of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Remember a route; it holds nothing.
    Plan {
        /// The order.
        order: String,
        /// The route's cores.
        cores: Vec<Core>,
    },
    /// Hold cores, all or none.
    Reserve {
        /// The order.
        order: String,
        /// The route's cores; none: those that were planned.
        cores: Vec<Core>,
        /// When the hold ends, unless it is patched by then; nothing: never.
        until: Option<i64>,
    },
    /// The next state of its life: patched, in service, retired.
    Advance {
        /// The order.
        order: String,
        /// The state.
        to: State,
    },
    /// Give it up.
    Release {
        /// The order.
        order: String,
    },
    /// Nothing but to let go of holds whose time is over.
    Sweep,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is so from now on.
    New,
    /// It was so before: the same order, asked for again.
    Already(State),
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// A core is held for another order: plan anew.
    #[error("core {core} of `{cable}` is held for `{by}`")]
    Held {
        /// The cable.
        cable: String,
        /// The core.
        core: u32,
        /// The other order.
        by: String,
    },
    /// Nothing is known of the order.
    #[error("nothing is known of order `{order}`")]
    Unknown {
        /// The order.
        order: String,
    },
    /// Its state has no such next one.
    #[error("order `{order}` is {from} and cannot become {to}")]
    NotNext {
        /// The order.
        order: String,
        /// Where it stands.
        from: &'static str,
        /// Where it was to go.
        to: &'static str,
    },
    /// A hold that would be over before it began.
    #[error("the hold of `{order}` ends before it begins")]
    Over {
        /// The order.
        order: String,
    },
    /// No core, or one core twice.
    #[error("the cores of `{order}` are none, or one is named twice")]
    NoCores {
        /// The order.
        order: String,
    },
}

/// A fact of the book's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the history, from 1, without gaps.
    pub seq: u64,
    /// The order.
    pub order: String,
    /// When it became so.
    pub at: i64,
    /// What it became.
    pub state: State,
    /// When its hold ends.
    pub until: Option<i64>,
    /// Its cores.
    pub cores: Vec<Core>,
}

/// An order's reservation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its state.
    pub state: State,
    /// Since when.
    pub since: i64,
    /// When its hold ends; nothing where it does not.
    pub until: Option<i64>,
    /// Its cores, held or not.
    pub cores: Vec<Core>,
}

/// The book.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    seq: u64,
    orders: BTreeMap<String, Reservation>,
    held: BTreeMap<Core, String>,
    /// Holds by the time at which they end.
    ends: BTreeSet<(i64, String)>,
}

impl Book {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries there are: the book's version.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.seq
    }

    /// An order's reservation.
    #[must_use]
    pub fn order(&self, order: &str) -> Option<&Reservation> {
        self.orders.get(order)
    }

    /// All orders.
    pub fn orders(&self) -> impl Iterator<Item = (&str, &Reservation)> {
        self.orders.iter().map(|(order, reservation)| (order.as_str(), reservation))
    }

    /// All cores that are held: cable, core, order.
    pub fn held(&self) -> impl Iterator<Item = (&str, u32, &str)> {
        self.held.iter().map(|((cable, core), order)| (cable.as_str(), *core, order.as_str()))
    }

    /// Does what is asked, at that time. Holds whose time is over go first. What changed is handed out, and is the book's already.
    pub fn apply(&mut self, now: i64, command: &Command) -> (Vec<Entry>, Result<Done, Denied>) {
        let mut entries = Vec::new();
        while let Some((until, order)) = self.ends.first().cloned().filter(|(until, _)| *until <= now) {
            let cores = self.orders.get(&order).map(|reservation| reservation.cores.clone()).unwrap_or_default();
            self.write(&mut entries, &order, until, State::Expired, None, cores);
        }
        let done = match command {
            Command::Plan { order, cores } => self.plan(&mut entries, now, order, cores),
            Command::Reserve { order, cores, until } => self.reserve(&mut entries, now, order, cores, *until),
            Command::Advance { order, to } => self.advance(&mut entries, now, order, *to),
            Command::Release { order } => self.advance(&mut entries, now, order, State::Released),
            Command::Sweep => Ok(Done::New),
        };
        (entries, done)
    }

    /// Takes an entry of another book's history, in its order.
    pub fn replay(&mut self, entry: &Entry) {
        self.seq = entry.seq;
        if let Some(before) = self.orders.get(&entry.order) {
            for core in before.cores.iter().filter(|_| before.state.holds()) {
                self.held.remove(core);
            }
            if let Some(until) = before.until {
                self.ends.remove(&(until, entry.order.clone()));
            }
        }
        if entry.state.holds() {
            self.held.extend(entry.cores.iter().map(|core| (core.clone(), entry.order.clone())));
        }
        self.ends.extend(entry.until.map(|until| (until, entry.order.clone())));
        let Entry { at, state, until, .. } = *entry;
        let reservation = Reservation { state, since: at, until, cores: entry.cores.clone() };
        self.orders.insert(entry.order.clone(), reservation);
    }

    fn write(
        &mut self,
        entries: &mut Vec<Entry>,
        order: &str,
        at: i64,
        state: State,
        until: Option<i64>,
        cores: Vec<Core>,
    ) {
        let entry = Entry { seq: self.seq + 1, order: order.to_owned(), at, state, until, cores };
        self.replay(&entry);
        entries.push(entry);
    }

    fn plan(&mut self, entries: &mut Vec<Entry>, now: i64, order: &str, cores: &[Core]) -> Result<Done, Denied> {
        if let Some(there) = self.orders.get(order).filter(|there| !there.state.is_over())
            && (there.state != State::Planned || there.cores == cores)
        {
            return Ok(Done::Already(there.state));
        }
        let cores = distinct(order, cores)?;
        self.write(entries, order, now, State::Planned, None, cores);
        Ok(Done::New)
    }

    fn reserve(
        &mut self,
        entries: &mut Vec<Entry>,
        now: i64,
        order: &str,
        cores: &[Core],
        until: Option<i64>,
    ) -> Result<Done, Denied> {
        let there = self.orders.get(order).filter(|there| !there.state.is_over());
        if let Some(there) = there.filter(|there| there.state != State::Planned) {
            return Ok(Done::Already(there.state));
        }
        let planned = there.map_or(&[][..], |there| &there.cores);
        let cores = distinct(order, if cores.is_empty() { planned } else { cores })?;
        if until.is_some_and(|until| until <= now) {
            return Err(Denied::Over { order: order.to_owned() });
        }
        if let Some((core, by)) = cores.iter().find_map(|core| self.held.get_key_value(core)) {
            return Err(Denied::Held { cable: core.0.clone(), core: core.1, by: by.clone() });
        }
        self.write(entries, order, now, State::Reserved, until, cores);
        Ok(Done::New)
    }

    fn advance(&mut self, entries: &mut Vec<Entry>, now: i64, order: &str, to: State) -> Result<Done, Denied> {
        let Some(there) = self.orders.get(order) else { return Err(Denied::Unknown { order: order.to_owned() }) };
        // Given up and given up again, or when its time is over, is given up once.
        if there.state == to || to == State::Released && there.state == State::Expired {
            return Ok(Done::Already(there.state));
        }
        if !there.state.may_become(to) {
            let (from, to) = (there.state.word(), to.word());
            return Err(Denied::NotNext { order: order.to_owned(), from, to });
        }
        let cores = there.cores.clone();
        self.write(entries, order, now, to, None, cores);
        Ok(Done::New)
    }
}

fn distinct(order: &str, cores: &[Core]) -> Result<Vec<Core>, Denied> {
    let all: BTreeSet<&Core> = cores.iter().collect();
    if all.is_empty() || all.len() < cores.len() {
        return Err(Denied::NoCores { order: order.to_owned() });
    }
    Ok(cores.to_vec())
}
