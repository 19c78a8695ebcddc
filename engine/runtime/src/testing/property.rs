//! `for any SOURCE with CONDITION`: rows are made up that meet the condition, near the constants that the condition and the rules
//! speak of, and the rest of the test is played with each. The seed is the test's identity, so the same test makes the same rows
//! everywhere. A row that fails is made as plain as it can be while it still fails.

use super::{
    coverage::expects_of,
    pool::{Pool, Seeds},
    report::{Failure, FailureKind},
};
use crate::epoch::{Epoch, Moment};
use guiju_lang::{
    context::{Context, Incidents},
    finding::Place,
    hir::{ColumnRef, Expr, Program, ScriptId, Source, SourceId, Test, TestStep},
    reference::{self, Row},
    time::{Civil, Zone},
    value::Value,
};

/// Rows that one `for any` is tried with.
const ROWS: usize = 100;
/// Rows made up at most for one that meets the condition.
const TRIES: usize = 2_000;
/// Plays spent on making a counter-example plainer.
const PLAINER: usize = 400;

/// Plays a test once, or, with `for any`, with many rows.
pub(super) fn play(epoch: &Epoch, test: &Test, once: &mut dyn FnMut(&[TestStep]) -> Vec<Failure>) -> Vec<Failure> {
    let asked: Vec<(usize, SourceId, Option<&Expr>, Place)> = test
        .steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match step {
            TestStep::ForAny { source, with, place } => Some((at, *source, with.as_ref(), *place)),
            _ => None,
        })
        .collect();
    let Some(&(_, _, _, place)) = asked.first() else { return once(&test.steps) };
    let cx = context(epoch, test);
    let mut seeds = Seeds::of(&test.rulebook, &test.title);
    let makers: Vec<Maker<'_>> =
        asked.iter().map(|(at, source, with, _)| Maker::new(epoch, test, *at, *source, *with, &cx)).collect();
    for tried in 1..=ROWS {
        let mut rows = Vec::with_capacity(makers.len());
        for (maker, (_, _, _, place)) in makers.iter().zip(&asked) {
            match maker.row(&mut seeds) {
                Some(row) => rows.push(row),
                None => return vec![Failure { place: *place, kind: FailureKind::NoSuchRow { tried: TRIES } }],
            }
        }
        let failures = once(&concrete(test, &makers, &rows));
        if !failures.is_empty() {
            let (rows, failures) = plainer(test, &makers, rows, failures, once);
            let last = rows.len() - 1;
            let mut failures = failures;
            // Of several rows each stands around what the later ones led to.
            for (at, row) in rows.into_iter().enumerate().rev() {
                let source = makers[at].source;
                let place = asked.get(at.min(last)).map_or(place, |asked| asked.3);
                failures = vec![Failure { place, kind: FailureKind::Counterexample { source, row, tried, failures } }];
            }
            return failures;
        }
    }
    Vec::new()
}

/// The test with rows in place of `for any`, and the row's key where none is said.
fn concrete(test: &Test, makers: &[Maker<'_>], rows: &[Vec<Value>]) -> Vec<TestStep> {
    let mut key = None;
    let mut steps = Vec::with_capacity(test.steps.len());
    for (at, step) in test.steps.iter().enumerate() {
        steps.push(match step {
            TestStep::ForAny { source, place, .. } => {
                let made = makers.iter().zip(rows).find(|(maker, _)| maker.step == at);
                let rows: Vec<Vec<Value>> = made.map(|(_, row)| row.clone()).into_iter().collect();
                key = made.and_then(|(maker, row)| row.get(maker.declared.key? as usize).cloned());
                TestStep::Given { source: *source, rows, place: *place }
            }
            TestStep::Expect { rule, key: None, with, place } => {
                TestStep::Expect { rule: rule.clone(), key: key.clone(), with: with.clone(), place: *place }
            }
            other => other.clone(),
        });
    }
    steps
}

/// Column by column, the plainest value with which the row still meets the condition and the test still fails.
fn plainer(
    test: &Test,
    makers: &[Maker<'_>],
    mut rows: Vec<Vec<Value>>,
    mut failures: Vec<Failure>,
    once: &mut dyn FnMut(&[TestStep]) -> Vec<Failure>,
) -> (Vec<Vec<Value>>, Vec<Failure>) {
    let mut plays = 0;
    loop {
        let mut better = false;
        for (at, maker) in makers.iter().enumerate() {
            for &column in &maker.columns {
                for candidate in maker.pool.plainer(column, &rows[at][column as usize]) {
                    if plays == PLAINER {
                        return (rows, failures);
                    }
                    let before = std::mem::replace(&mut rows[at][column as usize], candidate);
                    if maker.meets(&rows[at]) {
                        plays += 1;
                        let found = once(&concrete(test, makers, &rows));
                        if !found.is_empty() {
                            (failures, better) = (found, true);
                            break;
                        }
                    }
                    rows[at][column as usize] = before;
                }
            }
        }
        if !better {
            return (rows, failures);
        }
    }
}

/// What is known of the outside world where the test begins.
fn context(epoch: &Epoch, test: &Test) -> Context {
    let clock = test.steps.iter().find_map(|step| match step {
        TestStep::Clock(at) => Some(*at),
        _ => None,
    });
    let at = Moment::Instant(clock.unwrap_or_default());
    epoch.groups.first().map_or_else(|| Context::new(0, Zone::utc(), None), |group| group.context(at))
}

/// Makes rows of one source.
struct Maker<'a> {
    step: usize,
    source: SourceId,
    declared: &'a Source,
    with: Option<&'a Expr>,
    /// Parts of the condition that read one column only: they choose its values.
    single: Vec<(u32, &'a Expr)>,
    /// Columns that somebody reads, without the key.
    columns: Vec<u32>,
    pool: Pool,
    cx: &'a Context,
}

impl<'a> Maker<'a> {
    fn new(
        epoch: &'a Epoch,
        test: &Test,
        step: usize,
        source: SourceId,
        with: Option<&'a Expr>,
        cx: &'a Context,
    ) -> Self {
        let program: &Program = &epoch.program;
        let declared = &program.sources[source.0 as usize];
        let mut columns = declared.used.clone();
        let mut conjuncts = Vec::new();
        if let Some(with) = with {
            columns.extend(read(with, source));
            match &with.kind {
                guiju_lang::hir::ExprKind::And(parts) => conjuncts.extend(parts),
                _ => conjuncts.push(with),
            }
        }
        columns.sort_unstable();
        columns.dedup();
        columns.retain(|column| Some(*column) != declared.key);
        let single = conjuncts
            .into_iter()
            .filter_map(|part| match read(part, source).as_slice() {
                [only] => Some((*only, part)),
                _ => None,
            })
            .collect();
        let rules = program.rules.iter().filter(|rule| expects_of(test, &rule.head.id));
        let spoken = rules.flat_map(|rule| rule.body.expressions()).map(|(_, expr)| expr).chain(with);
        let pool = Pool::new(declared, spoken, cx);
        Self { step, source, declared, with, single, columns, pool, cx }
    }

    /// A row that meets the condition.
    fn row(&self, seeds: &mut Seeds) -> Option<Vec<Value>> {
        let mut row = self.pool.plain();
        if let Some(key) = self.declared.key {
            row[key as usize] = self.pool.key(key);
        }
        for _ in 0..TRIES {
            for &column in &self.columns {
                let mut parts = self.single.iter().filter(|(of, _)| *of == column).map(|(_, part)| *part).peekable();
                let choosy = parts.peek().is_some();
                let parts: Vec<&Expr> = parts.collect();
                for _ in 0..if choosy { 200 } else { 1 } {
                    row[column as usize] = self.pool.value(column, seeds);
                    if parts.iter().all(|part| self.holds(part, &row)) {
                        break;
                    }
                }
            }
            if self.meets(&row) {
                return Some(row);
            }
        }
        None
    }

    fn meets(&self, row: &[Value]) -> bool {
        self.with.is_none_or(|with| self.holds(with, row))
    }

    fn holds(&self, condition: &Expr, row: &[Value]) -> bool {
        let row = Made { source: self.source, row };
        reference::evaluate(condition, &row, self.cx, &mut Incidents::default()) == Value::Bool(true)
    }
}

/// Columns of the source that an expression reads, each once.
fn read(expr: &Expr, source: SourceId) -> Vec<u32> {
    let mut columns = Vec::new();
    expr.walk(&mut |part| {
        if let guiju_lang::hir::ExprKind::Column(column) = &part.kind
            && column.source == source
            && !columns.contains(&column.column)
        {
            columns.push(column.column);
        }
    });
    columns
}

/// A row that was made up; there is nothing beside it.
struct Made<'a> {
    source: SourceId,
    row: &'a [Value],
}

impl Row for Made<'_> {
    fn column(&self, column: &ColumnRef) -> Value {
        let own = (column.source == self.source).then(|| self.row.get(column.column as usize)).flatten();
        own.cloned().unwrap_or(Value::Missing)
    }
    fn population(&self, _: u32) -> Value {
        Value::Missing
    }
    fn script(&self, _: ScriptId, _: &[Value], _: &mut Incidents) -> Value {
        Value::Missing
    }
}

/// The row as a `given` line that can be put into the test: columns that are missing are left out.
pub fn given(program: &Program, source: SourceId, row: &[Value], chinese: bool, zone: &Zone) -> String {
    let declared = &program.sources[source.0 as usize];
    let name = declared.name.rsplit('.').next().unwrap_or(&declared.name);
    let known = declared.schema.columns.iter().zip(row).filter(|(_, value)| !value.is_missing());
    let cells: Vec<String> =
        known.map(|(column, value)| format!("{}: {}", column.name, literal(value, zone))).collect();
    let word = guiju_grammar::keyword::Kw::GIVEN;
    format!("{} {name} {{ {} }}", if chinese { word.zh() } else { word.en() }, cells.join(", "))
}

/// A value as a rulebook writes it.
fn literal(value: &Value, zone: &Zone) -> String {
    let day = |days: i32| {
        let civil = Civil::of(days);
        format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
    };
    let clock = |us: i64| {
        let seconds = us.rem_euclid(86_400_000_000) / 1_000_000;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    };
    match value {
        Value::Text(text) => {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('{', "{{").replace('}', "}}");
            format!("\"{escaped}\"")
        }
        Value::Date(days) => day(*days),
        Value::Time(us) => clock(*us),
        Value::Timestamp(at) => {
            let date = zone.date(*at);
            let start = zone.instant(date, 0).unwrap_or(*at);
            format!("{} {}", day(date), clock(at - start))
        }
        other => crate::run::canonical_text(other, zone),
    }
}
