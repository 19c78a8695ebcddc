//! Playing a test: a series of moments. Rows given at one moment are all there when something is expected; a clock that moves on
//! ends the moment, and what the rules remember (cool-downs, windows) is carried into the next. Rows of a stream pass once: those of
//! earlier moments are in the windows.

use super::{
    property,
    report::{Failure, FailureKind, Got, TestReport},
};
use crate::{
    epoch::{Epoch, Moment},
    feed::{order, step_finding},
    run,
};
use arrow_array::{Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{Field, Schema};
use guiju_core::{Batch, Cells, Effects, Input, Output, Request, StepError, Trace, Tracing};
use guiju_eval::{array_of, arrow_type, value_at};
use guiju_lang::{
    context::Context,
    finding::{Finding, Place},
    hir::{Program, RuleId, SourceId, Test, TestStep},
    render,
    time::Zone,
    value::{Duration, Value},
};
use std::{collections::BTreeMap, sync::Arc};

/// Plays one test.
pub(super) fn play(epoch: &Epoch, test: &Test) -> TestReport {
    report(test, property::play(epoch, test, &mut |steps| played(epoch, steps, None)))
}

/// Plays one test and listens: every trace of every moment.
pub(super) fn traced(epoch: &Epoch, test: &Test) -> (TestReport, Vec<Trace>) {
    let mut traces = Vec::new();
    let failures = property::play(epoch, test, &mut |steps| played(epoch, steps, Some(&mut traces)));
    (report(test, failures), traces)
}

fn report(test: &Test, failures: Vec<Failure>) -> TestReport {
    TestReport { title: test.title.clone(), rulebook: test.rulebook.clone(), place: test.place, failures }
}

fn played(epoch: &Epoch, steps: &[TestStep], traces: Option<&mut Vec<Trace>>) -> Vec<Failure> {
    let mut run = TestRun::new(epoch);
    run.traces = traces.as_ref().map(|_| Vec::new());
    let failures = steps.iter().flat_map(|step| run.step(step)).collect();
    if let Some(all) = traces {
        all.append(&mut run.traces.unwrap_or_default());
    }
    failures
}

/// What a moment gave, what every group remembers after it, and what was traced.
struct Happened {
    got: Vec<Got>,
    after: Vec<Cells>,
    traces: Vec<Trace>,
}

struct TestRun<'a> {
    epoch: &'a Epoch,
    clock: i64,
    rows: BTreeMap<SourceId, Vec<Vec<Value>>>,
    /// Of streams: how many of their rows came in earlier moments.
    passed: BTreeMap<SourceId, usize>,
    /// What each group remembered when this moment began.
    before: Vec<Cells>,
    /// What this moment gave, if its rows have not changed since.
    moment: Option<Happened>,
    /// Where somebody listens: everything that was traced so far.
    traces: Option<Vec<Trace>>,
}

impl<'a> TestRun<'a> {
    fn new(epoch: &'a Epoch) -> Self {
        let before = epoch.groups.iter().map(|_| Cells::default()).collect();
        let passed = epoch.streams().map(|source| (source, 0)).collect();
        // Tests that say nothing about the clock get a fixed, recognisable day: 2000-01-01.
        Self { epoch, clock: 946_684_800_000_000, rows: BTreeMap::new(), passed, before, moment: None, traces: None }
    }

    fn step(&mut self, step: &TestStep) -> Vec<Failure> {
        match step {
            TestStep::Clock(at) => {
                self.move_to(*at);
                Vec::new()
            }
            TestStep::After(span) => {
                self.move_to(self.later(*span));
                Vec::new()
            }
            TestStep::Given { source, rows, .. } => {
                let given = rows.iter().map(|row| self.timed(*source, row));
                let given: Vec<Vec<Value>> = given.collect();
                self.rows.entry(*source).or_default().extend(given);
                self.moment = None;
                Vec::new()
            }
            // A test is played with rows: `for any` has become one.
            TestStep::ForAny { .. } => Vec::new(),
            // Routes are asked of records, whatever rows there are.
            TestStep::ExpectRoute { .. } => Vec::new(),
            TestStep::Expect { rule, key, with, place } => match self.now() {
                Ok(got) => expect(got, rule, &key.as_ref().map(canonical_text).unwrap_or_default(), with, *place),
                Err(finding) => vec![Failure { place: *place, kind: FailureKind::Broken(finding) }],
            },
            TestStep::ExpectRows { rule, properties, rows, place } => match self.now() {
                Ok(got) => super::rows::expect(got, rule, properties, rows, *place).into_iter().collect(),
                Err(finding) => vec![Failure { place: *place, kind: FailureKind::Broken(finding) }],
            },
            TestStep::ExpectNothing { rule, key, place } => match self.now() {
                Ok(got) => {
                    let key = key.as_ref().map(canonical_text);
                    let hit = |got: &&Got| {
                        rule.as_ref().is_none_or(|rule| *rule == got.rule)
                            && key.as_ref().is_none_or(|key| *key == got.key)
                    };
                    let found: Vec<Got> = got.iter().filter(hit).cloned().collect();
                    if found.is_empty() {
                        Vec::new()
                    } else {
                        vec![Failure { place: *place, kind: FailureKind::Unexpected(found) }]
                    }
                }
                Err(finding) => vec![Failure { place: *place, kind: FailureKind::Broken(finding) }],
            },
        }
    }

    /// A row of a stream happens now, unless it says when.
    fn timed(&self, source: SourceId, row: &[Value]) -> Vec<Value> {
        let mut row = row.to_vec();
        let time = self.epoch.program.sources[source.0 as usize].time.filter(|_| self.passed.contains_key(&source));
        if let Some(at) = time.and_then(|time| row.get_mut(time as usize))
            && at.is_missing()
        {
            *at = Value::Timestamp(self.clock);
        }
        row
    }

    /// The moment ends: what it remembered is carried on. A moment nobody asked about has still happened.
    fn move_to(&mut self, clock: i64) {
        if clock == self.clock {
            return;
        }
        if !self.rows.is_empty()
            && self.now().is_ok()
            && let Some(moment) = self.moment.take()
        {
            self.before = moment.after;
            for (source, passed) in &mut self.passed {
                *passed = self.rows.get(source).map_or(0, Vec::len);
            }
        }
        self.clock = clock;
        self.moment = None;
    }

    fn later(&self, span: Duration) -> i64 {
        let cx = self.epoch.groups.first().map(|group| group.context(Moment::Instant(self.clock)));
        cx.and_then(|cx| cx.shift_timestamp(self.clock, span).ok()).unwrap_or(self.clock)
    }

    /// The effects of this moment.
    fn now(&mut self) -> Result<&[Got], Finding> {
        if self.moment.is_none() {
            let mut moment = self.snapshot()?;
            if let Some(traces) = &mut self.traces {
                traces.append(&mut moment.traces);
            }
            self.moment = Some(moment);
        }
        Ok(self.moment.as_ref().map_or(&[], |moment| moment.got.as_slice()))
    }

    fn snapshot(&self) -> Result<Happened, Finding> {
        let program = &self.epoch.program;
        let mut happened = Happened { got: Vec::new(), after: Vec::new(), traces: Vec::new() };
        let sources = order(self.epoch);
        for (group, before) in self.epoch.groups.iter().zip(&self.before) {
            let cx = group.context(Moment::Instant(self.clock));
            let mut cells = before.carried();
            if self.traces.is_some() {
                let ask = Input::Request(Request::Trace(Tracing::Reached));
                group.linked.step(&cx, &mut cells, &ask, &mut Output::default()).map_err(step_finding)?;
            }
            for &source in &sources {
                let passed = self.passed.get(&source).copied();
                let rows = self.rows.get(&source).and_then(|rows| rows.get(passed.unwrap_or(0)..));
                let rows = batch(program, source, rows.unwrap_or_default())?;
                let whole = Input::Batch(Batch { source, rows: &rows, first_row: passed.unwrap_or(0) as u64 });
                // A stream goes on: all that the clock says is which rows cannot come any more.
                let latest = self.clock.saturating_sub(program.sources[source.0 as usize].lateness);
                let (first, last) = match passed {
                    Some(_) => (None, Input::Watermark(source, latest)),
                    None => (
                        Some(Input::StartOfSnapshot(source, Some(rows.num_rows() as u64))),
                        Input::EndOfSnapshot(source),
                    ),
                };
                for input in first.iter().chain([&whole, &last]) {
                    let mut out = Output::default();
                    group.linked.step(&cx, &mut cells, input, &mut out).map_err(step_finding)?;
                    for effects in &out.effects {
                        collect(program, effects, &cx, &mut happened.got);
                    }
                    happened.traces.append(&mut out.traces);
                }
            }
            happened.after.push(cells.carried());
        }
        if self.traces.is_some() {
            agree(program, &happened)?;
        }
        Ok(happened)
    }
}

/// What was traced acts exactly where the step acted: a coverage figure is about the step, or there is none.
fn agree(program: &Program, happened: &Happened) -> Result<(), Finding> {
    let acted = happened.got.iter().map(|got| (got.rule.to_string(), got.key.as_str()));
    let traced = happened.traces.iter().filter(|trace| trace.acts);
    let traced = traced.map(|trace| (program.rules[trace.rule].head.id.to_string(), trace.key.as_str()));
    let (mut acted, mut traced): (Vec<_>, Vec<_>) = (acted.collect(), traced.collect());
    acted.sort_unstable();
    traced.sort_unstable();
    match acted.iter().find(|one| !traced.contains(one)).or_else(|| traced.iter().find(|one| !acted.contains(one))) {
        None if acted.len() == traced.len() => Ok(()),
        other => {
            let about = other.map_or_else(String::new, |(rule, key)| format!("{rule} {key}: "));
            Err(step_finding(StepError::Evaluation(format!("{about}the trace and the step disagree"))))
        }
    }
}

/// Given rows in the shape a connector delivers: the used columns.
fn batch(program: &Program, source: SourceId, rows: &[Vec<Value>]) -> Result<RecordBatch, Finding> {
    let declared = &program.sources[source.0 as usize];
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for &at in &declared.used {
        let column = &declared.schema.columns[at as usize];
        fields.push(Field::new(&column.name, arrow_type(&column.typed.ty), true));
        columns
            .push(array_of(&column.typed.ty, rows.iter().map(|row| row.get(at as usize).unwrap_or(&Value::Missing))));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|e| step_finding(e.into()))
}

fn collect(program: &Program, effects: &Effects, cx: &Context, got: &mut Vec<Got>) {
    let schema = effects.payload.schema();
    for row in 0..effects.len() {
        let properties =
            schema.fields().iter().zip(effects.payload.columns()).filter(|(_, column)| column.is_valid(row));
        got.push(Got {
            rule: program.rules[effects.rule].head.id.clone(),
            key: key_at(&effects.keys, row),
            properties: properties
                .map(|(field, column)| (field.name().clone(), render::plain(&value_at(column, row), cx)))
                .collect(),
        });
    }
}

fn key_at(keys: &StringArray, row: usize) -> String {
    if keys.is_valid(row) { keys.value(row).to_owned() } else { String::new() }
}

/// Keys and properties are compared as effects write them; no test looks at them in another zone.
pub(super) fn canonical_text(value: &Value) -> String {
    run::canonical_text(value, &Zone::utc())
}

fn expect(got: &[Got], rule: &RuleId, key: &str, with: &[(String, Value)], place: Place) -> Vec<Failure> {
    let Some(effect) = got.iter().find(|got| got.rule == *rule && got.key == key) else {
        let near = got.iter().filter(|got| got.rule == *rule || got.key == key).cloned().collect();
        return vec![Failure {
            place,
            kind: FailureKind::Absent { rule: rule.clone(), key: key.to_owned(), got: near },
        }];
    };
    let differs = with.iter().filter_map(|(property, value)| {
        let expected = canonical_text(value);
        let got = effect.properties.iter().find(|(name, _)| name == property).map(|(_, text)| text.clone());
        let same = got.as_deref() == Some(&expected) || (got.is_none() && *value == Value::Missing);
        (!same).then(|| Failure { place, kind: FailureKind::Differs { property: property.clone(), expected, got } })
    });
    differs.collect()
}
