//! An epoch: one immutable checked rulebook set, compiled.

use crate::kinds::KINDS;
use guiju_core::{Feed, KindSpec, Linked, id::EpochHash};
use guiju_lang::{
    calendar::Calendar,
    context::Context,
    finding::Finding,
    hir::{Program, Rule, SourceId},
    time::Zone,
};
use std::{collections::BTreeMap, sync::Arc};

/// One checked rulebook set, ready to step.
pub struct Epoch {
    /// What was checked.
    pub program: Arc<Program>,
    /// Rules that share a kind and an outside world.
    pub groups: Vec<Group>,
    /// The rules that were selected, by position.
    selected: Vec<usize>,
}

/// The rules of one kind whose rulebooks agree on zone and calendar: they see the same `today`.
pub struct Group {
    /// Compiled.
    pub linked: Box<dyn Linked>,
    /// Its rules, by position in the program.
    pub(crate) rules: Vec<usize>,
    pub(crate) zone: Zone,
    pub(crate) calendar: Option<Arc<Calendar>>,
}

/// When a run happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The first moment of a day (days since 1970-01-01), in each rulebook's zone.
    Day(i32),
    /// An instant (microseconds since 1970-01-01 UTC).
    Instant(i64),
}

impl Group {
    /// What its rules may know of the outside world.
    pub fn context(&self, at: Moment) -> Context {
        match at {
            Moment::Day(day) => Context::on(day, self.zone.clone(), self.calendar.clone()),
            Moment::Instant(now) => Context::new(now, self.zone.clone(), self.calendar.clone()),
        }
    }
}

impl Epoch {
    /// Compiles a checked program; with `only`, just the rules it selects.
    pub fn link(
        program: Arc<Program>,
        calendars: &[Arc<Calendar>],
        only: impl Fn(&Rule) -> bool,
    ) -> Result<Self, Vec<Finding>> {
        let mut groups = Vec::new();
        let mut findings = Vec::new();
        let selected: Vec<usize> = (0..program.rules.len()).filter(|at| only(&program.rules[*at])).collect();
        for World { kind, rules, zone, calendar } in worlds(&program, calendars, &selected) {
            match kind.link(&program, &rules) {
                Ok(linked) => groups.push(Group { linked, rules, zone, calendar }),
                Err(mut found) => findings.append(&mut found),
            }
        }
        if findings.is_empty() { Ok(Self { program, groups, selected }) } else { Err(findings) }
    }

    /// The rules that run, by position in the program.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.selected.iter().copied()
    }

    /// The sources that are fed row by row.
    pub fn streams(&self) -> impl Iterator<Item = SourceId> + '_ {
        self.groups.iter().flat_map(|group| group.linked.feeds()).filter_map(|feed| match feed {
            Feed::Stream(source) => Some(source),
            Feed::Lookup(_) | Feed::Drive(_) => None,
        })
    }

    /// The rules that run.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.selected.iter().map(|&position| &self.program.rules[position])
    }

    /// Whose rules run; a run belongs to one tenant.
    pub fn tenant(&self) -> &str {
        self.rules().next().map_or("default", |rule| &rule.head.id.tenant)
    }

    /// Its name: the hash of what was checked, not of the text.
    pub fn hash(&self) -> EpochHash {
        EpochHash(self.program.hash)
    }
}

/// Rules of one kind that see the same `today`.
pub(crate) struct World {
    kind: &'static dyn KindSpec,
    pub(crate) rules: Vec<usize>,
    pub(crate) zone: Zone,
    pub(crate) calendar: Option<Arc<Calendar>>,
}

/// The selected rules by kind, zone and calendar.
pub(crate) fn worlds(program: &Program, calendars: &[Arc<Calendar>], selected: &[usize]) -> Vec<World> {
    let mut all = Vec::new();
    for &kind in KINDS {
        let mut worlds: BTreeMap<(String, Option<String>), Vec<usize>> = BTreeMap::new();
        for &position in selected {
            let rule = &program.rules[position];
            if rule.head.kind == kind.name() {
                worlds.entry(world(program, rule)).or_default().push(position);
            }
        }
        for ((zone, calendar), rules) in worlds {
            // The checker knows both names; a set that it passed has them.
            let Ok(zone) = Zone::named(&zone) else { continue };
            let calendar = calendar.and_then(|name| calendars.iter().find(|c| c.name() == name).cloned());
            all.push(World { kind, rules, zone, calendar });
        }
    }
    all
}

/// Zone and calendar of the rule's rulebook.
fn world(program: &Program, rule: &Rule) -> (String, Option<String>) {
    let book =
        program.rulebooks.iter().find(|book| book.name == rule.head.id.rulebook && book.tenant == rule.head.id.tenant);
    book.map_or_else(|| ("Asia/Shanghai".to_owned(), None), |book| (book.zone.clone(), book.calendar.clone()))
}
