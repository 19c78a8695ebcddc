//! Coverage: which conditions, branches, rows and clauses the tests have seen at work.
//!
//! What is seen comes from the traces of the step that played the tests. For a rule only tests that expect something of it count:
//! a condition that nobody looks at is not tested because rows happened to pass it. What stands in a shared definition counts
//! once, for the definition, whichever rule's tests have seen it.

use super::{
    play,
    points::{Wanted, What, wanted},
    report::TestReport,
    routes,
};
use crate::{Epoch, Project};
use guiju_core::Trace;
use guiju_grammar::ast::{Item, Span};
use guiju_lang::{
    finding::Place,
    hir::{RuleId, Test, TestStep},
};
use std::collections::BTreeMap;

/// What the tests have seen, of what there is to see.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Rules in the order of the rulebooks, then the definitions that they use.
    pub units: Vec<Unit>,
}

/// A rule, or a definition.
#[derive(Debug, Clone)]
pub struct Unit {
    /// `rulebook.name` of a rule, the name of a definition.
    pub name: String,
    /// Nothing for a definition.
    pub rule: Option<RuleId>,
    /// Where it is declared.
    pub place: Place,
    /// What there is to see, in the order of the text.
    pub points: Vec<Point>,
}

/// Something to be seen, and whether it was.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Its text.
    pub place: Place,
    /// The clause it counts for.
    pub clause: &'static str,
    /// What.
    pub what: What,
    /// It was.
    pub seen: bool,
}

impl Unit {
    /// How many points were seen.
    pub fn seen(&self) -> usize {
        self.points.iter().filter(|point| point.seen).count()
    }
}

impl Coverage {
    /// Points seen, and points in all.
    pub fn total(&self) -> (usize, usize) {
        self.units.iter().fold((0, 0), |(seen, of), unit| (seen + unit.seen(), of + unit.points.len()))
    }

    /// In percent; nothing to see is all seen.
    pub fn percent(&self) -> f64 {
        match self.total() {
            (_, 0) => 100.0,
            (seen, of) => seen as f64 * 100.0 / of as f64,
        }
    }
}

/// Runs the tests that `select` picks, and says what they have seen.
pub fn test_covered(project: &Project, epoch: &Epoch, select: impl Fn(&Test) -> bool) -> (Vec<TestReport>, Coverage) {
    let mut rules: Vec<(usize, Vec<Wanted>, Vec<bool>)> = epoch
        .positions()
        .map(|position| {
            let all = wanted(&epoch.program.rules[position]);
            let seen = vec![false; all.len()];
            (position, all, seen)
        })
        .collect();
    let (mut reports, mut plants) = (Vec::new(), routes::Plants::default());
    for test in epoch.program.tests.iter().filter(|test| select(test)) {
        let (mut report, traces) = play::traced(epoch, test);
        report.failures.extend(routes::play(project, &epoch.program, test, &mut plants));
        reports.push(report);
        for (position, all, seen) in &mut rules {
            if expects_of(test, &epoch.program.rules[*position].head.id) {
                let own: Vec<&Trace> = traces.iter().filter(|trace| trace.rule == *position).collect();
                for (wanted, seen) in all.iter().zip(seen).filter(|(_, seen)| !**seen) {
                    *seen = own.iter().any(|trace| wanted.is_in(trace));
                }
            }
        }
    }
    (reports, Coverage { units: units(project, epoch, &rules) })
}

/// Whether the test expects something of the rule; `expect nothing` expects it of all.
pub(super) fn expects_of(test: &Test, id: &RuleId) -> bool {
    test.steps.iter().any(|step| match step {
        TestStep::Expect { rule, .. } | TestStep::ExpectRows { rule, .. } => rule == id,
        TestStep::ExpectNothing { rule, .. } => rule.as_ref().is_none_or(|rule| rule == id),
        _ => false,
    })
}

/// By place and what is to be seen there: an argument that a definition uses twice is one text.
type Points = BTreeMap<(Place, What), Point>;

fn units(project: &Project, epoch: &Epoch, rules: &[(usize, Vec<Wanted>, Vec<bool>)]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut shared = Points::new();
    for (position, all, seen) in rules {
        let head = &epoch.program.rules[*position].head;
        let mut own = Points::new();
        for (wanted, &seen) in all.iter().zip(seen) {
            let points = if wanted.own { &mut own } else { &mut shared };
            let point = Point { place: wanted.at, clause: wanted.clause, what: wanted.what, seen };
            points.entry((wanted.at, wanted.what)).or_insert(point).seen |= seen;
        }
        units.push(Unit {
            name: format!("{}.{}", head.id.rulebook, head.id.name),
            rule: Some(head.id.clone()),
            place: head.place,
            points: own.into_values().collect(),
        });
    }
    let mut definitions: BTreeMap<Place, Unit> = BTreeMap::new();
    let mut names = Names::default();
    for point in shared.into_values() {
        let (name, place) = names.of(project, point.place);
        let unit = Unit { name, rule: None, place, points: Vec::new() };
        definitions.entry(place).or_insert(unit).points.push(point);
    }
    units.extend(definitions.into_values());
    units
}

/// The definitions of each file, read when they are asked for.
#[derive(Default)]
struct Names(BTreeMap<guiju_lang::finding::FileId, Vec<(String, Span, Span)>>);

impl Names {
    /// The definition that the place stands in: its name, and where the name is.
    fn of(&mut self, project: &Project, place: Place) -> (String, Place) {
        let definitions = self.0.entry(place.file).or_insert_with(|| {
            let text = project.sources.get(place.file).map_or("", |file| &file.text);
            let named = |item: &Item| match item {
                Item::Let(x) => Some((x.name.text.clone(), x.name.span, x.span)),
                Item::Fn(x) => Some((x.name.text.clone(), x.name.span, x.span)),
                Item::Table(x) => Some((x.name.text.clone(), x.name.span, x.span)),
                Item::Template(x) => Some((x.name.text.clone(), x.name.span, x.span)),
                _ => None,
            };
            guiju_grammar::parse(text).file.items.iter().filter_map(named).collect()
        });
        let around = |span: &Span| span.start <= place.span.start && place.span.end <= span.end;
        let found = definitions.iter().find(|(_, _, span)| around(span));
        match found {
            Some((name, at, _)) => (name.clone(), Place { file: place.file, span: *at }),
            // A template's file is one definition.
            None => {
                let path = project.sources.get(place.file).map_or("", |file| &file.path);
                (path.to_owned(), Place { file: place.file, span: Span { start: 0, end: 0 } })
            }
        }
    }
}
