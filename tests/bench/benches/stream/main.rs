//! Rules over windows of a stream, by the nanosecond: `cargo xtask bench-stream`.
//!
//! Twenty rules over windows of one minute to an hour, 100,000 keys, one core; rows in order, and rows that come out of order. The windows
//! are full before anything is measured. Measured is the whole step, rows in and effects out; rows are made beforehand, and nothing is
//! saved. What an accumulator costs is the time with windows less the time of the same rules without, by row and by different figure (the
//! columns it fills are part of it); beside it stands the whole step's time by row and figure.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

mod rules;

use arrow_array::{Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};
use guiju::{
    Epoch, Moment, Project,
    core::{Batch, Cells, Input, Output},
    lang::hir::SourceId,
};
// The command's allocator.
use guiju_allocator as _;
use std::{process::ExitCode, sync::Arc, time::Instant};

const KEYS: u64 = 100_000;
const BATCH: usize = 16_384;
/// Rows per second of the stream's own time: an hour is 18 rows of each key.
const RATE: i64 = 500;
const GOAL_EVENTS: f64 = 1e6;
const GOAL_UPDATE: f64 = 25.0;

struct Size {
    warm: usize,
    measured: usize,
    rounds: usize,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let has = |word: &str| args.iter().any(|arg| arg == word);
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !has("--bench") {
        return ExitCode::SUCCESS;
    }
    let smoke = has("--smoke");
    let size =
        if smoke { Size { warm: 20, measured: 5, rounds: 1 } } else { Size { warm: 130, measured: 60, rounds: 3 } };
    let (text, asked) = rules::rulebook(true);
    let windows = epoch(&text);
    let plain = epoch(&rules::rulebook(false).0);
    let distinct = windows.program.sources[0].windows.len();
    println!(
        "20 rules ask for {asked} figures: {distinct} accumulators; {KEYS} keys, batches of {BATCH} rows, one core"
    );
    let mut right = true;
    for (name, late) in [("in order", 0), ("up to 4 s out of order", 4_000_000)] {
        let (mut with, mut without, mut effects) = (f64::MAX, f64::MAX, 0);
        for _ in 0..size.rounds {
            let (time, count) = measure(&windows, &size, late);
            with = with.min(time);
            effects = count;
            without = without.min(measure(&plain, &size, late).0);
        }
        let update = (with - without) / distinct as f64;
        println!(
            "    {name:<24} {:>6.2} M events/s   {with:>6.0} ns an event, {without:.0} without windows   {update:>5.1} ns an accumulator, {:.1} of the whole step   {effects} effects",
            1e3 / with,
            with / distinct as f64
        );
        right &= smoke || (1e9 / with >= GOAL_EVENTS && update <= GOAL_UPDATE);
    }
    println!("    targets: 1 M events/s, 25 ns an accumulator");
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn epoch(text: &str) -> Epoch {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rules.gj"), text).expect("a file");
    let checked = Project::open(&[folder.path().to_owned()], None).check();
    let errors: Vec<_> = checked.findings.iter().filter(|finding| finding.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    Epoch::link(Arc::new(checked.program.expect("a program")), &[], |_| true).expect("it can be linked")
}

/// Nanoseconds of an event, and the effects.
fn measure(epoch: &Epoch, size: &Size, late: i64) -> (f64, usize) {
    let group = &epoch.groups[0];
    let cx = group.context(Moment::Instant(0));
    let (mut cells, mut effects) = (Cells::default(), 0);
    let mut rows = Rows { epoch, number: 0, random: 7, late };
    let mut step = |batch: &RecordBatch, first_row: u64| {
        let mut out = Output::default();
        let batch = Batch { source: SourceId(0), rows: batch, first_row };
        group.linked.step(&cx, &mut cells, &Input::Batch(batch), &mut out).expect("a step");
        out.effects.iter().map(guiju::core::Effects::len).sum::<usize>()
    };
    for _ in 0..size.warm {
        let (batch, first) = rows.next();
        step(&batch, first);
    }
    let batches: Vec<_> = (0..size.measured).map(|_| rows.next()).collect();
    let start = Instant::now();
    for (batch, first) in &batches {
        effects += step(batch, *first);
    }
    (start.elapsed().as_secs_f64() * 1e9 / (size.measured * BATCH) as f64, effects)
}

/// Rows that come from nowhere, the same every time.
struct Rows<'a> {
    epoch: &'a Epoch,
    number: i64,
    random: u64,
    /// Microseconds by which a row may come after younger ones.
    late: i64,
}

impl Rows<'_> {
    fn random(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    fn next(&mut self) -> (RecordBatch, u64) {
        let first = self.number;
        self.number += BATCH as i64;
        let declared = &self.epoch.program.sources[0];
        let columns: Vec<String> =
            declared.used.iter().map(|at| declared.schema.columns[*at as usize].name.clone()).collect();
        let column = |name: &String| (name.clone(), self.column(name, first));
        let (names, columns): (Vec<String>, Vec<ArrayRef>) = columns.iter().map(column).unzip();
        let fields: Vec<Field> = names
            .into_iter()
            .zip(&columns)
            .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
            .collect();
        (RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a batch"), first as u64)
    }

    fn column(&mut self, name: &str, first: i64) -> ArrayRef {
        let mut money = |most: u64, precision: u8, scale: i8| -> ArrayRef {
            let digits: Decimal128Array = (0..BATCH).map(|_| Some(i128::from(self.random(most)))).collect();
            Arc::new(digits.with_precision_and_scale(precision, scale).expect("it fits"))
        };
        match name {
            "outflow" => money(1_000_000, 18, 2),
            "fee" => money(1_000, 18, 2),
            "price" => money(100_000, 10, 3),
            "id" => Arc::new((first..).take(BATCH).map(Some).collect::<Int64Array>()),
            "customer" => {
                let names = (0..BATCH).map(|_| Some(format!("C{:07}", self.random(KEYS) * 97)));
                Arc::new(names.collect::<StringArray>())
            }
            "at" => {
                let late = self.late;
                let at = (first..).take(BATCH).map(|number| {
                    let back = if late > 0 && self.random(10) == 0 { self.random(late as u64) as i64 } else { 0 };
                    Some(1_763_600_000_000_000 + number * (1_000_000 / RATE) - back)
                });
                Arc::new(at.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
            "lots" => Arc::new((0..BATCH).map(|_| Some(self.random(100) as i64)).collect::<Int64Array>()),
            "product" => Arc::new((0..BATCH).map(|_| Some(self.random(40) as i64)).collect::<Int64Array>()),
            other => panic!("{other}"),
        }
    }
}
