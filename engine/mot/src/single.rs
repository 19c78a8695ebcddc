//! Events decided one row at a time: a program hands over a row and gets the tasks it means.
//!
//! The same conditions, texts and cool-downs as the pass over a table (`snapshot`), from one [`RowPlan`] for all events of a table:
//! conditions first, found by what they want of the row (`RowIndex`), then the payload of those that hold, written into one buffer.
//! Everything here but [`SingleState`] and [`Decided`] is immutable and may be shared by any number of threads.

mod lookup;
mod why;

use crate::{
    emit::{self, Root},
    event::Event,
    link::cool_down,
    relation::lookup_key,
};
use guiju_core::{CellValue, Cells, Kept, id::CellId};
use guiju_eval::{Datum, Root as PlanRoot, RowIndex, RowPlan, RowProbe, RowState, RowView, Scripts};
use guiju_grammar::keyword::Kw;
use guiju_lang::{
    context::{Context, Incidents},
    finding::{Arg, At, Finding, codes},
    hir::{Program, SourceId},
    value::Duration,
};
use lookup::Lookup;
use std::{cell::Cell, sync::Arc};

/// The events over one table that one row decides.
pub struct SingleEvents {
    program: Arc<Program>,
    on: SourceId,
    members: Vec<Member>,
    plan: RowPlan,
    index: RowIndex,
    /// Where each of the plan's columns comes from.
    origins: Vec<Origin>,
    lookups: Vec<Lookup>,
}

/// One event.
struct Member {
    rule: usize,
    /// Its first payload root in the plan; [`Root`] counts from here.
    payload: usize,
    assign: bool,
    once: Option<(CellId, Duration)>,
    expires: Option<Duration>,
    /// The evidence's names, as JSON.
    leaves: Vec<String>,
}

/// Where a column of the plan comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// Of the row, by position in the source's schema.
    Own(usize),
    /// Of the row that another source has for this row's key: which lookup, and which of its columns.
    Foreign(usize, usize),
}

/// What one thread needs.
pub struct SingleState {
    row: RowState,
    probe: RowProbe,
    /// By lookup: the number of the row that asked last, and where its key stands.
    positions: Vec<Cell<(u64, Option<u32>)>>,
    turn: u64,
    /// For keys of cool-downs.
    key: String,
}

/// A part of [`Decided::text`].
pub type Span = (usize, usize);

/// What rows decided, until it is cleared. Reused, it needs no memory of its own after the first rows.
#[derive(Debug, Default)]
pub struct Decided {
    /// All texts.
    pub text: String,
    /// One for each effect, in the order of the program's rules.
    pub effects: Vec<Single>,
    /// What failed and counts as missing.
    pub incidents: Incidents,
}

/// An effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Single {
    /// The rule, by position in the program.
    pub rule: usize,
    /// Whom it concerns, in the canonical text of the key.
    pub key: Span,
    /// How urgent it is.
    pub priority: Option<Span>,
    /// Who gets it.
    pub assignee: Option<Span>,
    /// What the person reads.
    pub task: Span,
    /// The last day on which it is worth doing.
    pub expires: Option<i32>,
    /// When the same cool-down key last had an effect.
    pub last: Option<i64>,
}

impl Decided {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.effects.clear();
        self.incidents = Incidents::default();
    }
}

/// The table an event looks at.
pub fn source_of(program: &Program, rule: usize) -> Option<SourceId> {
    Some(program.rules.get(rule)?.body.as_any().downcast_ref::<Event>()?.on)
}

/// Why an event cannot be decided from one row, if it cannot.
pub fn refusal(program: &Program, rule: usize) -> Option<Finding> {
    let declared = program.rules.get(rule)?;
    let event: &Event = declared.body.as_any().downcast_ref()?;
    let clause = if event.keep.is_some() {
        Kw::KEEP_TOP
    } else if !declared.head.populations.is_empty() {
        Kw::IN_TOP
    } else if event.stream {
        Kw::OVER
    } else {
        return None;
    };
    let name = Arg::Name(declared.head.id.name.clone());
    Some(
        Finding::new(codes::kinds::NOT_BY_ROW, declared.head.place)
            .arg("name", name)
            .arg("clause", Arg::Keyword(clause)),
    )
}

impl SingleEvents {
    /// Compiles those of the program's `rules` that are events over the table and that one row decides.
    pub fn link(program: &Arc<Program>, on: SourceId, rules: &[usize]) -> Result<Self, Vec<Finding>> {
        let scripts = Arc::new(Scripts::compile(program)?);
        let event = |rule: usize| program.rules[rule].body.as_any().downcast_ref::<Event>();
        let decidable = |rule: &usize| refusal(program, *rule).is_none();
        let over = |rule: &usize| event(*rule).is_some_and(|event| event.on == on);
        let rules: Vec<usize> = rules.iter().copied().filter(over).filter(decidable).collect();
        let mut payloads = Vec::new();
        let mut members = Vec::with_capacity(rules.len());
        for (rule, event) in rules.iter().filter_map(|&rule| Some((rule, event(rule)?))) {
            let (roots, leaves) = emit::payload_roots(program, event);
            let kept = cool_down(program, rule, event);
            members.push(Member {
                rule,
                payload: rules.len() + payloads.len(),
                assign: event.assign.is_some(),
                once: event.once.as_ref().zip(kept).map(|(once, kept)| (kept.id, once.every)),
                expires: event.expires,
                leaves: leaves.iter().map(|name| emit::json_name(name)).collect(),
            });
            payloads.extend(roots);
        }
        let conditions = rules.iter().filter_map(|&rule| event(rule)).map(|event| &event.when);
        let roots: Vec<PlanRoot<'_>> = conditions.chain(&payloads).map(PlanRoot::from).collect();
        let plan = RowPlan::compile(program, &scripts, &roots).map_err(|error| {
            vec![Finding::new(codes::kinds::NOT_EXECUTABLE, At::Nowhere).arg("reason", Arg::Plain(error.to_string()))]
        })?;
        let index = RowIndex::of(&plan, 0..members.len());
        let mut lookups: Vec<Lookup> = Vec::new();
        let mut origins = Vec::with_capacity(plan.columns().len());
        for column in plan.columns() {
            if column.source == on {
                origins.push(Origin::Own(column.column as usize));
                continue;
            }
            let known = lookups.iter().position(|lookup| lookup.source == column.source);
            let at = known.unwrap_or(lookups.len());
            if known.is_none() {
                let own_key = lookup_key(program, on, column.source).unwrap_or(u32::MAX);
                lookups.push(Lookup::empty(column.source, own_key as usize));
            }
            let used = &program.sources[column.source.0 as usize].used;
            origins.push(Origin::Foreign(at, used.binary_search(&column.column).unwrap_or(usize::MAX)));
        }
        Ok(Self { program: Arc::clone(program), on, members, plan, index, origins, lookups })
    }

    /// The rules, by position in the program.
    pub fn rules(&self) -> impl Iterator<Item = usize> {
        self.members.iter().map(|member| member.rule)
    }

    /// How many of them are asked for every row, because their condition wants no particular value of any column.
    pub fn unindexed(&self) -> usize {
        self.index.unindexed()
    }

    /// Whether deciding a rule may need memory in every row: scripts, texts made by functions.
    pub fn allocates(&self, rule: usize) -> bool {
        let of = |(at, member): (usize, &Member)| {
            let payload = member.payload..=member.payload + Root::Once as usize;
            self.plan.allocates(at) || payload.into_iter().any(|root| self.plan.allocates(root))
        };
        self.members.iter().enumerate().filter(|(_, member)| member.rule == rule).any(of)
    }

    /// The cool-downs they remember.
    pub fn cells(&self) -> Vec<Kept> {
        let kept = |rule| cool_down(&self.program, rule, self.program.rules[rule].body.as_any().downcast_ref()?);
        self.rules().filter_map(kept).collect()
    }

    /// What one thread needs.
    pub fn state(&self, cx: Context) -> SingleState {
        SingleState {
            row: self.plan.state(cx),
            probe: self.index.probe(),
            positions: vec![Cell::new((0, None)); self.lookups.len()],
            turn: 0,
            key: String::new(),
        }
    }

    /// Moves a state's logical time.
    pub fn turn(&self, state: &mut SingleState, now: i64, today: i32) {
        state.row.turn(&self.plan, now, today);
    }

    /// Decides a row and adds what comes of it to `out`. The row's columns are those of the source's schema, by position. With
    /// cells, cool-downs are respected and started; without, every rule is decided as if it had never acted.
    pub fn decide<R: RowView + ?Sized>(
        &self,
        state: &mut SingleState,
        row: &R,
        mut cells: Option<&mut Cells>,
        out: &mut Decided,
    ) {
        let SingleState { row: state, probe, positions, turn, key } = state;
        *turn += 1;
        let view = Joined { events: self, row, positions, turn: *turn };
        let at = self.plan.at(state, &view);
        let Decided { text, effects, incidents } = out;
        for number in self.index.candidates(&view, probe) {
            if !at.is_true(number, incidents) {
                continue;
            }
            let Some(member) = self.members.get(number) else { continue };
            let cx = at.context();
            let mut last = None;
            if let (Some((cell, every)), Some(cells)) = (member.once, cells.as_deref_mut()) {
                key.clear();
                // No key, no memory.
                if at.write(member.payload + Root::Once as usize, key, incidents) {
                    last = emit::last_effect(cells, cell, key);
                    if last.is_some_and(|last| last == cx.now || !emit::passed(last, every, cx)) {
                        continue;
                    }
                    cells.put(cell, key, CellValue::Time(cx.now));
                }
            }
            let mut write = |root: Root| {
                let from = text.len();
                at.write(member.payload + root as usize, text, incidents).then_some((from, text.len()))
            };
            let key = write(Root::Key);
            let priority = write(Root::Priority);
            let assignee = if member.assign { write(Root::Assign) } else { None };
            let task = write(Root::Task);
            effects.push(Single {
                rule: member.rule,
                key: key.unwrap_or_default(),
                priority,
                assignee,
                task: task.unwrap_or_default(),
                expires: member.expires.and_then(|after| emit::expiry(after, cx, incidents)),
                last,
            });
        }
    }

    /// Appends what the rule's conditions read: the same JSON as beside a published effect.
    pub fn evidence<R: RowView + ?Sized>(&self, state: &mut SingleState, row: &R, rule: usize, out: &mut String) {
        let Some(member) = self.members.iter().find(|member| member.rule == rule) else { return };
        let SingleState { row: state, positions, turn, key, .. } = state;
        *turn += 1;
        let view = Joined { events: self, row, positions, turn: *turn };
        let at = self.plan.at(state, &view);
        let mut incidents = Incidents::default();
        out.push('{');
        for (i, name) in member.leaves.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(name);
            out.push(':');
            key.clear();
            if at.write(member.payload + Root::Leaves as usize + i, key, &mut incidents) {
                emit::json_text(key, out);
            } else {
                out.push_str("null");
            }
        }
        out.push('}');
    }
}

/// The row, joined with the rows that other sources have for it.
struct Joined<'a, R: ?Sized> {
    events: &'a SingleEvents,
    row: &'a R,
    positions: &'a [Cell<(u64, Option<u32>)>],
    turn: u64,
}

impl<R: RowView + ?Sized> RowView for Joined<'_, R> {
    #[inline]
    fn datum(&self, column: usize) -> Datum<'_> {
        match self.events.origins.get(column) {
            Some(Origin::Own(column)) => self.row.datum(*column),
            Some(Origin::Foreign(lookup, column)) => self.foreign(*lookup, *column),
            None => Datum::Missing,
        }
    }
}

impl<R: RowView + ?Sized> Joined<'_, R> {
    fn foreign(&self, at: usize, column: usize) -> Datum<'_> {
        let (Some(lookup), Some(known)) = (self.events.lookups.get(at), self.positions.get(at)) else {
            return Datum::Missing;
        };
        let (turn, mut position) = known.get();
        if turn != self.turn {
            position = lookup.position_of(self.row.datum(lookup.own_key));
            known.set((self.turn, position));
        }
        position.map_or(Datum::Missing, |row| lookup.datum(column, row))
    }
}
