//! Rows of the streams, made beforehand: pieces are slices of them.

use crate::rules::STREAMS;
use arrow_array::{Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};
use guiju::{lang::hir::SourceId, serve::Running};
use std::sync::Arc;

const KEYS: u64 = 10_000;
/// Rows of one stream in a second of its own time: ten minutes are sixty rows of a key.
const DENSE: i64 = 1_000;

pub(crate) struct Rows {
    sources: Vec<SourceId>,
    all: RecordBatch,
    /// By stream, how far its rows have been taken.
    taken: Vec<usize>,
    next: usize,
}

impl Rows {
    /// So many events; the streams take turns, and each has the same rows.
    pub(crate) fn new(running: &Running, events: u64) -> Self {
        let epoch = running.epoch();
        let name = |stream: usize| format!("desk.line_{stream}");
        let sources: Vec<_> =
            (0..STREAMS).map(|stream| running.source(&name(stream)).expect("it is declared")).collect();
        // Turns differ in length, so some streams get more than their share.
        let rows = events as usize / STREAMS * 3 / 2;
        let declared = &epoch.program.sources[sources[0].0 as usize];
        let columns = declared.used.iter().map(|at| declared.schema.columns[*at as usize].name.as_str());
        let (names, columns): (Vec<&str>, Vec<ArrayRef>) = columns.map(|name| (name, column(name, rows))).unzip();
        let fields: Vec<Field> = names
            .into_iter()
            .zip(&columns)
            .map(|(name, array)| Field::new(name, array.data_type().clone(), true))
            .collect();
        let all = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a batch");
        Self { sources, all, taken: vec![0; STREAMS], next: 0 }
    }

    /// The next rows of the next stream.
    pub(crate) fn next(&mut self, rows: usize) -> (SourceId, RecordBatch, u64) {
        let stream = self.next;
        self.next = (stream + 1) % STREAMS;
        let first = self.taken[stream];
        assert!(first + rows <= self.all.num_rows(), "too few rows were made");
        self.taken[stream] += rows;
        (self.sources[stream], self.all.slice(first, rows), first as u64)
    }
}

fn column(name: &str, rows: usize) -> ArrayRef {
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    match name {
        "id" => Arc::new((0..rows as i64).map(Some).collect::<Int64Array>()),
        "customer" => {
            let names = (0..rows).map(|_| Some(format!("C{:07}", random(KEYS) * 97)));
            Arc::new(names.collect::<StringArray>())
        }
        "at" => {
            let at = (0..rows as i64).map(|row| Some(1_763_600_000_000_000 + row * (1_000_000 / DENSE)));
            Arc::new(at.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        "amount" => {
            let digits: Decimal128Array = (0..rows).map(|_| Some(i128::from(random(1_000_000)))).collect();
            Arc::new(digits.with_precision_and_scale(18, 2).expect("it fits"))
        }
        other => panic!("{other}"),
    }
}
