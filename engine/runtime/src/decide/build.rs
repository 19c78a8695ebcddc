//! From an epoch to a decider: the rules compiled, the tables they look rows up in given.

use super::{Decider, Group, Shared};
use crate::{
    Epoch, Project,
    copies::Copies,
    epoch::{World, worlds},
    feed::{open, step_finding},
};
use arrow_array::RecordBatch;
use guiju_core::{StepError, id::EpochHash};
use guiju_lang::{
    calendar::Calendar,
    finding::{Arg, At, Finding, codes},
    hir::{Program, SourceId},
    time::Zone,
};
use guiju_mot::single::{SingleEvents, refusal, source_of};
use std::sync::Arc;

/// Rules that see the same `today`, by position; their zone and calendar.
type Rules = (Vec<usize>, Zone, Option<Arc<Calendar>>);

/// A decider in the making.
pub struct Builder {
    shared: Shared,
}

impl Builder {
    pub(super) fn of(epoch: &Epoch, source: &str) -> Result<Self, Vec<Finding>> {
        let world = |group: &crate::epoch::Group| (group.rules.clone(), group.zone.clone(), group.calendar.clone());
        Self::over(&epoch.program, epoch.groups.iter().map(world).collect(), source)
    }

    pub(super) fn of_program(
        program: &Arc<Program>,
        calendars: &[Arc<Calendar>],
        source: &str,
    ) -> Result<Self, Vec<Finding>> {
        let all: Vec<usize> = (0..program.rules.len()).collect();
        let world = |world: World| (world.rules, world.zone, world.calendar);
        Self::over(program, worlds(program, calendars, &all).into_iter().map(world).collect(), source)
    }

    fn over(program: &Arc<Program>, worlds: Vec<Rules>, source: &str) -> Result<Self, Vec<Finding>> {
        let source = named(program, source).map_err(|finding| vec![finding])?;
        let mut groups = Vec::new();
        let mut left_out = Vec::new();
        let zone = worlds.first().map_or_else(Zone::utc, |(_, zone, _)| zone.clone());
        for (rules, zone, calendar) in worlds {
            let over = |rule: &&usize| source_of(program, **rule) == Some(source);
            left_out.extend(rules.iter().filter(over).filter_map(|&rule| refusal(program, rule)));
            let events = SingleEvents::link(program, source, &rules)?;
            if events.rules().next().is_some() {
                groups.push(Group { events, zone, calendar });
            }
        }
        let columns = &program.sources[source.0 as usize].schema.columns;
        let types = columns.iter().map(|column| column.typed.ty.clone()).collect();
        let (program, epoch) = (Arc::clone(program), EpochHash(program.hash));
        Ok(Self { shared: Shared { program, epoch, source, types, groups, zone, left_out, warnings: Vec::new() } })
    }

    /// The tables that rules look rows up in and that have not been given yet.
    pub fn wanted(&self) -> Vec<&str> {
        let name = |id: SourceId| self.shared.program.sources[id.0 as usize].name.as_str();
        self.wanted_ids().into_iter().map(name).collect()
    }

    fn wanted_ids(&self) -> Vec<SourceId> {
        let mut wanted: Vec<SourceId> = self.shared.groups.iter().flat_map(|group| group.events.wanted()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Gives a table that rules look rows up in, whole; columns are found by name, more than the rules use may be there.
    pub fn table(mut self, source: &str, batches: &[RecordBatch]) -> Result<Self, Vec<Finding>> {
        let id = named(&self.shared.program, source).map_err(|finding| vec![finding])?;
        let declared = &self.shared.program.sources[id.0 as usize];
        let mut narrow = Vec::with_capacity(batches.len());
        for batch in batches {
            let mut at = Vec::with_capacity(declared.used.len());
            for &column in &declared.used {
                let name = &declared.schema.columns[column as usize].name;
                at.push(
                    batch.schema().index_of(name).map_err(|_| {
                        vec![Finding::new(codes::data::COLUMN_ABSENT, At::Nowhere).name("column", name)]
                    })?,
                );
            }
            narrow.push(batch.project(&at).map_err(|error| vec![step_finding(error.into())])?);
        }
        self.give(id, &narrow)?;
        Ok(self)
    }

    /// Reads the tables that have not been given from where the project's configuration binds them.
    pub fn read(mut self, project: &Project) -> Result<Self, Vec<Finding>> {
        let copies = Copies::obtain(project, &self.shared.program, &self.wanted_ids(), &mut ())?;
        self.shared.warnings.extend(copies.findings());
        for source in self.wanted_ids() {
            let scan = open(project, &self.shared.program, source, &copies)?;
            let batches = scan.map(|batch| batch.map(|batch| batch.batch)).collect::<Result<Vec<_>, _>>()?;
            self.give(source, &batches)?;
        }
        Ok(self)
    }

    fn give(&mut self, source: SourceId, batches: &[RecordBatch]) -> Result<(), Vec<Finding>> {
        for group in &mut self.shared.groups {
            let found = group.events.give(source, batches).map_err(|error: StepError| vec![step_finding(error)])?;
            for finding in found {
                if !self.shared.warnings.contains(&finding) {
                    self.shared.warnings.push(finding);
                }
            }
        }
        Ok(())
    }

    /// The decider; refused while a table is wanted.
    pub fn build(self) -> Result<Decider, Vec<Finding>> {
        let wanted = self.wanted();
        if !wanted.is_empty() {
            let names = Arg::Names(wanted.into_iter().map(str::to_owned).collect());
            return Err(vec![Finding::new(codes::kinds::LOOKUP_NOT_GIVEN, At::Nowhere).arg("sources", names)]);
        }
        Ok(Decider { shared: Arc::new(self.shared) })
    }
}

/// A source by its full name, or by its own if no other rulebook has one of that name.
fn named(program: &Program, name: &str) -> Result<SourceId, Finding> {
    let own = |full: &str| full == name || full.rsplit('.').next() == Some(name);
    let exact = program.sources.iter().position(|source| source.name == name);
    let mut short = (0..program.sources.len()).filter(|&at| own(&program.sources[at].name));
    let found = exact.or_else(|| short.next().filter(|_| short.next().is_none()));
    let id = found.and_then(|at| u32::try_from(at).ok());
    id.map(SourceId).ok_or_else(|| Finding::new(codes::names::UNKNOWN_SOURCE, At::Nowhere).name("name", name))
}
