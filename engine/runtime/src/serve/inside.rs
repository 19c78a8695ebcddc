//! Rules over streams inside a program of one's own: the program feeds them and takes what they want done, and puts other rules in force
//! between two pieces. No thread, no store, no sink: what rules remember is in memory.
//!
//! ```no_run
//! # use guiju::serve::{Refused, Running, Set};
//! # fn pieces() -> Vec<arrow_array::RecordBatch> { Vec::new() }
//! # fn main() -> Result<(), Refused> {
//! let set = Set { paths: vec!["rulebooks".into()], config: None, tenant: None };
//! let mut rules = Running::load(&set)?;
//! let trades = rules.source("desk.trades").expect("the rulebooks declare it");
//! let mut row = 0;
//! for piece in pieces() {
//!     let taken = rules.feed(trades, &piece, row).expect("columns as declared");
//!     row += piece.num_rows() as u64;
//!     for effects in taken.effects { /* journal, then deliver */ }
//! }
//! // On another thread that has said `guiju::serve::give_way()`, while the rules above go on:
//! let next = Running::load(&set)?;
//! // Between two pieces:
//! let before = rules.replace(next);
//! println!("{:?}", rules.fates(&before));
//! # Ok(()) }
//! ```

use super::live::{Fates, Live, Refused, Set};
use crate::{epoch::Epoch, feed::step_finding, publish::Gathered, run::incident_findings, seal};
use arrow_array::RecordBatch;
use guiju_lang::{finding::Finding, hir::SourceId};

/// A set of rules that runs. Which columns its sources want, and in which order, is in its [`epoch`](Self::epoch).
pub struct Running(Live);

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("epoch", &self.0.epoch.hash()).finish_non_exhaustive()
    }
}

/// What came of a piece.
#[derive(Debug, Default)]
pub struct Taken {
    /// By rule, with id, logical time and evidence: the columns that the journal has.
    pub effects: Vec<RecordBatch>,
    /// What somebody should know; none of it stops anything.
    pub findings: Vec<Finding>,
}

impl Running {
    /// Reads, checks, tests and compiles a set, and reads what it looks up. Nothing that runs is touched, so this belongs on another
    /// thread than the rows.
    ///
    /// # Errors
    /// What is wrong with the set.
    pub fn load(set: &Set) -> Result<Self, Refused> {
        Live::load(set).map(Self)
    }

    /// The set, compiled: its program, its sources, its hash.
    pub fn epoch(&self) -> &Epoch {
        &self.0.epoch
    }

    /// A source by its name, `rulebook.source`.
    pub fn source(&self, name: &str) -> Option<SourceId> {
        self.0.source(name)
    }

    /// Takes rows that follow each other in a source: the columns of [`guiju_lang::hir::Source::used`] in that order, the first at position
    /// `first_row` of the source.
    ///
    /// # Errors
    /// The columns are not those that were checked; the set cannot go on with this source.
    pub fn feed(&mut self, source: SourceId, rows: &RecordBatch, first_row: u64) -> Result<Taken, Vec<Finding>> {
        let gathered = self.0.step(source, std::slice::from_ref(rows), first_row)?;
        self.taken(gathered)
    }

    /// No row of the source before this time (microseconds since 1970-01-01 UTC) will come.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn advance(&mut self, source: SourceId, until: i64) -> Result<Taken, Vec<Finding>> {
        let gathered = self.0.advance(source, until)?;
        self.taken(gathered)
    }

    /// Puts another set in force, with everything that both remember. The set that was in force comes back: whoever is in no hurry drops it.
    #[must_use = "a large set takes a while to be dropped: do that where nobody waits"]
    pub fn replace(&mut self, mut next: Self) -> Self {
        next.0.take_all(&mut self.0);
        std::mem::replace(self, next)
    }

    /// What became of everything that `before` remembered, which this set has replaced.
    pub fn fates(&self, before: &Self) -> Fates {
        self.0.fates(&before.0)
    }

    /// Windows that are full and would be forgotten if this set took over from `before`; a careful caller asks first.
    pub fn forgets(&self, before: &Self) -> Option<Finding> {
        self.0.forgets(&before.0.windows())
    }

    fn taken(&self, mut gathered: Gathered) -> Result<Taken, Vec<Finding>> {
        let mut findings = std::mem::take(&mut gathered.findings);
        findings.extend(incident_findings(&gathered.incidents));
        let mut effects = Vec::new();
        for fired in gathered.into_fired().into_values() {
            for piece in &fired.effects {
                let sealed = seal::seal(&self.0.epoch.program, piece, "", fired.now);
                effects.push(sealed.map_err(|error| vec![step_finding(error.into())])?);
            }
        }
        Ok(Taken { effects, findings })
    }
}
