//! Single decisions: the rules of an [`Epoch`] embedded in a program, one row in, decisions out.
//!
//! ```text
//! Decider::of(&epoch, "customers") ─► .table("managers", …) ─► .build() ─► decider      shared by all threads
//!                                                                   decider.scratch()   one for each thread
//!                                                                   decider.row()       or a struct of yours: RowView
//! decider.decide(&mut scratch, &row, Moment::Day(today)) ─► Decisions: rule, key, priority, assignee, task, expires, reference
//! decider.explain(&reference, &row) ─► the same explanation as `guiju explain`
//! ```
//!
//! What a row decides is what a run over a table with that row decides. Events that need the whole table (`in top`, `keep top`) are
//! left out and listed ([`Decider::left_out`]). A decider is immutable: threads share it without locks or shared counters. Deciding
//! needs no memory once a scratch has seen a few rows, except for rules that [`Decider::allocates`] names.
//!
//! **Cool-downs** (`once per … every …`) are memory, and memory is the embedder's: [`Decider::decide`] decides every row as if nobody
//! had been called before; [`Decider::decide_with`] reads and writes [`Cells`] that the caller keeps. Threads that share customers
//! must see to it themselves that one customer's rows go to one thread's cells, by key, as streams are partitioned.
//! [`Decider::remembered`] loads them from a project's store.

mod build;
mod decisions;
mod explain;
mod row;

pub use build::Builder;
pub use decisions::{Decision, Decisions, Reference};
pub use guiju_eval::{Datum, RowView};
pub use row::{Column, Given, Misfit, Row};

use crate::epoch::Moment;
use guiju_core::{Cells, Kept, id::EpochHash};
use guiju_lang::{
    calendar::Calendar,
    context::Context,
    finding::Finding,
    hir::{Program, SourceId},
    time::Zone,
    ty::Type,
};
use guiju_mot::single::{Decided, SingleEvents, SingleState};
use std::sync::Arc;

/// The rules over one source, ready to decide its rows one by one. Cheap to clone and to share.
#[derive(Clone)]
pub struct Decider {
    shared: Arc<Shared>,
}

struct Shared {
    program: Arc<Program>,
    epoch: EpochHash,
    source: SourceId,
    types: Arc<[Type]>,
    groups: Vec<Group>,
    /// The zone that names a run's day.
    zone: Zone,
    left_out: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// Rules that see the same `today`.
struct Group {
    events: SingleEvents,
    zone: Zone,
    calendar: Option<Arc<Calendar>>,
}

impl Group {
    /// The logical time and its day.
    fn time(&self, at: Moment) -> (i64, i32) {
        match at {
            Moment::Day(day) => {
                (self.zone.instant(day, 0).unwrap_or_else(|| i64::from(day).saturating_mul(86_400_000_000)), day)
            }
            Moment::Instant(now) => (now, self.zone.date(now)),
        }
    }

    fn context(&self, now: i64, today: i32) -> Context {
        Context { now, today, zone: self.zone.clone(), calendar: self.calendar.clone() }
    }
}

/// What one thread needs to decide. Made by [`Decider::scratch`]; used with a decider of another epoch it adapts itself.
pub struct Scratch {
    of: Arc<Shared>,
    at: Option<Moment>,
    /// By group.
    states: Vec<SingleState>,
    decided: Decided,
}

impl Scratch {
    fn of(shared: &Arc<Shared>) -> Self {
        let states =
            shared.groups.iter().map(|group| group.events.state(group.context(0, group.zone.date(0)))).collect();
        Self { of: Arc::clone(shared), at: None, states, decided: Decided::default() }
    }
}

impl Decider {
    /// Begins a decider for the epoch's rules over the source called `source` (`customers`, or `rulebook.customers`).
    pub fn of(epoch: &crate::Epoch, source: &str) -> Result<Builder, Vec<Finding>> {
        Builder::of(epoch, source)
    }

    /// The same for all rules of a checked program, without linking them for runs first.
    pub fn of_program(
        program: &Arc<Program>,
        calendars: &[Arc<Calendar>],
        source: &str,
    ) -> Result<Builder, Vec<Finding>> {
        Builder::of_program(program, calendars, source)
    }

    /// What a thread needs.
    pub fn scratch(&self) -> Scratch {
        Scratch::of(&self.shared)
    }

    /// An empty row of the source.
    pub fn row(&self) -> Row {
        Row::of(Arc::clone(&self.shared.types))
    }

    /// A column of the source by name. Its position is what [`RowView::datum`] is asked for.
    pub fn column(&self, name: &str) -> Option<Column> {
        let schema = &self.shared.program.sources[self.shared.source.0 as usize].schema;
        schema.index_of(name).map(Column)
    }

    /// The epoch's name.
    pub fn epoch(&self) -> EpochHash {
        self.shared.epoch
    }

    /// The rules it decides, as `tenant/rulebook.name`.
    pub fn rules(&self) -> impl Iterator<Item = String> {
        let rules = self.shared.groups.iter().flat_map(|group| group.events.rules());
        rules.map(|rule| self.shared.program.rules[rule].head.id.to_string())
    }

    /// The rules over the source that no single row decides, each with the reason.
    pub fn left_out(&self) -> &[Finding] {
        &self.shared.left_out
    }

    /// What else somebody should know: keys that stand twice in a table given for lookups.
    pub fn warnings(&self) -> &[Finding] {
        &self.shared.warnings
    }

    /// The rules that may need memory for every row: scripts, and texts that functions make.
    pub fn allocates(&self) -> impl Iterator<Item = String> {
        let of =
            |group: &'_ Group| group.events.rules().filter(|rule| group.events.allocates(*rule)).collect::<Vec<_>>();
        let rules = self.shared.groups.iter().flat_map(of);
        rules.map(|rule| self.shared.program.rules[rule].head.id.to_string())
    }

    /// How many rules are looked at for every row, because they ask for no particular value of a column (`level = "V7"`,
    /// `branch in […]`). All others cost nothing where the row has other values.
    pub fn unindexed(&self) -> usize {
        self.shared.groups.iter().map(|group| group.events.unindexed()).sum()
    }

    /// The cool-downs that [`Decider::decide_with`] keeps.
    pub fn cells(&self) -> Vec<Kept> {
        self.shared.groups.iter().flat_map(|group| group.events.cells()).collect()
    }

    /// The cool-downs as a project's store remembers them, for a run of this name.
    pub fn remembered(&self, store: &crate::store::View, run: &guiju_core::id::RunId) -> Result<Cells, Vec<Finding>> {
        crate::run::load_kept(&self.shared.program, self.cells(), store, run)
    }

    /// Decides a row as if nobody had been called before.
    pub fn decide<'s, R: RowView + ?Sized>(&self, scratch: &'s mut Scratch, row: &R, at: Moment) -> Decisions<'s> {
        self.decide_in(scratch, row, at, None)
    }

    /// Decides a row, respecting the cool-downs in `cells` and starting those of the decisions made.
    pub fn decide_with<'s, R: RowView + ?Sized>(
        &self,
        scratch: &'s mut Scratch,
        row: &R,
        at: Moment,
        cells: &mut Cells,
    ) -> Decisions<'s> {
        self.decide_in(scratch, row, at, Some(cells))
    }

    fn decide_in<'s, R: RowView + ?Sized>(
        &self,
        scratch: &'s mut Scratch,
        row: &R,
        at: Moment,
        mut cells: Option<&mut Cells>,
    ) -> Decisions<'s> {
        self.turn(scratch, at);
        scratch.decided.clear();
        for (group, state) in self.shared.groups.iter().zip(&mut scratch.states) {
            group.events.decide(state, row, cells.as_deref_mut(), &mut scratch.decided);
        }
        Decisions { shared: &scratch.of, decided: &scratch.decided, at }
    }

    /// Makes a scratch one of this decider's, at a moment.
    fn turn(&self, scratch: &mut Scratch, at: Moment) {
        if !Arc::ptr_eq(&self.shared, &scratch.of) {
            *scratch = self.scratch();
        }
        if scratch.at == Some(at) {
            return;
        }
        for (group, state) in self.shared.groups.iter().zip(&mut scratch.states) {
            let (now, today) = group.time(at);
            group.events.turn(state, now, today);
        }
        scratch.at = Some(at);
    }
}
