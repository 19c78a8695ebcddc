//! Rules over streams: what is worked out step by step is what somebody finds who reads the rows from the beginning every time, and
//! nothing depends on how the rows are cut into batches.

mod oracle;

use arrow_array::{
    Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, cast::AsArray,
};
use arrow_schema::{Field, Schema};
use guiju::{
    Epoch, Moment, Project,
    core::{Batch, CellTable, Cells, Feed, Input, Output},
    lang::{finding::codes, hir::SourceId},
};
use oracle::{LATENESS, Row};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{collections::BTreeMap, sync::Arc};

const RULES: &str = r#"
rulebook desk { zone "UTC" }
source trades from line topic "trades" {
  key id
  time column at
  lateness 5m
  column id is integer required
  column customer is text
  column at is timestamp
  column amount is decimal(18, 2)
  column product is text
  column lots is integer
}
sink tasks to out
event all_figures {
  on trades by customer
  when count() over 10m > 0
  task "{id}|{count() over 10m}|{count(amount) over 10m}|{sum(amount) over 10m or else -1}|{avg(amount) over 10m or else -1}|{min(amount) over 10m or else -1}|{max(amount) over 10m or else -1}|{first(amount) over 10m or else -1}|{last(amount) over 10m or else -1}|{distinct(product) over 10m}|{sum(lots) over 1h or else -1}|{now:%H:%M:%S}"
  to tasks
}
event often {
  on trades by customer
  when count() over 10m >= 3
  once per customer every 15m
  task "often"
  to tasks
}
event held {
  on trades by customer
  when amount > 0
  for 4m
  task "{id} {now:%H:%M:%S}"
  to tasks
}
event held_by_product {
  on trades by product
  when amount > -30 and sum(lots) over 1h > 3
  for 90s
  once per customer every 15m
  task "{sum(lots) over 1h}"
  to tasks
}
event again {
  on trades by customer
  when amount > 0 then amount < 0 or lots > 7 within 6m
  task "{id}"
  to tasks
}
event twice {
  on trades by product
  when lots > 4 then lots > 4 and sum(lots) over 1h > 6 within 10m
  once per customer every 15m
  task "{id} {sum(lots) over 1h}"
  to tasks
}
event alone {
  on trades by customer
  when amount > 10 without lots > 6 or amount is missing within 7m
  task "{id} {now:%H:%M:%S}"
  to tasks
}
event in_turn {
  on trades by customer
  when lots > 0
  task "{count() over each 10m} {sum(amount) over each 1d or else 0} {max(lots) over each 1h or else 0}"
  to tasks
}
event by_product {
  on trades by product
  when sum(lots) over 1h > 10 and at within last 1h
  task "product"
  to tasks
}
"#;

fn epoch(text: &str) -> Epoch {
    opened(text).1
}

fn opened(text: &str) -> (Project, Epoch) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rules.gj"), text).expect("a file");
    let project = Project::open(&[folder.path().to_owned()], None);
    let checked = project.check();
    let errors: Vec<_> = checked.findings.iter().filter(|finding| finding.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let epoch = Epoch::link(Arc::new(checked.program.expect("a program")), &[], |_| true).expect("it can be linked");
    (project, epoch)
}

/// The rows in the columns that rules use.
fn batch(epoch: &Epoch, rows: &[Row]) -> RecordBatch {
    let declared = &epoch.program.sources[0];
    let column = |at: &u32| -> (Field, ArrayRef) {
        let name = declared.schema.columns[*at as usize].name.as_str();
        let array: ArrayRef = match name {
            "id" => Arc::new(rows.iter().map(|row| Some(row.id)).collect::<Int64Array>()),
            "customer" => Arc::new(rows.iter().map(|row| row.customer.clone()).collect::<StringArray>()),
            "at" => Arc::new(rows.iter().map(|row| row.at).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
            "amount" => {
                let digits: Decimal128Array = rows.iter().map(|row| row.amount.map(i128::from)).collect();
                Arc::new(digits.with_precision_and_scale(18, 2).expect("it fits"))
            }
            "product" => Arc::new(rows.iter().map(|row| row.product.clone()).collect::<StringArray>()),
            "lots" => Arc::new(rows.iter().map(|row| row.lots).collect::<Int64Array>()),
            other => panic!("{other}"),
        };
        (Field::new(name, array.data_type().clone(), true), array)
    };
    let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = declared.used.iter().map(column).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a batch")
}

/// An effect: rule, key, time, number at that time, text.
type Line = (String, String, i64, u32, String);

/// How rows come.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// More will come.
    Live,
    /// More will come, and after every batch there is only what was saved.
    Restarted,
    /// No more will come.
    Ends,
}

/// What the rules do about rows that come in batches of these lengths.
fn run(epoch: &Epoch, rows: &[Row], lengths: &[usize], how: How) -> (Vec<Line>, u64) {
    let source = SourceId(0);
    let group = &epoch.groups[0];
    assert!(group.linked.feeds().contains(&Feed::Stream(source)));
    // The clock on the wall says nothing about the rows.
    let cx = group.context(Moment::Instant(0));
    let (mut cells, mut saved, mut out) = (Cells::default(), BTreeMap::new(), Output::default());
    let mut step = |input: &Input<'_>, out: &mut Output| {
        group.linked.step(&cx, &mut cells, input, out).expect("a step");
        // Everything that a stream remembers outlives the moment.
        cells = match how {
            How::Live | How::Ends => cells.carried(),
            How::Restarted => {
                for (id, changes) in cells.changes() {
                    let table: &mut CellTable = saved.entry(id).or_default();
                    changes.iter().for_each(|(key, value)| table.put(key, value));
                }
                Cells::with_durable(saved.clone())
            }
        };
        assert!(cells.damaged().is_empty());
    };
    let mut first = 0;
    let mut lengths = lengths.iter().copied().chain(std::iter::repeat(usize::MAX));
    while first < rows.len() {
        let length = lengths.next().unwrap_or(1).clamp(1, rows.len() - first);
        let batch = batch(epoch, &rows[first..first + length]);
        step(&Input::Batch(Batch { source, rows: &batch, first_row: first as u64 }), &mut out);
        first += length;
    }
    if how == How::Ends {
        step(&Input::EndOfSnapshot(source), &mut out);
    }
    let mut lines = Vec::new();
    for effects in &out.effects {
        let times = effects.times.as_ref().expect("effects of streams have their own times");
        let tasks = effects.payload.column_by_name("task").expect("a task").as_string::<i32>();
        for row in 0..effects.len() {
            let rule = epoch.program.rules[effects.rule].head.id.name.clone();
            let (key, task) = (effects.keys.value(row).to_owned(), tasks.value(row).to_owned());
            lines.push((rule, key, times.value(row), effects.ordinals.value(row), task));
        }
    }
    let late = out.findings.iter().filter(|finding| finding.code == codes::kinds::STREAM_ROWS_LATE);
    let count = late.flat_map(|finding| &finding.args).find_map(|(name, arg)| match arg {
        guiju::lang::finding::Arg::Count(count) if *name == "count" => u64::try_from(*count).ok(),
        _ => None,
    });
    lines.sort();
    (lines, count.unwrap_or(0))
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let name = |names: &'static [&'static str]| prop_oneof![9 => prop::sample::select(names).prop_map(|name| Some(name.to_owned())), 1 => Just(None)];
    let row = (
        name(&["A", "B", "C"]),
        // Steps forward, now and then far or back.
        prop_oneof![6 => 0_i64..90, 2 => -400_i64..0, 1 => 600_i64..5_000],
        prop_oneof![5 => (-5_000_i64..5_000).prop_map(Some), 1 => Just(None)],
        name(&["x", "y", "z"]),
        prop_oneof![5 => (0_i64..9).prop_map(Some), 1 => Just(None)],
        prop::bool::weighted(0.03),
    );
    prop::collection::vec(row, 0..120).prop_map(|steps| {
        let mut clock = 1_763_600_000_i64;
        let steps = (0..).zip(steps);
        steps
            .map(|(id, (customer, step, amount, product, lots, untimed))| {
                clock += step;
                let at = (!untimed).then_some(clock * 1_000_000);
                Row { id, customer, at, amount, product, lots }
            })
            .collect()
    })
}

#[test]
fn figures_are_those_of_reading_everything_again() {
    let epoch = epoch(RULES);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() });
    runner
        .run(&(rows(), prop::collection::vec(1_usize..20, 0..40)), |(rows, lengths)| {
            let (all, late) = run(&epoch, &rows, &[], How::Ends);
            let expected = oracle::effects(&rows);
            prop_assert_eq!(&all, &expected.lines);
            prop_assert_eq!(late, expected.late);
            // History in one batch, the stream in many: the same effects.
            let (pieces, late) = run(&epoch, &rows, &lengths, How::Ends);
            prop_assert_eq!(&pieces, &all);
            prop_assert_eq!(late, expected.late);
            // A stream that has not ended has done the same about everything that nothing can come before.
            let newest = rows.iter().filter_map(|row| row.at).max().unwrap_or(0);
            let (so_far, _) = run(&epoch, &rows, &lengths, How::Live);
            let certain: Vec<Line> = all.into_iter().filter(|line| line.2 <= newest - LATENESS).collect();
            prop_assert_eq!(&so_far, &certain);
            let (restarted, _) = run(&epoch, &rows, &lengths, How::Restarted);
            prop_assert_eq!(restarted, certain);
            Ok(())
        })
        .expect("the stream agrees with the oracle");
}

/// The reference page: its rulebooks are right, and their tests pass.
#[test]
fn the_page_of_the_reference() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dsl-grammar/reference/streams.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let texts: Vec<&str> = page.split("```guiju\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(texts.len(), 4);
    for text in texts {
        let (project, epoch) = opened(text);
        // What was traced acts where the step acts, or a test is broken.
        let (reports, coverage) = guiju::testing::test_covered(&project, &epoch, |_| true);
        assert!(reports.len() == 2 && coverage.percent() > 60.0);
        for report in &reports {
            assert!(report.failures.is_empty(), "{}: {:?}", report.title, report.failures);
        }
    }
}
